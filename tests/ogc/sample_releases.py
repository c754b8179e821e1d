"""Releases as the publishing step leaves them: manifests, and folders that hold them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.settings import Settings
from workflow.sop import Status
from workflow.store import Registry, Release

PUBLISHED = datetime(2026, 3, 27, 3, 0, tzinfo=UTC)
SETTINGS = Settings(
    url="https://data.example.id", city="Kota Contoh", office="Dinas Komunikasi dan Informatika Kota Contoh"
)


def manifest(dataset: str = "batas-kelurahan", **changes: Any) -> dict[str, Any]:
    metadata = {
        "title": "Batas kelurahan",
        "abstract": "Batas 27 kelurahan, digambar dari berita acara penegasan batas.",
        "kind": "geospatial",
        "topic": "boundaries",
        "keywords": ["batas wilayah", "kelurahan"],
        "license": "CC-BY-4.0",
        "period": "2024",
        "update_frequency": "annually",
        "lineage": "Digitasi citra 2023 lalu penegasan di lapangan.",
        "scale": 5000,
        "access": "terbuka",
        "contact": {"name": "Sari Wulandari", "organization": "Dinas Pekerjaan Umum", "email": "dpu@example.id"},
    } | changes.pop("metadata", {})
    collection = {
        "id": dataset,
        "folder": ".",
        "type": "features",
        "title": metadata["title"],
        "count": 27,
        "bbox": [109.64, -6.94, 109.72, -6.85],
        "geometry_type": "MultiPolygon",
        "temporal": None,
        "period_field": None,
        "source_crs": "EPSG:9489",
        "key": "kode",
        "features_sha256": "a" * 64,
        "fields": [],
    } | changes.pop("collection", {})
    files = {name: {"bytes": 1_500_000, "sha256": "b" * 64} for name in ("data.gpkg", "data.geojson", "data.csv")}
    return {
        "dataset": dataset,
        "number": 2,
        "kind": metadata["kind"],
        "title": metadata["title"],
        "content_hash": "c" * 64,
        "rules": "1",
        "built_at": "2026-03-12T02:00:00Z",
        "upload": {"name": "batas.gpkg", "sha256": "d" * 64, "bytes": 10},
        "berita_acara": {"sha256": "e" * 64, "number": "12/BA/2026", "date": "2026-03-12"},
        "metadata": metadata,
        "reading": {},
        "boundary": None,
        "collections": [collection],
        "files": files,
    } | changes


def table(dataset: str = "jumlah-penduduk", **changes: Any) -> dict[str, Any]:
    metadata = {"title": "Jumlah penduduk", "kind": "statistics", "topic": "society", "keywords": ["penduduk"]}
    collection = {"type": "table", "bbox": None, "geometry_type": None, "source_crs": None}
    return manifest(
        dataset,
        metadata=metadata | changes.pop("metadata", {}),
        collection=collection | {"temporal": ["2020-01-01", "2024-12-31"]},
        **changes,
    )


def release(of: dict[str, Any], home: Path | None = None, at: datetime = PUBLISHED) -> Release:
    folder = f"releases/{of['dataset']}/{of['number']}"
    if home:
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder / "manifest.json").write_text(json.dumps(of))
    return Release(
        of["dataset"], of["number"], "s1", of["content_hash"], folder, Status.PUBLISHED, at, "p1", manifest=of
    )


def registry(*manifests: dict[str, Any], home: Path | None = None, revision: int = 1) -> Registry:
    return Registry(revision, tuple(release(of, home) for of in manifests))
