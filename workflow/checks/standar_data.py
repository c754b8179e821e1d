"""Standar Data: what stands in a column is what the column says, and nobody's private matter."""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import prod
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from workflow.area_codes import PROVINCES, looks_like_a_code
from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import find, is_count, is_text, plain, texts, words
from workflow.checks.personal import NIP, NPWP
from workflow.labels import MONTHS, PATTERN_FAULTS, day_of, tanggal
from workflow.layer import Field, FieldType, Layer

NO_QUANTITY = re.compile(
    r"kode|kd|code|id|no|nomor|nik|kk|npsn|nip|npwp|rt|rw|telp|telepon|hp|wa|pos|kodepos|fcode|objectid|gid|fid|ogc|"
    r"nopol|tahun|thn|year|periode|bulan|bln|tanggal|tgl|jam|date|versi"
)
"""Words in a column's name after which digits are no quantity."""

DATES = r"\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|\d{1,2}[ -][A-Za-z]{3,9}[ -](?:19|20)\d\d"
PLANNED = frozenset(
    ["rencana", "target", "selesai", "akhir", "berlaku", "sampai", "kadaluarsa", "kedaluwarsa", "habis"]
)
MISSING_SHARE, LEAST_ROWS = 0.2, 5

MISSING = frozenset(
    ["", "-", "–", "—", ".", "..", "...", "…", "na", "n/a", "n.a.", "n.a", "null", "nihil", "tidak ada"]
)

PATTERN_LENGTH, PATTERN_REPEATS, PATTERN_WORK = 200, 300, 2 * 10**10
"""Letters of a pattern, its repetitions multiplied, and bytes of text times both: some ten seconds at the worst."""

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
    """Text columns of which four cells in five read as numbers, or three where the name says that they count; codes and
    years left out."""
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
        if values and not _are_codes(values) and len(values) >= (0.6 if is_count(field) else 0.8) * said:
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


def values_follow_their_rules(layer: Layer, context: Context) -> Iterator[Fault]:
    """Those of the field dictionary: codes, minimum, maximum and pattern (MS-Var's aturan validasi)."""
    said = context.metadata.get("fields")
    entries = (
        {str(entry.get("name") or entry.get("label")).casefold(): entry for entry in said}
        if isinstance(said, list)
        else {}
    )
    for field in layer.fields:
        rules = entries.get(field.name.casefold()) or entries.get(plain(field).casefold()) or {}
        if not (field.codes or any(rules.get(name) not in (None, "") for name in ("minimum", "maximum", "pattern"))):
            continue
        first = _first(texts(layer, field))
        fitting = _fitting(list(first), str(rules.get("pattern") or ""))
        for (value, n), fits in zip(first.items(), fitting, strict=True):
            broken = _broken(value, field, rules) or ("" if fits else f"berpola {rules['pattern']}")
            if value and broken:
                near = get_close_matches(value, field.codes, n=1, cutoff=0.6) if field.codes else []
                yield Fault({"value": value[:80], "rule": broken}, n, field, suggestion=near[0] if near else None)


def _first(cells: list[str]) -> dict[str, int]:
    """Each distinct cell and where it stands first."""
    return dict(reversed({value: n for n, value in reversed([*enumerate(cells)])}.items()))


def pattern_fault(pattern: str) -> str:
    """Why it is no rule, in words; "" where it is one."""
    if len(pattern) > PATTERN_LENGTH or _repeats(pattern) > PATTERN_REPEATS:
        sign = "too large"
    else:
        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid as fault:
            sign = next((each for each in PATTERN_FAULTS if each in str(fault)), "else")
        else:
            return ""
    return PATTERN_FAULTS[sign].format(length=PATTERN_LENGTH, repeats=PATTERN_REPEATS)


def _repeats(pattern: str) -> int:
    """How many times over its counted repetitions can make it longer: 8 for [0-9]{2}[A-Z]{1,4}."""
    return prod(max(1, int(last or first)) for first, last in re.findall(r"\{(\d+),?(\d*)\}", pattern))


def _fitting(values: list[str], pattern: str) -> list[bool]:
    """By RE2, whose work is a pattern's length times the text's; of very much text only as much as PATTERN_WORK."""
    if not pattern or pattern_fault(pattern):
        return [True] * len(values)
    ends = pc.cumulative_sum(pc.binary_length(pa.array(values, pa.string())).cast(pa.int64()))
    some = pc.sum(pc.less_equal(ends, PATTERN_WORK // (len(pattern) * _repeats(pattern)))).as_py() or 0
    found = pc.match_substring_regex(pa.array(values[:some], pa.string()), f"^(?:{pattern})$")
    return [*found.to_pylist(), *[True] * (len(values) - some)]


def _broken(value: str, field: Field, rules: Mapping[str, Any]) -> str:
    """The list or limit that this value does not keep to, in words; "" where there is none."""
    if field.codes and value not in field.codes:
        return "salah satu dari " + ", ".join(field.codes[:12])
    number = float(value) if re.fullmatch(r"[+-]?\d+(\.\d+)?", value) else None
    for name, word, wrong in (("minimum", "paling sedikit", -1), ("maximum", "paling banyak", 1)):
        limit = str(rules.get(name, "")).replace(",", ".")
        if re.fullmatch(r"[+-]?\d+(\.\d+)?", limit) and number is not None and (number - float(limit)) * wrong > 0:
            return f"{word} {limit}"
    return ""


def cells_are_filled(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of columns whose dictionary does not say what an empty cell means."""
    for field in layer.fields if len(layer) >= LEAST_ROWS else ():
        column = layer.columns[field.name]
        empty = column.null_count + (_count(column, r"^\s*$") if is_text(layer, field) else 0)
        if empty >= MISSING_SHARE * len(layer) and not field.null_meaning:
            yield Fault({"percent": round(empty / len(layer) * 100), "count": empty, "total": len(layer)}, field=field)


def dates_are_iso(layer: Layer, context: Context) -> Iterator[Fault]:
    for field in (field for field in layer.fields if is_text(layer, field)):
        column = layer.columns[field.name]
        filled = len(column) - column.null_count
        if filled and _count(column, DATES) >= 0.8 * filled:
            for value, n in _first(texts(layer, field)).items():
                if re.fullmatch(DATES, value):
                    yield Fault({"value": value}, n, field, suggestion=_iso(value))


def _iso(text: str) -> str | None:
    """Only where day and month cannot be taken for one another, or the month is a word."""
    day, month, year = re.split(r"[/.\s-]+", text)
    named = [name.casefold()[:3] for name in MONTHS]
    number = (
        named.index(month.casefold()[:3]) + 1 if month.casefold()[:3] in named else int(month) if month.isdigit() else 0
    )
    if not (1 <= number <= 12 and len(year) == 4) or (month.isdigit() and int(day) <= 12 and day != month):
        return None
    return f"{year}-{number:02}-{int(day):02}"


def no_date_is_yet_to_come(layer: Layer, context: Context) -> Iterator[Fault]:
    """After the Berita Acara; plans and what is valid until a day are left out."""
    papers = context.metadata.get("berita_acara")
    day = papers.get("date") if isinstance(papers, dict) else None
    for field in layer.fields if day else ():
        if field.type in (FieldType.DATE, FieldType.DATETIME) and not words(field) & PLANNED:
            dates = pc.cast(layer.columns[field.name], pa.date32())
            late = pc.indices_nonzero(pc.fill_null(pc.greater(dates, pa.scalar(day_of(str(day)))), False))
            for n in late.to_pylist():
                yield Fault({"value": tanggal(dates[n].as_py())}, n, field)


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
    """Without what identifies somebody: NIK, NIP, NPWP, mobile numbers and the names in addresses of mail."""
    text = NIK.sub(lambda match: _masked(match) if _is_nik(match) else match[0], text)
    for pattern in (NIP.anywhere, NPWP.anywhere, PHONE.pattern):
        text = re.sub(rf"(?<!\d)(?:{pattern})(?!\d)", lambda match: match[0][:4] + "•" * 8, text)
    return EMAIL.sub(lambda match: f"{match[1]}•••@{match[2]}", text)


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
