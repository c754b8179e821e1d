"""Interoperabilitas of shapes: where the digitiser's hand slipped, in metres on the ground (domain.md G06 to G12)."""

from collections.abc import Iterator
from math import cos, radians
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Point

from workflow.checks.claims import Context, Fault
from workflow.checks.columns import words
from workflow.checks.ground import AREAS, LINES, SNAPPED, Shapes, drawn_as, in_degrees, in_metres, scale_at, scale_of
from workflow.layer import Field, FieldType, Layer
from workflow.statistics import period_field

NARROW = 0.3
"""Metres: a mean width below it is nobody's drawing."""
LEAST_OVERLAP, LEAST_SHARE = 1.0, 0.001
"""Square metres, and the share of the smaller area, from which an overlap is said: even reference boundaries cross."""
WIDEST_GAP, LEAST_GAP, LARGEST_GAP = 3.0, 1.0, 10_000.0
"""Mean width in metres and area in square metres of a hole that is no lake and no street."""
MOST_UNITED = 20_000
"""Areas of which a union is made to look for gaps."""
SHARP, LEG = cos(radians(1)), 1.0
"""Cosine of the angle of a spike, and the metres that both its sides are long at least."""
COARSE, LEAST_VERTICES = 0.1, 50
"""Metres on paper between vertices (their median) from which a drawing is coarser than its scale; vertices for it."""
FINE, MANY_VERTICES = 0.00002, 10_000
"""Metres on paper that nobody can tell apart, and vertices from which that makes a file heavy."""
HEAVY, HEAVY_ONE = 1_000_000, 100_000
"""Vertices of a layer, and of one feature, that a browser draws slowly."""
DEVIATION = 0.05
METRES = {"m": 1.0, "meter": 1.0, "km": 1e3, "kilometer": 1e3}
LENGTH_WORDS = frozenset({"panjang", "length", "leng", "shape", "jalan", "ruas", "sungai", "saluran", *METRES})
LENGTH_DEVIATION = 0.02
SQUARE_METRES = {"m2": 1.0, "m²": 1.0, "meter persegi": 1.0, "ha": 1e4, "hektar": 1e4, "hektare": 1e4,
                 "km2": 1e6, "km²": 1e6}  # fmt: skip
MEASURED_WORDS = frozenset({"luas", "area", "wilayah", "shape", *SQUARE_METRES})


def no_shape_is_drawn_twice(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = drawn_as(layer, AREAS + LINES)
    if not len(rows):
        return
    boxes = np.round(shapely.bounds(shapes) * 1e7).astype(np.int64) @ [1, 1_000_003, 998_244_353, 2_654_435_761]
    _, box, often = np.unique(boxes, return_inverse=True, return_counts=True)
    first: dict[tuple[int, bytes], int] = {}
    for at in np.flatnonzero(often[box] > 1).tolist():
        drawn = shapely.to_wkb(shapely.transform(shapes[at], lambda xy: np.round(xy, 7) + 0.0))
        if (before := first.setdefault((int(box[at]), drawn), at)) != at:
            yield Fault({"first": int(layer.rows[rows[before]])}, int(rows[at]), place=shapes[at].centroid)


def areas_are_no_slivers(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = drawn_as(layer, AREAS)
    if not len(rows):
        return
    # A first look in degrees spares most of them; the ground is never narrower than this makes it.
    scale = scale_of(shapes)
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
    rows, shapes = drawn_as(layer, AREAS, valid=True)
    if len(rows) < 2:
        return
    one, other = STRtree(shapes).query(shapes)  # by their boxes, each pair once
    once = one < other
    one, other = one[once], other[once]
    once = shapely.intersects(shapes[one], shapes[other])
    one, other = one[once], other[once]
    if not len(one):
        return
    if len(one) > len(shapes) // 2:
        marked = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
        once = marked[one] & marked[other]
        one, other = one[once], other[once]
    scale = scale_of(shapes).prod()
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
    """The columns that say when, or at which event."""
    period = period_field(layer)
    for field in layer.fields:
        when = field.type in (FieldType.DATE, FieldType.DATETIME) or field.name == period
        said = field.type is FieldType.STRING and words(field) & {"kejadian", "tanggal", "tgl"}
        if when or said:
            yield np.array(layer.columns[field.name].to_pylist(), dtype=object)


def areas_leave_no_gap(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of layers that mean to cover the ground: most of their areas touch another."""
    rows, shapes = drawn_as(layer, AREAS, valid=True)
    if not 2 < len(rows) <= MOST_UNITED:
        return
    metric = in_metres(shapes)
    near = STRtree(metric).query(metric, predicate="dwithin", distance=SNAPPED)
    if len(np.unique(near[0][near[0] != near[1]])) < 0.8 * len(rows):
        return
    parts = shapely.get_parts(shapely.union_all(metric))
    rings = shapely.get_rings(parts)
    holes = shapely.polygons(rings[~shapely.equals_exact(rings, _exterior_of_each(parts, rings))])
    area = shapely.area(holes)
    wide = 2 * area / shapely.length(holes)
    for at in np.flatnonzero((area > LEAST_GAP) & (area < LARGEST_GAP) & (wide < WIDEST_GAP)).tolist():
        yield Fault({"area": round(float(area[at]), 1)}, place=in_degrees(holes[at], shapes).representative_point())


def _exterior_of_each(parts: Shapes, rings: Shapes) -> Shapes:
    """Beside each ring the outer ring of its polygon."""
    return np.repeat(shapely.get_exterior_ring(parts), 1 + shapely.get_num_interior_rings(parts))


def vertices_are_apart(layer: Layer, context: Context) -> Iterator[Fault]:
    """Said once of a layer: it does no harm but that files grow and digits are lost."""
    if sides := _sides(layer):
        again = np.flatnonzero((sides.long < SNAPPED) & sides.whole)
        rows, first = np.unique(sides.row[again], return_index=True)
        if len(rows):
            params = {"count": len(rows), "points": len(again)}
            yield Fault(params, int(rows[0]), place=Point(sides.xy[again[first[0]]]))


def outlines_have_no_spikes(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of lines and rings; there the end that joins the start is a corner like any other."""
    if (sides := _sides(layer)) is None:
        return
    start = np.append(0, np.flatnonzero(~sides.whole) + 1)
    end = np.append(start[1:], len(sides.xy)) - 1
    ring = (end - start > 2) & (sides.xy[start] == sides.xy[end]).all(axis=1)
    x, y = sides.metres
    back = np.flatnonzero(x[:-1] * x[1:] + y[:-1] * y[1:] < -SHARP * sides.long[:-1] * sides.long[1:])
    back = back[sides.whole[back] & sides.whole[back + 1]]
    into, out = np.append(back, end[ring] - 1), np.append(back + 1, start[ring])
    legs = sides.long[into], sides.long[out]
    sharp = (x[into] * x[out] + y[into] * y[out] < -SHARP * legs[0] * legs[1]) & (np.minimum(*legs) > LEG)
    for at in into[sharp].tolist():
        yield Fault(n=int(sides.row[at]), place=Point(sides.xy[at + 1]))


def vertices_are_dense_enough(layer: Layer, context: Context) -> Iterator[Fault]:
    """For the scale that is claimed; a drawing of few vertices may well be of straight things."""
    scale, middle = _density(layer, context, LEAST_VERTICES)
    if middle > COARSE * scale:
        yield Fault({"scale": scale, "metres": round(middle)})


def vertices_are_no_denser_than_they_help(layer: Layer, context: Context) -> Iterator[Fault]:
    scale, middle = _density(layer, context, MANY_VERTICES)
    if 0 < middle < FINE * scale:
        yield Fault({"scale": scale, "centimetres": round(middle * 100, 1), "tolerance": round(FINE * scale, 2)})


def _density(layer: Layer, context: Context, least: int) -> tuple[int, float]:
    """The scale that is claimed, and the median of the metres between vertices; zeros where either cannot be said."""
    scale = context.metadata.get("scale")
    sides = _sides(layer) if isinstance(scale, int) else None
    if not isinstance(scale, int) or sides is None or np.count_nonzero(sides.whole) < least:
        return 0, 0.0
    return scale, float(np.median(sides.long[sides.whole]))


def layer_is_light_enough(layer: Layer, context: Context) -> Iterator[Fault]:
    of = layer.vertices[1]
    each = np.bincount(of, minlength=1)
    if len(of) > HEAVY or each.max() > HEAVY_ONE:
        yield Fault({"features": len(layer), "vertices": len(of), "most": int(each.max())}, int(each.argmax()))


class Sides(NamedTuple):
    """Layer.strokes' vertices and rows, and from each vertex to the next: the metres east and north (2, n), their
    length, and whether both are of one stroke."""

    xy: NDArray[np.float64]
    row: NDArray[np.int64]
    metres: NDArray[np.float64]
    long: NDArray[np.float64]
    whole: NDArray[np.bool_]


def _sides(layer: Layer) -> Sides | None:
    """None before the CRS is known, and where there is no line. What is invalid is said elsewhere."""
    if layer.geometry is None or not layer.source_crs or not len(layer.strokes[0]):
        return None
    xy, stroke, row = layer.strokes
    scale = scale_at(xy[:, 1])
    whole = (stroke[1:] == stroke[:-1]) & layer.valid[row[1:]]
    metres = np.stack([np.diff(xy[:, 0]) * scale[0], np.diff(xy[:, 1]) * scale[1]])
    return Sides(xy, row, metres, np.sqrt(metres[0] ** 2 + metres[1] ** 2), whole)


def written_areas_are_those_measured(layer: Layer, context: Context) -> Iterator[Fault]:
    """A column that says the area alone. Without a unit it is in the one that fits the most."""
    rows, shapes = drawn_as(layer, AREAS, valid=True)
    if len(rows):
        square = float(scale_of(shapes).prod())
        named = [field for field in layer.fields if words(field) & {"luas", "area"} and words(field) <= MEASURED_WORDS]
        measured = shapely.area(shapes) * square if named else np.empty(0)
        yield from _written(layer, rows, shapes, named, measured, {**SQUARE_METRES, "": square}, DEVIATION)


def written_lengths_are_those_measured(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = drawn_as(layer, LINES, valid=True)
    if len(rows):
        scale = scale_of(shapes)
        said = {"panjang", "length", "leng"}
        named = [field for field in layer.fields if words(field) & said and words(field) <= LENGTH_WORDS]
        measured = shapely.length(shapely.transform(shapes, lambda xy: xy * scale)) if named else np.empty(0)
        yield from _written(layer, rows, shapes, named, measured, {**METRES, "": float(scale[1])}, LENGTH_DEVIATION)


def _written(
    layer: Layer,
    rows: NDArray[np.int64],
    shapes: Shapes,
    fields: list[Field],
    measured: NDArray[np.float64],
    units: dict[str, float],
    deviation: float,
) -> Iterator[Fault]:
    """What GIS programs write by themselves into a file in degrees is in degrees: the unit without a name."""
    for field in fields:
        if field.type not in (FieldType.INTEGER, FieldType.NUMBER):
            continue
        written = layer.columns[field.name].cast(pa.float64()).to_numpy(zero_copy_only=False)[rows]
        filled = np.flatnonzero((written > 0) & (measured > 0))
        if not len(filled):
            continue
        named = (units[word] for word in (field.unit.casefold(), *words(field)) if word and word in units)
        ratio = float(np.median(written[filled] / measured[filled]))
        unit = next(named, 0.0) or min(set(units.values()), key=lambda unit: abs(np.log(ratio * unit)))
        wrong = filled[np.abs(written[filled] * unit / measured[filled] - 1) > deviation]
        for at in wrong[:1] if len(wrong) * 2 > len(filled) else wrong:
            params = {"written": float(written[at]), "measured": float(f"{measured[at] / unit:.6g}")}
            yield Fault(params | {"count": len(wrong)}, int(rows[at]), field, place=shapes[at].centroid)
