"""Sebar as a peer: the data goes in as an upload, takes every step of the SOP, and is served by `sebar web`."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.data import CODES, Layer
from bench.peers import PROCESSES, Peer, running, said
from server.settings import Settings, completed
from tests.conftest import City, Clock
from tests.processes import environment, on_free_port
from tests.test_publishing import walk

ABOUT = {
    "bangunan": {
        "title": "Bangunan",
        "key": "nomor",
        "fields": [{"name": "zona", "title": "Zona", "codes": CODES}],
    },
    "kelurahan": {"title": "Kelurahan", "key": "nomor"},
}


def settings_in(home: Path, database_url: str | None = None) -> Settings:
    made = on_free_port(Settings(home=home, database_url=database_url))
    return completed(replace(made, secret_key="bench" * 10, upload_limit=1 << 34))


def publish(settings: Settings, layers: list[Layer], folder: Path) -> None:
    with closing(City(settings, Clock())) as city:
        for layer in layers:
            path = folder / f"{layer.name}.gpkg"
            if not path.exists():
                layer.write(path)
            dataset = walk(city, path.read_bytes(), name=path.name, **ABOUT[layer.name])
            assert dataset == layer.name, dataset


@contextmanager
def web(settings: Settings, name: str, log: Path, *, downloads: bool = False) -> Iterator[Peer]:
    environ = {key: value for key, value in environment(settings).items() if key.startswith("SEBAR_")}
    environ["SEBAR_WORKERS"] = str(PROCESSES)
    command = [sys.executable, "-m", "server.cli", "web"]
    with running(command, log, f"{settings.url}/ogc?f=json", **environ) as pid:
        commit = said("git", "-C", Path(__file__).parents[1], "describe", "--always", "--dirty")
        yield Peer(
            name,
            settings.url,
            f"Sebar {commit}",
            root="/ogc",
            cql={"filter-lang": "cql2-text"},
            tiles="/ogc/collections/bangunan/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt",
            whole=_download(settings.url) if downloads else None,
            processes=[pid],
            uses_postgres=settings.database_url is not None,
        )


def _download(url: str) -> str:
    """The path of the ready-made GeoJSON that the collection names."""
    with urllib.request.urlopen(f"{url}/ogc/collections/bangunan?f=json", timeout=60) as answer:  # noqa: S310
        links = json.load(answer)["links"]
    found = (link["href"] for link in links if link["rel"] == "enclosure" and link["href"].endswith("/data.geojson"))
    return str(next(found)).removeprefix(url)
