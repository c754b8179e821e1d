"""What the abstract tests of the OGC ask of a service, as steps that a table puts together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations, islice, product
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from pygeoapi.openapi import validate_openapi_document
from werkzeug.test import TestResponse

from tests.conformance.service import ALL_TYPES

SPEC = "http://www.opengis.net/spec/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
SCHEMA = "http://www.opengis.net/def/rel/ogc/1.0/schema"
GEOJSON = "application/geo+json"
VALUES = {
    "string": "'foo'",
    "boolean": "true",
    "number": "3.14",
    "integer": "1",
    "date-time": "TIMESTAMP('2022-04-14T14:48:46Z')",
    "date": "DATE('2022-04-14')",
}
"""The value that the abstract tests of CQL2 compare a queryable of each type with."""


DASHED = {"filter_lang": "filter-lang", "filter_crs": "filter-crs", "bbox_crs": "bbox-crs"}


class Walk:
    """A client of the service that knows what it has seen."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(
        self,
        path: str,
        status: int = 200,
        accept: str = "application/json",
        where: dict[str, str] | None = None,
        **asked: Any,
    ) -> TestResponse:
        """`where` has values of fields, which may be called anything."""
        address = path if path.startswith("http") else f"/ogc{path}"
        names = {DASHED.get(name, name): value for name, value in asked.items()} | (where or {})
        answer = self.client.get(address, query_string=names or None, headers={"Accept": accept})
        assert answer.status_code == status, (path, asked, answer.status_code, answer.text[:600])
        return answer

    def json(self, path: str, **asked: Any) -> Any:
        answer = self.get(path, **asked)
        assert answer.is_json or answer.mimetype == "application/geo+json"
        return answer.json

    @cached_property
    def declared(self) -> list[str]:
        return self.json("/conformance")["conformsTo"]

    @cached_property
    def openapi(self) -> dict[str, Any]:
        return self.json("/openapi")

    @cached_property
    def collections(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.json("/collections")["collections"]}

    @cached_property
    def features(self) -> dict[str, dict[str, Any]]:
        return {id: one for id, one in self.collections.items() if one["itemType"] == "feature"}

    @cached_property
    def spatial(self) -> dict[str, dict[str, Any]]:
        return {id: one for id, one in self.features.items() if "spatial" in one["extent"]}

    @cached_property
    def queryables(self) -> dict[str, dict[str, Any]]:
        return {id: self.json(f"/collections/{id}/queryables")["properties"] for id in self.features}

    @cached_property
    def whole(self) -> dict[str, frozenset[Any]]:
        return {id: self.ids(id) for id in self.features}

    def ids(self, collection: str, **asked: Any) -> frozenset[Any]:
        body = self.json(f"/collections/{collection}/items", limit=10_000, **asked)
        assert body["numberMatched"] == body["numberReturned"] == len(body["features"])
        return frozenset(one["id"] for one in body["features"])

    def match(self, collection: str, filter: str, **asked: Any) -> frozenset[Any]:
        return self.ids(collection, filter=filter, filter_lang="cql2-text", **asked)

    def matches(self, collection: str, templates: tuple[str, ...], **words: str) -> list[frozenset[Any]]:
        return [self.match(collection, template.format(**words)) for template in templates]

    def sample(self, *names: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for collection in names:
            for name, one in self.queryables[collection].items():
                yield collection, name, one

    def typed(self, *types: str) -> Iterator[tuple[str, str, str]]:
        """Queryables of these types, of points and of a table: the collection, the name, the type."""
        for collection, name, one in self.sample(ALL_TYPES, "jumlah-penduduk", "lokasi-sekolah"):
            kind = one.get("format") or one.get("type", "")
            if kind in types:
                yield collection, name, kind

    def geometries(self) -> Iterator[tuple[str, str]]:
        for collection, name, one in self.sample(ALL_TYPES, "batas-kecamatan", "jaringan-jalan"):
            if one.get("format", "").startswith("geometry-"):
                yield collection, name

    def box(self, collection: str) -> tuple[float, ...]:
        return tuple(self.spatial[collection]["extent"]["spatial"]["bbox"][0])


def links(body: Any, rel: str, type_: str = "") -> list[dict[str, Any]]:
    return [one for one in body["links"] if one["rel"] == rel and one.get("type", "").startswith(type_)]


# General


def http(walk: Walk) -> None:
    answer = walk.get("/")
    assert answer.request.environ["SERVER_PROTOCOL"] == "HTTP/1.1"


def page_in_json(path: str, *members: str) -> Any:
    def step(walk: Walk) -> None:
        answer = walk.get(path)
        assert answer.mimetype == "application/json"
        assert set(members) <= answer.json.keys()

    return step


def landing_links(walk: Walk) -> None:
    body = walk.json("/")
    for rel in ("self", "service-desc", "conformance", "data"):
        assert links(body, rel), rel
    assert links(body, "service-desc") or links(body, "service-doc")


def api_definition(walk: Walk) -> None:
    for rel, type_ in (("service-desc", "application/vnd.oai.openapi+json;version=3.0"), ("service-doc", "text/html")):
        (link,) = links(walk.json("/"), rel)
        assert link["type"] == type_
        answer = walk.get(link["href"], accept=type_)
        assert answer.content_type.replace(" ", "").startswith(type_)


def openapi_is_valid(walk: Walk) -> None:
    validate_openapi_document(walk.openapi)
    assert walk.openapi["openapi"].startswith("3.0")


def openapi_is_complete(walk: Walk) -> None:
    """Every operation tells of its success and of each kind of failure, and every resource is an operation."""
    for path, methods in walk.openapi["paths"].items():
        assert methods["get"]["responses"].keys() >= {"200", "400", "500"}, path
    for id in walk.collections:
        assert {f"/collections/{id}", f"/collections/{id}/items", f"/collections/{id}/items/{{featureId}}"} <= set(
            walk.openapi["paths"]
        )


def openapi_operations_answer(walk: Walk) -> None:
    for path in walk.openapi["paths"]:
        if "{" not in path:
            walk.get(path)


def no_security(walk: Walk) -> None:
    """Nothing of /ogc asks who is there, and the document says so by naming no scheme."""
    assert "securitySchemes" not in walk.openapi["components"]
    assert walk.get("/collections").status_code == 200


def in_html(walk: Walk) -> None:
    for path in pages(walk):
        answer = walk.get(path, accept="text/html")
        assert answer.mimetype == "text/html", path
        assert answer.text.startswith("<!doctype html>"), path
        assert "</html>" in answer.text, path


def in_json(walk: Walk) -> None:
    for path in pages(walk):
        assert walk.json(path), path


def pages(walk: Walk) -> Iterator[str]:
    yield from ("/", "/conformance", "/openapi", "/collections")
    for id in walk.collections:
        yield from (f"/collections/{id}", f"/collections/{id}/items")
        first = walk.json(f"/collections/{id}/items", limit=1)["features"][0]["id"]
        yield f"/collections/{id}/items/{first}"


def unknown_parameters(walk: Walk) -> None:
    for path in pages(walk):
        walk.get(path, status=400, bukanparameter="1")


def invalid_parameters(walk: Walk) -> None:
    for path in pages(walk):
        walk.get(path, status=400, f="bukan-bentuk")
    for id in walk.collections:
        for name, value in (("limit", "0"), ("limit", "x"), ("bbox", "1,2,3"), ("datetime", "kemarin")):
            walk.get(f"/collections/{id}/items", status=400, **{name: value})


def capitalization(walk: Walk) -> None:
    for id in walk.collections:
        walk.get(f"/collections/{id}/items", limit="1")
        walk.get(f"/collections/{id}/items", status=400, LIMIT="1")


def conformance_declared(uri: str) -> Any:
    def step(walk: Walk) -> None:
        assert SPEC + uri in walk.declared

    return step


# Collections


def collections_list(walk: Walk) -> None:
    body = walk.json("/collections")
    assert links(body, "self", "application/json")
    assert links(body, "alternate", "text/html")
    for one in body["collections"]:
        assert walk.json(f"/collections/{one['id']}")["id"] == one["id"]


def collection_described(walk: Walk) -> None:
    for id, one in walk.collections.items():
        own = walk.json(f"/collections/{id}")
        assert {key: own[key] for key in ("id", "title", "description", "extent", "itemType")} == {
            key: one[key] for key in ("id", "title", "description", "extent", "itemType")
        }
        assert links(own, "self", "application/json")
        assert links(own, "items", GEOJSON)
        assert links(own, "alternate", "text/html")


def extents(walk: Walk) -> None:
    """West, south, east, north around all features; a beginning and an end, or an open one."""
    for id, one in walk.collections.items():
        for box in one["extent"].get("spatial", {}).get("bbox", ()):
            assert len(box) == 4
            assert box[1] <= box[3]
            assert one["extent"]["spatial"].get("crs", CRS84) == CRS84
        for begin, end in one["extent"].get("temporal", {}).get("interval", ()):
            assert begin is None or end is None or begin <= end, id
    for id in walk.spatial:
        west, south, east, north = walk.box(id)
        whole = walk.json(f"/collections/{id}/items", limit=10_000)["numberMatched"]
        inside = walk.json(f"/collections/{id}/items", bbox=f"{west},{south},{east},{north}")["numberMatched"]
        without = len(walk.match(id, "geometry IS NULL")) if inside < whole else 0
        assert inside + without == whole


# Features 1


def items_parameters(walk: Walk) -> None:
    """limit, bbox and datetime as the standard writes them in OpenAPI."""
    known = walk.openapi["components"]["parameters"]
    for id in walk.features:
        found = {}
        for one in walk.openapi["paths"][f"/collections/{id}/items"]["get"]["parameters"]:
            one = known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            found[one["name"]] = one
        for name in ("limit", "bbox", "datetime"):
            assert (found[name]["in"], found[name].get("required", False)) == ("query", False)
            assert (found[name]["style"], found[name]["explode"]) == ("form", False)
        assert found["limit"]["schema"].keys() >= {"type", "minimum", "maximum", "default"}
        assert found["bbox"]["schema"]["items"] == {"type": "number"}
        assert found["datetime"]["schema"]["type"] == "string"


def limits(walk: Walk) -> None:
    for id in walk.collections:
        for limit in (1, 3, 10_000):
            body = walk.json(f"/collections/{id}/items", limit=limit)
            assert body["numberReturned"] == len(body["features"]) == min(limit, body["numberMatched"])


def pages_are_the_whole(walk: Walk) -> None:
    for id in walk.collections:
        address, found = f"/collections/{id}/items?limit=17", []
        while address:
            page = walk.json(address)
            assert page["timeStamp"].endswith("Z")
            assert links(page, "self", GEOJSON)
            assert links(page, "alternate", "text/html")
            found += [one["id"] for one in page["features"]]
            address = next((link["href"] for link in links(page, "next", GEOJSON)), "")
        assert len(found) == len(set(found)) == page["numberMatched"]


def boxes(walk: Walk) -> None:
    for id in walk.spatial:
        west, south, east, north = walk.box(id)
        middle = (west + east) / 2
        left = walk.ids(id, bbox=f"{west},{south},{middle},{north}")
        right = walk.ids(id, bbox=f"{middle},{south},{east},{north}")
        assert left | right == walk.ids(id, bbox=f"{west},{south},{east},{north}")
        assert left
        assert walk.ids(id, bbox=f"{west},{south},-5,{middle},{north},5") == left
        assert walk.ids(id, bbox="-30,-30,-29,-29") == frozenset()


def times(walk: Walk) -> None:
    """Closed, open and empty spans over each collection that has a temporal extent; a moment is a span too."""
    for id, one in walk.collections.items():
        for begin, end in one["extent"].get("temporal", {}).get("interval", ()):
            whole = walk.ids(id, datetime="../..")
            assert walk.ids(id, datetime=f"{begin or '..'}/{end or '..'}") == whole
            if begin:
                assert walk.ids(id, datetime=f"{begin}/..") == whole
                # What has a time as a whole, and no column of it, is not asked for it.
                assert walk.ids(id, datetime=f"../{int(begin[:4]) - 2}-01-01") in (frozenset(), whole)
                assert walk.ids(id, datetime=begin) <= whole


def feature_by_id(walk: Walk) -> None:
    for id in walk.collections:
        for listed in walk.json(f"/collections/{id}/items", limit=3)["features"]:
            answer = walk.get(f"/collections/{id}/items/{listed['id']}")
            assert answer.mimetype == GEOJSON
            assert {key: answer.json[key] for key in ("type", "id", "geometry", "properties")} == {
                key: listed[key] for key in ("type", "id", "geometry", "properties")
            }
            for rel, type_ in (("self", GEOJSON), ("alternate", "text/html"), ("collection", "application/")):
                assert links(answer.json, rel, type_), (id, rel)
        walk.get(f"/collections/{id}/items/tidak-ada-yang-begini", status=404)


def geojson(walk: Walk) -> None:
    for id in walk.collections:
        answer = walk.get(f"/collections/{id}/items", accept=GEOJSON, limit=10_000)
        assert answer.mimetype == GEOJSON
        assert answer.json["type"] == "FeatureCollection"
        for one in answer.json["features"]:
            assert one["type"] == "Feature"
            assert {"id", "geometry", "properties"} <= one.keys()


# Features 2


def crs_uris(walk: Walk) -> None:
    for one in walk.spatial.values():
        for uri in (*one["crs"], one["storageCrs"]):
            assert uri.startswith("http://www.opengis.net/def/crs/")


def default_crs(walk: Walk) -> None:
    for id in walk.spatial:
        assert CRS84 in walk.collections[id]["crs"]
        for address in items_and_item(walk, id):
            answer = walk.get(address)
            assert answer.headers["Content-Crs"] == f"<{CRS84}>"
            assert walk.get(address, crs=CRS84).json.get("features") == answer.json.get("features")


def storage_crs(walk: Walk) -> None:
    for id in walk.spatial:
        assert walk.collections[id]["storageCrs"] in walk.collections[id]["crs"]


def crs_of_answers(walk: Walk) -> None:
    """In every listed system the same features, each header naming it; the geometry comes back through bbox-crs."""
    for id in walk.spatial:
        whole = walk.whole[id]
        for uri in walk.collections[id]["crs"]:
            for address in items_and_item(walk, id):
                assert walk.get(address, crs=uri).headers["Content-Crs"] == f"<{uri}>"
            body = walk.json(f"/collections/{id}/items", crs=uri, limit=10_000)
            assert {one["id"] for one in body["features"]} == whole
            box = ",".join(map(str, around(body["features"])))
            there = walk.ids(id, bbox=box, bbox_crs=uri)
            assert there >= {one["id"] for one in body["features"] if one["geometry"]}


def crs_refused(walk: Walk) -> None:
    nowhere = "http://www.opengis.net/def/crs/OGC/0/tidak-ada"
    for id in walk.spatial:
        for address in items_and_item(walk, id):
            walk.get(address, status=400, crs=nowhere)
        walk.get(f"/collections/{id}/items", status=400, bbox="109,-7,110,-6", bbox_crs=nowhere)


def bbox_crs_default(walk: Walk) -> None:
    for id in walk.spatial:
        box = ",".join(map(str, walk.box(id)))
        assert walk.ids(id, bbox=box) == walk.ids(id, bbox=box, bbox_crs=CRS84)


def items_and_item(walk: Walk, id: str) -> tuple[str, str]:
    first = walk.json(f"/collections/{id}/items", limit=1)["features"][0]["id"]
    return f"/collections/{id}/items", f"/collections/{id}/items/{first}"


def around(features: list[dict[str, Any]]) -> tuple[float, float, float, float]:
    points = [point for one in features if one["geometry"] for point in positions(one["geometry"]["coordinates"])]
    first, second = zip(*(point[:2] for point in points), strict=True)
    edge = 1e-6 if max(map(abs, first + second)) <= 180 else 0.01  # what rounding takes away, in degrees or metres
    return min(first) - edge, min(second) - edge, max(first) + edge, max(second) + edge


def positions(coordinates: Any) -> Iterator[list[float]]:
    if isinstance(coordinates[0], list):
        for one in coordinates:
            yield from positions(one)
    else:
        yield coordinates


# Features 3


def fields_link(name: str) -> Any:
    """In the collection, and in a header of what can be filtered or sorted."""

    def step(walk: Walk) -> None:
        for id in walk.features:
            expected, rel = f"/ogc/collections/{id}/{name}", f"http://www.opengis.net/def/rel/ogc/1.0/{name}"
            (link,) = links(walk.json(f"/collections/{id}"), rel, "application/schema+json")
            assert link["href"].partition("?")[0].endswith(expected)
            head = walk.client.head(f"/ogc/collections/{id}/items", headers={"Accept": "application/json"})
            assert head.status_code == 200
            assert any(f'rel="{rel}"' in part and expected in part for part in head.headers["Link"].split(", <"))

    return step


def queryables_are_schemas(walk: Walk) -> None:
    for id in walk.features:
        answer = walk.get(f"/collections/{id}/queryables", accept="application/schema+json")
        is_schema(answer, f"/ogc/collections/{id}/queryables", referring=True)


def is_schema(answer: TestResponse, address: str, *, referring: bool = False) -> None:
    """`referring`: a geometry may also refer to the schema of GeoJSON, which Features 5 forbids and 3 does not."""
    body = answer.json
    assert answer.mimetype == "application/schema+json"
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert body["$id"].endswith(address)
    assert (body["type"], bool(body["properties"])) == ("object", True)
    Draft202012Validator.check_schema(body)
    for name, one in body["properties"].items():
        assert "type" in one or one["format"].startswith("geometry-"), name
        if one.get("format", "").startswith("geometry-"):
            assert "type" not in one, name
            assert referring or "$ref" not in one, name


def queryables_as_parameters(walk: Walk) -> None:
    """Every queryable with a value that is there, and with one that is none."""
    for id in walk.features:
        features = walk.json(f"/collections/{id}/items", limit=10_000)["features"]
        for name, one in walk.queryables[id].items():
            if "type" not in one:
                continue
            known = [one["properties"][name] for one in features if one["properties"][name] is not None]
            value = known[len(known) // 2]
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found = walk.json(f"/collections/{id}/items", limit=10_000, where={name: text})["features"]
            assert [one["id"] for one in found] == [
                one["id"] for one in features if one["properties"][name] == value
            ], (id, name, value)
            if one["type"] != "string" or "format" in one:
                walk.get(f"/collections/{id}/items", status=400, where={name: "bukan-nilai"})


def filter_parameter(walk: Walk) -> None:
    for id, name, _ in first_of_each(walk):
        for lang in ({}, {"filter_lang": "cql2-text"}):
            empty = walk.ids(id, filter=f"{name} IS NULL", **lang)
            features = walk.json(f"/collections/{id}/items", limit=10_000)["features"]
            assert empty == {one["id"] for one in features if one["properties"][name] is None}
            walk.get(f"/collections/{id}/items", status=400, filter="THIS IS NOT A FILTER", **lang)


def first_of_each(walk: Walk) -> Iterator[tuple[str, str, str]]:
    seen = set()
    for found in walk.typed(*VALUES):
        if found[0] not in seen:
            seen.add(found[0])
            yield found


def unknown_queryable(walk: Walk) -> None:
    for id in walk.features:
        assert walk.json(f"/collections/{id}/queryables")["additionalProperties"] is False
        walk.get(f"/collections/{id}/items", status=400, filter="this_is_not_a_queryable IS NULL")


def filter_crs_default(walk: Walk) -> None:
    for id, name in walk.geometries():
        placed = walk.match(id, f"{name} IS NOT NULL")
        box = ",".join(map(str, walk.box(id)))
        assert walk.match(id, f"S_INTERSECTS({name},BBOX({box}))") == placed
        walk.get(
            f"/collections/{id}/items",
            status=400,
            filter=f"S_INTERSECTS({name},BBOX(1000000,1000000,2000000,2000000))",
        )


def filter_crs_named(walk: Walk) -> None:
    for id, name in walk.geometries():
        placed = walk.match(id, f"{name} IS NOT NULL")
        for uri in walk.collections[id]["crs"]:
            features = walk.json(f"/collections/{id}/items", crs=uri, limit=10_000)["features"]
            box = ",".join(map(str, around(features)))
            assert walk.match(id, f"S_INTERSECTS({name},BBOX({box}))", filter_crs=uri) == placed, uri
        nowhere = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
        asked = {"filter": f"S_INTERSECTS({name},BBOX(109,-7,110,-6))", "filter_crs": nowhere}
        walk.get(f"/collections/{id}/items", status=400, **asked)


def filter_and_box(walk: Walk) -> None:
    for id, name in walk.geometries():
        west, south, east, north = walk.box(id)
        text = f"S_INTERSECTS({name},BBOX({west},{south},{east},{north}))"
        assert walk.match(id, text, bbox=f"{west},{south},{east},{north}") == walk.match(id, text)
        assert walk.match(id, text, bbox=f"{west - 9},{south - 9},{west - 8},{south - 8}") == frozenset()


# CQL2


def comparisons(template: str) -> Any:
    def step(walk: Walk) -> None:
        signs = ("=", "<>", ">", "<=", "<", ">=")
        for id, name, kind in walk.typed(*VALUES):
            texts = tuple(template.format(name=name, value=VALUES[kind], sign=sign) for sign in signs)
            found = [walk.match(id, text) for text in texts]
            for left, right in (found[0:2], found[2:4], found[4:6]):
                assert not left & right, (id, name)
                assert left | right == walk.match(id, f"{name} IS NOT NULL"), (id, name)

    return step


def is_null(walk: Walk) -> None:
    for id, name, _ in walk.sample(ALL_TYPES, "jumlah-penduduk", "batas-kecamatan"):
        empty, full = walk.matches(id, ("{name} IS NULL", "{name} is not null"), name=name)
        assert not empty & full
        assert empty | full == walk.whole[id]


def booleans(walk: Walk) -> None:
    for id in walk.features:
        assert walk.match(id, "true") == walk.whole[id]
        assert walk.match(id, "false") == frozenset()


def basic(walk: Walk) -> None:
    for id, properties in walk.queryables.items():
        assert any(one.get("type") in VALUES for one in properties.values()), id


def logical(predicates: tuple[str, ...]) -> Any:
    """Combinations of four predicates, against the sets that each of them gives alone."""

    def step(walk: Walk) -> None:
        id = ALL_TYPES
        alone = {text: walk.match(id, text) for text in predicates}
        unknown = {text: walk.whole[id] - alone[text] - walk.match(id, f"NOT ({text})") for text in predicates}
        for p1, p2, p3, p4 in islice(combinations(predicates, 4), 12):
            found = walk.match(id, f"((NOT ({p1}) AND {p2}) OR ({p3} and NOT ({p4})) or not ({p1} AND {p4}))")
            for feature in walk.whole[id] - unknown[p1] - unknown[p2] - unknown[p3] - unknown[p4]:
                one, two, three, four = (feature in alone[text] for text in (p1, p2, p3, p4))
                true = (not one and two) or (three and not four) or not (one and four)
                assert (feature in found) is true, (feature, p1, p2, p3, p4)

    return step


BASIC = ("nama = 'foo'", "luas > 3.14", "jumlah <= 7", "aktif = true", "mulai > TIMESTAMP('2021-06-01T00:00:00Z')")
ADVANCED = ("nama LIKE '%o%'", "jumlah BETWEEN 0 AND 20", "lantai IN (0, 2)", "nama NOT LIKE 'f%'", *BASIC)
SPATIAL = (
    "S_INTERSECTS(geometry,BBOX(109.65,-6.9,109.67,-6.88))",
    "S_INTERSECTS(geometry,POINT(109.66 -6.895))",
    *BASIC,
)
TEMPORAL = (
    "T_AFTER(tanggal,DATE('2022-04-09'))",
    "T_DURING(INTERVAL(mulai,selesai),INTERVAL('2021-03-01','..'))",
    *BASIC,
)


def like(walk: Walk) -> None:
    texts = ("{name} LIKE '%'", "{name} like '_%'", "{name} like ''", "{name} like '%%'", "{name} like '\\%\\_'")
    for id, name, _ in walk.typed("string"):
        every, some, none, doubled, _ = walk.matches(id, texts, name=name)
        assert not some & none
        assert some | none == every == doubled
    assert walk.match(ALL_TYPES, "nama LIKE '50\\% \\_a'") == walk.match(ALL_TYPES, "nama = '50% _a'") != set()


def between(walk: Walk) -> None:
    for id, name, _ in walk.typed("number", "integer"):
        texts = ("{name} BETWEEN 0 AND 100", "{name} between 100.0 and 1.0", "{name} >= 0 AND {name} <= 100")
        inside, none, pair = walk.matches(id, texts, name=name)
        assert inside == pair
        assert none == frozenset()


def among(walk: Walk) -> None:
    lists = {
        "integer": "(1, 2, 3)",
        "number": "(1, 2, 3)",
        "string": "('foo', 'bar')",
        "boolean": "(true)",
        "date-time": "(TIMESTAMP('2021-04-14T14:48:46Z'), TIMESTAMP('2022-04-14T14:48:46Z'))",
        "date": "(DATE('2022-04-14'), DATE('2022-04-15'))",
    }
    for id, name, kind in walk.typed(*lists):
        options = lists[kind][1:-1].split(", ")
        either = " OR ".join(f"{name} = {option}" for option in options)
        assert walk.match(id, f"{name} IN {lists[kind]}") == walk.match(id, either)
        assert walk.match(id, f"{name} NOT IN {lists[kind]}") == walk.match(id, f"NOT ({either})")


def folded(function: str, pairs: tuple[tuple[str, str], ...], *, alike: bool) -> Any:
    """Two forms of one predicate, which find the same, or which find nothing in common."""

    def step(walk: Walk) -> None:
        for id, name, _ in walk.typed("string"):
            for first, second in pairs:
                left, right = walk.match(id, first.format(name=name)), walk.match(id, second.format(name=name))
                assert left == right if alike else not left & right, (id, name, function)
        found = [walk.match(ALL_TYPES, pairs[0][0].format(name="nama")) for _ in range(1)]
        assert found[0], function

    return step


CASEI = (("CASEI({name}) = casei('foo')", "CASEI({name}) <> casei('FOO')"),)
CASEI_LIKE = (("CASEI({name}) LIKE casei('foo%')", "CASEI({name}) LIKE casei('FOO%')"),)
ACCENTI = (("ACCENTI({name}) = accenti('Aeo')", "ACCENTI({name}) <> accenti('Äéö')"),)
ACCENTI_LIKE = (("ACCENTI({name}) LIKE accenti('Ä%')", "ACCENTI({name}) LIKE accenti('A%')"),)
ACCENTI_CASEI = (("ACCENTI(CASEI({name})) = accenti(casei('ÄÉÖ'))", "ACCENTI(CASEI({name})) = accenti(casei('aeo'))"),)
ACCENTI_CASEI_LIKE = (
    ("ACCENTI(CASEI({name})) LIKE accenti(casei('Ä%'))", "ACCENTI(CASEI({name})) LIKE accenti(casei('a%'))"),
)


def s_intersects(walk: Walk) -> None:
    for id, name in walk.geometries():
        placed = walk.match(id, f"{name} IS NOT NULL")
        assert walk.match(id, f"S_INTERSECTS({name},BBOX(-180,-90,180,90))") == placed
        assert walk.match(id, f"S_INTERSECTS({name},POINT(7.02 49.92))") == frozenset()
        walk.get(f"/collections/{id}/items", status=400, filter=f"S_INTERSECTS({name},POINT(90 180))")
        halves = f"S_INTERSECTS({name},BBOX(-180,-90,-90,90)) AND S_INTERSECTS({name},BBOX(90,-90,180,90))"
        assert walk.match(id, halves) == frozenset()


SHAPES = (
    "LINESTRING({w} {s}, {e} {n})",
    "MULTILINESTRING(({w} {s}, {e} {n}), (0 45, 180 45))",
    "POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}), (1 1, 2 1, 2 2, 1 1))",
    "MULTIPOLYGON((({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s})), ((0 0, 10 0, 10 10, 0 10, 0 0)))",
    "GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s})))",
)


def s_intersects_plus(walk: Walk) -> None:
    for id, name in walk.geometries():
        placed = walk.match(id, f"{name} IS NOT NULL")
        edges = dict(zip("wsen", walk.box(id), strict=True))
        walk.get(f"/collections/{id}/items", status=400, filter=f"S_INTERSECTS({name},MULTIPOINT(7.02 49.92, 90 180))")
        for shape in SHAPES:
            found = walk.match(id, f"S_INTERSECTS({name},{shape.format(**edges)})")
            assert found <= placed
            if "POLYGON" in shape and "(1 1" not in shape:
                assert found == placed


def spatial_function(function: str, everything: bool | None) -> Any:
    """`everything`: whether all features of a collection are in this relation to a box around the world."""

    def step(walk: Walk) -> None:
        for id, name in walk.geometries():
            placed = walk.match(id, f"{name} IS NOT NULL")
            world = walk.match(id, f"{function}({name},BBOX(-180,-90,180,90))")
            assert world == (placed if everything else frozenset()), (function, id)
            edges = dict(zip("wsen", walk.box(id), strict=True))
            for shape in (SHAPES[0], SHAPES[2]):
                found = walk.match(id, f"{function}({name},{shape.format(**edges)})")
                rest = walk.match(id, f"NOT {function}({name},{shape.format(**edges)})")
                assert found | rest == placed
                assert not found & rest

    return step


def temporal_functions(walk: Walk) -> None:
    """After, before and at the same time: of every moment one of them is true."""
    whens = {
        "date-time": ("TIMESTAMP('2022-04-24T07:59:57Z')", "INTERVAL('2021-01-01T00:00:00Z','2021-12-31T23:59:59Z')"),
        "date": ("DATE('2022-04-24')", "INTERVAL('2021-01-01','2021-12-31')"),
    }
    for id, name, kind in walk.typed(*whens):
        full = walk.match(id, f"{name} IS NOT NULL")
        for when in whens[kind]:
            texts = tuple(
                f"T_{word}({{name}},{when})" for word in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
            )
            after, before, apart, same, touching = walk.matches(id, texts, name=name)
            assert after | before == apart
            assert not after & before
            assert touching == full - apart
            assert same <= touching


INTERVALS = (
    "AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS", "CONTAINS", "DURING", "FINISHEDBY", "FINISHES", "MEETS",
    "METBY", "OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS",
)  # fmt: skip
ALLEN = set(INTERVALS) - {"DISJOINT", "INTERSECTS"}


def temporal_intervals(walk: Walk) -> None:
    """Allen's relations leave no pair of intervals out and none in two of them."""
    for when in ("'2021-01-01T00:00:00Z','2021-12-31T23:59:59Z'", "'2021-04-14T14:48:46Z','2022-04-14T14:48:46Z'"):
        found = {
            word: walk.match(ALL_TYPES, f"T_{word}(INTERVAL(mulai,selesai),INTERVAL({when}))") for word in INTERVALS
        }
        known = walk.match(ALL_TYPES, "mulai IS NOT NULL AND selesai IS NOT NULL")
        assert frozenset().union(*(found[word] for word in ALLEN)) == known
        assert sum(len(found[word]) for word in ALLEN) == len(known)
        assert found["DISJOINT"] | found["INTERSECTS"] == known
        assert not found["DISJOINT"] & found["INTERSECTS"]


def value_and_value(walk: Walk) -> None:
    for value in VALUES.values():
        for sign, true in (("=", True), ("<>", False), (">", False), ("<", False), (">=", True), ("<=", True)):
            expected = walk.whole[ALL_TYPES] if true else frozenset()
            assert walk.match(ALL_TYPES, f"{value} {sign} {value}") == expected, (value, sign)


def property_and_property(walk: Walk) -> None:
    for id, name, _ in walk.typed(*VALUES):
        full = walk.match(id, f"{name} IS NOT NULL")
        for sign, true in (("=", True), ("<>", False), (">", False), ("<", False), (">=", True), ("<=", True)):
            assert walk.match(id, f"{name} {sign} {name}") == (full if true else frozenset()), (id, name, sign)


def escaped_text(walk: Walk) -> None:
    for text in ("O''Brien", "O\\'Brien", "50% _a", "baris\nkedua\ttab", "日本語"):
        assert walk.match(ALL_TYPES, f"nama = '{text}'"), text


def cql2_json(walk: Walk) -> None:
    """The same predicates in both languages find the same."""
    pairs = {
        "jumlah > 3": '{"op":">","args":[{"property":"jumlah"},3]}',
        "nama LIKE 'f%'": '{"op":"like","args":[{"property":"nama"},"f%"]}',
        "luas IS NULL": '{"op":"isNull","args":[{"property":"luas"}]}',
        "aktif = true AND NOT (lantai = 1)": '{"op":"and","args":[{"op":"=","args":[{"property":"aktif"},true]},'
        '{"op":"not","args":[{"op":"=","args":[{"property":"lantai"},1]}]}]}',
        "S_INTERSECTS(geometry,POINT(109.66 -6.895))": '{"op":"s_intersects","args":[{"property":"geometry"},'
        '{"type":"Point","coordinates":[109.66,-6.895]}]}',
    }
    for text, json in pairs.items():
        assert walk.ids(ALL_TYPES, filter=json, filter_lang="cql2-json") == walk.match(ALL_TYPES, text), text
    walk.get("/collections/semua-jenis/items", status=400, filter='{"op":', filter_lang="cql2-json")


# Features 5 and Common 3


def schema_link(walk: Walk) -> None:
    for id in walk.features:
        (link,) = links(walk.json(f"/collections/{id}"), SCHEMA, "application/schema+json")
        assert link["href"].partition("?")[0].endswith(f"/ogc/collections/{id}/schema")


def schema_inspected(walk: Walk) -> None:
    for id in walk.features:
        answer = walk.get(f"/collections/{id}/schema", accept="application/schema+json")
        is_schema(answer, f"/ogc/collections/{id}/schema")
        assert walk.get(answer.json["$id"], accept="application/schema+json").json == answer.json


def schema_roles(walk: Walk) -> None:
    for id in walk.features:
        properties = walk.json(f"/collections/{id}/schema")["properties"]
        roles = [one["x-ogc-role"] for one in properties.values() if "x-ogc-role" in one]
        assert all(isinstance(role, str) for role in roles)
        assert roles.count("id") <= 1
        assert roles.count("primary-geometry") == (id in walk.spatial)
        for one in properties.values():
            if one.get("x-ogc-role") == "id":
                assert one["type"] in ("string", "integer")
            if "x-ogc-unit" in one:
                assert one["type"] in ("number", "integer")
                assert isinstance(one["x-ogc-unit"], str)
            assert isinstance(one.get("x-ogc-propertySeq", 0), int)


def features_fit_the_schema(walk: Walk) -> None:
    for id in walk.features:
        schema = walk.json(f"/collections/{id}/schema")
        known = {name: one for name, one in schema["properties"].items() if "type" in one}
        for one in walk.json(f"/collections/{id}/items", limit=10_000)["features"]:
            assert one["properties"].keys() <= known.keys()
            for name, value in one["properties"].items():
                if value is not None:
                    Draft202012Validator(known[name]).validate(value)


def sortables_are_schemas(walk: Walk) -> None:
    for id in walk.features:
        answer = walk.get(f"/collections/{id}/sortables", accept="application/schema+json")
        is_schema(answer, f"/ogc/collections/{id}/sortables")


def sorted_items(walk: Walk) -> None:
    """Each sortable, up and down; what is unknown stands at one end, and equal ones stay in their order."""
    for id in (ALL_TYPES, "jumlah-penduduk", "katalog"):
        for name in walk.json(f"/collections/{id}/sortables")["properties"]:
            for sign in ("", "%2B", "-"):
                body = walk.json(f"/collections/{id}/items?sortby={sign}{name}&limit=10000")
                found = [one["properties"].get(name) for one in body["features"]]
                known = [value for value in found if value is not None and value != ""]
                assert known == sorted(known, reverse=sign == "-"), (id, sign, name)
        walk.get(f"/collections/{id}/items", status=400, sortby="this_is_not_a_sortable")


# Records


def katalog(walk: Walk) -> None:
    (one,) = [one for one in walk.collections.values() if one["itemType"] == "record"]
    assert {"id", "itemType", "links"} <= one.keys()
    datasets = {id.removesuffix("-peta") for id in walk.features}
    assert walk.ids(one["id"]) == datasets


def records(walk: Walk) -> None:
    """The members that the schema of a record demands."""
    for one in walk.json("/collections/katalog/items", limit=100)["features"]:
        own = walk.json(f"/collections/katalog/items/{one['id']}")
        assert {"id", "type", "geometry", "time", "properties", "links"} <= own.keys()
        assert {"type", "title"} <= own["properties"].keys()
        assert own["type"] == "Feature"
        assert isinstance(own["geometry"], dict | None)
        for link in own["links"]:
            assert {"href", "rel"} <= link.keys()


def record_times(walk: Walk) -> None:
    for one in walk.json("/collections/katalog/items", limit=100)["features"]:
        time = one["time"]
        if time is not None:
            assert time.keys() & {"date", "timestamp", "interval"}
            begin, end = time.get("interval", ("..", ".."))
            assert ".." in (begin, end) or begin <= end


def record_parameters(walk: Walk) -> None:
    found = walk.ids("katalog", q="sekolah")
    assert "lokasi-sekolah" in found
    assert walk.ids("katalog", q="tidak-ada-kata-begini") == frozenset()
    assert walk.ids("katalog", ids="lokasi-sekolah,jaringan-jalan") == {"lokasi-sekolah", "jaringan-jalan"}
    for one in walk.json("/collections/katalog/items", type="dataset")["features"]:
        assert one["properties"]["type"] == "dataset"
    assert walk.ids("katalog", type="dataset")
    assert walk.ids("katalog", type="tidak-ada") == frozenset()
    assert walk.ids("katalog", externalIds="tidak-ada") == frozenset()
    assert walk.ids("katalog", bbox="109,-8,111,-5") <= walk.ids("katalog")
    assert walk.ids("katalog", bbox="0,0,1,1") < walk.ids("katalog")


def record_parameters_declared(walk: Walk) -> None:
    known = walk.openapi["components"]["parameters"]
    found = {
        (known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)["name"]
        for one in walk.openapi["paths"]["/collections/katalog/items"]["get"]["parameters"]
    }
    assert found >= {"bbox", "datetime", "externalIds", "ids", "limit", "q", "type"}


def records_filtered(walk: Walk) -> None:
    """By the core properties of a record, all of which are queryables."""
    queryables = walk.json("/collections/katalog/queryables")["properties"]
    assert queryables.keys() >= {"title", "description", "keywords", "type", "created", "updated"}
    for lang in ({}, {"filter_lang": "cql2-text"}):
        assert walk.ids("katalog", filter="title LIKE '%ekolah%'", **lang) == {"lokasi-sekolah"}
    walk.get("/collections/katalog/items", status=400, filter="THIS IS NOT A FILTER")


def records_sorted(walk: Walk) -> None:
    titles = [
        [one["properties"]["title"] for one in walk.json("/collections/katalog/items", sortby=sortby)["features"]]
        for sortby in ("title", "-title")
    ]
    assert titles[0] == list(reversed(titles[1]))
    assert titles[0] == sorted(titles[0])
    walk.get("/collections/katalog/items", status=400, sortby="bukan-kolom")


# Tiles


def tilesets(walk: Walk) -> Iterator[tuple[str, dict[str, Any]]]:
    for id in walk.spatial:
        rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
        (link,) = links(walk.json(f"/collections/{id}"), rel, "application/json")
        for one in walk.json(link["href"])["tilesets"]:
            yield id, one


def tileset_list(walk: Walk) -> None:
    found = {id for id, _ in tilesets(walk)}
    assert found == walk.spatial.keys()
    for _, one in tilesets(walk):
        assert {"dataType", "crs", "links"} <= one.keys()
        assert one["dataType"] == "vector"
        assert any("tilingScheme" in rel or "tiling-scheme" in rel for rel in (link["rel"] for link in one["links"]))


def tileset_described(walk: Walk) -> None:
    for _, one in tilesets(walk):
        (link,) = links(one, "self", "application/json")
        own = walk.json(link["href"])
        assert {"dataType", "crs", "links"} <= own.keys()
        assert any("{tileMatrix}" in link["href"] or "{z}" in link["href"] for link in own["links"])


def tiles(walk: Walk) -> None:
    """Where the limits of a tileset are, there are tiles of vectors; beyond the matrices there are none."""
    for id, one in tilesets(walk):
        own = walk.json(links(one, "self", "application/json")[0]["href"])
        template = next(link["href"] for link in own["links"] if link["rel"] == "item")
        last = own["tileMatrixSetLimits"][-1]
        rows = range(last["minTileRow"], last["maxTileRow"] + 1)
        columns = range(last["minTileCol"], last["maxTileCol"] + 1)
        found = 0
        for row, column in islice(product(rows, columns), 60):
            place = address(template, int(last["tileMatrix"]), row, column)
            answer = walk.client.get(place, headers={"Accept": "application/vnd.mapbox-vector-tile"})
            assert answer.status_code in (200, 204), place
            if answer.status_code == 200:
                assert answer.mimetype == "application/vnd.mapbox-vector-tile"
                found += bool(answer.data)
        assert found, id
        walk.get(address(template, 0, 9, 9), status=404)
        walk.get(address(template, 99, 0, 0), status=404)


def address(template: str, level: int, row: int, column: int) -> str:
    words = {"tileMatrix": level, "z": level, "tileRow": row, "y": row, "tileCol": column, "x": column}
    for word, value in words.items():
        template = template.replace("{" + word + "}", str(value))
    return template
