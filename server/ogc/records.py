"""The collection `katalog`: one OGC record for every dataset that is served."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pygeoapi.provider.base import ProviderItemNotFoundError
from pygeofilter import ast

from server.ogc.catalogue import catalogue, containing, text_of
from server.ogc.filters import balanced
from server.ogc.metadata import bbox
from server.ogc.provider import ReleaseProvider
from server.ogc.rendered import Rendered
from server.ogc.words import CRS84
from server.settings import Settings
from workflow.errors import Gone
from workflow.store import Registry

COLLECTION = "katalog"
LISTS: dict[str, Callable[[list[str]], Any]] = {
    "ids": lambda wanted: ast.In(ast.Attribute("id"), wanted, False),
    "type": lambda wanted: ast.In(ast.Attribute("type"), wanted, False),
    # No other catalogue has named our records.
    "externalIds": lambda wanted: False,
}
"""Parameters with several values, of which one is enough."""


def catalogue_resource(registry: Registry, settings: Settings) -> dict[str, Any]:
    """The pygeoapi resource: plain values only, so that it can be written to a configuration file."""
    whole = {"collections": [{"bbox": bbox(release.manifest)} for release in registry.current]}
    said = {"rel": "about", "type": "text/html", "title": "Pencarian data", "href": f"{settings.url}/data"}
    csw = {"rel": "alternate", "type": "application/xml", "title": "CSW 2.0.2", "href": f"{settings.url}/csw"}
    return {
        "type": "collection",
        "title": f"Katalog data {settings.city}",
        "description": f"Metadata data yang disebarluaskan {settings.office}.",
        "keywords": ["katalog", "metadata", "Satu Data Indonesia", "JIGN"],
        "links": [link | {"hreflang": "id"} for link in (said, csw)],
        "extents": {"spatial": {"bbox": bbox(whole) or [-180, -90, 180, 90], "crs": CRS84}},
        "providers": [_provider(registry, settings)],
    }


def _provider(registry: Registry, settings: Settings) -> dict[str, Any]:
    folders = [
        [str(settings.home / release.folder), release.published_at.astimezone(UTC).isoformat()]
        for release in sorted(registry.current, key=lambda release: release.dataset)
    ]
    names = ("url", "city", "office", "office_address", "office_email", "office_phone")
    said = {name: getattr(settings, name) for name in names}
    return {
        "type": "record",
        "name": "server.ogc.records.ReleaseRecords",
        "data": {"settings": said, "releases": folders, "withdrawn": sorted(registry.withdrawn)},
        "id_field": "id",
        "title_field": "title",
        "include_extra_query_parameters": True,
    }


class Withdrawn(ProviderItemNotFoundError):  # type: ignore[misc]
    """410, as everywhere else."""

    http_status_code = HTTPStatus.GONE


class ReleaseRecords(ReleaseProvider):
    """Over the manifests of release folders; those do not change, so each is read once."""

    def opened(self) -> Rendered:
        releases = tuple(tuple(release) for release in self.data["releases"])
        return _catalogue(releases, Settings(**self.data["settings"]))

    def query(
        self,
        *_: Any,
        q: str | None = None,
        properties: Sequence[tuple[str, str]] = (),
        filterq: ast.Node | None = None,
        **asked: Any,
    ) -> dict[str, Any]:
        lists = [LISTS[name](text.split(",")) for name, text in properties if name in LISTS]
        parts = [part for part in (filterq, _words(q or ""), *lists) if part is not None]
        plain = [(name, text) for name, text in properties if name not in LISTS]
        return super().query(properties=plain, filterq=balanced(ast.And, parts) if parts else None, **asked)

    def get(self, identifier: str, *_: Any, **kwargs: Any) -> dict[str, Any]:
        if identifier in self.data["withdrawn"]:
            gone = Gone("Data ini sudah ditarik dari penyebarluasan.", where={"dataset": identifier})
            raise Withdrawn(user_msg=gone.detail) from gone
        return super().get(identifier)


@lru_cache(maxsize=4)
def _catalogue(releases: tuple[tuple[str, str], ...], settings: Settings) -> Rendered:
    return catalogue([_read(folder, published_at, settings) for folder, published_at in releases])


@lru_cache(maxsize=4096)
def _read(folder: str, published_at: str, settings: Settings) -> bytes:
    manifest = json.loads((Path(folder) / "manifest.json").read_bytes())
    return text_of(manifest, settings, datetime.fromisoformat(published_at))


def _words(q: str) -> ast.Node | None:
    """OGC API Records: terms between commas are alternatives, the words of a term stand in this order."""
    terms = [containing(" ".join(term.split())) for term in q.split(",") if term.strip()]
    return balanced(ast.Or, terms) if terms else None
