"""Choosing where data lie, and looking at a repair, in a real browser: by keyboard, without scripts, at both sizes."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Browser

from tests.conftest import City
from tests.pages.desk import Seat
from tests.pages.test_browser import SIZES, pytestmark  # noqa: F401 - the same reasons to skip
from tests.pages.test_desks import HERE, points
from tests.pages.test_desks_browser import People, address, browser, people, sign_in  # noqa: F401 - fixtures
from tests.test_every_page import AXE

BOW_TIE = [[109.67, -6.89], [109.68, -6.88], [109.68, -6.89], [109.67, -6.88], [109.67, -6.89]]
SWAPPED = points(*[(lat, lon) for lon, lat in (HERE, (109.68, -6.88))])


class Beside(Seat):
    """A seat whose files are read by the worker of `address`."""

    def read(self, id: str) -> str:
        while (record := self.city.journey.records.submission(id)) is None or record.job.status in (
            "queued",
            "running",
        ):
            time.sleep(0.1)
        return id


def test_a_system_is_picked_by_keyboard_without_scripts(
    browser: Browser,  # noqa: F811
    address: str,  # noqa: F811
    embedded_city: City,
) -> None:
    id = Beside(embedded_city, "produsen").enter("Tertukar", SWAPPED, "tertukar.geojson")
    page = sign_in(browser.new_context(java_script_enabled=False).new_page(), address, "produsen")
    page.goto(f"{address}/meja/pengajuan/{id}")
    first, second = (page.get_by_role("radio").nth(n) for n in (0, 1))
    first.focus()
    page.keyboard.press("ArrowDown")
    assert second.is_checked()
    page.keyboard.press("ArrowUp")
    assert first.is_checked()
    page.keyboard.press("Tab")
    with page.expect_response("**/cara-baca"):
        page.keyboard.press("Enter")
    record = embedded_city.journey.records.submission(id)
    assert record is not None
    assert (record.reading["crs"], record.reading["axes"]) == ("EPSG:4326", "swapped")
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_thumbnails_and_closeups_are_whole_and_readable(
    people: People,  # noqa: F811
    embedded_city: City,
    size: tuple[int, int],
) -> None:
    seat = Beside(embedded_city, "produsen")
    wrong = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Polygon", "coordinates": [BOW_TIE]}}
    tie = json.dumps({"type": "FeatureCollection", "features": [wrong]}).encode()
    placed = seat.enter("Tertukar", SWAPPED, "tertukar.geojson")
    broken = seat.enter("Rusak", tie, "rusak.geojson")
    people.size = size
    for path in (f"/meja/pengajuan/{placed}", f"/meja/pengajuan/{broken}/perbaiki-geometri"):
        page = people.at_the_desk_of("produsen", path)
        assert page.locator("main svg polygon, main svg polyline").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []
    assert people.faults == []
