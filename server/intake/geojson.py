"""What can be known of a GeoJSON file without parsing it: its frame, its depth, its features.

Bytes are looked at in pieces, so the size of the file does not matter and nesting cannot exhaust a stack.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workflow.errors import BadUpload

DEPTH_AT_MOST = 40
_PIECE = 4 * 2**20
_FRAME_AT_MOST = 2**20
_MEMBERS_AT_MOST = 1000
_STRANGE_NAMED = 5
_CRS_AT_MOST = 64 * 2**10
_FOREIGN = re.compile(r"[^\"]{0,30}[^\x00-\x7f][^\"]{0,30}")
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

    `crs` is the name it gives, "" where it gives none, None where it says that there is none.
    """

    type: str
    features: int
    crs: str | None
    is_utf8: bool


@dataclass
class _Member:
    """An object or a list directly inside the outermost object."""

    start: int
    end: int = 0
    objects: int = 0


@dataclass
class _Scan:
    depth: int = 0
    in_string: bool = False
    offset: int = 0
    frame: bytearray = field(default_factory=bytearray)
    entered: int = 0
    members: list[_Member] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)


def look_at(path: Path) -> Frame:
    """Raises BadUpload: GEOM_DEPTH, COORD_NONFINITE, JSON_BROKEN, CRS_LINK, TYPE_MISMATCH."""
    scan = _Scan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    for piece in chain(_pieces(path), [b""]):
        if is_utf8:
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                is_utf8 = False
        if piece:
            _take(scan, piece)
    if scan.depth or scan.in_string:
        raise _broken("berkas terpotong: kurung atau kutip di akhir belum ditutup")
    return _frame(path, scan, is_utf8)


def refuse_nul(path: Path) -> None:
    """Raises BadUpload TEXT_NUL: GDAL would end the value there, without a word."""
    if any(b"u0000" in piece and _NUL_IN_VALUE.search(piece) for piece in _pieces(path)):
        raise BadUpload(
            "Sebuah teks di dalam berkas ini memuat tanda NUL (\\u0000); isi di belakangnya akan hilang.",
            code="TEXT_NUL",
            mend="Hapus tanda itu dari kolom teksnya, misalnya dengan Field Calculator di QGIS, lalu unggah lagi.",
        )


def _pieces(path: Path) -> Iterator[bytes]:
    """The file without its byte order mark, never cut between a backslash and what it escapes."""
    with open(path, "rb") as file:
        rest = file.read(3)
        rest = b"" if rest == codecs.BOM_UTF8 else rest
        while piece := file.read(_PIECE):
            piece = rest + piece
            backslashes = len(piece) - len(piece.rstrip(b"\\"))
            cut = len(piece) - backslashes % 2
            rest = piece[cut:]
            if cut:
                yield piece[:cut]
        if rest:
            yield rest


def _take(scan: _Scan, piece: bytes) -> None:
    plain = _ESCAPE.sub(b"__", piece) if b"\\" in piece else piece
    letters = np.frombuffer(plain, np.uint8)
    outside = (np.cumsum(letters == ord('"'), dtype=np.uint8) + scan.in_string) & 1 == 0
    places = np.flatnonzero((_STEP[letters] != 0) & outside)
    kinds = letters[places]
    depths = scan.depth + np.cumsum(_STEP[kinds], dtype=np.int64)
    _refuse_depth(depths)
    _note_members(scan, places, kinds, depths, np.flatnonzero(_NOT_A_NUMBER[letters] & outside))
    _note_frame(scan, piece, places, depths)
    scan.in_string = not outside[-1]
    scan.depth = int(depths[-1]) if len(depths) else scan.depth
    scan.offset += len(piece)


def _refuse_depth(depths: NDArray[np.int64]) -> None:
    if not len(depths):
        return
    if depths.max() > DEPTH_AT_MOST:
        raise BadUpload(
            f"Isi berkas bersarang lebih dari {DEPTH_AT_MOST} tingkat; geometri yang wajar tidak sedalam itu.",
            code="GEOM_DEPTH",
            mend="Pecah kumpulan geometri yang bersarang menjadi fitur biasa, lalu simpan ulang.",
        )
    if depths.min() < 0:
        raise _broken("ada kurung tutup tanpa pembuka")


def _note_members(
    scan: _Scan,
    places: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    depths: NDArray[np.int64],
    strange: NDArray[np.int64],
) -> None:
    opens = _STEP[kinds] > 0
    starts = places[opens & (depths == 2)]
    objects = places[(kinds == ord("{")) & (depths == 3)]
    first = len(scan.members)
    scan.members += [_Member(scan.offset + int(start)) for start in starts]
    if len(scan.members) > _MEMBERS_AT_MOST:
        raise _broken("objek terluarnya mempunyai terlalu banyak anggota")
    owners = first - 1 + np.searchsorted(starts, objects)
    first_of_each = np.unique(np.searchsorted(objects, strange), return_index=True)[1]
    for place in strange[first_of_each][: _STRANGE_NAMED + 1]:
        owner = first - 1 + int(np.searchsorted(starts, place))
        earlier = scan.members[owner].objects if scan.members else 0
        number = earlier + int(np.count_nonzero((owners == owner) & (objects < place)))
        scan.strange += [number] if number not in scan.strange else []
    for owner, count in zip(*np.unique(owners, return_counts=True), strict=True):
        scan.members[owner].objects += int(count)
    ends = places[~opens & (depths == 1)]
    for end, owner in zip(ends, first - 1 + np.searchsorted(starts, ends), strict=True):
        scan.members[owner].end = scan.offset + int(end) + 1


def _note_frame(scan: _Scan, piece: bytes, places: NDArray[np.int64], depths: NDArray[np.int64]) -> None:
    """Keeps the bytes outside of members: the outermost object, each list or object in it replaced by [its number]."""
    before = np.concatenate(([scan.depth], depths))
    edges = np.concatenate(([0], places, [len(piece)]))
    for which in np.flatnonzero(before <= 1):
        after_member = which > 0 and before[which - 1] == 2
        scan.frame += piece[int(edges[which]) + after_member : int(edges[which + 1])]
        if which + 1 < len(before) and before[which + 1] == 2:
            scan.frame += b"[%d]" % scan.entered
            scan.entered += 1
    if len(scan.frame) > _FRAME_AT_MOST:
        raise _broken("objek terluarnya terlalu besar")


def _frame(path: Path, scan: _Scan, is_utf8: bool) -> Frame:
    values = _outermost(scan)
    kind = values.get("type")
    if kind not in ("FeatureCollection", "Feature"):
        raise _not_geojson(f"jenisnya “{str(kind)[:40]}”" if kind else "anggota “type” tidak ada")
    if scan.strange:
        raise _not_numbers(scan.strange)
    features = 1
    if kind == "FeatureCollection":
        if not isinstance(values.get("features"), list):
            raise _broken("daftar “features” tidak ada")
        features = scan.members[values["features"][0]].objects
    return Frame(str(kind), features, _crs_name(path, scan, values), is_utf8)


def _outermost(scan: _Scan) -> dict[str, Any]:
    """Its lists and objects are [number in scan.members]."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise _broken("satu nama muncul dua kali di objek terluar")
        return dict(pairs)

    try:
        values = json.loads(scan.frame.decode("utf-8", "replace"), object_pairs_hook=once)
    except json.JSONDecodeError as fault:
        if fault.msg == "Extra data":
            raise _broken("ada isi lain sesudah objek terluar (GeoJSON per baris belum didukung)") from None
        raise _broken("objek terluarnya tidak dapat diurai") from None
    if not isinstance(values, dict):
        raise _not_geojson("bukan sebuah objek")
    return values


def _crs_name(path: Path, scan: _Scan, values: dict[str, Any]) -> str | None:
    if "crs" not in values:
        return ""
    if values["crs"] is None:
        return None
    crs = _member_text(path, scan.members[values["crs"][0]]) if isinstance(values["crs"], list) else None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    if not isinstance(crs, dict) or not isinstance(properties, dict):
        raise _broken("anggota “crs” tidak dapat dipahami")
    if crs.get("type") == "name":
        return str(properties.get("name", ""))
    raise BadUpload(
        "Sistem koordinat ditulis sebagai tautan, dan tautan tidak pernah dibuka.",
        code="CRS_LINK",
        mend="Simpan ulang dengan nama EPSG, misalnya EPSG:32749, atau tanpa “crs” bila koordinatnya WGS 84.",
    )


def _member_text(path: Path, member: _Member) -> object:
    with open(path, "rb") as file:
        start = member.start + (len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0)
        file.seek(start)
        text = file.read(min(member.end - member.start, _CRS_AT_MOST))
    try:
        return json.loads(text)
    except ValueError:
        raise _broken("anggota “crs” tidak dapat diurai") from None


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
        raise BadUpload(
            "Teks berkas ini bukan UTF-8 dan bukan pula Windows-1252.",
            code="ENCODING",
            mend="Simpan ulang sebagai GeoJSON dengan pengodean UTF-8.",
        ) from None
    return copy, sample


def _not_geojson(why: str) -> BadUpload:
    return BadUpload(
        f"Isi berkas ini JSON tetapi bukan GeoJSON: {why}.",
        code="TYPE_MISMATCH",
        mend="Simpan data sebagai GeoJSON (FeatureCollection) atau GeoPackage, misalnya dari QGIS.",
    )


def _broken(why: str) -> BadUpload:
    return BadUpload(
        f"Berkas GeoJSON ini tidak utuh: {why}.",
        code="JSON_BROKEN",
        mend="Simpan ulang dari aplikasi asalnya, lalu unggah lagi.",
    )


def _not_numbers(strange: list[int]) -> BadUpload:
    named = ", ".join(str(each) for each in strange[:_STRANGE_NAMED])
    more = " dan seterusnya" if len(strange) > _STRANGE_NAMED else ""
    return BadUpload(
        f"Ada koordinat atau nilai yang bukan angka (NaN atau Infinity) pada fitur {named}{more}.",
        code="COORD_NONFINITE",
        mend="Hapus atau betulkan fitur itu; nilai yang tidak ada ditulis null.",
        where={"features": strange[:_STRANGE_NAMED]},
    )
