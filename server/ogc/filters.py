"""CQL2 text, read into pygeofilter's tree.

pygeofilter's own grammar gives AND and OR the same precedence and does not read NOT (…), one-letter names, doubled
quotes, T_AFTER(…) or POLYGON Z; this one does. There is no arithmetic.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely
from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from pygeofilter import ast, values
from pygeofilter.cql2 import SPATIAL_PREDICATES_MAP, TEMPORAL_PREDICATES_MAP
from shapely.geometry import mapping

from workflow.errors import BadRequest

LONGEST = 16_000
DEEPEST = 60

GRAMMAR = Path(__file__).with_name("cql2.lark")
COMPARISONS: dict[str, type[ast.Comparison]] = {
    kind.op.value: kind
    for kind in (ast.Equal, ast.NotEqual, ast.LessThan, ast.LessEqual, ast.GreaterThan, ast.GreaterEqual)
}


@lru_cache(maxsize=256)
def parse(text: str) -> ast.Node:
    """The filter as a tree. Raises BadRequest saying where the text cannot be read."""
    if len(text) > LONGEST:
        raise _unread(f"lebih panjang daripada {LONGEST} huruf")
    try:
        tree: ast.Node = _parser().parse(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream if isinstance(error.pos_in_stream, int) else len(text)
        place = f"di huruf ke-{at + 1}: “{text[at : at + 20]}”" if 0 <= at < len(text) else "karena belum selesai"
        raise _unread(f"tidak dapat dibaca {place}") from None
    _check_depth(tree)
    return tree


def _check_depth(tree: Any) -> None:
    """Both databases and pygeoapi follow the tree by recursion."""
    level = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level if isinstance(node, ast.Node) for child in node.get_sub_nodes()]
        if not level:
            return
    raise _unread("terlalu dalam bertingkat")


def _unread(why: str) -> BadRequest:
    return BadRequest(
        f"Filter {why}.",
        code="FILTER",
        mend="Contoh: kecamatan = 'Contoh Utara' AND luas > 12.5. Teks di dalam ' ', nama kolom tanpa tanda kutip.",
        where={"parameter": "filter"},
    )


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(encoding="utf-8"), parser="lalr", maybe_placeholders=True, transformer=_Tree())


def balanced(kind: type[ast.Combination], nodes: Sequence[Any]) -> Any:
    """A thousand conditions in a row are ten deep, not a thousand."""
    if len(nodes) == 1:
        return nodes[0]
    half = len(nodes) // 2
    return kind(balanced(kind, nodes[:half]), balanced(kind, nodes[half:]))


@v_args(inline=True)
class _Tree(Transformer[Token, Any]):
    """Each rule of the grammar as a node."""

    def any(self, *nodes: Any) -> Any:
        return balanced(ast.Or, nodes)

    def all(self, *nodes: Any) -> Any:
        return balanced(ast.And, nodes)

    def among(self, node: Any, not_: Token | None, *options: Any) -> ast.In:
        return ast.In(node, list(options), not_ is not None)

    def negation(self, node: Any) -> ast.Not:
        return ast.Not(node)

    def comparison(self, left: Any, sign: Token, right: Any) -> ast.Comparison:
        return COMPARISONS[sign](left, right)

    def like(self, node: Any, not_: Token | None, word: Token, pattern: Any) -> ast.Like:
        return ast.Like(node, pattern, word.upper() == "ILIKE", "%", "_", "\\", not_ is not None)

    def between(self, node: Any, not_: Token | None, low: Any, high: Any) -> ast.Between:
        return ast.Between(node, low, high, not_ is not None)

    def null(self, node: Any, not_: Token | None) -> ast.IsNull:
        return ast.IsNull(node, not_ is not None)

    def function(self, name: Token, *arguments: Any) -> ast.Function:
        return ast.Function(str(name).lower(), list(arguments))

    def name(self, name: str) -> ast.Attribute:
        return ast.Attribute(str(name))

    def spatial(self, word: Token, left: Any, right: Any) -> ast.Node:
        return _known(word, SPATIAL_PREDICATES_MAP)(left, right)

    def temporal(self, word: Token, left: Any, right: Any) -> ast.Node:
        return _known(word, TEMPORAL_PREDICATES_MAP | {"t_disjoint": ast.TimeDisjoint})(left, right)

    def bbox(self, name: ast.Attribute, west: float, south: float, east: float, north: float, _crs: Any) -> ast.BBox:
        """Of CQL_TEXT, the older language that CSW clients write."""
        return ast.BBox(name, west, south, east, north)

    def box(self, *edges: float) -> values.Envelope:
        if len(edges) == 5:
            raise _unread("berisi BBOX dengan lima bilangan; yang benar empat atau enam")
        half = len(edges) // 2
        return values.Envelope(edges[0], edges[half], edges[1], edges[half + 1])

    def date(self, text: str) -> date:
        return _instant(text).date()

    def timestamp(self, text: str) -> datetime:
        return _instant(text)

    def interval(self, begin: str, end: str) -> values.Interval:
        return values.Interval(_edge(begin), _edge(end))

    def BOOLEAN(self, token: Token) -> bool:
        return token.upper() == "TRUE"

    def NUMBER(self, token: Token) -> int | float:
        return int(token) if token.lstrip("+-").isdecimal() else float(token)

    def TEXT(self, token: Token) -> str:
        return token[1:-1].replace("''", "'")

    def QUOTED(self, token: Token) -> str:
        return token[1:-1].replace('""', '"')

    def GEOMETRY(self, token: Token) -> values.Geometry:
        try:
            return values.Geometry(mapping(shapely.from_wkt(str(token))))
        except shapely.errors.GEOSException:
            raise _unread(f"berisi WKT yang tidak dapat dibaca: “{token[:40]}”") from None


def _known(word: Token, known: dict[str, type[ast.Node]]) -> type[Any]:
    if word.lower() not in known:
        names = ", ".join(name.upper() for name in known)
        raise _unread(f"berisi {word.upper()}, yang tidak dikenal; yang dikenal: {names}")
    return known[word.lower()]


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
