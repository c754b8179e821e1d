"""Notes on a submission: who may write, answer and settle them, and how they hang together."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.journey import Journey
from server.note_places import Spot, checked, ground_of, lies
from workflow.dataset import Actor
from workflow.errors import BadRequest, Conflict, Forbidden, NotFound, Unmet
from workflow.labels import NOTE_KINDS
from workflow.sop import Role
from workflow.store import Note, SubmissionRecord

KINDS = tuple(kind for kind in NOTE_KINDS if kind != "answer")
REVIEWERS = frozenset({Role.WALIDATA, Role.PEMBINA_DATA})
LONGEST = 4000
FIXED = "Sudah diperbaiki."
"""How an answer begins that says so."""


@dataclass(frozen=True)
class Thread:
    """A note with its answers. `carried`: of an earlier submission; `fixed`: the Produsen Data says so since the last
    return; `may_settle`: by the one who looks."""

    note: Note
    answers: tuple[Note, ...]
    spot: Spot
    carried: bool
    fixed: bool
    may_settle: bool


def write(journey: Journey, actor: Actor, id: str, text: str, kind: str, place: Mapping[str, Any]) -> Note:
    """Raises NotFound, Forbidden for a must-fix note of one who reviews nothing, Unmet and BadRequest."""
    record = journey.visible(actor, id)
    if kind not in KINDS:
        raise BadRequest.of("note_kind", kind=kind, known=", ".join(KINDS), where={"field": "kind"})
    if kind == "must_fix" and not actor.roles & REVIEWERS:
        raise Forbidden("Catatan “Harus diperbaiki” ditulis Walidata dan Pembina Data.")
    pinned = checked(ground_of(journey.records, journey.settings, record), place)
    return _added(journey, actor, record, text, kind=kind, place=pinned)


def answer(journey: Journey, actor: Actor, id: str, note: str, text: str, *, fixed: bool = False) -> Note:
    """`fixed` says that what the note asked for is done; then it needs no other words."""
    record = journey.visible(actor, id)
    asked = _known(journey, record, note)
    said = f"{FIXED} {text}".strip() if fixed else text
    return _added(journey, actor, record, said, kind="answer", answers_to=asked.id)


def settle(journey: Journey, actor: Actor, id: str, note: str, *, resolved: bool) -> Note:
    """Resolves a note, or opens it again in the round in which it was resolved."""
    known = _known(journey, journey.visible(actor, id), note)
    if not _may_settle(actor, known):
        raise Forbidden("Catatan diselesaikan dan dibuka lagi oleh penulisnya atau Walidata.")
    began = _round_began(journey, id)
    if not resolved and known.resolved_at and began and known.resolved_at < began:
        raise Conflict.of("note_of_earlier_round")
    return journey.records.settle_note(known, resolved=resolved, actor=actor.id, at=journey.clock())


def threads(journey: Journey, actor: Actor, record: SubmissionRecord) -> list[Thread]:
    """Open ones first, what must be fixed before all; then in the order in which they were written."""
    id, known = record.move.id, journey.records.notes_shown_with(record.move.id)
    returns = [event.at for event in journey.records.events(submission=id) if event.step == "return"]
    ground = ground_of(journey.records, journey.settings, record)
    found = []
    for note in (one for one in known if one.kind in KINDS):
        answers = tuple(one for one in known if one.answers_to == note.id)
        said = (one.text.startswith(FIXED) and (not returns or one.at > returns[-1]) for one in answers)
        where = lies(ground, note)
        found.append(Thread(note, answers, where, note.submission != id, any(said), _may_settle(actor, note)))
    return sorted(found, key=lambda one: (one.note.resolved_at is not None, KINDS.index(one.note.kind)))


def _may_settle(actor: Actor, note: Note) -> bool:
    return actor.id == note.author or Role.WALIDATA in actor.roles


def _round_began(journey: Journey, id: str) -> datetime | None:
    events = journey.records.events(submission=id)
    return min((event.at for event in events if event.round == events[-1].round), default=None)


def _known(journey: Journey, record: SubmissionRecord, note: str) -> Note:
    """Raises NotFound for a note that is not shown with this submission, and for an answer."""
    for one in journey.records.notes_shown_with(record.move.id):
        if one.id == note and one.kind in KINDS:
            return one
    raise NotFound(f"Catatan “{note}” tidak ada pada pengajuan ini.", where={"note": note})


def _added(journey: Journey, actor: Actor, record: SubmissionRecord, text: str, **more: Any) -> Note:
    if not text.strip():
        raise Unmet((("text_given", "Tuliskan catatannya."),))
    if len(text) > LONGEST:
        raise BadRequest(f"Catatan ini lebih dari {LONGEST} huruf.", mend="Persingkat.", where={"field": "text"})
    note = Note(
        str(uuid.uuid4()), record.move.id, actor.id, journey.clock(), text.strip(), round=record.move.round, **more
    )
    journey.records.add_note(note)
    return note
