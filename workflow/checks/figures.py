"""Standar Data of figures: arithmetic that must hold, and series that move as the world does (domain.md K05 to K09)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow.checks.claims import Context, Fault
from workflow.checks.columns import words
from workflow.checks.kode_referensi import code_columns
from workflow.labels import day_of
from workflow.layer import Field, FieldType, Layer
from workflow.periods import interval
from workflow.sop import Kind
from workflow.statistics import COUNT_UNITS, is_measure, period_field

PERCENT_UNITS = frozenset({"%", "persen", "persentase"})
MEN, WOMEN = frozenset({"laki", "lk", "pria"}), frozenset({"perempuan", "pr", "wanita"})
WHOLE = frozenset({"total", "jumlah", "jml"})
JUMP, LEAST_JUMP, SPREADS = 0.3, 10, 5
"""A change by this share and this much, of so many median deviations of the other areas', is asked about."""
UNITS = (10, 100, 1000)
LEAST_COPIED = 5

Key = tuple[Any, ...]


def percentages_lie_within_a_hundred(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in _measures(layer):
        if field.unit.casefold() in PERCENT_UNITS or words(field) & PERCENT_UNITS:
            values = _numbers(layer, field)
            for n in np.flatnonzero((values < 0) | (values > 100)).tolist():
                yield Fault({"value": float(values[n])}, n, field)


def counts_are_whole_and_not_negative(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in _measures(layer):
        if field.unit.casefold() in COUNT_UNITS or (not field.unit and words(field) & {"jumlah", "banyak", "cacah"}):
            values = _numbers(layer, field)
            strange = (values < 0) | (field.unit.casefold() in COUNT_UNITS) & (values != np.floor(values))
            for n in np.flatnonzero(strange & np.isfinite(values)).tolist():
                yield Fault({"value": float(values[n])}, n, field)


def women_and_men_make_all(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of a table with one column for men, one for women and one for both."""
    measures = _measures(layer)
    men, women = ([field for field in measures if words(field) & sign] for sign in (MEN, WOMEN))
    men, women = [field for field in men if field not in women], [field for field in women if field not in men]
    both = [field for field in measures if words(field) & WHOLE and field not in (*men, *women)]
    if (len(men), len(women), len(both)) != (1, 1, 1):
        return
    parts = _numbers(layer, men[0]) + _numbers(layer, women[0])
    whole = _numbers(layer, both[0])
    for n in np.flatnonzero(np.abs(parts - whole) > 0.5).tolist():
        yield Fault({"whole": float(whole[n]), "parts": float(parts[n])}, n, both[0], suggestion=f"{parts[n]:g}")


def areas_make_the_area_above(layer: Layer, context: Context) -> Iterator[Fault]:
    """Where a table holds an area and all of its parts: counts of the parts add up to the area's."""
    codes = context.area_codes
    column = next(code_columns(layer, context), None)
    if context.kind is not Kind.STATISTICS or column is None:
        return
    areas = [codes.by_code(cell) for cell in column.cells]
    parents = {area.kemendagri for area in areas if area} & {area.parent for area in areas if area}
    children = {parent: {area.kemendagri for area in codes.areas if area.parent == parent} for parent in parents}
    rest = _keys(layer, {column.field.name}, [field.name for field in layer.fields if is_measure(field)])
    rows = {(area.kemendagri, rest[n]): n for n, area in enumerate(areas) if area}
    for field in _measures(layer):
        if field.type is not FieldType.INTEGER:
            continue
        values = _numbers(layer, field)
        for (code, key), n in rows.items():
            below = [rows.get((child, key), -1) for child in children.get(code, ())]
            if below and -1 not in below and np.isfinite(total := float(values[below].sum())) and values[n] != total:
                yield Fault({"value": float(values[n]), "total": total, "count": len(below)}, n, field)


@dataclass(frozen=True)
class Series:
    """One measure of one area and category over its periods: positions of its rows in their order."""

    field: Field
    rows: list[int]


def units_stay_the_same(layer: Layer, context: Context) -> Iterator[Fault]:
    """From one period to the next nothing grows by exactly 10, 100 or 1,000."""
    for series, values in _series(layer, context):
        for before, now in pairwise(series.rows):
            ratio = values[now] / values[before] if values[before] else 0.0
            for unit in UNITS:
                if values[before] >= 1 and (abs(ratio / unit - 1) < 0.1 * (unit > 10) or ratio == unit):
                    told = {"value": float(values[now]), "before": float(values[before]), "unit": unit}
                    yield Fault(told, now, series.field, suggestion=f"{values[now] / unit:g}")


def series_do_not_jump(layer: Layer, context: Context) -> Iterator[Fault]:
    """A change far beyond what the other areas of the same table do."""
    changes: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
    fields, figures = {}, {}
    for series, values in _series(layer, context):
        fields[series.field.name], figures[series.field.name] = series.field, values
        for before, now in pairwise(series.rows):
            if values[before] > 0 and np.isfinite(values[now]):
                changes[series.field.name].append((values[now] / values[before] - 1, before, now))
    for name, said in changes.items():
        usual = median(share for share, _, _ in said)
        spread = median(abs(share - usual) for share, _, _ in said)
        values = figures[name]
        for share, before, now in said:
            far = abs(share - usual) > max(JUMP, SPREADS * 1.4826 * spread)
            if len(said) >= LEAST_COPIED and far and abs(values[now] - values[before]) >= LEAST_JUMP:
                told = {"value": float(values[now]), "before": float(values[before]), "percent": round(share * 100)}
                yield Fault(told, now, fields[name])


def periods_are_no_copies(layer: Layer, context: Context) -> Iterator[Fault]:
    """Two periods in a row in which every area has the very same figures."""
    same: dict[tuple[str, Any, Any], list[bool]] = defaultdict(list)
    where: dict[tuple[str, Any, Any], tuple[int, Field]] = {}
    period = period_field(layer)
    for series, values in _series(layer, context):
        for before, now in pairwise(series.rows):
            key = (series.field.name, *(layer.columns[str(period)][n].as_py() for n in (before, now)))
            same[key].append(bool(values[before] == values[now]) and bool(values[now]))
            where.setdefault(key, (now, series.field))
    for key, equal in same.items():
        if len(equal) >= LEAST_COPIED and all(equal):
            yield Fault({"before": str(key[1]), "period": str(key[2]), "count": len(equal)}, *where[key])


def no_period_is_yet_to_come(layer: Layer, context: Context) -> Iterator[Fault]:
    """After the day of the Berita Acara nothing can have been counted; plans and projections say that they are."""
    name = period_field(layer)
    papers = context.metadata.get("berita_acara")
    day = papers.get("date") if isinstance(papers, dict) else None
    projected = re.search(r"proyeksi|rencana|target|ramalan", str(context.metadata.get("title", "")), re.I)
    if name is None or not day or projected:
        return
    said = layer.columns[name].to_pylist()
    seen: set[Any] = set()
    for n, value in enumerate(said):
        span = interval(value) if value not in seen else None
        seen.add(value)
        if span and span[0] > day_of(str(day)):
            yield Fault({"value": str(value)}, n, layer.field(name))


def _series(layer: Layer, context: Context) -> Iterator[tuple[Series, np.ndarray[Any, np.dtype[np.float64]]]]:
    """Every series of a statistical table with areas and at least three periods."""
    period, code = period_field(layer), next(code_columns(layer, context), None)
    if context.kind is not Kind.STATISTICS or period is None or code is None:
        return
    when = layer.columns[period].to_pylist()
    if len(set(when)) < 3:
        return
    measures = _measures(layer)
    keys = _keys(layer, {period}, [field.name for field in measures])
    rows: dict[Key, list[int]] = defaultdict(list)
    for n in sorted((n for n, moment in enumerate(when) if moment is not None), key=lambda n: str(when[n])):
        rows[keys[n]].append(n)
    for field in measures:
        values = _numbers(layer, field)
        for series in rows.values():
            yield Series(field, series), values


def _keys(layer: Layer, without: set[str], measures: list[str]) -> list[Key]:
    """What tells a row from another, measures and `without` left out."""
    names = [name for name in layer.columns.column_names if name not in without and name not in measures]
    columns = [layer.columns[name].to_pylist() for name in names]
    return list(zip(*columns, strict=True)) if columns else [()] * len(layer)


def _measures(layer: Layer) -> list[Field]:
    period = period_field(layer)
    return [field for field in layer.fields if is_measure(field) and field.name != period]


def _numbers(layer: Layer, field: Field) -> np.ndarray[Any, np.dtype[np.float64]]:
    """NaN for null."""
    found: np.ndarray[Any, Any] = pc.cast(layer.columns[field.name], pa.float64()).to_numpy()
    return found
