"""A box over the map finds exactly the features that it touches."""

import tempfile
from pathlib import Path

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from server.store.boxes import Boxes, write_boxes

GRID = st.integers(-20, 20).map(lambda number: number / 4)


@st.composite
def geometries(draw: st.DrawFn) -> list[shapely.Geometry | None]:
    """Points, lines, parts far from each other, and nothing; few different places, so that edges meet."""
    seed, count = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0, 1, 2, 31, 32, 33, 300, 1100]))
    chance = np.random.default_rng(seed)
    found: list[shapely.Geometry | None] = []
    for kind, (x, y, wide, high) in zip(
        chance.integers(0, 5, count), chance.integers(-20, 20, (count, 4)), strict=True
    ):
        x, y, wide, high = x / 4, y / 4, abs(wide) / 8, abs(high) / 8
        far = shapely.LineString([(x + wide, y + high), (x + wide + 0.5, y + high)])
        shapes = [
            None,
            shapely.Point(x, y),
            shapely.LineString([(x, y), (x + wide, y + high + 0.25)]),
            shapely.Polygon([(x, y), (x + wide + 0.25, y), (x, y + high + 0.25)]),
            shapely.union_all([shapely.Point(x, y), far]),
        ]
        found.append(shapes[kind])
    return found


@given(geometries(), GRID, GRID, GRID, GRID)
def test_a_box_finds_what_it_touches(
    found: list[shapely.Geometry | None], x: float, y: float, u: float, v: float
) -> None:
    box = (min(x, u), min(y, v), max(x, u), max(y, v))
    array = np.array(found, dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        write_boxes(array, Path(folder) / "boxes.rtree")
        sure, unsure = Boxes.open(Path(folder) / "boxes.rtree").meeting(box)
    meets = set(np.flatnonzero(shapely.intersects(array, shapely.box(*box))).tolist())
    assert set(sure.tolist()) <= meets <= set(sure.tolist()) | set(unsure.tolist())
    assert len(sure) + len(unsure) == len({*sure.tolist(), *unsure.tolist()})
    assert all(found[row] is not None for row in unsure.tolist())


def test_only_what_a_corner_cuts_is_looked_at_again(tmp_path: Path) -> None:
    squares = np.array([shapely.box(x, y, x + 0.9, y + 0.9) for x in range(100) for y in range(100)], dtype=object)
    write_boxes(squares, tmp_path / "boxes.rtree")
    sure, unsure = Boxes.open(tmp_path / "boxes.rtree").meeting((10.5, 10.5, 50.5, 50.5))
    assert (len(sure), len(unsure)) == (41 * 41 - 4, 4)
