"""Interoperabilitas of shapes: where the digitiser's hand slipped, in metres on the ground (domain.md G06 to G10)."""

from collections.abc import Iterator
from math import cos, radians
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from workflow.checks.claims import Context, Fault
from workflow.checks.columns import words
from workflow.checks.kode_referensi import code_columns
from workflow.layer import Field, FieldType, Layer
from workflow.statistics import period_field

AREAS, LINES = (3, 6), (1, 5)
"""Type numbers of GEOS, of single and multi."""
NARROW = 0.3
"""Metres: a mean width below it is nobody's drawing."""
LEAST_OVERLAP, LEAST_SHARE = 1.0, 0.001
"""Square metres, and the share of the smaller area, from which an overlap is said: even reference boundaries cross."""
WIDEST_GAP, LEAST_GAP, LARGEST_GAP = 20.0, 1.0, 10_000.0
"""Mean width in metres and area in square metres of a hole that is no lake."""
MOST_UNITED = 20_000
"""Areas of which a union is made to look for gaps."""
SNAPPED, REACH = 0.01, 2.0
"""Metres: what is this near is joined, and an end this far from a line was meant to reach it."""
DEVIATION = 0.05
SQUARE_METRES = {"m2": 1.0, "m²": 1.0, "meter persegi": 1.0, "ha": 1e4, "hektar": 1e4, "hektare": 1e4,
                 "km2": 1e6, "km²": 1e6}  # fmt: skip
MEASURED_WORDS = frozenset({"luas", "area", "wilayah", "shape", *SQUARE_METRES})

Shapes = NDArray[np.object_]


def no_shape_is_drawn_twice(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = _of(layer, AREAS + LINES)
    if not len(rows):
        return
    boxes = np.round(shapely.bounds(shapes), 7) + 0.0
    _, box, often = np.unique(boxes.view("V32").ravel(), return_inverse=True, return_counts=True)
    first: dict[tuple[int, bytes], int] = {}
    for at in np.flatnonzero(often[box] > 1).tolist():
        drawn = shapely.to_wkb(shapely.transform(shapes[at], lambda xy: np.round(xy, 7) + 0.0))
        if (before := first.setdefault((int(box[at]), drawn), at)) != at:
            yield Fault({"first": int(layer.rows[rows[before]])}, int(rows[at]), place=shapes[at].centroid)


def areas_are_no_slivers(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = _of(layer, AREAS)
    if not len(rows):
        return
    # A first look in degrees spares most of them; the ground is never narrower than this makes it.
    scale = _scale(shapes)
    thin = np.flatnonzero(2 * shapely.area(shapes) * scale.max() < NARROW * shapely.length(shapes))
    metric = shapely.transform(shapes[thin], lambda xy: xy * scale)
    around = shapely.length(metric)
    width = np.divide(2 * shapely.area(metric), around, out=np.full(len(thin), NARROW), where=around > 0)
    for narrow in np.flatnonzero(width < NARROW).tolist():
        at = thin[narrow]
        yield Fault({"width": round(float(width[narrow]) * 100, 1)}, int(rows[at]), place=shapes[at].centroid)


def areas_do_not_overlap(layer: Layer, context: Context) -> Iterator[Fault]:
    """At one time: floods of several days may. Where most areas have neighbours, only those are cut with one another
    of which GEOS marks edges that cross."""
    rows, shapes = _of(layer, AREAS, valid=True)
    if len(rows) < 2:
        return
    one, other = STRtree(shapes).query(shapes, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    if len(one) > len(shapes) // 2:
        marked = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
        once = marked[one] & marked[other]
        one, other = one[once], other[once]
    scale = _scale(shapes).prod()
    common = shapely.area(shapely.intersection(shapes[one], shapes[other])) * scale
    smaller = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other])) * scale
    apart = shapely.equals_exact(shapes[one], shapes[other], 1e-7)
    for moments in _moments(layer):
        apart |= moments[rows[one]] != moments[rows[other]]
    for at in np.flatnonzero((common > LEAST_OVERLAP) & (common > LEAST_SHARE * smaller) & ~apart).tolist():
        params = {"area": round(float(common[at]), 1), "other": int(layer.rows[rows[other[at]]])}
        place = shapely.intersection(shapes[one[at]], shapes[other[at]])
        yield Fault(params, int(rows[one[at]]), place=place.representative_point())


def _moments(layer: Layer) -> Iterator[NDArray[np.object_]]:
    """The columns that say when."""
    period = period_field(layer)
    for field in layer.fields:
        if field.type in (FieldType.DATE, FieldType.DATETIME) or field.name == period:
            yield np.array(layer.columns[field.name].to_pylist(), dtype=object)


def areas_leave_no_gap(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of layers that mean to cover the ground: most of their areas touch another."""
    rows, shapes = _of(layer, AREAS, valid=True)
    if not 2 < len(rows) <= MOST_UNITED:
        return
    metric = _in_metres(shapes)
    near = STRtree(metric).query(metric, predicate="dwithin", distance=SNAPPED)
    if len(np.unique(near[0][near[0] != near[1]])) < 0.8 * len(rows):
        return
    parts = shapely.get_parts(shapely.union_all(metric))
    rings = shapely.get_rings(parts)
    holes = shapely.polygons(rings[~shapely.equals_exact(rings, _exterior_of_each(parts, rings))])
    area = shapely.area(holes)
    wide = 2 * area / shapely.length(holes)
    for at in np.flatnonzero((area > LEAST_GAP) & (area < LARGEST_GAP) & (wide < WIDEST_GAP)).tolist():
        yield Fault({"area": round(float(area[at]), 1)}, place=_in_degrees(holes[at], shapes).representative_point())


def _exterior_of_each(parts: Shapes, rings: Shapes) -> Shapes:
    """Beside each ring the outer ring of its polygon."""
    return np.repeat(shapely.get_exterior_ring(parts), 1 + shapely.get_num_interior_rings(parts))


def lines_reach_one_another(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = _of(layer, LINES, valid=True)
    if len(rows) < 2:
        return
    parts, of = shapely.get_parts(_in_metres(shapes), return_index=True)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    owner = np.concatenate([np.arange(len(parts))] * 2)
    end, line = STRtree(parts).query(ends, predicate="dwithin", distance=REACH)
    others = owner[end] != line
    end, line = end[others], line[others]
    least = np.full(len(ends), np.inf)
    np.minimum.at(least, end, shapely.distance(ends[end], parts[line]))
    for at in np.flatnonzero((least > SNAPPED) & (least <= REACH)).tolist():
        n = int(rows[of[owner[at]]])
        yield Fault({"distance": round(float(least[at]), 2)}, n, place=_in_degrees(ends[at], shapes))


def written_areas_are_those_measured(layer: Layer, context: Context) -> Iterator[Fault]:
    """A column that says the area alone. Without a unit it is in the one that fits the most."""
    rows, shapes = _of(layer, AREAS, valid=True)
    if not len(rows):
        return
    measured = shapely.area(shapes) * _scale(shapes).prod()
    for field in layer.fields:
        if field.type not in (FieldType.INTEGER, FieldType.NUMBER) or not _says_area(field):
            continue
        written = layer.columns[field.name].cast(pa.float64()).to_numpy(zero_copy_only=False)[rows]
        filled = np.flatnonzero((written > 0) & (measured > 0))
        if not len(filled):
            continue
        unit = _unit(field, np.median(written[filled] / measured[filled]))
        ratio = written[filled] * unit / measured[filled]
        wrong = filled[np.abs(ratio - 1) > DEVIATION]
        for at in wrong[:1] if len(wrong) * 2 > len(filled) else wrong:
            params = {"written": float(written[at]), "measured": round(float(measured[at] / unit), 4)}
            yield Fault(params | {"count": len(wrong)}, int(rows[at]), field, place=shapes[at].centroid)


def _says_area(field: Field) -> bool:
    said = words(field)
    return bool(said & {"luas", "area"}) and said <= MEASURED_WORDS


def _unit(field: Field, ratio: float) -> float:
    named = next((SQUARE_METRES[word] for word in (field.unit.casefold(), *words(field)) if word in SQUARE_METRES), 0.0)
    return named or min(set(SQUARE_METRES.values()), key=lambda unit: abs(np.log(ratio * unit)))


def codes_are_those_of_their_place(layer: Layer, context: Context) -> Iterator[Fault]:
    """The middle of a feature lies in the area whose code it carries, where a boundary is published."""
    if layer.geometry is None or context.boundary is None or not layer.source_crs:
        return
    rows = np.flatnonzero(~(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)))
    points = shapely.point_on_surface(layer.geometry[rows])
    area, point = STRtree(points).query(context.boundary.geometries, predicate="intersects")
    there = np.full(len(rows), -1)
    there[point] = area
    for column in code_columns(layer, context):
        for at, n in enumerate(rows.tolist()):
            said = context.boundary.position(column.cells[n]) if column.cells[n] else None
            known = context.area_codes.by_code(column.cells[n])
            if said is None or known is None or there[at] in (-1, said):
                continue
            if shapely.distance(points[at], context.boundary.geometries[said]) * 111_000 < WIDEST_GAP:
                continue
            right = context.area_codes.by_code(context.boundary.codes[there[at]])
            system = context.area_codes.system_of(column.cells[n])
            params = {"value": column.cells[n], "name": known.name, "right": right.name if right else ""}
            yield Fault(params, n, column.field, points[at], right.code(system) if right and system else None)


def _of(layer: Layer, kinds: tuple[int, ...], *, valid: bool = False) -> tuple[NDArray[np.int64], Shapes]:
    """Positions and geometries of these kinds, where the file says in which CRS they are."""
    if layer.geometry is None or not layer.source_crs:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    fits = np.isin(shapely.get_type_id(layer.geometry), kinds) & ~shapely.is_empty(layer.geometry)
    rows = np.flatnonzero(fits & (layer.valid if valid else layer.finite))
    return rows, layer.geometry[rows]


def _scale(shapes: Shapes) -> NDArray[np.float64]:
    """Metres per degree of longitude and latitude in the middle of the shapes, on WGS 84: right within 0.3 % for 50 km
    around."""
    _, south, _, north = shapely.total_bounds(shapes)
    lat = radians(np.clip((south + north) / 2, -85, 85))
    east = 111_412.84 * cos(lat) - 93.5 * cos(3 * lat)
    return np.array([east, 111_132.92 - 559.82 * cos(2 * lat)])


def _in_metres(shapes: Shapes) -> Shapes:
    scale = _scale(shapes)
    found: Shapes = shapely.transform(shapes, lambda xy: xy * scale)
    return found


def _in_degrees(shapes: Any, like: Shapes) -> Any:
    """Back from metres, of what `_in_metres` made of `like`."""
    scale = _scale(like)
    return shapely.transform(shapes, lambda xy: xy / scale)
