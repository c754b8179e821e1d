"""The pygeoapi configuration: who we are, from config/pygeoapi-config.yml, and what is published, from the registry."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import yaml

from server.ogc import coordinates, links, metadata, records, tiles
from server.ogc.words import CRS84
from server.settings import ROOT, Settings
from workflow.store import Registry, Release

BASE = ROOT / "config" / "pygeoapi-config.yml"
WORLD = [-180.0, -90.0, 180.0, 90.0]
STOCK_PROVIDER = "server.ogc.provider.ReleaseProvider"


def configuration(registry: Registry, settings: Settings) -> dict[str, Any]:
    """Everything that a stock `pygeoapi serve` needs to serve the same collections."""
    config = base(settings)
    for release in registry.current:
        for entry in release.manifest["collections"]:
            told = config["resources"][entry["id"]] = resource(release, entry, settings, STOCK_PROVIDER)
            folder = str(settings.home.resolve() / release.folder / entry["folder"])
            if archive := tiles.archive(Path(folder)):
                told["providers"].append(_tile_provider(entry["id"], folder, archive))
    config["resources"][records.COLLECTION] = records.catalogue_resource(registry, settings)
    return config


def base(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    config["server"]["url"] = f"{settings.url}/ogc"
    who = config["metadata"]
    who["identification"]["url"] = settings.url
    who["identification"]["title"] = {"id": f"Data resmi {settings.city}", "en": f"Official data of {settings.city}"}
    office = {"name": settings.office, "url": settings.url}
    who["provider"] |= office
    who["contact"] |= office | ({"address": settings.office_address} if settings.office_address else {})
    return config


def resource(release: Release, entry: Mapping[str, Any], settings: Settings, provider: str) -> dict[str, Any]:
    """One collection of a release as pygeoapi is told of it."""
    said = release.manifest["metadata"]
    return {
        "type": "collection",
        "title": entry["title"],
        "description": said.get("abstract") or entry["title"],
        "keywords": list(said.get("keywords") or ()),
        "links": _links(release, entry, settings),
        "extents": _extents(release, entry),
        "providers": [_provider(release, entry, settings, provider)],
    }


def _provider(release: Release, entry: Mapping[str, Any], settings: Settings, name: str) -> dict[str, Any]:
    said = {
        "type": "feature",
        "name": name,
        "data": str(settings.home.resolve() / release.folder),
        "id_field": entry["key"] or "fid",
        "crs": coordinates.uris(settings.crs if entry["geometry_type"] else ""),
        "storage_crs": CRS84,
        "options": {"collection": entry["id"]},
    }
    return said | ({"time_field": entry["period_field"]} if entry["period_field"] else {})


def _tile_provider(id: str, folder: str, archive: tiles.Archive) -> dict[str, Any]:
    return {
        "type": "tile",
        "name": "server.ogc.tile_provider.PMTilesProvider",
        "data": folder,
        "format": {"name": "mvt", "mimetype": tiles.MVT},
        "options": {
            "zoom": {"min": archive.zooms[0], "max": archive.zooms[-1]},
            "schemes": [tiles.QUAD],
            "collection": id,
        },
    }


def _extents(release: Release, entry: Mapping[str, Any]) -> dict[str, Any]:
    """pygeoapi insists on a box; where there is none, the adapter takes the world out of the answer again."""
    extents: dict[str, Any] = {"spatial": {"bbox": list(entry["bbox"] or WORLD), "crs": CRS84}}
    if span := metadata.interval({**release.manifest, "collections": [entry]}):
        first, last = (datetime.fromisoformat(day).date() for day in span)
        begin, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(23, 59, 59), UTC)
        extents["temporal"] = {"begin": begin, "end": end}
    return extents


def _links(release: Release, entry: Mapping[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """Page, files, metadata and journey of the release, its licence, and the schema in the shape that GDAL reads."""
    manifest = {**release.manifest, "number": release.number, "collections": [entry]}
    found = [link.json() for link in links.links(manifest, settings) if link.rel not in ("describes", "items")]
    schema = {
        "type": "application/schema+json",
        "title": "Skema fitur (GeoJSON)",
        "href": f"{settings.url}/ogc/collections/{entry['id']}/schema?profile=geojson",
    }
    found += [schema | {"rel": rel} for rel in ("describedby", "describedBy")]
    if license := release.manifest["metadata"].get("license"):
        address = f"https://spdx.org/licenses/{license}.html"
        found.append({"type": "text/html", "rel": "license", "title": license, "href": address})
    return found
