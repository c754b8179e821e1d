"""Random people take random steps, edit, wait, and find the records reopened; a model typed by hand says what may."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import count
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.app import create_journey
from server.build import build_now
from server.clock import due_date
from server.deputies import actor_of
from server.journey import Journey, Upload
from server.store import Records, open_records
from tests.conftest import METADATA, PDF, City
from tests.test_every_step import LAYER
from workflow.errors import SebarError
from workflow.ledger import first_broken
from workflow.sop import Kind, Role
from workflow.store import Delegation, Holiday, Person

START = datetime(2026, 3, 12, 3, 0, tzinfo=UTC)
WIB_HOURS = timedelta(hours=7)
CONTENTS = ("satu", "dua", "tiga", "tanpa riwayat")
REASON = "Alasan yang cukup panjang untuk uji coba."
AGENCIES = {"dpupr", "dinkes", "dinkominfo", "bps", "bapperida"}
# The SOP and the design's other rows, typed by hand: step, from, role, to.
ROWS = [
    ("submit", "draft", "produsen_data", "submitted"),
    ("submit", "returned", "produsen_data", "submitted"),
    ("verify", "submitted", "walidata", "verified"),
    ("approve", "verified", "pembina_data", "approved"),
    ("approve_on_paper", "verified", "walidata", "approved"),
    ("publish", "approved", "walidata", "published"),
    ("return", "submitted", "walidata", "returned"),
    ("return", "verified", "pembina_data", "submitted"),
    ("recall", "submitted", "produsen_data", "draft"),
    ("schedule", "approved", "walidata", "approved"),
]
STEPS = sorted({row[0] for row in ROWS})
DAYS = {"draft": 3, "submitted": 5, "verified": 5, "approved": 2}
NUMBERED = ("submit", "verify", "approve", "publish")
HASHED = {"verify", "approve", "approve_on_paper", "publish"}
CAST: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    "produsen": ("dpupr", "produsen_data", ()),
    "produsen-juga": ("dpupr", "produsen_data", ()),
    "produsen2": ("dinkes", "produsen_data", ()),
    "walidata": ("dinkominfo", "walidata", ()),
    "walidata-juga": ("dinkominfo", "walidata", ()),
    "pembina-statistik": ("bps", "pembina_data", ("statistics",)),
    "pembina-geospasial": ("bapperida", "pembina_data", ("geospatial",)),
    "wakil": ("bapperida", None, ()),
    "admin": ("dinkominfo", "admin", ()),
}
NAMES = sorted(CAST)
FICKLE = ("produsen-juga", "walidata-juga", "wakil")
"""They are given other roles on the way."""


@dataclass
class Piece:
    """A submission as the model knows it."""

    id: str
    dataset: str
    agency: str
    content: str
    entered: datetime
    status: str = "draft"
    submitted_by: str | None = None
    verified_by: str | None = None
    approved_by: str | None = None
    publish_at: datetime | None = None
    scheduled_by: str | None = None
    release: int | None = None


@dataclass
class Stage:
    """One store for all runs: its city, and a real candidate of each content."""

    city: City
    numbers: count[int] = field(default_factory=count)
    built: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        journey = self.city.journey
        for name, (agency, role, kinds) in CAST.items():
            self.save(name, agency, role, kinds)
        actor = actor_of(journey, person(journey.records, "produsen"))
        for content in CONTENTS:
            record = journey.create_submission(actor, **entered(content, f"Contoh {content}"))
            made = build_now(journey.records, journey.settings, record.move.id)
            assert made is not None, content
            self.built[content] = (made, journey.records.findings(made.move.id))

    def save(self, name: str, agency: str, role: str | None, kinds: tuple[str, ...]) -> None:
        roles, of = frozenset({Role(role)} if role else ()), frozenset(map(Kind, kinds))
        saved = Person(f"id-{name}", name, name.title(), agency, roles, of)
        self.city.journey.records.save_person(saved, actor="test", at=START)

    def build(self, records: Records, id: str, content: str) -> None:
        """The candidate of this content, as if it had been built for this submission."""
        record, (made, findings) = records.submission(id), self.built[content]
        assert record
        home, place = self.city.settings.home, f"candidates/{id}/{record.build}"
        shutil.copytree(home / made.candidate, home / place)
        text = json.dumps(dict(made.manifest)).replace(f'"{made.move.dataset}"', f'"{record.move.dataset}"')
        (home / place / "manifest.json").write_text(text)
        assert records.finish_build(
            id,
            record.build,
            content_hash=str(made.move.content_hash),
            candidate=place,
            manifest=json.loads(text),
            findings=findings,
            at=START,
        )


def person(records: Records, name: str) -> Person:
    found = records.person(f"id-{name}")
    assert found
    return found


def entered(content: str, title: str) -> dict[str, Any]:
    layer = LAYER.replace(b"Alun-alun", content.encode())
    said = METADATA | {"title": title} | ({"lineage": ""} if content == CONTENTS[-1] else {})
    papers = Upload(BytesIO(PDF), "ba.pdf")
    return {"file": Upload(BytesIO(layer), "titik.geojson"), "metadata": said, "berita_acara": papers}


class Sop(RuleBasedStateMachine):
    stage: Stage
    chance: Random

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.records = open_records(self.stage.city.settings)
        self.journey = self.opened()
        self.cast = {name: (agency, role, set(kinds)) for name, (agency, role, kinds) in CAST.items()}
        self.pieces: list[Piece] = []
        self.delegated: list[tuple[str, str, date, date]] = []
        self.holidays: set[date] = set()
        self.touched: set[str] = set()

    @initialize()
    def a_new_run(self) -> None:
        for name, said in CAST.items():
            self.stage.save(name, *said)
        for given in self.records.delegations():
            self.records.remove_delegation(given.id, actor="test", at=START)
        for holiday in self.records.holidays():
            self.records.remove_holiday(holiday.day, actor="test", at=START)
        for name in ("produsen", "produsen2"):
            self.enter(name, CONTENTS[0])

    def opened(self) -> Journey:
        return create_journey(self.stage.city.settings, self.records, lambda: self.now)

    def teardown(self) -> None:
        self.records.close()

    # what the model says

    def role(self, name: str) -> str | None:
        return self.cast[name][1]

    def ratifies(self, name: str) -> bool:
        """Geospatial data, which all of it is; for oneself, or today for another."""
        if self.role(name) == "pembina_data" and "geospatial" in self.cast[name][2]:
            return True
        today = (self.now + WIB_HOURS).date()
        return self.role(name) in (None, "pembina_data") and any(
            who == name and since <= today <= until and self.role(absent) == "pembina_data"
            and "geospatial" in self.cast[absent][2]
            for who, absent, since, until in self.delegated
        )  # fmt: skip

    def may(self, name: str, step: str, piece: Piece) -> str | None:
        """Where the step leads, or None where it is refused."""
        for row, source, role, target in ROWS:
            if (row, source) != (step, piece.status):
                continue
            if role == "pembina_data":
                fits = self.ratifies(name)
            else:
                fits = self.role(name) == role and (role == "walidata" or self.cast[name][0] == piece.agency)
            if fits and not self.barred(name, step, piece):
                return target
        return None

    def barred(self, name: str, step: str, piece: Piece) -> bool:
        return {
            "submit": piece.content == CONTENTS[-1],
            "verify": name == piece.submitted_by,
            "approve": name in (piece.submitted_by, piece.verified_by),
            "approve_on_paper": name == piece.submitted_by,
            "publish": piece.publish_at is not None and piece.publish_at > self.now,
        }.get(step, False)

    def moved(self, name: str, step: str, piece: Piece, target: str) -> None:
        if step != "schedule":
            piece.entered = self.now
        piece.status = target
        if step == "submit":
            piece.submitted_by = name
        elif step == "verify":
            piece.verified_by = name
        elif step == "approve":
            piece.approved_by = name
        elif step == "return" and target == "submitted":
            piece.verified_by = None
        elif step in ("return", "recall"):
            piece.submitted_by = None
        elif step == "publish":
            piece.release = 1 + max((one.release or 0 for one in self.of(piece.dataset)), default=0)
            self.supersede(piece)

    def supersede(self, piece: Piece) -> None:
        for other in self.of(piece.dataset):
            if other is not piece and other.status == "published":
                other.status = "superseded"
        self.touched.add(piece.dataset)

    def of(self, dataset: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.dataset == dataset]

    def due(self, piece: Piece) -> date | None:
        days = DAYS.get(piece.status)
        if days is None:
            return None
        local = piece.entered + WIB_HOURS
        late = (local.hour, local.minute, local.second) > (15, 30, 0)
        day = local.date() + timedelta(days=late) if piece.status != "draft" else date(2026, 3, 12)
        off = np.array(sorted(self.holidays), dtype="datetime64[D]")
        first = np.busday_offset(np.datetime64(day), 0, "forward", holidays=off)
        found: date = np.busday_offset(first, days, holidays=off).astype(date)
        return found

    def tried(self, name: str, act: Callable[[Any], Any], allowed: bool, what: str) -> Any:
        """The act by this person; it must be refused exactly where the model says so."""
        refusal = None
        try:
            done = act(actor_of(self.journey, person(self.records, name)))
        except SebarError as refused:
            done, refusal = None, (refused.detail, refused.where)
        assert (refusal is None) == allowed, (what, name, refusal)
        return done

    # what happens

    @rule(chance=st.randoms(use_true_random=True))
    def somebody_does_something(self, chance: Random) -> None:
        """Mostly what could come next; else anything by anybody, or the world turns."""
        self.chance = chance
        name, content = chance.choice(NAMES), chance.choice(CONTENTS)
        piece = chance.choice(self.pieces)
        served = chance.choice([one for one in self.pieces if one.release] or [piece])
        custodian = chance.choice(("walidata", "walidata-juga", name))
        day = START.date() + timedelta(days=chance.randint(0, 40))
        stand_in = chance.choice((*FICKLE, "pembina-statistik"))
        role = chance.choice((None, "produsen_data", "walidata", "pembina_data", "admin"))
        kinds = chance.choice((("geospatial",), ("statistics",)))
        absent = chance.choice(("pembina-geospasial", "pembina-statistik"))
        seen = chance.choice((None, "right", "other"))
        acts: dict[Callable[[], Any], int] = {
            lambda: self.people_go_on(chance.randint(1, 4)): 10,
            lambda: self.take(piece, name, chance.choice(STEPS), chance.randint(-30, 200), seen): 5,
            self.who_acted_before_tries_again: 1,
            lambda: self.a_deputy_ratifies(stand_in): 1,
            lambda: self.enter(name, content): 1,
            lambda: self.enter_a_new_version(served, served.submitted_by or name, content): 1,
            lambda: self.edit(piece, chance.choice(("produsen", "produsen2", name)), content): 2,
            lambda: self.withdraw(served, custodian): 1,
            lambda: self.restore(served, custodian): 1,
            lambda: self.time_passes(chance.choice((1, 5, 20, 72))): 2,
            self.the_process_dies: 1,
            lambda: self.given(chance.choice(FICKLE), role, kinds if role == "pembina_data" else ()): 1,
            lambda: self.is_delegated(stand_in, absent, chance.randint(-3, 4), chance.randint(0, 9)): 1,
            lambda: self.the_calendar_is_edited(day): 1,
        }
        chance.choices(list(acts), list(acts.values()))[0]()

    def enter(self, name: str, content: str) -> None:
        said = entered(content, f"Mesin {next(self.stage.numbers)}")
        allowed = self.role(name) == "produsen_data"
        if record := self.tried(name, lambda actor: self.journey.create_submission(actor, **said), allowed, "enter"):
            self.added(record.move.id, record.move.dataset, name, content)

    def enter_a_new_version(self, piece: Piece, name: str, content: str) -> None:
        under_way = any(one.status in (*DAYS, "returned") for one in self.of(piece.dataset))
        owner = self.role(name) == "produsen_data" and self.cast[name][0] == piece.agency
        said = entered(content, "Versi berikut") | {"dataset": piece.dataset}
        record = self.tried(
            name, lambda actor: self.journey.create_submission(actor, **said), owner and not under_way, "enter again"
        )
        if record:
            self.added(record.move.id, piece.dataset, name, content)

    def added(self, id: str, dataset: str, name: str, content: str) -> None:
        self.stage.build(self.records, id, content)
        self.pieces.append(Piece(id, dataset, self.cast[name][0], content, self.now))

    def edit(self, piece: Piece, name: str, content: str) -> None:
        owner = self.role(name) == "produsen_data" and self.cast[name][0] == piece.agency
        said = entered(content, "Judul baru")
        changed = self.tried(
            name,
            lambda actor: self.journey.change(actor, piece.id, file=said["file"], metadata=said["metadata"]),
            owner and piece.status in ("draft", "returned"),
            "edit",
        )
        if changed:
            self.stage.build(self.records, piece.id, content)
            piece.content = content

    def people_go_on(self, many: int) -> None:
        """With one of them, mostly onwards."""
        piece = self.chance.choice(self.pieces)
        for _ in range(many):
            self.now += timedelta(minutes=self.chance.choice((10, 50, 330, 335, 400)))
            likely = [(name, step) for name in sorted(CAST) for step in STEPS if self.may(name, step, piece)]
            onwards = [pair for pair in likely if pair[1] in NUMBERED]
            if likely:
                chosen = onwards if onwards and self.chance.randint(0, 3) else likely
                self.take(piece, *self.chance.choice(chosen), 30, "right")

    def a_deputy_ratifies(self, name: str) -> None:
        self.is_delegated(name, "pembina-geospasial", 0, 0)
        for piece in self.pieces:
            if piece.status == "verified":
                self.take(piece, name, "approve", 1, "right")

    def who_acted_before_tries_again(self) -> None:
        """After they were given the role that the next step needs."""
        wanted = {"submitted": ("walidata", "verify"), "verified": ("pembina_data", "approve")}
        for piece in [piece for piece in self.pieces if piece.status in wanted]:
            role, step = wanted[piece.status]
            for by in filter(None, (piece.submitted_by, piece.verified_by)):
                _, before, kinds = self.cast[by]
                self.given(by, role, ("geospatial",) if role == "pembina_data" else ())
                self.take(piece, by, step, 1, "right")
                self.given(by, before, tuple(kinds))

    def take(self, piece: Piece, name: str, step: str, hours: int, seen: str | None) -> None:
        target, at = self.may(name, step, piece), self.now + timedelta(hours=hours)
        record = self.records.submission(piece.id)
        assert record
        allowed = (
            target is not None and not (step == "schedule" and hours <= 0) and not (seen == "other" and step in HASHED)
        )
        done = self.tried(
            name,
            lambda actor: self.journey.take(
                actor,
                piece.id,
                step,
                note=REASON,
                content_hash={None: None, "right": record.move.content_hash, "other": "0" * 64}[seen],
                publish_at=at if step == "schedule" else None,
                scan=Upload(BytesIO(PDF), "lembar.pdf") if step == "approve_on_paper" else None,
            ),
            allowed,
            f"{step} from {piece.status}",
        )
        if done and target:
            self.moved(name, step, piece, target)
            if step == "schedule":
                piece.publish_at, piece.scheduled_by = at, name

    def withdraw(self, piece: Piece, name: str) -> None:
        served = next((one for one in self.of(piece.dataset) if one.status == "published"), None)
        allowed = self.role(name) == "walidata" and served is not None
        act: Callable[[Any], Any] = lambda actor: self.journey.withdraw(actor, piece.dataset, REASON)  # noqa: E731
        if self.tried(name, act, allowed, "withdraw") and served:
            served.status, served.entered = "withdrawn", self.now
            self.touched.add(piece.dataset)

    def restore(self, piece: Piece, name: str) -> None:
        allowed = self.role(name) == "walidata" and piece.status in ("superseded", "withdrawn")
        act: Callable[[Any], Any] = lambda actor: self.journey.restore(actor, piece.dataset, piece.release or 0, REASON)  # noqa: E731
        if self.tried(name, act, allowed, "restore"):
            piece.status, piece.entered = "published", self.now
            self.supersede(piece)

    def time_passes(self, hours: int) -> None:
        """And the worker publishes what is due, where the one who scheduled it still may."""
        self.now += timedelta(hours=hours)
        refused = self.journey.publish_due()
        for piece in self.pieces:
            if piece.status == "approved" and piece.publish_at and piece.publish_at <= self.now:
                by = str(piece.scheduled_by)
                assert (piece.id in refused) == (self.role(by) != "walidata")
                if self.role(by) == "walidata":
                    self.moved(by, "publish", piece, "published")

    def the_process_dies(self) -> None:
        self.records.close()
        self.records = open_records(self.stage.city.settings)
        self.journey = self.opened()
        self.touched |= {piece.dataset for piece in self.pieces}

    def given(self, name: str, role: str | None, kinds: tuple[str, ...]) -> None:
        self.stage.save(name, CAST[name][0], role, kinds)
        self.cast[name] = (CAST[name][0], role, set(kinds))

    def is_delegated(self, name: str, absent: str, begins: int, lasts: int) -> None:
        if name == absent:
            return
        since = (self.now + WIB_HOURS).date() + timedelta(days=begins)
        given = (name, absent, since, since + timedelta(days=lasts))
        id = f"d{next(self.stage.numbers)}"
        paper = Delegation(id, f"id-{name}", f"id-{absent}", "Plh.", "800/1", given[2], given[3], "test", self.now)
        self.records.add_delegation(paper)
        self.delegated.append(given)

    def the_calendar_is_edited(self, day: date) -> None:
        self.holidays ^= {day}
        if day in self.holidays:
            self.records.save_holiday(Holiday(day, "Libur", "lokal", "uji"), actor="test", at=self.now)
        else:
            self.records.remove_holiday(day, actor="test", at=self.now)

    # what is always so

    @invariant()
    def the_records_are_as_the_model_says(self) -> None:
        for piece in self.pieces:
            record = self.records.submission(piece.id)
            assert record
            move = record.move
            assert (move.status, move.submitted_by, move.verified_by, move.approved_by) == (
                piece.status,
                *(f"id-{by}" if by else None for by in (piece.submitted_by, piece.verified_by, piece.approved_by)),
            )
            acted = [by for by in (move.submitted_by, move.verified_by, move.approved_by) if by]
            assert len(acted) == len(set(acted))
            assert due_date(self.journey, move) == self.due(piece), piece

    @invariant()
    def the_public_sees_what_was_published_and_nothing_else(self) -> None:
        mine = {piece.dataset for piece in self.pieces}
        published = {piece.dataset: piece for piece in self.pieces if piece.status == "published"}
        served = {release.dataset: release.number for release in self.records.registry().current}
        assert {id: n for id, n in served.items() if id in mine} == {id: one.release for id, one in published.items()}
        public = self.stage.city.app.test_client()
        for dataset in self.touched:
            with public.get(f"/ogc/collections/{dataset}/items?f=json", buffered=True) as answer:
                if dataset in published:
                    names = [feature["properties"]["nama"] for feature in answer.json["features"]]
                    assert names == [published[dataset].content]
                else:
                    assert answer.status_code in (404, 410), (dataset, answer.status_code)
        self.touched.clear()


def test_people_clocks_and_crashes_leave_only_the_moves_of_the_sop(city: City) -> None:
    machine = type("Machine", (Sop,), {"stage": Stage(city)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    entries = list(city.journey.records.ledger())
    assert first_broken(entries) is None
    happened = Counter(entry.action for entry in entries)
    assert all(happened[f"submission.{step}"] for step in NUMBERED), happened
