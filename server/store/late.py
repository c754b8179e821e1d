"""What is said to the one who came second."""

from sqlalchemy import Connection, select

from server.store.schema import people, submissions, utc_text
from workflow.errors import Changed, NotFound, SebarError
from workflow.labels import ROLES, pukul, tanggal


def changed(connection: Connection, submission: str) -> SebarError:
    """Changed with who and when; NotFound where the submission is not there at all."""
    wanted = select(submissions.c.changed_by, submissions.c.changed_at).where(submissions.c.id == submission)
    row = connection.execute(wanted).first()
    if row is None:
        return NotFound("Kiriman data ini tidak ada.", where={"submission": submission})
    who, when = _named(connection, row.changed_by), f"{tanggal(row.changed_at)} pukul {pukul(row.changed_at)}"
    return Changed(
        f"{who} sudah mengubahnya pada {when}; muat ulang halaman ini.",
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
