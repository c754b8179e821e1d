"""Which published boundary statistics are drawn on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from workflow.area_codes import AreaCodes, Level, System, digits, looks_like_a_code
from workflow.layer import Layer
from workflow.statistics import Boundary
from workflow.store import Registry, Release


def boundary_for(layer: Layer, registry: Registry, home: Path, area_codes: AreaCodes | None = None) -> Boundary | None:
    """The boundary in force for the finest areas that a described table names."""
    code = layer.reading.get("code")
    cells = layer.columns.column(str(code)).unique().to_pylist() if code else []
    finest = max((len(digits(cell)) for cell in cells if cell is not None), default=10)
    return current_boundary(registry, home, area_codes, Level.KELURAHAN if finest >= 10 else Level.KECAMATAN)


def current_boundary(
    registry: Registry, home: Path, area_codes: AreaCodes | None = None, level: Level = Level.KELURAHAN
) -> Boundary | None:
    """The boundary that is in force for a level of areas.

    It is the current release whose metadata says `boundary_level`. Where none says it, a polygon release whose key is
    the code of such areas; what calls itself "batas" goes before what does not, and the newer before the older.
    """
    for release in sorted(registry.current, key=lambda release: _rank(release, level), reverse=True):
        if _rank(release, level)[0] > 0 and (boundary := load_boundary(release, home, area_codes, level)):
            return boundary
    return None


def load_boundary(
    release: Release, home: Path, area_codes: AreaCodes | None = None, level: Level = Level.KELURAHAN
) -> Boundary | None:
    """None where no column holds the code of one such area in every row."""
    meta, _, shapes, cells = pyogrio.raw.read(home / release.folder / "data.gpkg", layer="data")
    columns = {str(name): list(values) for name, values in zip(meta["fields"], cells, strict=True)}
    coded = {name: values for name, values in columns.items() if _are_codes(values, level)}
    if not coded:
        return None
    key = _main(release).get("key")
    codes = tuple(str(code) for code in coded[key if key in coded else next(iter(coded))])
    return Boundary(
        dataset=release.dataset,
        number=release.number,
        content_hash=release.content_hash,
        codes=codes,
        names=tuple(_names(columns, codes, area_codes)),
        geometries=shapely.from_wkb(shapes),
        aliases=dict(_aliases(coded, codes, area_codes)),
    )


def _rank(release: Release, level: Level) -> tuple[int, bool, Any]:
    """Its first number is 0 where this is no such boundary."""
    metadata = release.manifest.get("metadata", {})
    main = _main(release)
    words = " ".join([release.dataset, str(metadata.get("title", "")), *metadata.get("keywords", [])])
    said = metadata.get("boundary_level")
    fits = main.get("geometry_type") in ("Polygon", "MultiPolygon", "Geometry") and main.get("count")
    certainty = 2 if said == level else 1 if not said and main.get("key") else 0
    return certainty if fits else 0, "batas" in words.casefold(), release.published_at


def _main(release: Release) -> Mapping[str, Any]:
    collections = release.manifest.get("collections") or [{}]
    first: Mapping[str, Any] = collections[0]
    return first


def _are_codes(values: list[Any], level: Level) -> bool:
    """One for each row. A kecamatan has six digits in one system and seven in the other."""
    lengths = (10,) if level is Level.KELURAHAN else (6, 7)
    return len(set(map(str, values))) == len(values) and all(
        looks_like_a_code(value) and len(digits(value)) in lengths for value in values
    )


def _names(columns: Mapping[str, list[Any]], codes: tuple[str, ...], area_codes: AreaCodes | None) -> Iterator[str]:
    own = next((values for name, values in columns.items() if "nama" in name), list(codes))
    for code, name in zip(codes, own, strict=True):
        area = area_codes.by_code(code) if area_codes else None
        yield area.name if area else str(name)


def _aliases(
    coded: Mapping[str, list[Any]], codes: tuple[str, ...], area_codes: AreaCodes | None
) -> Iterator[tuple[str, int]]:
    """Every other way to write an area's code, from the boundary's own columns and the table of codes."""
    for values in coded.values():
        yield from ((digits(value), at) for at, value in enumerate(values))
    for at, code in enumerate(codes):
        for system in System:
            if area_codes and (other := area_codes.normal(code, system)):
                yield digits(other), at
