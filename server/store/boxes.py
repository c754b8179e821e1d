"""The boxes around a release's features as a packed R-tree in a file: mapped, never loaded, asked with numpy.

Little-endian: uint64 count; uint32 row of each box, padded to eight bytes; then float64 boxes (west, south, east,
north), the features' own in sort-tile-recursive order, above them one for each NODE of the level below, to the root.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from server.store.index import Box
from server.store.mapped import mapped

NODE = 32
Numbers = NDArray[np.int64]
Edges = NDArray[np.float64]


def write_boxes(geometry: NDArray[np.object_], path: Path) -> None:
    """Of geometries in CRS84; those that are None have no box."""
    boxes = shapely.bounds(geometry)
    rows = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    order = _packed(boxes[rows])
    rows, level = rows[order], boxes[rows][order]
    with path.open("wb") as file:
        file.write(np.uint64(len(rows)).astype("<u8").tobytes())
        file.write(np.resize(rows, len(rows) + len(rows) % 2).astype("<u4").tobytes())
        file.write(level.astype("<f8").tobytes())
        while len(level) > 1:
            starts = np.arange(0, len(level), NODE)
            lows, highs = (take.reduceat(level, starts) for take in (np.minimum, np.maximum))
            level = np.hstack([lows[:, :2], highs[:, 2:]])
            file.write(level.astype("<f8").tobytes())


def _packed(boxes: Edges) -> Numbers:
    """Strips from west to east, in each from south to north."""
    x, y = boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    strips = max(1, ceil(sqrt(len(boxes) / NODE)))
    strip = np.argsort(np.argsort(x)) * strips // max(1, len(boxes))
    return np.lexsort((y, strip))


@dataclass(frozen=True)
class Boxes:
    rows: NDArray[np.uint32]
    levels: tuple[Edges, ...]
    """From the root down to the features' own."""

    @classmethod
    def open(cls, path: Path) -> "Boxes":
        """Raises OSError; ValueError for a file that is no such tree."""
        content = mapped(path)
        count = int(np.frombuffer(content, "<u8", 1)[0])
        sizes = list(_sizes(count))
        rows = np.frombuffer(content, "<u4", count, 8)
        edges = np.frombuffer(content, "<f8", 4 * sum(sizes), 8 + 4 * (count + count % 2)).reshape(-1, 4)
        ends = np.cumsum(sizes)
        levels = [edges[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        return cls(rows, tuple(reversed(levels)))

    def meeting(self, box: Box) -> tuple[Numbers, Numbers]:
        """Rows whose geometry meets the box for certain, and rows of which only the geometry itself can tell.

        A geometry reaches all four edges of its box. Where that lies between two sides of the asked box and reaches
        over at most one of the others, one of these points lies in the asked box.
        """
        if not len(self.rows):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        nodes, whole = np.zeros(1, np.int64), []
        for depth, level in enumerate(self.levels):
            below = len(self.levels) - 1 - depth
            found = level[nodes]
            met = _overlapping(found, box)
            nodes, found = nodes[met], found[met]
            if not below:
                break
            inside = _inside(found, box)
            whole += [self._under(node, below) for node in nodes[inside]]
            nodes = _children(nodes[~inside], len(self.levels[depth + 1]))
        certain = _certain(found, box)
        sure = self.rows[np.concatenate([nodes[certain], *whole])]
        return sure.astype(np.int64), self.rows[nodes[~certain]].astype(np.int64)

    def _under(self, node: int, below: int) -> Numbers:
        """The places of all features under a node so many levels above them."""
        width = NODE**below
        return np.arange(node * width, min((node + 1) * width, len(self.rows)))


def _sizes(count: int) -> Iterator[int]:
    yield count
    while count > 1:
        count = -(-count // NODE)
        yield count


def _children(nodes: Numbers, count: int) -> Numbers:
    found = (nodes[:, None] * NODE + np.arange(NODE)).ravel()
    return found[found < count]


def _overlapping(boxes: Edges, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    over: NDArray[np.bool_] = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
    return over & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)


def _inside(boxes: Edges, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    within: NDArray[np.bool_] = (boxes[:, 0] >= west) & (boxes[:, 2] <= east)
    return within & (boxes[:, 1] >= south) & (boxes[:, 3] <= north)


def _certain(boxes: Edges, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    one_x, both_x = _ends_within(boxes[:, 0], boxes[:, 2], west, east)
    one_y, both_y = _ends_within(boxes[:, 1], boxes[:, 3], south, north)
    return (one_x & both_y) | (both_x & one_y)


def _ends_within(low: Edges, high: Edges, least: float, most: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether one end lies within the asked side at least, and whether both do."""
    first, second = (low >= least) & (low <= most), (high >= least) & (high <= most)
    return first | second, first & second
