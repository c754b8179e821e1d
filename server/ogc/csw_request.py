"""What a CSW 2.0.2 client asks, by GET with names and values or by POST with XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from pygeofilter.parsers import fes

from server.ogc.cql_text import cql
from server.ogc.elements import CSW, GML, OGC, OWS
from workflow.errors import BadRequest

OPERATIONS = ("GetCapabilities", "DescribeRecord", "GetRecords", "GetRecordById")
NOT_OFFERED = ("GetDomain", "Transaction", "Harvest")
BODY_LIMIT = 256 * 1024
DEPTH_LIMIT = 40


class Refused(Exception):
    """A request that is answered with an ows:ExceptionReport: code, locator, text."""

    def __init__(self, code: str, locator: str, text: str) -> None:
        super().__init__(text)
        self.code, self.locator, self.text = code, locator, text


@dataclass(frozen=True)
class Query:
    """One request. `values` holds its parameters by lower-case name; `filter` is a pygeofilter tree."""

    operation: str
    values: Mapping[str, str] = field(default_factory=dict)
    filter: Any = None
    ids: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    """Properties to sort by, True where descending."""

    def value(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Raises Refused where the value is none of those allowed."""
        given = self.values.get(name.lower()) or default
        if given not in allowed:
            raise Refused(
                "InvalidParameterValue", name, f"{name} tidak boleh {given!r}; pilihannya {', '.join(allowed)}."
            )
        return given

    def number(self, name: str, default: int, least: int) -> int:
        text = self.values.get(name.lower()) or str(default)
        if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
            raise Refused("InvalidParameterValue", name, f"{name} adalah bilangan bulat, paling kecil {least}.")
        return int(text)


def from_names(arguments: Mapping[str, str]) -> Query:
    """A GET request."""
    values = {name.lower(): value for name, value in arguments.items()}
    return Query(
        _operation(values),
        values,
        filter=_constraint(values),
        ids=tuple(filter(None, values.get("id", "").split(","))),
        sort=tuple(_sort_name(entry) for entry in values.get("sortby", "").split(",") if entry),
    )


def _operation(values: Mapping[str, str]) -> str:
    if not values.get("request"):
        raise Refused("MissingParameterValue", "request", "Parameter request tidak ada.")
    operation = values["request"]
    if operation in NOT_OFFERED:
        raise Refused("OperationNotSupported", operation, f"{operation} tidak dilayani: katalog ini hanya dibaca.")
    if operation not in OPERATIONS:
        raise Refused("InvalidParameterValue", "request", f"Operasi {operation!r} tidak dikenal.")
    if not values.get("service"):
        raise Refused("MissingParameterValue", "service", "Parameter service tidak ada.")
    if values["service"] != "CSW":
        raise Refused("InvalidParameterValue", "service", "service harus CSW.")
    _version(operation, values)
    return operation


def _version(operation: str, values: Mapping[str, str]) -> None:
    accepted = values.get("acceptversions")
    if operation == "GetCapabilities":
        if accepted and "2.0.2" not in accepted.split(","):
            raise Refused("VersionNegotiationFailed", "acceptversions", "Hanya versi 2.0.2 yang dilayani.")
    elif not values.get("version"):
        raise Refused("MissingParameterValue", "version", "Parameter version tidak ada.")
    elif values["version"] != "2.0.2":
        raise Refused("InvalidParameterValue", "version", "Hanya versi 2.0.2 yang dilayani.")


def _sort_name(entry: str) -> tuple[str, bool]:
    name, _, order = entry.rpartition(":")
    return (name, order.upper() == "D") if order.upper() in ("A", "D") else (entry, False)


def _constraint(values: Mapping[str, str]) -> Any:
    text = values.get("constraint")
    if not text:
        return None
    language = values.get("constraintlanguage", "").upper()
    if language == "CQL_TEXT":
        return _cql(text)
    if language == "FILTER":
        return _filter(_xml(text.encode()))
    raise Refused("InvalidParameterValue", "constraintLanguage", "constraintLanguage adalah CQL_TEXT atau FILTER.")


def from_xml(body: bytes) -> Query:
    """A POST request. Raises Refused; a document type, and with it every entity, is refused."""
    root = _xml(body)
    name = etree.QName(root)
    if name.namespace != CSW:
        raise Refused("InvalidParameterValue", "request", f"Permintaan harus dalam ruang nama {CSW}.")
    query = root.find(f"{{{CSW}}}Query")
    values = {str(key).lower(): str(value) for key, value in root.attrib.items()} | {"request": name.localname}
    if query is not None:
        values["typenames"] = query.get("typeNames", "")
    set_name = root.find(f".//{{{CSW}}}ElementSetName")
    if set_name is not None:
        values["elementsetname"] = (set_name.text or "").strip()
    if versions := [entry.text or "" for entry in root.iter(f"{{{OWS}}}Version")]:
        values["acceptversions"] = ",".join(versions)
    ids = [part for entry in root.findall(f"{{{CSW}}}Id") for part in (entry.text or "").split(",")]
    return Query(
        _operation(values),
        values,
        filter=_xml_constraint(root.find(f".//{{{CSW}}}Constraint")),
        ids=tuple(part.strip() for part in ids if part.strip()),
        sort=tuple(_sort_property(entry) for entry in root.iter(f"{{{OGC}}}SortProperty")),
    )


def _xml(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Refused("NoApplicableCode", "", "Isi permintaan bukan XML yang benar.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("NoApplicableCode", "", "XML dengan DOCTYPE tidak diterima.")
    return root


def _sort_property(entry: etree._Element) -> tuple[str, bool]:
    order = entry.findtext(f"{{{OGC}}}SortOrder", "ASC").strip().upper()
    return entry.findtext(f"{{{OGC}}}PropertyName", "").strip(), order.startswith("DESC")


def _xml_constraint(constraint: etree._Element | None) -> Any:
    if constraint is None:
        return None
    text = constraint.findtext(f"{{{CSW}}}CqlText")
    if text is not None:
        return _cql(text)
    tree = constraint.find(f"{{{OGC}}}Filter")
    if tree is None:
        raise Refused("MissingParameterValue", "Constraint", "Constraint berisi ogc:Filter atau csw:CqlText.")
    return _filter(tree)


def _cql(text: str) -> Any:
    try:
        return cql(text)
    except BadRequest as fault:
        raise Refused("InvalidParameterValue", "Constraint", fault.detail) from None


def _filter(tree: etree._Element) -> Any:
    if _depth(tree) > DEPTH_LIMIT:
        raise Refused("InvalidParameterValue", "Constraint", "Penyaring bersusun terlalu dalam.")
    if len(tree) == 0:
        return None
    for like in tree.iter(f"{{{OGC}}}PropertyIsLike"):
        like.set("escapeChar", like.get("escapeChar", like.get("escape", "\\")))
        like.set("wildCard", like.get("wildCard", "%"))
        like.set("singleChar", like.get("singleChar", "_"))
    for envelope in tree.iter(f"{{{GML}}}Envelope"):
        _longitude_first(envelope)
    try:
        return fes.parse(tree)
    # The parser has no error of its own: whatever it stumbles over is the filter's fault.
    except Exception:
        raise Refused("InvalidParameterValue", "Constraint", "Penyaring tidak dapat dipahami.") from None


def _depth(element: etree._Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(element, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _longitude_first(envelope: etree._Element) -> None:
    """EPSG:4326 as a URN counts latitude first; its short form and CRS84 longitude first."""
    srs = str(envelope.attrib.pop("srsName", "CRS84"))
    if not re.search(r"(4326|CRS84|:84)$", srs):
        raise Refused(
            "InvalidParameterValue", "srsName", f"BBOX dalam {srs!r} tidak dilayani; pakai EPSG:4326 atau CRS84."
        )
    if srs.endswith("4326") and srs != "EPSG:4326":
        for corner in envelope:
            if corner.text:
                corner.text = " ".join(reversed(corner.text.split()))
