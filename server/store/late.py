"""What is said to the one who came second."""

from datetime import datetime, timedelta, timezone

from babel.dates import format_datetime
from sqlalchemy import Connection, select

from server.store.schema import people, submissions, utc_text
from workflow.errors import Changed, NotFound, SebarError
from workflow.labels import ROLES

WIB = timezone(timedelta(hours=7), "WIB")


def changed(connection: Connection, submission: str) -> SebarError:
    """Changed with who and when; NotFound where the submission is not there at all."""
    wanted = select(submissions.c.changed_by, submissions.c.changed_at).where(submissions.c.id == submission)
    row = connection.execute(wanted).first()
    if row is None:
        return NotFound("Kiriman data ini tidak ada.", where={"submission": submission})
    who = _named(connection, row.changed_by)
    return Changed(
        f"{who} sudah mengubahnya pada {_said(row.changed_at)}; muat ulang halaman ini.",
        mend="Muat ulang halaman ini, lalu ulangi bila masih perlu.",
        where={"by": who, "at": utc_text(row.changed_at)},
    )


def _named(connection: Connection, person: str) -> str:
    """Role and name: “Walidata Sari”."""
    row = connection.execute(select(people.c.name, people.c.roles).where(people.c.id == person)).first()
    if row is None:
        return "Sistem"
    role = next((label for role, label in ROLES.items() if role.value in row.roles), "")
    return row.name if row.name.startswith(role) else f"{role} {row.name}"


def _said(at: datetime) -> str:
    return format_datetime(at, "d MMMM y 'pukul' HH.mm 'WIB'", tzinfo=WIB, locale="id")
