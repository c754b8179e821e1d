"""What a map needs to know of a column before it colours features by it, and of an area before it finds its row."""

from collections.abc import Mapping
from typing import Any

from server.store.conditions import Bound, Name, Pieces, joined
from server.store.index_gpkg import SqliteIndex

CLASSES, VALUES = 5, 6


def classes(index: SqliteIndex, field: str, only: Mapping[str, str]) -> dict[str, Any]:
    """Upper ends of at most five classes with about equally many numbers each, the least number, the rows without."""
    column, where = Name(field), _where(only)
    part = ("SELECT ", column, " AS v, ntile(", Bound(CLASSES), ") OVER (ORDER BY ", column, ") AS part FROM data")
    found = index.ask(
        *("SELECT max(v), min(v) FROM (", *part, " WHERE ", *where, " AND ", column, " IS NOT NULL)"),
        " GROUP BY part ORDER BY part",
    )
    ends = list(dict.fromkeys(most for most, _ in found))
    return {"ends": ends, "least": found[0][1] if found else None, "missing": _missing(index, column, where)}


def values(index: SqliteIndex, field: str, only: Mapping[str, str]) -> dict[str, Any]:
    """The values that most rows have, each with its count; how many rows have another one, or none."""
    column, where = Name(field), _where(only)
    counted = index.ask(
        *("SELECT ", column, ", count(*) FROM data WHERE ", *where, " AND ", column, " IS NOT NULL GROUP BY ", column),
        " ORDER BY count(*) DESC, 1",
    )
    shown = counted[:VALUES]
    others = sum(count for _, count in counted[VALUES:])
    return {"values": shown, "others": others, "missing": _missing(index, column, where)}


def first_with(index: SqliteIndex, only: Mapping[str, str]) -> int | None:
    """The first row, counted from 0, whose cells say this when points are left out, as in codes of areas."""
    cells = ((("replace(CAST(", Name(name), " AS TEXT), '.', '') = ", Bound(said))) for name, said in only.items())
    found = index.ask("SELECT fid - 1 FROM data WHERE ", *joined(cells, " AND "), " ORDER BY fid LIMIT 1")
    return found[0][0] if found else None


def _where(only: Mapping[str, str]) -> Pieces:
    return joined((("CAST(", Name(name), " AS TEXT) = ", Bound(said)) for name, said in only.items()), " AND ") or (
        "1",
    )


def _missing(index: SqliteIndex, column: Name, where: Pieces) -> int:
    return index.count("SELECT count(*) FROM data WHERE ", *where, " AND ", column, " IS NULL")
