"""Notes, their answers, and who settled them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from server.store.chain import Store
from server.store.late import first
from server.store.rows import add, change
from server.store.schema import notes, submissions
from workflow.errors import Changed, SebarError
from workflow.store import Note

_IN_ORDER = (notes.c.at, notes.c.id)


class NoteRecords(Store):
    def add_note(self, note: Note) -> None:
        said = {"note": note.id, "kind": note.kind, "place": dict(note.place), "answers_to": note.answers_to}
        with self._act() as act:
            add(act.connection, notes, note)
            act.tell(note.at, note.author, "note.add", note.submission, **said)

    def settle_note(self, note: Note, *, resolved: bool, actor: str, at: datetime) -> Note:
        """Resolved by this person, or open again. Raises Changed where somebody else was first."""
        settled: dict[str, Any] = {"resolved_at": at if resolved else None, "resolved_by": actor if resolved else None}
        was = notes.c.resolved_at.is_(None) if resolved else notes.c.resolved_at.is_not(None)
        action = "note.resolve" if resolved else "note.reopen"
        with self._act() as act:
            if not change(act.connection, notes, and_(notes.c.id == note.id, was), settled):
                raise _settled_before(act.connection, note.id)
            act.tell(at, actor, action, note.submission, note=note.id, kind=note.kind)
        return replace(note, **settled)

    def notes(self, submission: str) -> Sequence[Note]:
        return self._all(Note, select(notes).where(notes.c.submission == submission).order_by(*_IN_ORDER))

    def notes_shown_with(self, submission: str) -> Sequence[Note]:
        """Its own, those of the dataset's earlier submissions that were open when it began, and all their answers."""
        this = select(submissions.c.dataset, submissions.c.created_at).where(submissions.c.id == submission).subquery()
        carried = and_(
            submissions.c.created_at < this.c.created_at,
            or_(notes.c.resolved_at.is_(None), notes.c.resolved_at >= this.c.created_at),
        )
        theirs = or_(submissions.c.id == submission, carried, notes.c.answers_to.is_not(None))
        joined = notes.join(submissions, submissions.c.id == notes.c.submission)
        joined = joined.join(this, this.c.dataset == submissions.c.dataset)
        return self._all(Note, select(notes).select_from(joined).where(theirs).order_by(*_IN_ORDER))


def to_be_fixed(connection: Connection, asked: Sequence[ColumnElement[bool]]) -> dict[str, tuple[str, ...]]:
    """The open must-fix notes of each submission asked for."""
    these = notes.c.submission.in_(select(submissions.c.id).where(*asked))
    still = and_(notes.c.kind == "must_fix", notes.c.resolved_at.is_(None))
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(notes.c.submission, notes.c.id).where(these, still).order_by(*_IN_ORDER)):
        found[row.submission] = (*found.get(row.submission, ()), row.id)
    return found


def _settled_before(connection: Connection, note: str) -> SebarError:
    row = connection.execute(select(notes.c.resolved_by, notes.c.resolved_at).where(notes.c.id == note)).one()
    if row.resolved_at is None:
        return Changed("Catatan ini sudah dibuka lagi; muat ulang halaman ini.", where={"note": note})
    return first(connection, row.resolved_by, row.resolved_at, "sudah menandai catatan ini selesai")
