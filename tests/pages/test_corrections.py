"""The Produsen Data mends cells and shapes on the page where they are found wrong."""

from __future__ import annotations

import json

from tests.pages.desk import Seat

PEOPLE = "kode;nama;jumlah\n33.75.01.1002;Medono;1.200\n33.75.01.1003;Podosugih;1.23o\n33.75.01.1009;Tirto;990,5\n"
TYPED_WRONG = "kode;nama;jumlah\n33.75.01.9002;Medono;1\n33.75.01.9003;Podosugih;2\n33.75.01.1009;Tirto;3\n"
BOW_TIE = [[109.67, -6.89], [109.68, -6.88], [109.68, -6.89], [109.67, -6.88], [109.67, -6.89]]


def table(seat: Seat, content: str = PEOPLE) -> str:
    return seat.enter("Penduduk", content.encode(), "penduduk.csv", kind="statistics")


def column(seat: Seat, id: str, name: str) -> list[object]:
    record = seat.city.journey.records.submission(id)
    assert record
    lines = (seat.city.settings.home / str(record.candidate) / "features.geojsonl").read_text().splitlines()
    return [json.loads(line)["properties"][name] for line in lines]


def test_a_cell_is_mended_in_its_row_and_taken_back(produsen: Seat) -> None:
    id = table(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi&ubah=3")
    produsen.press(f"/meja/pengajuan/{id}/perbaiki", **{"v:3:jumlah": "1.230"})
    produsen.read(id)
    assert produsen.says("Baris 3, kolom jumlah : 1.23o menjadi 1.230 Produsen")
    assert column(produsen, id, "jumlah") == [1200, 1230, 990.5]
    produsen.press(f"/meja/pengajuan/{id}/perbaiki/batal", hidden={"sel": "3:jumlah"})
    produsen.read(id)
    assert not produsen.says("Perubahan di peramban")


def test_a_suggestion_is_taken_for_one_cell_or_after_a_look_for_the_whole_column(produsen: Seat) -> None:
    id = table(produsen, TYPED_WRONG)
    produsen.open(f"/meja/pengajuan/{id}/perbaiki?cek=AREA_CODE_UNKNOWN&kolom=kode")
    assert produsen.says("2 sel di kolom kode akan berubah")
    assert produsen.says("33.75.01.9002 33.75.01.1002")
    produsen.press(f"/meja/pengajuan/{id}/perbaiki/saran")
    produsen.read(id)
    assert column(produsen, id, "kode") == ["33.75.01.1002", "33.75.01.1003", "33.75.01.1009"]


def test_what_does_not_fit_its_column_is_refused_and_stays_typed(produsen: Seat) -> None:
    id = table(produsen, PEOPLE.replace("1.23o", "1.230"))
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi&ubah=3")
    answer = produsen.press(f"/meja/pengajuan/{id}/perbaiki", **{"v:3:jumlah": "banyak"})
    assert answer.status_code == 400
    assert produsen.says("“banyak” tidak dapat dibaca sebagai angka dengan satu cara (baris 3, kolom jumlah).")


def test_an_invalid_shape_is_repaired_after_a_look(produsen: Seat) -> None:
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Polygon", "coordinates": [BOW_TIE]}}
    id = produsen.enter("Luas", json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), "a.geojson")
    assert produsen.page.xpath(f'//a[@href="/meja/pengajuan/{id}/perbaiki-geometri"]')
    produsen.open(f"/meja/pengajuan/{id}/perbaiki-geometri")
    assert produsen.says("Luas sesudah (ha)")
    produsen.press(f"/meja/pengajuan/{id}/perbaiki-geometri", row="1")
    produsen.read(id)
    assert produsen.says("1 geometri diperbaiki: baris 1")


def test_the_walidata_sees_what_was_mended_and_by_whom(produsen: Seat, walidata: Seat) -> None:
    id = table(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi&ubah=3")
    produsen.press(f"/meja/pengajuan/{id}/perbaiki", **{"v:3:jumlah": "1.230"})
    produsen.read(id)
    walidata.open(f"/meja/pengajuan/{id}?sisi=metadata")
    assert walidata.says("Baris 3, kolom jumlah : 1.23o menjadi 1.230 Produsen")


def test_another_file_drops_what_was_mended_and_the_page_says_so(produsen: Seat) -> None:
    id = table(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi&ubah=3")
    produsen.press(f"/meja/pengajuan/{id}/perbaiki", **{"v:3:jumlah": "1.230"})
    produsen.read(id)
    produsen.open(f"/meja/pengajuan/{id}?sisi=berkas")
    produsen.press(f"/meja/pengajuan/{id}/berkas", files={"file": (PEOPLE.encode(), "baru.csv")})
    assert produsen.says("1 perubahan di peramban pada berkas sebelumnya tidak ikut.")


def test_where_a_row_became_several_the_page_opens_and_offers_no_cell(produsen: Seat) -> None:
    id = table(produsen, "kode;nama;2022;2023\n33.75.01.9002;Medono;12;13\n33.75.01.1009;Tirto;9;10\n")
    assert produsen.page.xpath('//input[starts-with(@name, "v:")]')
    answer = produsen.city.client("produsen").call(
        "PATCH", f"/api/v1/submissions/{id}", json={"reading": {"long": "1"}}
    )
    assert answer.status_code == 200, answer.text
    produsen.read(id)
    assert produsen.open(f"/meja/pengajuan/{id}").status_code == 200
    assert produsen.says("33.75.01.9002")
    assert not produsen.page.xpath('//input[starts-with(@name, "v:")]')
    assert produsen.open(f"/meja/pengajuan/{id}?sisi=isi&ubah=2").status_code < 500
