"""What a GIS client meets at /ogc/collections/{id}/items."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson
import pyarrow as pa
import pytest
from flask.testing import FlaskClient

from tests.ogc.releases import Shelf, build, layer
from workflow.layer import Field, FieldType, Layer

ITEMS = "/ogc/collections/desa/items"


def ask(client: FlaskClient, address: str, **more: Any) -> dict[str, Any]:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = orjson.loads(answer.data)
    return found


def link(body: dict[str, Any], rel: str) -> str | None:
    found = [one["href"] for one in body["links"] if one["rel"] == rel]
    return found[0].removeprefix("https://data.example.id") if found else None


def every_page(client: FlaskClient, address: str | None) -> list[dict[str, Any]]:
    """All features, following next from page to page."""
    found: list[dict[str, Any]] = []
    while address:
        page = ask(client, address)
        assert page["numberReturned"] == len(page["features"]) > 0
        found += page["features"]
        address = link(page, "next")
    assert len(found) == page["numberMatched"]
    return found


QUESTIONS = [
    "",
    "bbox=109.6,-6.95,109.65,-6.9",
    "filter=rw > 3 OR aktif = true",
    "sortby=-luas,nama",
    "aktif=true&sortby=nama",
]


@pytest.mark.parametrize("size", [7, 20, 60, 100])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_pages_put_together_are_the_whole_set(client: FlaskClient, size: int, question: str) -> None:
    whole = ask(client, f"{ITEMS}?limit=10000&{question}")["features"]
    assert every_page(client, f"{ITEMS}?limit={size}&{question}") == whole
    assert whole


def test_an_exactly_full_last_page_has_no_next(client: FlaskClient) -> None:
    last = ask(client, f"{ITEMS}?limit=20&offset=40")
    assert (link(last, "next"), last["numberReturned"]) == (None, 20)
    assert link(last, "prev") == f"{ITEMS}?offset=20&limit=20&release=1"


def test_links_name_this_page_and_keep_every_parameter(client: FlaskClient) -> None:
    page = ask(client, f"{ITEMS}?f=json&limit=5&offset=10&filter=rw>-9 AND nama NOT LIKE 'M%25'&sortby=%2Bnama&lang=id")
    for rel, offset in (("self", "10"), ("next", "15"), ("prev", "5")):
        address = link(page, rel)
        assert address
        for part in (
            "f=json",
            "limit=5",
            "filter=rw%3E-9%20AND%20nama%20NOT%20LIKE%20%27M%25%27",
            f"offset={offset}",
            "lang=id",
        ):
            assert part in address
    assert ask(client, str(link(page, "self")))["features"] == page["features"]


def test_the_limit_is_1000_and_never_above_10000(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "banyak", layer(11_000, spatial=False)))
    items = "/ogc/collections/banyak/items"
    assert ask(client, items)["numberReturned"] == 1000
    assert ask(client, f"{items}?limit=20000")["numberReturned"] == 10_000
    assert ask(client, f"{items}?offset=999999999999")["numberReturned"] == 0


def test_hits_only_counts(client: FlaskClient) -> None:
    body = ask(client, f"{ITEMS}?resulttype=hits&limit=5&offset=10")
    assert (body["numberMatched"], body["features"], link(body, "next"), link(body, "prev")) == (60, [], None, None)


def test_geometry_and_properties_can_be_left_out(client: FlaskClient) -> None:
    body = ask(client, f"{ITEMS}?skipGeometry=true&properties=nama,rw&limit=3")
    assert [(one["geometry"], list(one["properties"])) for one in body["features"]] == [(None, ["nama", "rw"])] * 3
    assert [one["id"] for one in body["features"]] == ["33.75.000", "33.75.001", "33.75.002"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limt", "5"),
        ("limit", "0"),
        ("limit", "lima"),
        ("limit", "9" * 5000),
        ("offset", "-1"),
        ("bbox", "1,2,3"),
        ("bbox", "1,2,3,nan"),
        ("bbox", "109,-6,110,-7"),
        ("bbox-crs", "http://www.opengis.net/def/crs/EPSG/0/4326"),
        ("crs", "http://www.opengis.net/def/crs/EPSG/0/32748"),
        ("datetime", "kemarin"),
        ("datetime", "2024-05-01/2023-05-01"),
        ("sortby", "tinggi"),
        ("sortby", ""),
        ("properties", "nama,tinggi"),
        ("skipGeometry", "mungkin"),
        ("filter-lang", "cql-json"),
        ("filter", "rw >"),
        ("filter", "nama = 3"),
        ("f", "csv"),
        ("rw", "dua"),
        ("luas", "nan"),
        ("aktif", "ya"),
        ("nama", "a\x00b"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(client: FlaskClient, parameter: str, value: str) -> None:
    refused = client.get(ITEMS, query_string={parameter: value})
    body = refused.get_json()
    assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")
    assert body["parameter"] == parameter
    assert body["code"]
    assert body["detail"] in body["description"]


def test_an_unknown_field_in_a_filter_is_named_with_those_there_are(client: FlaskClient) -> None:
    body = client.get(f"{ITEMS}?filter=tinggi>3").get_json()
    assert (body["status"], body["field"]) == (400, "tinggi")
    assert "luas" in body["mend"]


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("rw=4", lambda one: one["rw"] == 4),
        ("luas=2.5", lambda one: one["luas"] == 2.5),
        ("aktif=false", lambda one: one["aktif"] is False),
        ("nama=O'Brien", lambda one: one["nama"] == "O'Brien"),
        ("tanggal=2021-07-07", lambda one: one["tanggal"] == "2021-07-07"),
        ("nama=Medono&aktif=true", lambda one: one["nama"] == "Medono" and one["aktif"]),
    ],
)
def test_a_field_is_a_parameter(client: FlaskClient, question: str, claim: Any) -> None:
    everything = ask(client, ITEMS)["features"]
    found = ask(client, f"{ITEMS}?{question}")["features"]
    assert found == [one for one in everything if claim(one["properties"])]
    assert found


def test_a_box_with_heights_and_one_across_the_antimeridian(client: FlaskClient) -> None:
    flat = ask(client, f"{ITEMS}?bbox=109.6,-6.95,109.65,-6.9")
    assert ask(client, f"{ITEMS}?bbox=109.6,-6.95,-10,109.65,-6.9,10")["features"] == flat["features"]
    assert ask(client, f"{ITEMS}?bbox=170,-10,-170,10")["numberMatched"] == 0
    assert ask(client, f"{ITEMS}?bbox=109,-10,-170,10")["numberMatched"] == 59


def yearly(home: Path, dataset: str, kind: FieldType, values: list[Any]) -> Any:
    table = pa.table({"tahun": pa.array(values)})
    reading = {"period_column": "tahun"}
    rows = np.arange(1, len(values) + 1, dtype=np.int64)
    return build(home, dataset, Layer(dataset, (Field("tahun", kind),), table, rows, reading=reading))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2021", {2021}),
        ("2021-05", {2021}),
        ("2021-05-31T12:00:00Z", {2021}),
        ("2020-06-01/2022-01-01", {2020, 2021, 2022}),
        ("../2020", {2020}),
        ("2022/", {2022, 2023}),
        ("1990", set()),
    ],
)
def test_a_year_is_the_whole_of_it(client: FlaskClient, shelf: Shelf, home: Path, asked: str, found: set[int]) -> None:
    shelf.publish(yearly(home, "tahunan", FieldType.INTEGER, [2020, 2021, 2022, 2023, None]))
    body = ask(client, f"/ogc/collections/tahunan/items?datetime={asked}")
    assert {one["properties"]["tahun"] for one in body["features"]} == found
    assert body["numberMatched"] == len(found)


def test_a_period_in_words_goes_by_its_year(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(
        yearly(home, "semester", FieldType.STRING, ["2023", "2023-11", "2024-S1", "2024/2025", "2024-02", None])
    )
    body = ask(client, "/ogc/collections/semester/items?datetime=2024-01-01/2024-06-30")
    assert [one["properties"]["tahun"] for one in body["features"]] == ["2024-S1", "2024/2025", "2024-02"]


def test_where_nothing_has_a_time_a_time_asks_for_everything(client: FlaskClient) -> None:
    assert ask(client, f"{ITEMS}?datetime=2024")["numberMatched"] == 60


def test_a_table_is_served_without_geometry(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "tabel", layer(20, spatial=False)))
    collection = ask(client, "/ogc/collections/tabel")
    assert collection["itemType"] == "feature"
    assert "spatial" not in collection["extent"]
    assert "geometry" not in ask(client, "/ogc/collections/tabel/schema")["properties"]
    assert {one["geometry"] for one in ask(client, "/ogc/collections/tabel/items")["features"]} == {None}
    assert ask(client, "/ogc/collections/tabel/items?bbox=1,2,3,4&limit=5")["numberMatched"] == 20


def test_a_collection_may_be_empty(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "kosong", layer(0)))
    body = ask(client, "/ogc/collections/kosong/items")
    assert (body["features"], body["numberMatched"], link(body, "next")) == ([], 0, None)
    assert ask(client, "/ogc/collections/kosong/items?filter=rw>1&sortby=nama&bbox=1,2,3,4")["numberMatched"] == 0
    assert ask(client, "/ogc/collections/kosong/schema")["properties"]["luas"]["type"] == "number"
    assert "/collections/kosong/items" in ask(client, "/ogc/openapi")["paths"]
    assert client.get("/ogc/collections/kosong/items?f=html").status_code == 200


def test_one_feature_by_its_key(client: FlaskClient) -> None:
    feature = ask(client, f"{ITEMS}/33.75.007")
    listed = ask(client, ITEMS)["features"][7]
    assert {name: feature[name] for name in listed} == listed
    assert link(feature, "collection") == "/ogc/collections/desa"
    missing = client.get(f"{ITEMS}/33.75.999")
    assert (missing.status_code, missing.get_json()["code"]) == (404, "TIDAK-ADA")


@pytest.mark.parametrize("key", ["a b", "a/b", "ä%41?&#", "../x", "<b>", "12"])
def test_a_key_may_hold_anything(client: FlaskClient, shelf: Shelf, home: Path, key: str) -> None:
    table = pa.table({"kunci": [key, None]})
    content = Layer("kunci", (Field("kunci", FieldType.STRING),), table, np.array([1, 2]), key="kunci")
    shelf.publish(build(home, "kunci", content, number=shelf.revision + hash(key) % 10**9))
    features = ask(client, "/ogc/collections/kunci/items")["features"]
    assert [one["id"] for one in features] == [key, 2]
    page = client.get("/ogc/collections/kunci/items?f=html").text
    assert "<td><b>" not in page
    own = ask(client, f"/ogc/collections/kunci/items/{quote(key, safe='')}")
    assert own["id"] == key
    assert ask(client, str(link(own, "self")))["id"] == key
    assert ask(client, "/ogc/collections/kunci/items/2")["properties"]["kunci"] is None


def test_without_a_key_a_feature_goes_by_its_number(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "nomor", layer(9, key=None)))
    assert ask(client, "/ogc/collections/nomor/items/9")["properties"]["kode"] == "33.75.008"
    assert {
        client.get(f"/ogc/collections/nomor/items/{id}").status_code for id in ("0", "10", "-1", "9.0", "٩", "x")
    } == {404}
