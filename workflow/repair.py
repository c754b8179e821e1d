"""A sound shape in place of an invalid one, for a person to look at before it is taken."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

SINGLE = {4: 0, 5: 1, 6: 3}
"""By the numbers of GEOS, what a collection of one family holds."""


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
