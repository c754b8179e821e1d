"""The records, complete: one implementation for SQLite and PostgreSQL."""

from __future__ import annotations

from server.store.datasets import DatasetRecords
from server.store.journey import JourneyRecords
from server.store.people import PeopleRecords
from server.store.submissions import SubmissionRecords


class SqlRecords(PeopleRecords, DatasetRecords, SubmissionRecords, JourneyRecords):
    """workflow.store.Records over SQL."""
