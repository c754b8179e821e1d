"""The coordinate systems that may be asked for: their names, axes, and the way between each of them and CRS84."""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pygeofilter import ast, values
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from server.crs84 import from_crs84
from server.ogc.words import CRS84
from server.release.features import DECIMALS
from workflow.errors import BadRequest

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
METRES, DEGREES = 4, 9
"""Decimals of about 0.1 mm."""
STRAIGHT = 1e-9
"""Degrees by which a line may bend and still be straight."""
STEPS = 2000
"""Pieces in which an outline is carried over, because its lines bend on the way."""

_NAMES = re.compile(
    r"(?:https?://www\.opengis\.net/def/crs/|urn:(?:x-)?ogc:def:crs:|\[?)(EPSG|OGC)[/:](?:[\d.]*[/:])?(\w+)\]?", re.I
)


Coordinates = NDArray[np.float64]
EVERYWHERE = (np.full(2, -np.inf), np.full(2, np.inf))


@dataclass(frozen=True)
class System:
    """Coordinates are in the order of the authority; `axes` says where each of them grows."""

    axes: tuple[str, ...]
    geographic: bool
    way: Transformer

    def of(self, lonlat: Coordinates) -> Coordinates:
        return np.column_stack(self.way.transform(lonlat[:, 0], lonlat[:, 1]))

    def lonlat(self, own: Coordinates) -> Coordinates:
        return np.column_stack(self.way.transform(own[:, 0], own[:, 1], direction=TransformDirection.INVERSE))


@dataclass(frozen=True)
class Drawn:
    """A box as it was asked for: first axis, second axis, perhaps height, twice."""

    edges: tuple[float, ...]
    uri: str


def uris(codes: str) -> list[str]:
    """CRS84 and these EPSG codes, written with commas. Raises ValueError for what has no two axes."""
    found = [CRS84, *(EPSG + code.strip() for code in codes.split(",") if code.strip())]
    for uri in found:
        system(uri)
    return list(dict.fromkeys(found))


def canonical(name: str) -> str:
    """https, URN and safe CURIE as the URI that the collections list; anything else as it is."""
    match = _NAMES.fullmatch(name)
    if match is None:
        return name
    return EPSG + match[2] if match[1].upper() == "EPSG" else CRS84.replace("CRS84", match[2].upper())


@lru_cache(maxsize=64)
def system(uri: str) -> System:
    code = uri.rpartition("/")[2]
    try:
        crs = CRS.from_authority("OGC" if uri == CRS84 else "EPSG", code)
    except CRSError as error:
        raise ValueError(f"EPSG:{code} is not known") from error
    if len(crs.axis_info) != 2 or not (crs.is_geographic or crs.is_projected):
        raise ValueError(f"EPSG:{code} is not a system of two axes on the ground")
    return System(tuple(axis.direction for axis in crs.axis_info), crs.is_geographic, from_crs84(crs, always_xy=False))


def in_system(lines: Sequence[bytes], shapes: NDArray[np.object_], uri: str) -> list[bytes]:
    """Rendered features with these geometries, longitude and latitude, in another system instead of their own."""
    return [_with(line, text) for line, text in zip(lines, _rendered(shapes, system(uri)), strict=True)]


def _with(line: bytes, geometry: str | None) -> bytes:
    # Neither sign can stand in a JSON text, where every quotation mark has a backslash.
    start = line.index(b',"geometry":') + len(b',"geometry":')
    return line[:start] + (geometry or "null").encode() + line[line.index(b',"properties":', start) :]


def _rendered(shapes: NDArray[np.object_], system: System) -> list[str | None]:
    """As GeoJSON; None also for what has no place in the system."""
    decimals = DEGREES if system.geographic else METRES

    def turned(lonlat: Coordinates) -> Coordinates:
        flat = np.round(system.of(lonlat), decimals)
        return np.column_stack([flat, np.round(lonlat[:, 2:], DECIMALS)]) + 0.0

    found = shapely.transform(shapes, turned, include_z=bool(shapely.has_z(shapes).any()))
    found[np.isinf(shapely.bounds(found)).any(axis=1)] = None
    return list(shapely.to_geojson(found))


def areas(drawn: Drawn, extent: Sequence[float] | None) -> list[BaseGeometry]:
    """The box in CRS84, where its edges bend; two parts across the antimeridian.

    Only as far as features reach: `extent` is their box in CRS84. None where the box does not meet it.
    """
    if extent is None:
        return []
    own = system(drawn.uri)
    return [_carried(box, own, "bbox") for box in _boxes(own, drawn.edges, _reach(own, extent))]


def _boxes(own: System, edges: Sequence[float], reach: tuple[Coordinates, Coordinates]) -> Iterator[BaseGeometry]:
    """As drawn in the system; lines and points where they have no width."""
    low, high = np.array(edges[:2]), np.array(edges[len(edges) // 2 :][:2])
    parts, east = [(low, high)], np.array(own.axes) == "east"
    if own.geographic and (low > high)[east].any():
        parts = [(low, np.where(east, 180.0, high)), (np.where(east, -180.0, low), high)]
    for low, high in parts:
        low, high = np.maximum(low, reach[0]), np.minimum(high, reach[1])
        if (low <= high).all():
            box = shapely.box(*low, *high)
            yield box if box.area else box.exterior.convex_hull


def _reach(own: System, extent: Sequence[float]) -> tuple[Coordinates, Coordinates]:
    """Lowest and highest coordinates that features can have, with a margin for lines that bend."""
    outline = shapely.box(*extent).exterior
    points = own.of(shapely.get_coordinates(shapely.segmentize(outline, outline.length / 400 + STRAIGHT)))
    if not np.isfinite(points).all():
        return EVERYWHERE
    low, high = points.min(axis=0), points.max(axis=0)
    margin = (high - low).max() / 100 + (0.01 if own.geographic else 1000)
    return low - margin, high + margin


def _carried(outline: BaseGeometry, own: System, parameter: str) -> BaseGeometry:
    """Into CRS84. Raises BadRequest for what lies where the system does not reach."""
    dense = shapely.segmentize(outline, outline.length / STEPS) if outline.length else outline
    found: BaseGeometry = shapely.transform(dense, own.lonlat)
    if not np.isfinite(shapely.get_coordinates(found)).all():
        why = "berisi koordinat di luar jangkauan sistem koordinatnya."
        raise BadRequest(f"Parameter {parameter} {why}", where={"parameter": parameter})
    small = found.simplify(STRAIGHT)
    return found if small.is_empty else small


def located(tree: Any, *, filter_crs_uri: str, **_: Any) -> Any:
    """The filter with its geometries in CRS84."""
    return tree if filter_crs_uri == CRS84 else _located(tree, system(filter_crs_uri))


def _located(node: Any, own: System) -> Any:
    if isinstance(node, ast.BBox):
        box = values.Envelope(node.minx, node.maxx, node.miny, node.maxy)
        return ast.GeometryIntersects(node.lhs, _located(box, own))
    if isinstance(node, values.Geometry | values.Envelope):
        drawn = [shape(node.geometry)]
        if isinstance(node, values.Envelope):
            drawn = list(_boxes(own, (node.x1, node.y1, node.x2, node.y2), EVERYWHERE))
        carried = [_carried(one, own, "filter") for one in drawn]
        return values.Geometry(mapping(carried[0] if len(carried) == 1 else shapely.union_all(carried)))
    if isinstance(node, list):
        return [_located(one, own) for one in node]
    if not isinstance(node, ast.Node):
        return node
    found = copy(node)
    vars(found).update({name: _located(value, own) for name, value in vars(node).items()})
    return found
