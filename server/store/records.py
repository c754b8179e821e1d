"""The records, complete: one implementation for SQLite and PostgreSQL."""

from server.store.datasets import DatasetRecords
from server.store.journey import JourneyRecords
from server.store.notes import NoteRecords
from server.store.notices import NoticeRecords
from server.store.people import PeopleRecords
from server.store.planned import PlannedRecords
from server.store.submissions import SubmissionRecords


class Records(
    PeopleRecords,
    DatasetRecords,
    PlannedRecords,
    SubmissionRecords,
    JourneyRecords,
    NoteRecords,
    NoticeRecords,
):
    """Writing methods take the moment and the person; each is one transaction. What comes second raises Changed."""
