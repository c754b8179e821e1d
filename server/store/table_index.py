"""The questions as SELECTs, the same for both databases."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from server.store.conditions import Bound, Dialect, Name, Pieces, conditions, order
from server.store.index import Question, Rows
from workflow.layer import FieldType


class TableIndex(ABC):
    """A table with the numbers of the rows, from 1, in its column fid."""

    dialect: Dialect

    def __init__(self, table: Pieces, rows: Rows) -> None:
        self.table, self.known = table, rows

    @abstractmethod
    def ask(self, *pieces: str | Name | Bound) -> list[tuple[Any, ...]]: ...

    def count(self, *pieces: str | Name | Bound) -> int:
        return int(self.ask(*pieces)[0][0])

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        first, size = min(offset, self.known.count), min(limit, self.known.count)
        if question.everything and not question.order:
            return range(first, min(first + size, self.known.count))
        sorting = order(question, self.known, self.dialect)
        return self._numbers(
            *self._where(question), " ORDER BY ", *sorting, " LIMIT ", Bound(size), " OFFSET ", Bound(first)
        )

    def total(self, question: Question) -> int:
        if question.everything:
            return self.known.count
        return self.count("SELECT count(*) FROM ", *self.table, " WHERE ", *self._where(question))

    def row_of(self, identifier: str) -> int | None:
        key, number = self.known.key, int(identifier) if _is_number(identifier) else None
        if key is None:
            return number - 1 if number is not None and 0 < number <= self.known.count else None
        value = number if self.known.types[key] == FieldType.INTEGER else identifier
        found = [] if value is None else self._numbers(Name(key), " = ", Bound(value), " ORDER BY fid LIMIT 1")
        if not found and number is not None:
            # A feature whose key is empty carries its number instead.
            found = self._numbers(Name(key), " IS NULL AND fid = ", Bound(number))
        return found[0] if found else None

    def _where(self, question: Question) -> Pieces:
        return conditions(question, self.known, self.dialect)

    def _numbers(self, *where: str | Name | Bound) -> list[int]:
        return [row for (row,) in self.ask("SELECT fid - 1 FROM ", *self.table, " WHERE ", *where)]


def _is_number(identifier: str) -> bool:
    """Whether a feature's id can be a number that both databases know."""
    digits = identifier.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 19
