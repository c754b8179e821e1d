"""The geometries of a layer as checks look at them: by kind, and in metres on the ground."""

from math import cos, radians
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from workflow.layer import Layer

AREAS, LINES = (3, 6), (1, 5)
"""Type numbers of GEOS, of single and multi."""
SNAPPED = 0.01
"""Metres: what is this near is joined."""
SHOWN, ALONG = 200, 20
"""Points at most in the place of one finding, and of one that runs along a line."""

Shapes = NDArray[np.object_]


def drawn_as(layer: Layer, kinds: tuple[int, ...], *, valid: bool = False) -> tuple[NDArray[np.int64], Shapes]:
    """Positions and geometries of these kinds, where the file says in which CRS they are."""
    if layer.geometry is None or not layer.source_crs:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    rows = np.flatnonzero(np.isin(layer.kinds, kinds) & layer.drawn & (layer.valid if valid else layer.finite))
    return rows, layer.geometry[rows]


def scale_of(shapes: Shapes) -> NDArray[np.float64]:
    """Metres per degree of longitude and latitude in the middle of the shapes, on WGS 84: right within 0.3 % for 50 km
    around."""
    return scale_at(shapely.total_bounds(shapes)[1::2])


def scale_at(lats: NDArray[np.float64]) -> NDArray[np.float64]:
    lat = radians(np.clip((lats.min() + lats.max()) / 2, -85, 85))
    east = 111_412.84 * cos(lat) - 93.5 * cos(3 * lat)
    return np.array([east, 111_132.92 - 559.82 * cos(2 * lat)])


def in_metres(shapes: Shapes, like: Shapes | None = None) -> Shapes:
    """By the scale of `like` where the shapes are to be compared with those."""
    scale = scale_of(shapes if like is None else like)
    found: Shapes = shapely.transform(shapes, lambda xy: xy * scale)
    return found


def in_degrees(shapes: Any, like: Shapes) -> Any:
    """Back from metres, of what `in_metres` made of `like`."""
    scale = scale_of(like)
    return shapely.transform(shapes, lambda xy: xy / scale)
