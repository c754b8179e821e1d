"""What pygeoapi answers, made true: links to what is served, the classes that hold, the geometry that is there."""

from typing import Any
from urllib.parse import quote

from server.ogc import schemas, tiles
from server.ogc.links import CATALOGUE
from server.ogc.metadata import moment
from server.ogc.records import COLLECTION
from server.ogc.snapshot import Served, Snapshot
from server.ogc.words import WORDS
from workflow.errors import NotFound

Body = dict[str, Any]
Args = dict[str, str]

NOT_SERVED = ("/processes", "/TileMatrixSets?", "f=jsonld", "f=csv", "f=CSV")
"""pygeoapi links to these whether they are there or not."""


def landing(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    schemes = {"rel": f"{tiles.REL}tiling-schemes", "type": tiles.JSON, "title": "Susunan ubin"}
    address = f"{snapshot.api.base_url}/tileMatrixSets"
    return body | {"links": [*_true(body["links"]), schemes | {"href": address}]}


def conformance(body: Body, **_: Any) -> Body:
    """Classes of the service as a whole; pygeoapi names those of the collections that happen to be there."""
    return {"conformsTo": WORDS["conformance"]}


def openapi(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    return snapshot.openapi


def collections(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    found = [collection(one, snapshot.served[one["id"]], snapshot) for one in body["collections"]]
    return body | {"links": _true(body["links"]), "collections": found}


def collection(body: Body, served: Served, snapshot: Snapshot, **_: Any) -> Body:
    release, boxed = served.release, served.release is None or served.entry["bbox"]
    extent = {name: value for name, value in body["extent"].items() if name != "spatial" or boxed}
    if temporal := extent.get("temporal"):
        spans = [[edge and edge.replace("+00:00", "Z") for edge in span] for span in temporal["interval"]]
        extent["temporal"] = temporal | {"interval": spans}
    sortables = {
        "href": f"{snapshot.api.base_url}/collections/{served.id}/sortables",
        "rel": "http://www.opengis.net/def/rel/ogc/1.0/sortables",
        "type": "application/schema+json",
        "title": "Kolom yang dapat menjadi urutan",
    }
    own = f"{snapshot.api.base_url}/collections/{served.id}/tiles"
    tilesets = [link | {"rel": f"{tiles.REL}tilesets-vector"} for link in tiles.forms(own, "Ubin vektor")]
    links = [*_true(body["links"]), sortables, *(tilesets if served.tiles else ())]
    body = body | {"extent": extent, "links": links}
    if not served.spatial:
        body = {name: value for name, value in body.items() if name != "storageCrs"}
    if release is None:
        return body | {"type": "Collection"}
    said = {
        "version": str(release.number),
        "updated": moment(release.published_at),
        "license": release.manifest["metadata"].get("license"),
        "contentHash": release.content_hash,
    }
    return body | {name: value for name, value in said.items() if value}


def about_fields(body: Body, served: Served, snapshot: Snapshot, args: Args, name: str, **_: Any) -> Body:
    """`name` is schema, queryables or sortables."""
    found = schemas.document(served, snapshot.api.base_url, name)
    return schemas.of_one_feature(found) if args.get("profile") == "geojson" else found


def items(body: Body, served: Served, args: Args, **_: Any) -> Body:
    """The next page only where there is one, of the same release, and an own address that names the page."""
    offset, returned = int(args.get("offset", 0)), body["numberReturned"]
    paged = args.get("resulttype") != "hits"
    more = paged and returned and offset + returned < body["numberMatched"]
    unwanted = {"next"} if not more else set()
    links = [link for link in _true(body["links"]) if link["rel"] not in unwanted | (set() if paged else {"prev"})]
    for link in links:
        if offset and link["rel"] in ("self", "alternate"):
            link["href"] += f"&offset={offset}"
        if link["rel"] in ("next", "prev"):
            link["href"] += served.release_kept(args)
    return body | {"links": links}


def item(body: Body, **_: Any) -> Body:
    """Keys may hold anything; pygeoapi writes them into links as they are."""
    links = list({(link["rel"], link["href"]): link for link in _true(body["links"])}.values())
    for link in links:
        before, sign, identifier = link["href"].partition("/items/")
        identifier, mark, form = identifier.rpartition("?f=") if "?f=" in identifier else (identifier, "", "")
        link["href"] = before + sign + quote(identifier, safe="") + mark + form
    return body | {"links": links}


def tilesets(body: Body, served: Served, snapshot: Snapshot, **_: Any) -> Body:
    return _tileset(served, snapshot).list()


def tileset(body: Body, served: Served, snapshot: Snapshot, args: Args, **_: Any) -> Body:
    found = _tileset(served, snapshot)
    return found.tilejson() if args.get("f") == "tilejson" else found.json()


def tile(body: Body, served: Served, snapshot: Snapshot, item: str, **_: Any) -> bytes | None:
    """Raises NotFound for what the tile matrix set or the archive cannot hold."""
    archive, numbers = _tiles(served), item.split("/")
    if all(part.isascii() and part.isdecimal() and len(part) < 9 for part in numbers):
        z, row, column = map(int, numbers)
        if z in archive.zooms and max(row, column) < 1 << z:
            return archive.get(z, column, row)
    zooms = f"Ubin ada untuk zoom {archive.zooms[0]} sampai {archive.zooms[-1]}."
    raise NotFound(f"Ubin {item} tidak ada.", mend=zooms, where={"collection": served.id})


def matrix_sets(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    return tiles.matrix_sets(snapshot.api.base_url)


def matrix_set(body: Body, snapshot: Snapshot, **_: Any) -> Body:
    return tiles.matrix_set(snapshot.api.base_url)


def _tiles(served: Served) -> tiles.Archive:
    if served.tiles is None:
        raise NotFound(f"Koleksi “{served.id}” tidak mempunyai ubin.", where={"collection": served.id})
    return served.tiles


def _tileset(served: Served, snapshot: Snapshot) -> tiles.Tileset:
    said, kind = served.resource, str(served.entry.get("geometry_type"))
    license = served.release.manifest["metadata"].get("license") if served.release else None
    texts = said["title"], said["description"]
    return tiles.Tileset(snapshot.api.base_url, served.id, *texts, _tiles(served), served.fields, kind, license)


def _true(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [dict(link) for link in links if not any(part in link["href"] for part in NOT_SERVED)]
    for link in kept:
        link |= {"type": CATALOGUE} if link["href"].endswith(f"/collections/{COLLECTION}") else {}
    return kept
