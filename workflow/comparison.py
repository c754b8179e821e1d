"""What a new layer changes against the current release, computed on whole columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from workflow.layer import FieldType, Layer
from workflow.statistics import is_measure

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
Shapes = NDArray[np.object_]
Sides = tuple[Positions, Positions]
"""Of the old and of the new layer."""

DECIMALS = 7
"""As served: a smaller shift is none."""
NEAR = 100.0
"""Metres within which one of several rows of the same content may have moved."""
OVERLAP = 0.5
"""Of the boxes of two shapes, from which on one has taken the other's place."""
EXACT = 2.0**53


@dataclass(frozen=True)
class Comparison:
    """Positions (from 0) in the new layer's arrays, `removed` in the old one's.

    `moved` and `changed` are (m, 2) pairs of old and new position: another place, other attributes; a row can be in
    both. `cells` says of each column that differs in which of `changed` it does. `keys` are the columns that rows were
    matched by; empty where place and content had to do. `new_columns` and `lost_columns` are those of one side.
    """

    added: Positions
    removed: Positions
    moved: Positions
    changed: Positions
    cells: Mapping[str, Mask]
    unchanged: int
    keys: tuple[str, ...]
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        listed = {name: len(getattr(self, name)) for name in ("added", "removed", "moved", "changed")}
        return listed | {"unchanged": self.unchanged}


def compare(old: Layer, new: Layer, metres: float = 0.0) -> Comparison:
    """Rows are matched by the declared key; those of a table without one by area, period and categories; else by place
    and content. A row has moved where a vertex lies more than `metres` from the other shape, in either direction; with
    0 where anything differs in the seven decimals that are served."""
    columns = [name for name in new.columns.column_names if name in old.columns.column_names]
    keys, pairs = _matched(old, new, columns, metres)
    before, now = pairs[:, 0], pairs[:, 1]
    moved = np.zeros(len(pairs), dtype=bool)
    if old.geometry is not None and new.geometry is not None:
        moved = _shifted(old.geometry[before], new.geometry[now], metres)
    cells = {name: _differ(*_alike(old.columns[name], new.columns[name]), pairs) for name in columns}
    changed = np.logical_or.reduce([np.zeros(len(pairs), dtype=bool), *cells.values()])
    return Comparison(
        added=np.setdiff1d(np.arange(len(new)), now),
        removed=np.setdiff1d(np.arange(len(old)), before),
        moved=pairs[moved],
        changed=pairs[changed],
        cells={name: differ[changed] for name, differ in cells.items() if differ.any()},
        unchanged=int((~moved & ~changed).sum()),
        keys=keys,
        new_columns=tuple(name for name in new.columns.column_names if name not in columns),
        lost_columns=tuple(name for name in old.columns.column_names if name not in columns),
    )


def totals(old: Layer, new: Layer) -> list[dict[str, Any]]:
    """Of a table's measures in each period, old beside new: the sum of whole numbers, the mean of others."""
    period = new.reading.get("period_column")
    by = [str(period)] if period in old.columns.column_names and period in new.columns.column_names else []
    taken = (period, new.reading.get("code"), new.key)
    shared = {entry.name: entry.type for entry in old.fields if is_measure(entry) and entry.name not in taken}
    said = []
    for entry in new.fields:
        if is_measure(entry) and entry.name in shared:
            whole = entry.type is FieldType.INTEGER and shared[entry.name] is FieldType.INTEGER
            how = "sum" if whole else "mean"
            sides = [_by_period(layer, by, entry.name, how) for layer in (old, new)]
            for when in sorted({*sides[0], *sides[1]}):
                values = {"old": sides[0].get(when), "new": sides[1].get(when)}
                said.append({"field": entry.name, "period": when, "how": how, **values})
    return said


def _by_period(layer: Layer, by: list[str], name: str, how: str) -> dict[str, Any]:
    rows = layer.columns.select([*by, name]).group_by(by).aggregate([(name, how)]).to_pylist()
    return {" ".join(str(row[one]) for one in by): row[f"{name}_{how}"] for row in rows}


def _matched(old: Layer, new: Layer, columns: Sequence[str], metres: float) -> tuple[tuple[str, ...], Positions]:
    for keys in _ways(old, new, columns):
        ids = _numbers(old, new, keys, trimmed=True)
        if all(len(np.unique(side)) == len(side) for side in ids):
            return keys, _pairs(ids)
    found = _by_content(old, new, columns, metres)
    return (), found[found[:, 1].argsort()]


def _ways(old: Layer, new: Layer, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Columns that may identify a row, the surest first."""
    yield from ((key,) for key in dict.fromkeys((new.key, old.key)) if key and key in columns)
    roles = [str(new.reading.get(role)) for role in ("code", "period_column")]
    known = tuple(name for name in roles if name in columns)
    if known and new.geometry is None:
        yield known
        places = _numbers(old, new, known, trimmed=True)
        rest = [name for name in columns if name not in known and not is_measure(new.field(name))]
        varying = [name for name in rest if _varies(places, _numbers(old, new, [*known, name], trimmed=True))]
        yield (*known, *varying)


def _varies(places: Sides, with_column: Sides) -> bool:
    """Whether a column says something that differs within a place of one of the sides."""
    sides = zip(places, with_column, strict=True)
    return any(len(np.unique(finer)) > len(np.unique(coarse)) for coarse, finer in sides)


def _numbers(old: Layer, new: Layer, names: Sequence[str], *, trimmed: bool = False) -> Sides:
    """One number for each different row of these columns, the same on both sides."""
    ids = np.zeros(len(old) + len(new), dtype=np.int64)
    for name in names:
        sides = old.columns[name], new.columns[name]
        pair = [pc.utf8_trim_whitespace(_text(side)).fill_null("") for side in sides] if trimmed else _alike(*sides)
        ids = _finer(ids, _codes(pa.chunked_array([chunk for side in pair for chunk in side.chunks], pair[0].type)))
    return ids[: len(old)], ids[len(old) :]


def _finer(ids: Positions, codes: Positions) -> Positions:
    return np.unique(ids * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1]


def _codes(values: pa.ChunkedArray) -> Positions:
    encoded = values.combine_chunks().dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _alike(before: pa.ChunkedArray, now: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Of one type: numbers as doubles, what else differs as text."""
    if before.type == now.type and not pa.types.is_null(now.type):
        return before, now
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (before.type, now.type)):
        return before.cast(pa.float64(), safe=False), now.cast(pa.float64(), safe=False)
    return _text(before), _text(now)


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A whole number without ".0"."""
    if pa.types.is_floating(values.type):
        whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), EXACT))
        return pc.if_else(
            whole, pc.if_else(whole, values, 0.0).cast(pa.int64()).cast(pa.string()), values.cast("string")
        )
    return values.cast(pa.string())


def _pairs(ids: Sides, among: Sides | None = None) -> Positions:
    """Positions of equal numbers, each used once, in their order."""
    left, right = among or (np.arange(len(ids[0])), np.arange(len(ids[1])))
    size = max(len(left), len(right)) + 1
    before, now = _once(ids[0][left], size), _once(ids[1][right], size)
    _, at, there = np.intersect1d(before, now, assume_unique=True, return_indices=True)
    return np.column_stack([left[at], right[there]])


def _once(ids: Positions, size: int) -> Positions:
    """Other numbers for the second, third … of the same."""
    order = np.argsort(ids, kind="stable")
    in_order = ids[order]
    rank = np.empty_like(ids)
    rank[order] = np.arange(len(ids)) - np.searchsorted(in_order, in_order)
    return ids * size + rank


def _differ(before: pa.ChunkedArray, now: pa.ChunkedArray, pairs: Positions) -> Mask:
    before, now = before.take(pa.array(pairs[:, 0])), now.take(pa.array(pairs[:, 1]))
    nulls = pc.xor(before.is_null(), now.is_null())
    return np.asarray(pc.or_(pc.not_equal(before, now).fill_null(False), nulls).to_numpy(), dtype=bool)


def _by_content(old: Layer, new: Layer, columns: Sequence[str], metres: float) -> Positions:
    """What is equal throughout; what lies in the same place; what alone has its content; then its nearest."""
    content = _numbers(old, new, columns)
    if old.geometry is None or new.geometry is None:
        return _pairs(content)
    shapes = np.concatenate([old.geometry, new.geometry])
    places = _codes(pa.chunked_array([pa.array(shapely.to_wkb(shapes), pa.large_binary())]))
    place = places[: len(old)], places[len(old) :]
    whole = _finer(np.concatenate(content), places)
    pairs = _pairs((whole[: len(old)], whole[len(old) :]))
    there = ~shapely.is_missing(old.geometry), ~shapely.is_missing(new.geometry)
    alone = np.bincount(content[0])[content[0]] == 1, np.bincount(content[1])[content[1]] == 1
    for ids, fit in ((place, there), (content, alone)):
        pairs = np.vstack([pairs, _pairs(ids, _left(pairs, fit))])
    near = _nearest(old.geometry, new.geometry, _left(pairs, there))
    return np.vstack([pairs, near[_same(old, new, columns, content, near, metres)]])


def _left(pairs: Positions, fit: tuple[Mask, Mask]) -> Sides:
    """Positions that fit and have no pair yet."""
    before, now = (np.setdiff1d(np.flatnonzero(fit[side]), pairs[:, side]) for side in (0, 1))
    return before, now


def _nearest(old: Shapes, new: Shapes, among: Sides) -> Positions:
    """Those whose middles are nearest to each other."""
    left, right = among
    if not len(left) or not len(right):
        return np.empty((0, 2), dtype=np.int64)
    middles = _middles(old[left]), _middles(new[right])
    there, back = shapely.STRtree(middles[0]).nearest(middles[1]), shapely.STRtree(middles[1]).nearest(middles[0])
    now = np.flatnonzero(back[there] == np.arange(len(right)))
    return np.column_stack([left[there[now]], right[now]])


def _middles(shapes: Shapes) -> Shapes:
    """In metres on one plane: of a whole country they are near enough."""
    boxes = shapely.bounds(shapes)
    return np.asarray(shapely.points((boxes[:, :2] + boxes[:, 2:]) / 2 * _scale(np.zeros(1))))


def _same(old: Layer, new: Layer, columns: Sequence[str], content: Sides, pairs: Positions, metres: float) -> Mask:
    """Which neighbours are one feature: with the same content, or a value that no other row has, not far away; with
    boxes that overlap by half; or hardly moved."""
    before, now = pairs[:, 0], pairs[:, 1]
    if old.geometry is None or new.geometry is None or not len(pairs):
        return np.zeros(len(pairs), dtype=bool)
    shapes = old.geometry[before], new.geometry[now]
    alike = content[0][before] == content[1][now]
    for name in columns:
        ids = _numbers(old, new, [name])
        rare = (np.bincount(ids[0])[ids[0][before]] == 1) & (np.bincount(ids[1])[ids[1][now]] == 1)
        alike |= rare & (ids[0][before] == ids[1][now])
    near = shapely.distance(_middles(shapes[0]), _middles(shapes[1])) <= NEAR
    overlapping = _overlap(shapely.bounds(shapes[0]), shapely.bounds(shapes[1])) >= OVERLAP
    return np.asarray(near & alike | overlapping | ~_shifted(*shapes, metres))


def _overlap(before: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """What two boxes share, as a part of what they cover together; 0 for boxes without area."""
    low, high = np.maximum(before[:, :2], now[:, :2]), np.minimum(before[:, 2:], now[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    both = sum((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (before, now)) - shared
    return np.divide(shared, both, out=np.zeros_like(shared), where=both > 0)


def _shifted(before: Shapes, now: Shapes, metres: float) -> Mask:
    missing = shapely.is_missing(before), shapely.is_missing(now)
    shifted = missing[0] != missing[1]
    look = np.flatnonzero(~(missing[0] | missing[1] | shapely.equals_identical(before, now)))
    pair = [_served(side[look]) for side in (before, now)]
    differ = ~shapely.equals_identical(*pair)
    if metres and differ.any():
        differ[differ] = _beyond(pair[0][differ], pair[1][differ], metres)
    shifted[look] = differ
    return np.asarray(shifted)


def _served(shapes: Shapes) -> Shapes:
    with_z = bool(shapely.has_z(shapes).any())
    return np.asarray(shapely.transform(shapes, lambda xyz: np.round(xyz, DECIMALS) + 0.0, include_z=with_z))


def _beyond(before: Shapes, now: Shapes, metres: float) -> Mask:
    """Whether the Hausdorff distance is more, or the lowest or highest point has moved by more, or a line has become
    an area."""
    boxes = shapely.bounds(before), shapely.bounds(now)
    scale = _scale(boxes[0][:, [1, 3]].mean(axis=1))
    # No vertex can be nearer than the edges of the boxes; most of what has moved is known by them.
    far = (np.abs(boxes[0] - boxes[1]) * np.tile(scale, 2)).max(axis=1) > metres
    far |= shapely.get_dimensions(before) != shapely.get_dimensions(now)
    near = np.flatnonzero(~far)
    flat = _in_metres(before[near], scale[near]), _in_metres(now[near], scale[near])
    unsure = ~_stepwise(*flat, metres)
    far[near[unsure]] = shapely.hausdorff_distance(flat[0][unsure], flat[1][unsure]) > metres
    if shapely.has_z(before).any() or shapely.has_z(now).any():
        far |= (np.abs(_heights(before) - _heights(now)) > metres).any(axis=1)
    return np.asarray(far)


def _stepwise(before: Shapes, now: Shapes, metres: float) -> Mask:
    """Whether each vertex is near the one of its number: surely near, and quicker to see."""
    counts = shapely.get_num_coordinates(before)
    paired = counts == shapely.get_num_coordinates(now)
    xy, of = shapely.get_coordinates(before[paired], return_index=True)
    steps = np.hypot(*(xy - shapely.get_coordinates(now[paired])).T)
    furthest = np.zeros(int(paired.sum()))
    np.maximum.at(furthest, of, steps)
    paired[paired] = furthest <= metres
    return np.asarray(paired)


def shift(before: shapely.Geometry, now: shapely.Geometry) -> float | None:
    """Metres between two shapes, as far as a vertex lies from the other; None where that takes too long."""
    sides = [np.array([one], dtype=object) for one in (before, now)]
    if np.prod([shapely.get_num_coordinates(side)[0] for side in sides]) > 10**7:
        return None
    scale = _scale(shapely.bounds(sides[0])[:, [1, 3]].mean(axis=1))
    return float(shapely.hausdorff_distance(*(_in_metres(side, scale) for side in sides))[0])


def _scale(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres of a degree of longitude and of latitude on WGS 84, to a few centimetres in a kilometre."""
    turn = np.radians(latitude)
    east = 111_412.84 * np.cos(turn) - 93.5 * np.cos(3 * turn)
    return np.column_stack([east, 111_132.95 - 559.82 * np.cos(2 * turn)])


def _in_metres(shapes: Shapes, scale: NDArray[np.float64]) -> Shapes:
    of = shapely.get_coordinates(shapes, return_index=True)[1]
    return np.asarray(shapely.transform(shapes, lambda degrees: degrees * scale[of]))


def _heights(shapes: Shapes) -> NDArray[np.float64]:
    """The lowest and the highest point of each, 0 without heights."""
    xyz, of = shapely.get_coordinates(shapes, include_z=True, return_index=True)
    heights = np.nan_to_num(xyz[:, 2])
    lowest, highest = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    np.minimum.at(lowest, of, heights)
    np.maximum.at(highest, of, heights)
    return np.column_stack([lowest, highest])
