"""Both indexes answer every question like a plain computation over the rows, and so like each other."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.ogc.filters import parse
from server.ogc.rendered import rows_of
from server.store import migrate, terbit
from server.store.index import Period, Question, ReleaseIndex
from server.store.index_gpkg import GeoPackageIndex
from server.store.index_postgis import HelpedIndex, PostgisIndex, reading_pool
from tests.ogc.cql2 import as_json
from tests.ogc.releases import NAMES, build, layer
from tests.postgis import fresh_database
from tests.store.conftest import Settings
from workflow.errors import BadRequest, Broken
from workflow.store import Release

Row = dict[str, Any]
Truth = bool | None
"""True, false, or unknown because a value is missing."""
Claim = tuple[str, Callable[[Row], Truth]]
"""A filter as CQL2 text, and the same as Python."""

CONTENT = layer(60)
ROWS: list[Row] = [
    {"geometry": shape, **row} for shape, row in zip(CONTENT.geometry, CONTENT.columns.to_pylist(), strict=True)
]
OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Release]:
    home = tmp_path_factory.mktemp("home")
    return home, build(home, "desa", CONTENT, reading={})


@pytest.fixture(scope="module", params=["embedded", "postgis"])
def index(request: pytest.FixtureRequest, release: tuple[Path, Release]) -> Iterator[ReleaseIndex]:
    home, published = release
    entry = published.manifest["collections"][0] | {"period_field": "tanggal"}
    if request.param == "embedded":
        yield GeoPackageIndex(home / published.folder / "data.gpkg", rows_of(entry))
        return
    with in_postgis(home, published, entry) as (loaded, _):
        yield loaded


@contextmanager
def in_postgis(home: Path, published: Release, entry: dict[str, Any]) -> Iterator[tuple[PostgisIndex, str]]:
    """The index over the loaded release, and its database."""
    with fresh_database() as url:
        migrate(Settings(home, url))
        with psycopg.connect(url) as connection:
            terbit.load(connection, home, published)
            terbit.point(connection, published, [published])
        with reading_pool(url) as pool:
            yield PostgisIndex(pool, terbit.table_of(entry, published), rows_of(entry)), url


def text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def compared(name: str, written: Callable[[Any], str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Claim]:
    def claim(sign: str, value: Any, turned: bool) -> Claim:
        def holds(row: Row) -> Truth:
            pair = (value, row[name]) if turned else (row[name], value)
            return None if row[name] is None else OPERATORS[sign](*pair)

        return f"{written(value)} {sign} {name}" if turned else f"{name} {sign} {written(value)}", holds

    return st.builds(claim, st.sampled_from(sorted(OPERATORS)), values, st.booleans())


def ranged(name: str, written: Callable[[Any], str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Claim]:
    def claim(low: Any, high: Any, negated: bool) -> Claim:
        word = "NOT BETWEEN" if negated else "BETWEEN"
        return (
            f"{name} {word} {written(low)} AND {written(high)}",
            lambda row: None if row[name] is None else (low <= row[name] <= high) != negated,
        )

    return st.builds(claim, values, values, st.booleans())


def listed(name: str, written: Callable[[Any], str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Claim]:
    def claim(options: list[Any], negated: bool) -> Claim:
        word = "NOT IN" if negated else "IN"
        return (
            f"{name} {word} ({', '.join(map(written, options))})",
            lambda row: None if row[name] is None else (row[name] in options) != negated,
        )

    return st.builds(claim, st.lists(values, min_size=1, max_size=4), st.booleans())


def as_regex(pattern: str) -> str:
    signs = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|[^\\]|\\$", pattern, re.S)
    return "".join(
        re.escape(part[1:] or part) if part[0] == "\\" else signs.get(part, re.escape(part)) for part in parts
    )


def bare(value: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", value) if unicodedata.category(each) != "Mn")


FOLDS: dict[str, Callable[[str], str]] = {"CASEI": str.casefold, "ACCENTI": bare}


def alike(folds: list[str], pattern: str, negated: bool) -> Claim:
    subject, asked = "nama", text(pattern)
    for how in folds:
        subject, asked, pattern = f"{how}({subject})", f"{how}({asked})", FOLDS[how](pattern)
    wanted = re.compile(as_regex(pattern), re.S)

    def holds(row: Row) -> Truth:
        value = row["nama"]
        for how in folds:
            value = value if value is None else FOLDS[how](value)
        return None if value is None else (wanted.fullmatch(value) is not None) != negated

    return f"{subject} {'NOT LIKE' if negated else 'LIKE'} {asked}", holds


def folded(how: str, value: str, change: Callable[[str], str]) -> Claim:
    other, fold = change(value), FOLDS[how]
    return f"{how}({text(value)}) = {how}({text(other)})", lambda row: fold(value) == fold(other)


def empty(name: str, negated: bool) -> Claim:
    return f"{name} IS {'NOT ' if negated else ''}NULL", lambda row: (row[name] is None) != negated


def spatial(relation: str, west: int, south: int, width: int, height: int, form: str) -> Claim:
    x, y = 109.595 + west / 1000, -6.955 + south / 1000
    box = shapely.box(x, y, x + (width + 1) / 1000, y + (height + 1) / 1000)
    asked = (
        box
        if form == "BBOX"
        else shapely.Polygon(box.exterior.coords[:3])
        if form == "POLYGON"
        else shapely.Point(x, y)
    )
    said = f"BBOX({','.join(map(repr, map(float, box.bounds)))})" if form == "BBOX" else shapely.to_wkt(asked, -1)
    same = getattr(shapely, relation)
    return (
        f"S_{relation.upper()}(geometry, {said})",
        lambda row: None if row["geometry"] is None else bool(same(row["geometry"], asked)),
    )


Span = tuple[datetime, datetime]
Time = tuple[str, Callable[[Row], Span | None]]
"""A time as CQL2 text, and its two ends in a row; an open end is the first or the last moment of Python."""
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TIMES: dict[str, Callable[[datetime, datetime, datetime, datetime], bool]] = {
    "T_AFTER": lambda a, b, c, d: a > d,
    "T_BEFORE": lambda a, b, c, d: b < c,
    "T_DISJOINT": lambda a, b, c, d: b < c or a > d,
    "T_EQUALS": lambda a, b, c, d: (a, b) == (c, d),
    "T_INTERSECTS": lambda a, b, c, d: max(a, c) <= min(b, d) if a <= b and c <= d else not (b < c or a > d),
    "T_CONTAINS": lambda a, b, c, d: a < c and d < b,
    "T_DURING": lambda a, b, c, d: c < a and b < d,
    "T_FINISHEDBY": lambda a, b, c, d: a < c and b == d,
    "T_FINISHES": lambda a, b, c, d: c < a and b == d,
    "T_MEETS": lambda a, b, c, d: b == c,
    "T_METBY": lambda a, b, c, d: a == d,
    "T_OVERLAPPEDBY": lambda a, b, c, d: c < a < d < b,
    "T_OVERLAPS": lambda a, b, c, d: a < c < b < d,
    "T_STARTEDBY": lambda a, b, c, d: a == c and d < b,
    "T_STARTS": lambda a, b, c, d: a == c and b < d,
}


def at(moment: datetime) -> Time:
    return f"TIMESTAMP('{moment.isoformat()}')", lambda row: (moment, moment)


def lasting(first: datetime | str, last: datetime | str) -> Time:
    """Each end is a moment, a field, or open."""
    if isinstance(first, datetime) and isinstance(last, datetime):
        first, last = sorted((first, last))

    def ends(row: Row) -> Span | None:
        known = {"..": None, "diubah": row["diubah"]}
        begin, end = (edge if isinstance(edge, datetime) else known[edge] for edge in (first, last))
        empty = any(edge == "diubah" and row["diubah"] is None for edge in (first, last))
        return None if empty else (begin or FIRST, end or LAST)

    said = [
        edge if edge == "diubah" else f"'{edge.isoformat() if isinstance(edge, datetime) else edge}'"
        for edge in (first, last)
    ]
    return f"INTERVAL({said[0]}, {said[1]})", ends


def timed(word: str, one: Time, other: Time) -> Claim:
    def holds(row: Row) -> Truth:
        first, second = one[1](row), other[1](row)
        return None if first is None or second is None else TIMES[word](*first, *second)

    return f"{word}({one[0]}, {other[0]})", holds


NUMBERS = st.one_of(st.integers(-2, 12), st.sampled_from([0.25, 2.5, 9.75, 1e300, -1e-300]))
WORDS = st.one_of(st.sampled_from(NAMES), st.text("aBo'\"%_\\éßẞıİΣς ", max_size=4))
DAYS = st.dates(date(2019, 12, 1), date(2025, 1, 31))
MOMENTS = st.one_of(
    st.datetimes(datetime(2019, 12, 1), datetime(2025, 1, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds
        lambda at: at.replace(minute=0, second=0, microsecond=0)
    ),
    st.sampled_from([row["diubah"] for row in ROWS if row["diubah"]]),
)
COLUMNS: list[tuple[str, Callable[[Any], str], st.SearchStrategy[Any]]] = [
    ("luas", repr, NUMBERS),
    ("rw", repr, NUMBERS),
    ("nama", text, WORDS),
    ("tanggal", lambda day: f"DATE('{day}')", DAYS),
    ("diubah", lambda at: f"TIMESTAMP('{at.isoformat()}')", MOMENTS),
]
EDGES = st.one_of(MOMENTS, st.sampled_from(["..", "diubah"]))
INTERVALS = st.builds(lasting, EDGES, EDGES)
INSTANTS = st.one_of(MOMENTS.map(at), st.just(("diubah", lambda row: row["diubah"] and (row["diubah"], row["diubah"]))))
RELATIONS = ["intersects", "disjoint", "contains", "within", "touches", "crosses", "overlaps", "equals"]
claims = st.one_of(
    *[kind(*column) for column in COLUMNS for kind in (compared, ranged, listed)],
    st.builds(alike, st.lists(st.sampled_from(["CASEI", "ACCENTI"]), max_size=2), WORDS, st.booleans()),
    st.builds(folded, st.sampled_from(["CASEI", "ACCENTI"]), WORDS, st.sampled_from([str.upper, str.swapcase, bare])),
    st.builds(empty, st.sampled_from([*ROWS[0]]), st.booleans()),
    st.builds(
        spatial,
        st.sampled_from(RELATIONS),
        st.integers(0, 110),
        st.integers(0, 60),
        st.integers(0, 40),
        st.integers(0, 40),
        st.sampled_from(["BBOX", "POLYGON", "POINT"]),
    ),
    st.builds(timed, st.sampled_from(sorted(TIMES)), INTERVALS, INTERVALS),
    st.builds(
        timed,
        st.sampled_from(["T_AFTER", "T_BEFORE", "T_DISJOINT", "T_EQUALS", "T_INTERSECTS"]),
        st.one_of(INSTANTS, INTERVALS),
        st.one_of(INSTANTS, INTERVALS),
    ),
    st.sampled_from(
        [
            ("aktif = TRUE", lambda row: row["aktif"]),
            ("rw > luas", lambda row: None if None in (row["rw"], row["luas"]) else row["rw"] > row["luas"]),
            ("3 BETWEEN rw AND 9", lambda row: None if row["rw"] is None else row["rw"] <= 3),
            ("7 IN (rw, 8)", lambda row: None if row["rw"] is None else row["rw"] == 7),
            ("'Medono' LIKE 'M_dono'", lambda row: True),
            ("DATE('2024-01-01') IS NULL", lambda row: False),
            ("(rw > 3) IS NULL", lambda row: row["rw"] is None),
            ("INTERVAL(diubah, '..') IS NOT NULL", lambda row: row["diubah"] is not None),
            ("S_CONTAINS(geometry, geometry)", lambda row: row["geometry"] and True),
            ("S_WITHIN(POINT(1 1), BBOX(170, 0, -170, 5))", lambda row: False),
            ("CASEI(nama) IS NULL", lambda row: row["nama"] is None),
        ]
    ),
)


def negated(claim: Claim) -> Claim:
    def holds(row: Row) -> Truth:
        value = claim[1](row)
        return None if value is None else not value

    return f"NOT {claim[0]}", holds


def grouped(claim: Claim) -> Claim:
    return f"({claim[0]})", claim[1]


def every(parts: list[Claim]) -> Claim:
    def holds(row: Row) -> Truth:
        values = [part[1](row) for part in parts]
        return False if False in values else None if None in values else True

    return " AND ".join(part[0] for part in parts), holds


def some(parts: list[Claim]) -> Claim:
    def holds(row: Row) -> Truth:
        values = [part[1](row) for part in parts]
        return True if True in values else None if None in values else False

    return " OR ".join(part[0] for part in parts), holds


def combined(parts: st.SearchStrategy[Claim]) -> st.SearchStrategy[Claim]:
    """OR of AND of NOT without parentheses, as precedence has it; then in parentheses."""
    atoms = st.one_of(parts, parts.map(negated))
    both = st.lists(atoms, min_size=1, max_size=3).map(every)
    return st.lists(both, min_size=1, max_size=3).map(some).map(grouped)


filters = st.recursive(claims, combined, max_leaves=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters)
def test_a_filter_finds_what_a_plain_computation_finds(index: ReleaseIndex, claim: Claim) -> None:
    said, holds = claim
    wanted = [number for number, row in enumerate(ROWS) if holds(row) is True]
    as_text = parse(said)
    for tree in (as_text, parse(as_json(as_text), "cql2-json")):
        question = Question(where=tree)
        assert list(index.rows(question, offset=0, limit=1000)) == wanted, said
        assert index.total(question) == len(wanted)


edges = st.tuples(st.integers(-20, 120), st.integers(-20, 120)).map(sorted)


@settings(max_examples=150, deadline=None)
@given(edges, edges, st.booleans())
def test_a_box_finds_what_it_touches_and_nothing_beside_it(
    index: ReleaseIndex, across: list[int], up: list[int], on_the_edge: bool
) -> None:
    scale = 1000 if on_the_edge else 1237
    box = (109.6 + across[0] / scale, -6.95 + up[0] / scale, 109.6 + across[1] / scale, -6.95 + up[1] / scale)
    shape = shapely.box(*box)
    wanted = [number for number, row in enumerate(ROWS) if row["geometry"] and row["geometry"].intersects(shape)]
    question = Question(boxes=(box,))
    assert list(index.rows(question, offset=0, limit=1000)) == wanted
    assert index.total(question) == len(wanted)


def sorting_key(name: str) -> Callable[[int], Any]:
    return lambda number: ROWS[number][name]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["nama", "luas", "rw", "tanggal", "diubah", "aktif"]), st.booleans()), max_size=3
    ),
    st.integers(0, 70),
    st.integers(1, 70),
)
def test_the_order_is_total_with_nulls_last(
    index: ReleaseIndex, order: list[tuple[str, bool]], offset: int, limit: int
) -> None:
    wanted = list(range(len(ROWS)))
    for name, descending in reversed(order):
        known = [number for number in wanted if ROWS[number][name] is not None]
        unknown = [number for number in wanted if ROWS[number][name] is None]
        # Equal rows keep their order, also where the order is reversed.
        wanted = sorted(known, key=sorting_key(name), reverse=descending) + unknown
    found = index.rows(Question(order=tuple(order)), offset=offset, limit=limit)
    assert list(found) == wanted[offset : offset + limit]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2021-03-01", "2022-06-30"),
        ("2021-03-04", "2021-03-04"),
        (None, "2020-12-31"),
        ("2024-01-01", None),
        (None, None),
    ],
)
def test_a_period_finds_the_days_in_it(index: ReleaseIndex, begin: str | None, end: str | None) -> None:
    first, last = (day and datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (begin, end))
    inside = [
        number
        for number, row in enumerate(ROWS)
        if row["tanggal"] and (begin or "0") <= row["tanggal"].isoformat() <= (end or "9")
    ]
    assert list(index.rows(Question(period=Period(first, last)), offset=0, limit=1000)) == inside


def test_a_feature_is_found_by_its_key_alone(index: ReleaseIndex) -> None:
    assert index.row_of("33.75.007") == 7
    assert [index.row_of(id) for id in ("7", "33.75.7", "", "33.75.007 ", "' OR 1=1 --", "é" * 500)] == [None] * 6


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("tinggi > 3", "tinggi"),
        ("nama = 3", "nama"),
        ("rw = '3'", "rw"),
        ("luas LIKE '3%'", "luas"),
        ("tanggal > 'kemarin'", "tanggal"),
        ("S_INTERSECTS(nama, POINT(1 1))", "nama"),
        ("aktif = 1", "aktif"),
        ("rw IN (1, 'dua')", "rw"),
        ("T_AFTER(nama, DATE('2024-01-01'))", "nama"),
        ("nama = rw", "nama"),
        ("tanggal = diubah", "tanggal"),
        ("T_EQUALS(diubah, tanggal)", "diubah"),
    ],
)
def test_a_filter_that_does_not_fit_a_field_names_it(index: ReleaseIndex, said: str, named: str) -> None:
    with pytest.raises(BadRequest) as refused:
        index.total(Question(where=parse(said)))
    assert refused.value.where["field"] == named


@pytest.mark.parametrize(
    "said",
    [
        "avg(rw) > 3",
        "nama LIKE kode",
        "CASEI(rw) = '3'",
        "T_NEAR(diubah, diubah)",
        "T_AFTER(diubah)",
        "S_NEAR(geometry, POINT(1 1))",
        "S_INTERSECTS(geometry, POINT(90 180))",
        "S_INTERSECTS(geometry, nama)",
        "T_DURING(diubah, INTERVAL('2020-01-01', '2021-01-01'))",
        "T_MEETS(INTERVAL('2020-01-01', '2021-01-01'), DATE('2021-01-01'))",
    ],
)
def test_what_is_not_supported_is_said(index: ReleaseIndex, said: str) -> None:
    with pytest.raises(BadRequest):
        index.total(Question(where=parse(said)))


@cache
def everything() -> tuple[int, ...]:
    return tuple(range(len(ROWS)))


@pytest.mark.parametrize("said", ["nama = 'x'' OR 1=1 --'", "nama LIKE '%'';DROP TABLE data;--'", '"kode" = \'"; --\''])
def test_a_value_never_becomes_sql(index: ReleaseIndex, said: str) -> None:
    assert list(index.rows(Question(where=parse(said)), offset=0, limit=10)) == []
    assert list(index.rows(Question(), offset=0, limit=1000)) == list(everything())


def test_where_postgis_does_not_answer_the_file_does(
    release: tuple[Path, Release], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home, published = release
    known = rows_of(published.manifest["collections"][0])
    monkeypatch.setattr("server.store.index_postgis.QUICK_SECONDS", -1.0)
    monkeypatch.setattr("server.store.index_gpkg.STEPS", 10)
    with reading_pool("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1") as pool:
        nowhere = PostgisIndex(pool, ("terbit", "desa_1"), known)
        index = HelpedIndex(GeoPackageIndex(home / published.folder / "data.gpkg", known), nowhere)
        monkeypatch.setattr(pool, "timeout", 0.2)
        assert list(index.rows(Question(where=parse("kode = '33.75.007'")), offset=0, limit=9)) == [7]
        assert index.total(Question(where=parse("kode = '33.75.007'"))) == 1
    assert "data.gpkg does" in caplog.text


def test_what_postgis_has_answered_is_answered_again_without_it(
    release: tuple[Path, Release], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home, published = release
    entry = published.manifest["collections"][0]
    monkeypatch.setattr("server.store.index_postgis.QUICK_SECONDS", -1.0)
    monkeypatch.setattr("server.store.index_gpkg.STEPS", 10)
    question = Question(where=parse("kode = '33.75.007'"))
    with in_postgis(home, published, entry) as (postgis, url):
        index = HelpedIndex(GeoPackageIndex(home / published.folder / "data.gpkg", rows_of(entry)), postgis)
        assert (list(index.rows(question, offset=0, limit=9)), index.total(question)) == ([7], 1)
        with psycopg.connect(url) as connection:
            connection.execute("DROP SCHEMA terbit CASCADE")
        assert (list(index.rows(question, offset=0, limit=9)), index.total(question)) == ([7], 1)
        assert "data.gpkg does" not in caplog.text
        assert list(index.rows(question, offset=0, limit=8)) == [7]
        assert "data.gpkg does" in caplog.text


def test_a_question_that_takes_too_long_is_given_up(
    release: tuple[Path, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, published = release
    index = GeoPackageIndex(home / published.folder / "data.gpkg", rows_of(published.manifest["collections"][0]))
    monkeypatch.setattr("server.store.index_gpkg.SECONDS", -1.0)
    monkeypatch.setattr("server.store.index_gpkg.STEPS", 10)
    with pytest.raises(Broken) as given_up:
        index.total(Question(where=parse("nama LIKE '%a%b%' OR rw IN (1,2,3,4)")))
    assert given_up.value.code == "TERLALU-LAMA"
