"""“Baca & pastikan”: how a table was understood, corrected by the one who knows it, and remembered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import orjson
from playwright.sync_api import Browser

from tests.conftest import PDF, STATISTICS, City
from tests.pages.desk import Seat
from tests.pages.test_browser import pytestmark  # noqa: F401 - same reasons to skip
from tests.pages.test_desks_browser import address, browser, sign_in  # noqa: F401

MESSY = """PEMERINTAH KOTA PEKALONGAN;;;;
Tabel 3.1 Penduduk menurut Kelurahan;;;;
;;;;
Kode Kelurahan;Kelurahan;Jumlah Penduduk;;Luas (ha)
;;2023;2024;
(1);(2);(3);(4);(5)
3375010001;Medono;11.200;12.330;134
3375010002;Podosugih;9.874;9.120;71
3375010003;Sapuro Kebulen;13.001;13.016;-
3375010004;Bendan Kergon;n.a.;14.220;112
;Jumlah;34.075;48.686;317
Sumber: Dindukcapil;;;;
"""
ANSWERS = {"type:jumlah_penduduk_2023": "number-comma", "type:jumlah_penduduk_2024": "number-comma"}


def entered(seat: Seat, content: str = MESSY, **typed: Any) -> str:
    id = seat.enter("Penduduk", content.encode("cp1252"), "penduduk.csv", kind="statistics", **typed)
    seat.open(f"/meja/pengajuan/{id}/baca")
    return id


def ticked(seat: Seat) -> list[str]:
    return seat.page.xpath('//input[@name="row"][@checked]/@value')


def choose(seat: Seat, id: str, **typed: Any) -> None:
    seat.press(f"/meja/pengajuan/{id}/baca", **{"row": ticked(seat), **typed})


def correct(seat: Seat, id: str, **typed: Any) -> None:
    choose(seat, id, **typed)
    seat.read(id)
    seat.open(f"/meja/pengajuan/{id}/baca")


def content(seat: Seat, id: str) -> list[dict[str, Any]]:
    record = seat.city.journey.records.submission(id)
    assert record
    assert record.candidate
    with (seat.city.settings.home / record.candidate / "features.geojsonl").open("rb") as lines:
        return [orjson.loads(line)["properties"] for line in lines]


def test_the_sheet_stands_beside_what_was_understood(produsen: Seat) -> None:
    entered(produsen)
    assert produsen.says("judul, tidak dibaca")
    assert produsen.says("dibuang: baris jumlah")
    assert produsen.says("dibuang: catatan atau sumber")
    assert produsen.says("satuan ha")
    assert produsen.says("tidak ada atau nol")
    assert ticked(produsen) == ["7", "8", "9", "10"]
    assert produsen.page.xpath('//input[@name="header_first"]/@value') == ["4"]
    assert produsen.page.xpath('//input[@name="header_rows"]/@value') == ["6"]


def test_what_can_be_read_in_two_ways_is_asked_and_the_answer_read(produsen: Seat) -> None:
    id = entered(produsen)
    assert produsen.says("Apa arti “11.200” di kolom “Jumlah Penduduk / 2023”?")
    correct(produsen, id, **ANSWERS)
    assert not produsen.says("Apa arti")
    assert [row["jumlah_penduduk_2023"] for row in content(produsen, id)] == [11200, 9874, 13001, None]


def test_years_become_rows_and_the_answers_stay(produsen: Seat) -> None:
    id = entered(produsen)
    correct(produsen, id, long="1", **ANSWERS)
    rows = content(produsen, id)
    assert len(rows) == 8
    assert rows[0] == {
        **{"kode_kelurahan": "3375010001", "kelurahan": "Medono", "luas_ha": 134},
        **{"tahun": 2023, "jumlah_penduduk": 11200},
    }


def test_rows_are_taken_in_and_out_by_the_one_who_knows(produsen: Seat) -> None:
    id = entered(produsen)
    correct(produsen, id, row=["7", "8", "9", "11"])
    assert [row["kelurahan"] for row in content(produsen, id)] == ["Medono", "Podosugih", "Sapuro Kebulen", "Jumlah"]
    assert produsen.says("dibuang: Anda yang membuangnya")
    assert ticked(produsen) == ["7", "8", "9", "11"]
    correct(produsen, id, row=["7", "8", "9", "10"])
    assert [row["kelurahan"] for row in content(produsen, id)][-1] == "Bendan Kergon"


def test_columns_are_left_out_and_taken_in_again(produsen: Seat) -> None:
    id = entered(produsen)
    correct(produsen, id, **{"type:luas_ha": "left-out"})
    assert "luas_ha" not in content(produsen, id)[0]
    correct(produsen, id, **{"type:luas_ha": ""})
    assert content(produsen, id)[0]["luas_ha"] == 134


def test_what_nobody_changed_is_confirmed_and_not_read_again(produsen: Seat) -> None:
    id = entered(produsen)
    correct(produsen, id, **ANSWERS)
    before = produsen.city.journey.records.submission(id)
    choose(produsen, id)
    assert produsen.says("Cara baca sudah dipastikan")
    after = produsen.city.journey.records.submission(id)
    assert before
    assert after
    assert (after.build, after.move.content_hash) == (before.build, before.move.content_hash)
    told = [entry for entry in produsen.city.journey.records.ledger() if entry.object == id]
    assert told[-1].action == "submission.make_sure"
    produsen.open(f"/meja/pengajuan/{id}/baca")
    assert produsen.says("Cara baca ini sudah dipastikan")


def test_a_wrong_row_number_is_refused_where_it_was_typed(produsen: Seat) -> None:
    id = entered(produsen)
    choose(produsen, id, more="dua puluh")
    assert produsen.answer.status_code == 400
    assert produsen.page.xpath('//input[@name="more"]/@value') == ["dua puluh"]


def next_version(seat: Seat, first: str, text: str) -> str:
    """The first is no longer under way; how it went through the SOP does not matter here."""
    with closing(sqlite3.connect(seat.city.settings.home / "sebar.sqlite")) as records, records:
        records.execute("UPDATE submissions SET status = 'superseded' WHERE id = ?", (first,))
    files = {"file": (text.encode("cp1252"), "penduduk-2025.csv"), "berita_acara": (PDF, "ba.pdf")}
    seat.open("/meja/produsen-data/ajukan?dataset=penduduk")
    answer = seat.press("/meja/produsen-data/ajukan", files=files, number="2", date="2026-03-12")
    id = seat.read(answer.request.path.rpartition("/")[2])
    seat.open(f"/meja/pengajuan/{id}/baca")
    return id


def remarks(seat: Seat, id: str) -> dict[str, str]:
    return {found.check: found.message for found in seat.city.journey.records.findings(id)}


def test_the_next_version_is_read_with_the_same_choices_and_says_so(produsen: Seat) -> None:
    first = entered(produsen)
    correct(produsen, first, long="1", **ANSWERS)
    later = MESSY.replace("PEMERINTAH KOTA PEKALONGAN;;;;\n", "").replace("12.330", "12.999")
    second = next_version(produsen, first, later)
    assert content(produsen, second)[1]["jumlah_penduduk"] == 12999
    assert "jenis isi kolom" in remarks(produsen, second)["READING_KEPT"]
    assert "COLUMNS_CHANGED" not in remarks(produsen, second)
    assert produsen.says("Pilihan dari versi sebelumnya dipakai lagi")


def test_what_was_confirmed_decides_what_could_be_read_in_two_ways_later(produsen: Seat) -> None:
    plain = "kelurahan;jumlah;persen\nMedono;{};1,5\nKlego;{};2,25\n"
    first = entered(produsen, plain.format("1.200,5", "900"))
    choose(produsen, first)
    second = next_version(produsen, first, plain.format("1.200", "1.900"))
    assert [row["jumlah"] for row in content(produsen, second)] == [1200, 1900]


def test_changed_columns_are_named_and_the_layout_is_found_out_anew(produsen: Seat) -> None:
    first = entered(produsen)
    correct(produsen, first, **ANSWERS | {"header_rows": "6", "header_first": "5"})
    second = next_version(produsen, first, MESSY.replace("Luas (ha)", "Luas (km2)"))
    said = remarks(produsen, second)["COLUMNS_CHANGED"]
    assert "baru" in said
    assert "“Luas (km2)”" in said
    assert "“Jumlah Penduduk / 2023”" in said
    assert [row["jumlah_penduduk_2023"] for row in content(produsen, second)] == [11200, 9874, 13001, None]


def test_a_map_has_no_sheet(produsen: Seat) -> None:
    collection = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":null}]}'
    id = produsen.enter("Titik", collection, "titik.geojson")
    produsen.open(f"/meja/pengajuan/{id}/baca")
    assert produsen.says("Berkas ini bukan tabel")


def test_it_is_done_by_keyboard_alone_on_a_phone(browser: Browser, address: str, embedded_city: Any) -> None:  # noqa: F811
    seat = Seat(embedded_city, "produsen")
    seat.open("/meja/produsen-data/ajukan")
    files = {"file": (MESSY.encode("cp1252"), "penduduk.csv"), "berita_acara": (PDF, "ba.pdf")}
    said = {"title": "Penduduk", "kind": "statistics", "number": "1", "date": "2026-03-12"}
    id = seat.press("/meja/produsen-data/ajukan", files=files, **said).request.path.rpartition("/")[2]
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = sign_in(context.new_page(), address, "produsen")
    page.goto(f"{address}/meja/pengajuan/{id}/baca")
    page.get_by_role("heading", name="Yang dipahami").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    first, second = (page.locator(f'input[name="{name}"]').first for name in ANSWERS)
    first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Jawab yang lain sama").focus()
    page.keyboard.press("Enter")
    assert second.is_checked()
    page.get_by_role("button", name="Begini maksudnya").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Berkas dibaca lagi dengan pilihan ini").wait_for()
    page.get_by_role("heading", name="Yang dipahami").wait_for(timeout=60_000)
    assert page.get_by_text("Apa arti").count() == 0
    context.close()


def test_a_refused_table_is_shown_as_it_stands_and_read_when_its_odd_row_is_dropped(embedded_city: City) -> None:
    seat = Seat(embedded_city, "produsen")
    content = b"kode,jumlah\n33.75.01,2\n33.75.02,3,4\n33.75.03,5\n"
    id = embedded_city.client("produsen").submit_file("a.csv", content, STATISTICS).json["id"]
    seat.open(f"/meja/pengajuan/{id}")
    assert seat.says("di sini")
    assert seat.says("4 (kolom tanpa nama)")
    seat.press(f"/meja/pengajuan/{id}/cara-baca", drop="3")
    embedded_city.client("produsen").rebuild(id)
    assert embedded_city.client("produsen").submission(id)["job"]["status"] == "done"


def test_a_refused_table_keeps_its_columns_in_line_on_a_phone(
    browser: Browser,  # noqa: F811
    address: str,  # noqa: F811
    embedded_city: City,
) -> None:
    content = b"Judul\n\nkode;nama;jumlah\n33.75.01;a;2\n33.75.02;b;3;4;5\n33.75.03;c;5\n"
    id = embedded_city.client("produsen").submit_file("a.csv", content, STATISTICS).json["id"]
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = sign_in(context.new_page(), address, "produsen")
    page.goto(f"{address}/meja/pengajuan/{id}")
    page.get_by_text("di sini", exact=True).wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    lefts = "rows => new Set(rows.map(row => Math.round(row.cells[2].getBoundingClientRect().left))).size"
    assert page.locator(".sheet tr").evaluate_all(lefts) == 1
    context.close()


def test_what_reading_says_is_graded_by_the_city_but_never_blocks(embedded_city: City) -> None:
    admin, produsen = embedded_city.client("admin"), embedded_city.client("produsen")
    body = {"reason": "SK Forum 3/2026", "severity": "warns"}
    assert admin.call("PUT", "/api/v1/checks/ROWS_LEFT_OUT", json=body).status_code == 200
    refused = admin.call("PUT", "/api/v1/checks/ROWS_LEFT_OUT", json=body | {"severity": "blocks"})
    assert (refused.status_code, refused.json["code"]) == (409, "BERAT-TETAP")
    content = b"kode,jumlah\n33.75.01,2\n33.75.02,3\n33.75.03,5\nJumlah,10\n"
    id = produsen.submit_file("a.csv", content, STATISTICS).json["id"]
    graded = {one.check: one.severity for one in embedded_city.journey.records.findings(id)}
    assert graded["ROWS_LEFT_OUT"] == "warns"
