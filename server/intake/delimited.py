"""CSV files: encoding, delimiter and quoting are found out, or told."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.intake import tables
from server.intake.found import Found
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity

DELIMITERS = ",;\t|"
ENCODINGS = {  # the ones a person may name; others would have to be loaded after the walls went up
    "utf-8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
}
_NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252", "latin-1": "ISO-8859-1"}
_SAMPLE = 64 * 2**10
_PIECE = 2**20
_CELL_AT_MOST = 2**20


@dataclass(frozen=True)
class Dialect:
    """`lines` counts lines of text; a record can span several."""

    encoding: str
    delimiter: str
    guessed: str
    lines: int


def look_at(path: Path, wanted: Mapping[str, object]) -> Dialect:
    """Raises BadUpload ENCODING, TYPE_MISMATCH."""
    encoding, guessed = _encoding(path, str(wanted.get("encoding") or "").lower())
    with open(path, encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
        more = bool(file.read(1))
    delimiter = str(wanted.get("delimiter") or "").replace("\\t", "\t") or _delimiter(sample, more)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise BadUpload("Pemisah kolom harus satu tanda, misalnya “;”.", code="CSV_DIALECT", mend="Pilih pemisah lain.")
    return Dialect(encoding, delimiter, guessed, _lines(path, encoding))


def _encoding(path: Path, wanted: str) -> tuple[str, str]:
    """(encoding, a sample of the text where it was guessed)."""
    if wanted:
        if wanted not in ENCODINGS:
            raise _bad_encoding(f"Pengodean “{wanted[:40]}” tidak dikenal.")
        if not _decodes(path, ENCODINGS[wanted]):
            raise _bad_encoding(f"Teks berkas ini bukan {_NAMES[ENCODINGS[wanted]]}.")
        return ENCODINGS[wanted], ""
    with open(path, "rb") as file:
        mark = file.read(2)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if _decodes(path, "utf-16"):
            return "utf-16", ""
        raise _bad_encoding("Teks berkas ini rusak: bukan UTF-16 yang utuh.")
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig", ""
    if _decodes(path, "cp1252"):
        return "cp1252", _foreign(path)
    raise _bad_encoding("Teks berkas ini bukan UTF-8 dan bukan pula Windows-1252.")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with open(path, "rb") as file:
        try:
            while piece := file.read(_PIECE):
                if "\0" in decoder.decode(piece):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _foreign(path: Path) -> str:
    """The first line with a letter outside ASCII, as a sample to look at."""
    with open(path, encoding="cp1252", newline="") as file:
        line = next((line for line in file if not line.isascii()), "")
    return " ".join(line.split())[:80]


def _bad_encoding(detail: str) -> BadUpload:
    return BadUpload(detail, code="ENCODING", mend="Simpan ulang sebagai CSV UTF-8, atau sebagai XLSX.")


def _delimiter(sample: str, more: bool) -> str:
    """The one that splits most rows into the same number of cells; between equals, into more cells."""
    if more and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    return max(DELIMITERS, key=lambda sign: _regularity(sample, sign))


def _regularity(sample: str, sign: str) -> tuple[float, int]:
    try:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=sign) if row)
    except csv.Error:
        return 0.0, 0
    usual, count = widths.most_common(1)[0] if widths else (1, 0)
    return (count / widths.total() if usual > 1 else 0.0), usual


def _lines(path: Path, encoding: str) -> int:
    """Counted on bytes, apart from the parser; -1 where one letter takes several bytes in every case."""
    if encoding == "utf-16":
        return -1
    feeds = returns = pairs = size = 0
    last = b""
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            feeds += piece.count(b"\n")
            returns += piece.count(b"\r")
            pairs += piece.count(b"\r\n") + (last == b"\r" and piece[:1] == b"\n")
            last = piece[-1:]
            size += len(piece)
    return feeds + returns - pairs + (last not in (b"\n", b"\r", b""))


def read(
    path: Path, name: str, dialect: Dialect, wanted: Mapping[str, object], progress: Callable[[str, int, int], None]
) -> Found:
    """Raises BadUpload: CSV_QUOTES, COUNT_DIFFERS and those of tables.build."""
    total = max(dialect.lines, 0)
    csv.field_size_limit(_CELL_AT_MOST)
    with open(path, encoding=dialect.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=dialect.delimiter, strict=True)
        found = tables.build(name, _rows(reader), wanted, lambda row: progress("Baca", min(row, total), total))
        if dialect.lines not in (-1, reader.line_num):
            raise BadUpload(
                f"Berkas ini berisi {dialect.lines} baris teks, tetapi {reader.line_num} yang terbaca.",
                code="COUNT_DIFFERS",
                mend="Simpan ulang sebagai CSV UTF-8, atau sebagai XLSX.",
            )
    found.reading |= {"delimiter": dialect.delimiter, "encoding": _NAMES[dialect.encoding].lower()}
    if dialect.guessed:
        params = {"encoding": _NAMES[dialect.encoding], "sample": dialect.guessed}
        found.remarks.append(Finding("ENC_GUESSED", Severity.WARNS, params))
    if dialect.delimiter != "," or dialect.guessed or found.reading.get("decimal") == ",":
        found.remarks.append(_dialect_told(dialect, found.reading))
    return found


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            row = next(reader, None)
        except csv.Error as fault:
            line = getattr(reader, "line_num", 0)
            raise BadUpload(
                f"Tanda kutip di sekitar baris {line} tidak berpasangan atau selnya terlalu panjang.",
                code="CSV_QUOTES",
                mend="Betulkan tanda kutip pada baris itu, atau simpan sebagai XLSX.",
                where={"row": line, "reader": str(fault)},
            ) from None
        if row is None:
            return
        yield row


def _dialect_told(dialect: Dialect, reading: Mapping[str, object]) -> Finding:
    return Finding(
        "CSV_DIALECT",
        Severity.INFORMS,
        {
            "delimiter": {"\t": "tab"}.get(dialect.delimiter, dialect.delimiter),
            "decimal": str(reading.get("decimal", "–")),
            "encoding": _NAMES[dialect.encoding],
        },
    )
