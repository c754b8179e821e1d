"""What may be asked of the rows of a release, and what an index over them answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pygeofilter import ast

from workflow.layer import FieldType

Box = tuple[float, float, float, float]
"""West, south, east, north in CRS84."""


@dataclass(frozen=True)
class Rows:
    """The rows of one collection as an index must know them.

    `period` is the field that datetime= asks for, `until` another one where rows last; fields in `many` hold several
    values.
    """

    types: Mapping[str, FieldType]
    count: int
    spatial: bool
    key: str | None = None
    period: str | None = None
    until: str | None = None
    many: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Period:
    """From moment to moment, both belonging to it; None is open."""

    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Question:
    """`order` holds (field, descending) pairs; equal rows keep the order of the file."""

    boxes: tuple[Box, ...] = ()
    period: Period | None = None
    where: ast.Node | None = None
    order: tuple[tuple[str, bool], ...] = ()

    @property
    def everything(self) -> bool:
        return not self.boxes and self.period is None and self.where is None

    @property
    def only_boxes(self) -> bool:
        return bool(self.boxes) and self.period is None and self.where is None and not self.order


class ReleaseIndex(Protocol):
    """Answers with row numbers, counted from 0 in the order of features.geojsonl.

    Raises BadRequest where the question does not fit the fields, naming the field.
    """

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]: ...
    def total(self, question: Question) -> int: ...
    def row_of(self, identifier: str) -> int | None:
        """The row whose key, or whose number where there is no key, is this."""
        ...
