"""The answers of which pygeoapi would only write the envelope: pages of features and single ones, as slices of a file.

They are what pygeoapi's functions and their corrections give, but for `timeStamp`; a test asks both.
"""

from collections.abc import Iterable, Mapping
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
MARKS = ("{di sini}", "{sebelum}", "{sesudah}")
"""No quoted id and no quoted parameter holds a brace."""
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
    places = None if hits else (offset, limit, len(rows), total)
    links, header = _links_of_a_page(served, args, config["server"]["url"], language, places)
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    said = f'],"numberMatched":{total},"numberReturned":{len(rows)},"links":{links},"timeStamp":"{now}"}}'
    parts = (b'{"type":"FeatureCollection","features":[', rendered.page(rows), said.encode())
    return b"".join(parts), header


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


def _links_of_a_page(
    served: Served, args: Args, base: str, language: str, page: tuple[int, int, int, int] | None
) -> tuple[str, str]:
    """As JSON and as Link header. `page` is offset, limit, features on the page and in all."""
    asked = "".join(
        f"&{quote(name, safe='')}={quote(value, safe=',')}"
        for name, value in args.items()
        if name not in ("f", "offset")
    )
    offset, limit, returned, total = page or (int(args.get("offset", 0)), 0, 0, 0)
    back, on = page is not None and offset > 0, returned > 0 and offset + returned < total
    kept, title = served.release_kept(args), served.resource["title"]
    links, header = _page_links(base, served.id, title, language, asked, kept, "f" in args, offset > 0, back, on)
    for mark, there in zip(MARKS, (offset, max(0, offset - limit), offset + limit), strict=True):
        links, header = links.replace(mark, str(there)), header.replace(mark, str(there))
    return links, header


@lru_cache(maxsize=1024)
def _page_links(
    base: str, id: str, title: str, language: str, asked: str, kept: str, form: bool, moved: bool, back: bool, on: bool
) -> tuple[str, str]:
    """With marks where the offsets of this page, the one before and the one after belong."""
    titles, uri = _titles(language), f"{base}/collections/{id}/items"
    here, before, after = MARKS
    itself = f"{asked}&offset={here}" if moved else asked
    there = f"{uri}?f=json&offset=" if form else f"{uri}?offset="
    links = [
        _link(f"{uri}?f=json{itself}", "self", GEOJSON, titles("This document as GeoJSON")),
        _link(f"{uri}?f=html{itself}", "alternate", HTML, titles("This document as HTML")),
        *([_link(f"{there}{before}{asked}{kept}", "prev", GEOJSON, titles("Items (prev)"))] if back else ()),
        *([_link(f"{there}{after}{asked}{kept}", "next", GEOJSON, titles("Items (next)"))] if on else ()),
        _link(f"{base}/collections/{id}", "collection", JSON, title),
    ]
    return orjson.dumps(links).decode(), link_header(links, f"{base}/collections/{id}")


def _link(href: str, rel: str, type: str, title: str) -> Link:
    return {"type": type, "rel": rel, "title": title, "href": href}


def _titles(language: str) -> Any:
    return (lambda text: WORDS["titles"].get(text, text)) if language == "id" else (lambda text: text)
