"""FlatGeobuf, walked through by the lengths it gives before GDAL sees it (https://flatgeobuf.org)."""

import mmap
import struct
from pathlib import Path

from server.intake.content import Content, Format
from server.intake.refusals import refuse_too_many_columns, refused

_MAGIC = b"fgb\x03fgb"
_START = 8
_HEADER_AT_MOST = 10 * 2**20
_COLUMNS, _COUNT, _NODE_SIZE = 7, 8, 9  # members of the header's table
_NODE = 40


def look_at(path: Path, link: Path, layer: str) -> Content:
    """Raises BadUpload: FGB_BROKEN, COUNT_DIFFERS, COLUMNS, EMPTY."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            stated, columns, start = _header(text)
            count = _walked(text, start)
    except (struct.error, ValueError):
        raise refused("FGB_BROKEN") from None
    if stated and stated != count:
        raise refused("COUNT_DIFFERS", "layer", stated=stated, count=count)
    if not count:
        raise refused("EMPTY", "features")
    refuse_too_many_columns(columns)
    return Content(Format.FLATGEOBUF, link, count, layer=layer, columns=columns)


def _header(text: mmap.mmap) -> tuple[int, int, int]:
    """Features and columns that it states, and where the features begin."""
    (size,) = struct.unpack_from("<I", text, _START)
    if text[:7] != _MAGIC or size > _HEADER_AT_MOST:
        raise ValueError
    start = _START + 4
    table = start + struct.unpack_from("<I", text, start)[0]
    members = table - struct.unpack_from("<i", text, table)[0]
    (members_size,) = struct.unpack_from("<H", text, members)

    def member(number: int, form: str, otherwise: int) -> tuple[int, int]:
        at = 4 + 2 * number
        there = struct.unpack_from("<H", text, members + at)[0] if at < members_size else 0
        return table + there, struct.unpack_from(form, text, table + there)[0] if there else otherwise

    stated, node_size = member(_COUNT, "<Q", 0)[1], member(_NODE_SIZE, "<H", 16)[1]
    place, offset = member(_COLUMNS, "<I", 0)
    columns = struct.unpack_from("<I", text, place + offset)[0] if offset else 0
    return stated, columns, start + size + _index_size(stated, node_size)


def _index_size(count: int, node_size: int) -> int:
    """Bytes of the packed tree over so many features; 0 where the file has none."""
    if not count or node_size < 2:
        return 0
    levels = [count]
    while len(levels) == 1 or levels[-1] > 1:
        levels.append(-(-levels[-1] // node_size))
    return sum(levels) * _NODE


def _walked(text: mmap.mmap, at: int) -> int:
    """How many features there are; the last ends where the file does."""
    count = 0
    while at < len(text):
        at += 4 + struct.unpack_from("<I", text, at)[0]
        count += 1
    if at != len(text):
        raise ValueError
    return count
