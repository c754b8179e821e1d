"""Standar Data beside what others have published: who lives there, and who says the same (domain.md K07, U10)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from workflow.area_codes import Area, Level
from workflow.checks.claims import Context, Fault, Other, Params
from workflow.checks.columns import groups, is_count, is_text, measures, numbers, plain, totals, words
from workflow.checks.figures import MEN, WHOLE, WOMEN
from workflow.checks.kode_referensi import finest_areas
from workflow.checks.personal import OF_PEOPLE
from workflow.layer import Field, FieldType, Layer
from workflow.periods import Interval, interval
from workflow.sop import Kind
from workflow.statistics import period_field

PEOPLE, FILLERS = frozenset(OF_PEOPLE["people"]), frozenset(OF_PEOPLE["fillers"])
PUPILS, PASSING, AT_SCHOOL, TAIL = (
    re.compile(OF_PEOPLE[name], re.IGNORECASE) for name in ("pupils", "passing", "at_school", "tail")
)
SCHOOLS: dict[str, list[int]] = OF_PEOPLE["schools"]
SCHOOL_AGE, EVERYONE = (3, 19), (0, 150)
MORE = 1.05

Span = tuple[int, int]
Population = dict[str, dict[Interval, Counter[Span]]]
"""How many live in each area (Kemendagri's code) in each period, by first and last age; EVERYONE where none is told."""

Told = tuple[int, Area, Interval, float]
"""A row, and what it or all rows of its area and period count."""


def subject(text: object) -> frozenset[str]:
    """What it speaks of: the words of "Jumlah Penduduk Kota X menurut Umur" are {"penduduk"}."""
    said = str(text or "").casefold()
    return frozenset(re.findall(r"\w+", TAIL.sub("", said) or said)) - FILLERS


def is_of_population(metadata: Mapping[str, object]) -> bool:
    return subject(metadata.get("concept")) == {"penduduk"} and _unit(metadata) == "jiwa"


def is_of_same_concept(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Kind, unit, concept and title: of a map the title alone says what it is about, of statistics both."""
    said, there = ([subject(each.get(name)) for name in ("title", "concept")] for each in (one, other))
    alike = one.get("kind") == other.get("kind") and _unit(one) == _unit(other) and said == there
    return alike and bool(said[one.get("kind") == Kind.STATISTICS])


def _unit(metadata: Mapping[str, object]) -> str:
    said = str(metadata.get("unit") or "").strip().casefold()
    return "jiwa" if said == "orang" else said


def concept_is_given_once(layer: Layer, context: Context) -> Iterator[Fault]:
    """By other agencies: the next version of the same dataset is none of them."""
    mine = {**context.metadata, "kind": context.kind}
    for other in context.others:
        if other.agency and is_of_same_concept(mine, other.metadata):
            columns = [finest_areas(one, context) for one in (layer, other.layer)]
            levels = [f"tingkat {column.level}" if column else "" for column in columns]
            said = _periods(layer, mine)
            shared = sorted(said.keys() & _periods(other.layer, other.metadata).keys())
            is_map = context.kind is not Kind.STATISTICS
            if shared and (is_map or levels[0] == levels[1]):
                when = " sampai ".join(dict.fromkeys(said[each] for each in (shared[0], shared[-1])))
                what = ["judul"] if is_map else [f"konsep “{mine['concept']}”", *filter(None, levels[:1])]
                params: Params = {"what": ", ".join([*what, f"periode {when}"]), "title": other.title}
                yield Fault({**params, "agency": other.agency})


def _periods(layer: Layer, metadata: Mapping[str, object]) -> dict[Interval, str]:
    """Those of the period column with its own words, else the years that the metadata say."""
    name = period_field(layer) if metadata.get("kind") == Kind.STATISTICS else None
    if name:
        return {when: str(cell) for cell in layer.columns[name].unique().to_pylist() if (when := interval(cell))}
    said = interval(metadata.get("period"))
    years = range(said[0].year, said[1].year + 1) if said else ()
    return {(date(year, 1, 1), date(year, 12, 31)): str(year) for year in years}


def people_are_no_more_than_live_there(layer: Layer, context: Context) -> Iterator[Fault]:
    """Each count, of the same period; pupils of all kinds together, beside the children where their ages are told.
    Pupils counted where they learn are compared with the children of the whole city alone."""
    others = context.others if context.kind is Kind.STATISTICS else ()
    published = [(other.title, population(other, context)) for other in others if is_of_population(other.metadata)]
    parts = (context.metadata.get(name, "") for name in ("title", "abstract", "concept", "definition"))
    at_school = AT_SCHOOL.search(" ".join([*map(str, parts), *(field.definition for field in layer.fields)]))
    for field in _of_people(layer, context) if published else ():
        values, about = numbers(layer, field), _about(field, context)
        ages = _school_age(layer, f"{about} {context.metadata.get('title')}") if PUPILS.search(about) else EVERYONE
        counted = [*_counted(layer, context, values)]
        told = [(n, area, when, float(values[n])) for n, area, when, _ in counted]
        if ages != EVERYONE:
            told = [(n, area, when, total) for n, area, when, total in counted]
            told += [*_of_the_city(told, context)]
        for n, area, when, value in told:
            fitting = [] if at_school and area.level is not Level.KOTA else _largest(published, area, when, ages)
            span = ages if fitting else EVERYONE
            most, title = max(fitting or _largest(published, area, when, EVERYONE), default=(np.inf, ""))
            if value > MORE * most:
                whom = "penduduk" if span == EVERYONE else f"anak usia {span[0]}–{span[1]} tahun"
                said: Params = {"value": value, "name": area.name, "whom": whom, "largest": most, "title": title}
                yield Fault(said, n, field)


def _of_people(layer: Layer, context: Context) -> list[Field]:
    every = (field for field in measures(layer) if field.type is FieldType.INTEGER)
    return [
        field
        for field in every
        if (field.unit.casefold() in PEOPLE or (not field.unit and words(field) & PEOPLE))
        and not PASSING.search(_about(field, context))
    ]


def _about(field: Field, context: Context) -> str:
    """What is counted; a column that only says "jumlah" counts what the title says."""
    of_title = TAIL.sub("", str(context.metadata.get("title", ""))) if is_count(field) else ""
    return f"{plain(field)} {field.title} {field.unit} {of_title}".replace("_", " ")


def _school_age(layer: Layer, about: str) -> Span:
    """Of the kinds of schools that the heading or a column of them names."""
    kinds = [field for field in layer.fields if words(field) & {"jenjang", "tingkat"}]
    cells = {str(cell) for field in kinds for cell in layer.columns[field.name].unique().to_pylist()}
    spans = [SCHOOLS[word] for word in re.findall(r"[a-z]+", " ".join([about, *cells]).casefold()) if word in SCHOOLS]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else SCHOOL_AGE


def _counted(layer: Layer, context: Context, values: NDArray[np.float64], ages: Field | None = None) -> Iterator[Told]:
    """Of each area, period and age: the row with the largest value, and the sum. Rows of totals are left out."""
    column, period = finest_areas(layer, context), period_field(layer)
    if column is None:
        return
    apart = np.ones(len(layer), dtype=bool)
    for field in (field for field in layer.fields if is_text(layer, field)):
        apart[totals(layer, field)] = False
    rows = np.flatnonzero(apart)
    rows = rows[np.argsort(-values[rows], kind="stable")]
    group = groups(layer, filter(None, [column.field.name, period, ages.name if ages else None]))[rows]
    _, first, of = np.unique(group, return_index=True, return_inverse=True)
    for n, total in zip(rows[first].tolist(), np.bincount(of, values[rows]).tolist(), strict=True):
        area = column.area(column.cells[n], context.area_codes)
        when = interval(layer.columns[period][n].as_py() if period else context.metadata.get("period"))
        if area and when:
            yield n, area, when, total


def _of_the_city(told: list[Told], context: Context) -> Iterator[Told]:
    """The sums of periods in which all areas of a level are told."""
    for when in dict.fromkeys(when for _, _, when, _ in told):
        there = [one for one in told if one[2] == when]
        if {*context.area_codes.at(there[0][1].level)} <= {area for _, area, _, _ in there}:
            total = sum(value for *_, value in there)
            yield from ((there[0][0], city, when, total) for city in context.area_codes.at(Level.KOTA))


def _largest(
    published: list[tuple[str, Population]], area: Area, when: Interval, ages: Span
) -> list[tuple[float, str]]:
    """Of each publication that tells it: the most there were of these ages, or of a few more, in this period."""
    found = []
    for title, counts in published:
        told = counts.get(area.kemendagri, {}).items()
        sums = [_of_ages(by, ages) for span, by in told if span[0] <= when[1] and when[0] <= span[1]]
        found += [(max(sums), title)] if sums and np.isfinite(sums).all() else []
    return found


def _of_ages(by_age: Mapping[Span, float], ages: Span) -> float:
    """NaN where it is unknown."""
    spans = [span for span in by_age if span[0] <= ages[1] and ages[0] <= span[1]]
    covered = {age for span in spans if span != EVERYONE for age in range(span[0], span[1] + 1)}
    known = ages == EVERYONE or (EVERYONE not in spans and covered >= {*range(ages[0], ages[1] + 1)})
    return float(sum(by_age[span] for span in spans)) if known else np.nan


def population(other: Other, context: Context) -> Population:
    """Areas of which all parts are told have their sum, too."""
    layer, codes = other.layer, context.area_codes
    context = replace(context, metadata=other.metadata)
    fields = measures(layer)
    counted = [field for field in fields if field.unit.casefold() in PEOPLE]
    counted = counted or [field for field in fields if words(field) & (MEN | WOMEN | WHOLE | PEOPLE)]
    whole = [field for field in counted if words(field) & WHOLE and not words(field) & (MEN | WOMEN)]
    values = np.sum(
        [np.full(len(layer), 0 if counted else np.nan), *(numbers(layer, one) for one in whole[:1] or counted)], axis=0
    )
    ages = next((one for one in layer.fields if words(one) & {"umur", "usia"} and one not in counted), None)
    found: Population = defaultdict(lambda: defaultdict(Counter))
    for n, area, when, total in _counted(layer, context, values, ages):
        found[area.kemendagri][when][_span(layer.columns[ages.name][n].as_py()) if ages else EVERYONE] += total  # type: ignore[assignment]
    for area in (*codes.at(Level.KECAMATAN), *codes.at(Level.KOTA)):
        parts = [one.kemendagri for one in codes.areas if one.parent == area.kemendagri]
        if area.kemendagri not in found and parts and all(part in found for part in parts):
            for when in set.intersection(*({*found[part]} for part in parts)):
                for part in parts:
                    found[area.kemendagri][when].update(found[part][when])
    return found


def _span(cell: object) -> Span:
    """0-4, 5 – 9 tahun, 75+, 75 tahun ke atas, <1, 7; EVERYONE where it is no age."""
    said = [int(each) for each in re.findall(r"\d{1,3}", str(cell))]
    if len(said) == 1:
        first = 0 if re.search(r"<|bawah|kurang", str(cell)) else said[0]
        return first, EVERYONE[1] if re.search(r"\+|>|≥|atas|lebih", str(cell)) else said[0]
    return (said[0], said[1]) if len(said) == 2 else EVERYONE
