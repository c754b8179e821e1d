"""The metadata of a release: ISO 19139 for the JIGN, and a record for OGC API Records."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from server.ogc.links import CATALOGUE, Manifest, links
from server.ogc.periods import first_day, last_day
from server.ogc.xml import document, rendered
from server.release.formats import READY
from server.settings import Settings
from workflow.labels import METADATA_MORE

TOPICS = (
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/codelist/gmxCodelists.xml"
    "#MD_TopicCategoryCode"
)
RECORD_CORE = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
RECORD = "http://www.opengis.net/def/profile/OGC/0/ogc-record"
PROFILE = {"rel": "profile", "type": "text/html", "title": "OGC API Records"}
IN_CATALOGUE = {"rel": "collection", "type": CATALOGUE, "title": "Katalog"}
INDICATOR = {"concept": "Konsep", "definition": "Definisi", "measure": "Ukuran", "unit": "Satuan"} | {
    name: said["word"] for name, said in METADATA_MORE.items() if name != "use_limitation"
}
DATES = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?!\d)(?:-\d{2})?)?")


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
            return first_day(str(begin)), last_day(str(end))
    period = str(manifest["metadata"].get("period") or "")
    dates = DATES.findall(period)
    if not dates or DATES.sub("", period).strip(" /–-") not in ("", "s.d.", "s/d", "sampai"):
        return None
    return first_day(dates[0]), last_day(dates[-1])


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata_files(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, bytes]:
    """The metadata that lies in the folder of a release, by file name."""
    said = record(manifest, settings, published_at)
    return {
        "metadata.xml": iso19139(manifest, settings, published_at),
        "metadata.json": json.dumps(said, ensure_ascii=False, indent=1).encode(),
    }


def iso19139(manifest: Manifest, settings: Settings, published_at: datetime) -> bytes:
    return document(iso_element(manifest, settings, published_at))


def iso_element(manifest: Manifest, settings: Settings, published_at: datetime) -> Markup:
    """States only what is known."""
    metadata, entries = manifest["metadata"], manifest["collections"]
    return rendered(
        "iso.xml",
        manifest=manifest,
        metadata=metadata,
        settings=settings,
        published_at=moment(published_at),
        address=f"{settings.url}/data/{manifest['dataset']}",
        links=links(manifest, settings),
        bbox=bbox(manifest),
        interval=interval(manifest),
        crs=[_urn(crs) for crs in _crs_codes(manifest)],
        kinds=dict.fromkeys("vector" if entry.get("geometry_type") else "textTable" for entry in entries),
        indicator="; ".join(f"{word}: {metadata[name]}" for name, word in INDICATOR.items() if metadata.get(name)),
        sources=list(_sources(manifest)),
    )


def _crs_codes(manifest: Manifest) -> list[str]:
    """The systems that the data came in, and the one they are served in; none for a table."""
    spatial = [entry for entry in manifest["collections"] if entry.get("geometry_type")]
    codes = [str(entry["source_crs"]) for entry in spatial if entry.get("source_crs")]
    return list(dict.fromkeys([*codes, "EPSG:4326"])) if spatial else []


def _urn(crs: str) -> tuple[str, str]:
    """The name of a CRS, and the authority where there is one."""
    authority, _, number = crs.partition(":")
    known = authority in ("EPSG", "OGC") and number.isalnum()
    return (f"urn:ogc:def:crs:{authority}::{number}", authority) if known else (crs, "")


def _sources(manifest: Manifest) -> Iterator[str]:
    if evidence := manifest.get("berita_acara"):
        yield f"Berita Acara pemeriksaan data Nomor {evidence['number']} tanggal {evidence['date']}"
    if boundary := manifest.get("boundary"):
        yield f"Batas wilayah {boundary['dataset']} rilis {boundary['number']}"


def record(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, Any]:
    """The GeoJSON record of a dataset's release; its id is the dataset's."""
    box, span = bbox(manifest), interval(manifest)
    own = ((f"{settings.url}/ogc/collections/katalog", IN_CATALOGUE), (RECORD, PROFILE))
    return {
        "id": manifest["dataset"],
        "type": "Feature",
        "conformsTo": [RECORD_CORE],
        "geometry": _rectangle(box) if box else None,
        "time": {"interval": list(span)} if span else None,
        "properties": _properties(manifest, settings, published_at),
        "links": [link.json() for link in links(manifest, settings)] + [link | {"href": href} for href, link in own],
    }


def _rectangle(box: list[float]) -> dict[str, Any]:
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _properties(manifest: Manifest, settings: Settings, published_at: datetime) -> dict[str, Any]:
    metadata = manifest["metadata"]
    topic = metadata.get("topic")
    formats = [
        {"name": format.name, "mediaType": format.media_type}
        for name, format in READY.items()
        if name in manifest["files"]
    ]
    properties = {
        "type": "dataset",
        "title": metadata.get("title") or manifest["title"],
        "description": metadata.get("abstract"),
        "keywords": list(metadata.get("keywords") or ()),
        "themes": [{"concepts": [{"id": topic}], "scheme": TOPICS}] if topic else [],
        "created": manifest["built_at"],
        "updated": moment(published_at),
        "language": {"code": "id", "name": "Bahasa Indonesia"},
        "license": metadata.get("license"),
        "rights": metadata.get("access", "terbuka"),
        "contacts": [contact for contact in (_producer(metadata), _publisher(settings)) if contact],
        "formats": formats,
        "kind": manifest["kind"],
        "topic": topic,
        "organization": (metadata.get("contact") or {}).get("organization"),
        "period": metadata.get("period"),
        "update_frequency": metadata.get("update_frequency"),
        "version": str(manifest["number"]) if manifest.get("number") else None,
        "content_hash": manifest["content_hash"],
    }
    return {name: value for name, value in properties.items() if value not in (None, [], "")}


def _producer(metadata: Mapping[str, Any]) -> dict[str, Any]:
    contact = metadata.get("contact") or {}
    said: dict[str, Any] = {name: contact[name] for name in ("name", "organization") if contact.get(name)}
    if not said:
        return {}
    if contact.get("email"):
        said["emails"] = [{"value": contact["email"]}]
    return {**said, "roles": ["pointOfContact"]}


def _publisher(settings: Settings) -> dict[str, Any]:
    site = {"rel": "about", "type": "text/html", "href": settings.url}
    reached = {"emails": [{"value": settings.office_email}]} if settings.office_email else {}
    return {"organization": settings.office, **reached, "links": [site], "roles": ["publisher"]}
