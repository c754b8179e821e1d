"""The release-to-be: every file that will be published, built once, before anyone is asked to agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from server.failpoints import failpoint
from server.release.dictionary import described, dictionary, field_name
from server.release.disk import described_file, files_below, whole_folder
from server.release.features import canonical, write_features
from server.release.geopackage import geometry_type, write_geopackage
from workflow.layer import Layer
from workflow.ledger import content_hash
from workflow.sop import Kind

__all__ = ["build_candidate", "described", "dictionary", "field_name"]

RULES = "1"
Progress = Callable[[str, int, int], None]


def build_candidate(
    layer: Layer,
    folder: Path,
    *,
    dataset: str,
    kind: Kind | str,
    metadata: Mapping[str, Any],
    berita_acara: Mapping[str, Any],
    upload: Mapping[str, Any],
    boundary: object = None,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Writes the candidate's folder, whole or not at all, and returns its manifest.

    The same layer, metadata, reading and Berita Acara always give the same content hash.
    `progress` is told (stage, done, total); the stages are words for people.
    """
    layer = canonical(described(layer, metadata, layer.reading))
    said = _plain({name: value for name, value in metadata.items() if name != "fields"})
    title = str(said.get("title") or layer.name)
    with whole_folder(folder) as work:
        main = write_collection(layer, work, id=dataset, title=title, progress=progress)
        reading = _plain(layer.reading)
        manifest = {
            "dataset": dataset,
            "number": None,
            "kind": str(kind),
            "title": title,
            "content_hash": content_hash(
                features_sha256=main["features_sha256"],
                fields=main["fields"],
                metadata=said,
                reading=reading,
                berita_acara_sha256=str(berita_acara.get("sha256", "")),
            ),
            "rules": RULES,
            "built_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "upload": _plain(upload),
            "berita_acara": _plain(berita_acara),
            "metadata": said,
            "reading": reading,
            "boundary": None,
            "collections": [main],
            "files": {name: described_file(path) for name, path in files_below(work).items()},
        }
        write_manifest(manifest, work)
        failpoint("candidate.before_rename")
    return manifest


def write_collection(
    layer: Layer, folder: Path, *, id: str, folder_name: str = ".", title: str, progress: Progress
) -> dict[str, Any]:
    """The files of one collection from a canonical layer, and its entry in the manifest."""
    total = len(layer)
    sha256 = write_features(layer, folder, lambda done: progress("Tulis fitur", done, total))
    failpoint("candidate.features")
    progress("Tulis GeoPackage", 0, total)
    write_geopackage(layer, folder / "data.gpkg", title=title, indexed=_indexed(layer))
    progress("Tulis GeoPackage", total, total)
    failpoint("candidate.geopackage")
    spatial = layer.geometry is not None
    return {
        "id": id,
        "folder": folder_name,
        "type": "features" if spatial else "table",
        "title": title,
        "count": total,
        "bbox": _bbox(layer),
        "geometry_type": geometry_type(layer.geometry) if layer.geometry is not None else None,
        "temporal": None,
        "period_field": layer.reading.get("period_column"),
        "source_crs": layer.source_crs,
        "key": layer.key,
        "features_sha256": sha256,
        "fields": dictionary(layer),
    }


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _indexed(layer: Layer) -> list[str]:
    wanted = [layer.key, layer.reading.get("code"), layer.reading.get("period_column")]
    wanted += [field.name for field in layer.fields if field.codes]
    return [str(name) for name in wanted if name]


def _bbox(layer: Layer) -> list[float] | None:
    """West, south, east, north in CRS84; None for raw coordinates of an unknown system."""
    if layer.geometry is None or layer.source_crs is None:
        return None
    bounds = shapely.total_bounds(layer.geometry)
    return None if np.isnan(bounds).any() else [float(edge) for edge in np.round(bounds, 7)]


def _plain(value: object) -> Any:
    """The value as JSON knows it, so that what is hashed is what can be read back."""
    return orjson.loads(orjson.dumps(value))
