"""What an analyst waits for: QGIS draws a layer over a link of 20 Mbit/s, against the time that its bytes take."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import data, peers, sebar
from bench.run import say, work_folder

TARGET = 1.3


@dataclass
class Link:
    """A TCP proxy that lets `rate` bytes a second come back, all connections together, and notes what was asked."""

    port: int
    rate: float
    server: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    bytes: int = 0
    _free: float = 0.0

    async def serve(self, ready: threading.Event) -> None:
        async with await asyncio.start_server(self._connect, "127.0.0.1", self.port) as listening:
            ready.set()
            await listening.serve_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.server)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._ask(reader, forth), self._answer(back, writer))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                if line := re.match(rb"GET (\S+) ", chunk):
                    encodings = re.search(rb"(?i)\r\naccept-encoding: ([^\r]*)", chunk)
                    self.asked.append((line[1].decode(), encodings[1].decode() if encodings else "identity"))
                writer.write(chunk)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(16384):
                self.bytes += len(chunk)
                self._free = max(self._free, time.monotonic()) + len(chunk) / self.rate
                await asyncio.sleep(self._free - time.monotonic())
                writer.write(chunk)
                await writer.drain()
        writer.close()


@contextmanager
def shaped(megabits: float) -> Iterator[Link]:
    link, ready = Link(peers.free_port(), megabits * 1e6 / 8), threading.Event()
    threading.Thread(target=asyncio.run, args=(link.serve(ready),), daemon=True).start()
    ready.wait(10)
    yield link


def qgis(url: str, folder: Path, page: int) -> dict[str, float]:
    """Loads and draws with an empty cache of its own."""
    folder.mkdir(exist_ok=True)
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    command = ["/usr/bin/python3", str(Path(__file__).with_name("qgis_draws.py")), url, "bangunan", str(page)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if "JSON:" not in done.stdout:
        raise SystemExit(f"QGIS said: {done.stdout[-500:]} {done.stderr[-1500:]}")
    found: dict[str, float] = json.loads(done.stdout.rpartition("JSON:")[2])
    return found


def fetch_again(link: Link, asked: list[tuple[str, str]]) -> float:
    """Seconds for the same addresses, one after the other on one connection, with the same Accept-Encoding."""
    connection = http.client.HTTPConnection("127.0.0.1", link.port)
    started = time.monotonic()
    for path, encodings in asked:
        connection.request("GET", path, headers={"Accept-Encoding": encodings})
        connection.getresponse().read()
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--megabits", type=float, default=20)
    parser.add_argument("--page", type=int, default=0, help="features QGIS asks for at once; its own choice without")
    given = parser.parse_args()
    peers.need("PyQGIS")
    with ExitStack() as stack:
        folder = stack.enter_context(work_folder())
        link = stack.enter_context(shaped(given.megabits))
        plain = sebar.settings_in(folder / "home")
        settings = replace(plain, url=f"http://127.0.0.1:{link.port}")
        link.server = plain.port
        say(f"publishing {given.rows:,} buildings")
        sebar.publish(settings, [data.buildings(given.rows)], folder)
        stack.enter_context(sebar.web(settings, "Sebar", folder / "web.log"))
        link.asked.clear()
        link.bytes = 0
        found = qgis(f"{settings.url}/ogc", folder / "qgis", given.page)
        asked, size, waited = list(link.asked), link.bytes, found["load"] + found["draw"]
        if found["features"] != given.rows or found["inked"] < 0.05:
            raise SystemExit(f"QGIS did not draw everything: {found}")
        # Counting the features afterwards asks for nothing more: QGIS keeps what it has read.
        alone = fetch_again(link, asked)
        say(
            f"QGIS drew {given.rows:,} polygons over {given.megabits:g} Mbit/s in {waited:.1f} s "
            f"(layer {found['load']:.1f} s, map {found['draw']:.1f} s; {len(asked)} requests, {size / 1e6:.1f} MB, "
            f"Accept-Encoding {asked[-1][1]}); the same requests alone take {alone:.1f} s: "
            f"{waited / alone:.2f} × (target {TARGET})"
        )
        link.rate = 1e12
        free = qgis(f"{settings.url}/ogc", folder / "again", given.page)
        floor = free["load"] + free["draw"]
        say(f"QGIS alone, over a link without limit: {floor:.1f} s; the link makes it {waited / floor:.2f} × that")


if __name__ == "__main__":
    main()
