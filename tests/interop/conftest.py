"""A live Sebar with the sample city, for the clients that people really use."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from server.app import create_journey
from server.build import build_now
from server.demo import seed_demo
from server.settings import ROOT, Settings, completed
from server.store import migrate, open_records

PATIENCE = 60
NO_PROXY = {name: "" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
FEATURES = {
    "batas-kelurahan": ("kelurahan.gpkg", 27, "Polygon"),
    "batas-kecamatan": ("kecamatan.geojson", 4, "Polygon"),
    "jaringan-jalan": ("jalan.zip", 59, "LineString"),
    "lokasi-sekolah": ("sekolah.gpkg", 82, "Point"),
    "genangan-rob": ("genangan-rob.geojson", 25, "Polygon"),
}
"""What the sample city has published: file, features and geometry type by collection."""
TABLE, MAP_OF_TABLE = "jumlah-penduduk", "jumlah-penduduk-peta"


@dataclass(frozen=True)
class Live:
    """A Sebar that answers on loopback."""

    url: str
    settings: Settings

    @property
    def ogc(self) -> str:
        return f"{self.url}/ogc"

    def json(self, path: str) -> Any:
        return get_json(f"{self.url}{path}")


def get_json(url: str) -> Any:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(arguments: Sequence[str], url: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """The program while it answers at `url`; ended, and only it, afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env={**os.environ, **NO_PROXY, **environment}, stdout=output, stderr=output
        )
        try:
            _wait_for(url, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - loopback
                return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"nothing answers at {url}:\n{log.read_text()[-3000:]}")


def sample_city(home: Path, port: int) -> Settings:
    """The sample city, built and published, in a SEBAR_HOME of its own."""
    settings = completed(Settings(home=home, port=port, demo_password="kata sandi untuk uji"))
    migrate(settings)
    with closing(open_records(settings)) as records:
        journey = create_journey(settings, records)
        seed_demo(journey, build=lambda submission: build_now(records, settings, submission))
    return settings


@pytest.fixture(scope="session")
def sebar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("interop") / "home"
    settings = sample_city(home, free_port())
    environment = {
        "SEBAR_HOME": str(home),
        "SEBAR_PORT": str(settings.port),
        "SEBAR_WORKERS": "1",
        "SEBAR_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "server.cli", "web"]
    with running(command, f"{settings.url}/ogc?f=json", environment, home.parent / "web.log"):
        yield Live(settings.url, settings)


def absent(what: str) -> NoReturn:
    """In CI every client is there; elsewhere the reason is said."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI it must not be")
    pytest.skip(f"{what} is not installed here (.ci/run installs it)")


def program(name: str) -> str:
    return shutil.which(name) or absent(name)


def call(arguments: Sequence[str], **environment: str) -> str:
    """Standard output of a client program; fails with what it said where it ends badly."""
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=180, env={**os.environ, **NO_PROXY, **environment}
    )
    assert done.returncode == 0, f"{arguments[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
