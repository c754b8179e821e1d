"""CQL_TEXT of CSW 2.0.2, as much of it as catalogue clients send, into a pygeofilter tree.

Written here because pygeofilter's ECQL grammar reads “a OR b AND c” as “(a OR b) AND c”.
"""

from __future__ import annotations

import re
from typing import Any

from pygeofilter import ast

from workflow.errors import BadRequest

DEPTH_LIMIT = 40
LENGTH_LIMIT = 4000

TOKENS = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>\"[^\"]+\"|[A-Za-z_][\w.:]*)"
    r"|(?P<sign><>|<=|>=|[=<>(),]))"
)
COMPARISONS = {
    "=": ast.Equal,
    "<>": ast.NotEqual,
    "<": ast.LessThan,
    "<=": ast.LessEqual,
    ">": ast.GreaterThan,
    ">=": ast.GreaterEqual,
}


def cql(text: str) -> Any:
    """Raises BadRequest."""
    reader = _Cql(text)
    node = reader.alternatives()
    reader.end()
    return node


class _Cql:
    """Reads left to right: OR of ANDs of predicates."""

    def __init__(self, text: str) -> None:
        if text.upper().count("(") + text.upper().count("NOT") > DEPTH_LIMIT or len(text) > LENGTH_LIMIT:
            raise self.fault("terlalu panjang")
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = TOKENS.match(text, at)
            if not found:
                raise self.fault(text[at : at + 20])
            self.tokens.append((str(found.lastgroup), found.group().strip()))
            at = found.end()

    def fault(self, place: str) -> BadRequest:
        return BadRequest(f"CQL_TEXT tidak dapat dipahami di dekat “{place}”.")

    def take(self, *words: str) -> bool:
        """Steps over these keywords or signs, where they come next."""
        ahead = [token.upper() for _, token in self.tokens[: len(words)]]
        if ahead != list(words):
            return False
        del self.tokens[: len(words)]
        return True

    def need(self, kind: str, sign: str = "") -> str:
        if not self.tokens or self.tokens[0][0] != kind or (sign and self.tokens[0][1] != sign):
            raise self.fault(self.tokens[0][1] if self.tokens else "akhir")
        return self.tokens.pop(0)[1]

    def end(self) -> None:
        if self.tokens:
            raise self.fault(self.tokens[0][1])

    def alternatives(self) -> Any:
        node = self.conjunction()
        while self.take("OR"):
            node = ast.Or(node, self.conjunction())
        return node

    def conjunction(self) -> Any:
        node = self.condition()
        while self.take("AND"):
            node = ast.And(node, self.condition())
        return node

    def condition(self) -> Any:
        if self.take("NOT"):
            return ast.Not(self.condition())
        if self.take("("):
            node = self.alternatives()
            self.need("sign", ")")
            return node
        if self.take("BBOX", "("):
            return self.bbox()
        return self.comparison(ast.Attribute(self.need("name").strip('"')))

    def bbox(self) -> Any:
        name, numbers = self.need("name"), []
        for _ in range(4):
            self.need("sign", ",")
            numbers.append(float(self.need("number")))
        if self.take(","):
            self.need("text")
        self.need("sign", ")")
        return ast.BBox(ast.Attribute(name), *numbers)

    def comparison(self, name: Any) -> Any:
        if self.take("IS", "NULL"):
            return ast.IsNull(name, False)
        if self.take("IS", "NOT", "NULL"):
            return ast.IsNull(name, True)
        negated = self.take("NOT")
        if self.take("LIKE") or self.take("ILIKE"):
            return ast.Like(name, self.literal(), True, "%", "_", "\\", negated)
        if self.take("BETWEEN"):
            low = self.literal()
            if not self.take("AND"):
                raise self.fault("BETWEEN")
            return ast.Between(name, low, self.literal(), negated)
        if self.take("IN", "("):
            return ast.In(name, self.listed(), negated)
        sign = self.need("sign")
        if negated or sign not in COMPARISONS:
            raise self.fault(sign)
        return COMPARISONS[sign](name, self.literal())

    def listed(self) -> list[str]:
        words = [self.literal()]
        while self.take(","):
            words.append(self.literal())
        self.need("sign", ")")
        return words

    def literal(self) -> str:
        kind = self.tokens[0][0] if self.tokens else ""
        word = self.need("number" if kind == "number" else "text")
        return word if kind == "number" else word[1:-1].replace("''", "'")
