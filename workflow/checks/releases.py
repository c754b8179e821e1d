"""Standar Data beside other releases: what is new is said, what only looks new asked about (K08, U07, U10, U12)."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from workflow.checks.claims import Context, Fault
from workflow.checks.columns import measures, numbers, written
from workflow.layer import Field, Layer
from workflow.statistics import period_field

UNITS = (10.0, 100.0, 1000.0)
LEAST = 5
MOST_ROWS = 300_000
"""Above this many rows a release is not compared cell by cell."""


def rows_are_about_as_many(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.previous is not None and (before := len(context.previous)) and before != len(layer):
        yield Fault({"before": before, "now": len(layer), "change": f"{(len(layer) / before - 1) * 100:+.0f}"})


def units_are_those_of_the_release(layer: Layer, context: Context) -> Iterator[Fault]:
    """A whole column that is 10, 100 or 1,000 times what it was, or that part of it."""
    for field, now, before in _beside(layer, context):
        fits = (now > 0) & (before > 0)
        if fits.sum() >= LEAST:
            ratio = float(np.median(now[fits] / before[fits]))
            for unit in UNITS:
                if abs(ratio / unit - 1) < 0.3 or abs(ratio * unit - 1) < 0.3:
                    yield Fault({"unit": written(unit), "ratio": written(round(ratio, 4))}, field=field)


def figures_are_no_copies_of_the_release(layer: Layer, context: Context) -> Iterator[Fault]:
    """Another period with the very same figures."""
    period = period_field(layer)
    if context.previous is None or period is None or period not in context.previous.column_names:
        return
    now, before = (set(map(str, table[period].to_pylist())) for table in (layer.columns, context.previous))
    for field, new, old in () if now & before else _beside(layer, context):
        if len(new) >= LEAST and np.array_equal(new, old) and len(np.unique(new)) > 1:
            yield Fault({"count": len(new)}, field=field)


def content_is_given_once(layer: Layer, context: Context) -> Iterator[Fault]:
    yield from (Fault({"title": title}) for title in context.twins)


def content_of(layer: Layer) -> str:
    """SHA-256 of what the cells say, whatever the file's format and the columns' order; "" of a few rows."""
    if len(layer) < LEAST:
        return ""
    digest = hashlib.sha256()
    for field in sorted(layer.fields, key=lambda field: field.name):
        cells = pc.fill_null(pc.cast(layer.columns[field.name], pa.large_string()), "\0").combine_chunks()
        ends = np.frombuffer(cells.buffers()[1], dtype="<i8")[cells.offset : cells.offset + len(cells) + 1]
        digest.update(field.name.encode() + (ends - ends[0]).tobytes())
        digest.update(memoryview(cells.buffers()[2] or b"")[ends[0] : ends[-1]])
    if layer.geometry is not None:
        digest.update(shapely.get_coordinates(layer.geometry).round(7).tobytes())
    return digest.hexdigest()


def _beside(layer: Layer, context: Context) -> Iterator[tuple[Field, np.ndarray, np.ndarray]]:
    """Measures of the same rows now and in the release before, paired by key or by what else is in both."""
    before = context.previous
    if before is None or max(len(before), len(layer)) > MOST_ROWS:
        return
    fields = [field for field in measures(layer) if field.name in before.column_names]
    taken = {period_field(layer), *(field.name for field in measures(layer))}
    key = context.key_of(layer) if context.key_of(layer) in before.column_names else ""
    names = (
        [key]
        if key
        else [one.name for one in layer.fields if one.name not in taken and one.name in before.column_names]
    )
    keys = [_row_keys(table, names) for table in (layer.columns, before)]
    known = {row: n for n, row in enumerate(keys[1])}
    pairs = [(n, known[row]) for n, row in enumerate(keys[0]) if row in known]
    if not pairs or not names or len(known) < len(keys[1]) or len(set(keys[0])) < len(keys[0]):
        return
    here, there = np.array(pairs).T
    for field in fields:
        kind = before[field.name].type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            old = pc.cast(before[field.name], pa.float64()).to_numpy()
            yield field, numbers(layer, field)[here], old[there]


def _row_keys(table: pa.Table, names: list[str]) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True)) if names else []
