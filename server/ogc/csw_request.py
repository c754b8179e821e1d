"""What a CSW 2.0.2 client asks, by GET with names and values or by POST with XML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from pygeofilter.parsers import fes

from server.ogc import filters
from workflow.errors import BadRequest

CSW = "http://www.opengis.net/cat/csw/2.0.2"
GMD = "http://www.isotc211.org/2005/gmd"
IN_CSW, IN_OGC, IN_OWS = f"{{{CSW}}}", "{http://www.opengis.net/ogc}", "{http://www.opengis.net/ows}"
OPERATIONS = ("GetCapabilities", "DescribeRecord", "GetRecords", "GetRecordById")
NOT_OFFERED = ("GetDomain", "Transaction", "Harvest")
BODY_LIMIT = 256 * 1024
DEPTH_LIMIT = 40


class Refused(Exception):
    """A request that is answered with an ows:ExceptionReport: code, locator, text."""

    def __init__(self, code: str, locator: str, text: str) -> None:
        super().__init__(text)
        self.code, self.locator, self.text = code, locator, text


def _wrong(locator: str, text: str) -> Refused:
    return Refused("InvalidParameterValue", locator, text)


@dataclass(frozen=True)
class Query:
    """One request. `values` holds its parameters by lower-case name; `filter` is a pygeofilter tree.

    `sort` holds properties to sort by, True where descending.
    """

    operation: str
    values: Mapping[str, str] = field(default_factory=dict)
    filter: Any = None
    ids: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()

    def value(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Raises Refused where the value is none of those allowed."""
        given = self.values.get(name.lower()) or default
        if given not in allowed:
            raise _wrong(name, f"{name} tidak boleh {given!r}; pilihannya {', '.join(allowed)}.")
        return given

    def number(self, name: str, default: int) -> int:
        text = self.values.get(name.lower()) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise _wrong(name, f"{name} adalah bilangan bulat, paling kecil 0.")
        return int(text)


def from_names(arguments: Mapping[str, str]) -> Query:
    """A GET request."""
    values = {name.lower(): value for name, value in arguments.items()}
    ids = tuple(filter(None, values.get("id", "").split(",")))
    sort = tuple(_sort_name(entry) for entry in values.get("sortby", "").split(",") if entry)
    return Query(_operation(values), values, _constraint(values), ids, sort)


def _operation(values: Mapping[str, str]) -> str:
    operation, version = values.get("request"), values.get("version")
    if not operation:
        raise Refused("MissingParameterValue", "request", "Parameter request tidak ada.")
    if operation in NOT_OFFERED:
        raise Refused("OperationNotSupported", operation, f"{operation} tidak dilayani: katalog ini hanya dibaca.")
    if operation not in OPERATIONS:
        raise _wrong("request", f"Operasi {operation!r} tidak dikenal.")
    if not values.get("service"):
        raise Refused("MissingParameterValue", "service", "Parameter service tidak ada.")
    if values["service"] != "CSW":
        raise _wrong("service", "service harus CSW.")
    if operation == "GetCapabilities":
        if "2.0.2" not in (values.get("acceptversions") or "2.0.2").split(","):
            raise Refused("VersionNegotiationFailed", "acceptversions", "Hanya versi 2.0.2 yang dilayani.")
    elif not version:
        raise Refused("MissingParameterValue", "version", "Parameter version tidak ada.")
    elif version != "2.0.2":
        raise _wrong("version", "Hanya versi 2.0.2 yang dilayani.")
    return operation


def _sort_name(entry: str) -> tuple[str, bool]:
    name, _, order = entry.rpartition(":")
    return (name, order.upper() == "D") if order.upper() in ("A", "D") else (entry, False)


def _constraint(values: Mapping[str, str]) -> Any:
    text, language = values.get("constraint"), values.get("constraintlanguage", "").upper()
    if not text:
        return None
    if language == "CQL_TEXT":
        return filters.parse(text)
    if language == "FILTER":
        return _filter(_xml(text.encode()))
    raise _wrong("constraintLanguage", "constraintLanguage adalah CQL_TEXT atau FILTER.")


def from_xml(body: bytes) -> Query:
    """A POST request. Raises Refused; a document type, and with it every entity, is refused."""
    root = _xml(body)
    name = etree.QName(root)
    if name.namespace != CSW:
        raise _wrong("request", f"Permintaan harus dalam ruang nama {CSW}.")
    values = {str(key).lower(): str(value) for key, value in root.attrib.items()} | {"request": name.localname}
    if (query := root.find(f"{IN_CSW}Query")) is not None:
        values["typenames"] = query.get("typeNames", "")
    if (size := root.findtext(f".//{IN_CSW}ElementSetName")) is not None:
        values["elementsetname"] = size.strip()
    if versions := [entry.text or "" for entry in root.iter(f"{IN_OWS}Version")]:
        values["acceptversions"] = ",".join(versions)
    ids = [part.strip() for entry in root.findall(f"{IN_CSW}Id") for part in (entry.text or "").split(",")]
    sort = tuple(_sort_property(entry) for entry in root.iter(f"{IN_OGC}SortProperty"))
    constraint = _xml_constraint(root.find(f".//{IN_CSW}Constraint"))
    return Query(_operation(values), values, constraint, tuple(filter(None, ids)), sort)


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
    order = entry.findtext(f"{IN_OGC}SortOrder", "ASC").strip().upper()
    return entry.findtext(f"{IN_OGC}PropertyName", "").strip(), order.startswith("DESC")


def _xml_constraint(constraint: etree._Element | None) -> Any:
    if constraint is None:
        return None
    if (text := constraint.findtext(f"{IN_CSW}CqlText")) is not None:
        return filters.parse(text)
    if (tree := constraint.find(f"{IN_OGC}Filter")) is not None:
        return _filter(tree)
    raise Refused("MissingParameterValue", "Constraint", "Constraint berisi ogc:Filter atau csw:CqlText.")


def _filter(tree: etree._Element) -> Any:
    if _depth(tree) > DEPTH_LIMIT:
        raise _wrong("Constraint", "Penyaring bersusun terlalu dalam.")
    if len(tree) == 0:
        return None
    for like in tree.iter(f"{IN_OGC}PropertyIsLike"):
        for sign, usual in (("escapeChar", like.get("escape", "\\")), ("wildCard", "%"), ("singleChar", "_")):
            like.set(sign, like.get(sign, usual))
    for envelope in tree.iter("{http://www.opengis.net/gml}Envelope"):
        _longitude_first(envelope)
    try:
        return fes.parse(tree)
    # The parser has no error of its own: whatever it stumbles over is the filter's fault.
    except Exception:
        raise BadRequest("Penyaring tidak dapat dipahami.") from None


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
        raise _wrong("srsName", f"BBOX dalam {srs!r} tidak dilayani; pakai EPSG:4326 atau CRS84.")
    if srs.endswith("4326") and srs != "EPSG:4326":
        for corner in envelope:
            corner.text = " ".join(reversed((corner.text or "").split()))
