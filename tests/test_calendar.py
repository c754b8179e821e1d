"""The calendar of the city as its admin keeps it: where each day is from, and what an edit moves."""

from __future__ import annotations

from datetime import UTC, date, datetime

from server.clock import due_date
from server.notices import Herald
from server.reference import load_holidays, prefill_holidays
from tests.conftest import City
from tests.pages.desk import Seat
from tests.test_every_step import submission_at
from workflow.deadlines import WIB


def test_an_edit_moves_the_due_dates_and_says_how_many(city: City) -> None:
    records = city.journey.records
    prefill_holidays(records, city.clock())
    id = submission_at(city, "submitted", "Titik kalender")
    move = records.submission(id).move
    assert due_date(city.journey, move) == date(2026, 3, 26)
    seat = Seat(city, "admin")
    seat.open("/meja/admin/kalender?tahun=2026")
    assert seat.says("pustaka holidays")
    seat.press(
        "/meja/admin/kalender", hidden={"kind": "lokal"}, day="2026-03-25", name="Hari jadi kota", source="SK 1/2026"
    )
    assert seat.says("tersimpan sebagai hari libur; tenggat 1 pengajuan bergeser.")
    assert seat.says("SK 1/2026; diisi Admin, 12 Maret 2026")
    assert due_date(city.journey, move) == date(2026, 3, 27)
    seat.press("/meja/admin/kalender", hidden={"day": "2026-03-25"})
    assert seat.says("tenggat 1 pengajuan bergeser")
    seat.press("/meja/admin/kalender", hidden={"kind": "lokal"}, day="2026-06-30", name="Jauh")
    assert seat.says("tidak ada tenggat yang bergeser")


def test_the_library_fills_an_empty_year_and_leaves_an_edited_one_alone(city: City) -> None:
    records = city.journey.records
    prefill_holidays(records, city.clock())
    assert len(records.holidays()) == len(load_holidays())
    gone = records.holidays()[0].day
    records.remove_holiday(gone, actor="id-admin", at=city.clock())
    prefill_holidays(records, city.clock())
    assert gone not in {holiday.day for holiday in records.holidays()}


def test_from_october_on_joint_leave_that_is_not_announced_is_said(embedded_city: City) -> None:
    city = embedded_city
    for holiday in load_holidays():
        if holiday.day.year == 2026:
            city.journey.records.save_holiday(holiday, actor="test", at=city.clock())
    seat = Seat(city, "admin")
    words = "Cuti bersama 2027 belum ada di kalender"
    for month, said in ((9, False), (10, True)):
        city.clock.now = datetime(2026, month, 1, 9, tzinfo=WIB).astimezone(UTC)
        seat.open("/meja/admin/kalender?tahun=2026")
        assert seat.says(words) == said
        Herald(city.journey).look_around()
        assert [notice.kind for notice in city.journey.records.notices("id-admin")] == ["calendar"] * said


def test_both_countings_are_said_where_they_differ(embedded_city: City) -> None:
    prefill_holidays(embedded_city.journey.records, embedded_city.clock())
    id = submission_at(embedded_city, "submitted", "Titik hari")
    seat = Seat(embedded_city, "produsen")
    seat.open(f"/meja/pengajuan/{id}")
    assert seat.says(
        "Batas Kamis, 26 Maret 2026, dihitung dengan hari kerja. Dengan hari kalender: Selasa, 17 Maret 2026."
    )
