"""One request to /ogc, answered from one snapshot."""

import gzip
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
import pygeoapi
import pygeoapi.api as core
from pygeoapi.api import itemtypes
from werkzeug.datastructures import ETags, LanguageAccept, MIMEAccept, MultiDict
from werkzeug.http import parse_accept_header, parse_etags

from server.ogc import corrections, slices, tiles
from server.ogc.engine import Function, ask, written
from server.ogc.links import CATALOGUE
from server.ogc.parameters import CRS_PARAMETERS, FORMS, GENERAL, check, normalised
from server.ogc.slices import GEOJSON, SCHEMA, link_header
from server.ogc.snapshot import Served, Snapshot, Snapshots
from server.ogc.words import CRS84
from server.pages.language import _, language
from server.problems import SENTENCES, problem_of
from workflow.errors import Broken, NotFound, SebarError

LOG = logging.getLogger(__name__)
METHODS = ("GET", "HEAD", "OPTIONS")
PROBLEM = "application/problem+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HTML = {"Content-Type": "text/html; charset=utf-8"}
NO_ETAGS = ETags()
LANGUAGES = ("id", "en")
PAGE = "100"
"""Items on a page for people who did not say how many."""
SAID = ("Content-Crs", "Content-Language")
"""The headers that pygeoapi decides."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Crs, Link, ETag, Retry-After",
    "X-Content-Type-Options": "nosniff",
}
ITEMS = GENERAL | {
    "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-crs", "filter-lang", "limit", "offset", "properties",
    "release", "resulttype", "skipGeometry", "sortby",
}  # fmt: skip
SLICED = ("items", "item")
OF_RECORDS = frozenset({"q", "ids", "externalIds"})


class Asked(NamedTuple):
    """A request, read: what it wants, in which form and language."""

    path: tuple[str, ...]
    args: MultiDict[str, str]
    html: bool = False
    language: str = "id"
    known: ETags = NO_ETAGS
    head: bool = False
    gzip: bool = False
    plain: bool = False
    """JSON was asked for by that name."""


@dataclass(frozen=True)
class Answer:
    """`page` names the template for a browser; then `body` is what the template shows."""

    status: int
    headers: Mapping[str, str]
    body: Any = None
    page: str | None = None


class Resource(NamedTuple):
    """One kind of address: pygeoapi's function, if it has one that holds, its correction, and what may be asked."""

    page: str
    function: Function | None
    correct: Callable[..., Any]
    media_type: str = "application/json"
    parameters: frozenset[str] = GENERAL
    forms: tuple[str, ...] = FORMS


RESOURCES = {
    "landing": Resource("landing", core.landing_page, corrections.landing),
    "conformance": Resource("conformance", None, corrections.conformance),
    "openapi": Resource("openapi", None, corrections.openapi, OPENAPI),
    "collections": Resource("collections", core.describe_collections, corrections.collections),
    "collection": Resource("collection", core.describe_collections, corrections.collection),
    "schema": Resource("schema", None, corrections.about_fields, SCHEMA, GENERAL | {"profile"}),
    "queryables": Resource("schema", None, corrections.about_fields, SCHEMA),
    "sortables": Resource("schema", None, corrections.about_fields, SCHEMA),
    "items": Resource("items", itemtypes.get_collection_items, corrections.items, GEOJSON, ITEMS),
    "item": Resource("item", itemtypes.get_collection_item, corrections.item, GEOJSON, GENERAL | {"crs"}),
    "tilesets": Resource("tiles", None, corrections.tilesets),
    "tileset": Resource("tiles", None, corrections.tileset, forms=(*FORMS, "tilejson")),
    "tile": Resource("", None, corrections.tile, tiles.MVT, forms=("mvt",)),
    "tileMatrixSets": Resource("tiles", None, corrections.matrix_sets),
    "tileMatrixSet": Resource("tiles", None, corrections.matrix_set),
}


def read(path: str, args: MultiDict[str, str], header: Callable[[str], str | None], *, head: bool = False) -> Asked:
    """`f` and `lang` decide before the headers do; whatever the headers say, some form is found."""
    html, plain, language = _wanted(header("Accept") or "", header("Accept-Language") or "")
    html = args["f"] == "html" if "f" in args else html
    language = args["lang"] if args.get("lang") in LANGUAGES else language
    parts = tuple(path.strip("/").split("/")) if path.strip("/") else ()
    known = header("If-None-Match")
    etags, zipped = parse_etags(known) if known else NO_ETAGS, _takes_gzip(header("Accept-Encoding") or "")
    return Asked(parts, args, html, language, etags, head, zipped, plain or "f" in args)


@lru_cache(maxsize=1024)
def _wanted(accepted: str, languages: str) -> tuple[bool, bool, str]:
    """Whether a page for people is wanted, whether plain JSON by name, and in which language."""
    accept = parse_accept_header(accepted, MIMEAccept)
    html = accept["text/html"] > max(accept["application/json"], accept[GEOJSON])
    plain = "application/json" in accept.values()
    return html, plain, str(parse_accept_header(languages, LanguageAccept).best_match(LANGUAGES, "id"))


@lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted).quality("gzip") > 0


def answered(snapshots: Snapshots, asked: Asked, method: str) -> Answer:
    """The answer, or the fault as an answer."""
    try:
        if method not in METHODS:
            return no_method()
        snapshot = snapshots.current()
        return options(snapshot, asked) if method == "OPTIONS" else answer(snapshot, asked)
    except SebarError as error:
        return refusal(error, asked)
    except Exception as error:  # the outermost place that can still say it as OGC clients read it
        fault = Broken(repr(error))
        fault.__cause__ = error
        return refusal(fault, asked)


def answer(snapshot: Snapshot, asked: Asked) -> Answer:
    """Raises SebarError where there is no answer."""
    name, collection, item = routed(asked.path)
    asked = asked._replace(html=False) if name == "tile" else asked
    served = snapshot.find(collection, _release(name, asked)) if collection else None
    etag = None if asked.html else _etag(snapshot, served, asked)
    headers = _headers(etag)
    if etag and asked.known.contains_weak(etag):
        return Answer(304, headers)
    resource = RESOURCES[name]
    typed = served.types if served and name == "items" else {}
    systems = served.systems if served else ()
    check(asked.args, _known(name, served), typed, systems, resource.forms)
    args = _arguments(name, asked)
    listed = f"{snapshot.api.base_url}/collections/{collection}" if name == "items" else ""
    if name == "items" and asked.head:
        said = {"Content-Language": asked.language, "Content-Type": GEOJSON}
        said |= {"Content-Crs": f"<{args.get('crs', CRS84)}>"} if systems else {}
        return Answer(200, headers | said | {"Link": link_header((), listed)})
    if served and (sliced := _sliced(name, served, item, args, snapshot, asked)):
        headers |= {"Content-Language": asked.language, "Content-Crs": f"<{CRS84}>", "Content-Type": GEOJSON}
        return Answer(200, headers | {"Link": sliced[1]}, sliced[0])
    said = {}
    found: Any = {}
    if resource.function:
        rest = [part for part in (collection, item) if part is not None]
        api = (served and served.api) or snapshot.api
        said, found = ask(api, resource.function, "/".join(asked.path), args, asked.language, *rest)
    body = resource.correct(found, snapshot=snapshot, served=served, args=args, item=item, name=name)
    if name == "tile":
        return _tile(headers, body, asked)
    headers |= {"Content-Language": "id"} | {key: said[key] for key in SAID if key in said}
    if asked.html:
        shown = {"body": orjson.loads(written(body)), "served": served, "snapshot": snapshot, "name": name}
        return Answer(200, headers | HTML, shown, f"ogc/{resource.page}.html")
    of_catalogue = name == "collection" and served is not None and served.release is None
    media_type = CATALOGUE if of_catalogue and not asked.plain else resource.media_type
    links = link_header(body.get("links", ()) if isinstance(body, dict) else (), listed)
    return Answer(200, headers | {"Content-Type": media_type} | ({"Link": links} if links else {}), written(body))


def _tile(headers: Mapping[str, str], body: bytes | None, asked: Asked) -> Answer:
    """As it is stored for who takes gzip."""
    if body is None:
        return Answer(204, headers)
    headers = {**headers, "Content-Type": tiles.MVT}
    if not asked.gzip:
        return Answer(200, headers, gzip.decompress(body))
    said = {"Content-Encoding": "gzip", "Content-Length": str(len(body)), "Vary": "Accept-Encoding"}
    return Answer(200, headers | said, body)


def _release(name: str, asked: Asked) -> str:
    """The release that a page of items belongs to, where the address names one."""
    number = asked.args.get("release", "") if name == "items" else ""
    return number if number.isdecimal() else ""


def _sliced(
    name: str, served: Served, item: str | None, args: Mapping[str, str], snapshot: Snapshot, asked: Asked
) -> tuple[bytes, str] | None:
    if asked.html or name not in SLICED or not slices.understood(served, args):
        return None
    if item is None:
        return slices.items(served, args, snapshot.api.config, asked.language)
    return slices.item(served, item, snapshot.api.config, asked.language)


def _arguments(name: str, asked: Asked) -> dict[str, str]:
    """What pygeoapi is told: it always writes JSON, and people get shorter pages."""
    args = normalised(asked.args)
    if "lang" in args:
        args["lang"] = asked.language
    if asked.html:
        args.pop("f", None)
        # The page's map reads CRS84.
        args.pop("crs", None)
        if name == "items":
            args.setdefault("limit", PAGE)
    return args


def routed(path: tuple[str, ...]) -> tuple[str, str | None, str | None]:
    """The kind of address, the collection and the item. Raises NotFound."""
    match path:
        case ():
            return "landing", None, None
        case ("conformance" | "openapi" | "collections" as name,):
            return name, None, None
        case ("collections", collection):
            return "collection", collection, None
        case ("collections", collection, "schema" | "queryables" | "sortables" | "items" as name):
            return name, collection, None
        case ("collections", collection, "items", *item):
            return "item", collection, "/".join(item)
        case ("collections", collection, "tiles"):
            return "tilesets", collection, None
        case ("collections", collection, "tiles", tiles.QUAD):
            return "tileset", collection, None
        case ("collections", collection, "tiles", tiles.QUAD, z, row, column):
            return "tile", collection, f"{z}/{row}/{column}"
        case ("tileMatrixSets",):
            return "tileMatrixSets", None, None
        case ("tileMatrixSets", tiles.QUAD):
            return "tileMatrixSet", None, None
    raise NotFound("Alamat ini tidak ada di layanan OGC API.", mend="Mulai dari /ogc.")


def options(snapshot: Snapshot, asked: Asked) -> Answer:
    _, collection, _ = routed(asked.path)
    if collection:
        snapshot.find(collection)
    allowed = ", ".join(METHODS)
    more = {"Allow": allowed, "Access-Control-Allow-Methods": allowed, "Access-Control-Allow-Headers": "*"}
    return Answer(204, CORS | more | {"Access-Control-Max-Age": "86400"})


def no_method() -> Answer:
    title, mend = SENTENCES[405]
    problem = {"type": "about:blank", "title": title, "status": 405, "code": "HTTP-405", "detail": f"{title}."}
    headers = CORS | {"Allow": ", ".join(METHODS), "Cache-Control": "no-store", "Content-Type": PROBLEM}
    return Answer(405, headers, written(problem | {"mend": mend, "description": f"{title}. {mend}"}))


def refusal(error: SebarError, asked: Asked) -> Answer:
    """The fault as problem+json with the members of an OGC exception, or as a page with the same status."""
    problem = problem_of(error)
    if isinstance(error, Broken):
        LOG.error("%s: %s", error.code, error.detail, exc_info=error)
        # What has a code of its own passes by itself and was worded for people.
        problem |= {"detail": f"{error.title}."} if error.code == Broken.code else {"status": 503}
    problem |= {name: _(problem[name]) for name in ("title", "detail", "mend") if name in problem}
    headers = CORS | {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language()}
    if problem["status"] == 503:
        headers["Retry-After"] = "30"
    if asked.html:
        return Answer(problem["status"], headers | HTML, {"problem": problem}, "problem.html")
    body = problem | {"description": " ".join(filter(None, (problem["detail"], problem.get("mend"))))}
    return Answer(problem["status"], headers | {"Content-Type": PROBLEM}, written(body))


def _known(name: str, served: Served | None) -> frozenset[str]:
    """Records have no coordinate systems to choose from, but words to search for."""
    known = RESOURCES[name].parameters
    if served is None or served.release is not None:
        return known
    return (known - {*CRS_PARAMETERS, "release"}) | (OF_RECORDS if name == "items" else frozenset())


def _etag(snapshot: Snapshot, served: Served | None, asked: Asked) -> str:
    """Of the release, or of the registry where an answer speaks of several, and of the normalised request."""
    content = served.seal if served and served.seal else snapshot.seal
    hashed = _hash_of(snapshot.api.base_url, content, served.systems if served else ()).copy()
    asks = sorted(asked.args.items(multi=True)) if asked.args else ()
    hashed.update(repr((asked.path, asks, asked.language)).encode())
    return hashed.hexdigest()


@lru_cache(maxsize=1024)
def _hash_of(*content: object) -> blake2b:
    return blake2b(repr((pygeoapi.__version__, *content)).encode(), digest_size=16)


def _headers(etag: str | None) -> dict[str, str]:
    """A page shows who is signed in, so it is nobody else's; data is everybody's."""
    headers = CORS | {"Vary": "Accept, Accept-Language"}
    if etag is None:
        return headers | {"Cache-Control": "private, no-cache"}
    return headers | {"Cache-Control": "public, max-age=300, must-revalidate", "ETag": f'W/"{etag}"'}
