"""Which published boundary statistics are drawn on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from workflow.area_codes import AreaCodes, Level, digits, looks_like_a_code
from workflow.layer import Layer
from workflow.statistics import Boundary
from workflow.store import Registry, Release

NO_CODES = AreaCodes()


def boundary_for(layer: Layer, registry: Registry, home: Path, area_codes: AreaCodes = NO_CODES) -> Boundary | None:
    """The boundary in force for the finest areas that a described table names."""
    code = layer.reading.get("code")
    cells = layer.columns[str(code)].unique().to_pylist() if code else []
    finest = max((len(digits(cell)) for cell in cells if cell is not None), default=10)
    return current_boundary(registry, home, area_codes, Level.KELURAHAN if finest >= 10 else Level.KECAMATAN)


def current_boundary(
    registry: Registry, home: Path, area_codes: AreaCodes = NO_CODES, level: Level = Level.KELURAHAN
) -> Boundary | None:
    """The boundary that is in force for a level of areas.

    It is the current release whose metadata says `boundary_level`. Where none says it, a polygon release whose key is
    the code of such areas; what calls itself "batas" goes before what does not, and the newer before the older.
    """
    ranked = [(rank, release) for release in registry.current if (rank := _rank(release, level))[0]]
    for _, release in sorted(ranked, key=lambda pair: pair[0], reverse=True):
        if boundary := _load(release, home, area_codes, level):
            return boundary
    return None


def _rank(release: Release, level: Level) -> tuple[int, bool, Any]:
    """Its first number is 0 where this is no such boundary."""
    metadata, main = release.manifest.get("metadata", {}), _main(release)
    words = " ".join([release.dataset, str(metadata.get("title", "")), *metadata.get("keywords", [])])
    said = metadata.get("boundary_level")
    fits = main.get("geometry_type") in ("Polygon", "MultiPolygon", "Geometry") and main.get("count")
    certainty = 2 if said == level else 1 if not said and main.get("key") else 0
    return certainty if fits else 0, "batas" in words.casefold(), release.published_at


def _main(release: Release) -> Mapping[str, Any]:
    return next(iter(release.manifest.get("collections", [])), {})


def _load(release: Release, home: Path, area_codes: AreaCodes, level: Level) -> Boundary | None:
    """None where no column holds the code of one such area in every row."""
    meta, _, shapes, cells = pyogrio.raw.read(home / release.folder / "data.gpkg", layer="data")
    columns = dict(zip(map(str, meta["fields"]), map(list, cells), strict=True))
    coded = {name: values for name, values in columns.items() if _are_codes(values, level)}
    if not coded:
        return None
    codes = tuple(map(str, coded.get(str(_main(release).get("key"))) or next(iter(coded.values()))))
    areas = [area_codes.by_code(code) for code in codes]
    names = next((values for name, values in columns.items() if "nama" in name), codes)
    # Every other way to write an area's code, from the boundary's own columns and the table of codes.
    aliases = {digits(value): at for values in coded.values() for at, value in enumerate(values)}
    for at, area in enumerate(areas):
        aliases |= {digits(area.kemendagri): at, digits(area.bps): at} if area else {}
    return Boundary(
        dataset=release.dataset,
        number=release.number,
        content_hash=release.content_hash,
        codes=codes,
        names=tuple(area.name if area else str(name) for area, name in zip(areas, names, strict=True)),
        geometries=shapely.from_wkb(shapes),
        aliases=aliases,
    )


def _are_codes(values: list[Any], level: Level) -> bool:
    """One for each row. A kecamatan has six digits in one system and seven in the other."""
    lengths = (10,) if level is Level.KELURAHAN else (6, 7)
    different = len(set(map(str, values))) == len(values)
    return different and all(looks_like_a_code(value) and len(digits(value)) in lengths for value in values)
