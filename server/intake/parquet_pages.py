"""Rows and columns of a Parquet file, counted in its own bytes apart from pyarrow: in its schema, and in the heads of
the pages of one column. They are in Thrift's compact protocol (https://parquet.apache.org/docs/file-format/metadata)."""

import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.intake.refusals import refused

# Members of the structures, by their number in parquet.thrift.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_REPETITION, _NAME, _CHILDREN, _REPEATED = 3, 4, 5, 2
_CHUNKS, _ROWS_OF_GROUP, _META = 1, 3, 3
_PATH, _PACKED, _DATA_AT, _WORDS_AT = 3, 7, 9, 11
_PAGE_SIZE, _PAGE, _PAGE_2, _VALUES, _ROWS_OF_PAGE = 3, 5, 8, 1, 3


def counted(path: Path) -> tuple[int, int]:
    """Rows and outermost columns. Raises BadUpload PARQUET_BROKEN, COUNT_DIFFERS."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            (size,) = struct.unpack("<I", text[-8:-4])
            footer = _Thrift(text, len(text) - 8 - size).structure()
            root, *others = footer[_SCHEMA]
            repeated = {each.get(_NAME) for each in others if each.get(_REPETITION) == _REPEATED}
            rows = sum(_rows_of(text, group, repeated) for group in footer.get(_GROUPS, []))
    except (struct.error, LookupError, TypeError, ValueError, RecursionError):
        raise refused("PARQUET_BROKEN") from None
    if rows != footer.get(_ROWS):
        raise refused("COUNT_DIFFERS", "layer", stated=footer.get(_ROWS), count=rows)
    return rows, int(root.get(_CHILDREN, 0))


def _rows_of(text: mmap.mmap, group: Mapping[int, Any], repeated: set[object]) -> int:
    """In the pages of the first column that holds one value for each row; what the group says, where there is none."""
    plain = (chunk[_META] for chunk in group[_CHUNKS] if len(chunk[_META][_PATH]) == 1)
    column = next((each for each in plain if each[_PATH][0] not in repeated), None)
    if column is None:
        return int(group[_ROWS_OF_GROUP])
    at, rows = min(column[_DATA_AT], column.get(_WORDS_AT) or column[_DATA_AT]), 0
    end = at + column[_PACKED]
    while at < end:
        reader = _Thrift(text, at)
        head = reader.structure()
        rows += head[_PAGE_2][_ROWS_OF_PAGE] if _PAGE_2 in head else head.get(_PAGE, {}).get(_VALUES, 0)
        at = reader.at + max(0, head[_PAGE_SIZE])
    return rows


class _Thrift:
    """Reads from `at` on; structures become {number of member: value}."""

    def __init__(self, text: mmap.mmap, at: int) -> None:
        self.text, self.at = text, at

    def structure(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._number()
            found[number] = head & 15 == 1 if head & 15 in (1, 2) else self._value(head & 15)
        return found

    def _byte(self) -> int:
        self.at += 1
        return self.text[self.at - 1]

    def _size(self) -> int:
        size = shift = 0
        while (part := self._byte()) > 127:
            size |= (part & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError
        return size | part << shift

    def _number(self) -> int:
        size = self._size()
        return (size >> 1) ^ -(size & 1)

    def _value(self, kind: int) -> Any:
        if kind in (1, 2, 3):
            return self._byte()
        if kind in (4, 5, 6):
            return self._number()
        if kind in (7, 8):
            size = 8 if kind == 7 else self._size()
            self.at += size
            return self.text[self.at - size : self.at]
        if kind in (9, 10):
            head = self._byte()
            return [self._value(head & 15) for _ in range(head >> 4 if head >> 4 < 15 else self._size())]
        if kind == 12:
            return self.structure()
        raise ValueError(kind)
