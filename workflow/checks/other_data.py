"""Standar Data beside what others have published: who lives there, and who says the same (domain.md K07, U10)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from workflow.area_codes import AreaCodes, Level
from workflow.checks.claims import Context, Fault, Other, Params
from workflow.checks.columns import groups, is_count, is_text, measures, numbers, plain, totals, words
from workflow.checks.figures import MEN, WHOLE, WOMEN
from workflow.checks.kode_referensi import Column, finest_areas
from workflow.layer import Field, FieldType, Layer
from workflow.periods import Interval, interval
from workflow.sop import Kind
from workflow.statistics import period_field

PEOPLE = frozenset({"jiwa", "orang", "penduduk", "warga", "murid", "siswa", "pelajar", "peserta didik"})
PUPILS = re.compile(r"\b(?:murid|siswa|pelajar|peserta didik)", re.IGNORECASE)
PASSING = re.compile(
    r"kunjung|wisata|penumpang|penonton|\btamu\b|hari orang|\bkali\b|rata|rasio|\bper\b|kepadatan|laju|indeks|persen",
    re.IGNORECASE,
)
"""People who do not live there, or are counted again and again; and what is no count."""
AT_SCHOOL = re.compile(
    r"(?:tempat|lokasi|letak|alamat|menurut) (?:satuan pendidikan|sekolah)|sekolah berada", re.IGNORECASE
)
"""Pupils counted where they learn: then only the whole city's live where they are counted."""
SCHOOLS = {
    **{"paud": (0, 6), "tk": (3, 6), "ra": (3, 6), "sd": (6, 13), "mi": (6, 13), "smp": (12, 16), "mts": (12, 16)},
    **{"sma": (15, 19), "smk": (15, 19), "ma": (15, 19)},
}
"""First and last age, a year wider than the rule has it."""
SCHOOL_AGE, EVERYONE = (3, 19), (0, 150)
MORE = 1.05
TAIL = re.compile(r"\b(?:menurut|berdasarkan|per|pada|di|tahun|kota|kabupaten|\d{4})\b.*", re.IGNORECASE | re.DOTALL)
FILLERS = frozenset(["jumlah", "banyaknya", "banyak", "total", "data", "peta", "sebaran", "lokasi", "titik", "dan"])

Span = tuple[int, int]
Counts = dict[Interval, Counter[Span]]


def subject(text: object) -> frozenset[str]:
    """What it speaks of: the words of "Jumlah Penduduk Kota X menurut Umur" are {"penduduk"}."""
    said = str(text or "").casefold()
    return frozenset(re.findall(r"\w+", TAIL.sub("", said) or said)) - FILLERS


def is_of_population(metadata: Mapping[str, object]) -> bool:
    return subject(metadata.get("concept")) == {"penduduk"} and _unit(metadata) == "jiwa"


def is_of_same_concept(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Kind, title, concept and unit; of a map the title alone says what it is about."""
    said, there = (
        (each.get("kind"), subject(each.get("title")), subject(each.get("concept")), _unit(each))
        for each in (one, other)
    )
    return bool(said[1]) and said == there


def _unit(metadata: Mapping[str, object]) -> str:
    said = str(metadata.get("unit") or "").strip().casefold()
    return "jiwa" if said == "orang" else said


def concept_is_given_once(layer: Layer, context: Context) -> Iterator[Fault]:
    """By other agencies: the next version of the same dataset is none of them."""
    mine = {**context.metadata, "kind": context.kind}
    for other in context.others:
        if other.agency and is_of_same_concept(mine, other.metadata):
            level, said = _level(layer, context), _periods(layer, mine)
            shared = sorted(said.keys() & _periods(other.layer, other.metadata).keys())
            if shared and level == _level(other.layer, context):
                of = f"konsep “{context.metadata.get('concept')}”" if context.kind is Kind.STATISTICS else "pokok"
                when = " sampai ".join(dict.fromkeys(said[each] for each in (shared[0], shared[-1])))
                what = ", ".join(filter(None, (of, level and f"tingkat {level}", f"periode {when}")))
                yield Fault({"title": other.title, "agency": other.agency, "what": what})


def _level(layer: Layer, context: Context) -> str:
    found = finest_areas(layer, context) if context.kind is Kind.STATISTICS else None
    return found.level.value if found else ""


def _periods(layer: Layer, metadata: Mapping[str, object]) -> dict[Interval, str]:
    """Those of the period column with its own words, else the years that the metadata say."""
    name = period_field(layer) if metadata.get("kind") == Kind.STATISTICS else None
    if name:
        return {when: str(cell) for cell in layer.columns[name].unique().to_pylist() if (when := interval(cell))}
    said = interval(metadata.get("period"))
    years = range(said[0].year, said[1].year + 1) if said else ()
    return {(date(year, 1, 1), date(year, 12, 31)): str(year) for year in years}


def people_are_no_more_than_live_there(layer: Layer, context: Context) -> Iterator[Fault]:
    """Each count, of the same period; pupils of all kinds together, beside the children where their ages are told."""
    published = [population(other, context) for other in context.others if is_of_population(other.metadata)]
    column = finest_areas(layer, context) if published and context.kind is Kind.STATISTICS else None
    if column is None:
        return
    for field in _of_people(layer, context):
        about = _about(field, context)
        ages = _school_age(layer, f"{about} {context.metadata.get('title')}") if PUPILS.search(about) else EVERYONE
        for n, code, name, when, value, whole in _counts(layer, context, column, field, together=ages != EVERYONE):
            children = ages != EVERYONE and (whole or not AT_SCHOOL.search(_said(layer, context)))
            for span in (ages, EVERYONE) if children else (EVERYONE,):
                known = [(most, one.title) for one in published if np.isfinite(most := one.of(code, when, span))]
                if known:
                    break
            if known and value > MORE * max(known)[0]:
                whom = "penduduk" if span == EVERYONE else f"anak usia {span[0]}–{span[1]} tahun"
                told: Params = {"value": value, "name": name, "whom": whom, "largest": max(known)[0]}
                yield Fault({**told, "title": max(known)[1]}, n, field)


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


def _said(layer: Layer, context: Context) -> str:
    parts = (context.metadata.get(name, "") for name in ("title", "abstract", "concept", "definition"))
    return " ".join([*map(str, parts), *(field.definition for field in layer.fields)])


def _school_age(layer: Layer, about: str) -> Span:
    """Of the kinds of schools that the heading or a column of them names."""
    kinds = [field for field in layer.fields if words(field) & {"jenjang", "tingkat"}]
    cells = {str(cell) for field in kinds for cell in layer.columns[field.name].unique().to_pylist()}
    spans = [SCHOOLS[word] for word in re.findall(r"[a-z]+", " ".join([about, *cells]).casefold()) if word in SCHOOLS]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else SCHOOL_AGE


def _counts(
    layer: Layer, context: Context, column: Column, field: Field, *, together: bool
) -> Iterator[tuple[int, str, str, Interval, float, bool]]:
    """Of each area and period: a row, code and name, the largest count or all `together`, and whether that is of the
    whole city: there, too, where all areas are told."""
    period, codes = period_field(layer), context.area_codes
    group = groups(layer, [column.field.name, *filter(None, [period])])
    values = np.where(_apart(layer), numbers(layer, field), 0 if together else np.nan)
    order = np.lexsort((np.where(np.isfinite(values), values, -1), group))
    last = order[np.flatnonzero(np.append(np.diff(group[order]), 1))].tolist()
    sums = np.bincount(group, values)
    whens = layer.columns[period] if period else None
    city: dict[Interval, dict[str, tuple[int, float]]] = defaultdict(dict)
    for n in last:
        area = column.area(column.cells[n], codes)
        when = interval(whens[n].as_py() if whens else context.metadata.get("period"))
        if area and when:
            value = float(sums[group[n]] if together else values[n])
            city[when][area.kemendagri] = n, value
            yield n, area.kemendagri, area.name, when, value, False
    expected = {area.kemendagri for area in codes.at(column.level)}
    for when, told in city.items() if together else ():
        for area in codes.at(Level.KOTA) if expected <= told.keys() else ():
            value = sum(told[code][1] for code in expected)
            yield next(iter(told.values()))[0], area.kemendagri, area.name, when, value, True


@dataclass(frozen=True)
class Population:
    """How many live in each area (Kemendagri's code) in each period, by first and last age; EVERYONE where no ages
    are told."""

    title: str
    counts: Mapping[str, Counts]

    def of(self, code: str, when: Interval, ages: Span) -> float:
        """The most there were of these ages, or of a few more, at some time in this period; NaN where it is unknown."""
        found = [
            by_age for told, by_age in self.counts.get(code, {}).items() if told[0] <= when[1] and when[0] <= told[1]
        ]
        sums = [_of_ages(by_age, ages) for by_age in found]
        return max(sums) if sums and np.isfinite(sums).all() else np.nan


def _of_ages(by_age: Mapping[Span, float], ages: Span) -> float:
    spans = [span for span in by_age if span[0] <= ages[1] and ages[0] <= span[1]]
    told = ages == EVERYONE or {*range(ages[0], ages[1] + 1)} <= {age for a, b in spans for age in range(a, b + 1)}
    return (
        float(sum(by_age[span] for span in spans)) if told and (ages == EVERYONE or EVERYONE not in spans) else np.nan
    )


def population(other: Other, context: Context) -> Population:
    layer, codes = other.layer, context.area_codes
    column, period = finest_areas(layer, context), period_field(layer)
    counted = [field for field in measures(layer) if field.unit.casefold() in PEOPLE] or [
        field for field in measures(layer) if words(field) & (MEN | WOMEN | WHOLE | PEOPLE)
    ]
    whole = [field for field in counted if words(field) & WHOLE and not words(field) & (MEN | WOMEN)]
    if column is None or not counted:
        return Population(other.title, {})
    values = np.sum([numbers(layer, field) for field in whole[:1] or counted], axis=0)
    ages = next((one for one in layer.fields if words(one) & {"umur", "usia"} and one not in counted), None)
    spans = [_span(cell) for cell in layer.columns[ages.name].to_pylist()] if ages else [EVERYONE] * len(layer)
    apart = _apart(layer)
    whens = layer.columns[period].to_pylist() if period else [other.metadata.get("period")] * len(layer)
    known: dict[object, Interval | None] = {when: interval(when) for when in {*whens}}
    found: dict[str, Counts] = defaultdict(lambda: defaultdict(Counter))
    areas = {cell: column.area(cell, codes) for cell in column.counts}
    for cell, when, span, value, single in zip(
        column.cells, whens, spans, values.tolist(), apart.tolist(), strict=True
    ):
        if single and (area := areas[cell]) and (told := known[when]):
            found[area.kemendagri][told][span] += value
    _add_up(found, codes)
    return Population(other.title, found)


def _add_up(found: dict[str, Counts], codes: AreaCodes) -> None:
    """Areas of which all parts are told, and they themselves are not."""
    for area in (*codes.at(Level.KECAMATAN), *codes.at(Level.KOTA)):
        parts = [one.kemendagri for one in codes.areas if one.parent == area.kemendagri]
        if area.kemendagri not in found and parts and all(part in found for part in parts):
            for when in set.intersection(*({*found[part]} for part in parts)):
                for part in parts:
                    found[area.kemendagri][when].update(found[part][when])


def _span(cell: object) -> Span:
    """0-4, 5 – 9 tahun, 75+, 75 tahun ke atas, <1, 7; EVERYONE where it is no age."""
    said = [int(each) for each in re.findall(r"\d{1,3}", str(cell))]
    if len(said) == 1:
        first = 0 if re.search(r"<|bawah|kurang", str(cell)) else said[0]
        return first, EVERYONE[1] if re.search(r"\+|>|≥|atas|lebih", str(cell)) else said[0]
    return (said[0], said[1]) if len(said) == 2 else EVERYONE


def _apart(layer: Layer) -> np.ndarray:
    """Rows that are no totals of others."""
    apart = np.ones(len(layer), dtype=bool)
    for field in (field for field in layer.fields if is_text(layer, field)):
        apart[totals(layer, field)] = False
    return apart
