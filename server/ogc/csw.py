"""CSW 2.0.2, read only: how the JIGN harvests the city's metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request
from lxml import etree

from server.ogc import csw_capabilities
from server.ogc.csw_request import BODY_LIMIT, Query, Refused, from_names, from_xml
from server.ogc.elements import CSW, DC, DCT, GMD, OWS, Node, Parts, maker
from server.ogc.links import Link, links
from server.ogc.metadata import clean, iso_element, moment, record
from server.ogc.record_search import ALIASES, NAMES, Entry, matches
from server.settings import Settings
from workflow.errors import BadRequest
from workflow.store import Registry, Release

MAX_RECORDS = 500
SETS = {"brief": "BriefRecord", "summary": "SummaryRecord", "full": "Record"}

NAMESPACES = {"csw": CSW, "dc": DC, "dct": DCT, "ows": OWS, "gmd": GMD}
csw = maker(CSW, **NAMESPACES)
dc, dct = maker(DC, **NAMESPACES), maker(DCT, **NAMESPACES)
ows = maker(OWS, **NAMESPACES)


@dataclass(frozen=True)
class Listed:
    """A current release in the catalogue; what it says is worked out when somebody asks."""

    release: Release
    settings: Settings

    @cached_property
    def entry(self) -> Entry:
        return Entry(record(self.release.manifest, self.settings, self.release.published_at))

    @cached_property
    def links(self) -> list[Link]:
        return links(self.release.manifest, self.settings)

    def iso(self) -> Node:
        return iso_element(self.release.manifest, self.settings, self.release.published_at)


@dataclass(frozen=True)
class Catalogue:
    settings: Settings
    revision: int
    listed: tuple[Listed, ...]


def create_csw(registry: Callable[[], Registry], settings: Settings) -> Blueprint:
    """Answers /csw. The registry is asked on every request, so what was withdrawn is gone with the next one."""
    blueprint = Blueprint("csw", __name__)
    kept: list[Catalogue] = []

    def catalogue() -> Catalogue:
        served = registry()
        if not kept or kept[0].revision != served.revision:
            releases = sorted(served.current, key=lambda release: release.dataset)
            kept[:] = [Catalogue(settings, served.revision, tuple(Listed(each, settings) for each in releases))]
        return kept[0]

    @blueprint.get("/csw")
    def get() -> Response:
        return _response(lambda: from_names(request.args), catalogue)

    @blueprint.post("/csw")
    def post() -> Response:
        return _response(_posted, catalogue)

    return blueprint


def _posted() -> Query:
    body = request.stream.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        raise Refused("NoApplicableCode", "", f"Permintaan paling besar {BODY_LIMIT} bita.")
    return from_xml(body)


def _response(asked: Callable[[], Query], catalogue: Callable[[], Catalogue]) -> Response:
    try:
        query = asked()
        answer, status = ANSWERS[query.operation](query, catalogue()), 200
    except Refused as refused:
        answer, status = _exception(refused), 501 if refused.code == "OperationNotSupported" else 400
    except BadRequest as fault:
        answer, status = _exception(Refused("InvalidParameterValue", "Constraint", fault.detail)), 400
    body = etree.tostring(answer, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    response = Response(body, status, content_type="application/xml; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _exception(refused: Refused) -> Node:
    locator = {"locator": refused.locator} if refused.locator else {}
    text = ows("ExceptionText", clean(refused.text))
    return ows(
        "ExceptionReport", ows("Exception", text, exceptionCode=refused.code, **locator), version="1.2.0", language="id"
    )


def _capabilities(query: Query, catalogue: Catalogue) -> Node:
    return csw_capabilities.document(catalogue.settings, str(catalogue.revision))


def _describe(query: Query, catalogue: Catalogue) -> Node:
    return csw("DescribeRecordResponse")


def _records(query: Query, catalogue: Catalogue) -> Node:
    results = query.value("resultType", "hits", ("hits", "results")) == "results"
    start, wanted = query.number("startPosition", 1, least=0) or 1, query.number("maxRecords", 10, least=0)
    _check_types(query)
    render = _renderer(query, default_set="summary")
    found = _sorted(
        [each for each in catalogue.listed if query.filter is None or matches(query.filter, each.entry)], query
    )
    page = found[start - 1 : start - 1 + min(wanted, MAX_RECORDS)] if results else []
    following = start + len(page)
    answer = csw(
        "SearchResults",
        *(render(each) for each in page),
        numberOfRecordsMatched=str(len(found)),
        numberOfRecordsReturned=str(len(page)),
        nextRecord=str(following if following <= len(found) else 0),
        recordSchema=_schema(query),
        elementSet=_element_set(query, "summary"),
    )
    newest = max((each.release.published_at for each in catalogue.listed), default=None)
    status = csw("SearchStatus", **({"timestamp": moment(newest)} if newest else {}))
    return csw("GetRecordsResponse", status, answer, version="2.0.2")


def _check_types(query: Query) -> None:
    for name in query.values.get("typenames", "csw:Record").replace(",", " ").split():
        if name.split(":")[-1] not in ("Record", "MD_Metadata"):
            raise Refused("InvalidParameterValue", "typeNames", f"typeNames {name!r} tidak dikenal.")


def _sorted(found: Sequence[Listed], query: Query) -> Sequence[Listed]:
    for name, descending in reversed(query.sort):
        bare = name.split(":")[-1].casefold()
        key = ALIASES.get(bare, bare)
        if key not in NAMES:
            raise Refused("InvalidParameterValue", "SortBy", f"Tidak dapat diurutkan menurut {name!r}.")
        found = sorted(found, key=lambda each: each.entry.texts.get(key, [""])[:1], reverse=descending)
    return found


def _by_id(query: Query, catalogue: Catalogue) -> Node:
    if not query.ids:
        raise Refused("MissingParameterValue", "id", "Parameter id tidak ada.")
    render = _renderer(query, default_set="summary")
    known = {each.release.dataset: each for each in catalogue.listed}
    return csw("GetRecordByIdResponse", *(render(known[id]) for id in query.ids if id in known))


ANSWERS: Mapping[str, Callable[[Query, Catalogue], Node]] = {
    "GetCapabilities": _capabilities,
    "DescribeRecord": _describe,
    "GetRecords": _records,
    "GetRecordById": _by_id,
}


def _schema(query: Query) -> str:
    return query.value("outputSchema", CSW, (CSW, GMD))


def _element_set(query: Query, default: str) -> str:
    return query.value("ElementSetName", default, tuple(SETS))


def _renderer(query: Query, default_set: str) -> Callable[[Listed], Node]:
    query.value("outputFormat", "application/xml", ("application/xml", "text/xml"))
    chosen = _element_set(query, default_set)
    if _schema(query) == GMD:
        return Listed.iso
    return lambda each: _dublin_core(each, chosen)


def _dublin_core(listed: Listed, chosen: str) -> Node:
    facts, said = listed.entry.record, listed.entry.record["properties"]
    parts: Parts = [dc("identifier", facts["id"]), dc("title", clean(said["title"])), dc("type", said["type"])]
    if chosen != "brief":
        topic = [said["topic"]] if said.get("topic") else []
        parts += [dc("subject", clean(word)) for word in [*said.get("keywords", ()), *topic]]
        parts += [dc("format", entry["name"]) for entry in said.get("formats", ())]
        parts += [dct("modified", said["updated"][:10]), dct("abstract", clean(said.get("description", "")))]
    if chosen == "full":
        parts += _more(listed, said)
    return csw(SETS[chosen], *parts, *_box(facts["geometry"]))


def _more(listed: Listed, said: Mapping[str, Any]) -> Parts:
    """What only the full record says: who, when, under which licence, and where to read the data."""
    parts = [dc("creator", clean(said["organization"]))] if said.get("organization") else []
    parts += [dc("publisher", clean(listed.settings.office)), dc("language", "ind")]
    parts += [dc("rights", clean(said["rights"]))]
    parts += [dct("license", clean(said["license"]))] if said.get("license") else []
    if span := listed.entry.interval:
        parts.append(dct("temporal", "/".join(span)))
    parts += [dct("references", clean(link.href), scheme=link.protocol) for link in listed.links]
    return parts


def _box(geometry: Mapping[str, Any] | None) -> Parts:
    """Latitude first, as the URN of EPSG:4326 has it."""
    if not geometry:
        return []
    (west, south), _, (east, north), *_ = geometry["coordinates"][0]
    corners = ows("LowerCorner", f"{south} {west}"), ows("UpperCorner", f"{north} {east}")
    return [ows("BoundingBox", *corners, crs="urn:ogc:def:crs:EPSG::4326", dimensions="2")]
