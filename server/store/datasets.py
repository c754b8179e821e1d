"""Documents, Daftar Data OPD and datasets."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from server.store.chain import Act, Store
from server.store.rows import add, matching
from server.store.schema import batches, datasets, documents
from workflow.errors import Conflict
from workflow.store import Batch, Dataset, Document


class DatasetRecords(Store):
    def add_document(self, document: Document) -> None:
        """The same file of the same kind at the same place is kept once."""
        place = {"kind": document.kind, "submission": document.submission, "batch": document.batch}
        same = [documents.c[name].is_not_distinct_from(value) for name, value in place.items()]
        with self._act() as act:
            if act.connection.execute(
                select(documents.c.id).where(documents.c.sha256 == document.sha256, *same)
            ).first():
                return
            add(act.connection, documents, document)
            act.tell(document.created_at, document.created_by, "document.add", document.sha256, **place)

    def document(self, sha256: str) -> Document | None:
        wanted = select(documents).where(documents.c.sha256 == sha256).order_by(documents.c.id)
        return self._first(Document, wanted)

    def documents(self, *, submission: str | None = None, batch: str | None = None) -> Sequence[Document]:
        asked = matching(documents, submission=submission, batch=batch)
        return self._all(Document, select(documents).where(asked).order_by(documents.c.id))

    def add_batch(self, batch: Batch, *, actor: str, at: datetime) -> None:
        with self._act() as act:
            add_batch(act, batch, actor, at)

    def batch(self, id: str) -> Batch | None:
        return self._first(Batch, select(batches).where(batches.c.id == id))

    def batches(self, *, agency: str | None = None) -> Sequence[Batch]:
        newest = (batches.c.created_at.desc(), batches.c.id)
        return self._all(Batch, select(batches).where(matching(batches, agency=agency)).order_by(*newest))

    def dataset(self, id: str) -> Dataset | None:
        return self._first(Dataset, select(datasets).where(datasets.c.id == id))

    def datasets(self) -> Sequence[Dataset]:
        return self._all(Dataset, select(datasets).order_by(datasets.c.id))


def add_batch(act: Act, batch: Batch, actor: str, at: datetime) -> None:
    said = {name: getattr(batch, name) for name in ("agency", "period", "number", "berita_acara")}
    add(act.connection, batches, batch)
    act.tell(at, actor, "batch.add", batch.id, **said, date=str(batch.date))


def add_dataset(act: Act, dataset: Dataset, actor: str) -> None:
    """Raises Conflict where the id is taken: a dataset's id is for life."""
    if act.connection.execute(select(datasets.c.id).where(datasets.c.id == dataset.id)).first():
        raise Conflict.of("id_taken", id=dataset.id, where={"dataset": dataset.id})
    add(act.connection, datasets, dataset)
    act.tell(dataset.created_at, actor, "dataset.add", dataset.id, agency=dataset.agency, kind=dataset.kind.value)
