"""The metadata of a release: ISO 19139 for the JIGN, and a record for OGC API Records."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from server.ogc.elements import GCO, GMD, GML32, XSI, Node, Parts, maker
from server.ogc.links import FORMATS, Link, Manifest, links
from server.settings import Settings

CODELISTS = (
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/codelist/gmxCodelists.xml"
)
RECORD_CORE = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"

CLASSIFICATIONS = {"terbuka": "unclassified", "terbatas": "restricted", "tertutup": "confidential"}
DATES = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?!\d)(?:-\d{2})?)?")

gmd = maker(GMD, gmd=GMD, gco=GCO, gml=GML32, xsi=XSI)
gco = maker(GCO, gco=GCO)
gml = maker(GML32, gml=GML32)


def bbox(manifest: Manifest) -> list[float] | None:
    """West, south, east, north of all collections in CRS84; None where none has a geometry."""
    boxes = [collection["bbox"] for collection in manifest["collections"] if collection.get("bbox")]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


def interval(manifest: Manifest) -> tuple[str, str] | None:
    """First and last day that the data tell of, as found in them or else as declared."""
    for collection in manifest["collections"]:
        if collection.get("temporal"):
            begin, end = collection["temporal"]
            return _first_day(str(begin)), _last_day(str(end))
    period = str(manifest["metadata"].get("period") or "")
    dates = DATES.findall(period)
    if not dates or DATES.sub("", period).strip(" /–-") not in ("", "s.d.", "s/d", "sampai"):
        return None
    return _first_day(dates[0]), _last_day(dates[-1])


def _first_day(text: str) -> str:
    return text[:10] + {4: "-01-01", 7: "-01"}.get(len(text), "")


def _last_day(text: str) -> str:
    if len(text) == 4:
        return f"{text}-12-31"
    if len(text) == 7:
        return f"{text}-{calendar.monthrange(int(text[:4]), int(text[5:]))[1]:02}"
    return text[:10]


def metadata_files(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, bytes]:
    """The metadata that lies in the folder of a release, by file name."""
    said = record(manifest, settings, published_at)
    return {
        "metadata.xml": iso19139(manifest, settings, published_at),
        "metadata.json": json.dumps(said, ensure_ascii=False, indent=1).encode(),
    }


# OGC API Records


def record(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, Any]:
    """The GeoJSON record of a dataset's release; its id is the dataset's."""
    box, span = bbox(manifest), interval(manifest)
    return {
        "id": manifest["dataset"],
        "type": "Feature",
        "conformsTo": [RECORD_CORE],
        "geometry": _rectangle(box) if box else None,
        "time": {"interval": list(span)} if span else None,
        "properties": _properties(manifest, settings, published_at),
        "links": [_json_link(link) for link in links(manifest, settings)],
    }


def _rectangle(box: list[float]) -> dict[str, Any]:
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _json_link(link: Link) -> dict[str, Any]:
    said = {"href": link.href, "rel": link.rel, "type": link.type, "title": link.title}
    return said if link.length is None else {**said, "length": link.length}


def _properties(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, Any]:
    metadata = manifest["metadata"]
    properties = {
        "type": "dataset",
        "title": metadata.get("title") or manifest["title"],
        "description": metadata.get("abstract"),
        "keywords": list(metadata.get("keywords") or ()),
        "themes": _themes(metadata),
        "created": manifest["built_at"],
        "updated": moment(published_at),
        "language": {"code": "id", "name": "Bahasa Indonesia"},
        "license": metadata.get("license"),
        "rights": metadata.get("access", "terbuka"),
        "contacts": [_json_contact(metadata), _json_publisher(settings)],
        "formats": _json_formats(manifest),
        "kind": manifest["kind"],
        "topic": metadata.get("topic"),
        "organization": (metadata.get("contact") or {}).get("organization"),
        "period": metadata.get("period"),
        "update_frequency": metadata.get("update_frequency"),
        "version": str(manifest["number"]) if manifest.get("number") else None,
        "content_hash": manifest["content_hash"],
    }
    return {name: value for name, value in properties.items() if value not in (None, [], "")}


def _themes(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    topic = metadata.get("topic")
    return [{"concepts": [{"id": topic}], "scheme": f"{CODELISTS}#MD_TopicCategoryCode"}] if topic else []


def _json_contact(metadata: Mapping[str, Any]) -> dict[str, Any]:
    contact = metadata.get("contact") or {}
    said: dict[str, Any] = {name: contact[name] for name in ("name", "organization") if contact.get(name)}
    if contact.get("email"):
        said["emails"] = [{"value": contact["email"]}]
    return {**said, "roles": ["pointOfContact"]}


def _json_publisher(settings: Settings) -> dict[str, Any]:
    site = {"rel": "about", "type": "text/html", "href": settings.url}
    reached = {"emails": [{"value": settings.office_email}]} if settings.office_email else {}
    return {"organization": settings.office, **reached, "links": [site], "roles": ["publisher"]}


def _json_formats(manifest: Manifest) -> list[dict[str, str]]:
    return [
        {"name": format, "mediaType": media_type}
        for name, (format, media_type) in FORMATS.items()
        if name in manifest["files"]
    ]


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ISO 19139, in the order of its schema


def iso19139(manifest: Manifest, settings: Settings, published_at: datetime) -> bytes:
    """A gmd:MD_Metadata document after SNI 8843-1; it states only what is known."""
    root = iso_element(manifest, settings, published_at)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def iso_element(manifest: Manifest, settings: Settings, published_at: datetime) -> Node:
    metadata = manifest["metadata"]
    spatial = bbox(manifest) or manifest["kind"] == "geospatial"
    level = "dataset" if spatial else "nonGeographicDataset"
    root = node(
        "MD_Metadata",
        text("fileIdentifier", manifest["dataset"]),
        code("language", "LanguageCode", "ind"),
        code("characterSet", "MD_CharacterSetCode", "utf8"),
        text("parentIdentifier", metadata.get("parent")),
        code("hierarchyLevel", "MD_ScopeCode", level),
        text("hierarchyLevelName", level),
        node("contact", _producer(metadata, "pointOfContact")),
        node("contact", _walidata(settings, "custodian")),
        node("dateStamp", gco("DateTime", moment(published_at))),
        text("metadataStandardName", "SNI 8843-1:2019 Profil Metadata Spasial Indonesia (ISO 19115)"),
        text("metadataStandardVersion", "2019"),
        text("dataSetURI", f"{settings.url}/data/{manifest['dataset']}"),
        [_reference_system(crs) for crs in _crs_codes(manifest)],
        node("identificationInfo", _identification(manifest, settings, published_at)),
        node("distributionInfo", _distribution(manifest, settings)),
        node("dataQualityInfo", _quality(manifest, level, published_at)),
    )
    root.set(f"{{{XSI}}}schemaLocation", f"{GMD} http://www.isotc211.org/2005/gmd/gmd.xsd")
    return root


def _identification(manifest: Manifest, settings: Settings, published_at: datetime) -> Node:
    metadata = manifest["metadata"]
    return node(
        "MD_DataIdentification",
        node("citation", _citation(manifest, settings, published_at)),
        text("abstract", metadata.get("abstract") or manifest["title"]),
        text("purpose", metadata.get("purpose")),
        code("status", "MD_ProgressCode", "completed"),
        node("pointOfContact", _producer(metadata, "owner")),
        _maintenance(metadata),
        _keywords(metadata),
        _constraints(metadata),
        _representation(manifest),
        _scale(metadata),
        code("language", "LanguageCode", "ind"),
        code("characterSet", "MD_CharacterSetCode", "utf8"),
        _topic(metadata),
        _extent(manifest),
        text("supplementalInformation", _indicator(metadata)),
    )


def _citation(manifest: Manifest, settings: Settings, published_at: datetime) -> Node:
    return node(
        "CI_Citation",
        text("title", manifest["metadata"].get("title") or manifest["title"]),
        text("alternateTitle", manifest["dataset"]),
        _date(str(manifest["built_at"])[:10], "creation"),
        _date(moment(published_at)[:10], "publication"),
        text("edition", manifest.get("number")),
        node("identifier/MD_Identifier", text("code", f"{settings.url}/data/{manifest['dataset']}")),
    )


def _maintenance(metadata: Mapping[str, Any]) -> Node:
    frequency = metadata.get("update_frequency") or "unknown"
    return node(
        "resourceMaintenance/MD_MaintenanceInformation",
        code("maintenanceAndUpdateFrequency", "MD_MaintenanceFrequencyCode", frequency),
    )


def _keywords(metadata: Mapping[str, Any]) -> Parts:
    words = [part for word in metadata.get("keywords") or () for part in text("keyword", word)]
    theme = code("type", "MD_KeywordTypeCode", "theme")
    return [node("descriptiveKeywords/MD_Keywords", words, theme)] if words else []


def _constraints(metadata: Mapping[str, Any]) -> Parts:
    license, access = metadata.get("license"), metadata.get("access", "terbuka")
    legal = node(
        "resourceConstraints/MD_LegalConstraints",
        text("useLimitation", metadata.get("use_limitation")),
        code("accessConstraints", "MD_RestrictionCode", "otherRestrictions"),
        code("useConstraints", "MD_RestrictionCode", "license") if license else [],
        text("otherConstraints", f"Akses {access}"),
        text("otherConstraints", license and f"{license} (https://spdx.org/licenses/{license}.html)"),
    )
    classified = code("classification", "MD_ClassificationCode", CLASSIFICATIONS[access])
    return [legal, node("resourceConstraints/MD_SecurityConstraints", classified)]


def _representation(manifest: Manifest) -> Parts:
    kinds = dict.fromkeys("vector" if entry.get("geometry_type") else "textTable" for entry in manifest["collections"])
    return [code("spatialRepresentationType", "MD_SpatialRepresentationTypeCode", kind) for kind in kinds]


def _scale(metadata: Mapping[str, Any]) -> Parts:
    path = "spatialResolution/MD_Resolution/equivalentScale/MD_RepresentativeFraction/denominator"
    return [node(path, gco("Integer", str(int(metadata["scale"]))))] if metadata.get("scale") else []


def _topic(metadata: Mapping[str, Any]) -> Parts:
    return [node("topicCategory/MD_TopicCategoryCode", clean(metadata["topic"]))] if metadata.get("topic") else []


def _extent(manifest: Manifest) -> Parts:
    parts: Parts = []
    if box := bbox(manifest):
        names = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
        edges = zip(names, (box[0], box[2], box[1], box[3]), strict=True)
        rectangle = [node(name, gco("Decimal", f"{value:.7f}")) for name, value in edges]
        parts.append(node("geographicElement/EX_GeographicBoundingBox", rectangle))
    if span := interval(manifest):
        period = gml("TimePeriod", gml("beginPosition", span[0]), gml("endPosition", span[1]))
        period.set(f"{{{GML32}}}id", "periode")
        parts.append(node("temporalElement/EX_TemporalExtent/extent", period))
    return [node("extent/EX_Extent", parts)] if parts else []


def _indicator(metadata: Mapping[str, Any]) -> str:
    words = {"concept": "Konsep", "definition": "Definisi", "measure": "Ukuran", "unit": "Satuan"}
    return "; ".join(f"{word}: {metadata[name]}" for name, word in words.items() if metadata.get(name))


def _crs_codes(manifest: Manifest) -> list[str]:
    """The systems that the data came in, and the one they are served in; none for a table."""
    spatial = [entry for entry in manifest["collections"] if entry.get("geometry_type")]
    codes = [str(entry["source_crs"]) for entry in spatial if entry.get("source_crs")]
    return list(dict.fromkeys([*codes, "EPSG:4326"])) if spatial else []


def _reference_system(crs: str) -> Node:
    authority, _, number = crs.partition(":")
    known = authority in ("EPSG", "OGC") and number.isalnum()
    return node(
        "referenceSystemInfo/MD_ReferenceSystem/referenceSystemIdentifier/RS_Identifier",
        text("code", f"urn:ogc:def:crs:{authority}::{number}" if known else crs),
        text("codeSpace", authority if known else ""),
    )


def _distribution(manifest: Manifest, settings: Settings) -> Node:
    found = links(manifest, settings)
    inapplicable = {f"{{{GCO}}}nilReason": "inapplicable"}
    return node(
        "MD_Distribution",
        [
            node("distributionFormat/MD_Format", text("name", name), gmd("version", inapplicable))
            for name in dict.fromkeys(link.format for link in found if link.format)
        ],
        node("distributor/MD_Distributor/distributorContact", _walidata(settings, "distributor")),
        [_transfer(link) for link in found],
    )


def _transfer(link: Link) -> Node:
    return node(
        "transferOptions/MD_DigitalTransferOptions",
        [] if link.length is None else node("transferSize", gco("Real", f"{link.length / 1e6:.6f}")),
        node(
            "onLine/CI_OnlineResource",
            node("linkage/URL", clean(link.href)),
            text("protocol", link.protocol),
            text("name", link.title),
            text("description", link.type),
            code("function", "CI_OnLineFunctionCode", link.function),
        ),
    )


def _quality(manifest: Manifest, level: str, published_at: datetime) -> Node:
    law = node(
        "specification/CI_Citation",
        text("title", "Peraturan Presiden Nomor 39 Tahun 2019 tentang Satu Data Indonesia, Pasal 3"),
        _date("2019-06-12", "publication"),
    )
    passed = node(
        "result/DQ_ConformanceResult",
        law,
        text("explanation", "Diverifikasi Walidata dan disetujui Pembina Data, tanpa temuan yang menghalangi."),
        node("pass", gco("Boolean", "true")),
    )
    return node(
        "DQ_DataQuality",
        node("scope/DQ_Scope", code("level", "MD_ScopeCode", level)),
        node(
            "report/DQ_DomainConsistency",
            text("measureDescription", f"Pemeriksaan otomatis, aturan versi {manifest.get('rules', 1)}"),
            node("dateTime", gco("DateTime", moment(published_at))),
            passed,
        ),
        node("lineage/LI_Lineage", text("statement", manifest["metadata"].get("lineage")), _sources(manifest)),
    )


def _sources(manifest: Manifest) -> Parts:
    described = []
    if evidence := manifest.get("berita_acara"):
        described.append(f"Berita Acara pemeriksaan data Nomor {evidence['number']} tanggal {evidence['date']}")
    if boundary := manifest.get("boundary"):
        described.append(f"Batas wilayah {boundary['dataset']} rilis {boundary['number']}")
    return [node("source/LI_Source", text("description", words)) for words in described]


def _producer(metadata: Mapping[str, Any], role: str) -> Node:
    contact = metadata.get("contact") or {}
    email = text("electronicMailAddress", contact.get("email"))
    return node(
        "CI_ResponsibleParty",
        text("individualName", contact.get("name")),
        text("organisationName", contact.get("organization")),
        [node("contactInfo/CI_Contact/address/CI_Address", email)] if email else [],
        code("role", "CI_RoleCode", role),
    )


def _walidata(settings: Settings, role: str) -> Node:
    address = node(
        "address/CI_Address",
        text("deliveryPoint", settings.office_address),
        text("city", settings.city),
        text("country", "Indonesia"),
        text("electronicMailAddress", settings.office_email),
    )
    voice = text("voice", settings.office_phone)
    phone = [node("phone/CI_Telephone", voice)] if voice else []
    return node(
        "CI_ResponsibleParty",
        text("organisationName", settings.office),
        node(
            "contactInfo/CI_Contact", phone, address, node("onlineResource/CI_OnlineResource/linkage/URL", settings.url)
        ),
        code("role", "CI_RoleCode", role),
    )


def _date(day: str, kind: str) -> Node:
    return node("date/CI_Date", node("date", gco("Date", day)), code("dateType", "CI_DateTypeCode", kind))


def node(path: str, *children: Any) -> Node:
    """The gmd elements of a path inside one another, the innermost with these children (lists are laid flat)."""
    *outer, inner = path.split("/")
    flat = [part for child in children for part in (child if isinstance(child, list) else [child])]
    made = gmd(inner, *flat)
    for tag in reversed(outer):
        made = gmd(tag, made)
    return made


def text(tag: str, words: object) -> Parts:
    """The element with its words; nothing where there are none."""
    said = clean(str(words or "")).strip()
    return [node(tag, gco("CharacterString", said))] if said else []


def code(tag: str, code_list: str, value: str) -> Node:
    said = clean(value)
    return node(tag, gmd(code_list, said, codeList=f"{CODELISTS}#{code_list}", codeListValue=said))


def clean(words: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words)
