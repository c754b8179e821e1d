"""An invalid shape has a sound one to offer, of its own family, or none."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from workflow.repair import closeup, fault_in, repaired

BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
SQUARE = shapely.box(0, 0, 2, 2)


def test_a_bow_tie_becomes_its_two_halves() -> None:
    whole = repaired(BOW_TIE)
    assert whole is not None
    assert (whole.geom_type, whole.is_valid, whole.area) == ("MultiPolygon", True, 2)


def test_a_spike_that_encloses_nothing_is_dropped() -> None:
    spiked = shapely.Polygon([(0, 0), (2, 0), (2, 2), (1, 2), (1, 5), (1, 2), (0, 2)])
    assert not spiked.is_valid
    whole = repaired(spiked)
    assert whole is not None
    assert (whole.geom_type, whole.area) == ("Polygon", 4)


def test_a_hole_that_lies_outside_shows_itself_as_a_part() -> None:
    whole = repaired(shapely.Polygon(SQUARE.exterior.coords, [[(5, 5), (6, 5), (6, 6), (5, 5)]]))
    assert whole is not None
    assert (whole.geom_type, whole.area) == ("MultiPolygon", 4.5)


def test_parts_that_overlap_become_one_and_stay_a_multipolygon() -> None:
    whole = repaired(shapely.MultiPolygon([SQUARE, shapely.box(1, 0, 3, 2)]))
    assert whole is not None
    assert (whole.geom_type, whole.area) == ("MultiPolygon", 6)


@pytest.mark.parametrize(
    "hopeless",
    [
        None,
        shapely.Polygon(),
        shapely.Polygon([(0, 0), (1, 1), (0, 0)]),
        shapely.LineString([(0, 0), (0, 0)]),
        shapely.Point(np.nan, 0),
        shapely.GeometryCollection([SQUARE]),
    ],
    ids=str,
)
def test_what_nothing_can_be_made_of_has_no_repair(hopeless: BaseGeometry | None) -> None:
    assert repaired(hopeless) is None


def test_the_place_of_a_fault_is_read_from_what_geos_says() -> None:
    assert fault_in("Self-intersection[1 -1.5e-3]") == ("Self-intersection", shapely.Point(1, -0.0015))
    assert fault_in("Too few points") == ("Too few points", None)


def test_a_closeup_shows_both_shapes_around_the_fault() -> None:
    whole = repaired(BOW_TIE)
    assert whole is not None
    views = closeup(BOW_TIE, whole)
    assert {name for name, lines in views.items() if lines} == {"before", "after"}
    ends = [float(number) for line in views["before"] for pair in line.split() for number in pair.split(",")]
    assert min(ends) == 0
    assert max(ends) == 100


corners = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=12)


@given(corners)
def test_whatever_is_offered_is_sound_and_of_the_same_family(ring: list[tuple[int, int]]) -> None:
    drawn = shapely.Polygon(ring)
    whole = repaired(drawn)
    if whole is not None:
        assert whole.is_valid
        assert whole.geom_type in ("Polygon", "MultiPolygon")
        assert whole.area > 0
        assert drawn.envelope.covers(whole)
    elif drawn.is_valid:
        pytest.fail("a sound shape was thrown away")
