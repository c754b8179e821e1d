"""Where a release can be read: its page, its collections, its files, its journey."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.release.formats import READY, made_formats
from server.settings import Settings

Manifest = Mapping[str, Any]
CATALOGUE = "application/ogc-catalog+json"

HTML, DOWNLOAD, API = "WWW:LINK-1.0-http--link", "WWW:DOWNLOAD-1.0-http--download", "OGC:API-Features"
PROVENANCE = "http://www.w3.org/ns/prov#has_provenance"
ISO_19139 = "application/vnd.iso.19139+xml"
"""Not application/xml: what describes a collection in that form, GDAL and QGIS read as its XML schema."""


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

    def json(self) -> dict[str, Any]:
        said = {"href": self.href, "rel": self.rel, "type": self.type, "title": self.title}
        return said if self.length is None else said | {"length": self.length}


def links(manifest: Manifest, settings: Settings) -> list[Link]:
    """In the order in which they are shown."""
    return list(_links(manifest, settings.url))


def _links(manifest: Manifest, url: str) -> Iterator[Link]:
    page = f"{url}/data/{manifest['dataset']}"
    files = f"{page}/{manifest.get('number') or 'terkini'}"
    seal = f"{url}/verifikasi/{manifest['content_hash']}"
    yield Link(page, "alternate", "text/html", "Halaman data", HTML)
    for collection in manifest["collections"]:
        address, title = f"{url}/ogc/collections/{collection['id']}", collection["title"]
        yield Link(address, "describes", "application/json", f"{title} (OGC API)", API)
        yield Link(f"{address}/items", "items", "application/geo+json", f"{title} (butir data)", API, "search")
        folder = "" if collection["folder"] == "." else f"{collection['folder']}/"
        there = {name: manifest["files"].get(folder + name) for name in READY}
        offered = {name: format for name, format in READY.items() if there[name]} | made_formats(collection)
        for name, format in offered.items():
            address, known = f"{files}/{folder}{name}", there.get(name) or {}
            type, size = known.get("media_type", format.media_type), known.get("bytes")
            told = f"{title} ({format.name})"
            yield Link(address, "enclosure", type, told, DOWNLOAD, "download", size, format.name)
    yield Link(f"{files}/metadata.xml", "describedby", ISO_19139, "Metadata ISO 19139", "WWW:DOWNLOAD")
    yield Link(seal, PROVENANCE, "text/html", "Perjalanan dan keaslian data", HTML)
