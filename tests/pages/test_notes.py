"""Notes, letters and closed steps on the pages, without scripts."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from tests.conftest import City
from tests.pages.desk import Seat
from tests.pages.test_desks import pembina, points, submitted, verified  # noqa: F401 - fixtures


def pinned(id: str, **place: object) -> str:
    return f"/meja/pengajuan/{id}?{urlencode({'sisi': 'catatan', 'pada': json.dumps(place)})}"


def test_a_note_is_written_where_the_address_says(
    produsen: Seat,
    walidata: Seat,
    embedded_city: City,
) -> None:
    id = submitted(produsen)
    for place, words in (
        ({"field": "lineage"}, "Metadata “riwayat data”"),
        ({"row": 1, "column": "nama"}, "Baris 1, kolom nama"),
        ({"feature": "1"}, "Fitur 1"),
    ):
        walidata.open(pinned(id, **place))
        assert walidata.says(words)
        walidata.press(f"/meja/pengajuan/{id}/catatan", text="Perbaiki ini.", kind="must_fix")
    assert [set(note.place) for note in embedded_city.journey.records.notes(id)] == [
        {"field"},
        {"row", "column"},
        {"feature", "lon", "lat"},
    ]
    assert walidata.open(pinned(id, feature="999")).status_code == 200
    for said in ("bukan-json", "[]", '{"row": 1e999}', '{"feature": %s}' % ("9" * 40), '{"field": "\\ud800"}'):
        asked = urlencode({"sisi": "catatan", "pada": said})
        assert walidata.open(f"/meja/pengajuan/{id}?{asked}").status_code == 200
        walidata.open(f"/meja/pengajuan/{id}?sisi=catatan")
        assert walidata.press(f"/meja/pengajuan/{id}/catatan", text="Tulisan saya.", pada=said).status_code == 400
    walidata.open(f"/meja/pengajuan/{id}?fitur=1")
    assert walidata.says("Catatan baru Fitur 1")

    walidata.open(f"/meja/pengajuan/{id}?sisi=catatan")
    answer = walidata.press(f"/meja/pengajuan/{id}/catatan", text="Tulisan saya.", pada='{"field": "warna"}')
    assert answer.status_code == 400
    assert walidata.says("Letak catatan ini tidak dikenal")
    assert walidata.form(f"/meja/pengajuan/{id}/catatan").fields["text"] == "Tulisan saya."

    drawn = walidata.http.get(f"/meja/pengajuan/{id}/catatan.geojson").json["features"]
    assert [one["properties"]["place"] for one in drawn] == ["Baris 1, kolom nama", "Fitur 1"]
    assert Seat(embedded_city, "produsen2").http.get(f"/meja/pengajuan/{id}/catatan.geojson").status_code == 404


def test_what_must_be_fixed_is_a_list_that_is_ticked_off(produsen: Seat, walidata: Seat) -> None:
    id = submitted(produsen)
    walidata.open(pinned(id, row=1, column="nama"))
    walidata.press(f"/meja/pengajuan/{id}/catatan", text="Namanya keliru.", kind="must_fix")
    walidata.take(id, "return", note="")
    produsen.open("/meja/produsen-data/")
    assert produsen.says("“Namanya keliru.”")
    produsen.open(f"/meja/pengajuan/{id}")
    assert produsen.says("Yang harus diperbaiki 0 dari 1 sudah")
    assert produsen.says("Baris 1, kolom nama")
    (action,) = {form.get("action") for form in produsen.page.forms if form.get("action", "").endswith("/jawaban")}
    produsen.press(action, hidden={"fixed": "1"})
    produsen.open(f"/meja/pengajuan/{id}")
    assert produsen.says("Yang harus diperbaiki 1 dari 1 sudah")
    produsen.take(id, "submit")
    walidata.open(f"/meja/pengajuan/{id}?sisi=catatan")
    assert walidata.says("sudah diperbaiki, menurut Produsen Data")
    assert walidata.says("putaran ke-1")
    walidata.press(action.replace("jawaban", "selesai"))
    assert walidata.says("Diselesaikan Walidata, 12 Maret 2026")


def test_a_closed_step_can_be_reached_and_says_why(produsen: Seat) -> None:
    id = produsen.enter("Titik", points((109.675, -6.889)), "titik.geojson", paper=None)
    (button,) = produsen.page.xpath('//button[@aria-disabled="true"]')
    assert button.text_content() == "Ajukan ke Walidata"
    (reason,) = produsen.page.xpath(f'//*[@id="{button.get("aria-describedby")}"]')
    assert "Berita Acara pemeriksaan data belum dilampirkan." in reason.text_content()
    assert produsen.offers(id) == set()


def test_what_is_with_another_is_locked_and_says_since_when(produsen: Seat, walidata: Seat) -> None:
    id = verified(produsen, walidata)
    produsen.open(f"/meja/pengajuan/{id}")
    assert produsen.says("Terkunci sejak 12 Maret 2026, pukul 10.00 WIB; sekarang di Pembina Data.")


def test_a_letter_is_seen_before_it_goes(
    produsen: Seat,
    walidata: Seat,
    embedded_city: City,
) -> None:
    id = submitted(produsen)
    walidata.open(f"/meja/pengajuan/{id}")
    form = dict(walidata.form(f"/meja/pengajuan/{id}/langkah", step="return").form_values())
    path, records = f"/meja/pengajuan/{id}/pratinjau-surat.pdf", embedded_city.journey.records
    entries = len(list(records.ledger()))
    for step, status in (("return", 200), ("verify", 200), ("approve", 403), ("publish", 409), ("menari", 403)):
        answer = walidata.http.post(path, data=form | {"step": step, "note": "Kurang."})
        assert answer.status_code == status, step
        assert answer.data.startswith(b"%PDF-") == (status == 200)
    recalled = produsen.http.post(path, data=form | {"step": "recall"})
    assert recalled.status_code in (400, 404)
    assert records.submission(id).move.status == "submitted"
    assert records.documents(submission=id) == []
    assert len(list(records.ledger())) == entries
