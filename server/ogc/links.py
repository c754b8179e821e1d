"""Where a release can be read: its page, its collections, its files, its journey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.settings import Settings

Manifest = Mapping[str, Any]

FORMATS = {
    "data.gpkg": ("GeoPackage", "application/geopackage+sqlite3"),
    "data.geojson": ("GeoJSON", "application/geo+json"),
    "data.csv": ("CSV", "text/csv"),
    "data-shp.zip": ("Shapefile", "application/zip"),
}
"""Downloads of a release folder: name of the format, media type."""


@dataclass(frozen=True)
class Link:
    """One address of the release. `protocol` is ISO's word for it, `rel` the web's."""

    href: str
    rel: str
    type: str
    title: str
    protocol: str
    function: str = "information"
    length: int | None = None
    format: str = ""


def links(manifest: Manifest, settings: Settings) -> list[Link]:
    dataset, number = manifest["dataset"], manifest.get("number") or "terkini"
    page, files = f"{settings.url}/data/{dataset}", f"{settings.url}/data/{dataset}/{number}"
    found = [Link(page, "alternate", "text/html", "Halaman data", "WWW:LINK-1.0-http--link")]
    for collection in manifest["collections"]:
        address, title = f"{settings.url}/ogc/collections/{collection['id']}", collection["title"]
        api = ("application/json", "application/geo+json")
        found += [
            Link(address, "collection", api[0], f"{title} (OGC API)", "OGC:API-Features"),
            Link(f"{address}/items", "items", api[1], f"{title} (butir data)", "OGC:API-Features", "search"),
        ]
        found += _downloads(manifest, collection, files)
    return [
        *found,
        Link(f"{files}/metadata.xml", "describedby", "application/xml", "Metadata ISO 19139", "WWW:DOWNLOAD"),
        Link(
            f"{settings.url}/verifikasi/{manifest['content_hash']}",
            "http://www.w3.org/ns/prov#has_provenance",
            "text/html",
            "Perjalanan dan keaslian data",
            "WWW:LINK-1.0-http--link",
        ),
    ]


def _downloads(manifest: Manifest, collection: Mapping[str, Any], files: str) -> Iterator[Link]:
    folder = "" if collection["folder"] == "." else f"{collection['folder']}/"
    for name, (format, media_type) in FORMATS.items():
        if file := manifest["files"].get(folder + name):
            title = f"{collection['title']} ({format})"
            yield Link(
                f"{files}/{folder}{name}",
                "enclosure",
                file.get("media_type", media_type),
                title,
                "WWW:DOWNLOAD-1.0-http--download",
                "download",
                file["bytes"],
                format,
            )
