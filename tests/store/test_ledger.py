"""The chain stays whole whatever happens, and shows whatever was done to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exc, text

from server.store import Records
from tests.store.sample import AT, add, build, finding, published, ratified, settle
from workflow.ledger import Entry, first_broken
from workflow.store import Agency, Holiday, Note

ONE_STORE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
words = st.text(max_size=40)
moments = st.timedeltas(timedelta(days=-900), timedelta(days=900)).map(lambda passed: AT + passed)
acts = st.lists(st.tuples(st.sampled_from(["agency", "holiday", "note", "waive"]), words, moments), max_size=5)


@pytest.fixture
def city(records: Records) -> Records:
    settle(records)
    add(records)
    build(records, "s1", finding("k1"))
    return records


def do(records: Records, act: str, said: str, at: datetime) -> None:
    match act:
        case "agency":
            records.save_agency(Agency("dpu", said, said), actor="admin", at=at)
        case "holiday":
            records.save_holiday(Holiday(at.date(), said, "lokal", said), actor="admin", at=at)
        case "note":
            records.add_note(Note(str(uuid4()), "s1", "sari", at, said))
        case "waive":
            records.waive("s1", "k1", actor="sari", at=at, reason=said)


@ONE_STORE
@given(acts)
def test_whatever_people_do_the_chain_is_whole(city: Records, done: list[tuple[str, str, datetime]]) -> None:
    before = len(list(city.ledger()))
    for act in done:
        do(city, *act)
    entries = list(city.ledger())
    assert first_broken(entries) is None
    assert len(entries) == before + len(done)


@pytest.fixture
def entries(city: Records) -> list[Entry]:
    ratified(city, "s2", "sungai")
    published(city, "s2")
    return list(city.ledger())


edited_fields = st.sampled_from(["seq", "at", "actor", "action", "object", "detail", "prev", "hash"])


@ONE_STORE
@given(st.data())
def test_any_edit_of_an_entry_is_found(entries: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(edited_fields)
    kept = getattr(entries[place], field)
    other = {"seq": st.integers(), "detail": st.dictionaries(words, words, min_size=1)}.get(field, words)
    edit: dict[str, Any] = {field: data.draw(other.filter(lambda value: value != kept))}
    forged = list(entries)
    forged[place] = replace(forged[place], **edit)
    assert first_broken(forged) == place + 1


@ONE_STORE
@given(st.data())
def test_an_entry_that_is_taken_away_added_or_moved_is_found(entries: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 2))
    other = data.draw(st.integers(place + 1, len(entries) - 1))
    assert first_broken(entries[:place] + entries[place + 1 :]) == place + 1
    assert first_broken([*entries[: place + 1], *entries[place:]]) == place + 2
    swapped = list(entries)
    swapped[place], swapped[other] = entries[other], entries[place]
    assert first_broken(swapped) == place + 1


@pytest.mark.parametrize(
    "rewriting",
    [
        "UPDATE ledger SET actor = 'x'",
        "UPDATE ledger SET actor = 'x' WHERE seq = 1",
        "DELETE FROM ledger WHERE seq > 3",
        "UPDATE events SET note = ''",
        "DELETE FROM events",
    ],
)
def test_the_database_refuses_to_rewrite_history(entries: list[Entry], city: Records, rewriting: str) -> None:
    with pytest.raises(exc.DBAPIError, match="append-only"), city._write() as connection:
        connection.execute(text(rewriting))
    assert list(city.ledger()) == entries


def test_history_cannot_be_emptied_or_replaced_at_once(entries: list[Entry], city: Records) -> None:
    replacing = [
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
    ]
    if city._engines.postgresql:
        replacing = [
            "TRUNCATE ledger",
            "TRUNCATE events",
            "SET LOCAL session_replication_role = replica; DELETE FROM ledger",
        ]
    for statement in replacing:
        with pytest.raises(exc.DBAPIError, match="append-only"), city._write() as connection:
            connection.exec_driver_sql(statement)
    assert list(city.ledger()) == entries


def test_who_takes_the_locks_away_and_edits_is_found_out(entries: list[Entry], city: Records) -> None:
    free = ["DROP TRIGGER ledger_no_update"]
    if city._engines.postgresql:
        free = ["ALTER TABLE ledger DISABLE TRIGGER ALL"]
    with city._write() as connection:
        for statement in [*free, "UPDATE ledger SET detail = replace(detail, 'Jalan', 'Kebun') WHERE seq = 7"]:
            connection.execute(text(statement))
        connection.execute(text("UPDATE ledger SET actor = 'sari' WHERE seq = 3"))
    assert first_broken(city.ledger()) == 3


def test_the_ledger_cannot_fork(entries: list[Entry], city: Records) -> None:
    fork = "INSERT INTO ledger SELECT seq + 1, at, actor, action, object, detail, prev, 'x' FROM ledger WHERE seq = {}"
    with pytest.raises(exc.IntegrityError), city._write() as connection:
        connection.execute(text(fork.format(len(entries))))
