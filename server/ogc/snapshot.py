"""What is served at one revision of the registry: built once, never changed, swapped as a whole."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from server.ogc import openapi, records
from server.ogc.catalogue import FIELDS
from server.ogc.configuration import base, resource
from server.ogc.engine import Api
from server.ogc.provider import schema_fields
from server.ogc.rendered import Rendered, open_collection
from server.ogc.tiles import Archive, archive
from server.pages.language import _
from server.settings import Settings
from server.store.index import ReleaseIndex
from server.store.index_gpkg import GeoPackageIndex
from server.store.index_postgis import HelpedIndex, Pool, PostgisIndex, reading_pool
from server.store.terbit import table_of
from workflow.errors import Broken, Gone, NotFound, SebarError
from workflow.layer import FieldType
from workflow.sop import READABLE, Status
from workflow.store import Registry, Release

LOG = logging.getLogger(__name__)
PROVIDER = "server.ogc.provider.FragmentProvider"
RETRY_SECONDS = 30.0
LONGEST_NUMBER = 10
"""Digits; what is longer is no number of a release, and neither database would take it."""


@dataclass(frozen=True)
class Served:
    """One collection: its pygeoapi resource, its fields as JSON Schema, the release and its part of the manifest.

    The catalogue speaks of all releases and comes from none.
    """

    id: str
    resource: Mapping[str, Any]
    fields: Mapping[str, Mapping[str, Any]]
    release: Release | None = None
    entry: Mapping[str, Any] = field(default_factory=dict)
    rendered: Rendered | None = None
    api: Api | None = None
    """Of its own, where it is not one of the current collections."""

    @property
    def opened(self) -> Rendered:
        """Raises Broken where there is nothing to open."""
        if self.rendered is None:
            raise Broken(f"{self.id} has no rendered features")
        return self.rendered

    @property
    def index(self) -> ReleaseIndex:
        found: ReleaseIndex = self.resource["providers"][0].get("index") or self.opened.index
        return found

    def release_kept(self, args: Mapping[str, str]) -> str:
        """What a link to another page adds, so that all pages come from one release."""
        if self.release is None or "release" in args or "@" in self.id:
            return ""
        return f"&release={self.release.number}"

    @cached_property
    def seal(self) -> str:
        """Another one where the content is another."""
        return _seal(self.release) if self.release else ""

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """URIs of the coordinate systems that may be asked for."""
        return tuple(self.resource["providers"][0].get("crs", ()))

    @cached_property
    def types(self) -> dict[str, FieldType]:
        return {name: FieldType(one.get("format") or one["type"]) for name, one in self.fields.items()}

    @property
    def tiles(self) -> Archive | None:
        return archive(Path(self.resource["providers"][0]["data"]) / self.entry["folder"]) if self.release else None

    @property
    def spatial(self) -> bool:
        return self.release is None or self.entry["geometry_type"] is not None


@dataclass(frozen=True)
class Snapshot:
    """`seen` is the revision that was read before the registry was; `gone` and `broken` are ids of datasets."""

    seen: int
    api: Api
    served: Mapping[str, Served]
    gone: frozenset[str]
    broken: frozenset[str]
    seal: str
    built: float
    pin: Callable[[Served, str, int], Served] | None = None
    """Opens an earlier release of a collection under this name. Raises NotFound, Gone, Broken."""
    pinned: dict[tuple[str, int], Served] = field(default_factory=dict)

    @cached_property
    def openapi(self) -> dict[str, Any]:
        tiled = [name for name, one in self.served.items() if one.tiles]
        return openapi.document(self.api.config, {name: one.fields for name, one in self.served.items()}, tiled)

    def find(self, collection: str, release: str = "") -> Served:
        """The collection, also of an earlier release: as `{id}@{number}`, or with `release`.

        Raises Gone for what was withdrawn, Broken for what cannot be read now, NotFound for the rest.
        """
        name, _at, number = collection.partition("@")
        current = self._current(name)
        number = number or release
        if collection == name and (current.release is None or number in ("", str(current.release.number))):
            return current
        plausible = number.isascii() and number.isdecimal() and len(number) < LONGEST_NUMBER
        if not plausible or current.release is None or self.pin is None:
            raise _unknown(collection)
        key = (collection, int(number))
        if key not in self.pinned:
            self.pinned[key] = self.pin(current, *key)
        return self.pinned[key]

    def _current(self, collection: str) -> Served:
        if collection in self.served:
            return self.served[collection]
        dataset = collection.removesuffix("-peta")
        where = {"collection": collection}
        if collection in self.gone or dataset in self.gone:
            mend = "Hapus layer ini dari peta Anda, atau cari penggantinya di daftar koleksi."
            raise Gone(_("Koleksi “%(id)s” sudah ditarik dari layanan.", id=collection), mend=mend, where=where)
        if collection in self.broken or dataset in self.broken:
            raise Broken("Koleksi ini sedang tidak dapat dibaca.", code="KOLEKSI-RUSAK", where=where)
        raise _unknown(collection)


def _unknown(collection: str) -> NotFound:
    mend = "Lihat daftar koleksi di /ogc/collections."
    return NotFound(_("Koleksi “%(id)s” tidak ada.", id=collection), mend=mend, where={"collection": collection})


def build(
    registry: Registry, settings: Settings, seen: int = 0, before: Snapshot | None = None, postgis: Pool | None = None
) -> Snapshot:
    """Opens what `before` did not serve. What cannot be opened is left out and logged; the others are served."""
    served: dict[str, Served] = {}
    broken = set()
    for release in registry.current:
        try:
            served |= _served(release, settings, before, postgis)
        except (SebarError, KeyError, TypeError, ValueError, OSError):
            LOG.exception("release %s/%s is left out", release.dataset, release.number)
            broken.add(release.dataset)
    whole = tuple(release for release in registry.current if release.dataset not in broken)
    catalogue = records.catalogue_resource(replace(registry, current=whole), settings)
    fields = schema_fields({"fields": FIELDS, "key": "id"})
    served[records.COLLECTION] = Served(records.COLLECTION, catalogue, fields)
    config = base(settings)
    config["resources"] = {name: one.resource for name, one in served.items()}
    seal = repr((registry.revision, settings.city, settings.office, [_seal(release) for release in whole]))
    gone = frozenset(registry.withdrawn)
    return Snapshot(seen, Api(config), served, gone, frozenset(broken), seal, time.monotonic())


def _served(release: Release, settings: Settings, before: Snapshot | None, postgis: Pool | None) -> dict[str, Served]:
    found = {}
    for entry in release.manifest["collections"]:
        old = before.served.get(entry["id"]) if before else None
        if old and old.release and (old.release.folder, old.seal) == (release.folder, _seal(release)):
            found[entry["id"]] = old
            continue
        opened = open_collection(settings.home.resolve() / release.folder, entry["id"])
        if opened.entry["features_sha256"] != entry["features_sha256"]:
            raise Broken(f"{release.folder} does not hold what the records name")
        fields = schema_fields(opened.entry)
        told = resource(release, entry, settings, PROVIDER)
        if postgis and isinstance(opened.index, GeoPackageIndex):
            table = PostgisIndex(postgis, table_of(entry, release), opened.rows)
            told["providers"][0]["index"] = HelpedIndex(opened.index, table)
        found[entry["id"]] = Served(entry["id"], told, fields, release, entry, opened)
    return found


def _seal(release: Release) -> str:
    return f"{release.dataset} {release.number} {release.content_hash} {release.published_at}"


class Snapshots:
    """The current snapshot. The revision is read for every request; whoever sees a new one builds, the rest wait."""

    def __init__(
        self,
        registry: Callable[[], Registry],
        revision: Callable[[], int],
        settings: Settings,
        release: Callable[[str, int], Release | None],
    ) -> None:
        self._registry, self.revision, self._settings, self._release = registry, revision, settings, release
        self._postgis = reading_pool(settings.database_url) if settings.database_url else None
        self._current: Snapshot | None = None
        self._building = threading.Lock()

    def current(self) -> Snapshot:
        snapshot = self._current
        if snapshot is not None and self._holds(snapshot, self.revision()):
            return snapshot
        with self._building:
            seen = self.revision()
            if self._current is None or not self._holds(self._current, seen):
                built = build(self._registry(), self._settings, seen, self._current, self._postgis)
                self._current = replace(built, pin=partial(self._pin, built.api.config))
            return self._current

    def _pin(self, config: Mapping[str, Any], current: Served, collection: str, number: int) -> Served:
        dataset = current.release.dataset if current.release else ""
        release = self._release(dataset, number)
        if release is not None and release.status is Status.WITHDRAWN:
            said = _("Rilis %(number)s dari “%(id)s” sudah ditarik.", number=number, id=current.id)
            raise Gone(said, where={"collection": collection})
        if release is None or release.status not in READABLE:
            raise _unknown(collection)
        try:
            found = _served(release, self._settings, None, self._postgis).get(current.id)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise Broken(f"{release.folder} cannot be opened") from error
        if found is None:
            raise _unknown(collection)
        resource = {**found.resource, "title": f"{found.resource['title']} (rilis {number})"}
        api = Api({**config, "resources": {collection: resource}})
        return replace(found, id=collection, resource=resource, api=api)

    @staticmethod
    def _holds(snapshot: Snapshot, seen: int) -> bool:
        """What could not be opened is tried again after a while, also where nothing was published."""
        return snapshot.seen == seen and not (snapshot.broken and time.monotonic() - snapshot.built > RETRY_SECONDS)
