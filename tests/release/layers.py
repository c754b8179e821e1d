"""Layers built by hand, and a candidate of one."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from server.release.candidate import build_candidate
from server.release.disk import described_file
from server.release.publishing import RevisionFile
from workflow.layer import Field, FieldType, Layer

ROOT = Path(__file__).parents[2]
SI_INVESTA = Path(os.environ.get("SEBAR_SHARED", ROOT.parent / "shared")) / "data" / "01_pekalongan" / "si-investa"

TYPES = {
    FieldType.STRING: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: pa.timestamp("ms"),
}
METADATA = {"title": "Sekolah", "period": "2026", "license": "CC-BY-4.0"}
BERITA_ACARA = {"sha256": "b" * 64, "number": "500/12/2026", "date": "2026-03-12"}
UPLOAD = {"name": "sekolah.gpkg", "sha256": "a" * 64, "bytes": 12}


def layer_of(columns: dict[str, tuple[FieldType, list[Any]]], geometry: list[Any] | None = None, **more: Any) -> Layer:
    count = len(geometry if geometry is not None else next(iter(columns.values()))[1])
    return Layer(
        name="sekolah",
        fields=tuple(Field(name, type, label=name.upper()) for name, (type, _) in columns.items()),
        columns=pa.table({name: pa.array(cells, TYPES[type]) for name, (type, cells) in columns.items()}),
        rows=np.arange(1, count + 1),
        geometry=None if geometry is None else np.array(geometry, dtype=object),
        source_crs=None if geometry is None else "OGC:CRS84",
        **more,
    )


def schools() -> Layer:
    """Every type, a null in each column, an empty and an absent geometry."""
    return layer_of(
        {
            "npsn": (FieldType.STRING, ["20329801", "20329802", "20329803", "20329804"]),
            "murid": (FieldType.INTEGER, [2**63 - 1, -(2**63), None, 0]),
            "luas": (FieldType.NUMBER, [0.1, float("nan"), None, 1e20]),
            "negeri": (FieldType.BOOLEAN, [True, False, None, True]),
            "berdiri": (FieldType.DATE, [date(1950, 8, 17), None, date(2024, 2, 29), date(2000, 1, 1)]),
            "dicatat": (FieldType.DATETIME, [datetime(2026, 3, 12, 8, 30), None, None, datetime(2026, 1, 1)]),  # noqa: DTZ001 - a time without zone, as files have
            "nama": (FieldType.STRING, ["SD “Noyontaansari” 🏫", "=1+1", None, "baris\nbaru\t"]),
        },
        [shapely.Point(109.67512345678, -6.89), shapely.Point(109.7, -6.9), None, shapely.Point()],
    )


def squares(count: int) -> Layer:
    """Clockwise squares, each beside the last."""
    return layer_of(
        {"nomor": (FieldType.INTEGER, list(range(count)))},
        [shapely.box(109.6 + at / 1e4, -6.9, 109.6 + (at + 1) / 1e4, -6.8, ccw=False) for at in range(count)],
    )


def build(layer: Layer, folder: Path, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "dataset": "sekolah",
        "kind": "geospatial",
        "metadata": METADATA,
        "berita_acara": BERITA_ACARA,
        "upload": UPLOAD,
    }
    return build_candidate(layer, folder, **said | more)


def features(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "features.geojsonl").read_bytes().split(b"\n")[:-1]]


NOW = datetime(2026, 3, 12, 3, 0, tzinfo=UTC)


def verify_folder(folder: Path) -> list[str]:
    """The files of a candidate or release that are missing or not what its manifest says."""
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    return [
        name for name, said in files.items() if not (folder / name).is_file() or described_file(folder / name) != said
    ]


def read_revision(home: Path) -> int:
    with closing(RevisionFile(home)) as file:
        return file.read()
