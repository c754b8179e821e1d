"""CSW 2.0.2, read only: how the JIGN harvests the city's metadata."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from flask import Blueprint, Response, request
from markupsafe import Markup

from server.ogc.catalogue import catalogue, text_of
from server.ogc.csw_filter import asked, column
from server.ogc.csw_request import BODY_LIMIT, CSW, GMD, Query, Refused, from_names, from_xml
from server.ogc.links import links
from server.ogc.metadata import iso_element, moment
from server.ogc.xml import document, rendered
from server.settings import Settings
from server.store.index import Question
from workflow.errors import BadRequest
from workflow.store import Registry

MAX_RECORDS = 500


class Shelf:
    """What is listed at one revision of the registry."""

    def __init__(self, registry: Registry, settings: Settings, seen: int) -> None:
        self.settings, self.seen = settings, seen
        self.releases = sorted(registry.current, key=lambda release: release.dataset)
        self.catalogue = catalogue([text_of(each.manifest, settings, each.published_at) for each in self.releases])

    def shown(self, row: int, schema: str) -> dict[str, Any]:
        release = self.releases[row]
        if schema == GMD:
            return {"iso": iso_element(release.manifest, self.settings, release.published_at)}
        return {"record": orjson.loads(self.catalogue.line(row)), "links": links(release.manifest, self.settings)}


def create_csw(registry: Callable[[], Registry], revision: Callable[[], int], settings: Settings) -> Blueprint:
    """Answers /csw. The revision is read on every request, so what was withdrawn is gone with the next one."""
    blueprint = Blueprint("csw", __name__)

    @lru_cache(maxsize=1)
    def shelf(seen: int) -> Shelf:
        return Shelf(registry(), settings, seen)

    @blueprint.get("/csw")
    def get() -> Response:
        return _response(lambda: from_names(request.args), shelf(revision()))

    @blueprint.post("/csw")
    def post() -> Response:
        return _response(_posted, shelf(revision()))

    return blueprint


def _posted() -> Query:
    body = request.stream.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        raise Refused("NoApplicableCode", "", f"Permintaan paling besar {BODY_LIMIT} bita.")
    return from_xml(body)


def _response(read: Callable[[], Query], shelf: Shelf) -> Response:
    status = 200
    try:
        query = read()
        answer = ANSWERS[query.operation](query, shelf)
    except Refused as fault:
        answer, status = rendered("exception.xml", fault=fault), 501 if fault.code == "OperationNotSupported" else 400
    except BadRequest as fault:
        refused = Refused("InvalidParameterValue", "Constraint", fault.detail)
        answer, status = rendered("exception.xml", fault=refused), 400
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return Response(document(answer), status, headers, content_type="application/xml; charset=utf-8")


def _capabilities(query: Query, shelf: Shelf) -> Markup:
    return rendered("capabilities.xml", settings=shelf.settings, revision=shelf.seen)


def _describe(query: Query, shelf: Shelf) -> Markup:
    return rendered("records.xml", operation="DescribeRecord")


def _records(query: Query, shelf: Shelf) -> Markup:
    results = query.value("resultType", "hits", ("hits", "results")) == "results"
    start, wanted = query.number("startPosition", 1) or 1, query.number("maxRecords", 10)
    _check_types(query)
    where = None if query.filter is None else asked(query.filter)
    question = Question(where=where, order=tuple(map(_sorted, query.sort)))
    limit = min(wanted, MAX_RECORDS) if results else 0
    rows = shelf.catalogue.index.rows(question, offset=start - 1, limit=limit)
    newest = max((release.published_at for release in shelf.releases), default=None)
    return _page(
        query,
        shelf,
        rows,
        matched=shelf.catalogue.index.total(question),
        following=start + len(rows),
        newest=newest and moment(newest),
    )


def _check_types(query: Query) -> None:
    for name in query.values.get("typenames", "csw:Record").replace(",", " ").split():
        if name.split(":")[-1] not in ("Record", "MD_Metadata"):
            raise Refused("InvalidParameterValue", "typeNames", f"typeNames {name!r} tidak dikenal.")


def _sorted(by: tuple[str, bool]) -> tuple[str, bool]:
    name, descending = by
    try:
        return column(name), descending
    except BadRequest:
        raise Refused("InvalidParameterValue", "SortBy", f"Tidak dapat diurutkan menurut {name!r}.") from None


def _by_id(query: Query, shelf: Shelf) -> Markup:
    if not query.ids:
        raise Refused("MissingParameterValue", "id", "Parameter id tidak ada.")
    found = map(shelf.catalogue.index.row_of, query.ids)
    return _page(query, shelf, [row for row in found if row is not None])


def _page(query: Query, shelf: Shelf, rows: Sequence[int], **said: Any) -> Markup:
    """The records of these rows in the form that was asked for."""
    query.value("outputFormat", "application/xml", ("application/xml", "text/xml"))
    schema = query.value("outputSchema", CSW, (CSW, GMD))
    said |= {"operation": query.operation, "settings": shelf.settings, "schema": schema}
    said["size"] = query.value("ElementSetName", "summary", ("brief", "summary", "full"))
    return rendered("records.xml", page=[shelf.shown(row, schema) for row in rows], **said)


ANSWERS: Mapping[str, Callable[[Query, Shelf], Markup]] = {
    "GetCapabilities": _capabilities,
    "DescribeRecord": _describe,
    "GetRecords": _records,
    "GetRecordById": _by_id,
}
