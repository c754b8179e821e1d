"""A CQL2 filter as SQL: constant text, composed names and bound values, the same for both databases."""

import operator
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from math import inf
from pathlib import Path
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
_SAID = tomllib.loads(Path(__file__).with_name("cql2.toml").read_text(encoding="utf-8"))
KINDS = {FieldType(kind): said for kind, said in _SAID["kinds"].items()}
TIMES: dict[str, list[str]] = _SAID["times"]
LITERALS: dict[type, FieldType] = {
    bool: FieldType.BOOLEAN,
    int: FieldType.NUMBER,
    float: FieldType.NUMBER,
    str: FieldType.STRING,
    date: FieldType.DATE,
    datetime: FieldType.DATETIME,
}
INVERSE = {"contains": "within", "within": "contains"}
OF_ITSELF = ("intersects", "equals", "contains", "within")
"""How a geometry stands to itself."""
FOLDS = ("casei", "accenti")
ACCENTS = "[\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]"
"""The combining marks that a letter loses, as a regular expression of both Python and PostgreSQL."""
OF_INSTANTS = ("t_after", "t_before", "t_equals", "t_intersects", "t_disjoint")
SIGNS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
TRUE: Pieces = ("1 = 1",)
FALSE: Pieces = ("1 = 0",)
LARGEST = 2**63 - 1


class Dialect(Protocol):
    """Where the two databases differ. `collate` is appended to text so that it sorts by code point."""

    collate: str

    def moment(self, value: date | datetime) -> Bound: ...
    def boolean(self, value: bool) -> Bound: ...
    def folded(self, how: str, text: Pieces) -> Pieces:
        """Without case (`casei`) or without accents (`accenti`)."""
        ...

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
        # OGC 17-069r4, fc-bbox-response C: what has no place meets every box.
        every.append(("(", *boxes, ")") if rows.spatial else TRUE)
    if question.period is not None:
        every.append(_within(question.period, rows, dialect))
    if question.where is not None:
        every.append(("(", *Translation(rows, dialect).condition(question.where), ")"))
    return joined(every, " AND ") or TRUE


def order(question: Question, rows: Rows, dialect: Dialect) -> Pieces:
    """What follows ORDER BY: nulls last, then the order of the file."""
    parts: list[Pieces] = []
    for field, descending in question.order:
        collate = dialect.collate if _type(field, rows) == FieldType.STRING else ""
        parts.append((Name(field), collate + (" DESC" if descending else " ASC") + " NULLS LAST"))
    return joined([*parts, (Name("fid"),)], ", ")


def _type(field: str, rows: Rows) -> FieldType:
    if field not in rows.types:
        known = ", ".join(rows.types) or "–"
        raise BadRequest.of("column_absent", field=field, known=known, where={"field": field})
    return rows.types[field]


def _within(period: Period, rows: Rows, dialect: Dialect) -> Pieces:
    """Rows whose moment, day, month or year meets the period; all where there is no such field."""
    if rows.period is None:
        return TRUE
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
                return ("NOT (" if node.not_ else "(", *self._empty(node.lhs), ")")
            case ast.SpatialComparisonPredicate():
                return self._spatial(node, only_true)
            case ast.Function() if node.name in TIMES and len(node.arguments) == 2:
                return self._timed(node, only_true)
            case ast.BBox():
                box = shapely.box(node.minx, node.miny, node.maxx, node.maxy)
                return self._related("intersects", node.lhs, box, only_true)
            case bool():
                return TRUE if node else FALSE
        raise unsupported(node)

    def _any(self, test: Pieces) -> Pieces:
        """A field of many values passes where one of them does; json_each is SQLite's, as only records have such."""
        many = next((name for name in test if isinstance(name, Name) and name.column in self.rows.many), None)
        if many is None:
            return test
        each = ("each.value" if piece == many else piece for piece in test)
        return ("(SELECT max(", *each, ") FROM json_each(data.", many, ") AS each)")

    def _test(self, node: ast.Comparison | ast.Between | ast.In | ast.Like) -> Pieces:
        match node:
            case ast.Like():
                return self._like(node)
            case ast.Between():
                subject, low, high = self._alike(node.lhs, node.low, node.high)[1]
                return (*subject, " BETWEEN ", *low, " AND ", *high)
            case ast.In():
                subject, *options = self._alike(node.lhs, *node.sub_nodes)[1]
                return (*subject, " IN (", *joined(options, ", "), ")") if options else FALSE
        left, right = self._alike(node.lhs, node.rhs)[1]
        return (*left, f" {node.op.value} ", *right)

    def _alike(self, *nodes: ast.AstType) -> tuple[FieldType, list[Pieces]]:
        """Operands of one type: of the first field or function among them, else of the first literal."""
        first = next((node for node in nodes if self._kind(node)), nodes[0])
        kind = self._kind(first) or LITERALS.get(type(first))
        if kind is None:
            raise unsupported(first)
        subject, *others = (self._scalar(node, kind, first) for node in nodes)
        collate = (self.dialect.collate,) if kind == FieldType.STRING else ()
        return kind, [(*subject, *collate), *others]

    def _empty(self, node: ast.AstType) -> Pieces:
        """What IS NULL asks of anything: a literal never is, an interval is where one of its ends is."""
        match node:
            case ast.Attribute() if self._is_geometry(node.name):
                return (Name("geom"), " IS NULL") if self.rows.spatial else TRUE
            case values.Interval():
                ends = [self._empty(end) for end in (node.start, node.end)]
                return joined(ends, " OR ")
            case ast.Attribute():
                return (*self._scalar(node, self._kind(node), None), " IS NULL")
            case ast.Function() if node.name in FOLDS:
                return (*self._scalar(node, FieldType.STRING, None), " IS NULL")
            case ast.Node():
                return ("(", *self.condition(node, False), ") IS NULL")
        return FALSE

    def _like(self, node: ast.Like) -> Pieces:
        if self._kind(node.lhs) not in (None, FieldType.STRING):
            raise _unfit(node.lhs, FieldType.STRING, node.pattern, "LIKE hanya untuk kolom teks.")
        subject, pattern = self._scalar(node.lhs, FieldType.STRING, None), self._pattern(node, node.pattern)
        if node.nocase:
            subject, pattern = (self.dialect.folded("casei", text) for text in (subject, pattern))
        return (*subject, " LIKE ", *pattern, " ESCAPE '\\'")

    def _pattern(self, node: ast.Like, pattern: Any) -> Pieces:
        if isinstance(pattern, ast.Function) and pattern.name in FOLDS and len(pattern.arguments) == 1:
            return self.dialect.folded(pattern.name, self._pattern(node, pattern.arguments[0]))
        if not isinstance(pattern, str):
            raise unsupported(node)
        return (Bound(_sql_pattern(pattern, node.wildcard, node.singlechar, node.escapechar)),)

    def _kind(self, node: ast.AstType) -> FieldType | None:
        """The type of a field or function; None for a literal."""
        if isinstance(node, ast.Attribute):
            return _type(node.name, self.rows)
        return FieldType.STRING if isinstance(node, ast.Function) else None

    def _scalar(self, node: ast.AstType, kind: FieldType | None, beside: ast.AstType) -> Pieces:
        """A field, CASEI(…), ACCENTI(…) or a literal, which must fit `kind`, the type of what is `beside` it."""
        if isinstance(node, ast.Attribute):
            if kind is not None and _family(_type(node.name, self.rows)) != _family(kind):
                raise _unfit(beside, kind, f"kolom {node.name}")
            return (Name(node.name),)
        if isinstance(node, ast.Function) and node.name in FOLDS and len(node.arguments) == 1:
            if kind not in (None, FieldType.STRING):
                raise _unfit(beside, kind, f"{node.name.upper()}(…)")
            return self.dialect.folded(node.name, self._scalar(node.arguments[0], FieldType.STRING, beside))
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
        relation, left, right = node.op.value.lower(), node.lhs, node.rhs
        if isinstance(left, ast.Node) and isinstance(right, ast.Node):
            known = joined(
                (("NOT (", *self._empty(self._geometry_field(side)), ")") for side in (left, right)), " AND "
            )
            return ("CASE WHEN ", *known, " THEN ", *(TRUE if relation in OF_ITSELF else FALSE), " END")
        if isinstance(left, ast.Node):
            return self._related(relation, left, _geometry(right), only_true)
        if isinstance(right, ast.Node):
            return self._related(INVERSE.get(relation, relation), right, _geometry(left), only_true)
        return TRUE if getattr(shapely, relation)(_geometry(left), _geometry(right)) else FALSE

    def _related(self, relation: str, field: ast.AstType, geometry: BaseGeometry, only_true: bool) -> Pieces:
        self._geometry_field(field)
        return self.dialect.related(relation, geometry, only_true=only_true) if self.rows.spatial else ("NULL",)

    def _geometry_field(self, field: ast.AstType) -> ast.Attribute:
        if not isinstance(field, ast.Attribute):
            raise unsupported(field)
        if self._is_geometry(field.name):
            return field
        kind, where = KINDS[_type(field.name, self.rows)], {"parameter": "filter", "field": field.name}
        raise BadRequest.of("filter_no_geometry", field=field.name, kind=kind, where=where)

    def _timed(self, node: ast.Function, only_true: bool) -> Pieces:
        """Two times, of which INTERVAL may be open and may name fields; unknown where one of these is empty."""
        spans = [
            (side.start, side.end) if isinstance(side, values.Interval) else (side, side) for side in node.arguments
        ]
        if node.name not in OF_INSTANTS and not all(isinstance(side, values.Interval) for side in node.arguments):
            raise BadRequest.of("filter_no_intervals", operator=node.name.upper(), where={"parameter": "filter"})
        ends = [end for span in spans for end in span]
        closed = [end for end in ends if end is not None]
        kind, written = self._alike(*closed) if closed else (FieldType.DATE, [])
        if kind not in MOMENTS:
            field = next((end for end in closed if isinstance(end, ast.Attribute)), None)
            raise _unfit(field, FieldType.DATE, closed[-1], "Operator waktu hanya untuk kolom tanggal atau waktu.")
        rest = iter(written)
        edges = [next(rest) if end is not None else side for end, side in zip(ends, (-inf, inf) * 2, strict=True)]
        tests = [
            _edge_test(edges["abcd".index(test[0])], test[2:-2], edges["abcd".index(test[-1])])
            for test in TIMES[node.name]
        ]
        names = dict.fromkeys(end.name for end in closed if isinstance(end, ast.Attribute))
        known = joined(((Name(name), " IS NOT NULL") for name in names), " AND ") or TRUE
        holds = ("NOT (" if node.name == "t_disjoint" else "(", *joined(tests, " AND "), ")")
        return ("(", *known, " AND ", *holds, ")") if only_true else ("CASE WHEN ", *known, " THEN ", *holds, " END")


def _edge_test(left: Pieces | float, sign: str, right: Pieces | float) -> Pieces:
    """An open end is before or after everything."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return (*left, f" {sign} ", *right)
    first, second = (0.0 if isinstance(edge, tuple) else edge for edge in (left, right))
    return TRUE if SIGNS[sign](first, second) else FALSE


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
    """A box may lie across the antimeridian, or be no wider than a line or a point."""
    if isinstance(value, values.Envelope):
        parts = [(value.x1, value.x2)] if value.x1 <= value.x2 else [(value.x1, 180.0), (-180.0, value.x2)]
        boxes = (shapely.box(west, value.y1, east, value.y2) for west, east in parts)
        geometry: BaseGeometry = shapely.union_all([box if box.area else box.exterior.convex_hull for box in boxes])
    elif isinstance(value, values.Geometry):
        geometry = shape(value.geometry)
    else:
        raise unsupported(value)
    west, south, east, north = geometry.bounds
    if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
        raise BadRequest.of("filter_off_the_earth", where={"parameter": "filter"})
    return geometry


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
    return BadRequest.of("filter_unsupported", part=named, where={"parameter": "filter"})
