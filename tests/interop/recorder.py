"""A proxy in front of Sebar, as a city has one, that remembers what clients asked.

`python -m tests.interop.recorder PORT BEHIND LOG` is a process of its own: GDAL keeps Python's lock while it waits.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, unquote, urlsplit

OWN = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
"""Headers that each hop writes itself."""


@dataclass(frozen=True)
class Request:
    method: str
    address: str
    agent: str
    status: int

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.address).path)

    @property
    def args(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.address).query, keep_blank_values=True))


@contextmanager
def watching(log: Path) -> Iterator[list[Request]]:
    """What is asked meanwhile; complete after the block."""
    start, asked = log.stat().st_size, list[Request]()
    yield asked
    with log.open("rb") as lines:
        lines.seek(start)
        asked += [Request(**json.loads(line)) for line in lines]


class Recorder(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, behind: int, log: IO[str]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.behind, self.log = behind, log


class Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: text for name, text in self.headers.items() if name.lower() not in OWN}
            behind.request(self.command, self.path, body or None, headers)
            answer = behind.getresponse()
            content = answer.read()
        finally:
            behind.close()
        seen = Request(self.command, self.path, self.headers.get("User-Agent", ""), answer.status)
        self.server.log.write(json.dumps(asdict(seen)) + "\n")
        self.send_response_only(answer.status, answer.reason)
        for name, text in answer.getheaders():
            if name.lower() not in OWN:
                self.send_header(name, text)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else str(len(content))
        if length is not None and answer.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_OPTIONS = do_POST = _pass_on

    def log_message(self, *_: object) -> None:
        """The log is written whole, for tests to read."""


if __name__ == "__main__":
    with Path(sys.argv[3]).open("w", buffering=1) as log:
        Recorder(int(sys.argv[1]), int(sys.argv[2]), log).serve_forever()
