"""`python -m bench.desk`: how soon Meja Pemeriksaan shows a submission of 200,000 polygons, in a real browser.

Nothing is published. The layer is that of the other benches with a few faults in it; the server is `sebar web`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import shapely
from playwright.sync_api import Page, sync_playwright

from bench.data import Layer, buildings
from bench.sebar import ABOUT, settings_in, web
from server.settings import Settings
from tests.conftest import METADATA, PASSWORD, City, Clock
from tests.pages.test_browser import CHROMIUM, QUIET, SOFTWARE

FAULTS = 20
OPENED, SELECTED = 2.0, 200
"""Seconds and milliseconds that are wanted."""
WATCH = Path(__file__).parent / "templates" / "desk.js"


def faulty(rows: int) -> Layer:
    """Some buildings lie outside the city, and some names are mail addresses."""
    layer = buildings(rows)
    some = np.linspace(rows // 20, rows - 1, FAULTS).astype(int)
    geometry, names = layer.geometry.copy(), layer.columns["nama"].copy()
    geometry[some] = shapely.transform(geometry[some], lambda xy: np.round(xy + np.array([0.1, 0]), 7))
    names[some] = [f"warga{n}@contoh.id" for n in range(FAULTS)]
    return replace(layer, geometry=geometry, columns={**layer.columns, "nama": names})


def submitted(settings: Settings, layer: Layer, folder: Path) -> str:
    path = layer.write(folder / "bangunan.gpkg")
    with closing(City(settings, Clock())) as city:
        answer = city.client("produsen").submit_file(path.name, path.read_bytes(), METADATA | ABOUT["bangunan"])
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])


def measure(page: Page, address: str) -> tuple[dict[str, float], list[float]]:
    """Seconds until what is asked for is shown, and milliseconds of each click on a finding."""
    page.add_init_script(path=WATCH)
    page.goto(address)
    page.wait_for_selector(".peta-ready", timeout=60_000)
    page.wait_for_timeout(3_000)
    shown = {name: page.evaluate(f"bench.{name} / 1000") for name in ("mapDrawn", "listed")}
    shown["table"] = page.locator("#rincian a", has_text="Tabel").evaluate("(tab) => bench.openTable(tab)") / 1000
    links = page.locator(".finding:has(.finding-place) .finding-message a")
    clicks = []
    for n in range(links.count()):
        clicks.append(links.nth(n).evaluate("(link) => bench.select(link)"))
        page.wait_for_timeout(700)
    return shown, clicks


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.desk")
    asked.add_argument("--rows", type=int, default=200_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="sebar-desk-") as name:
        folder = Path(name)
        settings = settings_in(folder / "home")
        begun = time.monotonic()
        id = submitted(settings, faulty(given.rows), folder)
        print(f"{given.rows:,} polygons read, checked and built in {time.monotonic() - begun:.0f} s")
        with web(settings, "Sebar", folder / "web.log") as peer, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *SOFTWARE])
            rounds = [look(browser, peer.url, id) for _ in range(given.rounds)]
            browser.close()
    for what, name in (("map drawn", "mapDrawn"), ("findings listed", "listed"), ("table opened", "table")):
        seconds = median(one[0][name] for one in rounds)
        print(f"{what}: {seconds:.2f} s ({'within' if seconds <= OPENED else 'ABOVE'} {OPENED:g} s)")
    clicks = [click for one in rounds for click in one[1]]
    print(
        f"a finding selected: median {median(clicks):.0f} ms, slowest {max(clicks):.0f} ms of {len(clicks)} clicks "
        f"({'within' if median(clicks) <= SELECTED else 'ABOVE'} {SELECTED} ms)"
    )


def look(browser: Any, url: str, id: str) -> tuple[dict[str, float], list[float]]:
    """In a window of its own, whose cache is empty."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{url}/masuk")
    page.get_by_label("Nama pengguna").fill("walidata")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/meja/**")
    found = measure(page, f"{url}/meja/pengajuan/{id}")
    context.close()
    return found


if __name__ == "__main__":
    main()
