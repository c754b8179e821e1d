"""A sound shape in place of an invalid one, for a person to look at before it is taken."""

import re

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

SINGLE = {4: 0, 5: 1, 6: 3}
"""By the numbers of GEOS, what a collection of one family holds."""
LEAST_VIEW = 5e-5
"""Degrees to each side of a fault that are shown at least: some five metres."""


def repaired(geometry: BaseGeometry | None) -> BaseGeometry | None:
    """Of the same family and dimension; what collapses to less is dropped. None where nothing sensible is left.

    What any outer ring covers and no hole does is inside; a hole that lies outside becomes a part, to be seen.
    """
    if geometry is None or geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all():
        return None
    kind = SINGLE.get(number := int(shapely.get_type_id(geometry)), number)
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry, method="structure", keep_collapsed=False)))
    kept = [part for part in parts if int(shapely.get_type_id(part)) == kind and not part.is_empty]
    if kind not in SINGLE.values() or not kept:
        return None
    if len(kept) == 1 and kind == number:
        return kept[0]
    collect = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}[kind]
    whole: BaseGeometry = collect(kept)
    return whole if whole.is_valid else None


def fault_in(reason: str) -> tuple[str, Point | None]:
    """What GEOS says is wrong, and where: "Self-intersection[109.67 -6.89]"."""
    match = re.fullmatch(r"(.*?)\[(\S+) (\S+?)\]", reason)
    return (match[1], Point(float(match[2]), float(match[3]))) if match else (reason, None)


def closeup(old: BaseGeometry, new: BaseGeometry) -> dict[str, list[str]]:
    """The outlines `before` and `after` around the fault of `old`, as points of SVG lines in a box of 100 by 100."""
    _, place = fault_in(shapely.is_valid_reason(old))
    west, south, east, north = old.bounds
    half = max(max(east - west, north - south) / 40, LEAST_VIEW)
    x, y = (place or old.envelope.centroid).coords[0]
    window = shapely.box(x - half, y - half, x + half, y + half)
    views = {}
    for name, shape in (("before", old), ("after", new)):
        seen = shapely.get_parts(
            shapely.intersection(shapely.union_all(shapely.get_rings(shapely.get_parts(shape))), window)
        )
        drawn = [
            (np.array(line.coords) - [x, y]) / half * [50, -50] + 50 for line in seen if line.geom_type == "LineString"
        ]
        views[name] = [" ".join(f"{a:.1f},{b:.1f}" for a, b in points) for points in drawn]
    return views
