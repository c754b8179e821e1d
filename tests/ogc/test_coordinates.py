"""What a GIS client meets when it asks in another coordinate system than CRS84, on both stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psycopg
import pytest
import shapely
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as chances
from hypothesis import strategies as st
from pyproj import CRS, Proj, Transformer
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from server.ogc import snapshot
from server.settings import Settings, UnknownSetting, from_environment
from server.store import migrate, terbit
from server.store.index_postgis import Pool, reading_pool
from tests.ogc.releases import Shelf, build, layer
from tests.postgis import fresh_database
from workflow.store import Release

ITEMS = "/ogc/collections/kota/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
UTM = "+proj=utm +zone=49 +south +ellps=WGS84"
PARAMETERS = {
    4326: None,
    9470: None,
    3857: "+proj=webmerc +ellps=WGS84",
    9489: UTM,
    32749: UTM,
    23879: UTM,
    23835: "+proj=tmerc +lat_0=0 +lon_0=109.5 +k=0.9999 +x_0=200000 +y_0=1500000 +ellps=WGS84",
}
"""What each system does with longitude and latitude; nothing but changing the order where there is none."""
WEST, SOUTH, EAST, NORTH = 109.60, -6.95, 109.75, -6.85


def uri(code: int) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


def computed(geometry: Any, code: int) -> Any:
    """The geometry in the system, computed from the parameters of its projection alone."""
    projection = PARAMETERS[code]
    if projection is None:
        return shapely.transform(geometry, lambda lonlat: lonlat[:, ::-1])
    turn = Proj(projection)
    return shapely.transform(geometry, lambda lonlat: np.column_stack(turn(lonlat[:, 0], lonlat[:, 1])))


@cache
def bent(code: int) -> Any:
    """All features as they lie in the system, lines that are straight in CRS84 as many short ones."""
    return computed(shapely.segmentize(CONTENT.geometry, 2e-4), code)


def drawn(count: int = 70, seed: int = 4) -> np.ndarray[Any, Any]:
    """Points, lines, polygons with holes, several of each, with full doubles; one has heights, one is missing."""
    chance = np.random.default_rng(seed)
    found: list[BaseGeometry | None] = []
    for number in range(count):
        center = shapely.Point(chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH))
        round_ = center.buffer(chance.uniform(0.001, 0.02), quad_segs=int(chance.integers(1, 5)))
        ring = round_.difference(center.buffer(0.0005))
        line = shapely.LineString([center, (chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH))])
        kinds = (center, line, round_, ring, shapely.MultiPoint([center, line.coords[1]]), shapely.MultiPolygon([ring]))
        found.append(kinds[number % len(kinds)])
    found[5] = None
    found[7] = shapely.LineString([(WEST, SOUTH, 3.25), (EAST, NORTH, -8.123456789)])
    return np.array(found, dtype=object)


CONTENT = replace(layer(70), geometry=drawn())
SHAPES = shapely.orient_polygons(CONTENT.geometry)
KEYS = CONTENT.columns["kode"].to_pylist()


@pytest.fixture(scope="session")
def kota(home: Path) -> Release:
    return build(home, "kota", CONTENT)


@pytest.fixture(scope="module")
def postgis(home: Path, kota: Release) -> Iterator[tuple[str, Pool]]:
    with fresh_database() as url:
        migrate(Settings(home=home, database_url=url))
        with psycopg.connect(url) as connection:
            terbit.load(connection, home, kota)
            terbit.point(connection, kota, [kota])
        with reading_pool(url) as pool:
            yield url, pool


@pytest.fixture(params=["embedded", "postgis"])
def settings(
    request: pytest.FixtureRequest, home: Path, shelf: Shelf, kota: Release, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """With PostGIS every question goes there, also those that data.gpkg answers at once."""
    shelf.releases.clear()
    shelf.publish(kota)
    plain = Settings(home=home, url="https://data.example.id")
    if request.param == "embedded":
        return plain
    url, pool = request.getfixturevalue("postgis")
    monkeypatch.setattr(snapshot, "reading_pool", lambda _: pool)
    monkeypatch.setattr(snapshot, "HelpedIndex", lambda own, table: table)
    return replace(plain, database_url=url)


def ask(client: FlaskClient, address: str = ITEMS, **asked: object) -> dict[str, Any]:
    said = {name.replace("_", "-"): str(value) for name, value in asked.items()}
    answer = client.get(address, query_string=said or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = orjson.loads(answer.data)
    return found


def keys(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["features"]]


def numbers(edges: Sequence[float]) -> str:
    return ",".join(map(str, edges))


@pytest.mark.parametrize("code", PARAMETERS)
def test_coordinates_are_those_of_the_projection_within_a_millimetre(client: FlaskClient, code: int) -> None:
    found = [one["geometry"] and shape(one["geometry"]) for one in ask(client, crs=uri(code))["features"]]
    expected = computed(SHAPES, code)
    assert found[5] is None
    assert [one and one.geom_type for one in found] == [one and one.geom_type for one in SHAPES]
    for one, other in zip(found, expected, strict=True):
        apart = np.abs(shapely.get_coordinates(one) - shapely.get_coordinates(other))
        assert not (apart > (1e-8 if PARAMETERS[code] is None else 0.001)).any()
    assert [one[2] for one in found[7].coords] == [3.25, -8.1234568]


@pytest.mark.parametrize("code", [code for code in PARAMETERS if code not in (9470, 9489)])
def test_coordinates_are_those_of_proj(client: FlaskClient, code: int) -> None:
    turn = Transformer.from_crs(CRS.from_authority("OGC", "CRS84"), CRS.from_epsg(code)).transform
    found = shape(ask(client, crs=uri(code))["features"][0]["geometry"])
    assert found.coords[0] == pytest.approx(turn(*SHAPES[0].coords[0]), abs=0.001 if found.x > 1000 else 1e-8, rel=0)


@pytest.mark.parametrize("code", PARAMETERS)
def test_axes_are_in_the_order_of_the_authority(client: FlaskClient, code: int) -> None:
    axes = [axis.direction for axis in CRS.from_epsg(code).axis_info]
    at = shape(ask(client, crs=uri(code))["features"][0]["geometry"]).coords[0]
    north_is_negative = {"north": at[axes.index("north")] < 0, "east": at[axes.index("east")] > 0}
    assert axes == (["north", "east"] if PARAMETERS[code] is None else ["east", "north"])
    assert PARAMETERS[code] is not None or north_is_negative == {"north": True, "east": True}


@pytest.mark.parametrize("code", PARAMETERS)
def test_only_the_coordinates_are_others(client: FlaskClient, code: int) -> None:
    plain, answer = ask(client), client.get(ITEMS, query_string={"crs": uri(code)})
    turned = orjson.loads(answer.data)
    assert answer.headers["Content-Crs"] == f"<{uri(code)}>"
    assert client.head(ITEMS, query_string={"crs": uri(code)}).headers["Content-Crs"] == f"<{uri(code)}>"
    for one, other in zip(plain["features"], turned["features"], strict=True):
        assert list(one) == list(other)
        assert one | {"geometry": None} == other | {"geometry": None}
    assert (turned["numberMatched"], turned["numberReturned"]) == (70, 70)
    assert all("crs=" in link["href"] for link in turned["links"] if link["rel"] == "self")


@pytest.mark.parametrize("code", PARAMETERS)
def test_a_single_feature_is_as_in_the_list(client: FlaskClient, code: int) -> None:
    listed = ask(client, crs=uri(code))["features"]
    for at in (0, 2, 5, 7):
        answer = client.get(f"{ITEMS}/{listed[at]['id']}", query_string={"crs": uri(code)})
        assert answer.headers["Content-Crs"] == f"<{uri(code)}>"
        assert {name: answer.get_json()[name] for name in listed[at]} == listed[at]


def test_crs84_by_name_is_the_answer_without(client: FlaskClient) -> None:
    plain, named = client.get(ITEMS), client.get(ITEMS, query_string={"crs": CRS84})
    assert plain.headers["Content-Crs"] == named.headers["Content-Crs"] == f"<{CRS84}>"
    assert plain.get_json()["features"] == named.get_json()["features"]
    assert client.get(f"{ITEMS}/{KEYS[3]}").headers["Content-Crs"] == f"<{CRS84}>"


@pytest.mark.parametrize(
    "name",
    [
        "https://www.opengis.net/def/crs/EPSG/0/32749",
        "urn:ogc:def:crs:EPSG::32749",
        "[EPSG:32749]",
        "http://www.opengis.net/def/crs/epsg/0/32749",
    ],
)
def test_a_system_has_several_names(client: FlaskClient, name: str) -> None:
    answer = client.get(ITEMS, query_string={"crs": name})
    assert answer.headers["Content-Crs"] == f"<{uri(32749)}>"
    assert answer.get_json()["features"] == ask(client, crs=uri(32749))["features"]


@pytest.mark.parametrize("code", PARAMETERS)
@given(
    first=st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
    second=st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
)
@chances(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_box_meets_what_is_in_it_in_its_own_system(
    client: FlaskClient, code: int, first: tuple[float, float], second: tuple[float, float]
) -> None:
    low, high = shapely.get_coordinates(computed(shapely.LineString([(WEST, SOUTH), (EAST, NORTH)]), code))
    corners = np.round(low + np.sort([first, second], axis=0) * (high - low), 8)
    box, hair = shapely.box(*corners[0], *corners[1]), 1e-8 if PARAMETERS[code] is None else 0.001
    found = keys(ask(client, bbox=numbers(corners.ravel()), bbox_crs=uri(code)))
    own = bent(code)
    within = {key for key, one in zip(KEYS, own, strict=True) if one and one.intersects(box.buffer(-hair))}
    beside = {key for key, one in zip(KEYS, own, strict=True) if one and one.intersects(box.buffer(hair))}
    assert within <= set(found) <= beside
    assert found == sorted(found)

    said = f"S_INTERSECTS(geometry, BBOX({numbers(corners.ravel())}))"
    assert keys(ask(client, filter=said, filter_crs=uri(code))) == found
    outline = f"S_DISJOINT(geometry, {box.wkt})" if (corners[0] < corners[1]).all() else f"NOT {said}"
    apart = keys(ask(client, filter=outline, filter_crs=uri(code)))
    assert sorted(apart + found) == [key for key in KEYS if key != KEYS[5]]


def test_a_box_may_have_heights_no_width_or_no_end(client: FlaskClient) -> None:
    west, south, east, north = computed(shapely.box(109.65, -6.92, 109.7, -6.88), 32749).bounds
    flat = keys(ask(client, bbox=numbers([west, south, east, north]), bbox_crs=uri(32749)))
    assert flat
    assert keys(ask(client, bbox=numbers([west, south, -5, east, north, 90]), bbox_crs=uri(32749))) == flat
    everything = [key for key in KEYS if key != KEYS[5]]
    assert keys(ask(client, bbox="-1e12,-1e12,1e12,1e12", bbox_crs=uri(32749))) == everything
    assert ask(client, bbox="-1e12,-1e12,-1e11,1e12", bbox_crs=uri(32749))["numberMatched"] == 0
    at = computed(SHAPES[0], 23835).coords[0]
    for wide in (0, 1, 2, 3):
        corners = np.round([*at, *at], 4) + np.array([0, 0, wide & 1, wide >> 1]) - [0.5, 0.5, 0, 0]
        assert KEYS[0] in keys(ask(client, bbox=numbers(corners), bbox_crs=uri(23835)))


def test_a_box_runs_on_over_the_antimeridian(client: FlaskClient) -> None:
    everything = [key for key in KEYS if key != KEYS[5]]
    assert keys(ask(client, bbox="-10,109,0,-170", bbox_crs=uri(4326))) == everything
    assert keys(ask(client, bbox="-10,170,0,109.9", bbox_crs=uri(9470))) == everything
    assert ask(client, bbox="-10,170,0,-170", bbox_crs=uri(9470))["numberMatched"] == 0


@pytest.mark.parametrize("size", [7, 20, 100])
@pytest.mark.parametrize("code", [9470, 23835])
def test_pages_in_a_system_put_together_are_the_whole_set(client: FlaskClient, code: int, size: int) -> None:
    low, high = computed(shapely.Point(109.61, -6.94), code), computed(shapely.Point(109.74, -6.86), code)
    line = f"LINESTRING({low.x} {low.y}, {low.x} {high.y}, {high.x} {low.y})"
    question = {
        "crs": uri(code),
        "bbox": numbers([low.x, low.y, high.x, high.y]),
        "bbox_crs": uri(code),
        "filter": f"rw > -2 AND S_INTERSECTS(geometry, {line})",
        "filter_crs": uri(code),
        "sortby": "-nama,luas",
    }
    whole = ask(client, limit=1000, **question)["features"]
    assert len(whole) > 8
    found: list[Any] = []
    page = ask(client, limit=size, **question)
    while True:
        found += page["features"]
        after = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not after:
            break
        page = ask(client, after[0].removeprefix("https://data.example.id"))
    assert found == whole


@pytest.mark.parametrize("parameter", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("value", ["", "EPSG:32748", uri(32748), uri(99999), uri(4326) + "x", "urn:ogc:def:crs:OGC::X"])
def test_an_unknown_system_is_named_with_those_there_are(client: FlaskClient, parameter: str, value: str) -> None:
    more = {"bbox": "1,2,3,4", "filter": "rw > 1"}
    refused = client.get(ITEMS, query_string={**more, parameter: value})
    body = refused.get_json()
    assert (refused.status_code, body["parameter"]) == (400, parameter)
    assert uri(9489) in body["mend"]


def test_what_does_not_fit_the_axes_is_refused(client: FlaskClient) -> None:
    for edges, code, order in (
        ("-6.8,109,-6.9,110", 4326, "selatan,barat,utara,timur"),
        ("2,1,1,2", 32749, "barat,selatan,timur,utara"),
        ("1,2,3", 23835, "barat,selatan,timur,utara"),
    ):
        body = client.get(ITEMS, query_string={"bbox": edges, "bbox-crs": uri(code)}).get_json()
        assert (body["status"], body["parameter"]) == (400, "bbox")
        assert order in body["mend"]
    asked = {"filter": "S_INTERSECTS(geometry, POINT(1e30 1e30))", "filter-crs": uri(9489)}
    body = client.get(ITEMS, query_string=asked).get_json()
    assert (body["status"], body["parameter"]) == (400, "filter")


def test_a_collection_says_in_which_systems_it_can_be_had(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "tabel", layer(5, spatial=False)))
    said = {one["id"]: one for one in ask(client, "/ogc/collections")["collections"]}
    known = [CRS84, *(uri(code) for code in (4326, 3857, 9470, 9489, 32749, 23879, 23835))]
    assert (said["kota"]["crs"], said["kota"]["storageCrs"]) == (known, CRS84)
    assert "storageCrsCoordinateEpoch" not in said["kota"]
    assert (said["tabel"]["crs"], "storageCrs" in said["tabel"]) == ([CRS84], False)
    parameters = ask(client, "/ogc/openapi")["components"]["parameters"]
    for name in ("crs", "bbox-crs", "filter-crs"):
        assert parameters[name]["schema"]["enum"] == known
    refused = client.get("/ogc/collections/tabel/items", query_string={"crs": uri(9489)})
    assert (refused.status_code, refused.get_json()["parameter"]) == (400, "crs")


def test_the_city_chooses_the_systems(client: FlaskClient, app: Any, shelf: Shelf, settings: Settings) -> None:
    other = snapshot.build(shelf.registry(), replace(settings, crs="4326, 23836"))
    listed = other.served["kota"].resource["providers"][0]["crs"]
    assert listed == [CRS84, uri(4326), uri(23836)]


@pytest.mark.parametrize("codes", ["4326,99999", "utm", "9469", "5773"])
def test_a_system_that_is_none_is_refused_at_start(codes: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSetting, match="EPSG codes"):
        from_environment({"SEBAR_HOME": str(tmp_path), "SEBAR_CRS": codes})


def test_what_has_no_place_in_a_system_has_no_geometry_there(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shapes = np.array([shapely.Point(21, 0), shapely.Point(109, -6)], dtype=object)
    shelf.publish(build(home, "kutub", replace(layer(2), geometry=shapes)))
    found = ask(client, "/ogc/collections/kutub/items", crs=uri(32749))["features"]
    assert [one["geometry"] is None for one in found] == [True, False]


def test_a_page_for_people_keeps_its_map_in_crs84(client: FlaskClient) -> None:
    page = client.get(ITEMS, query_string={"f": "html", "crs": uri(9489)})
    assert (page.status_code, page.headers["Content-Crs"]) == (200, f"<{CRS84}>")
    assert "crs=" not in page.text
