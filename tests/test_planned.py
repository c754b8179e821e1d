"""The agreed Daftar Data: what the sheet says, what of it was received, and what each agency still has to enter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from tests.conftest import PDF, City
from tests.pages.desk import Seat
from tests.test_publishing import layer, walk
from workflow.planned import Entry, State, covers, reconcile, tally
from workflow.sop import Status
from workflow.store import PlannedData

HEAD = ("No", "Produsen Data / OPD", "Judul/Uraian Data", "Jenis", "Kode DSSD", "Satuan", "Periode/Tahun", "Jadwal")
LINES: tuple[tuple[Any, ...], ...] = (
    (1, "DPUPR", "Pos Pantau", "Geospasial", None, "titik", "Tahunan", date(2026, 3, 31)),
    (2, None, "Panjang jalan kota", "statistik sektoral", "1.03.0001", "km", 2026, "Maret 2026"),
    (3, None, "Jembatan", "Peta", None, None, "Tahunan", "10 Maret 2026"),
    (4, "Dinkes Kota Pekalongan", "Jumlah Puskesmas", None, "1.02.0005", "unit", "Semesteran", "Semester I"),
    (5, "Dinas Antah Berantah", "Apa saja", "statistik", None, None, None, None),
    (6, "DINKES", "Jumlah  puskesmas", "statistik", None, None, None, None),
    (7, "DINKES", "Posyandu", "lukisan", None, None, None, None),
    (8, "DINKES", "Bidan", "statistik", "DSSD 12", None, None, None),
    (9, "DINKES", "Dokter", "statistik", None, None, None, "nanti saja"),
)


def sheet(*lines: tuple[Any, ...], head: tuple[str, ...] = HEAD, titles: int = 3) -> bytes:
    """As agencies have them: a title, a header over numbered columns, agencies merged over their lines."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["A1"] = "DAFTAR DATA SEKTORAL KOTA PEKALONGAN TAHUN 2026"
    for at, row in enumerate((head, [f"({n})" for n in range(1, len(head) + 1)], *lines), start=titles):
        for column, value in enumerate(row, start=1):
            page.cell(at, column, value)
    page.merge_cells("B5:B7")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(walidata: Seat, content: bytes, name: str = "daftar.xlsx", **typed: str) -> None:
    walidata.open("/meja/daftar-data/rencana/unggah")
    walidata.press("/meja/daftar-data/rencana/unggah", files={"file": (content, name)}, **{"period": "2026"} | typed)


def rows(seat: Seat) -> list[list[str]]:
    """The last table on the page, as words."""
    table = seat.page.xpath("//main//table")[-1]
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath(".//tbody/tr")]


def test_a_yearly_list_is_read_shown_and_taken(city: City) -> None:
    walidata = Seat(city, "walidata")
    upload(walidata, sheet(*LINES))
    assert walidata.answer.status_code == 200
    assert walidata.says("4 dari 9 baris dipakai")
    said = {line[0]: line for line in rows(walidata)}
    assert said["5"][1:8] == ["DPUPR", "Pos Pantau", "Peta", "–", "titik", "Tahunan", "31 Maret 2026"]
    assert said["6"][1:8] == ["DPUPR", "Panjang jalan kota", "Statistik", "1.03.0001", "km", "2026", "31 Maret 2026"]
    assert said["7"][7] == "10 Maret 2026"
    assert said["8"][1:5] == ["DINKES", "Jumlah Puskesmas", "Statistik", "1.02.0005"]
    assert said["8"][7] == "30 Juni 2026"
    for row, sentence in {
        "9": "“Dinas Antah Berantah” bukan OPD yang terdaftar",
        "10": "Judul dan OPD-nya sama dengan baris 8.",
        "11": "Jenis “lukisan” tidak dikenal; tulis statistik atau geospasial.",
        "12": "“DSSD 12” bukan kode DSSD",
        "13": "Jadwal “nanti saja” tidak terbaca; tulis misalnya 31 Maret 2026.",
    }.items():
        assert sentence in said[row][8]
    assert city.journey.records.planned() == [], "nothing is taken before somebody says so"

    walidata.press("/meja/daftar-data/rencana/pakai")
    assert walidata.says("Daftar Data 2026 tersimpan: 4 data.")
    kept = city.journey.records.planned(period="2026")
    assert [(one.agency, one.title, one.kind, one.dssd, one.unit) for one in kept] == [
        ("dinkes", "Jumlah Puskesmas", "statistics", "1.02.0005", "unit"),
        ("dpupr", "Pos Pantau", "geospatial", "", "titik"),
        ("dpupr", "Panjang jalan kota", "statistics", "1.03.0001", "km"),
        ("dpupr", "Jembatan", "geospatial", "", ""),
    ]
    assert {one.source for one in kept} == {"daftar.xlsx"}
    told = list(city.journey.records.ledger())[-1]
    assert (told.action, told.object, told.actor) == ("planned.replace", "2026", "id-walidata")
    assert told.detail["counts"] == {"dinkes": 1, "dpupr": 3}

    upload(walidata, sheet((1, "DPUPR", "Jembatan", "Peta", None, None, None, None)))
    walidata.press("/meja/daftar-data/rencana/pakai")
    assert {one.title for one in city.journey.records.planned()} == {"Jembatan", "Jumlah Puskesmas"}


def test_planned_data_are_matched_with_what_was_entered_and_counted(city: City) -> None:
    walidata = Seat(city, "walidata")
    upload(walidata, sheet(*LINES))
    walidata.press("/meja/daftar-data/rencana/pakai")
    walk(city, layer("satu"), "submitted", title="Pos pantau")
    walk(city, layer("dua"), "returned", title="Jembatan")
    extra = walk(city, layer("tiga"), "submitted", title="Taman kota", outside_list="Diminta Bappeda.")
    walidata.open("/meja/daftar-data/rencana/?periode=2026")
    assert walidata.says(
        "4 data direncanakan, 1 diterima, 3 belum diinput, 1 di antaranya lewat jadwal; 1 data di luar"
    )
    states = {line[0]: line[3] for line in rows(walidata) if line[1] == "DPUPR"}
    assert states == {
        "Pos PantauPeta, titik, Tahunan": "Diterima Diajukan",
        "Panjang jalan kotaStatistik, DSSD 1.03.0001, km, 2026": "Belum diinput",
        "JembatanPeta, Tahunan": "Baru konsep atau dikembalikan Dikembalikan",
        "Taman kota": "Di luar daftar Diajukan",
    }
    assert walidata.says("judulnya sama")
    assert walidata.says("Alasan: Diminta Bappeda.")
    for asked, titles in {
        "keadaan=di-luar": ["Taman kota"],
        "keadaan=terlambat": ["Jembatan"],
        "opd=dinkes": ["Jumlah Puskesmas"],
        "keadaan=diterima&opd=dpupr": ["Pos Pantau"],
    }.items():
        walidata.open(f"/meja/daftar-data/rencana/?periode=2026&{asked}")
        assert [line[0].startswith(title) for line, title in zip(rows(walidata), titles, strict=True)] == [True]

    walidata.open("/meja/daftar-data/rencana/?periode=2026&opd=dpupr")
    wanted = next(one for one in city.journey.records.planned() if one.title == "Panjang jalan kota")
    walidata.press(f"/meja/daftar-data/rencana/{wanted.id}/cocok", dataset=extra)
    assert walidata.says("dipilih Walidata")
    assert walidata.says("3 data direncanakan, 2 diterima, 1 belum diinput")
    assert list(city.journey.records.ledger())[-1].detail == {"dataset": extra}
    upload(walidata, sheet(*LINES))
    walidata.press("/meja/daftar-data/rencana/pakai")
    assert walidata.says("4 data direncanakan, 2 diterima"), "what was matched stays matched"


def test_a_produsen_data_sees_what_is_to_be_entered_and_starts_there(city: City) -> None:
    walidata = Seat(city, "walidata")
    upload(walidata, sheet(*LINES))
    walidata.press("/meja/daftar-data/rencana/pakai")
    walk(city, layer("satu"), "submitted", title="Pos pantau")
    produsen = Seat(city, "produsen")
    produsen.open("/meja/produsen-data/")
    assert produsen.says("OPD Anda punya 3 data dalam Daftar Data 2026; 2 belum diinput")
    (first, *_) = produsen.page.xpath('//a[text()="Mulai input"]/@href')
    produsen.open(first)
    assert produsen.page.xpath('//input[@name="title"]/@value') == ["Panjang jalan kota"]
    assert produsen.page.xpath('//input[@name="kind"][@checked]/@value') == ["statistics"]
    produsen.open("/meja/daftar-data/rencana/?periode=2026")
    assert not produsen.says("Puskesmas"), "another agency's plan"
    assert produsen.http.get("/meja/daftar-data/rencana/unggah").status_code == 403


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "daftar.xlsx", "Berkas ini kosong"),
        (b"bukan buku kerja, hanya kalimat", "daftar.xlsx", "XLSX"),
        (b"a,b\n1,2\n3,4\n", "daftar.csv", "Baris judul kolom tidak ditemukan"),
        (layer("satu"), "peta.geojson", "berisi peta, bukan daftar"),
        (sheet(), "daftar.xlsx", "Tidak ada baris data yang dapat dipakai"),
    ],
)
def test_what_is_no_list_is_refused_on_its_page(embedded_city: City, content: bytes, name: str, said: str) -> None:
    walidata = Seat(embedded_city, "walidata")
    upload(walidata, content, name)
    assert walidata.answer.status_code == 422
    assert walidata.says(said), walidata.answer.text


def test_a_list_of_one_agency_needs_no_column_for_it(embedded_city: City) -> None:
    walidata = Seat(embedded_city, "walidata")
    upload(walidata, b"Nama Data;Jenis;Jadwal\nSumur resapan;peta;2026-05-17\n", "daftar.csv", agency="dpupr")
    walidata.press("/meja/daftar-data/rencana/pakai")
    (one,) = embedded_city.journey.records.planned()
    assert (one.agency, one.title, one.kind, one.due) == ("dpupr", "Sumur resapan", "geospatial", date(2026, 5, 17))


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def planned(id: str, title: str, **more: Any) -> PlannedData:
    return PlannedData(id, "dpu", "2026", title, "statistics", "daftar.xlsx", "wati", NOW, **more)


def test_what_the_walidata_said_counts_more_than_a_title() -> None:
    entries = [
        Entry("jalan", "dpu", "Jalan Kota", "s1", Status.PUBLISHED),
        Entry("jalan-2", "dpu", "Ruas", "s2", Status.SUBMITTED),
        Entry("taman", "dpu", "Taman"),
        Entry("lain", "dinkes", "Jalan kota", "s3", Status.VERIFIED),
    ]
    lines = reconcile(
        [
            planned("1", "jalan  kota"),
            planned("2", "Panjang", dataset="jalan", due=date(2026, 1, 1)),
            planned("3", "TAMAN"),
        ],
        entries,
        date(2026, 1, 2),
    )
    assert [(line.title, line.state, line.said, line.late) for line in lines] == [
        ("jalan  kota", State.MISSING, False, False),
        ("Panjang", State.RECEIVED, True, False),
        ("TAMAN", State.MISSING, False, False),
        ("Jalan kota", State.EXTRA, False, False),
        ("Ruas", State.EXTRA, False, False),
    ]
    assert vars(tally(lines)) == {"planned": 3, "received": 1, "missing": 2, "late": 0, "extra": 2}


@pytest.mark.parametrize(
    ("period", "other", "is_within"),
    [
        ("2026", "2026", True),
        ("2026", "2026-S1", True),
        ("2026", "2025", False),
        ("2026-S1", "2026", False),
        ("x", "x", True),
    ],
)
def test_a_year_covers_its_semesters(period: str, other: str, is_within: bool) -> None:
    assert covers(period, other) is is_within


PAPERS = {"file": (layer("satu"), "pos.geojson"), "berita_acara": (PDF, "ba.pdf")}


def enter(seat: Seat, title: str, **typed: str) -> int:
    seat.open("/meja/produsen-data/ajukan")
    said = {"title": title, "number": "1", "date": "2026-03-12"} | typed
    return seat.press("/meja/produsen-data/ajukan", files=PAPERS, **said).status_code


def test_what_is_not_on_the_list_is_entered_with_a_reason_that_the_walidata_reads(city: City) -> None:
    walidata, produsen = Seat(city, "walidata"), Seat(city, "produsen")
    assert enter(produsen, "Rumah Pompa") == 200, "without a list there is nothing to be outside of"
    upload(walidata, sheet(*LINES))
    walidata.press("/meja/daftar-data/rencana/pakai")
    assert enter(produsen, "Pos  pantau") == 200, "it is on the list"

    assert enter(produsen, "Tanggul Laut") == 400
    assert produsen.says("“Tanggul Laut” tidak ada dalam Daftar Data 2026 OPD Anda")
    produsen.press("/meja/produsen-data/ajukan", files=PAPERS, outside_list="Diminta Wali Kota.", number="1")
    id = produsen.read(produsen.answer.request.path.rpartition("/")[2])
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    produsen.press(f"/meja/pengajuan/{id}/metadata", outside_list="Diminta Bappeda.")
    produsen.read(id)
    told = [entry.detail.get("outside_list") for entry in city.journey.records.ledger() if entry.object == id]
    assert told == ["Diminta Wali Kota.", "Diminta Bappeda."]
    made = city.journey.records.submission(id).manifest
    assert "outside_list" not in (made or {"metadata": ["outside_list"]})["metadata"], "the reason is not published"

    walidata.open(f"/meja/pengajuan/{id}")
    assert walidata.says("Di luar Daftar Data 2026: Diminta Bappeda.")
