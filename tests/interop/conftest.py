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
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from server.app import create_journey
from server.build import build_now
from server.demo import seed_demo, seed_folder
from server.settings import ROOT, Settings, completed
from server.store import migrate, open_records
from tests.interop import layers
from tests.interop.recorder import Request, watching
from workflow.store import SubmissionRecord

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
PUBLISHED = {*FEATURES, TABLE, MAP_OF_TABLE, layers.LARGE, layers.NULLS, layers.UNICODE}


@dataclass(frozen=True)
class Live:
    """A Sebar that answers on loopback; for clients behind a proxy."""

    settings: Settings
    requests: Path = Path(os.devnull)
    """What the proxy has seen."""
    entered: Mapping[str, SubmissionRecord] = field(default_factory=dict)
    """The files of `layers`, by dataset, and how far they have come."""

    @property
    def url(self) -> str:
        return self.settings.url

    @property
    def ogc(self) -> str:
        return f"{self.url}/ogc"

    def json(self, path: str) -> Any:
        return get_json(f"{self.url}{path}")

    def watching(self) -> AbstractContextManager[list[Request]]:
        return watching(self.requests)


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
    published_city(settings)
    return settings


def published_city(settings: Settings, *folders: Path) -> dict[str, SubmissionRecord]:
    """The sample city, and by dataset what became of the files in some folders."""
    migrate(settings)
    with closing(open_records(settings)) as records:
        journey = create_journey(settings, records)

        def build(submission: str) -> None:
            build_now(records, settings, submission)

        seed_demo(journey, build=build)
        entered = [record for folder in folders for record in seed_folder(journey, folder, build=build)]
        return {record.move.dataset: record for record in entered}


@pytest.fixture(scope="session")
def sebar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("interop")
    layers.write(folder / "layers")
    home, inside, outside = folder / "home", free_port(), free_port()
    public = f"http://127.0.0.1:{outside}"
    settings = completed(Settings(home=home, port=inside, url=public, demo_password="kata sandi untuk uji"))
    entered = published_city(settings, folder / "layers")
    environment = {
        "SEBAR_HOME": str(home),
        "SEBAR_PORT": str(inside),
        "SEBAR_URL": public,
        "SEBAR_WORKERS": "1",
        "SEBAR_SECRET_KEY": settings.secret_key,
    }
    requests = folder / "requests.jsonl"
    web = [sys.executable, "-m", "server.cli", "web"]
    proxy = [sys.executable, "-m", "tests.interop.recorder", str(outside), str(inside), str(requests)]
    with (
        running(web, f"http://127.0.0.1:{inside}/ogc?f=json", environment, folder / "web.log"),
        running(proxy, f"{public}/ogc?f=json", {}, folder / "proxy.log"),
    ):
        yield Live(settings, requests, entered)


@pytest.fixture
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients in this process ask Sebar itself."""
    for name in NO_PROXY:
        monkeypatch.delenv(name, raising=False)


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
