"""Who is told what: after each step, when a step takes long, and what is late, once per working day."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from server.clock import calendar_of, days_of, due_date, joint_leave_unknown, left
from server.deputies import actors
from server.journey import Journey, awaits, holds
from workflow.dataset import Actor
from workflow.deadlines import WIB, Calendar, due
from workflow.errors import Conflict, Forbidden
from workflow.labels import ESCALATION, NOTICES, ROLES, STEPS, day_of, hari_tanggal, pukul, tanggal
from workflow.ledger import Entry
from workflow.sop import OPEN, SOP, Role, Status
from workflow.store import Notice, SubmissionRecord

LOG = logging.getLogger(__name__)

NEWS = timedelta(days=30)
"""What happened earlier is history: nobody is told any more."""
MORNING = time(7, 30)
LISTED = 20
REMINDED = {Status.RETURNED: Role.PRODUSEN_DATA, Status.VERIFIED: Role.PEMBINA_DATA}
"""Whom a Walidata may remind, by where the data are."""


@dataclass
class Herald:
    """Tells people, in one worker of several: what another one told has its mark and is not told again."""

    journey: Journey
    position: int | None = None
    morning: date | None = None

    def look_around(self) -> None:
        records = self.journey.records
        self.position = records.last_told() if self.position is None else self.position
        for entry in records.ledger(self.position):
            try:
                told = list(of_entry(self.journey, entry))
            except (KeyError, ValueError):
                LOG.exception("nobody can be told of entry %s of the ledger", entry.seq)
                told = []
            if told:
                records.add_notices(told)
                # Who has acted on it knows of it.
                records.read_notices(entry.actor, self.journey.clock(), submission=entry.object)
            self.position = entry.seq
        now, calendar = self.journey.clock().astimezone(WIB), calendar_of(self.journey)
        if self.morning != now.date() and now.time() >= MORNING and calendar.is_working(now.date()):
            told = [*escalations(self.journey, calendar), *digests(self.journey, calendar), *reminders(self.journey)]
            records.add_notices(told)
            self.morning = now.date()


def of_entry(journey: Journey, entry: Entry) -> Iterator[Notice]:
    """What a step says to whom; nothing to the one who took it."""
    step, at = entry.action.removeprefix("submission."), datetime.fromisoformat(entry.at)
    said = NOTICES.get(f"{step}.{entry.detail.get('target')}") or NOTICES.get(step)
    if not said or step == "remind" or at < journey.clock() - NEWS:
        return
    record = journey.records.submission(entry.object)
    if record is None:
        return
    who = journey.records.person(entry.actor)
    scheduled = record.move.publish_at
    target = Status(entry.detail["target"])
    words = _words(journey, record) | {
        "who": who.name if who else "Sistem",
        "note": str(entry.detail.get("note", "")),
        "until": _until(journey, at, target),
        "planned": f"dijadwalkan pada {tanggal(scheduled)}, pukul {pukul(scheduled)}"
        if scheduled
        else "tidak dijadwalkan lagi",
    }
    notice = Notice("", f"{entry.seq:012d}", step, "", at, record.move.id)
    for role, text in said.items():
        people = [actor for actor in actors(journey) if actor.id != entry.actor and holds(actor, role, record.move)]
        yield from _to(people, replace(notice, text=text.format(**words)))


def remind(journey: Journey, actor: Actor, id: str) -> int:
    """How many are reminded of what waits for them; none where it was done for this working day already.

    Raises NotFound, Forbidden where this person may not, and Conflict where nobody could be reminded.
    """
    record = journey.visible(actor, id)
    role = REMINDED.get(record.move.status)
    if Role.WALIDATA not in actor.roles or role is None:
        raise Forbidden("Hanya Walidata yang mengingatkan, dan hanya tentang data di Produsen atau Pembina Data.")
    now, calendar = journey.clock(), calendar_of(journey)
    day = day_of(now)
    while not calendar.is_working(day):
        day += timedelta(days=1)
    due_on = due_date(journey, record.move, calendar)
    words = _words(journey, record) | {
        "who": actor.name,
        "since": tanggal(record.move.entered_at or now),
        "until": f" paling lambat {hari_tanggal(due_on)}" if due_on else "",
    }
    text = NOTICES["remind"][role].format(**words)
    people = [one for one in actors(journey) if holds(one, role, record.move) and one.id != actor.id]
    if not people:
        raise Conflict.of("nobody_to_remind", role=ROLES[role])
    told = list(_to(people, Notice("", f"remind:{id}:{day}", "remind", text, now, id)))
    return journey.records.add_notices(told, when=now, who=actor.id, action="submission.remind", object=id, role=role)


def escalations(journey: Journey, calendar: Calendar) -> Iterator[Notice]:
    """Half, all, one and a half times the days of a step have passed: the highest is told, once for each waiting."""
    everybody, now = actors(journey), journey.clock()
    for record in journey.records.submissions(statuses=OPEN):
        move = record.move
        due_on, days = due_date(journey, move, calendar), days_of(journey.settings.step_days).get(move.status)
        if due_on is None or not days or move.publish_at:
            continue
        passed = days - (left(journey, due_on, calendar) or 0)
        reached = [percent for percent in ESCALATION if passed * 100 >= percent * days]
        if not reached:
            continue
        text, also = ESCALATION[max(reached)]
        step = next(row for row in SOP if row.number and move.status in row.sources)
        words = _words(journey, record) | {"step": STEPS[step.name], "until": f", batasnya {hari_tanggal(due_on)}"}
        mark = f"late:{move.id}:{move.status}:{move.round}:{move.entered_at or ''}:{max(reached)}"
        officer = [one for one in everybody if one.id == record.assigned_to and awaits(one, move)]
        told = officer or [one for one in everybody if awaits(one, move)]
        told += [one for one in everybody if any(role in one.roles for role in also)]
        yield from _to(told, Notice("", mark, "late", text.format(**words), now, move.id))


def digests(journey: Journey, calendar: Calendar) -> Iterator[Notice]:
    """What is late and awaits this person; to the Walidata all that is late."""
    now = journey.clock()
    late = [
        record
        for record in journey.records.submissions(statuses=OPEN)
        if not record.move.publish_at and (left(journey, due_date(journey, record.move, calendar), calendar) or 0) < 0
    ]
    for actor in actors(journey):
        mine = [record for record in late if awaits(actor, record.move) or Role.WALIDATA in actor.roles]
        if mine:
            titles = "; ".join(record.title for record in mine[:LISTED]) + ("; …" if len(mine) > LISTED else "")
            text = f"{len(mine)} data terlambat pada {hari_tanggal(now)}: {titles}."
            yield from _to([actor], Notice("", f"digest:{day_of(now)}", "digest", text, now))


def reminders(journey: Journey) -> Iterator[Notice]:
    """To the admin, once: the coming year's joint leave is not in the calendar."""
    if year := joint_leave_unknown(journey):
        text = f"Cuti bersama {year} belum ada di kalender kerja; isi setelah SKB tiga menteri diumumkan."
        admins = [actor for actor in actors(journey) if Role.ADMIN in actor.roles]
        yield from _to(admins, Notice("", f"joint-leave:{year}", "calendar", text, journey.clock()))


def _to(people: Iterable[Actor], notice: Notice) -> Iterator[Notice]:
    for person in people:
        yield replace(notice, person=person.id, mark=f"{notice.mark}:{person.id}")


def _words(journey: Journey, record: SubmissionRecord) -> dict[str, Any]:
    names = {agency.id: agency.short_name or agency.name for agency in journey.records.agencies()}
    return {"title": record.title, "agency": names.get(record.move.agency, record.move.agency)}


def _until(journey: Journey, at: datetime, status: Status) -> str:
    days = days_of(journey.settings.step_days).get(status)
    return f" paling lambat {hari_tanggal(due(at, days, calendar_of(journey)))}" if days else ""
