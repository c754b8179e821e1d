"""`make bench`: Sebar on both stores, its peers and nginx, in one run and in turns; writes RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench import data, load, peers, report, sebar
from bench.peers import Absent, Peer, Place
from bench.rows import PATIENCE, ROWS, City, Row, Tried, features_in_tile, fetch, try_out, what_it_writes
from tests.postgis import postgis_missing, start_postgis, stop_postgis

Start = Callable[[Place], AbstractContextManager[Peer]]
OTHERS: dict[str, Start] = {
    "pygeoapi": peers.pygeoapi,
    "tipg": peers.tipg,
    "QGIS Server": peers.qgis_server,
    "MapServer": peers.mapserver,
    "nginx": peers.static,
}
EMBEDDED, POSTGIS = "Sebar", "Sebar PostGIS"
FAILING = 0.05
"""The share of failed requests from which a figure is called wrong."""


@dataclass
class Bench:
    """One run."""

    rows: int
    seconds: float
    rounds: int
    clients: int
    folder: Path
    wanted: frozenset[str]
    only: frozenset[str]
    peers: list[Peer] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    tiles: dict[str, dict[str, int]] = field(default_factory=dict)
    postgres: int = 0
    database: str = ""

    def roots(self, peer: Peer) -> list[int]:
        """The processes that work for this peer's answers: nobody else asks PostgreSQL meanwhile."""
        return [*peer.processes, self.postgres] if peer.uses_postgres else peer.processes

    def measure(self, city: City, keep: Callable[[], None]) -> None:
        for row in ROWS:
            if not self.only or row.key in self.only:
                self.figures[row.key] = self._row(row, city)
                keep()

    def _tried(self, row: Row, city: City) -> Iterator[tuple[Peer, list[str], Tried]]:
        limit = next((peer for peer in self.peers if peer.name == "nginx"), None)
        for peer in self.peers:
            if peer is limit:
                continue
            paths, tried = try_out(row, city, peer, fetch)
            say(f"{row.title}: {peer.name}: {tried.wrong or f'right, {tried.bytes:,} bytes, {tried.seconds:.4f} s'}")
            if row.key == "limit10" and not tried.wrong:
                self.writes[peer.name] = what_it_writes(tried.body)
            if row.key.startswith("z") and not tried.wrong:
                self.tiles.setdefault(row.key, {})[peer.name] = features_in_tile(tried.body)
            if tried.seconds >= PATIENCE:
                self.stop_queries()
            yield peer, paths, replace(tried, body=b"")
            if limit and peer.name == EMBEDDED and not tried.wrong and len(paths) == 1:
                (self.folder / "limit" / "files" / row.key).write_bytes(tried.body)
                yield limit, [f"/{row.key}"], Tried(seconds=1e-4, bytes=tried.bytes)

    def stop_queries(self) -> None:
        """What PostgreSQL goes on doing for a client that has left would be in the way of the others."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
            )

    def _row(self, row: Row, city: City) -> dict[str, Any]:
        found: dict[str, list[load.Figures]] = {}
        tried, clients = list(self._tried(row, city)), 1 if row.whole else self.clients
        for n in range(self.rounds):
            for peer, paths, first in tried[n:] + tried[:n]:
                if not first.wrong:
                    found.setdefault(peer.name, []).append(self._load(row, peer, paths, first, n))
        return {peer.name: _middle(first, clients, found.get(peer.name, [])) for peer, _, first in tried}

    def _load(self, row: Row, peer: Peer, paths: list[str], first: Tried, seed: int) -> load.Figures:
        if row.whole:
            return load.fetch_whole(peer.url + paths[0], self.roots(peer))
        return load.drive(
            peer.url,
            paths,
            encoding=row.encoding,
            seconds=max(self.seconds, min(PATIENCE, 3 * first.seconds * self.clients / peers.PROCESSES)),
            clients=self.clients,
            seed=seed,
            processes=self.roots(peer),
        )

    def memory(self) -> dict[str, tuple[float, float]]:
        return {peer.name: load.private_megabytes(peer.processes) for peer in self.peers}


def _middle(tried: Tried, clients: int, rounds: list[load.Figures]) -> dict[str, Any]:
    said = {"wrong": tried.wrong, "bytes": tried.bytes, "at_most": clients / PATIENCE}
    if tried.wrong or not rounds:
        return said
    figures = {name: median(getattr(one, name) for one in rounds) for name in asdict(rounds[0])}
    if figures["failed"] > FAILING:
        return said | {"wrong": f"wrong: {figures['failed']:.0%} of the requests failed under load"}
    return said | figures


def say(sentence: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {sentence}", flush=True)


def load_postgres(url: str, layers: list[data.Layer], folder: Path) -> str:
    """Database `bench` with the indexes that a sensible operator makes; its URL."""
    own = url.replace("/sebar", "/bench")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        for layer in layers:
            file = layer.write(folder / f"{layer.name}.gpkg")
            address = f"PG:{own}"
            options = ["-nln", f"public.{layer.name}", "-lco", "GEOMETRY_NAME=geom", "-lco", "SPATIAL_INDEX=GIST"]
            subprocess.run(["ogr2ogr", "-f", "PostgreSQL", address, file, *options, "-lco", "FID=fid"], check=True)
            connection.execute(f"ALTER TABLE {layer.name} DROP COLUMN fid, ADD PRIMARY KEY (nomor)")
            # Programs that ask for no order get the order on disk.
            connection.execute(f"CLUSTER {layer.name} USING {layer.name}_pkey")
        connection.execute("CREATE INDEX ON bangunan (zona)")
        connection.execute("VACUUM ANALYZE")
    return own


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """URL and process of a PostgreSQL of the bench's own, with the memory that this machine would give it."""
    if why := postgis_missing():
        raise SystemExit(why)
    url = start_postgis(folder, "-c", "shared_buffers=1GB", "-c", "synchronize_seqscans=off", "-c", "jit=off")
    try:
        yield url, int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    finally:
        stop_postgis(url)


@contextmanager
def work_folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may go too."""
    folder = Path(tempfile.mkdtemp(prefix="sebar-bench-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(bench: Bench, stack: ExitStack, keep: Callable[[], None]) -> None:
    """`keep` is called after each row: what was measured is not lost where a later one breaks."""
    layers = [data.buildings(bench.rows), data.kelurahan()]
    say(f"{bench.rows:,} buildings; loading them into PostGIS for the peers")
    url, bench.postgres = stack.enter_context(postgres(bench.folder / "pg"))
    bench.database = own = load_postgres(url, layers, bench.folder)
    place = Place(bench.folder, int(own.rpartition(":")[2].split("/")[0]), bench.rows)
    for name, database in ((EMBEDDED, None), (POSTGIS, url)):
        if not bench.wanted or name in bench.wanted:
            say(f"publishing into {name}")
            started = time.monotonic()
            home = bench.folder / name.replace(" ", "-")
            settings = sebar.settings_in(home, database)
            sebar.publish(settings, layers, bench.folder)
            say(f"published in {time.monotonic() - started:.0f} s")
            bench.peers.append(
                stack.enter_context(sebar.web(settings, name, bench.folder / f"{home.name}.log", downloads=True))
            )
    for name, start in OTHERS.items():
        if bench.wanted and name not in bench.wanted:
            continue
        try:
            bench.peers.append(stack.enter_context(start(place)))
        except (Absent, subprocess.CalledProcessError) as why:
            bench.absent[name] = f"{why} {getattr(why, 'stderr', None) or ''}".strip()
            say(f"{name} is absent: {bench.absent[name]}")
    bench.measure(City(*layers), keep)


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    postgis = peers.said("dpkg-query", "-W", "-f", "${Package} ${Version}", "postgresql-15-postgis-3")
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Python {platform.python_version()}, {postgis}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=5, help="of load per program, row and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="20,000 rows, one round of 1 s; not for RESULTS.md")
    parser.add_argument("--peers", default="", help="only these, with commas")
    parser.add_argument(
        "--only", default="", help=f"only these rows, with commas: {', '.join(row.key for row in ROWS)}"
    )
    parser.add_argument("--into", type=Path, help="default RESULTS.md, or the terminal alone for a part of it")
    given = parser.parse_args()
    if given.quick:
        given.rows, given.seconds, given.rounds = min(given.rows, 20_000), 1, 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    peers.install(say)
    with ExitStack() as stack:
        bench = Bench(
            rows=given.rows,
            seconds=given.seconds,
            rounds=given.rounds,
            clients=given.clients,
            folder=stack.enter_context(work_folder()),
            wanted=frozenset(filter(None, given.peers.split(","))),
            only=frozenset(filter(None, given.only.split(","))),
        )
        part = given.quick or bench.wanted or bench.only
        into = given.into or (None if part else Path(__file__).parent / "RESULTS.md")
        run(bench, stack, lambda: keep(bench, into))
        print(report.markdown(as_result(bench)))
    return 0


def keep(bench: Bench, into: Path | None) -> None:
    if into:
        into.write_text(report.whole(report.markdown(as_result(bench)), into, bench.rows))


def as_result(bench: Bench) -> Mapping[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "rows": bench.rows,
        "clients": bench.clients,
        "seconds": bench.seconds,
        "rounds": bench.rounds,
        "peers": {peer.name: peer.version for peer in bench.peers},
        "absent": bench.absent,
        "titles": {row.key: row.title for row in ROWS if row.key in bench.figures},
        "figures": bench.figures,
        "writes": bench.writes,
        "tiles": bench.tiles,
        "memory": bench.memory(),
    }


if __name__ == "__main__":
    sys.exit(main())
