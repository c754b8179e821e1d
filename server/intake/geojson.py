"""What can be known of a GeoJSON file without parsing it: its frame, its depth, its features.

Bytes are looked at in pieces, so the size of the file does not matter and nesting cannot exhaust a stack.
"""

import codecs
import json
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from server.intake.refusals import refused

DEPTH_AT_MOST = 40
_PIECE = 4 * 2**20
_FRAME_AT_MOST = 2**20
_MEMBERS_AT_MOST = 1000
_STRANGE_NAMED = 5
_CRS_AT_MOST = 64 * 2**10
_FOREIGN = re.compile(r"[^\"]{0,30}[^\x00-\x7f][^\"]{0,30}")
_OF_FEATURES = frozenset({"type", "geometry", "id", "bbox", "center", "centroid"})
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NUL_IN_VALUE = re.compile(rb'(?<!\\)(?:\\\\)*\\u0000(?:[^"\\]|\\.)*"(?!\s*:)', re.DOTALL)

_STEP = np.zeros(256, np.int8)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1
_NOT_A_NUMBER = np.zeros(256, bool)
_NOT_A_NUMBER[list(b"NI")] = True  # NaN, Infinity; no word of JSON has these letters


@dataclass(frozen=True)
class Frame:
    """The outermost object of a file. `features` counts the objects in its list of features, 1 for a lone Feature.

    `crs` is the name it gives, "" where it gives none, None where it says that there is none. `names` are those of all
    properties.
    """

    type: str
    features: int
    crs: str | None
    is_utf8: bool
    names: frozenset[str]


@dataclass
class _Scan:
    """The brackets that lead no deeper than a feature (level 3): which they are, where, and at which depth they end."""

    depth: int = 0
    in_string: bool = False
    members: int = 0
    letters: list[NDArray[np.uint8]] = field(default_factory=list)
    places: list[NDArray[np.int64]] = field(default_factory=list)
    depths: list[NDArray[np.int8]] = field(default_factory=list)
    strange: list[NDArray[np.int64]] = field(default_factory=list)


def look_at(path: Path) -> Frame:
    """Raises BadUpload: GEOM_DEPTH, COORD_NONFINITE, JSON_BROKEN, CRS_LINK, TYPE_MISMATCH."""
    scan = _Scan()
    for offset, piece in _pieces(path):
        _take(scan, offset, piece)
    if scan.depth or scan.in_string:
        raise refused("JSON_BROKEN", "cut")
    return _frame(path, scan)


def refuse_nul(path: Path) -> None:
    """Raises BadUpload TEXT_NUL: GDAL would end the value there, without a word."""
    if any(b"u0000" in piece and _NUL_IN_VALUE.search(piece) for _, piece in _pieces(path)):
        raise refused("TEXT_NUL")


def _pieces(path: Path) -> Iterator[tuple[int, bytes]]:
    """Where each begins, and its bytes without a byte order mark, never cut between a backslash and what it escapes."""
    with open(path, "rb") as file:
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        while piece := file.read(_PIECE):
            if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
                piece += file.read(1)
            yield file.tell() - len(piece), piece


def _take(scan: _Scan, offset: int, piece: bytes) -> None:
    text = np.frombuffer(_ESCAPE.sub(b"__", piece) if b"\\" in piece else piece, np.uint8)
    outside = (np.cumsum(text == ord('"'), dtype=np.uint8) + scan.in_string) & 1 == 0
    places = np.flatnonzero((_STEP[text] != 0) & outside)
    letters = text[places]
    steps = _STEP[letters]
    depths = scan.depth + np.cumsum(steps, dtype=np.int64)
    if depths.max(initial=0) > DEPTH_AT_MOST:
        raise refused("GEOM_DEPTH", most=DEPTH_AT_MOST)
    if depths.min(initial=0) < 0:
        raise refused("JSON_BROKEN", "closed")
    scan.members += int(np.count_nonzero((depths == 2) & (steps > 0)))
    if scan.members > _MEMBERS_AT_MOST:
        raise refused("JSON_BROKEN", "members")
    kept = np.minimum(depths, depths - steps) <= 2
    strange = np.flatnonzero(_NOT_A_NUMBER[text] & outside)
    first_of_each = np.unique(np.searchsorted(places[kept], strange), return_index=True)[1]
    scan.letters.append(letters[kept])
    scan.places.append(places[kept] + offset)
    scan.depths.append(depths[kept].astype(np.int8))
    scan.strange.append(strange[first_of_each] + offset)
    scan.in_string = not outside[-1]
    scan.depth = int(depths[-1]) if len(depths) else scan.depth


def _frame(path: Path, scan: _Scan) -> Frame:
    letters, places, depths = (np.concatenate(each) for each in (scan.letters, scan.places, scan.depths))
    opens = _STEP[letters] > 0
    members = np.column_stack([places[opens & (depths == 2)], places[~opens & (depths == 1)] + 1])
    values = _outermost(path, members)
    kind = values.get("type")
    if kind not in ("FeatureCollection", "Feature"):
        why = f"jenisnya “{str(kind)[:40]}”" if kind else "anggota “type” tidak ada"
        raise refused("TYPE_MISMATCH", "geojson", why=why)
    features, ends = places[:1], places[-1:]
    if kind == "FeatureCollection":
        if not isinstance(values.get("features"), list):
            raise refused("JSON_BROKEN", "features")
        start, end = members[values["features"][0]]
        begins = (letters == ord("{")) & (depths == 3) & (places > start) & (places < end)
        features, ends = places[begins], places[1:][begins[:-1]]
    _refuse_strange(np.unique(np.searchsorted(features, np.concatenate(scan.strange))).tolist())
    crs, is_utf8 = _crs_name(path, members, values), _is_utf8(path)
    return Frame(str(kind), len(features), crs, is_utf8, _names(path, features, ends + 1, is_utf8))


def _names(path: Path, starts: NDArray[Any], ends: NDArray[Any], is_utf8: bool) -> frozenset[str]:
    """Of the properties of all features, each parsed by itself: GDAL makes a column of each."""
    found: set[str] = set()
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            feature = text[start:end] if is_utf8 else text[start:end].decode("cp1252", "replace")
            try:
                one = orjson.loads(feature)
            except orjson.JSONDecodeError:  # half a pair of surrogates, a number beyond all bounds
                one = _parsed(feature)
            said = one.get("properties", False)
            found.update((said or ()) if isinstance(said, dict | None) else one.keys() - _OF_FEATURES)
    return frozenset(found)


def _parsed(feature: bytes | str) -> Any:
    try:
        return json.loads(feature)
    except ValueError:
        raise refused("JSON_BROKEN", "unparsed") from None


def _outermost(path: Path, members: NDArray[np.int64]) -> dict[str, Any]:
    """The outermost object, with [number in members] for each of its lists and objects."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise refused("JSON_BROKEN", "twice")
        return dict(pairs)

    starts, ends = members.T.tolist()
    gaps = list(zip([0, *ends], [*starts, path.stat().st_size], strict=True))
    if sum(end - start for start, end in gaps) > _FRAME_AT_MOST:
        raise refused("JSON_BROKEN", "size")
    parts = [_part(path, start, end) + b"[%d]" % number for number, (start, end) in enumerate(gaps)]
    text = b"".join(parts).removesuffix(b"[%d]" % len(starts)).removeprefix(codecs.BOM_UTF8)
    try:
        return dict(json.loads(text.decode("utf-8", "replace"), object_pairs_hook=once))
    except ValueError as fault:
        raise refused("JSON_BROKEN", "more" if "Extra data" in str(fault) else "unparsed") from None


def _part(path: Path, start: int, end: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(start)
        return file.read(end - start)


def _refuse_strange(features: list[int]) -> None:
    if features:
        named = features[:_STRANGE_NAMED]
        more = " dan seterusnya" if len(features) > _STRANGE_NAMED else ""
        listed = ", ".join(map(str, named)) + more
        raise refused("COORD_NONFINITE", "geojson", where={"features": named}, features=listed)


def _crs_name(path: Path, members: NDArray[np.int64], values: dict[str, Any]) -> str | None:
    if "crs" not in values:
        return ""
    crs = values["crs"]
    if crs is None:
        return None
    if isinstance(crs, list):
        start, end = members[crs[0]]
        try:
            crs = json.loads(_part(path, start, min(end, start + _CRS_AT_MOST)))
        except ValueError:
            raise refused("JSON_BROKEN", "crs_unparsed") from None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    if not isinstance(properties, dict):
        raise refused("JSON_BROKEN", "crs")
    if crs.get("type") != "name":
        raise refused("CRS_LINK", "geojson")
    return str(properties.get("name", ""))


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for _, piece in _pieces(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(path: Path, folder: Path) -> tuple[Path, str]:
    """A copy read as Windows-1252, and a sample of what that gives. Raises BadUpload ENCODING."""
    copy, sample = folder / "utf8.geojson", ""
    decoder = codecs.getincrementaldecoder("cp1252")()
    try:
        with open(path, "rb") as source, open(copy, "w", encoding="utf-8", newline="") as target:
            while piece := source.read(_PIECE):
                text = decoder.decode(piece)
                target.write(text)
                if not sample and (foreign := _FOREIGN.search(text)):
                    sample = foreign[0]
    except UnicodeDecodeError:
        raise refused("ENCODING", "geojson") from None
    return copy, sample
