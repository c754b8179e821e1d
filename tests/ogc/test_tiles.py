"""OGC API Tiles as a map client meets it."""

import gzip
import json

import pyogrio
import pytest

from server.ogc import tiles
from tests.ogc.releases import build, layer

ROOM = "/ogc/collections/desa/tiles"
QUAD = f"{ROOM}/WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def place(client):
    """Row and column of a tile at zoom 14 that holds something."""
    said = client.get(f"{QUAD}?f=json").json
    limits = said["tileMatrixSetLimits"][-1]
    assert limits["tileMatrix"] == "14"
    return limits["minTileRow"], limits["minTileCol"]


@pytest.fixture
def tile(place):
    return f"{QUAD}/14/{place[0]}/{place[1]}"


def test_a_collection_links_to_its_tiles_and_these_to_each_other(client):
    def linked(answer, rel):
        (link,) = [link for link in answer["links"] if link["rel"] == rel and "json" in link["type"]]
        return link["href"].removeprefix("https://data.example.id")

    of_collection = linked(
        client.get("/ogc/collections/desa").json, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
    )
    (tileset,) = client.get(of_collection).json["tilesets"]
    assert (tileset["dataType"], tileset["tileMatrixSetURI"]) == ("vector", tiles.URI)
    said = client.get(linked(tileset, "self")).json
    (drawn,) = said["layers"]
    assert (drawn["id"], drawn["geometryDimension"], drawn["propertiesSchema"]["properties"]["luas"]["type"]) == (
        "desa",
        2,
        "number",
    )
    scheme = client.get(linked(said, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")).json
    assert scheme["tileMatrices"][14]["matrixWidth"] == 2**14
    assert scheme["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559082264.0287178)
    landing = linked(client.get("/ogc?f=json").json, "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes")
    assert client.get(landing).json["tileMatrixSets"][0]["id"] == "WebMercatorQuad"


def test_tilejson_names_addresses_that_answer(client, place):
    said = client.get(f"{QUAD}?f=tilejson").json
    assert (said["tilejson"], said["minzoom"], said["maxzoom"]) == ("3.0.0", 0, 14)
    assert said["vector_layers"][0]["fields"]["kode"] == "Kode wilayah"
    west, south, east, north = client.get("/ogc/collections/desa").json["extent"]["spatial"]["bbox"][0]
    assert said["bounds"] == pytest.approx([west, south, east, north], abs=1e-4)
    address = said["tiles"][0].format(z=14, y=place[0], x=place[1])
    assert client.get(address.removeprefix("https://data.example.id"), headers=GZIP).status_code == 200


def test_a_tile_comes_as_it_is_stored_and_unpacked_for_who_takes_no_gzip(client, tile):
    packed, plain = client.get(tile, headers=GZIP), client.get(tile)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"] == MVT
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["Access-Control-Allow-Origin"] == "*"
    browser = client.get(tile, headers={**GZIP, "Accept": "text/html,*/*;q=0.8"})
    assert (browser.headers["Content-Type"], browser.data) == (MVT, packed.data)


def test_the_features_in_a_tile_have_the_values_of_the_items(client, tile, tmp_path):
    (tmp_path / "one.pbf").write_bytes(client.get(tile).data)
    drawn = pyogrio.read_dataframe(tmp_path / "one.pbf")
    features = client.get("/ogc/collections/desa/items").json["features"]
    items = {feature["id"]: feature["properties"] for feature in features}
    assert len(drawn)
    for row in drawn.itertuples():
        assert row.nama == items[row.kode]["nama"] or items[row.kode]["nama"] is None


def test_a_known_tile_is_not_sent_again(client, tile):
    first = client.get(tile, headers=GZIP)
    assert "must-revalidate" in first.headers["Cache-Control"]
    again = client.get(tile, headers=GZIP | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_head_has_no_body(client, tile):
    answer = client.head(tile, headers=GZIP)
    assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (200, b"", MVT)


def test_an_empty_tile_is_204(client):
    answer = client.get(f"{QUAD}/14/0/0")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize(
    "where", ["15/0/0", "14/16384/0", "14/0/16384", "0/1/0", "-1/0/0", "a/0/0", "99999999999/0/0", "٣/0/0"]
)
def test_a_tile_that_cannot_be_is_404(where, client):
    answer = client.get(f"{QUAD}/{where}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "zoom 0 sampai 14" in answer.json["mend"]


@pytest.mark.parametrize(
    "address",
    [
        f"{ROOM}/WorldCRS84Quad",
        f"{ROOM}/WorldCRS84Quad/0/0/0",
        "/ogc/tileMatrixSets/WorldCRS84Quad",
        "/ogc/collections/katalog/tiles",
    ],
)
def test_what_has_no_tiles_is_404(address, client):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("query", ["?f=png", "?f=html", "?x=1"])
def test_unknown_forms_and_parameters_are_refused(query, client, tile):
    assert client.get(tile + query).status_code == 400


@pytest.mark.parametrize("address", [ROOM, QUAD, "/ogc/tileMatrixSets", "/ogc/tileMatrixSets/WebMercatorQuad"])
def test_people_get_a_page(address, client):
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "WebMercatorQuad" in answer.text


def test_a_table_has_neither_tiles_nor_links_to_them(client, shelf, home):
    shelf.publish(build(home, "tabel", layer(8, spatial=False)))
    assert client.get("/ogc/collections/tabel/tiles").status_code == 404
    assert "tiles" not in client.get("/ogc/collections/tabel").text
    paths = client.get("/ogc/openapi").json["paths"]
    assert "/collections/desa/tiles" in paths
    assert "/collections/tabel/tiles" not in paths


def test_withdrawal_takes_the_tiles_at_once(client, shelf, tile):
    assert client.get(tile, headers=GZIP).status_code == 200
    shelf.withdraw("desa")
    assert client.get(tile, headers=GZIP).status_code == 410
    assert client.get(QUAD).status_code == 410


def test_a_new_release_has_new_tiles(client, shelf, home, tile):
    first = client.get(tile, headers=GZIP)
    shelf.publish(build(home, "desa", layer(60, seed=2), number=2))
    second = client.get(tile, headers=GZIP | {"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert client.get(tile.replace("desa", "desa@1"), headers=GZIP).data == first.data


def test_gdal_has_an_address_for_every_class_it_needs(client):
    declared = json.dumps(client.get("/ogc/conformance").json)
    assert "ogcapi-tiles-1/1.0/conf/mvt" in declared
