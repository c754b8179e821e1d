"""What pygeoapi answers, made true: links to what is served, the classes that hold, the geometry that is there."""

from copy import deepcopy
from typing import Any
from urllib.parse import quote

from server.ogc.metadata import moment
from server.ogc.snapshot import Served, Snapshot
from server.ogc.words import WORDS

Body = dict[str, Any]
Args = dict[str, str]

NOT_SERVED = ("/processes", "/TileMatrixSets?", "f=jsonld", "f=csv", "f=CSV")
"""pygeoapi links to these whether they are there or not."""


def landing(body: Body, **_: Any) -> Body:
    return body | {"links": _true(body["links"])}


def conformance(body: Body, **_: Any) -> Body:
    """Classes of the service as a whole; pygeoapi names those of the collections that happen to be there."""
    return {"conformsTo": WORDS["conformance"]}


def openapi(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    return snapshot.openapi


def collections(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    found = [collection(one, snapshot.served[one["id"]]) for one in body["collections"]]
    return body | {"links": _true(body["links"]), "collections": found}


def collection(body: Body, served: Served, **_: Any) -> Body:
    release, boxed = served.release, served.release is None or served.entry["bbox"]
    extent = {name: value for name, value in body["extent"].items() if name != "spatial" or boxed}
    if temporal := extent.get("temporal"):
        spans = [[edge and edge.replace("+00:00", "Z") for edge in span] for span in temporal["interval"]]
        extent["temporal"] = temporal | {"interval": spans}
    body = body | {"extent": extent, "links": _true(body["links"])}
    if not served.spatial:
        body = {name: value for name, value in body.items() if name not in ("crs", "storageCrs")}
    if release is None:
        return body
    said = {
        "version": str(release.number),
        "updated": moment(release.published_at),
        "license": release.manifest["metadata"].get("license"),
        "contentHash": release.content_hash,
    }
    return body | {name: value for name, value in said.items() if value}


def schema(body: Body, served: Served, args: Args, **_: Any) -> Body:
    body = _with_geometry(body, served)
    return _as_feature(body) if args.get("profile") == "geojson" else body


def queryables(body: Body, served: Served, **_: Any) -> Body:
    """Titles and definitions come from the field dictionary; pygeoapi repeats the name."""
    body = _with_geometry(body, served)
    for name, one in body["properties"].items():
        said = served.fields.get(name, {})
        one |= {word: said[word] for word in ("title", "description", "x-ogc-unit") if word in said}
    return body | {"additionalProperties": False}


def items(body: Body, args: Args, **_: Any) -> Body:
    """The next page only where there is one, and an own address that names the page."""
    offset, returned = int(args.get("offset", 0)), body["numberReturned"]
    paged = args.get("resulttype") != "hits"
    more = paged and returned and offset + returned < body["numberMatched"]
    unwanted = {"next"} if not more else set()
    links = [link for link in _true(body["links"]) if link["rel"] not in unwanted | (set() if paged else {"prev"})]
    for link in links:
        if offset and link["rel"] in ("self", "alternate"):
            link["href"] += f"&offset={offset}"
    return body | {"links": links}


def item(body: Body, **_: Any) -> Body:
    """Keys may hold anything; pygeoapi writes them into links as they are."""
    links = _true(body["links"])
    for link in links:
        before, sign, identifier = link["href"].partition("/items/")
        identifier, mark, form = identifier.rpartition("?f=") if "?f=" in identifier else (identifier, "", "")
        link["href"] = before + sign + quote(identifier, safe="") + mark + form
    return body | {"links": links}


def _true(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(link) for link in links if not any(part in link["href"] for part in NOT_SERVED)]


def _with_geometry(body: Body, served: Served) -> Body:
    """The schema with the geometry's own type, or without geometry for a table."""
    body = deepcopy(body)
    geometry = body["properties"].pop("geometry", {})
    if served.spatial:
        kind = served.entry.get("geometry_type", "Polygon")
        form = "any" if kind == "Geometry" else kind.lower()
        body["properties"]["geometry"] = {**geometry, "title": "Geometri", "format": f"geometry-{form}"}
    return body


def _as_feature(body: Body) -> Body:
    """The same as the schema of one GeoJSON feature, the only shape that GDAL takes types from."""
    fields = {name: one for name, one in body["properties"].items() if name != "geometry"}
    members: Body = {
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": body["properties"].get("geometry", {"type": "null"}),
        "properties": {"type": "object", "properties": fields},
    }
    return body | {"$id": f"{body['$id']}?profile=geojson", "properties": members}
