"""Who takes what from the queue, whom they remind, and what is approved several at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.app import create_journey
from server.store import open_records
from tests.conftest import HASHER, METADATA, PASSWORD, City
from tests.pages.desk import Seat
from tests.test_every_step import LAYER, submission_at, take
from workflow.deadlines import WIB
from workflow.errors import Conflict
from workflow.sop import Kind, Role
from workflow.store import Person


def colleague(city: City, username: str, agency: str, role: Role, *kinds: Kind) -> None:
    person = Person(
        f"id-{username}", username, username.title(), agency, frozenset({role}), frozenset(kinds), HASHER.hash(PASSWORD)
    )
    city.journey.records.save_person(person, actor="test", at=city.clock())


def ledger(city: City, *actions: str) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor) for entry in city.journey.records.ledger() if entry.action in actions]


def test_what_one_takes_the_other_sees_and_takes_over_only_after_saying_so(city: City) -> None:
    colleague(city, "walidata-dua", "dinkominfo", Role.WALIDATA)
    id = submission_at(city, "submitted", "Titik diambil")
    one, two = Seat(city, "walidata"), Seat(city, "walidata-dua")
    one.open("/meja/walidata/")
    two.open("/meja/walidata/")
    one.press(f"/meja/pengajuan/{id}/ambil")
    assert one.says("Anda ambil")
    late = two.press(f"/meja/pengajuan/{id}/ambil")
    assert late.status_code == 409
    assert two.says("Walidata sudah mengambil data ini.")
    two.open(f"/meja/pengajuan/{id}")
    assert two.says("diambil Walidata")
    two.open("/meja/walidata/?milik=belum")
    assert not two.says("Titik diambil")
    two.open("/meja/walidata/")
    two.press(f"/meja/pengajuan/{id}/ambil")  # the form says whose it is, and asks
    assert city.journey.records.submission(id).assigned_to == "id-walidata-dua"
    one.open("/meja/walidata/?milik=saya")
    assert one.says("Tidak ada yang cocok")
    two.open("/meja/walidata/?milik=saya")
    two.press(f"/meja/pengajuan/{id}/lepaskan")
    assert city.journey.records.submission(id).assigned_to is None
    assert ledger(city, "submission.assign", "submission.unassign") == [
        ("submission.assign", "id-walidata"),
        ("submission.assign", "id-walidata-dua"),
        ("submission.unassign", "id-walidata-dua"),
    ]


def test_what_leaves_the_desk_is_nobodys_and_who_is_late_to_take_it_is_told(city: City) -> None:
    id = submission_at(city, "submitted", "Titik pergi")
    records = city.journey.records
    seen = records.submission(id)
    records.assign(seen, "id-walidata", actor="id-walidata", at=city.clock())
    with pytest.raises(Conflict):
        records.assign(seen, "id-lain", actor="id-lain", at=city.clock())
    assert take(city, "walidata", id, "verify").status_code == 200
    assert records.submission(id).assigned_to is None
    with pytest.raises(Conflict):
        records.assign(seen, "id-walidata", actor="id-walidata", at=city.clock())
    again = open_records(city.settings)
    assert create_journey(city.settings, again).records.submission(id).assigned_at is None
    again.close()


def test_nobody_takes_what_does_not_wait_for_them(embedded_city: City) -> None:
    city = embedded_city
    id = submission_at(city, "verified", "Titik di Pembina")
    seat = Seat(city, "walidata")
    seat.open("/meja/walidata/?antrian=pembina")
    token = seat.page.xpath('//input[@name="csrf_token"]')[0].get("value")
    assert seat.http.post(f"/meja/pengajuan/{id}/ambil", data={"csrf_token": token}).status_code == 403


def test_a_reminder_goes_once_a_working_day_to_those_who_are_awaited(city: City) -> None:
    records = city.journey.records
    back, waiting = submission_at(city, "returned", "Titik kembali"), submission_at(city, "verified", "Titik tunggu")
    seat = Seat(city, "walidata")
    seat.open("/meja/walidata/?antrian=produsen")
    seat.press(f"/meja/pengajuan/{back}/ingatkan")
    assert seat.says("Pengingat dikirim kepada 1 orang.")
    seat.press(f"/meja/pengajuan/{back}/ingatkan")
    assert seat.says("sudah diingatkan")
    seat.open("/meja/walidata/?antrian=pembina")
    seat.press(f"/meja/pengajuan/{waiting}/ingatkan")
    assert [notice.kind for notice in records.notices("id-produsen")] == ["remind"]
    assert "menunggu pengesahan Anda" in records.notices("id-pembina-geospasial")[0].text
    city.clock.now = datetime(2026, 3, 14, 9, tzinfo=WIB).astimezone(UTC)  # Saturday and Sunday count for Monday
    seat.press(f"/meja/pengajuan/{waiting}/ingatkan")
    city.clock.now += timedelta(days=2)
    seat.press(f"/meja/pengajuan/{waiting}/ingatkan")
    assert seat.says("sudah diingatkan")
    assert len(records.notices("id-pembina-geospasial")) == 2
    assert len(ledger(city, "submission.remind")) == 3


def test_filters_are_the_address(embedded_city: City) -> None:
    city = embedded_city
    submission_at(city, "submitted", "Titik awal")
    city.clock.now += timedelta(days=20)
    submission_at(city, "submitted", "Halte baru")
    seat = Seat(city, "walidata")
    for address, shown in {
        "cari=halte": {"Halte baru"},
        "cari=dpupr+titik": {"Titik awal"},
        "terlambat=1": {"Titik awal"},
        "jenis=statistics": set(),
        "opd=dpupr": {"Halte baru", "Titik awal"},
    }.items():
        seat.open(f"/meja/walidata/?{address}")
        found = seat.page.xpath('//li[contains(@class, "queue-line")]//div[@class="queue-what"]/a/text()')
        assert set(found) == shown, address


def test_an_empty_queue_says_what_was_done_this_week(embedded_city: City) -> None:
    id = submission_at(embedded_city, "submitted", "Titik selesai")
    assert take(embedded_city, "walidata", id, "verify").status_code == 200
    seat = Seat(embedded_city, "walidata")
    seat.open("/meja/walidata/")
    assert seat.says("Minggu ini Anda: 1 dinyatakan terverifikasi.")


def with_a_warning(city: City, title: str) -> str:
    """At the Pembina Data, with a warning set aside."""
    produsen, walidata = city.client("produsen"), city.client("walidata")
    crossing = LAYER.replace(b"[109.675, -6.889]", b"[110.4, -6.99]")
    two = (
        b'{"type":"FeatureCollection","features":['
        + LAYER[LAYER.index(b"[{") + 1 : -2]
        + b","
        + crossing[crossing.index(b"[{") + 1 : -2]
        + b"]}"
    )
    answer = produsen.submit_file("titik.geojson", two, METADATA | {"title": title})
    id = answer.json["id"]
    assert take(city, "produsen", id, "submit").status_code == 200, produsen.get(
        f"/api/v1/submissions/{id}/findings"
    ).text
    for finding in walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]:
        if finding["properties"]["severity"] == "warns":
            key = finding["properties"]["key"]
            said = walidata.post(f"/api/v1/submissions/{id}/findings/{key}/waive", json={"reason": "Memang di sana."})
            assert said.status_code == 200
    assert take(city, "walidata", id, "verify").status_code == 200
    return id


def test_several_are_approved_at_once_each_by_itself(city: City) -> None:
    one, two, three = (submission_at(city, "verified", f"Titik {n}") for n in (1, 2, 3))
    waived = with_a_warning(city, "Titik berperingatan")
    records = city.journey.records
    hashes = {id: records.submission(id).move.content_hash for id in (one, two, three, waived)}
    assert records.submission(waived).move.findings.waived
    seat = Seat(city, "pembina-geospasial")
    seat.open("/meja/pembina-data/")
    boxes = {
        box.get("value").partition(":")[0]: box.get("disabled") for box in seat.page.xpath('//input[@name="pilih"]')
    }
    assert boxes == {one: None, two: None, three: None, waived: "disabled"}
    assert seat.says("1 peringatan dikesampingkan Walidata")
    approve = "/meja/pembina-data/setujui"
    chosen = [f"{one}:{hashes[one]}", f"{two}:{'0' * 64}", f"{three}:{hashes[three]}", f"{waived}:{hashes[waived]}"]
    assert seat.press(approve, pilih=chosen, password=PASSWORD).status_code == 400
    assert seat.press(approve, pilih=chosen, seen="1", password="bukan ini").status_code == 401
    assert not ledger(city, "submission.approve")
    assert take(city, "pembina-geospasial", three, "return").status_code == 200
    seat.press(approve, pilih=chosen, seen="1", password=PASSWORD)
    assert seat.says("1 data disetujui, 3 tidak")
    for words in ("Titik 2", "berubah", "buka dan nilai alasannya", "tidak dapat diambil dari status"):
        assert seat.says(words), words
    assert ledger(city, "submission.approve") == [("submission.approve", "id-pembina-geospasial")]
    assert [records.submission(id).move.status for id in (one, two, three, waived)] == [
        "approved", "verified", "submitted", "verified",
    ]  # fmt: skip
    for link in seat.page.xpath('//main//a[contains(@href, ".pdf")]/@href'):
        assert seat.fetch(link).startswith(b"%PDF")
