"""The answers of which pygeoapi would only write the envelope: pages of features and single ones, as slices of a file.

They are what pygeoapi's functions and their corrections give, but for `timeStamp`; a test asks both.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from server.ogc import filters
from server.ogc.parameters import CRS_PARAMETERS
from server.ogc.periods import period_of
from server.ogc.provider import boxes_of, where_of
from server.ogc.rendered import Rendered
from server.ogc.snapshot import Served
from server.ogc.words import CRS84, WORDS
from server.store.index import Question

Args = Mapping[str, str]
Config = Mapping[str, Any]
Link = dict[str, Any]

GEOJSON, HTML, JSON = "application/geo+json", "text/html", "application/json"
SCHEMA, ABOUT_FIELDS = "application/schema+json", "http://www.opengis.net/def/rel/ogc/1.0/"
ITEM = "{butir}"
"""No quoted id holds a brace."""
PLAIN = frozenset({
    "f", "lang", "limit", "offset", "bbox", "datetime", "filter", "filter-lang", "sortby", "resulttype", "release",
    *CRS_PARAMETERS,
})  # fmt: skip


def understood(served: Served, args: Args) -> bool:
    """Whether features can be given as they lie in the file: whole, and in CRS84."""
    if served.rendered is None:
        return False
    known = all(name in PLAIN or name in served.types for name in args)
    return known and all(args.get(name, CRS84) == CRS84 for name in CRS_PARAMETERS)


def items(served: Served, args: Args, config: Config, language: str) -> tuple[bytes, str]:
    """The body of a page and its Link header. The arguments are checked and normalised; `config` is pygeoapi's."""
    rendered, index, limits = served.opened, served.index, config["server"]["limits"]
    question = _question(rendered, args)
    limit = min(int(args.get("limit", limits["default_items"])), limits["max_items"])
    offset, hits = int(args.get("offset", 0)), args.get("resulttype") == "hits"
    total = index.total(question)
    rows = range(0) if hits else index.rows(question, offset=offset, limit=limit)
    links = list(_page_links(served, args, config, language, None if hits else (offset, limit, len(rows), total)))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    said = {"numberMatched": total, "numberReturned": len(rows), "links": links, "timeStamp": now}
    parts = (b'{"type":"FeatureCollection","features":[', rendered.page(rows), b"],", orjson.dumps(said)[1:])
    return b"".join(parts), link_header(links, f"{config['server']['url']}/collections/{served.id}")


def item(served: Served, identifier: str, config: Config, language: str) -> tuple[bytes, str] | None:
    """The body of a single feature and its Link header; None where there is none."""
    row = served.opened.row_of(identifier)
    row = served.index.row_of(identifier) if row is None else row
    if row is None:
        return None
    links, header = _links_of_an_item(config["server"]["url"], served.id, served.resource["title"], language)
    itself = quote(identifier, safe="")
    body = (served.opened.line(row)[:-1], b',"links":', links.replace(ITEM, itself).encode(), b"}")
    return b"".join(body), header.replace(ITEM, itself)


@lru_cache(maxsize=1024)
def _links_of_an_item(base: str, collection: str, title: str, language: str) -> tuple[str, str]:
    """The links of any feature as JSON and as Link header, with ITEM where its id belongs."""
    titles, href = _titles(language), f"{base}/collections/{collection}/items/{ITEM}"
    links = [
        _link(f"{base}?f=json", "root", JSON, titles("The landing page of this server as JSON")),
        _link(f"{base}?f=html", "root", HTML, titles("The landing page of this server as HTML")),
        _link(f"{href}?f=json", "self", GEOJSON, titles("This document as JSON")),
        _link(f"{href}?f=html", "alternate", HTML, titles("This document as HTML")),
        _link(f"{base}/collections/{collection}", "collection", JSON, title),
    ]
    return orjson.dumps(links).decode(), link_header(links)


def link_header(links: Iterable[Mapping[str, Any]], listed: str = "") -> str:
    """What clients follow; items, `listed` in a collection, also say by what they can be filtered and sorted."""
    wanted = (link for link in links if link["rel"] in ("self", "next", "prev", "collection"))
    found = [f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"' for link in wanted]
    if listed:
        found += [
            f'<{listed}/{one}>; rel="{ABOUT_FIELDS}{one}"; type="{SCHEMA}"' for one in ("queryables", "sortables")
        ]
    return ", ".join(found)


def _question(rendered: Rendered, args: Args) -> Question:
    box = [float(edge) for edge in args["bbox"].split(",")] if "bbox" in args else []
    equal = [(name, args[name]) for name in args if name in rendered.rows.types]
    said = filters.parse(args["filter"], args.get("filter-lang", "cql2-text")) if "filter" in args else None
    order = tuple((part.lstrip("+-"), part.startswith("-")) for part in args.get("sortby", "").split(",") if part)
    return Question(boxes_of(box), period_of(args.get("datetime")), where_of(equal, said, rendered), order)


def _page_links(
    served: Served, args: Args, config: Config, language: str, page: tuple[int, int, int, int] | None
) -> Iterator[Link]:
    """`page` is offset, limit, features on the page and in all."""
    base, titles = config["server"]["url"], _titles(language)
    uri = f"{base}/collections/{served.id}/items"
    asked = "".join(
        f"&{quote(name, safe='')}={quote(value, safe=',')}"
        for name, value in args.items()
        if name not in ("f", "offset")
    )
    here = f"{asked}&offset={args['offset']}" if int(args.get("offset", 0)) else asked
    yield _link(f"{uri}?f=json{here}", "self", GEOJSON, titles("This document as GeoJSON"))
    yield _link(f"{uri}?f=html{here}", "alternate", HTML, titles("This document as HTML"))
    if page is not None:
        offset, limit, returned, total = page
        there = f"{uri}?f=json&offset=" if "f" in args else f"{uri}?offset="
        kept = asked + served.release_kept(args)
        if offset > 0:
            yield _link(f"{there}{max(0, offset - limit)}{kept}", "prev", GEOJSON, titles("Items (prev)"))
        if returned and offset + returned < total:
            yield _link(f"{there}{offset + limit}{kept}", "next", GEOJSON, titles("Items (next)"))
    yield _collection(served, base)


def _collection(served: Served, base: str) -> Link:
    return _link(f"{base}/collections/{served.id}", "collection", JSON, served.resource["title"])


def _link(href: str, rel: str, type: str, title: str) -> Link:
    return {"type": type, "rel": rel, "title": title, "href": href}


def _titles(language: str) -> Any:
    return (lambda text: WORDS["titles"].get(text, text)) if language == "id" else (lambda text: text)
