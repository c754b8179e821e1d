"""Which records a catalogue filter means, whatever language it was asked in."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pygeofilter import ast
from shapely import box, contains, disjoint, intersects, within
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from workflow.errors import BadRequest

Record = Mapping[str, Any]

ALIASES = {
    "id": "identifier",
    "resourceidentifier": "identifier",
    "description": "abstract",
    "keywords": "subject",
    "updated": "modified",
    "date": "modified",
    "revisiondate": "modified",
    "creator": "organization",
    "organisationname": "organization",
    "rights": "license",
    "topiccategory": "topic",
    "boundingbox": "geometry",
    "spatial": "geometry",
    "coverage": "geometry",
}
"""Names of Dublin Core, ISO queryables and OGC API Records, without prefix and in lower case."""

NAMES = frozenset(
    {"identifier", "title", "abstract", "subject", "modified", "created", "type", "format", "language", "publisher"}
    | {"organization", "license", "topic", "kind", "period", "update_frequency", "version", "content_hash"}
    | {"anytext", "geometry"}
)

RELATIONS = {
    ast.BBox: intersects,
    ast.GeometryIntersects: intersects,
    ast.GeometryDisjoint: disjoint,
    ast.GeometryWithin: within,
    ast.GeometryContains: contains,
}

LIKE_LIMIT = 200


@dataclass(frozen=True)
class Entry:
    """A record as a filter sees it: texts by name, and its extent in CRS84."""

    record: Record

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        said = self.record["properties"]
        texts = {
            "identifier": [self.record["id"]],
            "abstract": [said.get("description", "")],
            "subject": [*said.get("keywords", ()), said.get("topic", "")],
            "modified": [said["updated"]],
            "format": [entry["name"] for entry in said.get("formats", ())],
            "language": [said["language"]["code"]],
            "publisher": [entry["organization"] for entry in said["contacts"] if "publisher" in entry["roles"]],
        }
        texts |= {name: [value] for name, value in said.items() if isinstance(value, str) and name not in ALIASES}
        return {name: [value for value in values if value] for name, values in texts.items()}

    @cached_property
    def anytext(self) -> str:
        return "\n".join(value for values in self.texts.values() for value in values).casefold()

    @cached_property
    def extent(self) -> BaseGeometry | None:
        geometry = self.record["geometry"]
        return shape(geometry) if geometry else None

    @property
    def interval(self) -> tuple[str, str] | None:
        time = self.record["time"]
        return tuple(time["interval"]) if time else None


def matches(node: Any, entry: Entry) -> bool:
    """Whether the record fits a pygeofilter tree. Raises BadRequest for what cannot be asked of a record."""
    return _truth(node, entry) is True


def _truth(node: Any, entry: Entry) -> bool | None:
    """In the three values of SQL: None is unknown, as what is missing neither equals nor differs."""
    match node:
        case ast.Not():
            known = _truth(node.sub_node, entry)
            return None if known is None else not known
        case ast.And():
            both = (_truth(node.lhs, entry), _truth(node.rhs, entry))
            return False if False in both else None if None in both else True
        case ast.Or():
            either = (_truth(node.lhs, entry), _truth(node.rhs, entry))
            return True if True in either else None if None in either else False
        case ast.SpatialComparisonPredicate() | ast.BBox():
            return _place(node, entry)
    return _said(node, entry)


def _said(node: Any, entry: Entry) -> bool | None:
    name = _name(getattr(node, "lhs", None))
    if name == "anytext":
        return _anywhere(node, entry)
    values = [value.casefold() for value in entry.texts.get(name, ())]
    if isinstance(node, ast.IsNull):
        return (not values) is not node.not_
    test = _test(node)
    if not values:
        return None
    return any(test(value) for value in values) is not getattr(node, "not_", False)


def _test(node: Any) -> Callable[[str], bool]:
    match node:
        case ast.Equal():
            return lambda value: _upto(value, node.rhs) == _word(node.rhs)
        case ast.NotEqual():
            return lambda value: _upto(value, node.rhs) != _word(node.rhs)
        case ast.LessThan():
            return lambda value: _upto(value, node.rhs) < _word(node.rhs)
        case ast.LessEqual():
            return lambda value: _upto(value, node.rhs) <= _word(node.rhs)
        case ast.GreaterThan():
            return lambda value: _upto(value, node.rhs) > _word(node.rhs)
        case ast.GreaterEqual():
            return lambda value: _upto(value, node.rhs) >= _word(node.rhs)
        case ast.Between():
            return lambda value: (
                _word(node.low) <= _upto(value, node.low) and _upto(value, node.high) <= _word(node.high)
            )
        case ast.In():
            return lambda value: any(_upto(value, word) == _word(word) for word in node.sub_nodes)
        case ast.Like():
            pattern = re.compile(_glob(node))
            return lambda value: pattern.match(value) is not None
    raise BadRequest(f"Penyaring {type(node).__name__} tidak dapat dipakai untuk katalog.")


def _anywhere(node: Any, entry: Entry) -> bool:
    """AnyText: the words may stand anywhere, as catalogue clients send a bare keyword."""
    if isinstance(node, ast.Like):
        found = re.search(_glob(node, anywhere=True), entry.anytext) is not None
        return found is not node.not_
    if isinstance(node, ast.Equal | ast.NotEqual):
        return (_word(node.rhs) in entry.anytext) is isinstance(node, ast.Equal)
    raise BadRequest("AnyText hanya dapat ditanya dengan “sama dengan” atau LIKE.")


def _place(node: Any, entry: Entry) -> bool | None:
    area = box(node.minx, node.miny, node.maxx, node.maxy) if isinstance(node, ast.BBox) else shape(node.rhs)
    relation = RELATIONS.get(type(node))
    if relation is None:
        raise BadRequest(f"Hubungan ruang {type(node).__name__} tidak dapat dipakai untuk katalog.")
    return None if entry.extent is None else bool(relation(entry.extent, area))


def _name(node: Any) -> str:
    if not isinstance(node, ast.Attribute):
        raise BadRequest("Sisi kiri sebuah syarat adalah nama keterangan, misalnya dc:title.")
    bare = re.split("[:/.]", node.name)[-1].casefold()
    name = ALIASES.get(bare, bare)
    if name not in NAMES:
        raise BadRequest(f"Katalog tidak mengenal keterangan “{node.name}”.", where={"property": node.name})
    return name


def _word(literal: object) -> str:
    if isinstance(literal, ast.Node):
        raise BadRequest("Sisi kanan sebuah syarat adalah sebuah nilai.")
    text = literal.isoformat() if isinstance(literal, date | datetime) else str(literal)
    return text.replace("+00:00", "Z").casefold()


def _upto(value: str, literal: object) -> str:
    """A moment as exactly as the other one is given: 2026-03-27 holds the whole day."""
    word = _word(literal)
    return value[: len(word)] if re.fullmatch(r"\d{4}(-\d\d){0,2}", word) and re.match(r"\d{4}-\d\d-", value) else value


def _glob(node: ast.Like, anywhere: bool = False) -> str:
    """The regular expression of a pattern; fnmatch writes it so that matching cannot run away."""
    pattern = str(node.pattern)
    if len(pattern) > LIKE_LIMIT:
        raise BadRequest(f"Pola pencarian paling panjang {LIKE_LIMIT} huruf.")
    glob, letters = "", iter(pattern.casefold())
    for letter in letters:
        if letter == node.escapechar:
            glob += _literally(next(letters, ""))
        elif letter == node.wildcard:
            glob += "*"
        else:
            glob += "?" if letter == node.singlechar else _literally(letter)
    return fnmatch.translate(f"*{glob}*" if anywhere else glob)


def _literally(letter: str) -> str:
    return f"[{letter}]" if letter in ("*", "?", "[") else letter
