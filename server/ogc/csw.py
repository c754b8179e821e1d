"""CSW 2.0.2, read only: how the JIGN harvests the city's metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from server.ogc.csw_request import BODY_LIMIT, Query, Refused, from_names, from_xml
from server.ogc.elements import CSW, GMD
from server.ogc.links import Link, links
from server.ogc.metadata import iso_element, moment, record
from server.ogc.record_search import ALIASES, NAMES, Entry, matches
from server.ogc.xml import document, rendered
from server.settings import Settings
from workflow.errors import BadRequest
from workflow.store import Registry, Release

MAX_RECORDS = 500


@dataclass(frozen=True)
class Listed:
    """A current release in the catalogue; what it says is worked out when somebody asks."""

    release: Release
    settings: Settings

    @cached_property
    def entry(self) -> Entry:
        return Entry(record(self.release.manifest, self.settings, self.release.published_at))

    @property
    def record(self) -> Mapping[str, Any]:
        return self.entry.record

    @property
    def links(self) -> list[Link]:
        return links(self.release.manifest, self.settings)

    @property
    def iso(self) -> Markup:
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
    response = Response(document(answer), status, content_type="application/xml; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _exception(refused: Refused) -> Markup:
    return rendered("exception.xml", fault=refused)


def _capabilities(query: Query, catalogue: Catalogue) -> Markup:
    return rendered("capabilities.xml", settings=catalogue.settings, revision=catalogue.revision)


def _describe(query: Query, catalogue: Catalogue) -> Markup:
    return rendered("records.xml", operation="DescribeRecord")


def _records(query: Query, catalogue: Catalogue) -> Markup:
    results = query.value("resultType", "hits", ("hits", "results")) == "results"
    start, wanted = query.number("startPosition", 1, least=0) or 1, query.number("maxRecords", 10, least=0)
    _check_types(query)
    found = _sorted(
        [each for each in catalogue.listed if query.filter is None or matches(query.filter, each.entry)], query
    )
    page = found[start - 1 : start - 1 + min(wanted, MAX_RECORDS)] if results else []
    newest = max((each.release.published_at for each in catalogue.listed), default=None)
    return rendered(
        "records.xml",
        page=page,
        matched=len(found),
        following=start + len(page),
        newest=newest and moment(newest),
        **_form(query, catalogue),
    )


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


def _by_id(query: Query, catalogue: Catalogue) -> Markup:
    if not query.ids:
        raise Refused("MissingParameterValue", "id", "Parameter id tidak ada.")
    known = {each.release.dataset: each for each in catalogue.listed}
    page = [known[id] for id in query.ids if id in known]
    return rendered("records.xml", page=page, **_form(query, catalogue))


ANSWERS: Mapping[str, Callable[[Query, Catalogue], Markup]] = {
    "GetCapabilities": _capabilities,
    "DescribeRecord": _describe,
    "GetRecords": _records,
    "GetRecordById": _by_id,
}


def _form(query: Query, catalogue: Catalogue) -> dict[str, Any]:
    """In which form records are written."""
    query.value("outputFormat", "application/xml", ("application/xml", "text/xml"))
    return {
        "operation": query.operation,
        "settings": catalogue.settings,
        "schema": query.value("outputSchema", CSW, (CSW, GMD)),
        "size": query.value("ElementSetName", "summary", ("brief", "summary", "full")),
    }
