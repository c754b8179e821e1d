"""A candidate against ogr2ogr and tippecanoe in the same run, and how soon every worker shows what is published."""

from __future__ import annotations

import argparse
import base64
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import Any

from pmtiles.reader import MmapSource, Reader

from bench import data, peers, sebar
from bench.run import postgres, say, work_folder
from server.build import Build
from server.settings import Settings
from tests.conftest import METADATA, PASSWORD, City, Clock
from tests.test_every_step import take
from tests.test_publishing import waive_all

TARGET, VISIBLE = 1.5, 2.0
FORMATS = {"data.gpkg": "GPKG", "data.geojson": "GeoJSON", "data.csv": "CSV", "data.shp": "ESRI Shapefile"}
TIPPECANOE = shutil.which("tippecanoe") or str(Path(sys.executable).with_name("tippecanoe"))
SURE = 400
"""New connections in a row that all have to show the release: more than any worker could stand aside for."""


def seconds(command: Sequence[object], **more: Any) -> float:
    started = time.monotonic()
    subprocess.run([*map(str, command)], check=True, capture_output=True, **more)
    return time.monotonic() - started


def by_others(upload: Path, candidate: Path, folder: Path) -> dict[str, float]:
    """The ready-made files by ogr2ogr, and the tiles by tippecanoe with the options that made the candidate's."""
    folder.mkdir()
    took = {}
    for name, driver in FORMATS.items():
        took[f"ogr2ogr {driver}"] = seconds(["ogr2ogr", "-f", driver, folder / name, upload])
    (folder / "features.geojsonl").symlink_to(candidate / "features.geojsonl")
    with (candidate / "tiles.pmtiles").open("rb") as file:
        _, *options = shlex.split(Reader(MmapSource(file)).metadata()["generator_options"])
    took["tippecanoe"] = seconds([TIPPECANOE, *options], cwd=folder)
    return took


def by_sebar(city: City, upload: Path) -> tuple[str, dict[str, float]]:
    """Submission, and the seconds of each stage."""
    said = METADATA | sebar.ABOUT["bangunan"]
    made = city.client("produsen").submit_file(upload.name, upload.read_bytes(), said, build=False)
    assert made.status_code == 201, made.text
    id = str(made.json["id"])
    record = city.journey.records.submission(id)
    assert record is not None
    build, took = Build(city.journey.records, city.settings, id, record.build), {}
    for name, stage in zip(Build.stage_names, build.steps, strict=True):
        started = time.monotonic()
        stage()
        took[name] = time.monotonic() - started
    return id, took


def until_visible(city: City, settings: Settings, id: str) -> float:
    """Seconds from the click until it is answered and no worker stands aside any more."""
    for step, person in (("submit", "produsen"), ("verify", "walidata"), ("approve", "pembina-geospasial")):
        if step == "verify":
            waive_all(city, id)
        done = take(city, person, id, step)
        assert done.status_code == 200, done.text
    url = f"{settings.url}/ogc/collections/bangunan/items?limit=1&f=json"
    for _ in range(50):  # every worker has seen that there is nothing yet
        assert not _shows(url)
    signed = base64.b64encode(f"walidata:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {signed}", "Content-Type": "application/json"}
    click = urllib.request.Request(  # noqa: S310 - loopback
        f"{settings.url}/api/v1/submissions/{id}/steps/publish", b"{}", headers, method="POST"
    )
    started = time.monotonic()
    with urllib.request.urlopen(click, timeout=600) as answer:  # noqa: S310 - loopback
        assert answer.status == 200
    shown = time.monotonic()
    seen = 0
    while seen < SURE:
        seen += 1
        if not _shows(url):
            seen, shown = 0, time.monotonic()
    return shown - started


def _shows(url: str) -> bool:
    """On a connection of its own, so that any worker may take it."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgis", action="store_true")
    given = parser.parse_args()
    peers.need("ogr2ogr")
    with ExitStack() as stack:
        folder = stack.enter_context(work_folder())
        layer = data.buildings(given.rows)
        upload = layer.write(folder / "bangunan.gpkg")
        url = stack.enter_context(postgres(folder / "pg"))[0] if given.postgis else None
        settings = sebar.settings_in(folder / "home", url)
        city = stack.enter_context(closing(City(settings, Clock())))
        ratios = []
        for n in range(given.rounds):
            id, own = by_sebar(city, upload)
            others = by_others(upload, settings.home / "candidates" / id / "1", folder / f"others-{n}")
            ratios.append((own["render"] + own["load"]) / sum(others.values()))
            for name, took in (("others", others), ("Sebar", own)):
                say(f"{name}: " + ", ".join(f"{what} {spent:.1f} s" for what, spent in took.items()))
        say(
            f"candidate of {given.rows:,} polygons: {median(ratios):.2f} × ogr2ogr (the four ready-made formats) "
            f"and tippecanoe (target {TARGET})"
        )
        stack.enter_context(sebar.web(settings, "Sebar", folder / "web.log"))
        say(
            f"published and shown by every worker {until_visible(city, settings, id):.2f} s after the click "
            f"(target {VISIBLE:g})"
        )


if __name__ == "__main__":
    main()
