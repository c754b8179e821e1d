"""A small city for the store's tests: one agency, four people, one submission on its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.store import Records
from workflow.dataset import Act, Event, Submission
from workflow.review import supersede, take_step
from workflow.sop import Kind, Role, Status
from workflow.store import Agency, Batch, Dataset, FindingRecord, Person, Release, SubmissionRecord

AT = datetime(2026, 3, 12, 3, 32, tzinfo=UTC)
PEOPLE = {
    "budi": Role.PRODUSEN_DATA,
    "sari": Role.WALIDATA,
    "wati": Role.WALIDATA,
    "agus": Role.PEMBINA_DATA,
}
JOURNEY = (("submit", "budi"), ("verify", "sari"), ("approve", "agus"))


def later(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def settle(records: Records) -> None:
    """An agency, its people and a Daftar Data OPD."""
    records.save_agency(Agency("dpu", "Dinas Pekerjaan Umum", "DPU"), actor="admin", at=AT)
    for id, role in PEOPLE.items():
        person = Person(id, id, id.title(), "dpu", frozenset({role}), frozenset(Kind))
        records.save_person(person, actor="admin", at=AT)
    add_batch(records, "b1")


def add_batch(records: Records, id: str) -> None:
    batch = Batch(id, "dpu", "2026", f"BA/{id}", date(2026, 3, 10), "f" * 64, "budi", AT)
    records.add_batch(batch, actor="budi", at=AT)


def draft(id: str = "s1", dataset: str = "jalan", **more: Any) -> SubmissionRecord:
    move = Submission(id, dataset, "b1", "dpu", Kind.GEOSPATIAL)
    said = {"title": "Jalan", "scale": 5000, "keywords": ["jalan", "“kota”"]}
    return SubmissionRecord(
        move=replace(move, **more),
        title="Jalan",
        metadata=said,
        reading={"decimal": ","},
        upload="a" * 64,
        upload_name="jalan.geojson",
        upload_bytes=3_000_000_000,
        created_by="budi",
        created_at=AT,
        changed_by="budi",
        changed_at=AT,
    )


def add(records: Records, id: str = "s1", dataset: str = "jalan", *, new: bool = True) -> SubmissionRecord:
    made = Dataset(dataset, "dpu", "Jalan", Kind.GEOSPATIAL, AT) if new else None
    return records.add_submission(draft(id, dataset), new_dataset=made, idempotency_key=None)


def build(records: Records, id: str = "s1", *findings: FindingRecord, manifest: dict[str, Any] | None = None) -> bool:
    submission = kept(records, id)
    return records.finish_build(
        id,
        submission.build,
        content_hash=hash_of(id, submission.build),
        candidate=f"candidates/{id}/{submission.build}",
        manifest=manifest or {"title": submission.title, "collections": []},
        findings=findings,
        at=later(1),
    )


def hash_of(id: str, build: int) -> str:
    return f"{id}{build}".encode().hex().rjust(64, "0")


def finding(key: str = "k1", severity: str = "warns") -> FindingRecord:
    place = {"type": "Point", "coordinates": [109.67, -6.88]}
    return FindingRecord(key, "no_gaps", "standar_data", severity, "Ada celah.", "Sebab", "Cara", 7, "nama", "x", place)


def kept(records: Records, id: str = "s1") -> SubmissionRecord:
    record = records.submission(id)
    assert record is not None
    return record


def wish(
    records: Records, id: str, step: str, person: str, at: datetime = AT, **more: Any
) -> tuple[Submission, Submission, Event]:
    """The move that this person decides on, from what is kept now."""
    who = records.person(person)
    assert who is not None
    before = kept(records, id).move
    return before, *take_step(before, Act(step, who.as_actor(), at, **{"note": "sebab", "probed": True} | more))


def take(records: Records, id: str, step: str, person: str, at: datetime = AT, **more: Any) -> None:
    records.record(*wish(records, id, step, person, at, **more))


def ratified(records: Records, id: str = "s1", dataset: str = "jalan", *, new: bool = True, **more: Any) -> None:
    """From nothing to approved."""
    add(records, id, dataset, new=new)
    build(records, id, **more)
    for step, person in JOURNEY:
        take(records, id, step, person)


def release_to_be(records: Records, id: str, folder: str = "") -> Release:
    record = kept(records, id)
    dataset, number = record.move.dataset, records.next_number(record.move.dataset)
    return Release(
        dataset=dataset,
        number=number,
        submission=id,
        content_hash=str(record.move.content_hash),
        folder=folder or f"releases/{dataset}/{number}",
        status=Status.PUBLISHED,
        published_at=AT,
        published_by="sari",
        manifest=record.manifest or {},
    )


def published(records: Records, id: str = "s1", folder: str = "") -> int:
    """The registry's revision afterwards."""
    release = release_to_be(records, id, folder)
    moves = [wish(records, id, "publish", "sari"), *superseding(records, release.dataset)]
    return records.publish(moves, release=release, dataset=release.dataset, current=release.number)


def superseding(records: Records, dataset: str) -> list[tuple[Submission, Submission, Event]]:
    who = records.person("sari")
    assert who is not None
    act = Act("publish", who.as_actor(), AT)
    earlier = records.submissions(dataset=dataset, statuses=(Status.PUBLISHED,))
    return [(record.move, *supersede(record.move, act)) for record in earlier]
