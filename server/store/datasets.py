"""Documents, Daftar Data OPD and datasets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select

from server.store.chain import Act, Store
from server.store.schema import batches, datasets, documents
from workflow.errors import Conflict
from workflow.sop import Kind
from workflow.store import Batch, Dataset, Document


class DatasetRecords(Store):
    def add_document(self, document: Document) -> None:
        """The same file of the same kind at the same place is kept once."""
        same = and_(
            documents.c.sha256 == document.sha256,
            documents.c.kind == document.kind,
            documents.c.submission.is_not_distinct_from(document.submission),
            documents.c.batch.is_not_distinct_from(document.batch),
        )
        with self._act() as act:
            if act.connection.execute(select(documents.c.id).where(same)).first():
                return
            act.connection.execute(insert(documents).values(vars(document)))
            place = {"kind": document.kind, "submission": document.submission, "batch": document.batch}
            act.tell(document.created_at, document.created_by, "document.add", document.sha256, **place)

    def document(self, sha256: str) -> Document | None:
        return next(iter(self._documents(sha256=sha256)), None)

    def documents(self, *, submission: str | None = None, batch: str | None = None) -> Sequence[Document]:
        return self._documents(submission=submission, batch=batch)

    def _documents(self, **wanted: str | None) -> list[Document]:
        asked = [documents.c[name] == value for name, value in wanted.items() if value is not None]
        columns = [column for column in documents.c if column.name != "id"]
        with self._read() as connection:
            rows = connection.execute(select(*columns).where(*asked).order_by(documents.c.id))
            return [Document(**row._asdict()) for row in rows]

    def add_batch(self, batch: Batch, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            act.connection.execute(insert(batches).values(vars(batch)))
            said = {"agency": batch.agency, "period": batch.period, "number": batch.number}
            act.tell(at, actor, "batch.add", batch.id, **said, berita_acara=batch.berita_acara, date=str(batch.date))

    def batch(self, id: str) -> Batch | None:
        with self._read() as connection:
            row = connection.execute(select(batches).where(batches.c.id == id)).first()
        return Batch(**row._asdict()) if row else None

    def batches(self, *, agency: str | None = None) -> Sequence[Batch]:
        asked = () if agency is None else (batches.c.agency == agency,)
        newest = (batches.c.created_at.desc(), batches.c.id)
        with self._read() as connection:
            rows = connection.execute(select(batches).where(*asked).order_by(*newest))
            return [Batch(**row._asdict()) for row in rows]

    def dataset(self, id: str) -> Dataset | None:
        with self._read() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == id)).first()
        return _dataset(row) if row else None

    def datasets(self) -> Sequence[Dataset]:
        with self._read() as connection:
            return [_dataset(row) for row in connection.execute(select(datasets).order_by(datasets.c.id))]


def add_dataset(act: Act, dataset: Dataset, actor: str) -> None:
    """Raises Conflict where the id is taken: a dataset's id is for life."""
    if _is_there(act.connection, dataset.id):
        raise Conflict(
            f"Dataset dengan id “{dataset.id}” sudah ada.",
            mend="Kirim sebagai isi baru dataset itu, atau pilih id yang lain.",
            where={"dataset": dataset.id},
        )
    act.connection.execute(insert(datasets).values(vars(dataset)))
    act.tell(dataset.created_at, actor, "dataset.add", dataset.id, agency=dataset.agency, kind=dataset.kind.value)


def _is_there(connection: Connection, dataset: str) -> bool:
    return connection.execute(select(datasets.c.id).where(datasets.c.id == dataset)).first() is not None


def _dataset(row: Row[Any]) -> Dataset:
    return Dataset(**row._asdict() | {"kind": Kind(row.kind)})
