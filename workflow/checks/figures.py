"""Standar Data of figures: arithmetic that must hold, and series that move as the world does (domain.md K05 to K09)."""

import re
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workflow.area_codes import Level
from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import groups, is_count, is_text, measures, numbers, plain, totals, words, written
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
"""A change by this share and this much, of so many median deviations of the other areas', and beyond what chance alone
does to counts of this size, is asked about."""
UNITS = (10, 100, 1000)
LEAST_COPIED = 5
MOST_HOLD, LEAST_ROWS = 0.8, 3
"""What holds in this share of rows, and in so many, is a rule of the table: the other rows are asked about."""
FAR, FARTHEST = 8, 3.0
"""A value lies far from the others by so many robust deviations of the logarithms, and by a factor of twenty."""
MANY = 30
"""Values from which digits can be judged."""
AREA_UNITS = {"m2": 1e-6, "m²": 1e-6, "ha": 0.01, "hektar": 0.01, "hektare": 0.01, "km2": 1.0, "km²": 1.0}
"""In square kilometres."""


def percentages_lie_within_a_hundred(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in measures(layer):
        if field.unit.casefold() in PERCENT_UNITS or words(field) & PERCENT_UNITS:
            values = numbers(layer, field)
            for n in np.flatnonzero((values < 0) | (values > 100)).tolist():
                yield Fault({"value": float(values[n])}, n, field)


def counts_are_whole_and_not_negative(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in measures(layer):
        if field.unit.casefold() in COUNT_UNITS or (not field.unit and words(field) & {"jumlah", "banyak", "cacah"}):
            values = numbers(layer, field)
            strange = (values < 0) | (field.unit.casefold() in COUNT_UNITS) & (values != np.floor(values))
            for n in np.flatnonzero(strange & np.isfinite(values)).tolist():
                yield Fault({"value": float(values[n])}, n, field)


def women_and_men_make_all(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of a table with one column for men, one for women and one for both."""
    every = measures(layer)
    men, women = ([field for field in every if words(field) & sign] for sign in (MEN, WOMEN))
    men, women = [field for field in men if field not in women], [field for field in women if field not in men]
    both = [field for field in every if words(field) & WHOLE and field not in (*men, *women)]
    counts = all(field.type is FieldType.INTEGER for field in (*men, *women, *both))
    if not counts or (len(men), len(women), len(both)) != (1, 1, 1):
        return
    parts = numbers(layer, men[0]) + numbers(layer, women[0])
    whole = numbers(layer, both[0])
    for n in np.flatnonzero(np.abs(parts - whole) > 0.5).tolist():
        yield Fault({"whole": float(whole[n]), "parts": float(parts[n])}, n, both[0], suggestion=written(parts[n]))


def parts_make_the_whole(layer: Layer, context: Context) -> Iterator[Fault]:
    """Columns: a total beside the columns that make it up in most rows."""
    every = measures(layer)
    for at, whole in enumerate(every):
        if words(whole) & (WHOLE | {"semua"}):
            runs = [every[at - k : at] for k in range(2, at + 1)] + [
                every[at + 1 : at + 1 + k] for k in range(2, len(every) - at)
            ]
            for run in runs:
                parts = np.sum([numbers(layer, field) for field in run], axis=0)
                wrong = _exceptions(_alike(parts, numbers(layer, whole)), np.isfinite(parts))
                if wrong is not None:
                    both = any(words(field) & MEN for field in run) and any(words(field) & WOMEN for field in run)
                    for n in wrong if not (both and len(run) == 2) else ():
                        told = {"whole": float(numbers(layer, whole)[n]), "parts": float(parts[n]), "count": len(run)}
                        yield Fault(told, n, whole, suggestion=written(parts[n]))
                    break


def categories_make_the_total(layer: Layer, context: Context) -> Iterator[Fault]:
    """Rows: one that says it is the total of those with the same period and other categories."""
    for field in (field for field in layer.fields if is_text(layer, field)):
        whole = totals(layer, field)
        if not 0 < len(whole) < len(layer):
            continue
        period, others = period_field(layer), [one for one in layer.fields if one != field]
        rest = [one.name for one in others if not is_measure(one) or one.name == period]
        group = groups(layer, [name for name in rest if not layer.columns[name].take(pa.array(whole)).null_count])
        apart = np.ones(len(layer), dtype=bool)
        apart[whole] = False
        for measure in measures(layer):
            values = numbers(layer, measure)
            sums = np.bincount(group[apart], values[apart], minlength=int(group.max()) + 1)[group[whole]]
            for at in _exceptions(_alike(sums, values[whole]), np.isfinite(sums)) or ():
                n = int(whole[at])
                told: Params = {"whole": float(values[n]), "parts": float(sums[at]), "category": plain(field)}
                yield Fault(told, n, measure, suggestion=written(sums[at]))


def shares_make_a_hundred(layer: Layer, context: Context) -> Iterator[Fault]:
    """Neighbouring columns that are shares of one whole in most rows."""
    every = [field for field in measures(layer) if field.type is FieldType.NUMBER or _is_percent(field)]
    for start in range(len(every)):
        for end in range(len(every), start + 2, -1):
            sums = np.sum([numbers(layer, field) for field in every[start:end]], axis=0)
            wrong = _exceptions(np.abs(sums - 100) <= 1, np.isfinite(sums))
            if wrong is not None:
                for n in wrong:
                    yield Fault({"total": float(round(sums[n], 2)), "count": end - start}, n, every[start])
                return


def ratios_are_what_they_divide(layer: Layer, context: Context) -> Iterator[Fault]:
    """A percentage beside the two columns whose ratio it is in most rows."""
    every = measures(layer)
    for field in (field for field in every if _is_percent(field)):
        said = numbers(layer, field)
        others = [other for other in every if other != field and not _is_percent(other)][:12]
        for over, under in permutations(others, 2):
            with np.errstate(divide="ignore", invalid="ignore"):
                share = numbers(layer, over) / numbers(layer, under) * 100
            wrong = _exceptions(np.abs(share - said) <= 0.55, np.isfinite(share) & np.isfinite(said))
            if wrong is not None and np.nanstd(said) > 2:
                for n in wrong:
                    ratio = float(round(share[n], 2))
                    told: Params = {"value": float(said[n]), "ratio": ratio, "over": plain(over), "under": plain(under)}
                    yield Fault(told, n, field, suggestion=written(round(share[n], 2)))
                break


def values_are_of_one_size(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of each period: none lies far from all others; rows of totals, and columns with many such, are left out."""
    if context.kind is not Kind.STATISTICS or len(layer) < MANY:
        return
    whole = [totals(layer, field) for field in layer.fields if is_text(layer, field)]
    for field in measures(layer):
        values = numbers(layer, field)
        fits = np.isfinite(values) & (values > 0)
        fits[np.concatenate([*whole, np.empty(0, dtype=np.int64)])] = False
        logs = np.log(values, where=fits, out=np.zeros(len(values)))
        if fits.sum() >= MANY:
            middle = float(np.median(logs[fits]))
            spread = 1.4826 * float(np.median(np.abs(logs[fits] - middle)))
            far = np.flatnonzero(fits & (np.abs(logs - middle) > max(FAR * spread, FARTHEST)))
            if spread and len(far) <= max(1, int(fits.sum()) // 200):
                for n in far.tolist():
                    yield Fault({"value": float(values[n]), "usual": float(round(np.exp(middle), 2))}, n, field)


def last_digits_are_mixed(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in measures(layer):
        values = numbers(layer, field)
        whole = values[np.isfinite(values) & (values >= 100)]
        if field.type is FieldType.INTEGER and len(np.unique(whole)) >= MANY and is_count(field):
            share = float(np.mean(whole % 5 == 0))
            if share >= MOST_HOLD:
                yield Fault({"percent": round(share * 100), "count": len(whole)}, field=field)


def figures_are_not_all_one(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of a table with ten rows or more whose other columns do vary."""
    every = measures(layer)
    for field in every if context.kind is Kind.STATISTICS and len(every) > 1 else ():
        values = numbers(layer, field)
        if np.isfinite(values).sum() >= 10 and values[0] and (values == values[0]).all():
            yield Fault({"value": float(values[0]), "count": len(values)}, field=field)


def areas_fit_into_their_area(layer: Layer, context: Context) -> Iterator[Fault]:
    """What is said to lie in a kelurahan or kecamatan is no larger than it."""
    fields = [field for field in measures(layer) if words(field) & {"luas", "area"} and _square_kilometres(field)]
    column = next(code_columns(layer, context), None) if fields and context.kind is Kind.STATISTICS else None
    of = {cell: context.area_codes.by_code(cell) for cell in column.counts} if column else {}
    for field in fields if column else ():
        unit = _square_kilometres(field)
        largest = np.array([(area.km2 or np.inf) if (area := of[cell]) else np.inf for cell in column.cells]) / unit  # type: ignore[union-attr]
        values = numbers(layer, field)
        for n in np.flatnonzero(values > largest * 1.05).tolist():
            area = of[column.cells[n]]  # type: ignore[union-attr]
            told: Params = {"value": float(values[n]), "largest": round(float(largest[n]), 2)}
            yield Fault({**told, "name": area.name if area else ""}, n, field)


def _square_kilometres(field: Field) -> float:
    """Of its unit, which the dictionary or its name says; 0 where neither does."""
    said = AREA_UNITS.get(field.unit.casefold())
    return said or next((AREA_UNITS[word] for word in words(field) & set(AREA_UNITS)), 0.0)


def _exceptions(holds: NDArray[np.bool_], known: NDArray[np.bool_]) -> list[int] | None:
    """Where what holds elsewhere does not; None where it is no rule."""
    fine = int((holds & known).sum())
    rule = fine >= LEAST_ROWS and fine >= MOST_HOLD * int(known.sum())
    return np.flatnonzero(known & ~holds).tolist() if rule else None


def _alike(parts: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.bool_]:
    """But for rounding. Nothing is the sum of nothings."""
    return np.isclose(parts, whole, rtol=5e-4, atol=0.011) & ((parts != 0) | (whole == 0))


def _is_percent(field: Field) -> bool:
    return field.unit.casefold() in PERCENT_UNITS or bool(words(field) & PERCENT_UNITS)


def areas_make_the_area_above(layer: Layer, context: Context) -> Iterator[Fault]:
    """Where a table holds an area and all of its parts: counts of the parts add up to the area's."""
    codes = context.area_codes
    column = next(code_columns(layer, context), None) if context.kind is Kind.STATISTICS else None
    areas = {cell: area for cell in column.counts if (area := codes.by_code(cell))} if column else {}
    there = {area.kemendagri for area in areas.values()}
    children = {code: {area.kemendagri for area in codes.areas if area.parent == code} for code in there}
    for city in codes.at(Level.KOTA) if not there & {area.kemendagri for area in codes.at(Level.KECAMATAN)} else ():
        children[city.kemendagri] = {area.kemendagri for area in codes.at(Level.KELURAHAN)}
    children = {code: below for code, below in children.items() if code in there and below and below <= there}
    if column is None or not children:
        return
    rest = [field.name for field in layer.fields if not is_measure(field) and field != column.field]
    group = groups(layer, [*rest, *filter(None, [period_field(layer)])]).tolist()
    rows = {(areas[cell].kemendagri, group[n]): n for n, cell in enumerate(column.cells) if cell in areas}
    for field in measures(layer):
        if field.type is not FieldType.INTEGER:
            continue
        values = numbers(layer, field)
        for (code, key), n in rows.items():
            below = [rows.get((child, key), -1) for child in children.get(code, ())]
            if below and -1 not in below and np.isfinite(total := float(values[below].sum())) and values[n] != total:
                yield Fault({"value": float(values[n]), "total": total, "count": len(below)}, n, field)


def units_stay_the_same(layer: Layer, context: Context) -> Iterator[Fault]:
    """From one period to the next nothing grows by exactly 10, 100 or 1,000."""
    for field, values, before, now in _series(layer, context):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = values[now] / values[before]
        for unit in UNITS:
            grown = (np.abs(ratio / unit - 1) < 0.1 * (unit > 10)) | (ratio == unit)
            for at in np.flatnonzero((values[before] >= 1) & grown).tolist():
                n = int(now[at])
                told: Params = {"value": float(values[n]), "before": float(values[before[at]]), "unit": unit}
                yield Fault(told, n, field, suggestion=written(values[n] / unit))


def series_do_not_jump(layer: Layer, context: Context) -> Iterator[Fault]:
    """A change far beyond what the other areas of the same table do."""
    for field, values, before, now in _series(layer, context):
        told = (values[before] > 0) & np.isfinite(values[now])
        before, now = before[told], now[told]
        share = values[now] / values[before] - 1
        if len(share) < LEAST_COPIED:
            continue
        usual = np.median(share)
        spread = 1.4826 * np.median(np.abs(share - usual))
        far = np.abs(share - usual) > max(JUMP, SPREADS * float(spread))
        change, chance = np.abs(values[now] - values[before]), 3 * np.sqrt(np.abs(values[now] + values[before]))
        for at in np.flatnonzero(far & (change >= LEAST_JUMP) & (change > chance)).tolist():
            value, was = float(values[now[at]]), float(values[before[at]])
            yield Fault({"value": value, "before": was, "percent": round(share[at] * 100)}, int(now[at]), field)


def periods_are_no_copies(layer: Layer, context: Context) -> Iterator[Fault]:
    """Two periods in a row in which every area has the very same figures."""
    period = str(period_field(layer))
    for field, values, before, now in _series(layer, context):
        group = groups(layer, [period])
        pair = group[before] * (int(group.max()) + 1) + group[now]
        alike = (values[before] == values[now]) & (values[now] != 0)
        kinds, first, of, counts = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
        for at in np.flatnonzero((np.bincount(of, alike, len(kinds)) == counts) & (counts >= LEAST_COPIED)).tolist():
            n, was = int(now[first[at]]), int(before[first[at]])
            when = [str(layer.columns[period][row].as_py()) for row in (was, n)]
            yield Fault({"before": when[0], "period": when[1], "count": int(counts[at])}, n, field)


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


def _series(
    layer: Layer, context: Context
) -> Iterator[tuple[Field, NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]]:
    """Each measure of a statistical table with at least three periods, in none of which two rows are of the same area
    and category; with the rows of one period, and those of the same in the next."""
    period = period_field(layer)
    if context.kind is not Kind.STATISTICS or period is None:
        return
    when = layer.columns[period]
    moments = sorted((value for value in when.unique().to_pylist() if value is not None), key=str)
    if len(moments) < 3:
        return
    place = pc.fill_null(pc.index_in(when, pa.array(moments, when.type)), -1).to_numpy()
    names = (field.name for field in layer.fields if not is_measure(field) and field.name not in (period, layer.key))
    group = groups(layer, names)
    order = np.lexsort((place, group))
    order = order[place[order] >= 0]
    next_to = group[order[1:]] == group[order[:-1]]
    if (next_to & (place[order[1:]] == place[order[:-1]])).any():
        return
    for field in measures(layer):
        yield field, numbers(layer, field), order[:-1][next_to], order[1:][next_to]
