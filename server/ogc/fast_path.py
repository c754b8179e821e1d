"""/ogc for programs: WSGI in front of Flask. Pages for people, and what it does not understand, go on to Flask."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
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
STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class FastPath:
    def __init__(self, behind: Wsgi, snapshots: Snapshots) -> None:
        self.behind, self._snapshots = behind, snapshots

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
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
        start_response(STATUS[answer.status], list(headers.items()))
        return [] if asked.head else [body]

    @staticmethod
    def _read(environ: Environ) -> Asked | None:
        """The request, where it is one for /ogc that is written in ASCII."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if not path.startswith(ROOM) or path[len(ROOM) : len(ROOM) + 1] not in ("", "/"):
            return None
        if environ["REQUEST_METHOD"] not in METHODS or "//" in path or not (path + query).isascii():
            return None
        args = MultiDict(parse_qsl(query, keep_blank_values=True))
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
