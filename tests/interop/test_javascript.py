"""Libraries of the web: ogc-client in Node; OpenLayers and MapLibre in Chromium, on a page of another site."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas
import pytest
from playwright.sync_api import Page, sync_playwright

from server.demo import SAMPLE
from server.settings import ROOT
from tests.interop import layers
from tests.interop.conftest import PUBLISHED, Live, absent, call
from tests.pages.test_browser import CHROMIUM, QUIET, SOFTWARE

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
LIBRARIES = {
    "ol.js": "ol/dist/ol.js",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
}
BOX = (109.66, -6.90, 109.68, -6.88)
HTML = """<!doctype html><meta charset=utf-8><link rel=icon href=data:,>
<div id=map style="width:600px;height:400px"></div><script src=ol.js></script>"""


def installed(path: str) -> Path:
    found = ROOT / "node_modules" / path
    return found if found.exists() else absent(f"node_modules/{path} (`make interop` fetches it)")


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012 - theirs

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def page(sebar: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of another origin; whatever goes wrong on it fails the test."""
    if not CHROMIUM.exists():
        absent("Chromium")
    site = tmp_path_factory.mktemp("site")
    (site / "index.html").write_text(HTML)
    for name, path in LIBRARIES.items():
        shutil.copy(installed(path), site / name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *SOFTWARE])
        page = browser.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        browser.close()
    server.shutdown()
    server.server_close()
    assert faults == []


@pytest.fixture(scope="module")
def said(sebar: Live) -> dict[str, Any]:
    """What ogc-client says; Node may be the machine's or the one of requirements-node.txt."""
    installed("@camptocamp/ogc-client")
    node = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}") or absent("Node")
    script = str(HERE / "ogc_client_reads.mjs")
    return json.loads(call([node, script, sebar.ogc, "lokasi-sekolah", "00033750", ",".join(map(str, BOX))]))


def in_box() -> set[str]:
    schools = geopandas.read_file(SAMPLE / "sekolah.gpkg").to_crs("OGC:CRS84")
    return set(schools.cx[BOX[0] : BOX[2], BOX[1] : BOX[3]].npsn)


def test_ogc_client_knows_what_the_service_is(said: dict[str, Any]) -> None:
    assert said["title"] == "Data resmi Kota Pekalongan"
    assert said["hasFeatures"]
    assert said["conformance"] > 20
    assert set(said["features"]) - {"katalog"} == PUBLISHED


def test_ogc_client_describes_a_collection(said: dict[str, Any]) -> None:
    assert said["info"]["title"] == "Lokasi Sekolah"
    assert {"npsn", "siswa_l"} <= {one["name"] for one in said["info"]["queryables"]}


def test_ogc_client_reads_items_of_a_box_and_one_by_its_key(said: dict[str, Any], sebar: Live) -> None:
    assert set(said["items"]) == in_box()
    assert said["item"]["properties"]["npsn"] == "00033750"
    assert len(sebar.json(said["url"].removeprefix(sebar.url))["features"]) == 3


def test_openlayers_draws_the_features_in_view(page: Page, sebar: Live) -> None:
    """ol/source/Vector with a loader by box, as its documentation has it for OGC API Features."""
    found = page.evaluate(
        """async ([items, box]) => {
          const source = new ol.source.Vector({
            format: new ol.format.GeoJSON(),
            url: (extent) => `${items}?f=json&limit=1000&bbox=` +
              ol.proj.transformExtent(extent, "EPSG:3857", "EPSG:4326").join(","),
            strategy: ol.loadingstrategy.bbox,
          });
          const layer = new ol.layer.Vector({ source });
          const map = new ol.Map({ target: "map", layers: [layer], view: new ol.View() });
          const loaded = new Promise((done) => source.once("featuresloadend", done));
          map.getView().fit(ol.proj.transformExtent(box, "EPSG:4326", "EPSG:3857"), { size: [600, 400] });
          await loaded;
          const drawn = source.getFeatures();
          map.setTarget(null);
          return drawn.map((one) => [one.getId(), one.get("siswa_l"), one.getGeometry().getType()]);
        }""",
        [f"{sebar.ogc}/collections/lokasi-sekolah/items", BOX],
    )
    assert {key for key, _, _ in found} >= in_box()
    assert all(isinstance(pupils, int) for _, pupils, _ in found)
    assert {kind for _, _, kind in found} == {"Point"}


MAPLIBRE = """async ([source, layer, box]) => {
  const { Map } = await import("/maplibre-gl.mjs");
  const style = { version: 8, sources: { it: source }, layers: [{ id: "it", source: "it", ...layer }] };
  const map = new Map({ container: "map", style, bounds: box, attributionControl: false });
  await new Promise((done, failed) => { map.on("idle", done); map.on("error", (fault) => failed(fault.error)); });
  const found = map.queryRenderedFeatures().map((one) => [one.id ?? null, one.properties]);
  map.remove();
  return found;
}"""


def test_maplibre_draws_a_collection_by_its_address(page: Page, sebar: Live) -> None:
    source = {"type": "geojson", "data": f"{sebar.ogc}/collections/batas-kelurahan/items?limit=1000"}
    found = page.evaluate(MAPLIBRE, [source, {"type": "fill"}, [109.62, -6.95, 109.73, -6.84]])
    assert {of["nama_kelurahan"] for _, of in found} == set(
        geopandas.read_file(SAMPLE / "kelurahan.gpkg").nama_kelurahan
    )


def _tiles(sebar: Live, collection: str) -> dict[str, Any]:
    address = f"/ogc/collections/{collection}/tiles?f=json"
    return sebar.json(address)["tilesets"][0]


def _link(of: dict[str, Any], rel: str, type: str) -> str:
    return next(one["href"] for one in of["links"] if one["rel"] == rel and one.get("type") == type)


def test_maplibre_draws_vector_tiles_by_their_tilejson(page: Page, sebar: Live) -> None:
    described = f"{sebar.ogc}/collections/{layers.LARGE}/tiles/WebMercatorQuad?f=tilejson"
    name = sebar.json(described.removeprefix(sebar.url))["vector_layers"][0]["id"]
    with sebar.watching() as asked:
        found = page.evaluate(
            MAPLIBRE,
            [
                {"type": "vector", "url": described},
                {"type": "fill", "source-layer": name},
                [109.64, -6.92, 109.65, -6.91],
            ],
        )
    assert {of["nib"] for _, of in found} <= {f"{n:014d}" for n in range(layers.ROWS)}
    assert len(found) > 500
    tiles = [one for one in asked if "/WebMercatorQuad/" in one.path]
    assert tiles
    assert {one.status for one in tiles} <= {200, 204}


def test_openlayers_draws_vector_tiles_by_their_tileset(page: Page, sebar: Live) -> None:
    """ol/source/OGCVectorTile reads the tileset's own description."""
    address = f"{sebar.ogc}/collections/batas-kelurahan/tiles/WebMercatorQuad?f=json"
    found = page.evaluate(
        """async ([url, box]) => {
          const source = new ol.source.OGCVectorTile({ url, format: new ol.format.MVT() });
          await new Promise((done) => source.getState() === "ready" ? done() : source.once("change", done));
          const layer = new ol.layer.VectorTile({ source });
          const map = new ol.Map({ target: "map", layers: [layer], view: new ol.View() });
          const drawn = new Promise((done) => map.once("rendercomplete", done));
          map.getView().fit(ol.proj.transformExtent(box, "EPSG:4326", "EPSG:3857"), { size: [600, 400] });
          await drawn;
          const found = layer.getFeaturesInExtent(map.getView().calculateExtent([600, 400]));
          map.setTarget(null);
          return [source.getState(), found.map((one) => one.get("nama_kelurahan"))];
        }""",
        [address, [109.62, -6.95, 109.73, -6.84]],
    )
    assert found[0] == "ready"
    assert set(found[1]) == set(geopandas.read_file(SAMPLE / "kelurahan.gpkg").nama_kelurahan)
