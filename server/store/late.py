"""What is said to the one who came second."""

from datetime import datetime

from sqlalchemy import Connection, select

from server.store.schema import events, people, submissions, utc_text
from workflow.errors import Changed, Conflict, NotFound, SebarError
from workflow.labels import ROLES, STEPS, pukul, tanggal


def changed(connection: Connection, submission: str) -> SebarError:
    """Changed with who and when; NotFound where the submission is not there at all."""
    wanted = select(submissions.c.changed_by, submissions.c.changed_at).where(submissions.c.id == submission)
    row = connection.execute(wanted).first()
    if row is None:
        return NotFound("Kiriman data ini tidak ada.", where={"submission": submission})
    return first(connection, row.changed_by, row.changed_at, "sudah mengubahnya")


def first(connection: Connection, person: str, at: datetime, did: str) -> Changed:
    who, when = _named(connection, person), f"{tanggal(at)} pukul {pukul(at)}"
    return Changed.of("came_second", who=who, did=did, when=when, where={"by": who, "at": utc_text(at)})


def told(connection: Connection, fault: Conflict, submission: str) -> Conflict:
    """The same fault with who did what last, and when."""
    row = connection.execute(
        select(submissions.c.changed_by, submissions.c.changed_at).where(submissions.c.id == submission)
    ).one()
    step = connection.scalar(
        select(events.c.step).where(events.c.submission == submission, events.c.at == row.changed_at).limit(1)
    )
    did = f"mengambil langkah “{STEPS[step]}”" if step else "mengubahnya"
    late = first(connection, row.changed_by, row.changed_at, did)
    detail = f"{fault.detail} {late.detail.partition(';')[0]}."
    return type(fault)(detail, code=fault.code, mend=fault.mend, where=fault.where | late.where)


def _named(connection: Connection, person: str) -> str:
    """Role and name: “Walidata Sari”."""
    row = connection.execute(select(people.c.name, people.c.roles).where(people.c.id == person)).first()
    if row is None:
        return "Sistem"
    role = next((label for role, label in ROLES.items() if role.value in row.roles), "")
    return row.name if row.name.startswith(role) else f"{role} {row.name}"
