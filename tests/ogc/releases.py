"""Release folders for the tests of /ogc, built as intake builds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from server.release.candidate import build_candidate
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Status
from workflow.store import Registry, Release

PUBLISHED = datetime(2026, 3, 27, 3, 0, tzinfo=UTC)
METADATA = {
    "title": "Kelurahan",
    "abstract": "Batas kelurahan kota contoh.",
    "keywords": ["batas", "kelurahan"],
    "license": "CC-BY-4.0",
    "period": "2024",
}
FIELDS = (
    Field("kode", FieldType.STRING, title="Kode wilayah", definition="Kode Kemendagri"),
    Field("nama", FieldType.STRING),
    Field("luas", FieldType.NUMBER, unit="ha"),
    Field("rw", FieldType.INTEGER),
    Field("aktif", FieldType.BOOLEAN),
    Field("tanggal", FieldType.DATE),
    Field("diubah", FieldType.DATETIME),
)
NAMES = ("Medono", "O'Brien", "podosugih", "Tirto <b>", "BENDAN", "Kauman%", "a_b", "Noyontaan", "", "Jenggot é")


def layer(count: int = 60, *, spatial: bool = True, key: str | None = "kode", seed: int = 1) -> Layer:
    """Squares in a row of ten, with nulls in every column and in the first rows of the number columns."""
    chance = np.random.default_rng(seed)

    def some(value: Any, at: int) -> Any:
        return None if at < 3 or chance.random() < 0.15 else value

    columns = {
        "kode": [f"33.75.{at:03}" for at in range(count)],
        "nama": [some(NAMES[chance.integers(len(NAMES))], at) for at in range(count)],
        "luas": [some(float(chance.integers(0, 40)) / 4, at) for at in range(count)],
        "rw": [some(int(chance.integers(-3, 12)), at) for at in range(count)],
        "aktif": [some(bool(chance.integers(2)), at) for at in range(count)],
        "tanggal": [some(date(2020 + at % 5, 1 + at % 12, 1 + at % 28), at) for at in range(count)],
        "diubah": [some(datetime(2020 + at % 5, 1 + at % 12, 1, at % 24, tzinfo=UTC), at) for at in range(count)],
    }
    types = [pa.string(), pa.string(), pa.float64(), pa.int64(), pa.bool_(), pa.date32(), pa.timestamp("ms", "UTC")]
    table = pa.table({name: pa.array(columns[name], type) for name, type in zip(columns, types, strict=True)})
    geometry = np.array([square(at % 10, at // 10) for at in range(count)] or [], dtype=object)
    if count > 5:
        geometry[5] = None
    crs = "OGC:CRS84" if spatial else None
    rows = np.arange(1, count + 1, dtype=np.int64)
    return Layer("contoh", FIELDS, table, rows, geometry if spatial else None, crs, key=key)


def square(column: int, row: int) -> shapely.Polygon:
    west, south = 109.60 + column * 0.01, -6.95 + row * 0.01
    return shapely.box(west, south, west + 0.008, south + 0.008)


def build(home: Path, dataset: str, content: Layer, number: int = 1, **metadata: Any) -> Release:
    folder = f"releases/{dataset}/{number}"
    manifest = build_candidate(
        content,
        home / folder,
        dataset=dataset,
        kind="geospatial",
        metadata=METADATA | {"title": dataset.title()} | metadata,
        berita_acara={"sha256": "a" * 64, "number": "1/BA/2026", "date": "2026-03-12"},
        upload={"name": "contoh.gpkg", "sha256": "b" * 64, "bytes": 1},
    )
    return published(manifest, folder, number)


def published(manifest: dict[str, Any], folder: str, number: int = 1) -> Release:
    dataset = manifest["dataset"]
    return Release(
        dataset, number, "s1", manifest["content_hash"], folder, Status.PUBLISHED, PUBLISHED, "p1", manifest=manifest
    )


@dataclass
class Shelf:
    """What is served, as the records would tell it; every change is a new revision."""

    revision: int = 1
    releases: dict[str, Release] = field(default_factory=dict)
    withdrawn: dict[str, datetime] = field(default_factory=dict)
    ever: dict[tuple[str, int], Release] = field(default_factory=dict)

    def release(self, dataset: str, number: int) -> Release | None:
        return self.ever.get((dataset, number))

    def registry(self) -> Registry:
        return Registry(self.revision, tuple(self.releases.values()), dict(self.withdrawn))

    def publish(self, *releases: Release) -> None:
        for release in releases:
            self.releases[release.dataset] = self.ever[release.dataset, release.number] = release
            self.withdrawn.pop(release.dataset, None)
        self.revision += 1

    def withdraw(self, dataset: str) -> None:
        self.releases.pop(dataset, None)
        self.withdrawn[dataset] = PUBLISHED
        self.revision += 1
