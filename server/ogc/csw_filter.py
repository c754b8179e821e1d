"""What a CSW client asks, as a question to the catalogue: other names, any case, days instead of moments."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

from pygeofilter import ast

from server.ogc.catalogue import TYPES, containing
from server.ogc.filters import balanced
from server.ogc.metadata import moment
from server.ogc.periods import period_of
from server.ogc.words import WORDS
from workflow.errors import BadRequest

ALIASES: dict[str, str] = {alias: name for name, aliases in WORDS["csw"].items() for alias in aliases}
MOMENTS = ("created_text", "updated_text")


def column(name: str) -> str:
    """Raises BadRequest for a name that the catalogue does not know."""
    bare = re.split("[:/.]", name)[-1].casefold()
    known = ALIASES.get(bare, bare)
    if known not in TYPES and known != "geometry":
        raise BadRequest(f"Katalog tidak mengenal keterangan “{name}”.", where={"property": name})
    return known


def asked(node: Any) -> Any:
    """Raises BadRequest for what cannot be asked of a record."""
    match node:
        case ast.Not():
            return ast.Not(asked(node.sub_node))
        case ast.Combination():
            return balanced(type(node), [asked(part) for part in _parts(node)])
        case ast.SpatialComparisonPredicate() | ast.BBox():
            return replace(node, lhs=_attribute(node.lhs))
        case ast.Comparison() | ast.Between() | ast.In() | ast.Like() | ast.IsNull():
            return _of_texts(replace(node, lhs=_attribute(node.lhs)))
        case bool():
            return node
    raise BadRequest(f"Penyaring {type(node).__name__} tidak dapat dipakai untuk katalog.")


def _parts(node: ast.Combination) -> list[ast.Node]:
    """Parsers chain a AND b AND c to the left, as deep as the chain is long."""
    kind, parts = type(node), []
    while isinstance(node, kind):
        parts.append(node.rhs)
        node = node.lhs
    return [node, *reversed(parts)]


def _attribute(node: Any) -> ast.Attribute:
    if not isinstance(node, ast.Attribute):
        raise BadRequest("Sisi kiri sebuah syarat adalah nama keterangan, misalnya dc:title.")
    return ast.Attribute(column(node.name))


def _of_texts(node: Any) -> Any:
    if node.lhs.name == "anytext":
        return _anywhere(node)
    if node.lhs.name in MOMENTS:
        return _whole_days(node)
    caseless = ast.Function("casei", [node.lhs])
    match node:
        case ast.Comparison():
            return replace(node, lhs=caseless, rhs=_word(node.rhs))
        case ast.Between():
            return replace(node, lhs=caseless, low=_word(node.low), high=_word(node.high))
        case ast.In():
            return replace(node, lhs=caseless, sub_nodes=[_word(word) for word in node.sub_nodes])
        case ast.Like():
            return replace(node, nocase=True)
    return node


def _anywhere(node: Any) -> ast.Like:
    """AnyText: the words may stand anywhere, as catalogue clients send a bare keyword."""
    match node:
        case ast.Like():
            return replace(node, pattern=f"{node.wildcard}{node.pattern}{node.wildcard}", nocase=True)
        case ast.Equal() | ast.NotEqual():
            return containing(_word(node.rhs), not_=isinstance(node, ast.NotEqual))
    raise BadRequest("AnyText hanya dapat ditanya dengan “sama dengan” atau LIKE.")


def _whole_days(node: Any) -> Any:
    """2026-03-27 stands for the whole day, and 2026 for the year."""
    match node:
        case ast.Equal() | ast.NotEqual():
            return ast.Between(node.lhs, *_edges(node.rhs), isinstance(node, ast.NotEqual))
        case ast.LessThan() | ast.GreaterEqual():
            return replace(node, rhs=_edges(node.rhs)[0])
        case ast.LessEqual() | ast.GreaterThan():
            return replace(node, rhs=_edges(node.rhs)[1])
        case ast.Between():
            return replace(node, low=_edges(node.low)[0], high=_edges(node.high)[1])
        case ast.In():
            days = balanced(ast.Or, [ast.Between(node.lhs, *_edges(day), False) for day in node.sub_nodes])
            return ast.Not(days) if node.not_ else days
    return node


def _edges(literal: Any) -> tuple[str, str]:
    period = period_of(literal.isoformat() if isinstance(literal, date) else str(literal))
    if period is None or period.begin is None or period.end is None:
        raise BadRequest("Syarat waktu memerlukan tanggal, misalnya 2026-03-27.")
    return moment(period.begin), moment(period.end)


def _word(literal: Any) -> str:
    if isinstance(literal, ast.Node):
        raise BadRequest("Sisi kanan sebuah syarat adalah sebuah nilai.")
    return str(literal).casefold()
