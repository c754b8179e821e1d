"""Who is told of what, in the application and by mail."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from server.app import create_journey
from server.journey import Journey
from server.mail import deliver
from server.notices import Herald
from server.reference import load_holidays
from server.store import open_records
from tests.conftest import City
from tests.pages.desk import Seat
from tests.test_every_step import submission_at, take
from workflow.deadlines import WIB
from workflow.sop import Kind, Role
from workflow.store import Notice, Person

PRODUSEN = ("produsen", "produsen-juga")
PEMBINA = ("pembina-geospasial",)
WALIDATA = ("walidata", "walidata-juga")
# Typed by hand: status before, step, who takes it, who is told.
TOLD = [
    ("draft", "submit", "produsen", WALIDATA),
    ("submitted", "verify", "walidata", PRODUSEN + PEMBINA),
    ("submitted", "return", "walidata", PRODUSEN),
    ("submitted", "recall", "produsen", WALIDATA),
    ("verified", "approve", "pembina-geospasial", PRODUSEN + WALIDATA),
    ("verified", "return", "pembina-geospasial", WALIDATA),
    ("verified", "approve_on_paper", "walidata", (*PRODUSEN, *PEMBINA, "walidata-juga")),
    ("approved", "schedule", "walidata", PRODUSEN),
    ("approved", "publish", "walidata", PRODUSEN + PEMBINA),
    ("published", "withdraw", "walidata", PRODUSEN + PEMBINA),
    ("withdrawn", "restore", "walidata", PRODUSEN + PEMBINA),
]


def also(city: City, username: str, agency: str, role: Role, **more: Any) -> Person:
    person = Person(f"id-{username}", username, username.title(), agency, frozenset({role}), **more)
    city.journey.records.save_person(person, actor="test", at=city.clock())
    return person


def told(city: City) -> list[tuple[str, Notice]]:
    """Everything that anybody was told, with the username."""
    records = city.journey.records
    return [(person.username, notice) for person in records.people() for notice in records.notices(person.id)]


def peopled(city: City) -> Herald:
    also(city, "produsen-juga", "dpupr", Role.PRODUSEN_DATA)
    also(city, "walidata-juga", "dinkominfo", Role.WALIDATA)
    also(city, "pindah", "dpupr", Role.PRODUSEN_DATA, active=False)
    return Herald(city.journey)


@pytest.mark.parametrize(("status", "step", "who", "expected"), TOLD)
def test_each_step_is_told_to_those_whom_it_concerns_and_never_to_who_took_it(
    embedded_city: City, status: str, step: str, who: str, expected: tuple[str, ...]
) -> None:
    city = embedded_city
    herald = peopled(city)
    id = submission_at(city, status, "Titik uji")
    herald.look_around()
    before = [notice.mark for _, notice in told(city)]
    assert take(city, who, id, step).status_code == 200
    herald.look_around()
    new = [(name, notice) for name, notice in told(city) if notice.mark not in before]
    assert sorted(name for name, _ in new) == sorted(expected)
    assert all("Titik uji" in notice.text and notice.submission == id and "{" not in notice.text for _, notice in new)
    herald.look_around()
    assert len(told(city)) == len(before) + len(new)


def test_two_workers_tell_once_and_a_worker_that_starts_again_goes_on(city: City) -> None:
    one = peopled(city)
    records = open_records(city.settings)
    other = Herald(create_journey(city.settings, records, city.clock))
    id = submission_at(city, "verified", "Dua pekerja")
    workers = [threading.Thread(target=herald.look_around) for herald in (one, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    marks = [notice.mark for _, notice in told(city)]
    assert len(marks) == len(set(marks)) == 2 + 3
    assert take(city, "pembina-geospasial", id, "approve").status_code == 200
    Herald(city.journey).look_around()
    one.look_around()
    other.look_around()
    assert len(told(city)) == len(marks) + 4
    records.close()


def morning(day: int, hour: int = 8, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=WIB).astimezone(UTC)


def with_holidays(city: City) -> None:
    for holiday in load_holidays():
        city.journey.records.save_holiday(holiday, actor="test", at=city.clock())


def digests(city: City) -> list[tuple[str, str]]:
    return [(name, notice.text) for name, notice in told(city) if notice.kind == "digest"]


def test_what_is_late_is_told_once_each_working_day_after_half_past_seven(city: City) -> None:
    with_holidays(city)
    herald = peopled(city)
    submission_at(city, "verified", "Titik terlambat")  # Thursday 12 March at 10:00; due on Thursday 26 March
    city.clock.now = morning(26)
    herald.look_around()
    assert digests(city) == []
    city.clock.now = morning(27, 7)
    herald.look_around()
    assert digests(city) == []
    city.clock.now = morning(27)
    herald.look_around()
    Herald(city.journey).look_around()
    assert sorted(name for name, _ in digests(city)) == ["pembina-geospasial", "walidata", "walidata-juga"]
    assert digests(city)[0][1] == "1 data terlambat pada Jumat, 27 Maret 2026: Titik terlambat."
    for day in (28, 29):
        city.clock.now = morning(day)
        herald.look_around()
    assert len(digests(city)) == 3
    city.clock.now = morning(30)
    herald.look_around()
    assert len(digests(city)) == 6


def test_a_step_that_takes_long_reaches_the_one_awaited_then_the_walidata_then_the_admin(embedded_city: City) -> None:
    city = embedded_city
    with_holidays(city)
    herald = peopled(city)
    submission_at(city, "verified", "Titik lama")

    def late_on(day: int, month: int = 3) -> list[str]:
        before = {notice.mark for _, notice in told(city)}
        city.clock.now = morning(day, month=month)
        herald.look_around()
        Herald(city.journey).look_around()
        return sorted(name for name, one in told(city) if one.kind == "late" and one.mark not in before)

    assert late_on(16) == []  # two of five working days
    assert late_on(17) == ["pembina-geospasial"]
    assert late_on(25) == []
    assert late_on(26) == ["pembina-geospasial", "walidata", "walidata-juga"]
    assert late_on(30) == []
    assert late_on(31) == ["admin", "pembina-geospasial", "walidata", "walidata-juga"]
    assert late_on(9, 4) == []
    assert city.journey.records.submissions()[0].move.status == "verified"


def test_nobody_is_told_of_what_happened_long_ago(embedded_city: City) -> None:
    city = embedded_city
    submission_at(city, "submitted", "Lama")
    city.clock.now += timedelta(days=40)
    Herald(city.journey).look_around()
    assert [notice for _, notice in told(city) if notice.kind == "submit"] == []


def test_what_is_told_is_read_on_a_page_of_its_own(city: City) -> None:
    id = submission_at(city, "submitted", "Titik baru")
    submission_at(city, "submitted", "Titik lain")
    Herald(city.journey).look_around()
    seat = Seat(city, "walidata")
    seat.open("/meja/walidata/")
    assert seat.says("2 belum dibaca")
    seat.open("/meja/pemberitahuan")
    assert seat.says("DPUPR mengajukan “Titik baru”. Periksa dan putuskan paling lambat Kamis, 19 Maret 2026.")
    (notice,) = [one for name, one in told(city) if one.submission == id]
    seat.press("/meja/pemberitahuan", hidden={"id": str(notice.id)})
    assert seat.answer.request.path == f"/meja/pengajuan/{id}"
    assert seat.says("1 belum dibaca")
    seat.open("/meja/pemberitahuan?belum")
    assert not seat.says("Titik baru")
    seat.press("/meja/pemberitahuan", hidden={})
    assert city.journey.records.unread("id-walidata") == 0
    assert city.journey.records.unread("id-produsen") == 0
    token = seat.page.xpath('//input[@name="csrf_token"]')[0].get("value")
    stranger = Seat(city, "produsen")
    token = stranger.page.xpath('//input[@name="csrf_token"]')[0].get("value")
    answer = stranger.http.post("/meja/pemberitahuan", data={"id": notice.id, "csrf_token": token})
    assert answer.status_code == 404


@dataclass
class Sink:
    """A mail server: what it took, and whom it refuses."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@contextmanager
def mail_server() -> Iterator[Sink]:
    sink = Sink()

    class Session(socketserver.StreamRequestHandler):
        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

        def handle(self) -> None:
            self.say("220 uji")
            while line := self.rfile.readline():
                verb = line.decode().strip().partition(" ")[0].upper()
                address = line.decode().partition("<")[2].partition(">")[0]
                if verb == "RCPT" and address in sink.refused:
                    self.say(sink.refused[address])
                elif verb == "DATA":
                    self.say("354 kirim")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    sink.taken.append(message_from_bytes(body, policy=policy.default))
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 ok")
                    return
                else:
                    self.say("250 ok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        sink.port = server.server_address[1]
        yield sink
        server.shutdown()
        thread.join()


def mailing(city: City, port: int) -> Journey:
    for person in city.journey.records.people():
        named = replace(person, email=f"{person.username}@example.test")
        city.journey.records.save_person(named, actor="test", at=city.clock())
    settings = replace(city.settings, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="sebar@example.test")
    return replace(city.journey, settings=settings)


def test_a_copy_goes_by_mail_once(city: City) -> None:
    with mail_server() as server:
        journey = mailing(city, server.port)
        id = submission_at(city, "submitted", "Titik\r\nBcc: orang@example.test")
        Herald(journey).look_around()
        assert deliver(journey) == 1
        assert deliver(journey) == 0
    (mail,) = server.taken
    assert (mail["To"], mail["From"]) == ("walidata@example.test", "sebar@example.test")
    assert mail["Bcc"] is None
    assert f"{city.settings.url}/meja/pengajuan/{id}" in mail.get_content()
    assert city.journey.records.notices("id-walidata")[0].mailed_at is not None


def test_a_mail_server_that_is_away_blocks_no_step_and_is_tried_again(city: City) -> None:
    journey = mailing(city, 1)
    id = submission_at(city, "submitted", "Surat tertunda")
    Herald(journey).look_around()
    with pytest.raises(OSError, match="refused"):
        deliver(journey)
    assert take(city, "walidata", id, "verify").status_code == 200
    with mail_server() as server:
        Herald(journey).look_around()
        assert deliver(mailing(city, server.port)) == 3
    assert sorted(str(mail["To"]) for mail in server.taken) == [
        "pembina-geospasial@example.test",
        "produsen@example.test",
        "walidata@example.test",
    ]


def test_a_wrong_or_missing_address_is_said_and_the_others_get_theirs(city: City) -> None:
    with mail_server() as server:
        server.refused = {"walidata@example.test": "550 tidak ada orang itu", "produsen@example.test": "450 nanti"}
        journey = mailing(city, server.port)
        also(city, "produsen-juga", "dpupr", Role.PRODUSEN_DATA)
        also(city, "pembina-lain", "bps", Role.PEMBINA_DATA, kinds=frozenset({Kind.GEOSPATIAL}), email="bukan surel")
        submission_at(city, "verified", "Alamat salah")
        Herald(journey).look_around()
        assert deliver(journey) == 1
        server.refused = {}
        assert deliver(journey) == 1  # what was only put off; the address that was refused is left alone
    assert [str(mail["To"]) for mail in server.taken] == ["pembina-geospasial@example.test", "produsen@example.test"]
    assert "menolak alamat surel Anda" in city.journey.records.notices("id-walidata")[0].text
    seat = Seat(city, "admin")
    seat.open("/meja/admin/")
    for words in ("walidata@example.test ditolak server surat", "belum ada", "“bukan surel” tidak benar"):
        assert seat.says(words)
