"""A layer of thousands of features on the portal's maps: drawn from tiles, each feature whole when it is looked at."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
import shapely
from playwright.sync_api import Page

from server.ogc.adapter import create_ogc
from tests.pages.city import NOON, City, _layer, answering, application, empty_city
from tests.pages.test_browser import SIZES, Watched, browser, playwright, pytestmark, watched

__all__ = ["browser", "playwright", "pytestmark", "watched"]

ACROSS = 51


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> City:
    city = empty_city(tmp_path_factory.mktemp("persil"))
    places = [(109.6 + x * 1e-3, -6.95 + y * 1e-3) for x in range(ACROSS) for y in range(ACROSS)]
    columns = pa.table(
        {
            "kode": [f"{at:05d}" for at in range(len(places))],
            "nama": [f"Persil {at}" for at in range(len(places))],
            "uraian": [f"{at} " + "uraian panjang yang tidak masuk ubin " * 20 for at in range(len(places))],
        }
    )
    shapes = [shapely.box(x, y, x + 1e-3, y + 1e-3) for x, y in places]
    layer = _layer("sekolah", columns, shapely.multipolygons([[one] for one in shapes]))
    city.publish("persil", layer, "dpupr", NOON, title="Persil", key="kode", fields=[])
    return city


@pytest.fixture(scope="module")
def address(parcels: City) -> Iterator[str]:
    app = application(parcels)
    app.register_blueprint(create_ogc(parcels.registry, parcels.revision, parcels.settings))
    with answering(app) as url:
        yield url


def asked(page: Page) -> list[str]:
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url))
    return found


@pytest.mark.parametrize("watched", SIZES, indirect=True, ids=("desk", "phone"))
@pytest.mark.parametrize("path", ["/data/persil", "/peta?lapis=persil", "/ogc/collections/persil?f=html"])
def test_a_large_layer_is_drawn_from_tiles_and_told_whole(watched: Watched, path: str) -> None:
    urls = asked(watched.page)
    page = watched.open(path)
    page.wait_for_load_state("networkidle")
    assert any("/tiles/WebMercatorQuad/1" in url for url in urls)
    assert not any("data.geojson" in url for url in urls)
    page.locator("canvas.maplibregl-canvas").focus()
    panel = page.locator(".peta-panel")
    while not panel.is_visible():
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    number = int(panel.locator("h3").inner_text().removeprefix("Persil "))
    assert f"{number} uraian panjang" in panel.inner_text()
    assert f"{watched.address}/ogc/collections/persil/items/{number:05d}?f=json" in urls
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert watched.faults == []


def test_the_legend_of_a_large_layer_is_as_before(watched: Watched) -> None:
    legend = watched.open("/data/persil").locator(".peta-legend")
    assert "Persil" in legend.inner_text()
    assert "DPUPR" in legend.inner_text()
