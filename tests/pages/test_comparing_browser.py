"""What a version changes, in a real browser: counts, filters, old and new values, and the map beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import City
from tests.pages.city import answering
from tests.pages.test_browser import SIZES, pytestmark  # noqa: F401 - the same reasons to skip
from tests.pages.test_desks_browser import People, browser
from tests.test_comparing import BUILDINGS, COUNTS, buildings, versions
from tests.test_every_page import AXE

__all__ = ["browser"]


@pytest.fixture(params=["kode", None], ids=["by key", "by place"])
def second(request: pytest.FixtureRequest, embedded_city: City) -> str:
    """A version with 5 added, 3 removed, 4 moved and 6 changed buildings."""
    metadata = BUILDINGS | ({"key": request.param} if request.param else {})
    _, second = versions(embedded_city, *buildings(), metadata, update_frequency="monthly")
    embedded_city.client("produsen").step(second, "submit")
    return second


@pytest.fixture
def address(embedded_city: City) -> Iterator[str]:
    with answering(embedded_city.app) as url:
        yield url


def test_the_pane_the_map_and_the_sentence_count_the_same(browser: Browser, address: str, second: str) -> None:
    people = People(browser, address)
    page = people.at_the_desk_of("walidata", f"/meja/pengajuan/{second}?sisi=perubahan")
    assert page.locator("h1").inner_text().startswith("Versi 2: 5 fitur baru, 3 hilang, 4 bergeser, 6 berubah")
    legend = page.locator(".peta-legend, .peta")
    for kind, word in (("added", "Baru"), ("removed", "Hilang"), ("moved", "Bergeser"), ("changed", "Berubah")):
        expect(legend.first).to_contain_text(f"{word} ({COUNTS[kind]})", timeout=20_000)
    page.locator(".changes-counts a", has_text="6 berubah").click()
    expect(page.locator("#perubahan .changes > li")).to_have_count(6)
    assert "jenis=changed" in page.url
    first = page.locator("#perubahan .changes > li").first
    assert "Balai" in first.locator("ins").inner_text()
    first.locator("a").click()
    expect(page.locator("#perubahan")).to_contain_text("Yang dipilih")
    assert "fitur=" in page.url
    assert "jenis=changed" in page.url
    expect(page.locator("#sisi")).not_to_have_attribute("data-place", "")
    assert people.faults == []
    people.leave()


@pytest.mark.parametrize("size", SIZES)
def test_the_pane_is_readable_for_everybody(browser: Browser, address: str, second: str, size: tuple[int, int]) -> None:
    people = People(browser, address, size)
    page = people.at_the_desk_of("walidata", f"/meja/pengajuan/{second}?sisi=perubahan")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []
    assert people.faults == []
    people.leave()
