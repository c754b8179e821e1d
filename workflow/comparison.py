"""What a new layer changes against the current release."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from workflow.checks.columns import texts
from workflow.layer import Layer

Positions = NDArray[np.int64]
Values = Sequence[Hashable]


@dataclass(frozen=True)
class Comparison:
    """Positions (from 0) in the new layer's arrays, `removed` in the old one's.

    `moved` and `changed` are (m, 2) pairs of old and new position: another geometry, other attributes; a row can be
    in both. `by_key` says that rows were matched by the declared key; else only what is equal in geometry or in all
    attributes can be matched. `new_columns` and `lost_columns` are those of one side.
    """

    added: Positions
    removed: Positions
    moved: Positions
    changed: Positions
    unchanged: int
    by_key: bool
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        listed = {name: len(getattr(self, name)) for name in ("added", "removed", "moved", "changed")}
        return listed | {"unchanged": self.unchanged}


def compare(old: Layer, new: Layer) -> Comparison:
    columns = _shared_columns(old, new)
    attributes = _attributes(old, new, columns)
    places = _places(old), _places(new)
    key = new.key if new.key == old.key and new.key in columns else None
    keys = [texts(layer, layer.field(key)) for layer in (old, new)] if key else []
    by_key = bool(keys) and all(len(set(side)) == len(side) for side in keys)
    if by_key:
        pairs = _pairs(keys[0], keys[1])
    elif old.geometry is None or new.geometry is None:
        pairs = _pairs_by_content([attributes], len(old), len(new))
    else:
        whole = [list(zip(*side, strict=True)) for side in zip(attributes, places, strict=True)]
        pairs = _pairs_by_content([whole, places, attributes], len(old), len(new))
    moved, changed = _differ(places, pairs), _differ(attributes, pairs)
    return Comparison(
        added=np.setdiff1d(np.arange(len(new)), pairs[:, 1]),
        removed=np.setdiff1d(np.arange(len(old)), pairs[:, 0]),
        moved=pairs[moved],
        changed=pairs[changed],
        unchanged=int((~moved & ~changed).sum()),
        by_key=by_key,
        new_columns=tuple(name for name in new.columns.column_names if name not in columns),
        lost_columns=tuple(name for name in old.columns.column_names if name not in columns),
    )


def cell_changes(old: Layer, new: Layer, pair: Sequence[int]) -> dict[str, tuple[object, object]]:
    """{field: (before, now)} of one pair of positions."""
    cells = {
        name: (old.columns[name][int(pair[0])].as_py(), new.columns[name][int(pair[1])].as_py())
        for name in _shared_columns(old, new)
    }
    return {name: (before, now) for name, (before, now) in cells.items() if before != now}


def _shared_columns(old: Layer, new: Layer) -> list[str]:
    return [name for name in new.columns.column_names if name in old.columns.column_names]


def _attributes(old: Layer, new: Layer, names: Iterable[str]) -> tuple[Values, Values]:
    """The cells of each row: numbers as doubles, all else and a column whose type changed as text."""
    columns = []
    for name in names:
        pair = [_comparable(layer.columns[name]) for layer in (old, new)]
        columns.append(pair if pair[0].type == pair[1].type else [column.cast(pa.string()) for column in pair])
    if not columns:
        return [()] * len(old), [()] * len(new)
    before, now = ([column.to_pylist() for column in side] for side in zip(*columns, strict=True))
    return list(zip(*before, strict=True)), list(zip(*now, strict=True))


def _comparable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.float64(), safe=False)
    return values.cast(pa.string())


def _places(layer: Layer) -> Values:
    """As the seven decimals that are served have it: a smaller shift is none."""
    if layer.geometry is None:
        return [None] * len(layer)
    return list(shapely.to_wkb(shapely.transform(layer.geometry, lambda coords: np.round(coords, 7) + 0.0)))


def _pairs(old: Values, new: Values) -> Positions:
    """Equal values, each used once, in their order; None equals nothing."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for n in range(len(old) - 1, -1, -1):
        waiting[old[n]].append(n)
    found = [(waiting[value].pop(), n) for n, value in enumerate(new) if value is not None and waiting.get(value)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _pairs_by_content(sides: Iterable[Sequence[Values]], old: int, new: int) -> Positions:
    """First what is equal throughout, then what lies in the same place, then what has the same attributes."""
    found = np.empty((0, 2), dtype=np.int64)
    for before, now in sides:
        left, right = np.setdiff1d(np.arange(old), found[:, 0]), np.setdiff1d(np.arange(new), found[:, 1])
        more = _pairs([before[n] for n in left.tolist()], [now[n] for n in right.tolist()])
        found = np.vstack([found, np.column_stack([left[more[:, 0]], right[more[:, 1]]])])
    return found[found[:, 1].argsort()]


def _differ(sides: tuple[Values, Values], pairs: Positions) -> NDArray[np.bool_]:
    return np.array([sides[0][before] != sides[1][now] for before, now in pairs.tolist()], dtype=bool)
