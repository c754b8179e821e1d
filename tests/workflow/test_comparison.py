from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflow.layers import layer
from workflow.comparison import compare, shift, totals
from workflow.layer import Layer

HERE, THERE = shapely.Point(109.67, -6.88), shapely.Point(109.68, -6.88)
HALF_A_METRE = 0.5 / 110_500
"""In degrees of longitude at this latitude."""

rows = st.dictionaries(st.integers(0, 9), st.tuples(st.sampled_from("abc"), st.sampled_from([HERE, THERE, None])))


def of(content: dict[Any, Any], key: str | None = "id") -> Layer:
    names, places = [name for name, _ in content.values()], [place for _, place in content.values()]
    return layer({"id": list(content), "nama": names}, places, key=key)


@given(rows, rows)
@settings(deadline=None)
def test_rows_with_a_key_are_followed_by_it(old: dict[int, Any], new: dict[int, Any]) -> None:
    result = compare(of(old), of(new), 0.5)
    both = old.keys() & new.keys()
    assert result.keys
    assert result.counts == {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "moved": sum(old[id][1] is not new[id][1] for id in both),
        "changed": sum(old[id][0] != new[id][0] for id in both),
        "unchanged": sum(old[id] == new[id] for id in both),
    }


@st.composite
def edits(draw: st.DrawFn) -> tuple[Layer, Layer, dict[str, int]]:
    """Squares on a grid of 200 m, a key, three columns; and what was done to them, row by row."""
    count = draw(st.integers(1, 30))
    done = draw(st.lists(st.sampled_from(["", "removed", "moved", "changed", "both"]), min_size=count, max_size=count))
    added = draw(st.integers(0, 5))
    order = draw(st.permutations(range(count + added)))
    old = [square(n) for n in range(count)]
    rows = []
    for n in range(count + added):
        what = done[n] if n < count else ""
        shape = square(n, 0.0001) if what in ("moved", "both") else square(n)
        rows.append((n, "baru" if what in ("changed", "both") else f"nama {n}", n % 3, shape, what))
    kept = [rows[n] for n in order if rows[n][4] != "removed"]
    counts = {"added": added, "removed": done.count("removed"), "moved": done.count("moved") + done.count("both")}
    counts |= {"changed": done.count("changed") + done.count("both"), "unchanged": done.count("")}
    columns = {
        "id": list(range(count)),
        "nama": [f"nama {n}" for n in range(count)],
        "kelas": [n % 3 for n in range(count)],
    }
    now = {name: [row[at] for row in kept] for at, name in enumerate(columns)}
    return layer(columns, old, key="id"), layer(now, [row[3] for row in kept], key="id"), counts


def square(n: int, east: float = 0.0) -> shapely.Polygon:
    x, y = 109.6 + n % 6 * 0.002 + east, -6.9 + n // 6 * 0.002
    return shapely.box(x, y, x + 0.0005, y + 0.0005)


@given(edits())
@settings(deadline=None)
def test_random_edits_are_counted_exactly(made: tuple[Layer, Layer, dict[str, int]]) -> None:
    old, new, counts = made
    result = compare(old, new, 0.5)
    assert result.counts == counts
    assert set(result.cells) <= {"nama"}


@given(edits())
@settings(deadline=None)
def test_random_edits_are_counted_exactly_without_a_key_where_a_number_is_every_rows_own(
    made: tuple[Layer, Layer, dict[str, int]],
) -> None:
    old, new, counts = made
    result = compare(without_key(old), without_key(new), 0.5)
    assert (bool(result.keys), result.counts) == (False, counts)


def without_key(one: Layer) -> Layer:
    return Layer(one.name, one.fields, one.columns, one.rows, one.geometry, one.source_crs)


@given(edits(), st.booleans())
@settings(deadline=None)
def test_the_other_way_round_what_came_is_what_went(made: tuple[Layer, Layer, dict[str, int]], keyed: bool) -> None:
    old, new = made[:2] if keyed else map(without_key, made[:2])
    there, back = compare(old, new, 0.5), compare(new, old, 0.5)
    assert sorted(there.added.tolist()) == sorted(back.removed.tolist())
    assert sorted(there.removed.tolist()) == sorted(back.added.tolist())
    assert there.counts["moved"] == back.counts["moved"]
    assert there.counts["changed"] == back.counts["changed"]


@given(rows, rows)
@settings(deadline=None)
def test_without_a_key_every_row_is_accounted_for_once(old: dict[int, Any], new: dict[int, Any]) -> None:
    result = compare(of(old, None), of(new, None), 0.5)
    pairs = len(old) - len(result.removed)
    assert not result.keys
    assert pairs == len(new) - len(result.added)
    assert result.unchanged <= pairs


@given(rows)
@settings(deadline=None)
def test_a_layer_does_not_differ_from_itself_in_another_order(content: dict[int, Any]) -> None:
    backwards = dict(reversed(content.items()))
    for key in ("id", None):
        result = compare(of(content, key), of(backwards, key), 0.5)
        assert result.counts == {"added": 0, "removed": 0, "moved": 0, "changed": 0, "unchanged": len(content)}
        assert result.cells == {}


def test_without_a_key_a_move_and_a_change_are_still_told_apart() -> None:
    old = layer({"nama": ["Pos 1", "Pos 2"]}, [HERE, shapely.Point(109.7, -6.9)])
    new = layer({"nama": ["Pos 1", "Pos 2 baru"]}, [THERE, shapely.Point(109.7, -6.9)])
    result = compare(old, new, 0.5)
    assert result.moved.tolist() == [[0, 0]]
    assert result.changed.tolist() == [[1, 1]]
    assert {name: mask.tolist() for name, mask in result.cells.items()} == {"nama": [True]}


def test_what_all_rows_share_makes_no_far_neighbour_the_same_feature() -> None:
    trees = [shapely.Point(109.6 + n / 1000, -6.9) for n in range(5)]
    old = layer({"jenis": ["Mahoni"] * 5}, trees)
    new = layer({"jenis": ["Mahoni"] * 5}, [*trees[:4], shapely.Point(109.65, -6.95)])
    assert compare(old, new, 0.5).counts["removed"] == compare(old, new, 0.5).counts["added"] == 1
    beside = layer({"jenis": ["Mahoni"] * 5}, [*trees[:4], shapely.Point(109.60402, -6.9)])
    assert compare(old, beside, 0.5).counts["moved"] == 1


@pytest.mark.parametrize(("metres", "moved"), [(0.4, 0), (0.6, 1)])
@pytest.mark.parametrize("key", ["id", None])
@pytest.mark.parametrize("shape", [HERE, square(0), shapely.LineString([(109.6, -6.9), (109.61, -6.9)])])
def test_what_lies_within_the_threshold_has_not_moved(shape: Any, key: str | None, metres: float, moved: int) -> None:
    step = HALF_A_METRE * 2 * metres
    nudged = shapely.transform(shape, lambda xy: np.add(xy, [step, 0]))
    counts = compare(of({1: ("a", shape)}, key), of({1: ("a", nudged)}, key), 0.5).counts
    assert counts == {"added": 0, "removed": 0, "moved": moved, "changed": 0, "unchanged": 1 - moved}
    assert shift(shape, nudged) == pytest.approx(metres, rel=0.01)


def test_where_a_ring_begins_and_a_vertex_on_a_straight_edge_are_no_move() -> None:
    ring = list(square(0).exterior.coords)
    turned = shapely.Polygon([*ring[2:-1], *ring[:2], ring[2]])
    midway = shapely.Polygon([ring[0], np.mean(ring[:2], axis=0), *ring[1:]])
    for other in (turned, midway):
        assert compare(of({1: ("a", square(0))}), of({1: ("a", other)}), 0.5).counts["moved"] == 0
        assert compare(of({1: ("a", square(0))}), of({1: ("a", other)})).counts["moved"] == 1


def test_one_vertex_of_many_that_leaves_is_a_move() -> None:
    circle = shapely.Point(109.6, -6.9).buffer(0.01, quad_segs=64)
    ring = np.array(circle.exterior.coords)
    ring[7] += [1e-5, 0]
    for key in ("id", None):
        assert (
            compare(of({1: ("a", circle)}, key), of({1: ("a", shapely.Polygon(ring))}, key), 0.5).counts["moved"] == 1
        )


def test_an_outline_is_no_area_and_a_height_is_a_place() -> None:
    old = of({1: ("a", square(0)), 2: ("a", shapely.Point(109.6, -6.9, 3))})
    new = of({1: ("a", square(0).exterior), 2: ("a", shapely.Point(109.6, -6.9, 4))})
    assert compare(old, new, 0.5).counts["moved"] == 2
    assert compare(old, new, 1.5).counts["moved"] == 1


def test_a_shift_below_the_served_decimals_is_none() -> None:
    nudged = shapely.Point(109.67 + 4e-8, -6.88)
    for key in ("id", None):
        assert compare(of({1: ("a", HERE)}, key), of({1: ("a", nudged)}, key)).counts["unchanged"] == 1


def test_without_a_threshold_any_served_shift_is_a_move() -> None:
    nudged = {1: ("a", shapely.Point(109.67 + 1e-6, -6.88))}
    for key in ("id", None):
        assert compare(of({1: ("a", HERE)}, key), of(nudged, key)).counts["moved"] == 1


def test_a_key_that_repeats_is_not_followed() -> None:
    doubled = layer({"id": [1, 1]}, [HERE, THERE], key="id")
    assert not compare(doubled, doubled).keys


def test_columns_that_come_and_go_are_named_and_types_may_change() -> None:
    old = layer({"id": [1], "jumlah": ["5"], "luas": [2], "lama": ["x"]}, key="id")
    new = layer({"id": ["1"], "jumlah": ["5"], "luas": [2.0], "baru": ["y"]}, key="id")
    result = compare(old, new)
    assert (result.new_columns, result.lost_columns) == (("baru",), ("lama",))
    assert result.keys == ("id",)
    assert result.counts == {"added": 0, "removed": 0, "moved": 0, "changed": 0, "unchanged": 1}


def test_an_empty_cell_differs_from_a_value_and_not_from_another_empty_cell() -> None:
    old = layer({"id": [1, 2, 3], "n": [None, 1, None]}, key="id")
    new = layer({"id": [1, 2, 3], "n": [None, None, 0]}, key="id")
    assert compare(old, new).changed.tolist() == [[1, 1], [2, 2]]


def table(*lines: Sequence[Any]) -> Layer:
    names = ("kode_kelurahan", "tahun", "nama", "jenis_kelamin", "jumlah")
    columns = {name: [line[at] for line in lines] for at, name in enumerate(names)}
    return layer(columns, code="kode_kelurahan", period_column="tahun")


OLD = table(
    ("33.75.01.1001", 2023, "Medono", "L", 10),
    ("33.75.01.1001", 2023, "Medono", "P", 12),
    ("33.75.01.1001", 2024, "Medono", "L", 11),
    ("33.75.01.1002", 2024, "Podosugih", "L", 7),
)


def test_a_table_is_followed_by_area_period_and_category() -> None:
    new = table(
        ("33.75.01.1001", 2024, "Medono", "L", 13),
        ("33.75.01.1001", 2024, "Medono", "P", 14),
        ("33.75.01.1001", 2023, "Kelurahan Medono", "P", 12),
        ("33.75.01.1001", 2023, "Kelurahan Medono", "L", 10),
    )
    result = compare(OLD, new)
    assert result.keys == ("kode_kelurahan", "tahun", "jenis_kelamin")
    assert result.counts == {"added": 1, "removed": 1, "moved": 0, "changed": 3, "unchanged": 0}
    assert {name: int(mask.sum()) for name, mask in result.cells.items()} == {"nama": 2, "jumlah": 1}


def test_totals_of_a_table_stand_beside_each_other_by_period() -> None:
    new = table(("33.75.01.1001", 2024, "Medono", "L", 20), ("33.75.01.1001", 2025, "Medono", "L", 5))
    assert totals(OLD, new) == [
        {"field": "jumlah", "period": "2023", "how": "sum", "old": 22, "new": None},
        {"field": "jumlah", "period": "2024", "how": "sum", "old": 18, "new": 20},
        {"field": "jumlah", "period": "2025", "how": "sum", "old": None, "new": 5},
    ]
