"""Who ratifies for an absent Pembina Data, on which days, and what is said of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from server.notices import Herald
from server.store import open_records
from tests.conftest import HASHER, PASSWORD, City
from tests.pages.desk import Seat
from tests.test_every_step import submission_at, take
from workflow.deadlines import WIB
from workflow.sop import Role
from workflow.store import Delegation, Person


def deputy(city: City, *roles: Role) -> Person:
    person = Person(
        "id-wakil", "wakil", "Dewi Wakil", "bapperida", frozenset(roles), frozenset(), HASHER.hash(PASSWORD)
    )
    city.journey.records.save_person(person, actor="test", at=city.clock())
    return person


def delegated(city: City, since: int = 13, until: int = 16) -> None:
    city.journey.records.add_delegation(
        Delegation(
            "d1", "id-wakil", "id-pembina-geospasial", "Plh.", "800/12/2026", date(2026, 3, since),
            date(2026, 3, until), "id-admin", city.clock(),
        )
    )  # fmt: skip


def on(city: City, day: int, hour: int = 9) -> None:
    city.clock.now = datetime(2026, 3, day, hour, tzinfo=WIB).astimezone(UTC)


def test_the_admin_enters_it_and_the_deputy_ratifies_within_the_dates_on_behalf_of_the_absent(city: City) -> None:
    deputy(city)
    id = submission_at(city, "verified", "Titik wakil")
    admin = Seat(city, "admin")
    admin.open("/meja/admin/perwakilan")
    form = {"person": "id-wakil", "on_behalf_of": "id-pembina-geospasial", "capacity": "Plh.", "paper": "800/12/2026"}
    days = {"since": "2026-03-13", "until": "2026-03-16"}
    action = "/meja/admin/perwakilan"
    assert admin.press(action, **form, **days | {"until": "2026-03-12"}).status_code == 400
    assert admin.press(action, **form | {"person": "id-walidata"}, **days).status_code == 400
    assert admin.says("PENGGANTI")
    admin.press(action, **form, **days)
    assert admin.says("belum mulai")
    wakil = city.client("wakil")
    assert wakil.get("/api/v1/submissions").status_code == 403
    on(city, 13, 0)
    seat = Seat(city, "wakil")
    seat.open("/meja/pembina-data/")
    assert seat.says("Plh. atas nama Pembina-Geospasial (800/12/2026)")
    Herald(city.journey).look_around()
    seat.open(f"/meja/pengajuan/{id}")
    seat.take(id, "approve", seen="1")
    assert seat.says("Dewi Wakil, Plh. atas nama Pembina-Geospasial")
    (entry,) = [entry for entry in city.journey.records.ledger() if entry.action == "submission.approve"]
    assert (entry.actor, entry.detail["capacity"], entry.detail["on_behalf_of"], entry.detail["paper"]) == (
        "id-wakil", "Plh.", "id-pembina-geospasial", "800/12/2026",
    )  # fmt: skip
    letter = seat.fetch(f"/meja/pengajuan/{id}/cetak/3.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(letter)).pages)
    assert "Plh. Pembina Data atas nama Pembina-Geospasial" in " ".join(text.split()).replace("- ", "-"), text
    on(city, 16, 23)
    assert wakil.get("/api/v1/submissions").status_code == 200
    on(city, 17, 0)
    assert wakil.get("/api/v1/submissions").status_code == 403
    assert take(city, "wakil", submission_at(city, "verified", "Titik lewat"), "approve").status_code == 403


def test_a_deputy_ratifies_nothing_that_they_submitted_or_verified(city: City) -> None:
    """They did so in an earlier role; the requirement refuses it, and so does the database."""
    person = deputy(city, Role.WALIDATA)
    id = submission_at(city, "submitted", "Titik sendiri")
    on(city, 13)
    assert take(city, "wakil", id, "verify").status_code == 200
    delegated(city)
    assert take(city, "wakil", id, "approve").status_code == 403  # as Walidata nobody stands in
    city.journey.records.save_person(replace(person, roles=frozenset()), actor="test", at=city.clock())
    refused = take(city, "wakil", id, "approve")
    assert refused.status_code == 422
    assert [one["name"] for one in refused.json["requirements"]] == ["not_the_verifier"]
    records = open_records(city.settings)
    with pytest.raises(IntegrityError), records._write() as connection:
        connection.exec_driver_sql("UPDATE submissions SET approved_by = verified_by")
    records.close()
    assert take(city, "pembina-geospasial", id, "approve").status_code == 200
