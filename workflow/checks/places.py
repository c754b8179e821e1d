"""What lies where: features against the boundary that is published (domain.md G09, G13)."""

import re
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import subject
from workflow.checks.ground import ALONG, AREAS, LINES, Shapes, drawn_as, in_degrees, in_metres, scale_of
from workflow.checks.kode_referensi import code_columns
from workflow.layer import Layer

NEAR_BORDER = 20.0
EXACT, BESIDE = 0.5, 10.0
"""Metres from a boundary up to which a line is on it, and up to which it was meant to be."""
LEAST_OUTLINE, STEP = 400.0, 10.0
"""Metres: shorter outlines lie beside a boundary by chance; and from one place that is measured to the next."""
MEANT, DISPLACED = 0.7, 0.3
"""Shares: of an outline that lies beside the boundary, and of that what is not on it."""
WIDE = 40.0
"""Metres of mean width: of a narrow river both banks lie beside a boundary in its middle."""
BORDERS = re.compile(r"\b(batas|administrasi)")


def codes_are_those_of_their_place(layer: Layer, context: Context) -> Iterator[Fault]:
    """The middle of a feature lies in the area whose code it carries, where a boundary is published."""
    columns = [*code_columns(layer, context)] if context.boundary else []
    if layer.geometry is None or context.boundary is None or not layer.source_crs or not columns:
        return
    rows = np.flatnonzero(layer.drawn)
    points = shapely.point_on_surface(layer.geometry[rows])
    area, point = STRtree(points).query(context.boundary.geometries, predicate="intersects")
    there = np.full(len(rows), -1)
    there[point] = area
    for column in columns:
        for at, n in enumerate(rows.tolist()):
            said = context.boundary.position(column.cells[n]) if column.cells[n] else None
            known = context.area_codes.by_code(column.cells[n])
            if said is None or known is None or there[at] in (-1, said):
                continue
            if shapely.distance(points[at], context.boundary.geometries[said]) * 111_000 < NEAR_BORDER:
                continue
            right = context.area_codes.by_code(context.boundary.codes[there[at]])
            system = context.area_codes.system_of(column.cells[n])
            params = {"value": column.cells[n], "name": known.name, "right": right.name if right else ""}
            yield Fault(params, n, column.field, points[at], right.code(system) if right and system else None)


def borders_are_those_published(layer: Layer, context: Context) -> Iterator[Fault]:
    """Once of a layer: areas, and lines that say to be borders, of which a good part runs beside the boundary but not
    on it: drawn after it, or after another edition."""
    kinds = AREAS + LINES if BORDERS.search(subject(layer, context)) else AREAS
    rows, shapes = drawn_as(layer, kinds, valid=True)
    if context.boundary is None or not len(rows):
        return
    like = context.boundary.geometries
    long = shapely.length(shapes) * scale_of(like).min() > LEAST_OUTLINE
    rows, shapes = rows[long], in_metres(shapes[long], like)
    wide = 2 * shapely.area(shapes) > WIDE * shapely.length(shapes)
    meant = wide | (shapely.get_dimensions(shapes) == 1)
    rows, shapes = rows[meant], shapes[meant]
    border = STRtree(shapely.linestrings(_sides(in_metres(like, like))[0]))
    near = np.unique(border.query(shapely.box(*(shapely.bounds(shapes) + BESIDE * np.array([-1, -1, 1, 1])).T))[0])
    rows, sides, of = rows[near], *_sides(shapes[near])
    middles, long = sides.mean(axis=1), np.hypot(*(sides[:, 1] - sides[:, 0]).T)
    (side, _), how_far = border.query_nearest(
        shapely.points(middles), max_distance=BESIDE, return_distance=True, all_matches=False
    )
    apart = np.full(len(sides), np.inf)
    apart[side] = how_far
    off = (apart > EXACT) & (apart <= BESIDE)
    whole, beside, shifted = (
        np.bincount(of, weights=long * which, minlength=len(rows)) for which in (1, apart <= BESIDE, off)
    )
    if (wrong := (beside >= MEANT * whole) & (shifted >= DISPLACED * beside)).any():
        worst = int(np.argmax(shifted * wrong))
        there = np.flatnonzero(off & (of == worst))
        away = {"metres": round(float(np.median(apart[there])), 1), "length": round(float(shifted[worst]))}
        points = shapely.multipoints(middles[there[:: 1 + len(there) // ALONG]])
        params: Params = {"count": int(wrong.sum()), "boundary": context.boundary.dataset, **away}
        yield Fault(params, int(rows[worst]), place=in_degrees(points, like))


def _sides(shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Of outlines and lines in metres, cut into pieces of a STEP at most: both ends of each, (n, 2, 2), and the
    position of its shape."""
    lines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    parts, of = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(shapely.segmentize(parts, STEP), return_index=True)
    whole = part[1:] == part[:-1]
    return np.stack([xy[:-1], xy[1:]], axis=1)[whole], of[part[1:][whole]]
