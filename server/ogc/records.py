"""The collection `katalog`: one OGC record for every dataset that is served."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pygeoapi.provider.base import BaseProvider, ProviderInvalidQueryError, ProviderItemNotFoundError, SchemaType

from server.ogc.metadata import bbox, record
from server.ogc.record_search import Entry, matches
from server.settings import Settings
from workflow.errors import BadRequest, Gone
from workflow.store import Registry

COLLECTION = "katalog"
FIELDS: dict[str, dict[str, str]] = {
    "title": {"type": "string", "title": "Judul"},
    "description": {"type": "string", "title": "Abstrak"},
    "keywords": {"type": "string", "title": "Kata kunci"},
    "type": {"type": "string", "title": "Jenis sumber"},
    "kind": {"type": "string", "title": "Jenis data"},
    "topic": {"type": "string", "title": "Tema"},
    "organization": {"type": "string", "title": "Produsen Data"},
    "period": {"type": "string", "title": "Periode"},
    "update_frequency": {"type": "string", "title": "Frekuensi pemutakhiran"},
    "license": {"type": "string", "title": "Lisensi"},
    "version": {"type": "string", "title": "Rilis"},
    "content_hash": {"type": "string", "title": "Sidik isi"},
    "created": {"type": "string", "format": "date-time", "title": "Dibuat"},
    "updated": {"type": "string", "format": "date-time", "title": "Disebarluaskan"},
}


def catalogue_resource(registry: Registry, settings: Settings) -> dict[str, Any]:
    """The pygeoapi resource: plain values only, so that it can be written to a configuration file."""
    boxes = [box for release in registry.current if (box := bbox(release.manifest))]
    west, south, east, north = zip(*boxes, strict=True) if boxes else ((-180,), (-90,), (180,), (90,))
    return {
        "type": "collection",
        "title": f"Katalog data {settings.city}",
        "description": f"Metadata data yang disebarluaskan {settings.office}.",
        "keywords": ["katalog", "metadata", "Satu Data Indonesia", "JIGN"],
        "links": [
            _link(settings, "/data", "text/html", "about"),
            _link(settings, "/csw", "application/xml", "alternate"),
        ],
        "extents": {"spatial": {"bbox": [min(west), min(south), max(east), max(north)], "crs": CRS84}},
        "providers": [_provider(registry, settings)],
    }


CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def _link(settings: Settings, path: str, media_type: str, rel: str) -> dict[str, str]:
    title = {"/data": "Pencarian data", "/csw": "CSW 2.0.2"}[path]
    return {"type": media_type, "rel": rel, "title": title, "href": settings.url + path, "hreflang": "id"}


def _provider(registry: Registry, settings: Settings) -> dict[str, Any]:
    folders = {
        release.dataset: [str(settings.home / release.folder), release.published_at.astimezone(UTC).isoformat()]
        for release in sorted(registry.current, key=lambda release: release.dataset)
    }
    names = ("url", "city", "office", "office_address", "office_email", "office_phone")
    return {
        "type": "record",
        "name": "server.ogc.records.ReleaseRecords",
        "data": {
            "settings": {name: getattr(settings, name) for name in names},
            "releases": folders,
            "withdrawn": sorted(registry.withdrawn),
        },
        "id_field": "identifier",
        "title_field": "title",
    }


class Withdrawn(ProviderItemNotFoundError):  # type: ignore[misc]
    """410, as everywhere else."""

    http_status_code = HTTPStatus.GONE


class ReleaseRecords(BaseProvider):  # type: ignore[misc]
    """Reads the manifests of release folders; those do not change, so each is read once."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self.settings = Settings(**self.data["settings"])
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, str]]:
        self._fields = deepcopy(FIELDS)
        return self._fields

    def get_schema(self, schema_type: SchemaType = SchemaType.item) -> tuple[str, dict[str, Any]]:
        return "application/geo+json", {
            "type": "object",
            "properties": {"properties": {"properties": deepcopy(FIELDS)}},
        }

    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: list[float] | None = None,
        datetime_: str | None = None,
        properties: list[tuple[str, str]] | None = None,
        sortby: list[dict[str, str]] | None = None,
        select_properties: list[str] | None = None,
        skip_geometry: bool = False,
        q: str | None = None,
        filterq: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Raises ProviderInvalidQueryError for a filter that cannot be asked of records."""
        found = [
            entry
            for entry in map(self._entry, self.data["releases"])
            if _near(entry, bbox or [])
            and _during(entry, datetime_)
            and _worded(entry, q)
            and all(_says(entry, name, value) for name, value in properties or ())
            and _filtered(entry, filterq)
        ]
        for order in reversed(sortby or []):
            found.sort(key=lambda entry: _said(entry, order["property"]), reverse=order["order"] == "-")
        page = found[offset : offset + limit] if resulttype != "hits" else []
        features = [_copy(entry, select_properties or [], skip_geometry) for entry in page]
        return {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": len(found),
            "numberReturned": len(features),
        }

    def get(self, identifier: str, **kwargs: Any) -> dict[str, Any]:
        if identifier in self.data["withdrawn"]:
            gone = Gone("Data ini sudah ditarik dari penyebarluasan.", where={"dataset": identifier})
            raise Withdrawn(user_msg=gone.detail) from gone
        if identifier not in self.data["releases"]:
            raise ProviderItemNotFoundError(user_msg="Tidak ada metadata data ini di katalog.")
        return _copy(self._entry(identifier), [], False)

    def _entry(self, dataset: str) -> Entry:
        folder, published_at = self.data["releases"][dataset]
        return _read(folder, published_at, self.settings)


@lru_cache(maxsize=4096)
def _read(folder: str, published_at: str, settings: Settings) -> Entry:
    manifest = json.loads((Path(folder) / "manifest.json").read_bytes())
    return Entry(record(manifest, settings, datetime.fromisoformat(published_at)))


def _copy(entry: Entry, select: list[str], skip_geometry: bool) -> dict[str, Any]:
    """A record of its own for pygeoapi, which writes links into it."""
    copied = deepcopy(dict(entry.record))
    if select:
        copied["properties"] = {name: value for name, value in copied["properties"].items() if name in select}
    return {**copied, "geometry": None} if skip_geometry else copied


def _near(entry: Entry, bbox: list[float]) -> bool:
    if not bbox:
        return True
    west, south, east, north = bbox if len(bbox) == 4 else (bbox[0], bbox[1], bbox[3], bbox[4])
    if entry.extent is None:
        return False
    left, bottom, right, top = entry.extent.bounds
    across = left <= east and right >= west if west <= east else left <= east or right >= west
    return bool(across and bottom <= north and top >= south)


def _during(entry: Entry, moment: str | None) -> bool:
    """Days are compared as text; what has no time is not of that time."""
    if moment is None:
        return True
    if entry.interval is None:
        return False
    begin, _, end = moment.partition("/")
    end = end if "/" in moment else begin
    first, last = entry.interval
    return (begin in ("", "..") or last >= begin[: len(last)]) and (end in ("", "..") or first[: len(end)] <= end)


def _worded(entry: Entry, q: str | None) -> bool:
    """OGC API Records: terms between commas are alternatives, the words of a term all have to be there."""
    terms = [term.split() for term in (q or "").casefold().split(",") if term.strip()]
    return not terms or any(all(word in entry.anytext for word in term) for term in terms)


def _says(entry: Entry, name: str, value: str) -> bool:
    if name == "keywords":
        return value in entry.record["properties"].get("keywords", ())
    return bool(_said(entry, name) == value)


def _said(entry: Entry, name: str) -> str:
    value = entry.record["properties"].get(name, "")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _filtered(entry: Entry, tree: Any) -> bool:
    try:
        return tree is None or matches(tree, entry)
    except BadRequest as fault:
        raise ProviderInvalidQueryError(user_msg=fault.detail) from fault
