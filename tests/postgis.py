"""A PostgreSQL with PostGIS of the tests' own, thrown away after them."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

BIN = Path("/usr/lib/postgresql/15/bin")
EXTENSION = Path("/usr/share/postgresql/15/extension/postgis.control")
INSTALL = "sudo apt-get install -y postgresql-15 postgresql-15-postgis-3"

_running: dict[str, subprocess.Popen[bytes]] = {}
_numbers = count(1)


def postgis_missing() -> str | None:
    """Why there can be no server here."""
    if (BIN / "postgres").exists() and EXTENSION.exists():
        return None
    return f"Debian's PostgreSQL 15 with PostGIS is not installed: {INSTALL}"


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database with PostGIS; skips where there is no server, and fails in CI."""
    server = session_server()
    name = f"test_{next(_numbers)}"
    _administer(server, "CREATE DATABASE {} TEMPLATE sebar", name)
    yield server.replace("/sebar", f"/{name}")
    _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


@cache
def session_server() -> str:
    """One server for the whole of pytest; it ends with it."""
    if why := postgis_missing():
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    # Not in pytest's own folder: user postgres may not enter that one.
    folder = Path(tempfile.mkdtemp(prefix="sebar-pg-", dir="/tmp"))
    url = start_postgis(folder)
    atexit.register(shutil.rmtree, folder)
    atexit.register(stop_postgis, url)
    return url


def _administer(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server.replace("/sebar", "/postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def start_postgis(folder: Path, *options: str) -> str:
    """The URL of database `sebar`, PostGIS in it, of a new server that keeps everything in `folder`.

    As root the server runs as user postgres, so `folder` must lie where that user can go.
    It ends with stop_postgis(url), at the latest with the thread that started it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    _run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    port = _free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *_as_postgres("--pdeathsig=INT"),
                *(str(BIN / "postgres"), "-D", str(data), "-F", "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)),
                *("-c", "max_connections=200", "-c", "shared_buffers=64MB", *options),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"postgresql://postgres@127.0.0.1:{port}/sebar"
    _running[url] = server
    _create_database(url, server, folder / "log")
    return url


def stop_postgis(url: str) -> None:
    server = _running.pop(url)
    server.send_signal(signal.SIGINT)
    server.wait(60)


def _as_postgres(*options: str) -> list[str]:
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *options]
    return ["setpriv", *options] if options else []


def _run(program: str, *arguments: object) -> None:
    command = [*_as_postgres(), str(BIN / program), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, cwd="/")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _create_database(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            with psycopg.connect(url.replace("/sebar", "/postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE sebar")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")
