"""/ogc for programs: WSGI in front of Flask. Pages for people, and what it does not understand, go on to Flask."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Any
from urllib.parse import parse_qsl

import brotli
from isal import igzip
from werkzeug.datastructures import MultiDict
from werkzeug.http import parse_accept_header

from server.ogc.answers import Answer, Asked, answered, read
from server.ogc.snapshot import Snapshots

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Sent = tuple[str, list[tuple[str, str]], list[bytes]]
"""Status line, headers and body, as WSGI takes them."""

ROOM = "/ogc"
METHODS = ("GET", "HEAD")
LEAST = 1_000
"""Bytes from which on compressing is worth it."""
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: igzip.compress(body, 1, mtime=0),
    "br": lambda body: brotli.compress(body, quality=1),
}
"""In the order of preference: igzip is twice as quick as brotli for nearly the same size."""
VARIABLES = {
    "Accept": "HTTP_ACCEPT",
    "Accept-Encoding": "HTTP_ACCEPT_ENCODING",
    "Accept-Language": "HTTP_ACCEPT_LANGUAGE",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
}
DECIDING = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", *VARIABLES.values())
STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


LARGEST_REPEATED, ROOM_FOR_REPEATED = 1_000_000, 16_000_000
"""Bytes of one body that is kept to be given again, and of all of them in a process."""


@dataclass
class Repeated:
    """What was asked and answered in one second at one revision; answers say when they were made, so no longer.

    An answer is kept from the second time on: most questions are asked once.
    """

    revision: int = -1
    second: int = 0
    asked: set[int] = field(default_factory=set)
    """Hashes only: thousands of questions a second would keep the garbage collector busy."""
    kept: dict[tuple[str | None, ...], Sent] = field(default_factory=dict)
    room: int = ROOM_FOR_REPEATED

    def put(self, key: tuple[str | None, ...], sent: Sent) -> None:
        length = sum(map(len, sent[2]))
        if (hashed := hash(key)) not in self.asked:
            self.asked.add(hashed)
        elif length <= min(LARGEST_REPEATED, self.room):
            self.kept[key] = sent
            self.room -= length


class FastPath:
    def __init__(self, behind: Wsgi, snapshots: Snapshots) -> None:
        self.behind, self._snapshots, self._repeated = behind, snapshots, Repeated()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        repeated = self._now()
        key = tuple(map(environ.get, DECIDING))
        if sent := repeated.kept.get(key):
            start_response(*sent[:2])
            return sent[2]
        if not (query := environ.get("QUERY_STRING", "")).isascii():
            # Bytes as they came, which need not be UTF-8; werkzeug only reads them quoted.
            environ["QUERY_STRING"] = "".join(sign if sign.isascii() else f"%{ord(sign):02X}" for sign in query)
        asked = self._read(environ)
        if asked is None or asked.html:
            return self.behind(environ, start_response)
        answer = answered(self._snapshots, asked, environ["REQUEST_METHOD"])
        headers, body = encoded(answer, environ.get("HTTP_ACCEPT_ENCODING", ""))
        if asked.head:
            headers.pop("Content-Length", None)
        sent = STATUS[answer.status], list(headers.items()), [] if asked.head else [body]
        if answer.status == 200:
            repeated.put(key, sent)
        start_response(*sent[:2])
        return sent[2]

    def _now(self) -> Repeated:
        """Held by who asked, so that what was read before a withdrawal is not given after it."""
        revision, second = self._snapshots.revision(), int(time())
        found = self._repeated
        if (found.revision, found.second) != (revision, second):
            found = self._repeated = Repeated(revision, second)
        return found

    @staticmethod
    def _read(environ: Environ) -> Asked | None:
        """The request, where it is one for /ogc that is written in ASCII."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if not path.startswith(ROOM) or path[len(ROOM) : len(ROOM) + 1] not in ("", "/"):
            return None
        if environ["REQUEST_METHOD"] not in METHODS or "//" in path or not (path + query).isascii():
            return None
        args = MultiDict(parse_qsl(query, keep_blank_values=True) if query else ())
        head = environ["REQUEST_METHOD"] == "HEAD"
        return read(path[len(ROOM) :], args, lambda name: environ.get(VARIABLES[name]), head=head)


def encoded(answer: Answer, accepted: str) -> tuple[dict[str, str], bytes]:
    """Headers and body in the best coding that the client takes."""
    headers, body = dict(answer.headers), answer.body or b""
    if answer.status == 304 or "Content-Encoding" in headers:
        return headers, body
    headers["Vary"] = f"{headers['Vary']}, Accept-Encoding" if "Vary" in headers else "Accept-Encoding"
    if len(body) >= LEAST and (coding := _coding(accepted)):
        headers["Content-Encoding"], body = coding, CODINGS[coding](body)
    if body:
        headers["Content-Length"] = str(len(body))
    return headers, body


@lru_cache(maxsize=256)
def _coding(accepted: str) -> str | None:
    """What RFC 9110 calls the coding with the highest weight; of equal ones the first of ours."""
    said = parse_accept_header(accepted)
    weights = {coding: said.quality(coding) for coding in CODINGS}
    best = max(weights, key=lambda coding: weights[coding])
    return best if weights[best] > 0 else None
