"""Points from two columns of a table, however people write coordinates there."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from server.intake import names
from server.intake.found import Found
from server.intake.refusals import refused

EASTINGS = frozenset({"x", "lon", "long", "longitude", "lng", "bujur", "bt", "easting"})
NORTHINGS = frozenset({"y", "lat", "latitude", "lintang", "ls", "northing"})
_PARTS = re.compile(
    r"""\s*(?P<sign>[+-]?)\s*(?:(?P<before>[NSEWBTLU]{1,2})\s*)?
    (?P<degrees>\d+(?:[.,]\d+)?)\s*[°ºd:\s]?\s*
    (?:(?P<minutes>\d+(?:[.,]\d+)?)\s*['’′m:\s]\s*)?
    (?:(?P<seconds>\d+(?:[.,]\d+)?)\s*(?:["”″s]|''|’’)?\s*)?
    (?P<after>[NSEWBTLU]{1,2})?\s*\.?\s*""",
    re.X | re.I,
)
_BACKWARDS = ("S", "LS", "W", "BB")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})*(?:[.,]\d+)?")
_BESIDE = frozenset({"", "koordinat", "coord", "titik", "utm", "derajat", "timur", "selatan", "m", "e", "n", "s"})
_LONGEST = 40


def columns_of(labels: Iterable[str]) -> tuple[str, str] | None:
    """The columns named like coordinates, east and north: ("bujur", "lintang")."""
    found: list[str] = []
    for known in (EASTINGS, NORTHINGS):
        for label in labels:
            said = set(re.split(r"[\W_\d]+", label.casefold()))
            if said & known and said <= known | _BESIDE:
                found.append(label)
                break
    return (found[0], found[1]) if len(found) == 2 and found[0] != found[1] else None


def ordinates(cells: Iterable[object]) -> NDArray[np.float64]:
    """Each cell as a number, NaN where it is none: 109.67, "109,67", "6°53'20\\" LS", "9.238.123,5"."""
    return np.array([_ordinate(cell) for cell in cells], dtype=np.float64)


def _ordinate(cell: object) -> float:
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell or "").strip()
    if len(signs := re.findall("[.,]", text)) > 1 and _GROUPED.fullmatch(text):
        text = text.replace(signs[0], "")
    match = _PARTS.fullmatch(text[: _LONGEST + 1])
    if not match or len(text) > _LONGEST:
        return np.nan
    degrees, minutes, seconds = (
        float((match[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
    )
    if minutes >= 60 or seconds >= 60:
        return np.nan
    back = match["sign"] == "-" or any((match[part] or "").upper() in _BACKWARDS for part in ("before", "after"))
    return (-1 if back else 1) * (degrees + minutes / 60 + seconds / 3600)


def wkb_of(found: Found, wanted: Mapping[str, object]) -> pa.ChunkedArray:
    """Points of the columns that a person named; none where a row lacks a coordinate. Raises BadUpload COORD_COLUMN."""
    labels = [column.label for column in found.columns]
    fields = names.regenerate(labels)
    values = []
    for part in ("x", "y"):
        said = str(wanted.get(part, "")).casefold()
        at = next((n for n, pair in enumerate(zip(labels, fields, strict=True)) if said in map(str.casefold, pair)), -1)
        if at < 0:
            raise refused("COORD_COLUMN", column=said, columns=", ".join(labels[:20]))
        values.append(ordinates(found.columns[at].values.to_pylist()))
    points = np.full(found.count, None, dtype=object)
    there = np.isfinite(values[0]) & np.isfinite(values[1])
    points[there] = shapely.points(values[0][there], values[1][there])
    found.reading |= {part: wanted[part] for part in ("x", "y")}
    return pa.chunked_array([pa.array(shapely.to_wkb(points), pa.binary())])
