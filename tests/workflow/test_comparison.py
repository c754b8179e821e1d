from __future__ import annotations

import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.layers import layer
from workflow.comparison import cell_changes, compare

HERE, THERE = shapely.Point(109.67, -6.88), shapely.Point(109.68, -6.88)

rows = st.dictionaries(st.integers(0, 9), st.tuples(st.sampled_from("abc"), st.sampled_from([HERE, THERE, None])))


def of(content: dict, key: str | None = "id"):  # type: ignore[no-untyped-def]
    return layer(
        {"id": list(content), "nama": [name for name, _ in content.values()]},
        [place for _, place in content.values()],
        key=key,
    )


@given(rows, rows)
def test_rows_with_a_key_are_followed_by_it(old: dict, new: dict) -> None:
    result = compare(of(old), of(new))
    both = old.keys() & new.keys()
    assert result.by_key
    assert result.counts == {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "moved": sum(old[id][1] is not new[id][1] for id in both),
        "changed": sum(old[id][0] != new[id][0] for id in both),
        "unchanged": sum(old[id] == new[id] for id in both),
    }


@given(rows, rows)
def test_without_a_key_every_row_is_accounted_for_once(old: dict, new: dict) -> None:
    result = compare(of(old, None), of(new, None))
    pairs = len(old) - len(result.removed)
    assert not result.by_key
    assert pairs == len(new) - len(result.added)
    assert result.unchanged <= pairs


@given(rows)
def test_a_layer_does_not_differ_from_itself_in_another_order(content: dict) -> None:
    backwards = dict(reversed(content.items()))
    for key in ("id", None):
        counts = compare(of(content, key), of(backwards, key)).counts
        assert counts == {"added": 0, "removed": 0, "moved": 0, "changed": 0, "unchanged": len(content)}


def test_without_a_key_a_move_and_a_change_are_still_told_apart() -> None:
    old = layer({"nama": ["Pos 1", "Pos 2"]}, [HERE, shapely.Point(109.7, -6.9)])
    new = layer({"nama": ["Pos 1", "Pos 2 baru"]}, [THERE, shapely.Point(109.7, -6.9)])
    result = compare(old, new)
    assert result.moved.tolist() == [[0, 0]]
    assert result.changed.tolist() == [[1, 1]]
    assert cell_changes(old, new, result.changed[0]) == {"nama": ("Pos 2", "Pos 2 baru")}


def test_a_shift_below_the_served_decimals_is_no_move() -> None:
    nudged = shapely.Point(109.67 + 4e-8, -6.88)
    assert compare(of({1: ("a", HERE)}), of({1: ("a", nudged)})).counts["unchanged"] == 1


def test_a_short_move_is_a_move() -> None:
    nudged = {1: ("a", shapely.Point(109.67 + 1e-6, -6.88))}
    for key in ("id", None):
        assert compare(of({1: ("a", HERE)}, key), of(nudged, key)).counts["moved"] == 1


def test_a_key_that_repeats_is_not_followed() -> None:
    doubled = layer({"id": [1, 1]}, [HERE, THERE], key="id")
    assert not compare(doubled, doubled).by_key


def test_columns_that_come_and_go_are_named_and_types_may_change() -> None:
    old = layer({"id": [1], "jumlah": ["5"], "lama": ["x"]}, key="id")
    new = layer({"id": ["1"], "jumlah": ["5"], "baru": ["y"]}, key="id")
    result = compare(old, new)
    assert (result.new_columns, result.lost_columns) == (("baru",), ("lama",))
    assert result.by_key
    assert result.counts["added"] == 0
