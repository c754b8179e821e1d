"""Standar Data: what stands in a column is what the column says, and nobody's private matter."""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from workflow.area_codes import PROVINCES, looks_like_a_code
from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import find, is_text, texts, words
from workflow.layer import Field, Layer

NO_QUANTITY = re.compile(
    r"kode|kd|code|id|no|nomor|nik|kk|npsn|nip|npwp|rt|rw|telp|telepon|hp|wa|pos|kodepos|fcode|objectid|gid|fid|ogc|"
    r"nopol|tahun|thn|year|periode|bulan|bln|tanggal|tgl|jam|date|versi"
)
"""Words in a column's name after which digits are no quantity."""

MISSING = frozenset(
    ["", "-", "–", "—", ".", "..", "...", "…", "na", "n/a", "n.a.", "n.a", "null", "nihil", "tidak ada"]
)

SHAPES = (
    ("plain", re.compile(r"[+-]?\d+")),
    ("dots", re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")),
    ("commas", re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")),
    ("blanks", re.compile(r"[+-]?\d{1,3}([   ]\d{3})+(,\d+)?")),
    ("point", re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)\.\d+")),
    ("comma", re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")),
)
"""How a number is written: 12330, 12.330, 12,330, 12 330, 1,234.5 and 1.234,5."""


@dataclass(frozen=True)
class Numbers:
    """A text column that holds numbers: each cell's position and text beside its shape (None: no number).

    `decimal` is the column's own, Indonesia's (1.234,5) by default; `sure` where some cell can only be read with
    decimals: else three digits after a sign are thousands.
    """

    field: Field
    cells: list[tuple[int, str, str | None]]
    decimal: str
    sure: bool

    @classmethod
    def of(cls, field: Field, cells: list[tuple[int, str, str | None]]) -> Self:
        """By what can be read in one way only; else by which sign groups thousands more often."""
        shapes = Counter(shape for _, _, shape in cells)
        sure = shapes["comma"] - shapes["point"]
        return cls(field, cells, "." if (sure or shapes["dots"] - shapes["commas"]) < 0 else ",", bool(sure))

    def keeps(self, shape: str) -> bool:
        grouped, decimals = {",": ("commas", "point"), ".": ("dots", "comma")}[self.decimal]
        return shape != decimals and (shape != grouped or self.sure)

    def read(self, text: str, shape: str) -> str:
        """The number without signs for thousands and with a decimal comma; a deviating cell by its own shape."""
        decimal = self.decimal if self.keeps(shape) else "." if shape in ("commas", "point") else ","
        thousands = "." if decimal == "," else ","
        return re.sub(r"\s", "", text).replace(thousands, "").replace(decimal, ",")


def numbers_are_numbers(layer: Layer, context: Context) -> Iterator[Fault]:
    for numbers in _number_columns(layer, context):
        shaped = [(text, shape) for _, text, shape in numbers.cells if shape]
        params: Params = {"count": len(shaped), "value": shaped[0][0], "reading": numbers.read(*shaped[0])}
        yield Fault(params, field=numbers.field, suggestion=f"desimal “{numbers.decimal}”")


def numbers_are_written_alike(layer: Layer, context: Context) -> Iterator[Fault]:
    for numbers in _number_columns(layer, context):
        for n, text, shape in numbers.cells:
            if shape is None or not numbers.keeps(shape):
                reading = numbers.read(text, shape) if shape else None
                yield Fault({"value": text[:40], "reading": reading or "kosong"}, n, numbers.field, suggestion=reading)


def _number_columns(layer: Layer, context: Context) -> Iterator[Numbers]:
    """Text columns of which at least four cells in five read as numbers, codes and years left out."""
    key = find(layer, context.key_of(layer))
    for field in layer.fields:
        if not is_text(layer, field) or field == key or field.codes or any(map(NO_QUANTITY.fullmatch, words(field))):
            continue
        # A quick look before a slow one: half of the cells that are there.
        column = layer.columns[field.name]
        hits, blank = _count(column, r"^\s*[+-]?\d[\d.,\s]*$"), _count(column, r"^[\s.…–—-]*$")
        if not hits or hits * 2 < len(column) - column.null_count - blank:
            continue
        filled = [(n, text) for n, text in enumerate(texts(layer, field)) if text]
        cells = [(n, text, shape_of(text)) for n, text in filled]
        values = [text for _, text, shape in cells if shape]
        said = sum(text.casefold() not in MISSING for _, text in filled)
        if values and not _are_codes(values) and len(values) >= 0.8 * said:
            yield Numbers.of(field, cells)


def _count(column: pa.ChunkedArray, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0


def shape_of(text: str) -> str | None:
    return next((name for name, pattern in SHAPES if pattern.fullmatch(text)), None)


def _are_codes(values: list[str]) -> bool:
    """Leading zeros or more than twelve digits somewhere; years or area codes throughout."""
    return (
        any(re.fullmatch(r"0\d+|\d{13,}", text) for text in values)
        or all(re.fullmatch(r"(19|20)\d\d", text) for text in values)
        or all(map(looks_like_a_code, values))
    )


NIK = re.compile(r"(?<!\d)(?<!\d[.,])(\d{6})[ .-]?(\d{6})[ .-]?(\d{4})(?!\d)")
PHONE = re.compile(r"(?<!\d)(?<!\d[.,])(?:\+?62[ .-]?|0)8\d{1,2}[ .-]?\d{3,4}[ .-]?\d{2,5}(?!\d)")
# Bounded, so that a long hostile cell costs no more than its length.
EMAIL = re.compile(r"([\w.+-])[\w.+-]{0,63}@([\w-]{1,63}(?:\.[\w-]{1,63})+)")
PHONE_WORDS = frozenset(["telp", "telepon", "tlp", "hp", "wa", "whatsapp", "phone", "kontak", "ponsel", "seluler"])


def no_nik_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"\d{6}[ .-]?\d{6}[ .-]?\d{4}", 10**15, 10**16):
        match = next(filter(_is_nik, NIK.finditer(text)), None)
        if match:
            yield Fault({"masked": _masked(match)}, n, field)


def no_mobile_number_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"8\d{1,2}[ .-]?\d{3}", 8 * 10**8, 63 * 10**12, PHONE_WORDS):
        match = PHONE.search(text)
        digits = re.sub(r"\D", "", match[0]) if match else ""
        if 10 <= len(digits) <= 14:
            yield Fault({"masked": digits[:4] + "•" * 6 + digits[-2:]}, n, field)


def no_email_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"\w@\w"):
        if match := EMAIL.search(text):
            yield Fault({"masked": f"{match[1]}•••@{match[2]}"}, n, field)


def mask_niks(text: str) -> str:
    return NIK.sub(lambda match: _masked(match) if _is_nik(match) else match[0], text)


def _masked(nik: re.Match[str]) -> str:
    return nik[0][:4] + "•" * 12


def _is_nik(match: re.Match[str]) -> bool:
    """16 digits: province, kabupaten, kecamatan, day of birth (a woman's + 40), month, year, serial number."""
    digits = "".join(match.groups())
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    return (
        digits[:2] in PROVINCES
        and "00" not in (digits[2:4], digits[4:6])
        and digits[12:] != "0000"
        and 1 <= month <= 12
        and 1 <= (day - 40 if day > 40 else day) <= monthrange(2000 + year, month)[1]
    )


def _cells(
    layer: Layer, pattern: str, least: int = 0, below: int = 0, only: frozenset[str] = frozenset()
) -> Iterator[tuple[Field, int, str]]:
    """Cells of text columns that hold the RE2 pattern, and of number columns whose value lies in [least, below).

    Number columns only where the name holds a word of `only`, if there is one; a lost leading zero is put back there.
    """
    for field in layer.fields:
        column = layer.columns[field.name]
        if is_text(layer, field):
            hits = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(column, pattern), False))
            for n, text in zip(hits.to_pylist(), column.take(hits).to_pylist(), strict=True):
                yield field, n, text
        elif below and (not only or words(field) & only) and _holds(column, least, below):
            for n, text in enumerate(texts(layer, field)):
                if text.isdigit() and least <= int(text) < below:
                    yield field, n, "0" + text if only and text.startswith("8") else text


def _holds(column: pa.ChunkedArray, least: int, below: int) -> bool:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    lowest, highest = pc.min_max(column).as_py().values()
    return highest is not None and highest >= least and lowest < below
