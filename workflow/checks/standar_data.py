"""Standar Data: what stands in a column is what the column says, and nobody's private matter."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from workflow.area_codes import PROVINCES, looks_like_a_code
from workflow.checks.claims import Context, Fault
from workflow.checks.columns import column, find, is_text, matching, plain, texts, words
from workflow.layer import Field, Layer

NO_QUANTITY = re.compile(
    r"kode|kd|code|id|no|nomor|nik|kk|npsn|nip|npwp|rt|rw|telp|telepon|hp|wa|pos|kodepos|fcode|objectid|gid|fid|ogc|"
    r"nopol|tahun|thn|year|periode|bulan|bln|tanggal|tgl|jam|date|versi"
)
"""Words in a column's name after which digits are no quantity."""

MISSING = frozenset(
    {"", "-", "–", "—", ".", "..", "...", "…", "na", "n/a", "n.a.", "n.a", "null", "nihil", "tidak ada"}
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
class Convention:
    """How one column writes its numbers. Indonesia's is the default: 1.234,5.

    `sure` where some cell can only be read with decimals; else three digits after a sign are thousands.
    """

    decimal: str = ","
    sure: bool = False

    @classmethod
    def of(cls, shapes: Counter[str]) -> Self:
        """By what can be read in one way only; else by which sign groups thousands more often."""
        sure = shapes["comma"] - shapes["point"]
        return cls("." if (sure or shapes["dots"] - shapes["commas"]) < 0 else ",", bool(sure))

    def keeps(self, shape: str) -> bool:
        grouped, decimals = {",": ("commas", "point"), ".": ("dots", "comma")}[self.decimal]
        return shape != decimals and (shape != grouped or self.sure)

    def read(self, text: str, shape: str) -> str:
        """The number without signs for thousands and with a decimal comma; a deviating cell by its own shape."""
        decimal = self.decimal if self.keeps(shape) else "." if shape in ("commas", "point") else ","
        thousands = "." if decimal == "," else ","
        return re.sub(r"\s", "", text).replace(thousands, "").replace(decimal, ",")


def shape_of(text: str) -> str | None:
    return next((name for name, pattern in SHAPES if pattern.fullmatch(text)), None)


@dataclass(frozen=True)
class Numbers:
    """A text column that holds numbers: each cell beside its shape (None: no number)."""

    field: Field
    cells: list[tuple[int, str, str | None]]

    @cached_property
    def shapes(self) -> Counter[str]:
        return Counter(shape for _, _, shape in self.cells if shape)

    @cached_property
    def convention(self) -> Convention:
        return Convention.of(self.shapes)

    def readings(self, *, deviating: bool = False) -> Iterator[tuple[int, str, str | None]]:
        """(position, text, the number it reads as; None where it is none)."""
        for n, text, shape in self.cells:
            if not deviating or shape is None or not self.convention.keeps(shape):
                yield n, text, self.convention.read(text, shape) if shape else None


def numbers_are_numbers(layer: Layer, context: Context) -> Iterator[Fault]:
    for numbers in _number_columns(layer, context):
        text, reading = next((text, reading) for _, text, reading in numbers.readings() if reading)
        yield Fault(
            {
                "column": plain(numbers.field),
                "count": sum(numbers.shapes.values()),
                "value": text,
                "reading": reading,
            },
            column=numbers.field.name,
            suggestion=f"desimal “{numbers.convention.decimal}”",
        )


def numbers_are_written_alike(layer: Layer, context: Context) -> Iterator[Fault]:
    for numbers in _number_columns(layer, context):
        for n, text, reading in numbers.readings(deviating=True):
            params = {"column": plain(numbers.field), "value": text[:40], "reading": reading or "kosong"}
            yield Fault(params, row=int(layer.rows[n]), column=numbers.field.name, suggestion=reading)


def _number_columns(layer: Layer, context: Context) -> Iterator[Numbers]:
    """Text columns of which at least four cells in five read as numbers, codes and years left out."""
    key = find(layer, layer.key or str(context.metadata.get("key") or ""))
    for field in layer.fields:
        if not is_text(layer, field) or field == key or field.codes or any(map(NO_QUANTITY.fullmatch, words(field))):
            continue
        if not _mostly(layer, field, r"^\s*[+-]?\d[\d.,\s]*$"):
            continue
        filled = [(n, text) for n, text in enumerate(texts(layer, field)) if text]
        cells = [(n, text, shape_of(text)) for n, text in filled]
        values = [text for _, text, shape in cells if shape]
        if values and not _are_codes(values) and len(values) >= 0.8 * sum(_says(text) for _, text in filled):
            yield Numbers(field, cells)


def _says(text: str) -> bool:
    return text.casefold() not in MISSING


def _are_codes(values: list[str]) -> bool:
    """Leading zeros or more than twelve digits somewhere; years or area codes throughout."""
    return (
        any(re.fullmatch(r"0\d+|\d{13,}", text) for text in values)
        or all(re.fullmatch(r"(19|20)\d\d", text) for text in values)
        or all(map(looks_like_a_code, values))
    )


def _mostly(layer: Layer, field: Field, pattern: str) -> bool:
    """A quick look before a slow one: half of the cells that are there."""
    values = column(layer, field)
    hits = pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0
    return bool(hits and hits * 2 >= len(values) - values.null_count - _blank(values))


def _blank(values: pa.ChunkedArray) -> int:
    return pc.sum(pc.match_substring_regex(values, r"^[\s.…–—-]*$")).as_py() or 0


NIK = re.compile(r"(?<!\d)(?<!\d[.,])(\d{6})[ .-]?(\d{6})[ .-]?(\d{4})(?!\d)")
PHONE = re.compile(r"(?<!\d)(?<!\d[.,])(?:\+?62[ .-]?|0)8\d{1,2}[ .-]?\d{3,4}[ .-]?\d{2,5}(?!\d)")
# Bounded, so that a long hostile cell costs no more than its length.
EMAIL = re.compile(r"([\w.+-])[\w.+-]{0,63}@([\w-]{1,63}(?:\.[\w-]{1,63})+)")
PHONE_WORDS = frozenset(["telp", "telepon", "tlp", "hp", "wa", "whatsapp", "phone", "kontak", "ponsel", "seluler"])


def no_nik_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"\d{6}[ .-]?\d{6}[ .-]?\d{4}", 10**15, 10**16):
        match = next((match for match in NIK.finditer(text) if is_nik("".join(match.groups()))), None)
        if match:
            yield _personal(layer, field, n, _masked(match))


def no_mobile_number_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"8\d{1,2}[ .-]?\d{3}", 8 * 10**8, 63 * 10**12, PHONE_WORDS):
        match = PHONE.search(text)
        digits = re.sub(r"\D", "", match[0]) if match else ""
        if 10 <= len(digits) <= 14:
            yield _personal(layer, field, n, digits[:4] + "•" * 6 + digits[-2:])


def no_email_is_given(layer: Layer, context: Context) -> Iterator[Fault]:
    for field, n, text in _cells(layer, r"\w@\w"):
        match = EMAIL.search(text)
        if match:
            yield _personal(layer, field, n, f"{match[1]}•••@{match[2]}")


def mask_niks(text: str) -> str:
    return NIK.sub(lambda match: _masked(match) if is_nik("".join(match.groups())) else match[0], text)


def _masked(nik: re.Match[str]) -> str:
    return nik[0][:4] + "•" * 12


def is_nik(digits: str) -> bool:
    """16 digits: province, kabupaten, kecamatan, day of birth (a woman's + 40), month, year, serial number."""
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    return (
        digits[:2] in PROVINCES
        and "00" not in (digits[2:4], digits[4:6])
        and digits[12:] != "0000"
        and any(_is_date(century + year, month, day - 40 if day > 40 else day) for century in (1900, 2000))
    )


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _cells(
    layer: Layer, pattern: str, least: int = 0, below: int = 0, only: frozenset[str] = frozenset()
) -> Iterator[tuple[Field, int, str]]:
    """Cells of text columns that hold the pattern, and of number columns whose value lies in [least, below).

    Number columns only where the name holds a word of `only`, if there is one; a lost leading zero is put back there.
    """
    for field in layer.fields:
        if is_text(layer, field):
            for n, text in matching(layer, field, pattern):
                yield field, n, text
        elif below and (not only or words(field) & only) and _holds(layer, field, least, below):
            for n, text in enumerate(texts(layer, field)):
                if text.isdigit() and least <= int(text) < below:
                    yield field, n, "0" + text if only and text.startswith("8") else text


def _holds(layer: Layer, field: Field, least: int, below: int) -> bool:
    values = column(layer, field)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return False
    top = pc.max(values).as_py()
    return top is not None and top >= least and (pc.min(values).as_py() < below)


def _personal(layer: Layer, field: Field, n: int, masked: str) -> Fault:
    return Fault({"column": plain(field), "masked": masked}, row=int(layer.rows[n]), column=field.name)
