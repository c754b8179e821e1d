"""The release-to-be: every file that will be published, built once, before anyone is asked to agree."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from server.failpoints import failpoint
from server.release.dictionary import described, dictionary
from server.release.disk import described_file, whole_folder
from server.release.downloads import write_downloads
from server.release.features import canonical, write_features
from server.release.geopackage import geometry_type, write_geopackage
from server.release.tiles import tiles_beside
from server.store.boxes import write_boxes
from workflow.checks import RULES
from workflow.labels import WITHOUT_MAP
from workflow.layer import Layer
from workflow.ledger import content_hash
from workflow.periods import interval
from workflow.sop import Kind
from workflow.statistics import Boundary, as_map

Progress = Callable[[str, int, int], None]
INDEXED = 30
"""Columns of a layer that can be filtered without reading all rows."""


def build_candidate(
    layer: Layer,
    folder: Path,
    *,
    dataset: str,
    kind: Kind | str,
    metadata: Mapping[str, Any],
    berita_acara: Mapping[str, Any],
    upload: Mapping[str, Any],
    boundary: Boundary | None = None,
    checked: Mapping[str, Any] | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Writes the candidate's folder, whole or not at all, and returns its manifest.

    The same layer, metadata, reading, Berita Acara and boundary always give the same content hash: its parts are
    collections[0].features_sha256 and .fields, metadata, reading and berita_acara.sha256 of the manifest.
    `checked` says on what the result of the checks rests. `progress` is told (stage, done, total); stages are words
    for people.
    """
    told = {name: value for name, value in metadata.items() if name not in ("fields", "outside_list")}
    said = _plain(told | {"kind": str(kind)})
    layer = canonical(described(layer, {**metadata, "kind": str(kind)}, layer.reading))
    drawn = _as_map(layer, boundary) if kind == Kind.STATISTICS and layer.geometry is None else None
    used = None
    if boundary and isinstance(drawn, Layer):
        used = {"dataset": boundary.dataset, "number": boundary.number, "content_hash": boundary.content_hash}
    reading = _plain(layer.reading | ({"boundary": used} if used else {}))
    title = str(said.get("title") or layer.name)
    with whole_folder(folder) as work:
        collections = [_write_collection(layer, work, ".", dataset, title, said.get("period"), progress)]
        if isinstance(drawn, Layer):
            name, title_of_map, left_out = f"{dataset}-peta", f"{title} (peta)", drawn.reading["codes_left_out"]
            entry = _write_collection(canonical(drawn), work, "peta", name, title_of_map, said.get("period"), progress)
            collections.append(entry | {"codes_left_out": left_out})
        manifest = {
            "dataset": dataset,
            "number": None,
            "kind": str(kind),
            "title": title,
            "content_hash": content_hash(
                features_sha256=collections[0]["features_sha256"],
                fields=collections[0]["fields"],
                metadata=said,
                reading=reading,
                berita_acara_sha256=str(berita_acara.get("sha256", "")),
            ),
            "rules": RULES,
            "checked": _plain(checked or {}),
            "built_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "upload": _plain(upload),
            "berita_acara": _plain(berita_acara),
            "metadata": said,
            "reading": reading,
            "boundary": used,
            **({"without_map": drawn} if isinstance(drawn, str) else {}),
            "collections": collections,
            "files": {
                path.relative_to(work).as_posix(): described_file(path)
                for path in sorted(work.rglob("*"))
                if path.is_file()
            },
        }
        write_manifest(manifest, work)
        failpoint("candidate.before_rename")
    return manifest


def _as_map(layer: Layer, boundary: Boundary | None) -> Layer | str:
    """The layer of the `-peta` collection, or why there is none."""
    code, period = layer.reading.get("code"), layer.reading.get("period_column")
    if boundary is None:
        return WITHOUT_MAP["no_boundary"]
    if not code:
        return WITHOUT_MAP["no_code"]
    return as_map(layer, str(code), str(period) if period else None, boundary)


def _write_collection(
    layer: Layer, folder: Path, below: str, id: str, title: str, period: object, progress: Progress
) -> dict[str, Any]:
    """The files of one collection from a canonical layer, in `folder/below`, and its entry in the manifest."""
    work, total = folder / below, len(layer)
    work.mkdir(exist_ok=True)
    code, period_field = layer.reading.get("code"), layer.reading.get("period_column")
    sha256 = write_features(layer, work, lambda done: progress("Tulis fitur", done, total))
    failpoint("candidate.features")
    with tiles_beside(layer, work, id, lambda done, of: progress("Tulis ubin", done, of)):
        progress("Tulis GeoPackage", 0, total)
        indexed = [layer.key, code, period_field, *layer.columns.column_names[:INDEXED]]
        write_geopackage(layer, work / "data.gpkg", title=title, indexed=[str(name) for name in indexed if name])
        if layer.geometry is not None:
            write_boxes(layer.geometry, work / "boxes.rtree")
        failpoint("candidate.geopackage")
        progress("Tulis unduhan", 0, total)
        write_downloads(layer, work, name=id)
        failpoint("candidate.downloads")
    failpoint("candidate.tiles")
    return {
        "id": id,
        "folder": below,
        "type": "features" if layer.geometry is not None else "table",
        "title": title,
        "count": total,
        "bbox": _bbox(layer),
        "geometry_type": geometry_type(layer.geometry) if layer.geometry is not None else None,
        "temporal": _temporal(layer, period),
        "period_field": period_field,
        "source_crs": layer.source_crs,
        "key": layer.key,
        "features_sha256": sha256,
        "fields": dictionary(layer),
    }


def _temporal(layer: Layer, said: object) -> list[str] | None:
    """First and last day of the period column, else of the period in the metadata."""
    name = layer.reading.get("period_column")
    cells = layer.columns[str(name)].unique().to_pylist() if name else []
    found = list(filter(None, map(interval, cells))) or list(filter(None, [interval(said)]))
    return [min(found)[0].isoformat(), max(last for _, last in found).isoformat()] if found else None


def _bbox(layer: Layer) -> list[float] | None:
    """West, south, east, north in CRS84, rounded so that nothing is outside; None for an unknown system."""
    if layer.geometry is None or layer.source_crs is None or shapely.is_missing(layer.geometry).all():
        return None
    exact, outward = shapely.total_bounds(layer.geometry), np.array([-1, -1, 1, 1])
    edges = np.round(exact, 7)
    edges += (outward * (exact - edges) > 0) * outward * 1e-7
    return [float(edge) for edge in np.round(edges, 7)]


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _plain(value: object) -> Any:
    """The value as JSON knows it, so that what is hashed is what can be read back."""
    return orjson.loads(orjson.dumps(value))
