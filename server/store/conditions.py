"""A CQL2 filter as SQL: constant text, composed names and bound values, the same for both databases."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

import shapely
from pygeofilter import ast, values
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from server.store.index import Box, Period, Question, Rows
from workflow.errors import BadRequest
from workflow.layer import FieldType


@dataclass(frozen=True)
class Name:
    """A column."""

    column: str


@dataclass(frozen=True)
class Bound:
    """A value that travels beside the SQL, never in it."""

    value: Any


Pieces = tuple[str | Name | Bound, ...]

GEOMETRY_NAMES = ("geometry", "geom")
NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
MOMENTS = (FieldType.DATE, FieldType.DATETIME)
KINDS = {
    FieldType.STRING: "teks",
    FieldType.INTEGER: "bilangan bulat",
    FieldType.NUMBER: "bilangan",
    FieldType.BOOLEAN: "benar/salah (TRUE atau FALSE)",
    FieldType.DATE: "tanggal (DATE('2024-01-31'))",
    FieldType.DATETIME: "waktu (TIMESTAMP('2024-01-31T00:00:00Z'))",
}
LITERALS: dict[type, FieldType] = {
    bool: FieldType.BOOLEAN,
    int: FieldType.NUMBER,
    float: FieldType.NUMBER,
    str: FieldType.STRING,
    date: FieldType.DATE,
    datetime: FieldType.DATETIME,
}
INVERSE = {"contains": "within", "within": "contains"}
TEMPORAL = (ast.TimeAfter, ast.TimeBefore, ast.TimeDuring, ast.TimeEquals, ast.TimeOverlaps, ast.TimeDisjoint)
LARGEST = 2**63 - 1


class Dialect(Protocol):
    """Where the two databases differ. `collate` is appended to text so that it sorts by code point."""

    collate: str

    def moment(self, value: date | datetime) -> Bound: ...
    def boolean(self, value: bool) -> Bound: ...
    def caseless(self, text: Pieces) -> Pieces: ...
    def touching(self, box: Box) -> Pieces: ...
    def related(self, relation: str, geometry: BaseGeometry, *, only_true: bool) -> Pieces:
        """NULL where there is no geometry; with `only_true` false will do."""
        ...


def joined(parts: Iterable[Pieces], separator: str) -> Pieces:
    whole: list[str | Name | Bound] = []
    for number, part in enumerate(parts):
        whole += [separator, *part] if number else part
    return tuple(whole)


def conditions(question: Question, rows: Rows, dialect: Dialect) -> Pieces:
    """What follows WHERE. Raises BadRequest naming the field that does not exist or does not fit."""
    every: list[Pieces] = []
    if question.boxes:
        boxes = joined((dialect.touching(box) for box in question.boxes), " OR ")
        every.append(("(", *boxes, ")") if rows.spatial else ("1 = 0",))
    if question.period is not None:
        every.append(_within(question.period, rows, dialect))
    if question.where is not None:
        every.append(("(", *Translation(rows, dialect).condition(question.where), ")"))
    return joined(every, " AND ") or ("1 = 1",)


def order(question: Question, rows: Rows, dialect: Dialect) -> Pieces:
    """What follows ORDER BY: nulls last, then the order of the file."""
    parts: list[Pieces] = []
    for field, descending in question.order:
        collate = dialect.collate if _type(field, rows) == FieldType.STRING else ""
        parts.append((Name(field), collate + (" DESC" if descending else " ASC") + " NULLS LAST"))
    return joined([*parts, (Name("fid"),)], ", ")


def _type(field: str, rows: Rows) -> FieldType:
    if field not in rows.types:
        known = ", ".join(rows.types)
        raise BadRequest(
            f"Kolom “{field}” tidak ada di koleksi ini.",
            code="KOLOM-TIDAK-ADA",
            mend=f"Kolom yang ada: {known}." if known else "",
            where={"field": field},
        )
    return rows.types[field]


def _within(period: Period, rows: Rows, dialect: Dialect) -> Pieces:
    """Rows whose moment, day, month or year meets the period; none where there is no such field."""
    if rows.period is None:
        return ("1 = 0",)
    first, last = Name(rows.period), Name(rows.until or rows.period)
    kind, begin, end = rows.types[rows.period], period.begin, period.end
    if kind == FieldType.STRING:
        return _within_text(first, begin, end)
    edges: list[Pieces] = [(first, " IS NOT NULL")]
    if begin:
        edges.append((last, " >= ", _edge(begin, kind, dialect)))
    if end:
        edges.append((first, " <= ", _edge(end, kind, dialect)))
    return joined(edges, " AND ")


def _edge(at: datetime, kind: FieldType, dialect: Dialect) -> Bound:
    if kind == FieldType.DATETIME:
        return dialect.moment(at)
    return dialect.moment(at.date()) if kind == FieldType.DATE else Bound(at.year)


def _within_text(name: Name, begin: datetime | None, end: datetime | None) -> Pieces:
    """2024, 2024-05 and 2024-05-31 by their own width; anything else (2024-S1, 2024/2025) by its year."""
    first = begin.date().isoformat() if begin else "0000-00-00"
    last = end.date().isoformat() if end else "9999-99-99"
    after: Pieces = (name, " >= substr(CAST(", Bound(first), " AS TEXT), 1, length(", name, "))")
    before: Pieces = (name, " <= substr(CAST(", Bound(last), " AS TEXT), 1, length(", name, "))")
    yearly = ("substr(", name, ", 1, 4) >= ", Bound(first[:4]), " AND substr(", name, ", 1, 4) <= ", Bound(last[:4]))
    exact = ("CASE WHEN substr(", name, ", 6, 1) IN ('0', '1') THEN ", *after, " AND ", *before)
    return (*exact, " ELSE ", *yearly, " END")


class Translation:
    """One filter over one collection. `only_true` ends below a NOT, where false and unknown differ."""

    def __init__(self, rows: Rows, dialect: Dialect) -> None:
        self.rows, self.dialect = rows, dialect

    def condition(self, node: ast.AstType, only_true: bool = True) -> Pieces:
        match node:
            case ast.Combination():
                parts = (self.condition(node.lhs, only_true), self.condition(node.rhs, only_true))
                return ("(", *joined(parts, f" {node.op.value} "), ")")
            case ast.Not():
                return ("NOT (", *self.condition(node.sub_node, False), ")")
            case ast.Between() | ast.In() | ast.Like() if node.not_:
                return ("NOT (", *self.condition(replace(node, not_=False)), ")")
            case ast.Comparison() | ast.Between() | ast.In() | ast.Like():
                return self._any(self._test(node))
            case ast.IsNull():
                return (*self._tested(node.lhs), " IS NOT NULL" if node.not_ else " IS NULL")
            case ast.SpatialComparisonPredicate():
                return self._spatial(node, only_true)
            case ast.TemporalPredicate() if isinstance(node, TEMPORAL):
                return self._temporal(node)
            case ast.BBox():
                box = shapely.box(node.minx, node.miny, node.maxx, node.maxy)
                return self._related("intersects", node.lhs, box, only_true)
            case bool():
                return ("1 = 1",) if node else ("1 = 0",)
        raise unsupported(node)

    def _any(self, test: Pieces) -> Pieces:
        """A field of many values passes where one of them does; json_each is SQLite's, as only records have such."""
        many = next((name for name in test if isinstance(name, Name) and name.column in self.rows.many), None)
        if many is None:
            return test
        each = ("each.value" if piece == many else piece for piece in test)
        return ("(SELECT max(", *each, ") FROM json_each(data.", many, ") AS each)")

    def _test(self, node: ast.Comparison | ast.Between | ast.In | ast.Like) -> Pieces:
        if isinstance(node, ast.Like):
            return self._like(node)
        beside = node.rhs if isinstance(node, ast.Comparison) else None
        kind = self._kind(node.lhs) or self._kind(beside) or LITERALS.get(type(node.lhs))
        subject = self._scalar(node.lhs, kind, beside)
        if kind == FieldType.STRING:
            subject = (*subject, self.dialect.collate)
        match node:
            case ast.Between():
                low, high = self._scalar(node.low, kind, node.lhs), self._scalar(node.high, kind, node.lhs)
                return (*subject, " BETWEEN ", *low, " AND ", *high)
            case ast.In():
                options = (self._scalar(option, kind, node.lhs) for option in node.sub_nodes)
                return (*subject, " IN (", *joined(options, ", "), ")")
        return (*subject, f" {node.op.value} ", *self._scalar(node.rhs, kind, node.lhs))

    def _tested(self, node: ast.AstType) -> Pieces:
        """What IS NULL may ask about: any field, and the geometry."""
        if isinstance(node, ast.Attribute) and self._is_geometry(node.name):
            return (Name("geom"),) if self.rows.spatial else ("NULL",)
        return self._scalar(node, self._kind(node), None)

    def _like(self, node: ast.Like) -> Pieces:
        if self._kind(node.lhs) not in (None, FieldType.STRING):
            raise _unfit(node.lhs, FieldType.STRING, node.pattern, "LIKE hanya untuk kolom teks.")
        pattern, caseless = node.pattern, node.nocase
        if isinstance(pattern, ast.Function) and _is_casei(pattern):
            pattern, caseless = pattern.arguments[0], True
        if not isinstance(pattern, str):
            raise unsupported(node)
        subject = self._scalar(node.lhs, FieldType.STRING, None)
        bound: Pieces = (Bound(_sql_pattern(pattern, node.wildcard, node.singlechar, node.escapechar)),)
        if caseless:
            bound = self.dialect.caseless(bound)
            subject = subject if isinstance(node.lhs, ast.Function) else self.dialect.caseless(subject)
        return (*subject, " LIKE ", *bound, " ESCAPE '\\'")

    def _kind(self, node: ast.AstType) -> FieldType | None:
        """The type of a field or function; None for a literal."""
        if isinstance(node, ast.Attribute):
            return _type(node.name, self.rows)
        return FieldType.STRING if isinstance(node, ast.Function) else None

    def _scalar(self, node: ast.AstType, kind: FieldType | None, beside: ast.AstType) -> Pieces:
        """A field, CASEI(…) or a literal, which must fit `kind`, the type of the field `beside` it."""
        if isinstance(node, ast.Attribute):
            if kind is not None and _family(_type(node.name, self.rows)) != _family(kind):
                raise _unfit(beside, kind, f"kolom {node.name}")
            return (Name(node.name),)
        if isinstance(node, ast.Function) and _is_casei(node) and kind in (None, FieldType.STRING):
            return self.dialect.caseless(self._scalar(node.arguments[0], FieldType.STRING, beside))
        if isinstance(node, ast.Node) or kind is None:
            raise unsupported(node)
        return (self._literal(node, kind, beside),)

    def _literal(self, value: Any, kind: FieldType, beside: ast.AstType) -> Bound:
        if kind in NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
            return Bound(float(value) if kind == FieldType.NUMBER or abs(value) > LARGEST else value)
        if kind == FieldType.STRING and isinstance(value, str):
            return Bound(value)
        if kind == FieldType.BOOLEAN and isinstance(value, bool):
            return self.dialect.boolean(value)
        if kind in MOMENTS and (at := _moment(value, kind)) is not None:
            return self.dialect.moment(at)
        raise _unfit(beside, kind, value)

    def _is_geometry(self, name: str) -> bool:
        return name in GEOMETRY_NAMES and name not in self.rows.types

    def _spatial(self, node: ast.SpatialComparisonPredicate, only_true: bool) -> Pieces:
        relation = node.op.value.lower()
        if isinstance(node.lhs, ast.Attribute):
            return self._related(relation, node.lhs, _geometry(node.rhs), only_true)
        return self._related(INVERSE.get(relation, relation), node.rhs, _geometry(node.lhs), only_true)

    def _related(self, relation: str, field: ast.AstType, geometry: BaseGeometry, only_true: bool) -> Pieces:
        if not isinstance(field, ast.Attribute):
            raise unsupported(field)
        if not self._is_geometry(field.name):
            kind = _type(field.name, self.rows)
            raise BadRequest(
                f"Kolom “{field.name}” berisi {KINDS[kind]}, bukan geometri.",
                code="FILTER-NILAI",
                mend="Geometri koleksi ini bernama geometry.",
                where={"parameter": "filter", "field": field.name},
            )
        if not self.rows.spatial:
            return ("NULL",)
        return self.dialect.related(relation, geometry, only_true=only_true)

    def _temporal(self, node: ast.TemporalPredicate) -> Pieces:
        """A field against a moment or a closed interval."""
        kind = self._kind(node.lhs)
        if not isinstance(node.lhs, ast.Attribute) or kind not in MOMENTS:
            raise _unfit(node.lhs, FieldType.DATE, node.rhs, "Operator waktu hanya untuk kolom tanggal atau waktu.")
        whole = isinstance(node.rhs, values.Interval)
        begin, end = (node.rhs.start, node.rhs.end) if whole else (node.rhs, node.rhs)
        match node:
            case ast.TimeAfter():
                tests = [(" > ", end)]
            case ast.TimeBefore():
                tests = [(" < ", begin)]
            case ast.TimeDuring():
                tests = [(" > ", begin), (" < ", end)]
            case _:
                tests = [(" >= ", begin), (" <= ", end)]
        name = Name(node.lhs.name)
        edges = [(name, sign, self._literal(edge, kind, node.lhs)) for sign, edge in tests if edge is not None]
        if not edges and isinstance(node, ast.TimeAfter | ast.TimeBefore):
            return ("1 = 0",)
        inside = joined(edges or [(name, " IS NOT NULL")], " AND ")
        return ("NOT (" if isinstance(node, ast.TimeDisjoint) else "(", *inside, ")")


def _family(kind: FieldType) -> FieldType:
    return FieldType.NUMBER if kind in NUMBERS else kind


def _moment(value: Any, kind: FieldType) -> date | datetime | None:
    """The literal as the field keeps it. GDAL sends a day as '2024-01-31T'."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.removesuffix("T"))
        except ValueError:
            return None
    if not isinstance(value, date):
        return None
    if kind == FieldType.DATETIME:
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else None
    return value


def _sql_pattern(pattern: str, wildcard: str, single: str, escape: str) -> str:
    """The pattern with SQL's own % _ and \\."""
    signs = {wildcard: "%", single: "_"}
    found, characters = "", iter(pattern)
    for character in characters:
        if character in signs and character != escape:
            found += signs[character]
            continue
        character = next(characters, escape) if character == escape else character
        found += "\\" + character if character in "%_\\" else character
    return found


def _geometry(value: Any) -> BaseGeometry:
    if not isinstance(value, values.Geometry | values.Envelope):
        raise unsupported(value)
    geometry: BaseGeometry = shape(value.geometry)
    if geometry.is_empty:
        raise unsupported(value)
    return geometry


def _is_casei(node: ast.Function) -> bool:
    return node.name.lower() in ("casei", "lower") and len(node.arguments) == 1


def _unfit(beside: Any, kind: FieldType, value: Any, more: str = "") -> BadRequest:
    name = beside.name if isinstance(beside, ast.Attribute) else ""
    what = f"Kolom “{name}” berisi" if name else "Yang dibandingkan harus"
    shown = value if isinstance(value, str) else repr(value)
    return BadRequest(
        f"{what} {KINDS[kind]}; “{shown[:80]}” tidak dapat dibandingkan dengannya. {more}".strip(),
        code="FILTER-NILAI",
        where={"parameter": "filter", "field": name} if name else {"parameter": "filter"},
    )


def unsupported(node: Any) -> BadRequest:
    said = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
    named = f"{node.name}()" if isinstance(node, ast.Function) else said
    return BadRequest(
        f"Bagian filter ini tidak didukung: {named}.",
        code="FILTER-TIDAK-DIDUKUNG",
        mend="Yang didukung: AND, OR, NOT, = <> < > <= >=, LIKE, IN, BETWEEN, IS NULL, CASEI, T_AFTER, S_INTERSECTS.",
        where={"parameter": "filter"},
    )
