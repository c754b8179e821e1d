"""What is served at one revision of the registry: built once, never changed, swapped as a whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import pygeoapi

from server.ogc import openapi
from server.ogc.configuration import base, resource
from server.ogc.engine import Api
from server.ogc.rendered import open_collection
from server.settings import Settings
from workflow.errors import Broken, Gone, NotFound, SebarError
from workflow.store import Registry, Release

LOG = logging.getLogger(__name__)
PROVIDER = "server.ogc.provider.FragmentProvider"


@dataclass(frozen=True)
class Served:
    """One collection: the release it comes from, its part of the manifest and its pygeoapi resource."""

    release: Release
    entry: Mapping[str, Any]
    resource: Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """`seen` is the revision that was read before the registry was; `gone` and `broken` are ids of datasets."""

    seen: int
    api: Api
    served: Mapping[str, Served]
    gone: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    seal: str = field(default="")

    @cached_property
    def openapi(self) -> dict[str, Any]:
        return openapi.document(self.api.config)

    def find(self, collection: str) -> Served:
        """Raises Gone for what was withdrawn, Broken for what cannot be read now, NotFound for the rest."""
        if collection in self.served:
            return self.served[collection]
        dataset = collection.removesuffix("-peta")
        if collection in self.gone or dataset in self.gone:
            raise Gone(
                f"Koleksi “{collection}” sudah ditarik dari layanan.",
                mend="Hapus layer ini dari peta Anda, atau cari penggantinya di daftar koleksi.",
                where={"collection": collection},
            )
        if collection in self.broken or dataset in self.broken:
            raise Broken(
                "Koleksi ini sedang tidak dapat dibaca.", code="KOLEKSI-RUSAK", where={"collection": collection}
            )
        raise NotFound(
            f"Koleksi “{collection}” tidak ada.",
            mend="Lihat daftar koleksi di /ogc/collections.",
            where={"collection": collection},
        )


def build(registry: Registry, settings: Settings, seen: int = 0, before: Snapshot | None = None) -> Snapshot:
    """Opens what `before` did not serve. What cannot be opened is left out and logged; the others are served."""
    served: dict[str, Served] = {}
    broken = set()
    for release in registry.current:
        try:
            served |= _served(release, settings, before)
        except (SebarError, KeyError, TypeError, ValueError, OSError):
            LOG.exception("release %s/%s is left out", release.dataset, release.number)
            broken.add(release.dataset)
    config = base(settings)
    config["resources"] = {name: one.resource for name, one in served.items()}
    seal = sha256(f"{pygeoapi.__version__} {settings.url} {registry.revision}".encode()).hexdigest()
    return Snapshot(seen, Api(config), served, frozenset(registry.withdrawn), frozenset(broken), seal)


def _served(release: Release, settings: Settings, before: Snapshot | None) -> dict[str, Served]:
    found = {}
    for entry in release.manifest["collections"]:
        old = before.served.get(entry["id"]) if before else None
        if old and (old.release.folder, old.release.content_hash) == (release.folder, release.content_hash):
            found[entry["id"]] = old
            continue
        open_collection(settings.home.resolve() / release.folder, entry["id"])
        found[entry["id"]] = Served(release, entry, resource(release, entry, settings, PROVIDER))
    return found


class Snapshots:
    """The current snapshot. The revision is read for every request; whoever sees a new one builds, the rest wait."""

    def __init__(self, registry: Callable[[], Registry], revision: Callable[[], int], settings: Settings) -> None:
        self._registry, self._revision, self._settings = registry, revision, settings
        self._current: Snapshot | None = None
        self._building = threading.Lock()

    def current(self) -> Snapshot:
        snapshot = self._current
        if snapshot is not None and snapshot.seen == self._revision():
            return snapshot
        with self._building:
            seen = self._revision()
            if self._current is None or self._current.seen != seen:
                self._current = build(self._registry(), self._settings, seen, self._current)
            return self._current
