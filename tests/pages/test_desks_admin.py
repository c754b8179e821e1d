"""The admin's desk: people with one role of the SOP each, agencies, and the calendar that deadlines are counted by."""

from __future__ import annotations

import pytest

from server.clock import due_date
from tests.conftest import City
from tests.pages.desk import Seat
from tests.pages.test_desks import submitted
from workflow.sop import Role

PERSON = {
    "username": "sari",
    "name": "Sari Dewi",
    "agency": "dpupr",
    "roles": "produsen_data",
    "password": "empat kata yang mudah",
    "active": "1",
}


@pytest.fixture
def admin(embedded_city: City) -> Seat:
    seat = Seat(embedded_city, "admin")
    seat.open("/meja/admin/")
    return seat


def test_a_new_person_can_sign_in_to_their_desk(admin: Seat, embedded_city: City) -> None:
    admin.press("/meja/admin/orang", **PERSON)
    assert admin.says("Sari Dewi tersimpan.")
    door = admin.city.app.test_client()
    page = door.get("/masuk").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    said = {"username": "sari", "password": PERSON["password"], "csrf_token": token}
    assert door.post("/masuk", data=said).location == "/meja/"
    assert door.get("/meja/produsen-data/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"roles": ["produsen_data", "walidata"]}, "Seorang tidak boleh memegang dua peran SOP."),
        ({"roles": "pembina_data"}, "Jenis data yang disahkan belum dipilih."),
        ({"password": "pendek"}, "Kata sandi paling sedikit 12 huruf."),
        ({"username": "walidata"}, "Nama pengguna “walidata” sudah dipakai."),
        ({"agency": ""}, "OPD belum dipilih."),
    ],
)
def test_a_person_who_does_not_fit_is_refused_and_what_was_typed_stays(
    admin: Seat, typed: dict[str, object], sentence: str
) -> None:
    answer = admin.press("/meja/admin/orang", **PERSON | typed)
    assert answer.status_code == 400
    assert admin.says(sentence)
    assert 'value="Sari Dewi"' in answer.text
    assert admin.city.journey.records.person_by_username("sari") is None


def test_a_person_is_changed_and_shut_out(admin: Seat) -> None:
    admin.open("/meja/admin/?orang=id-produsen2")
    admin.press("/meja/admin/orang", name="Nama Baru", roles="produsen_data", active="")
    person = admin.city.journey.records.person("id-produsen2")
    assert (person.name, person.active, person.roles) == ("Nama Baru", False, {Role.PRODUSEN_DATA})


def test_admins_do_not_lock_themselves_out(admin: Seat) -> None:
    admin.open("/meja/admin/?orang=id-admin")
    admin.press("/meja/admin/orang", roles="walidata")
    assert admin.says("Anda tidak dapat mencabut hak admin Anda sendiri.")
    assert Role.ADMIN in admin.city.journey.records.person("id-admin").roles


def test_an_agency_keeps_its_code_for_life(admin: Seat) -> None:
    admin.open("/meja/admin/opd")
    admin.press("/meja/admin/opd", name="Dinas Contoh", short_name="Discon")
    admin.open("/meja/admin/opd?opd=discon")
    admin.press("/meja/admin/opd", short_name="Dinas Contoh Baru", email="discon@kota.example")
    agency = next(one for one in admin.city.journey.records.agencies() if one.id == "discon")
    assert (agency.short_name, agency.email) == ("Dinas Contoh Baru", "discon@kota.example")
    admin.open("/meja/admin/opd")
    assert admin.press("/meja/admin/opd", name="Lain", short_name="discon").status_code == 400


def test_a_holiday_moves_every_deadline_and_back(admin: Seat, embedded_city: City) -> None:
    id = submitted(Seat(embedded_city, "produsen"))
    journey = embedded_city.journey
    before = due_date(journey, journey.records.submission(id).move)
    admin.open("/meja/admin/kalender?tahun=2026")
    assert admin.says("Cuti bersama 2026 belum ada di sini")
    admin.press(
        "/meja/admin/kalender", day="2026-03-17", name="Cuti bersama contoh", kind="cuti_bersama", source="SKB 1/2026"
    )
    assert admin.says("Selasa, 17 Maret 2026")
    assert admin.says("SKB 1/2026")
    assert not admin.says("Cuti bersama 2026 belum ada")
    assert due_date(journey, journey.records.submission(id).move) > before
    admin.press("/meja/admin/kalender", hidden={"remove": "1"})
    assert due_date(journey, journey.records.submission(id).move) == before
