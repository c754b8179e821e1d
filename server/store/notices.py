"""What people are told, and whether they have read it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, update

from server.store.chain import Store
from server.store.rows import change, matching, row_of
from server.store.schema import notices
from workflow.store import Notice

SHOWN = 200
REFUSED = "address:"
"""Marks of the notices that say that a mail server refused an address."""


class NoticeRecords(Store):
    def add_notices(self, told: Sequence[Notice], **said: Any) -> int:
        """How many were new: whose mark is known is left out. `said`, where given, goes into the ledger with them."""
        with self._act() as act:
            known = select(notices.c.mark).where(notices.c.mark.in_([notice.mark for notice in told]))
            marks = set(act.connection.scalars(known))
            new = [notice for notice in {notice.mark: notice for notice in told}.values() if notice.mark not in marks]
            for notice in new:
                row = {name: value for name, value in row_of(notices, notice).items() if name != "id"}
                act.connection.execute(insert(notices).values(row))
            if new and said:
                act.tell(**said)
            return len(new)

    def last_told(self) -> int:
        """The last entry of the ledger of which somebody was told; its number begins the mark."""
        with self._read() as connection:
            last = connection.scalar(select(func.max(notices.c.mark)).where(notices.c.mark < ":"))
        return int(last.partition(":")[0]) if last else 0

    def notices(self, person: str, id: int | None = None) -> Sequence[Notice]:
        """The newest first."""
        mine = select(notices).where(matching(notices, person=person, id=id))
        return self._all(Notice, mine.order_by(notices.c.id.desc()).limit(SHOWN))

    def unread(self, person: str) -> int:
        mine = and_(notices.c.person == person, notices.c.read_at.is_(None))
        with self._read() as connection:
            return connection.execute(select(func.count()).select_from(notices).where(mine)).scalar_one()

    def read_notices(self, person: str, at: datetime, *, id: int | None = None, submission: str | None = None) -> None:
        mine = and_(matching(notices, person=person, id=id, submission=submission), notices.c.read_at.is_(None))
        with self._write() as connection:
            change(connection, notices, mine, {"read_at": at})

    def unmailed(self, since: datetime) -> Sequence[Notice]:
        waiting = select(notices).where(notices.c.mailed_at.is_(None), notices.c.at >= since)
        return self._all(Notice, waiting.order_by(notices.c.id))

    def set_mailed(self, notice: Notice, at: datetime | None) -> bool:
        """False where another worker is mailing it, or has mailed it."""
        asked = notices.c.mailed_at.is_(None) if at else notices.c.mailed_at.is_not(None)
        with self._write() as connection:
            mailed = update(notices).where(notices.c.id == notice.id, asked).values(mailed_at=at)
            return connection.execute(mailed).rowcount > 0

    def refused_addresses(self) -> set[str]:
        """Mail addresses that a mail server refused for good, each after the id of its person: "id:address"."""
        with self._read() as connection:
            marks = connection.scalars(select(notices.c.mark).where(notices.c.mark.startswith(REFUSED)))
            return {mark.removeprefix(REFUSED) for mark in marks}
