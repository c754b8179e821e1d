"""CSV files: encoding, delimiter and quoting are found out, or told."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from server.intake import records, tables
from server.intake.found import Found, Progress
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_DELIMITERS = ",;\t|"
# The encodings that a person may name; others would have to be loaded after the walls went up.
_OTHER_NAMES = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "iso-8859-1": "latin-1"}
_NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252", "latin-1": "ISO-8859-1"}
_SAMPLE = 64 * 2**10
_PIECE = 2**20
_CELL_AT_MOST = 2**20


@dataclass(frozen=True)
class Dialect:
    """`lines` counts lines of text; a record can span several. `guessed` is a sample."""

    encoding: str
    delimiter: str
    guessed: str
    lines: int


def look_at(path: Path, wanted: Mapping[str, object]) -> Dialect:
    """Raises BadUpload ENCODING, TYPE_MISMATCH."""
    encoding, lines = _encoding(path, str(wanted.get("encoding") or "").lower())
    with open(path, encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
        more = bool(file.read(1))
    delimiter = str(wanted.get("delimiter") or "").replace("\\t", "\t") or _delimiter(sample, more)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise refused("CSV_DIALECT")
    guessed = _foreign(path) if encoding == "cp1252" and not wanted.get("encoding") else ""
    return Dialect(encoding, delimiter, guessed, lines)


def _encoding(path: Path, wanted: str) -> tuple[str, int]:
    """The encoding, and how many lines of text there are in it."""
    told = _OTHER_NAMES.get(wanted, wanted)
    if told and told not in _NAMES:
        raise refused("ENCODING", "unknown", encoding=wanted)
    with open(path, "rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in [told] if told else ["utf-16"] if marked else ["utf-8-sig", "cp1252"]:
        lines = _lines(path, encoding)
        if lines is not None:
            return encoding, lines
    if told:
        raise refused("ENCODING", "other", encoding=_NAMES[told])
    raise refused("ENCODING", "damaged" if marked else "neither")


def _lines(path: Path, encoding: str) -> int | None:
    """None where this is no text in that encoding."""
    feeds, last = 0, "\n"
    with open(path, encoding=encoding) as file:
        try:
            while piece := file.read(_PIECE):
                if "\0" in piece:
                    return None
                feeds, last = feeds + piece.count("\n"), piece[-1]
        except UnicodeError:
            return None
    return feeds + (last != "\n")


def _foreign(path: Path) -> str:
    """The first line with a letter outside ASCII, as a sample to look at."""
    with open(path, encoding="cp1252", newline="") as file:
        line = next((line for line in file if not line.isascii()), "")
    return " ".join(line.split())[:80]


def _delimiter(sample: str, more: bool) -> str:
    """The one that splits most rows into the same number of cells; between equals, into more cells."""
    if more and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    return max(_DELIMITERS, key=lambda sign: _regularity(sample, sign))


def _regularity(sample: str, sign: str) -> tuple[float, int]:
    try:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=sign) if row)
    except csv.Error:
        return 0.0, 0
    usual, count = widths.most_common(1)[0] if widths else (1, 0)
    return (count / widths.total() if usual > 1 else 0.0), usual


def read(path: Path, name: str, dialect: Dialect, wanted: Mapping[str, object], progress: Progress) -> Found:
    """Raises BadUpload: CSV_QUOTES, COUNT_DIFFERS and those of tables.build."""
    total = dialect.lines
    csv.field_size_limit(_CELL_AT_MOST)
    with open(path, encoding=dialect.encoding) as file:
        counted = np.fromiter(records.widths(file, dialect.delimiter), np.int64)
    with open(path, encoding=dialect.encoding, newline="") as file:
        rows = _rows(csv.reader(file, delimiter=dialect.delimiter, strict=True), path, dialect.encoding)
        told = lambda row: progress("Baca", min(row, total), total)  # noqa: E731
        found = tables.build(name, rows, wanted, told, counted)
    encoding, decimal = _NAMES[dialect.encoding], str(found.reading.get("decimal", "–"))
    found.reading |= {"delimiter": dialect.delimiter, "encoding": encoding.lower()}
    if dialect.guessed:
        params = {"encoding": encoding, "sample": dialect.guessed}
        found.remarks.append(Finding("ENC_GUESSED", Severity.WARNS, params))
    if dialect.delimiter != "," or dialect.guessed or decimal == ",":
        delimiter = "tab" if dialect.delimiter == "\t" else dialect.delimiter
        params = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding}
        found.remarks.append(Finding("CSV_DIALECT", Severity.INFORMS, params))
    return found


def _rows(reader: Any, path: Path, encoding: str) -> Iterator[list[str]]:
    """A fault is said of the line where its record begins; three lines are shown as they stand."""
    line = 1
    try:
        for row in reader:
            yield row
            line = reader.line_num + 1
    except csv.Error as fault:
        with open(path, encoding=encoding) as file:
            shown = [[at, text.rstrip()] for at, text in islice(enumerate(file, 1), max(0, line - 2), line + 1)]
        where = {"row": line, "reader": str(fault), "shown": shown}
        raise refused("CSV_QUOTES", where=where, row=line) from None
