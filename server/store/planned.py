"""The yearly agreed Daftar Data."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from server.store.chain import Store
from server.store.rows import add, change, matching
from server.store.schema import planned_data
from workflow.errors import NotFound
from workflow.store import PlannedData


class PlannedRecords(Store):
    def planned(self, *, agency: str | None = None, period: str | None = None) -> Sequence[PlannedData]:
        """In the order of the list that they came from."""
        asked = matching(planned_data, agency=agency, period=period)
        order = (planned_data.c.agency, planned_data.c.created_at, planned_data.c.id)
        return self._all(PlannedData, select(planned_data).where(asked).order_by(*order))

    def replace_planned(
        self, lines: Sequence[PlannedData], *, period: str, file: str, actor: str, at: datetime
    ) -> None:
        """These lines are the whole list of their agencies in this period. `file` is the SHA-256 of their sheet."""
        counts = Counter(one.agency for one in lines)
        with self._act() as act:
            before = (planned_data.c.period == period, planned_data.c.agency.in_(counts))
            replaced = act.connection.execute(delete(planned_data).where(*before)).rowcount
            for one in lines:
                add(act.connection, planned_data, one)
            act.tell(at, actor, "planned.replace", period, file=file, counts=dict(counts), replaced=replaced)

    def match_planned(self, id: str, dataset: str | None, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            if not change(act.connection, planned_data, planned_data.c.id == id, {"dataset": dataset}):
                raise NotFound("Baris Daftar Data ini tidak ada lagi.", mend="Muat ulang halamannya.")
            act.tell(at, actor, "planned.match", id, dataset=dataset)
