"""People, agencies, tokens and the calendar of the city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select, update

from server.store.chain import Store
from server.store.schema import agencies, holidays, login_failures, people, tokens
from workflow.errors import Conflict
from workflow.sop import Kind, Role
from workflow.store import Agency, Holiday, Person, Token

FAILURES_KEPT = timedelta(days=1)


class PeopleRecords(Store):
    def agencies(self) -> Sequence[Agency]:
        with self._read() as connection:
            return [Agency(**row._asdict()) for row in connection.execute(select(agencies).order_by(agencies.c.id))]

    def save_agency(self, agency: Agency, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            save(act.connection, agencies, vars(agency))
            act.tell(at, actor, "agency.save", agency.id, name=agency.name)

    def people(self) -> Sequence[Person]:
        with self._read() as connection:
            return [_person(row._asdict()) for row in connection.execute(select(people).order_by(people.c.username))]

    def person(self, id: str) -> Person | None:
        return self._one_person(people.c.id == id)

    def person_by_username(self, username: str) -> Person | None:
        return self._one_person(people.c.username == username)

    def _one_person(self, which: ColumnElement[bool]) -> Person | None:
        with self._read() as connection:
            row = connection.execute(select(people).where(which)).first()
        return _person(row._asdict()) if row else None

    def save_person(self, person: Person, *, actor: str, at: datetime) -> None:
        """Raises Conflict where another person has the username."""
        roles, kinds = sorted(person.roles), sorted(person.kinds)
        row = vars(person) | {"agency": person.agency or None, "roles": roles, "kinds": kinds}
        with self._act() as act:
            same = select(people.c.id).where(people.c.username == person.username, people.c.id != person.id)
            if act.connection.execute(same).first():
                raise Conflict(
                    f"Nama pengguna “{person.username}” sudah dipakai orang lain.",
                    mend="Pilih nama pengguna yang lain.",
                    where={"field": "username"},
                )
            save(act.connection, people, row)
            # Who somebody is and their password stay out of a ledger that nobody can erase.
            act.tell(
                at,
                actor,
                "person.save",
                person.id,
                agency=person.agency,
                roles=roles,
                kinds=kinds,
                active=person.active,
            )

    def add_token(self, token: Token) -> None:
        with self._act() as act:
            act.connection.execute(insert(tokens).values(vars(token)))
            act.tell(token.created_at, token.person, "token.add", token.id, expires_at=token.expires_at.isoformat())

    def token_by_hash(self, secret_hash: str) -> Token | None:
        with self._read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.secret_hash == secret_hash)).first()
        return Token(**row._asdict()) if row else None

    def login_failures(self, username: str, since: datetime) -> int:
        mine = and_(login_failures.c.username == username, login_failures.c.at >= since)
        with self._read() as connection:
            return connection.execute(select(func.count()).where(mine)).scalar_one()

    def add_login_failure(self, username: str, at: datetime) -> None:
        with self._write() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.at < at - FAILURES_KEPT))
            connection.execute(insert(login_failures).values(username=username, at=at))

    def holidays(self) -> Sequence[Holiday]:
        with self._read() as connection:
            return [Holiday(**row._asdict()) for row in connection.execute(select(holidays).order_by(holidays.c.day))]

    def save_holiday(self, holiday: Holiday, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            save(act.connection, holidays, vars(holiday))
            act.tell(at, actor, "holiday.save", holiday.day.isoformat(), name=holiday.name, kind=holiday.kind)

    def remove_holiday(self, day: date, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            if act.connection.execute(delete(holidays).where(holidays.c.day == day)).rowcount:
                act.tell(at, actor, "holiday.remove", day.isoformat())


def save(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Updates the row of this primary key, or adds it. Only for writers that queue."""
    key = and_(*(column == row[column.name] for column in table.primary_key))
    if not connection.execute(update(table).where(key).values(row)).rowcount:
        connection.execute(insert(table).values(row))


def _person(row: Mapping[str, Any]) -> Person:
    return Person(
        **{
            **row,
            "agency": row["agency"] or "",
            "roles": frozenset(map(Role, row["roles"])),
            "kinds": frozenset(map(Kind, row["kinds"])),
        }
    )
