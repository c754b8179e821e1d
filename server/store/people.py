"""People, agencies, tokens, the calendar of the city and how grave it holds findings."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select

from server.store.chain import Store
from server.store.rows import add, matching, save
from server.store.schema import agencies, delegations, holidays, login_failures, people, severities, tokens
from workflow.errors import Conflict
from workflow.store import Agency, Delegation, Holiday, Person, SeverityChoice, Token

FAILURES_KEPT = timedelta(days=1)


class PeopleRecords(Store):
    def agencies(self) -> Sequence[Agency]:
        return self._all(Agency, select(agencies).order_by(agencies.c.id))

    def save_agency(self, agency: Agency, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            save(act.connection, agencies, agency)
            act.tell(at, actor, "agency.save", agency.id, name=agency.name)

    def people(self) -> Sequence[Person]:
        return self._all(Person, select(people).order_by(people.c.username))

    def person(self, id: str) -> Person | None:
        return self._first(Person, select(people).where(people.c.id == id))

    def person_by_username(self, username: str) -> Person | None:
        return self._first(Person, select(people).where(people.c.username == username))

    def save_person(self, person: Person, *, actor: str, at: datetime) -> None:
        """Raises Conflict where another person has the username."""
        same = select(people.c.id).where(people.c.username == person.username, people.c.id != person.id)
        # Who somebody is and their password stay out of a ledger that nobody can erase.
        said = {"agency": person.agency, "roles": sorted(person.roles), "kinds": sorted(person.kinds)}
        with self._act() as act:
            if act.connection.execute(same).first():
                raise Conflict.of("username_taken", name=person.username, where={"field": "username"})
            save(act.connection, people, person)
            act.tell(at, actor, "person.save", person.id, **said, active=person.active)

    def delegations(self, *, person: str | None = None, on: date | None = None) -> Sequence[Delegation]:
        """The newest first; those in force `on` that day."""
        asked = [matching(delegations, person=person)]
        if on:
            asked += [delegations.c.since <= on, delegations.c.until >= on]
        newest = (delegations.c.since.desc(), delegations.c.id)
        return self._all(Delegation, select(delegations).where(*asked).order_by(*newest))

    def add_delegation(self, delegation: Delegation) -> None:
        said = {name: getattr(delegation, name) for name in ("person", "on_behalf_of", "capacity", "paper")}
        days = {"since": delegation.since.isoformat(), "until": delegation.until.isoformat()}
        with self._act() as act:
            add(act.connection, delegations, delegation)
            act.tell(delegation.created_at, delegation.created_by, "delegation.add", delegation.id, **said, **days)

    def remove_delegation(self, id: str, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            if act.connection.execute(delete(delegations).where(delegations.c.id == id)).rowcount:
                act.tell(at, actor, "delegation.remove", id)

    def add_token(self, token: Token) -> None:
        with self._act() as act:
            add(act.connection, tokens, token)
            act.tell(token.created_at, token.person, "token.add", token.id, expires_at=token.expires_at.isoformat())

    def token_by_hash(self, secret_hash: str) -> Token | None:
        return self._first(Token, select(tokens).where(tokens.c.secret_hash == secret_hash))

    def login_failures(self, username: str, since: datetime) -> int:
        mine = select(func.count()).where(login_failures.c.username == username, login_failures.c.at >= since)
        with self._read() as connection:
            return connection.execute(mine).scalar_one()

    def add_login_failure(self, username: str, at: datetime) -> None:
        with self._write() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.at < at - FAILURES_KEPT))
            connection.execute(insert(login_failures).values(username=username, at=at))

    def holidays(self) -> Sequence[Holiday]:
        return self._all(Holiday, select(holidays).order_by(holidays.c.day))

    def save_holiday(self, holiday: Holiday, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            save(act.connection, holidays, holiday)
            act.tell(at, actor, "holiday.save", holiday.day.isoformat(), name=holiday.name, kind=holiday.kind)

    def remove_holiday(self, day: date, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            if act.connection.execute(delete(holidays).where(holidays.c.day == day)).rowcount:
                act.tell(at, actor, "holiday.remove", day.isoformat())

    def severities(self) -> Sequence[SeverityChoice]:
        return self._all(SeverityChoice, select(severities).order_by(severities.c.check))

    def save_severity(self, choice: SeverityChoice, *, before: str) -> None:
        with self._act() as act:
            save(act.connection, severities, choice)
            said = {"severity": choice.severity.value, "before": before, "reason": choice.reason}
            act.tell(choice.at, choice.by, "severity.save", choice.check, **said)

    def remove_severity(self, check: str, *, before: str, reason: str, actor: str, at: datetime) -> None:
        with self._act() as act:
            if act.connection.execute(delete(severities).where(severities.c.check == check)).rowcount:
                act.tell(at, actor, "severity.remove", check, before=before, reason=reason)
