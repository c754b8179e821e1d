"""CQL2, as text or as JSON, read into pygeofilter's tree.

pygeofilter's own grammar gives AND and OR the same precedence and does not read NOT (…), one-letter names, doubled
quotes, T_AFTER(…) or POLYGON Z; its JSON has BETWEEN, boxes and intervals of an older draft. There is no arithmetic.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import shapely
from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from pygeofilter import ast, values
from pygeofilter.cql2 import SPATIAL_PREDICATES_MAP
from shapely.geometry import mapping

from workflow.errors import BadRequest

LONGEST = 16_000
DEEPEST = 60

GRAMMAR = Path(__file__).with_name("cql2.lark")
COMPARISONS: dict[str, type[ast.Comparison]] = {
    kind.op.value: kind
    for kind in (ast.Equal, ast.NotEqual, ast.LessThan, ast.LessEqual, ast.GreaterThan, ast.GreaterEqual)
}


ESCAPED = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "'": "'", "\\": "\\"}


@lru_cache(maxsize=256)
def parse(text: str, language: str = "") -> ast.Node:
    """The filter as a tree. Raises BadRequest saying where it cannot be read.

    Without a language, what begins like JSON is JSON.
    """
    if len(text) > LONGEST:
        raise _unread(f"lebih panjang daripada {LONGEST} huruf")
    json = language == "cql2-json" or (not language and text.lstrip().startswith("{"))
    try:
        tree: ast.Node = _condition(orjson.loads(text)) if json else _parser().parse(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream
        raise _unread(_place(text, at if isinstance(at, int) else len(text))) from None
    except orjson.JSONDecodeError as error:
        raise _unread(f"bukan JSON yang benar: {_place(text, error.pos)}") from None
    _check_depth(tree)
    return tree


def _place(text: str, at: int) -> str:
    place = f"di huruf ke-{at + 1}: “{text[at : at + 20]}”" if 0 <= at < len(text) else "karena belum selesai"
    return f"tidak dapat dibaca {place}"


def _check_depth(tree: Any) -> None:
    """Both databases and pygeoapi follow the tree by recursion."""
    level = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level if isinstance(node, ast.Node) for child in node.get_sub_nodes()]
        if not level:
            return
    raise _unread("terlalu dalam bertingkat")


def _unread(why: str) -> BadRequest:
    return BadRequest.of("filter_unread", why=why, where={"parameter": "filter"})


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(encoding="utf-8"), parser="lalr", maybe_placeholders=True, transformer=_Tree())


def balanced(kind: type[ast.Combination], nodes: Sequence[Any]) -> Any:
    """A thousand conditions in a row are ten deep, not a thousand."""
    if len(nodes) == 1:
        return nodes[0]
    half = len(nodes) // 2
    return kind(balanced(kind, nodes[:half]), balanced(kind, nodes[half:]))


def called(name: str, arguments: Sequence[Any]) -> ast.Node:
    """A spatial predicate, or whatever else is written like a function."""
    name = name.lower()
    if name in SPATIAL_PREDICATES_MAP and len(arguments) == 2:
        predicate: ast.Node = SPATIAL_PREDICATES_MAP[name](*arguments)
        return predicate
    return ast.Function(name, list(arguments))


def like(node: Any, pattern: Any, *, caseless: bool = False, not_: bool = False) -> ast.Like:
    return ast.Like(node, pattern, caseless, "%", "_", "\\", not_)


def interval(begin: Any, end: Any) -> values.Interval:
    """Each end is a text, or a property."""
    first, last = (_edge(edge) if isinstance(edge, str) else edge for edge in (begin, end))
    if isinstance(first, date) and isinstance(last, date) and _instant(str(first)) > _instant(str(last)):
        raise _unread(f"berisi INTERVAL yang berakhir sebelum mulai: “{begin}”, “{end}”")
    return values.Interval(first, last)


def envelope(edges: Sequence[float]) -> values.Envelope:
    """West may be greater than east, across the antimeridian; heights are left out."""
    half = len(edges) // 2
    if len(edges) not in (4, 6) or edges[1] > edges[half + 1]:
        raise _unread("berisi BBOX yang bukan empat atau enam bilangan dari barat daya ke timur laut")
    return values.Envelope(edges[0], edges[half], edges[1], edges[half + 1])


def _geometry(text: str, read: Callable[[str], Any]) -> values.Geometry:
    try:
        return values.Geometry(mapping(read(text)))
    except shapely.errors.GEOSException:
        raise _unread(f"berisi geometri yang tidak dapat dibaca: “{text[:40]}”") from None


@v_args(inline=True)
class _Tree(Transformer[Token, Any]):
    """Each rule of the grammar as a node."""

    negation = ast.Not

    def any(self, *nodes: Any) -> Any:
        return balanced(ast.Or, nodes)

    def all(self, *nodes: Any) -> Any:
        return balanced(ast.And, nodes)

    def among(self, node: Any, not_: Token | None, *options: Any) -> ast.In:
        return ast.In(node, list(options), not_ is not None)

    def comparison(self, left: Any, sign: Token, right: Any) -> ast.Comparison:
        return COMPARISONS[sign](left, right)

    def like(self, node: Any, not_: Token | None, word: Token, pattern: Any) -> ast.Like:
        return like(node, pattern, caseless=word.upper() == "ILIKE", not_=not_ is not None)

    def between(self, node: Any, not_: Token | None, low: Any, high: Any) -> ast.Between:
        return ast.Between(node, low, high, not_ is not None)

    def null(self, node: Any, not_: Token | None) -> ast.IsNull:
        return ast.IsNull(node, not_ is not None)

    def function(self, name: Token, *arguments: Any) -> ast.Node:
        return called(name, arguments)

    def name(self, name: str) -> ast.Attribute:
        return ast.Attribute(str(name))

    def bbox(self, name: ast.Attribute, west: float, south: float, east: float, north: float, _crs: Any) -> ast.BBox:
        """Of CQL_TEXT, the older language that CSW clients write."""
        return ast.BBox(name, west, south, east, north)

    def box(self, *edges: float) -> values.Envelope:
        return envelope(edges)

    def date(self, text: str) -> date:
        return _instant(text).date()

    def timestamp(self, text: str) -> datetime:
        return _instant(text)

    def interval(self, begin: Any, end: Any) -> values.Interval:
        return interval(begin, end)

    def BOOLEAN(self, token: Token) -> bool:
        return token.upper() == "TRUE"

    def NUMBER(self, token: Token) -> int | float:
        return int(token) if token.lstrip("+-").isdecimal() else float(token)

    def TEXT(self, token: Token) -> str:
        return re.sub(r"''|\\([abtnvfr'\\])", lambda found: ESCAPED[found[1] or "'"], token[1:-1])

    def QUOTED(self, token: Token) -> str:
        return token[1:-1].replace('""', '"')

    def GEOMETRY(self, token: Token) -> values.Geometry:
        return _geometry(token, shapely.from_wkt)


OPERATIONS: dict[str, tuple[int, Callable[..., ast.Node]]] = {
    "and": (2, ast.And),
    "or": (2, ast.Or),
    "not": (1, ast.Not),
    "isnull": (1, lambda node: ast.IsNull(node, False)),
    "like": (2, like),
    "between": (3, lambda node, low, high: ast.Between(node, low, high, False)),
    "in": (2, lambda node, options: ast.In(node, options, False)),
    **{sign: (2, kind) for sign, kind in COMPARISONS.items()},
}
"""Those of CQL2 JSON that are not called like functions, and how many operands each has."""


def _condition(said: Any, at: str = "") -> Any:
    """`at` is the place of this part in the JSON, as args[0].args[1]."""
    if at.count("[") > DEEPEST:
        raise _unread("terlalu dalam bertingkat")
    match said:
        case {"op": str(op), "args": list(args)}:
            return _operation(op.lower(), _each(args, f"{at}.args".lstrip(".")), at)
        case {"property": str(name)}:
            return ast.Attribute(name)
        case {"date": str(text)}:
            return _instant(text).date()
        case {"timestamp": str(text)}:
            return _instant(text)
        case {"interval": [str() | dict() as begin, str() | dict() as end]}:
            return interval(*(edge if isinstance(edge, str) else _condition(edge, at) for edge in (begin, end)))
        case {"bbox": list(edges)} if all(type(edge) in (int, float) for edge in edges):
            return envelope(edges)
        case {"type": str(), "coordinates": list()} | {"type": str(), "geometries": list()}:
            return _geometry(orjson.dumps(said).decode(), shapely.from_geojson)
        case list():
            return _each(said, at)
        case bool() | int() | float() | str():
            return said
    raise _unread(f"berisi bagian yang tidak dikenal di {at or 'awal'}: “{orjson.dumps(said).decode()[:40]}”")


def _each(parts: Iterable[Any], at: str) -> list[Any]:
    return [_condition(part, f"{at}[{number}]") for number, part in enumerate(parts)]


def _operation(op: str, nodes: list[Any], at: str) -> ast.Node:
    if op in ("and", "or") and len(nodes) > 1:
        whole: ast.Node = balanced(ast.And if op == "and" else ast.Or, nodes)
        return whole
    count, build = OPERATIONS.get(op, (len(nodes), lambda *nodes: called(op, nodes)))
    if len(nodes) != count or (op == "in") != any(isinstance(node, list) for node in nodes):
        raise _unread(f"berisi “{op}” dengan bagian yang tidak sesuai di {at or 'awal'}")
    return build(*nodes)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _unread(f"berisi waktu yang tidak dapat dibaca: “{text[:40]}”") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _edge(text: str) -> date | datetime | None:
    if text in ("..", ""):
        return None
    return _instant(text) if "T" in text.upper() else _instant(text).date()
