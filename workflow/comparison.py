"""What a new layer changes against the current release."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from workflow.checks.columns import texts
from workflow.layer import Layer

Positions = NDArray[np.int64]

SAME_PLACE = 1e-7
"""Degrees: a smaller shift vanishes in the 7 decimals that are served."""


@dataclass(frozen=True)
class Comparison:
    """Positions (from 0) in the new layer's arrays, `removed` in the old one's.

    `moved` and `changed` are (m, 2) pairs of old and new position: another geometry, other attributes; a row can be
    in both. `by_key` says that rows were matched by the declared key; else only what is equal in geometry or in all
    attributes can be matched. `columns` are the fields compared; `new_columns` and `lost_columns` those of one side.
    """

    added: Positions
    removed: Positions
    moved: Positions
    changed: Positions
    unchanged: int
    by_key: bool
    columns: tuple[str, ...]
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            "moved": len(self.moved),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
        }


def compare(old: Layer, new: Layer) -> Comparison:
    columns = tuple(name for name in _names(new) if name in _names(old))
    key = new.key if new.key and new.key == old.key and new.key in columns else None
    keys = (_keys(old, key), _keys(new, key)) if key else None
    if keys and all(len(set(side)) == len(side) for side in keys):
        pairs = _pairs(*keys)
    else:
        key, pairs = None, _pairs_by_content(old, new, columns)
    moved, changed = _moved(old, new, pairs), _changed(old, new, pairs, columns)
    return Comparison(
        added=np.setdiff1d(np.arange(len(new)), pairs[:, 1]),
        removed=np.setdiff1d(np.arange(len(old)), pairs[:, 0]),
        moved=pairs[moved],
        changed=pairs[changed],
        unchanged=int((~moved & ~changed).sum()),
        by_key=key is not None,
        columns=columns,
        new_columns=tuple(name for name in _names(new) if name not in columns),
        lost_columns=tuple(name for name in _names(old) if name not in columns),
    )


def cell_changes(old: Layer, new: Layer, pair: Sequence[int]) -> dict[str, tuple[object, object]]:
    """{field: (before, now)} of one pair of positions."""
    before, now = int(pair[0]), int(pair[1])
    cells = {
        name: (_column(old, name)[before].as_py(), _column(new, name)[now].as_py())
        for name in _names(new)
        if name in _names(old)
    }
    return {name: values for name, values in cells.items() if values[0] != values[1]}


def _names(layer: Layer) -> tuple[str, ...]:
    return tuple(field.name for field in layer.fields)


def _column(layer: Layer, name: str) -> pa.ChunkedArray:
    return layer.columns.column(_names(layer).index(name))


def _keys(layer: Layer, name: str) -> list[Hashable]:
    return list(texts(layer, layer.field(name)))


def _pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Positions:
    """Equal values, each used once, in their order; None equals nothing."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for n in range(len(old) - 1, -1, -1):
        waiting[old[n]].append(n)
    found = [(waiting[value].pop(), n) for n, value in enumerate(new) if value is not None and waiting.get(value)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _pairs_by_content(old: Layer, new: Layer, columns: tuple[str, ...]) -> Positions:
    """First what is equal throughout, then what lies in the same place, then what has the same attributes."""
    attributes = _attributes(old, columns), _attributes(new, columns)
    places = _places(old), _places(new)
    whole = _zipped(attributes[0], places[0]), _zipped(attributes[1], places[1])
    sides = [whole, places, attributes] if old.geometry is not None and new.geometry is not None else [attributes]
    found = np.empty((0, 2), dtype=np.int64)
    for before, now in sides:
        left = np.setdiff1d(np.arange(len(old)), found[:, 0])
        right = np.setdiff1d(np.arange(len(new)), found[:, 1])
        more = _pairs([before[n] for n in left], [now[n] for n in right])
        found = np.vstack([found, np.column_stack([left[more[:, 0]], right[more[:, 1]]])])
    return found[found[:, 1].argsort()]


def _zipped(one: list[Hashable], other: list[Hashable]) -> list[Hashable]:
    return list(zip(one, other, strict=True))


def _attributes(layer: Layer, columns: tuple[str, ...]) -> list[Hashable]:
    if not columns:
        return [()] * len(layer)
    return list(zip(*(_comparable(_column(layer, name)).to_pylist() for name in columns), strict=True))


def _comparable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as doubles and all else as text, so that a column whose type changed still compares."""
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return values.cast(pa.float64(), safe=False)
    return values.cast(pa.string())


def _places(layer: Layer) -> list[Hashable]:
    if layer.geometry is None:
        return [None] * len(layer)
    rounded = shapely.transform(layer.geometry, lambda coords: np.round(coords, 7) + 0.0)
    return list(shapely.to_wkb(rounded))


def _moved(old: Layer, new: Layer, pairs: Positions) -> NDArray[np.bool_]:
    if old.geometry is None or new.geometry is None:
        return np.full(len(pairs), (old.geometry is None) != (new.geometry is None))
    before, now = old.geometry[pairs[:, 0]], new.geometry[pairs[:, 1]]
    both_missing = shapely.is_missing(before) & shapely.is_missing(now)
    return ~(shapely.equals_exact(before, now, tolerance=SAME_PLACE) | both_missing)


def _changed(old: Layer, new: Layer, pairs: Positions, columns: tuple[str, ...]) -> NDArray[np.bool_]:
    changed = np.zeros(len(pairs), dtype=bool)
    for name in columns:
        before = _comparable(_column(old, name)).take(pa.array(pairs[:, 0]))
        now = _comparable(_column(new, name)).take(pa.array(pairs[:, 1]))
        if before.type != now.type:
            before, now = before.cast(pa.string()), now.cast(pa.string())
        same = pc.fill_null(pc.equal(before, now), False)
        both_null = pc.and_(pc.is_null(before), pc.is_null(now))
        changed |= ~pc.or_(same, both_null).to_numpy()
    return changed
