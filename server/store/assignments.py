"""Who has which submission on their desk, and what a person has done."""

from collections import Counter
from datetime import datetime

from sqlalchemy import and_, func, select

from server.store.chain import Store
from server.store.rows import change, matching
from server.store.schema import events, submissions
from workflow.errors import Conflict
from workflow.sop import Status
from workflow.store import SubmissionRecord


class AssignmentRecords(Store):
    def assign(self, seen: SubmissionRecord, person: str | None, *, actor: str, at: datetime) -> None:
        """To this person, or to nobody. Raises Conflict where it moved on or somebody else has taken it since."""
        id, status = seen.move.id, seen.move.status
        same = submissions.c.assigned_to.is_not_distinct_from(seen.assigned_to)
        row = {"assigned_to": person, "assigned_at": at if person else None}
        with self._act() as act:
            if not change(act.connection, submissions, and_(matching(submissions, id=id, status=status), same), row):
                raise Conflict.of("taken_meanwhile", where={"submission": id})
            action = "submission.assign" if person else "submission.unassign"
            act.tell(at, actor, action, id, person=person, instead_of=seen.assigned_to, status=status.value)

    def steps_taken(self, person: str, since: datetime) -> Counter[str]:
        """How often this person took which step."""
        mine = select(events.c.step, func.count()).where(events.c.actor == person, events.c.at >= since)
        with self._read() as connection:
            return Counter({step: count for step, count in connection.execute(mine.group_by(events.c.step))})


def nobodys(before: Status, after: Status) -> dict[str, None]:
    """What goes to another desk is nobody's there yet."""
    return {"assigned_to": None, "assigned_at": None} if before is not after else {}
