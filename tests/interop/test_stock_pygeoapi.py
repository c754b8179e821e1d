"""pygeoapi as it is, with the configuration that Sebar exports, serves the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from tests.interop.conftest import FEATURES, MAP_OF_TABLE, PUBLISHED, TABLE, Live, call, free_port, get_json, running

pytestmark = pytest.mark.interop

PYGEOAPI = str(Path(sys.executable).with_name("pygeoapi"))


@pytest.fixture(scope="module")
def stock(sebar: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pygeoapi")
    exported = call(
        [sys.executable, "-m", "server.cli", "pygeoapi-config"],
        SEBAR_HOME=str(sebar.settings.home),
        SEBAR_URL=sebar.url,
    )
    configuration = yaml.safe_load(exported)
    url = f"http://127.0.0.1:{(port := free_port())}"
    configuration["server"] |= {"bind": {"host": "127.0.0.1", "port": port}, "url": url}
    (folder / "config.yml").write_text(yaml.safe_dump(configuration))
    environment = {"PYGEOAPI_CONFIG": str(folder / "config.yml"), "PYGEOAPI_OPENAPI": str(folder / "openapi.yml")}
    call([PYGEOAPI, "config", "validate", "-c", environment["PYGEOAPI_CONFIG"]])
    call(
        [
            PYGEOAPI,
            "openapi",
            "generate",
            environment["PYGEOAPI_CONFIG"],
            "--output-file",
            environment["PYGEOAPI_OPENAPI"],
        ],
        **environment,
    )
    with running([PYGEOAPI, "serve"], f"{url}/?f=json", environment, folder / "serve.log"):
        yield url


def test_stock_pygeoapi_has_the_same_collections(sebar: Live, stock: str) -> None:
    ours = {collection["id"] for collection in sebar.json("/ogc/collections?f=json")["collections"]}
    theirs = {collection["id"] for collection in get_json(f"{stock}/collections?f=json")["collections"]}
    assert theirs - {"katalog"} == ours - {"katalog"} == PUBLISHED


@pytest.mark.parametrize("collection", [*FEATURES, TABLE, MAP_OF_TABLE])
def test_stock_pygeoapi_counts_and_shows_the_same(sebar: Live, stock: str, collection: str) -> None:
    query = f"/collections/{collection}/items?f=json&limit=3"
    ours, theirs = sebar.json(f"/ogc{query}"), get_json(f"{stock}{query}")
    assert theirs["numberMatched"] == ours["numberMatched"]
    assert theirs["features"] == ours["features"]


@pytest.mark.parametrize("code", [4326, 9470, 9489, 32749, 23835])
def test_stock_pygeoapi_has_the_same_coordinates(sebar: Live, stock: str, code: int) -> None:
    crs = f"http://www.opengis.net/def/crs/EPSG/0/{code}"
    listed = f"/collections/batas-kelurahan/items?f=json&limit=3&crs={crs}"
    ours, theirs = sebar.json(f"/ogc{listed}")["features"], get_json(f"{stock}{listed}")["features"]
    assert theirs == ours
    one = f"/collections/batas-kelurahan/items/{ours[1]['id']}?f=json&crs={crs}"
    assert get_json(f"{stock}{one}")["geometry"] == sebar.json(f"/ogc{one}")["geometry"] == ours[1]["geometry"]


def test_stock_pygeoapi_has_the_same_tiles(sebar: Live, stock: str) -> None:
    address = "/collections/batas-kelurahan/tiles/WebMercatorQuad"
    ours, theirs = sebar.json(f"/ogc{address}?f=json"), get_json(f"{stock}{address}?f=json")
    assert theirs["tileMatrixSetLimits"] == ours["tileMatrixSetLimits"]
    assert get_json(f"{stock}/collections/batas-kelurahan/tiles?f=json")["tilesets"]
    limit = ours["tileMatrixSetLimits"][9]
    tile = f"{address}/{limit['tileMatrix']}/{limit['minTileRow']}/{limit['minTileCol']}?f=mvt"
    with urlopen(f"{sebar.url}/ogc{tile}") as mine, urlopen(f"{stock}{tile}") as other:  # noqa: S310 - loopback
        assert (mine.status, other.status) == (200, 200)
        assert mine.read() == other.read()
