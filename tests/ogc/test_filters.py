"""What may be asked of a collection, in both languages of CQL2 and as its schemas say; tables and records included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from flask.testing import FlaskClient

from server.ogc.filters import parse
from server.reference import load_area_codes
from server.release.boundary import current_boundary
from server.settings import ROOT
from tests.ogc.cql2 import as_json
from tests.ogc.releases import FIELDS, Shelf, published
from tests.ogc.test_items import ITEMS, ask
from tests.release.layers import build as build_statistics
from tests.release.test_boundary import boundary_layer, population
from workflow.layer import FieldType
from workflow.store import Registry, Release

CODES = load_area_codes(ROOT)
JSON = {"filter-lang": "cql2-json"}
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
TEMPORAL_ROLES = {"primary-instant", "primary-interval-start", "primary-interval-end"}


def found(client: FlaskClient, said: str, items: str = ITEMS) -> list[Any]:
    """The ids that a filter finds; the same as text and as JSON."""
    by_text = client.get(items, query_string={"filter": said, "limit": 1000})
    by_json = client.get(items, query_string=JSON | {"filter": as_json(parse(said)), "limit": 1000})
    assert (by_text.status_code, by_json.status_code) == (200, 200), f"{by_text.text} {by_json.text}"
    first, second = ([one["id"] for one in answer.get_json(force=True)["features"]] for answer in (by_text, by_json))
    assert first == second, said
    return first


def refused(client: FlaskClient, **asked: str) -> dict[str, Any]:
    answer = client.get(ITEMS, query_string=asked)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.get_json()
    return body


# The abstract tests of OGC 21-065r2, for every field of a kind.

LITERALS = {
    FieldType.STRING: "'foo'",
    FieldType.NUMBER: "3.14",
    FieldType.INTEGER: "1",
    FieldType.BOOLEAN: "true",
    FieldType.DATE: "DATE('2022-04-14')",
    FieldType.DATETIME: "TIMESTAMP('2022-04-14T14:48:46Z')",
}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.type)
def test_comparisons_stand_to_each_other_as_they_must(client: FlaskClient, field: Any) -> None:
    name, value = field.name, LITERALS[field.type]
    everything = set(found(client, f"{name} IS NOT NULL"))
    for one, other in (("=", "<>"), (">", "<="), ("<", ">=")):
        for left, right in ((name, value), (value, name)):
            first, second = (set(found(client, f"{left} {sign} {right}")) for sign in (one, other))
            assert (first & second, first | second) == (set(), everything)
    assert set(found(client, f"{name} <= {name}")) == everything
    assert found(client, f"{name} <> {name} OR {name} < {name}") == []
    assert not everything & set(found(client, f"{name} is null"))
    assert len(found(client, f"{value} = {value}")) == 60
    assert found(client, f"{value} < {value} OR {value} IS NULL OR false") == []
    assert set(found(client, f"{name} IN ({value}, {name})")) == everything


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.type == FieldType.STRING])
def test_patterns_stand_to_each_other_as_they_must(client: FlaskClient, name: str) -> None:
    assert (
        found(client, f"{name} LIKE '%'") == found(client, f"{name} like '%%'") == found(client, f"{name} IS NOT NULL")
    )
    assert not set(found(client, f"{name} LIKE '_%'")) & set(found(client, f"{name} LIKE ''"))
    for word in ("b%", "K%", "%É"):
        for fold in ("CASEI({})", "ACCENTI({})", "ACCENTI(CASEI({}))"):
            turned = [fold.format(f"'{each}'") for each in (word, word.swapcase())]
            first, second = (found(client, f"{fold.format(name)} LIKE {each}") for each in turned)
            assert first == second or fold.startswith("ACCENTI({})")
    assert found(client, "ACCENTI(CASEI(nama)) = ACCENTI(CASEI('JENGGOT E'))") == found(client, "nama = 'Jenggot é'")


@pytest.mark.parametrize(
    "relation", ["INTERSECTS", "EQUALS", "DISJOINT", "TOUCHES", "WITHIN", "OVERLAPS", "CROSSES", "CONTAINS"]
)
def test_a_box_is_its_polygon(client: FlaskClient, relation: str) -> None:
    box, point = "BBOX(109.6,-6.95,109.625,-6.92)", "POINT(109.605 -6.945)"
    polygon = shapely.to_wkt(shapely.box(109.6, -6.95, 109.625, -6.92), -1)
    assert found(client, f"S_{relation}(geometry, {box})") == found(client, f"S_{relation}(geometry, {polygon})")
    if relation in ("INTERSECTS", "EQUALS", "DISJOINT", "TOUCHES", "OVERLAPS", "CROSSES"):
        assert found(client, f"S_{relation}({point}, geometry)") == found(client, f"S_{relation}(geometry, {point})")
    assert len(found(client, f"S_{relation}(geometry, geometry) OR true")) == 60


def test_a_box_may_lie_across_the_antimeridian(client: FlaskClient) -> None:
    assert len(found(client, "S_INTERSECTS(geometry, BBOX(109, -10, -170, 10))")) == 59
    assert found(client, "S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))") == []


def test_an_interval_may_be_made_of_fields(client: FlaskClient) -> None:
    known = found(client, "diubah IS NOT NULL")
    assert found(client, "T_EQUALS(INTERVAL(diubah, diubah), diubah)") == known
    assert found(client, "T_STARTS(INTERVAL(diubah, '2029-01-01T00:00:00Z'), INTERVAL(diubah, '..'))") == known
    before = found(client, "T_FINISHEDBY(INTERVAL('..', diubah), INTERVAL(diubah, diubah))")
    assert before == known


# What is not CQL2 is refused, with its place.


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ('{"op":"=","args":[{"property":"rw"},', "belum selesai"),
        ('{"op":"=" "args":[]}', "huruf ke-11"),
        ('{"op":"and","args":[true,{"op":"=","args":[{"proprty":"rw"},1]}]}', "args[1].args[0]"),
        ('{"op":"between","args":[{"property":"rw"},[1,2]]}', "between"),
        ('{"op":"in","args":[{"property":"rw"},1]}', "in"),
        ('{"op":"and","args":[]}', "and"),
        ('{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[1,2,3]}]}', "BBOX"),
        ('{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":["a"]}]}', "geometri"),
        ('{"op":"=","args":[{"property":"tanggal"},{"date":"kemarin"}]}', "kemarin"),
        ('{"op":"t_after","args":[{"property":"diubah"},{"interval":["2024-01-01"]}]}', "args[1]"),
        ('{"op":"t_after","args":[{"property":"diubah"},{"interval":["2024-01-01","2023-01-01"]}]}', "INTERVAL"),
        ('{"op":"not","args":[' * 300 + "true" + "]}" * 300, "bertingkat"),
        ('{"op":"isNull","args":[null]}', "args[0]"),
        ("{}", "awal"),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_its_place(client: FlaskClient, said: str, place: str) -> None:
    body = refused(client, filter=said, **JSON)
    assert (body["parameter"], body["code"]) == ("filter", "FILTER")
    assert place in body["detail"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ('{"op":"=","args":[{"property":"tinggi"},1]}', "tinggi"),
        ('{"op":"<","args":[{"property":"nama"},1]}', "nama"),
        ('{"op":"t_before","args":[{"property":"rw"},{"date":"2024-01-01"}]}', "rw"),
        ('{"op":"s_within","args":[{"property":"luas"},{"bbox":[1,2,3,4]}]}', "luas"),
    ],
)
def test_json_that_does_not_fit_a_field_names_it(client: FlaskClient, said: str, field: str) -> None:
    assert refused(client, filter=said, **JSON)["field"] == field


def test_a_filter_is_of_the_language_that_was_named(client: FlaskClient) -> None:
    assert refused(client, filter="rw > 3", **JSON)["parameter"] == "filter"
    assert refused(client, filter='{"op":">","args":[{"property":"rw"},3]}')["parameter"] == "filter"
    assert refused(client, **{"filter": "rw > 3", "filter-lang": "cql"})["parameter"] == "filter-lang"


@pytest.mark.parametrize(
    "said", [f"rw = 1{' OR rw = 1' * 2000}", f"{'(' * 70}rw = 1{')' * 70}", "NOT " * 70 + "rw = 1"]
)
def test_too_much_of_a_filter_is_refused(client: FlaskClient, said: str) -> None:
    assert client.get(ITEMS, query_string={"filter": said}).status_code in (200, 400)
    assert client.get(ITEMS, query_string={"filter": "rw = 1" + " " * 16_000}).status_code == 400


HOSTILE = [
    "'; DROP TABLE data; --",
    "x' OR 1=1 --",
    '"; SELECT 1; --',
    "%s %(x)s {0} $1 :x ?",
    "\\",
    "\\' OR true --",
    "é\u2028\t",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_a_value(client: FlaskClient, value: str) -> None:
    for said in (
        {"op": "=", "args": [{"property": "nama"}, value]},
        {"op": "in", "args": [{"property": "nama"}, [value]]},
        {"op": "=", "args": [{"op": "casei", "args": [{"property": "nama"}]}, {"op": "accenti", "args": [value]}]},
    ):
        found_ = ask(client, ITEMS, query_string=JSON | {"filter": orjson.dumps(said).decode()})
        assert found_["features"] == []
    text = value.replace("\\", "\\\\").replace("'", "''")
    assert ask(client, ITEMS, query_string={"filter": f"nama = '{text}'"})["features"] == []
    named = orjson.dumps({"op": "isNull", "args": [{"property": value}]}).decode()
    assert refused(client, filter=named, **JSON)["field"] == value
    called = orjson.dumps({"op": value, "args": [1]}).decode()
    assert refused(client, filter=called, **JSON)["parameter"] == "filter"
    assert len(ask(client, f"{ITEMS}?limit=1000")["features"]) == 60


def test_quotes_and_control_characters_can_be_written(client: FlaskClient) -> None:
    assert found(client, "nama = 'O''Brien'") == found(client, r"nama = 'O\'Brien'") != []
    assert parse(r"nama = '\a\b\t\n\v\f\r\\'").rhs == "\a\b\t\n\v\f\r\\"


# Schemas.


@pytest.fixture(scope="session")
def jiwa(home: Path) -> Release:
    """A statistics table with the areas of its codes."""
    folder = "releases/batas-kelurahan/1"
    manifest = build_statistics(
        boundary_layer(), home / folder, dataset="batas-kelurahan", metadata={"title": "Batas", "key": "kode"}
    )
    registry = Registry(1, (published(manifest, folder),))
    folder = "releases/jiwa/1"
    metadata = {
        "title": "Jiwa",
        "fields": [
            {"name": "jumlah", "unit": "jiwa", "title": "Jumlah penduduk"},
            {"name": "jenis_kelamin", "codes": {"L": "laki-laki", "P": "perempuan"}},
            {"name": "tahun", "unit": "tahun", "codes": ["2020", "2021", "2022", "2023", "2024"]},
        ],
    }
    boundary = current_boundary(registry, home, CODES)
    manifest = build_statistics(
        population(), home / folder, dataset="jiwa", kind="statistics", metadata=metadata, boundary=boundary
    )
    return published(manifest, folder)


@pytest.fixture
def statistics(client: FlaskClient, shelf: Shelf, jiwa: Release) -> FlaskClient:
    shelf.publish(jiwa)
    return client


@pytest.mark.parametrize("collection", ["desa", "jiwa", "jiwa-peta", "katalog"])
def test_schema_queryables_and_sortables_are_linked_and_true(statistics: FlaskClient, collection: str) -> None:
    address = f"/ogc/collections/{collection}"
    said = ask(statistics, address)
    for name in ("schema", "queryables", "sortables"):
        relation = f"http://www.opengis.net/def/rel/ogc/1.0/{name}"
        links = [link["href"] for link in said["links"] if link["rel"] == relation and "schema+json" in link["type"]]
        assert [link.removeprefix("https://data.example.id").partition("?")[0] for link in links] == [
            f"{address}/{name}"
        ]
        answer = statistics.get(f"{address}/{name}")
        assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")
        assert statistics.get(f"{address}/{name}?f=html").status_code == 200
        body = answer.get_json()
        assert (body["$schema"], body["type"]) == (SCHEMA, "object")
        assert body["$id"] == f"https://data.example.id{address}/{name}"
        check_properties(body["properties"], spatial=collection != "jiwa" and name != "sortables")
        if name == "sortables":
            order = ",".join(body["properties"])
            assert statistics.get(f"{address}/items?sortby={order}").status_code == 200
        if name == "queryables":
            every = " OR ".join(f"{field} IS NULL" for field in body["properties"])
            assert statistics.get(f"{address}/items", query_string={"filter": every}).status_code == 200
            assert body["additionalProperties"] is False


def check_properties(properties: dict[str, Any], *, spatial: bool) -> None:
    roles = [one.get("x-ogc-role") for one in properties.values()]
    assert len([role for role in roles if role == "id"]) <= 1 >= len([role for role in roles if role in TEMPORAL_ROLES])
    assert ("primary-geometry" in roles) is spatial
    for name, one in properties.items():
        assert one["title"]
        if name == "geometry":
            assert "type" not in one
            assert one["format"].startswith("geometry-")
        else:
            assert one["type"] in ("string", "integer", "number", "boolean")
            assert one.get("format") in (None, "date", "date-time")


def test_units_and_codes_are_told(statistics: FlaskClient) -> None:
    fields = ask(statistics, "/ogc/collections/jiwa/schema")["properties"]
    assert fields["jumlah"]["x-ogc-unit"] == "{jiwa}"
    assert fields["tahun"]["x-ogc-unit"] == "a"
    assert fields["tahun"]["enum"] == [2020, 2021, 2022, 2023, 2024]
    assert fields["jenis_kelamin"]["enum"] == ["L", "P"]
    assert fields["jumlah"]["title"] == "Jumlah penduduk"
    assert ask(statistics, "/ogc/collections/desa/schema")["properties"]["luas"]["x-ogc-unit"] == "har"
    assert "jiwa</td>" in statistics.get("/ogc/collections/jiwa/schema?f=html").text


# Statistics tables.


def test_a_statistics_table_is_asked_like_any_collection(statistics: FlaskClient) -> None:
    items = "/ogc/collections/jiwa/items"
    rows = ask(statistics, f"{items}?limit=1000")["features"]
    assert (len(rows), {one["geometry"] for one in rows}) == (270, {None})
    wanted = [one["id"] for one in rows if one["properties"]["tahun"] == 2022 and one["properties"]["jumlah"] > 150]
    assert found(statistics, "tahun = 2022 AND jumlah > 150", items) == wanted != []
    assert found(statistics, "geometry IS NULL AND NOT S_INTERSECTS(geometry, POINT(1 1))", items) == []
    assert len(found(statistics, "geometry IS NULL", items)) == 270
    by_year = ask(statistics, f"{items}?sortby=-tahun,jumlah&limit=1000")["features"]
    order = [(-one["properties"]["tahun"], one["properties"]["jumlah"]) for one in by_year]
    assert order == sorted(order)
    assert ask(statistics, f"{items}?datetime=2021&jenis_kelamin=P")["numberMatched"] == 27
    assert ask(statistics, f"{items}?bbox=0,0,1,1")["numberMatched"] == 270
    assert "spatial" not in ask(statistics, "/ogc/collections/jiwa")["extent"]


def test_its_map_is_asked_by_place_and_number(statistics: FlaskClient) -> None:
    items = "/ogc/collections/jiwa-peta/items"
    rows = ask(statistics, f"{items}?limit=1000")["features"]
    assert len(rows) == 135
    area = shapely.geometry.shape(rows[0]["geometry"]).buffer(1e-6)
    box = ",".join(map(repr, area.bounds))
    inside = [
        one["id"]
        for one in rows
        if shapely.geometry.shape(one["geometry"]).within(shapely.box(*area.bounds))
        and one["properties"]["tahun"] > 2022
    ]
    assert found(statistics, f"S_WITHIN(geometry, BBOX({box})) AND tahun > 2022", items) == inside != []


# Records.


@pytest.mark.parametrize(
    ("asked", "number"),
    [("q=kelurahan", 1), ("ids=jiwa", 1), ("type=dataset", 2), ("type=map", 0), ("sortby=-title", 2), ("id=desa", 1)],
)
def test_records_are_found_as_records_1_has_it(statistics: FlaskClient, asked: str, number: int) -> None:
    assert ask(statistics, f"/ogc/collections/katalog/items?{asked}")["numberMatched"] == number


def test_a_record_leads_to_everything_of_its_dataset(statistics: FlaskClient) -> None:
    record = ask(statistics, "/ogc/collections/katalog/items/jiwa")
    listed = ask(statistics, "/ogc/collections/katalog/items?ids=jiwa")["features"][0]
    assert {name: record[name] for name in listed if name != "links"} == {
        name: one for name, one in listed.items() if name != "links"
    }
    for links in (record["links"], listed["links"]):
        by_relation: dict[str, list[str]] = {}
        for link in links:
            by_relation.setdefault(link["rel"], []).append(link["href"].removeprefix("https://data.example.id"))
        assert by_relation["collection"] == ["/ogc/collections/katalog"]
        assert by_relation["describes"] == ["/ogc/collections/jiwa", "/ogc/collections/jiwa-peta"]
        assert by_relation["profile"] == ["http://www.opengis.net/def/profile/OGC/0/ogc-record"]
        assert {"/data/jiwa/terkini/data.gpkg", "/data/jiwa/terkini/peta/data.gpkg"} <= set(by_relation["enclosure"])
        assert by_relation["describedby"] == ["/data/jiwa/terkini/metadata.xml"]
        assert by_relation["http://www.w3.org/ns/prov#has_provenance"][0].startswith("/verifikasi/")


def test_a_record_has_the_shape_of_records_1(statistics: FlaskClient) -> None:
    for record in ask(statistics, "/ogc/collections/katalog/items")["features"]:
        said = record["properties"]
        assert record["conformsTo"] == ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"]
        assert record["type"] == "Feature"
        assert all(edge == ".." or len(edge) == 10 for edge in (record["time"] or {"interval": []})["interval"])
        assert {"title", "type", "created", "updated", "language", "contacts", "formats"} <= set(said)
        assert all(contact.get("name") or contact.get("organization") for contact in said["contacts"])
        assert all({"href", "rel", "type", "title"} <= set(link) for link in record["links"])
        assert said["created"].endswith("Z")


def test_a_catalogue_has_a_media_type_of_its_own(client: FlaskClient) -> None:
    address = "/ogc/collections/katalog"
    for accept in (None, "*/*", "application/ogc-catalog+json"):
        answer = client.get(address, headers={"Accept": accept} if accept else {})
        assert answer.mimetype == "application/ogc-catalog+json"
        body = orjson.loads(answer.data)
        assert (body["type"], body["itemType"]) == ("Collection", "record")
    # GDAL and QGIS ask for this one by name.
    assert client.get(address, headers={"Accept": "application/json"}).mimetype == "application/json"
    assert client.get(f"{address}?f=json").mimetype == "application/json"
    assert client.get("/ogc/collections/desa").mimetype == "application/json"
