"""Interoperabilitas: any program can read it, and it lies where it says."""

import re
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import find, plain, texts
from workflow.layer import Layer
from workflow.sop import Kind

FAMILIES = {0: "titik", 4: "titik", 1: "garis", 2: "garis", 5: "garis", 3: "area", 6: "area", 7: "kumpulan"}
"""Families by GEOS's type numbers; single and multi are one."""

INVALID = {
    "Self-intersection": "garis batasnya memotong dirinya sendiri",
    "Ring Self-intersection": "garis batasnya menyentuh atau memotong dirinya sendiri",
    "Hole lies outside shell": "ada lubang di luar batasnya",
    "Holes are nested": "ada lubang di dalam lubang",
    "Nested shells": "ada bagian yang terletak di dalam bagian lain",
    "Interior is disconnected": "bagian dalamnya terputus",
    "Duplicate Rings": "ada garis batas yang ganda",
    "Too few points in geometry component": "titiknya terlalu sedikit",
    "Ring is not closed": "garis batasnya tidak tertutup",
}

MOST = 0.9
"""The share outside the city over which the whole layer is likely another place's, or in another CRS."""

SHOWN = 200
"""Points at most in the place of one finding."""


def layer_has_rows(layer: Layer, context: Context) -> Iterator[Fault]:
    if not len(layer):
        yield Fault({"layer": layer.name})


def maps_have_geometry(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.kind is Kind.GEOSPATIAL and layer.geometry is None:
        yield Fault()


def crs_is_declared(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None and len(layer) and layer.source_crs is None:
        yield Fault()


def coordinates_are_finite(layer: Layer, context: Context) -> Iterator[Fault]:
    for n in np.flatnonzero(~_finite(layer)):
        yield Fault(row=_row(layer, n))


def geometries_are_valid(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is None:
        return
    rows = np.flatnonzero(~shapely.is_missing(layer.geometry) & _finite(layer))
    wrong = rows[~shapely.is_valid(layer.geometry[rows])]
    for n, reason in zip(wrong, shapely.is_valid_reason(layer.geometry[wrong]), strict=True):
        said, place = _explained(reason)
        yield Fault({"reason": said}, row=_row(layer, n), place=_placed(layer, place or _somewhere(layer.geometry[n])))


def geometries_are_of_one_family(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is None:
        return
    families = np.array([FAMILIES.get(kind, "") for kind in shapely.get_type_id(layer.geometry)], dtype=object)
    names, counts = np.unique(families[families != ""].astype(str), return_counts=True)
    if len(names) > 1:
        odd = int(np.flatnonzero(families == names[counts.argmin()])[0])
        said = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
        yield Fault({"families": said}, row=_row(layer, odd), place=_placed(layer, _somewhere(layer.geometry[odd])))


def rows_have_geometry(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None:
        for n in np.flatnonzero(_absent(layer)):
            yield Fault(row=_row(layer, n))


def axes_are_in_order(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.city and _swapped(layer, context):
        yield Fault({"city": context.city.name})


def all_lies_in_the_city(layer: Layer, context: Context) -> Iterator[Fault]:
    """Silent where most lies elsewhere: that is said by a check of its own."""
    yield from _share_outside(layer, context, over=0.0, up_to=MOST)


def most_lies_in_the_city(layer: Layer, context: Context) -> Iterator[Fault]:
    yield from _share_outside(layer, context, over=MOST, up_to=1.0)


def _share_outside(layer: Layer, context: Context, *, over: float, up_to: float) -> Iterator[Fault]:
    """By centroids: a feature on the border belongs to whichever side holds its middle."""
    outside = _outside(layer, context)
    if outside is None or context.city is None or _swapped(layer, context):
        return
    where, points = outside
    share = len(where) / int((~_absent(layer)).sum())
    if over < share <= up_to:
        params: Params = {"city": context.city.name, "count": len(where), "percent": max(0.1, round(share * 100, 1))}
        yield Fault(
            {**params, "rows": _listed(layer, where)},
            row=_row(layer, where[0]),
            place=shapely.multipoints(points[:SHOWN]),
        )


def key_is_a_column(layer: Layer, context: Context) -> Iterator[Fault]:
    name = _key_name(layer, context)
    if name and find(layer, name) is None:
        yield Fault({"key": name})


def key_is_filled(layer: Layer, context: Context) -> Iterator[Fault]:
    key = find(layer, _key_name(layer, context))
    if key:
        for n, value in enumerate(texts(layer, key)):
            if not value:
                yield Fault({"column": plain(key)}, row=_row(layer, n), column=key.name)


def key_is_unique(layer: Layer, context: Context) -> Iterator[Fault]:
    key = find(layer, _key_name(layer, context))
    first: dict[str, int] = {}
    for n, value in enumerate(texts(layer, key) if key else ()):
        if key and value and first.setdefault(value, n) != n:
            params: Params = {"column": plain(key), "value": value[:80], "first": _row(layer, first[value])}
            yield Fault(params, row=_row(layer, n), column=key.name)


def key_is_declared(layer: Layer, context: Context) -> Iterator[Fault]:
    if len(layer) and not _key_name(layer, context):
        yield Fault()


def _key_name(layer: Layer, context: Context) -> str:
    return layer.key or str(context.metadata.get("key") or "")


def _row(layer: Layer, n: int | np.integer) -> int:
    return int(layer.rows[n])


def _listed(layer: Layer, where: NDArray[np.int64], most: int = 10) -> str:
    listed = ", ".join(str(_row(layer, n)) for n in where[:most])
    return listed + (", …" if len(where) > most else "")


def _absent(layer: Layer) -> NDArray[np.bool_]:
    return shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)


def _finite(layer: Layer) -> NDArray[np.bool_]:
    """Which rows have no NaN and no infinity among their coordinates, Z included where there is one."""
    fine = np.ones(len(layer), dtype=bool)
    if layer.geometry is not None:
        for deep in (False, True):
            rows = np.flatnonzero(shapely.has_z(layer.geometry)) if deep else np.arange(len(layer))
            coords, of = shapely.get_coordinates(layer.geometry[rows], include_z=deep, return_index=True)
            fine[rows[of[~np.isfinite(coords).all(axis=1)]]] = False
    return fine


def _placed(layer: Layer, place: BaseGeometry | None) -> BaseGeometry | None:
    """Nothing has a place before the file says in which CRS it is."""
    return place if layer.source_crs else None


def _somewhere(geometry: BaseGeometry | None) -> BaseGeometry | None:
    if geometry is None or geometry.is_empty:
        return None
    west, south, east, north = geometry.bounds
    return Point((west + east) / 2, (south + north) / 2)


def _explained(reason: str) -> tuple[str, BaseGeometry | None]:
    """GEOS's "Self-intersection[109.67 -6.89]" in Indonesian, and the point."""
    match = re.fullmatch(r"(.*?)\[(\S+) (\S+?)\]", reason)
    if not match:
        return INVALID.get(reason, reason), None
    return INVALID.get(match[1], match[1]), Point(float(match[2]), float(match[3]))


def _outside(
    layer: Layer, context: Context, *, swap: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.object_]] | None:
    """(rows, their centroids) that lie outside the city; None where that cannot be said or none does."""
    if layer.geometry is None or layer.source_crs is None or context.city is None:
        return None
    rows = np.flatnonzero(~_absent(layer) & _finite(layer))
    points = shapely.centroid(layer.geometry[rows])
    x, y = shapely.get_x(points), shapely.get_y(points)
    shapely.prepare(context.city.extent)
    away = ~shapely.contains_xy(context.city.extent, *((y, x) if swap else (x, y)))
    return (rows[away], points[away]) if away.any() else None


def _swapped(layer: Layer, context: Context) -> bool:
    """Whether most of it lies outside, and would lie inside with longitude and latitude exchanged."""
    outside = _outside(layer, context)
    if outside is None or len(outside[0]) * 2 <= len(layer):
        return False
    still = _outside(layer, context, swap=True)
    return still is None or len(still[0]) * 2 < len(layer)
