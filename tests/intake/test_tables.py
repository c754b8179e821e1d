"""Tables as agencies lay them out, and numbers in either notation."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.intake import Reading, delimited, numbers, tables
from tests.conftest import SHARED
from tests.intake.conftest import Read, shared
from workflow.errors import BadUpload


def built(rows: Sequence[Sequence[tables.Cell]], **wanted: object) -> dict[str, list[object]]:
    """Columns by label."""
    counted = np.array([tables._width([row]) for row in rows])
    found = tables.build("tabel", rows, wanted, lambda row: None, counted)
    return {column.label: column.values.to_pylist() for column in found.columns}


def types(reading: Reading) -> dict[str, str]:
    return {field.label: str(field.type) for field in reading.layer.fields}


def columns(reading: Reading) -> dict[str, list[object]]:
    return {field.label: reading.layer.columns[field.name].to_pylist() for field in reading.layer.fields}


def refused(read: Read, content: Path | bytes | str, **how: object) -> BadUpload:
    with pytest.raises(BadUpload) as fault:
        read(content, **how)
    return fault.value


# Numbers


def column(*cells: str) -> numbers.Numbers | None:
    return numbers.read(pa.chunked_array([pa.array(cells)]), np.ones(len(cells), bool))


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
NOTATIONS = {
    "id": (".", ","),
    "en": (",", "."),
    "id, no thousands": ("", ","),
    "en, no thousands": ("", "."),
    "si": (" ", ","),
}


def written(value: Decimal, thousands: str, decimal: str) -> str:
    return f"{value:,.2f}".replace(",", "T").replace(".", "D").replace("T", thousands).replace("D", decimal)


@pytest.mark.parametrize("notation", NOTATIONS)
@given(values=st.lists(amounts, min_size=1, max_size=30))
@settings(deadline=None)
def test_numbers_written_in_either_notation_read_back_equal(notation: str, values: list[Decimal]) -> None:
    found = column(*(written(value, *NOTATIONS[notation]) for value in values))
    assert found is not None
    assert found.values.to_pylist() == [float(value) for value in values]


@given(values=st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=30))
@settings(deadline=None)
def test_plain_whole_numbers_stay_whole(values: list[int]) -> None:
    found = column(*map(str, values))
    assert found is not None
    assert found.values.to_pylist() == values


@given(values=st.lists(st.integers(1000, 999_999), min_size=1, max_size=30), sign=st.sampled_from(".,"))
@settings(deadline=None)
def test_a_number_that_can_be_read_in_two_ways_is_not_read(values: list[int], sign: str) -> None:
    assert column(*(f"{value:,}".replace(",", sign) for value in values)) is None


@given(cells=st.lists(st.text("0123456789.,- +eE", max_size=12), min_size=1, max_size=5))
@settings(deadline=None, max_examples=500)
def test_what_is_read_as_numbers_has_one_meaning_only(cells: list[str]) -> None:
    found = column(*cells)
    if found is None:
        return
    for cell, value in zip(cells, found.values.to_pylist(), strict=True):
        if value is None:
            continue
        plain = cell.strip().replace(" ", "")
        meanings = set()
        for decimal, other in (".,", ",."):
            try:
                meanings.add(float(plain.replace(other, "").replace(decimal, ".")))
            except ValueError:
                continue
        assert value in meanings


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("12,5", "-", "n.a.", "…"), [12.5, None, None, None]),
        (("1.234,5", "12.330"), [1234.5, 12330]),
        (("1,234.5", "13,016"), [1234.5, 13016]),
        (("12.330", "1.5"), [12.33, 1.5]),
        ((" 2 244 ", "     32 "), [2244, 32]),
        (("+5", "-5"), [5, -5]),
        (("1e3", "2.5E-2"), [1000, 0.025]),
        (("0,5", "0"), [0.5, 0]),
    ],
)
def test_a_column_with_one_meaning_is_numbers(cells: tuple[str, ...], values: list[float | None]) -> None:
    found = column(*cells)
    assert found is not None
    assert found.values.to_pylist() == values


@pytest.mark.parametrize(
    "cells",
    [
        ("12.330", "13,016"),
        ("1.234",),
        ("12,5", "12.5"),
        ("007", "12"),
        ("3375010101010001",),
        ("12,5 ha",),
        ("Rp 1.000",),
        ("1,2,3",),
        ("-", "n.a."),
        ("",),
        ("NaN",),
        ("33.75.01",),
    ],
)
def test_a_column_without_one_meaning_stays_text(cells: tuple[str, ...]) -> None:
    assert column(*cells) is None


def test_a_person_can_say_which_sign_is_the_decimal_one(read: Read) -> None:
    content = "kelurahan,penduduk\nBarat,12.330\nTimur,9.120\n"
    assert types(read(content))["penduduk"] == "string"
    assert columns(read(content, decimal=","))["penduduk"] == [12330, 9120]
    assert columns(read(content, decimal="."))["penduduk"] == [12.33, 9.12]


def test_signs_for_no_value_are_remembered_in_the_dictionary(read: Read) -> None:
    layer = read("nama;jumlah\na;1\nb;-\nc;n.a.\n").layer
    assert layer.columns["jumlah"].to_pylist() == [1, None, None]
    assert (
        layer.field("jumlah").null_meaning
        == "“-” tidak ada atau nol; “n.a.” data tidak tersedia atau tidak dapat ditampilkan"
    )


def test_a_sign_for_no_value_in_a_column_of_words_stays(read: Read) -> None:
    assert columns(read("nama,status\na,ADA\nb,-\n"))["status"] == ["ADA", "-"]


# Codes


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("Kode Kecamatan", ["3375010", "3375020"]),
        ("kd_prov", ["33", "34"]),
        ("area code", ["1", "2"]),
        ("wilayah", ["33.75.01.1002", "33.75.01.1003"]),
        ("wilayah", ["3375010004", "3375010005"]),
        ("nomor", ["0051", "0123"]),
    ],
)
def test_codes_stay_text(label: str, cells: list[str], read: Read) -> None:
    assert columns(read("\n".join([f"{label};x", *(f"{cell};1" for cell in cells)])))[label] == cells


def test_the_column_that_a_person_names_as_code_stays_text(read: Read) -> None:
    reading = read("wilayah,tahun,x\n3375010,2024,1\n", code="wilayah", period_column="tahun")
    assert columns(reading)["wilayah"] == ["3375010"]
    assert (reading.layer.reading["code"], reading.layer.reading["period_column"]) == ("wilayah", "tahun")


def test_a_label_that_only_contains_such_a_word_is_no_code(read: Read) -> None:
    assert types(read("kodein,dekode\n1,2\n")) == {"kodein": "integer", "dekode": "integer"}


# Layout


def test_titles_and_blank_rows_above_the_header_are_left_out() -> None:
    rows = [["Tabel 1. Penduduk", None, None], [None] * 3, ["Kecamatan", "L", "P"], ["Barat", "1", "2"]]
    assert built(rows) == {"Kecamatan": ["Barat"], "L": [1], "P": [2]}


def test_a_header_over_two_rows_is_joined() -> None:
    rows = [["Kecamatan", "Penduduk", None], [None, "Laki-laki", "Perempuan"], ["Barat", "1", "2"]]
    assert list(built(rows)) == ["Kecamatan", "Penduduk / Laki-laki", "Penduduk / Perempuan"]


def test_years_under_a_merged_header_are_header() -> None:
    rows = [["Kecamatan", "Penduduk", None], [None, "2023", "2024"], ["Barat", "1100", "1200"]]
    assert built(rows) == {"Kecamatan": ["Barat"], "Penduduk / 2023": [1100], "Penduduk / 2024": [1200]}


def test_the_row_of_column_numbers_is_left_out() -> None:
    rows = [["Kecamatan", "L", "P"], ["(1)", "(2)", "(3)"], ["Barat", "1", "2"]]
    assert built(rows) == {"Kecamatan": ["Barat"], "L": [1], "P": [2]}


def test_rows_keep_their_number_in_the_file(read: Read) -> None:
    layer = read("Tabel 1,,\n,,\nnama,L,P\nBarat,1,2\n,,\nTimur,3,4\n").layer
    assert layer.rows.tolist() == [4, 6]
    assert layer.reading["header_rows"] == 3


def left_out(reading: Reading) -> dict[int, str]:
    return {row: why for row, why in reading.sheet["left_out"]}


def test_totals_and_sources_below_a_table_are_left_out_with_the_reason(read: Read) -> None:
    content = "nama,jumlah\nBarat,1\nTimur,3\nJumlah,4\nSumber: BPS,\n"
    reading = read(content)
    assert columns(reading) == {"nama": ["Barat", "Timur"], "jumlah": [1, 3]}
    assert left_out(reading) == {4: "total", 5: "note"}
    assert [remark.params for remark in reading.remarks] == [{"count": 2, "rows": "4-5"}]
    assert columns(read(content, keep="4"))["nama"] == ["Barat", "Timur", "Jumlah"]
    assert columns(read(content, drop="2", keep="4-5"))["nama"] == ["Timur", "Jumlah", "Sumber: BPS"]


def test_a_person_can_say_how_many_rows_the_header_has(read: Read) -> None:
    content = "1,2\n3,4\n"
    assert refused(read, content).code == "HEADER"
    assert columns(read(content, header_rows=1)) == {"1": [3], "2": [4]}
    assert [field.name for field in read(content, header_rows=0).layer.fields] == ["kolom_1", "kolom_2"]


def test_what_was_found_out_gives_the_same_table_again(read: Read) -> None:
    content = "Judul;;\nKecamatan;Kode;Persen\nBarat;33.75.01;12,5\n".encode("cp1252")
    first = read(content)
    again = read(content, **first.layer.reading)
    assert again.layer.columns.equals(first.layer.columns)
    assert again.layer.reading == first.layer.reading


# Random tables in the mess that agencies make

NAMES = st.sampled_from(
    ["Medono", "Podosugih", "Sapuro Kebulen", "Bendan Kergon", "Kandang Panjang", "Degayu", "Klego"]
)
SIGNS_FOR_NOTHING = ("-", "n.a.", "…", "...", "")


@dataclass(frozen=True)
class Mess:
    thousands: str
    decimal: str
    delimiter: str
    titles: int
    two_lines: bool
    numbered: bool
    total: bool
    footer: int
    encoding: str
    nothing: str

    def write(self, names: list[str], values: list[list[Decimal | None]]) -> bytes:
        width = 1 + len(values[0])
        lines = [[f"TABEL {at + 1}. DATA MENURUT KELURAHAN"] for at in range(self.titles)] + [[]] * bool(self.titles)
        heads = [f"Banyaknya {letter}" for letter in "ABC"[: width - 1]]
        lines += [["Kelurahan", "Uraian"], ["", *heads]] if self.two_lines else [["Kelurahan", *heads]]
        lines += [[f"({at + 1})" for at in range(width)]] * self.numbered
        lines += [[name, *map(self.cell, row)] for name, row in zip(names, values, strict=True)]
        sums = [sum((row[at] or Decimal(0) for row in values), Decimal(0)) for at in range(width - 1)]
        lines += [["Jumlah", *map(self.cell, sums)]] * self.total
        lines += [[], ["Sumber: Dinas, 2025 "], ["Kepala Dinas"]][: self.footer and 1 + self.footer]
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=self.delimiter).writerows([*line, *[""] * (width - len(line))] for line in lines)
        return buffer.getvalue().encode(self.encoding, "replace" if self.encoding == "cp1252" else "strict")

    def cell(self, value: Decimal | None) -> str:
        return self.nothing if value is None else written(value, self.thousands, self.decimal)


messes = st.builds(
    lambda signs, delimiter, **rest: Mess(*signs, delimiter=delimiter, **rest),
    signs=st.sampled_from([*NOTATIONS.values()]),
    delimiter=st.sampled_from(";\t|"),
    titles=st.integers(0, 3),
    two_lines=st.booleans(),
    numbered=st.booleans(),
    total=st.booleans(),
    footer=st.integers(0, 2),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    nothing=st.sampled_from(SIGNS_FOR_NOTHING),
)


@st.composite
def figures(draw: st.DrawFn) -> tuple[list[str], list[list[Decimal | None]]]:
    width = draw(st.integers(2, 3))
    cells = st.lists(st.decimals(0, 10**7, places=2), min_size=width, max_size=width)
    rows: list[list[Decimal | None]] = [[*row] for row in draw(st.lists(cells, min_size=4, max_size=12))]
    for at in draw(st.lists(st.integers(1, len(rows) - 1), max_size=3)):
        rows[at][draw(st.integers(0, width - 1))] = None
    return [f"{draw(NAMES)} {at}" for at in range(len(rows))], rows


@given(mess=messes, table=figures())
@settings(deadline=None, max_examples=150)
def test_a_table_in_any_indonesian_mess_reads_back_to_its_values(
    mess: Mess, table: tuple[list[str], list[list[Decimal | None]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    names, values = table
    path = tmp_path_factory.mktemp("mess") / "x"
    path.write_bytes(mess.write(names, values))
    found = delimited.read(path, "x", delimited.look_at(path, {}), {}, lambda *_: None)
    assert found.columns[0].values.to_pylist() == names
    for at, column in enumerate(found.columns[1:]):
        expected = [None if row[at] is None else float(row[at]) for row in values]  # type: ignore[arg-type]
        if any(value is not None for value in expected):
            assert column.values.to_pylist() == expected


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=3, max_size=3), max_size=5
    )
)
@settings(deadline=None, max_examples=30)
def test_text_between_any_delimiters_and_quotes_comes_back(
    delimiter: str, rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows, ["x", "y", "z"]])
    path = tmp_path_factory.mktemp("csv") / "x"
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    dialect = delimited.look_at(path, {"delimiter": delimiter})
    found = delimited.read(path, "x", dialect, {"header_rows": 1, "keep": "2-9"}, lambda *_: None)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert found.count == len(kept) + 1


@pytest.mark.parametrize(
    ("encoding", "remarked"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)]
)
def test_encodings_are_found_out(encoding: str, remarked: bool, read: Read) -> None:
    reading = read("nama,x\nCafé,1\n".encode(encoding))
    assert columns(reading)["nama"] == ["Café"]
    assert ("ENC_GUESSED" in {remark.check for remark in reading.remarks}) is remarked


def test_an_encoding_can_be_told(read: Read) -> None:
    content = "nama,x\nCafé,1\n".encode()
    assert columns(read(content, encoding="windows-1252"))["nama"] == ["CafÃ©"]
    assert refused(read, content, encoding="rot13").code == "ENCODING"
    assert refused(read, "é,x\n1,2".encode("latin-1"), encoding="utf-8").code == "ENCODING"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("nama,x\nBarat,1,2\n", "CSV_RAGGED"),
        ('nama,x\n"Barat,1\nTimur,2\n', "CSV_QUOTES"),
        ("nama,x\n", "EMPTY"),
        (",,\n,,\n", "EMPTY"),
        (b"nama,x\0\n1,2\n", "TYPE_MISMATCH"),
        (",".join(f"k{n}" for n in range(501)) + "\n" + ",".join(["1"] * 501), "COLUMNS"),
        ("x" * 2**21 + ",a\n1,2\n", "CSV_QUOTES"),
        ("<html><table></table></html>", "UNSUPPORTED"),
        (b"%PDF-1.4", "UNSUPPORTED"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "UNSUPPORTED"),
        (b"\x89PNG\r\n\x1a\n\0\0", "TYPE_MISMATCH"),
    ],
)
def test_what_is_no_table_is_refused(content: str | bytes, code: str, read: Read) -> None:
    assert refused(read, content).code == code


def test_the_row_that_is_too_long_is_named(read: Read) -> None:
    where = refused(read, "a,b\n1,2\n1,5,2\n").where
    assert (where["row"], where["from_column"]) == (3, 3)
    assert where["sheets"] == [{"title": "", "raw": [[1, "a", "b"], [2, "1", "2"], [3, "1", "5", "2"]]}]


# Workbooks


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_the_typed_cells_of_a_workbook_are_kept(read: Read, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b",
        Data=[
            ["kode", "nama", "jumlah", "luas", "tanggal", "pada", "ada"],
            ["0051", "a", 1, 0.1, date(2024, 2, 29), datetime(2024, 2, 29, 10, 30), True],  # noqa: DTZ001
            [52, "b", 2, 3, date(2024, 3, 1), datetime(2024, 3, 1), False],  # noqa: DTZ001
        ],
    )
    reading = read(path)
    assert types(reading) == {
        "kode": "string",
        "nama": "string",
        "jumlah": "integer",
        "luas": "number",
        "tanggal": "date",
        "pada": "date-time",
        "ada": "boolean",
    }
    assert columns(reading)["kode"] == ["0051", "52"]
    assert columns(reading)["luas"] == [0.1, 3]
    assert columns(reading)["pada"] == [datetime(2024, 2, 29, 10, 30), datetime(2024, 3, 1)]  # noqa: DTZ001
    assert reading.layer.reading["sheet"] == "Data"


def test_numbers_written_as_text_among_numbers_are_read_only_where_they_are_clear(read: Read, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b", Data=[["nama", "x", "y"], ["a", 1.5, 12], ["b", "2,5", "12.330"], ["c", "-", 3]])
    assert columns(read(path)) == {"nama": ["a", "b", "c"], "x": [1.5, 2.5, None], "y": ["12", "12.330", "3"]}


def test_somebody_chooses_between_sheets(read: Read, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b", Data=[["a", "b"], ["x", 1]], Lain=[["c", "d"], ["y", 2]], Kosong=[])
    fault = refused(read, path)
    assert (fault.code, fault.where["layers"]) == ("LAYER_CHOICE", ["Data", "Lain"])
    assert columns(read(path, sheet="Lain")) == {"c": ["y"], "d": [2]}


def test_what_a_workbook_hides_or_failed_to_calculate_is_told(read: Read, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b.xlsx", Data=[["a", "b", "c"], ["x", 1, 2], ["y", "#N/A", 3], ["z", 4, 5]], Lain=[["d"], [1]]
    )
    book = openpyxl.load_workbook(path)
    book["Lain"].sheet_state = "hidden"
    book["Data"].column_dimensions["C"].hidden = True
    book["Data"].row_dimensions[4].hidden = True
    book["Data"]["B3"].data_type = "e"
    book.save(path)
    reading = read(path)
    told = {remark.check: remark.params for remark in reading.remarks}
    assert told["SHEET_HIDDEN"] == {"names": "“Lain”"}
    assert told["CELLS_HIDDEN"] == {"what": "kolom C, baris 4"}
    assert told["FORMULA_FAULT"] == {"count": 1}
    assert columns(reading)["b"] == [1, None, 4]


def test_a_cell_merged_over_rows_says_the_same_for_each(read: Read, tmp_path: Path) -> None:
    rows = [["kecamatan", "kelurahan", "n"], ["Barat", "Medono", 1], [None, "Podosugih", 2], ["Timur", "Klego", 3]]
    path = workbook(tmp_path / "b.xlsx", Data=rows)
    book = openpyxl.load_workbook(path)
    book["Data"].merge_cells("A2:A3")
    book.save(path)
    assert columns(read(path))["kecamatan"] == ["Barat", "Barat", "Timur"]


def test_a_formula_without_a_value_is_remarked_on(read: Read, tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "b", Data=[["a", "b"], ["x", 1], ["y", "=1+1"]]))
    assert [(remark.check, remark.row, remark.params["count"]) for remark in reading.remarks] == [("FORMULA", 3, 1)]
    assert columns(reading)["b"] == [1, None]


def altered(path: Path, part: str, old: bytes, new: bytes, extra: dict[str, bytes] | None = None) -> Path:
    """A workbook with something changed inside one of its parts."""
    to = path.with_suffix(".lain")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new, 1) if name == part else content)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return to


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', "XML_DTD"),
        (b'<row r="2"', b'<row r="99999999"', "XLSX_BROKEN"),
        (b'<row r="2"', b'<row r="0"', "XLSX_BROKEN"),
        (b"</sheetData>", b"", "XLSX_BROKEN"),
        (b'r="A2"', b'r="ZZZZZZZ2"', "XLSX_BROKEN"),
    ],
)
def test_a_workbook_that_is_not_whole_is_refused(old: bytes, new: bytes, code: str, read: Read, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b", Data=[["a", "b"], ["x", 1]])
    assert refused(read, altered(path, SHEET, old, new)).code == code


def test_a_workbook_that_lies_about_its_size_is_read_whole(read: Read, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b", Data=[["a", "b"], ["x", 1], ["y", 2]])
    assert len(read(altered(path, SHEET, b'ref="A1:B3"', b'ref="A1:A2"')).layer) == 2


def test_a_workbook_with_macros_is_refused(read: Read, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b", Data=[["a", "b"], ["x", 1]])
    assert refused(read, altered(path, "", b"", b"", {"xl/vbaProject.bin": b"x"})).code == "XLSX_CODE"


# Tables as agencies publish them


def test_a_printed_table_of_bps_is_read(read: Read) -> None:
    reading = read(shared("04_tabel", "jateng_sampah", "bps_jateng.csv"))
    told = columns(reading)
    assert reading.layer.reading["header_rows"] == 8
    assert next(iter(told)) == "Kabupaten/ Kota Regency/ Municipality"
    assert list(told)[4] == "Jenis Tempat Pembuangan Sampah / Type of Garbage Disposal Unit / Drainase / Drainage"
    assert [str(field.type) for field in reading.layer.fields] == ["string"] + ["integer"] * 7
    assert left_out(reading) == {44: "sum", 45: "note"}  # JAWA TENGAH, and the source
    assert [sum(cell or 0 for cell in column) for column in [*told.values()][1:]] == [
        *(2244, 6070, 149, 5, 94, 8562, 2337)
    ]


TABLES = SHARED / "data" / "04_tabel"
CLEAN = sorted(str(path.relative_to(TABLES)) for path in TABLES.glob("j*_ke*/*.csv") if "__provinsi" not in path.name)


@pytest.mark.parametrize("name", CLEAN)
def test_a_table_of_an_agency_has_every_value_that_pandas_sees(name: str, read: Read) -> None:
    path = shared("04_tabel", name)
    reading = read(path)
    frame = pd.read_csv(path, encoding="utf-8-sig").dropna(how="all")
    assert list(columns(reading)) == list(frame.columns)
    for label, values in columns(reading).items():
        expected = [None if pd.isna(value) else value for value in frame[label]]
        if "kode" in label:
            expected = [str(value) for value in expected]
        assert values == expected


def test_a_workbook_of_an_agency_is_read_by_its_sheet(read: Read) -> None:
    path = shared("04_tabel", "jateng_bencana", "Data Bencana Alam Jawa Tengah.xlsx")
    fault = refused(read, path)
    assert fault.where["layers"] == ["Data Asli", "Data Analisis"]
    assert len(read(path, sheet="Data Analisis").layer) == 11


def test_a_web_page_called_xls_is_refused_with_a_way_out(read: Read) -> None:
    fault = refused(read, shared("04_tabel", "jabar_kemiskinan", "gariskemiskinanjabar.xls"))
    assert fault.code == "UNSUPPORTED"
    assert "HTML" in fault.detail
    assert "Excel Workbook (*.xlsx)" in fault.mend
