"""What an agency needs to mend its table: its own sheet with the bad cells marked, and a message that says what."""

import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import render_template

from server.clock import calendar_of, days_of
from server.intake.sandbox import Limits, ask_child
from server.journey import Journey
from server.release.on_request import StillMaking
from workflow.deadlines import due
from workflow.errors import NotFound, TooLarge
from workflow.findings import Severity
from workflow.sop import Status
from workflow.store import Agency, FindingRecord, Note, SubmissionRecord

NAME = "marked.xlsx"
LIMIT = 20 * 2**20
MARKED_AT_MOST = 5000
SAID_AT_MOST = 15
ENDINGS = (".csv", ".tsv", ".xlsx")
WEIGHT = {Severity.BLOCKS.value: 0, Severity.WARNS.value: 1}

# Readers must not take both threads of a web process.
_marking = threading.BoundedSemaphore(1)


def markable(record: SubmissionRecord) -> bool:
    """A table that was read."""
    reading = (record.manifest or {}).get("reading", {})
    return "header_rows" in reading and record.upload_name.lower().endswith(ENDINGS)


def marked_sheet(journey: Journey, record: SubmissionRecord) -> bytes:
    """An XLSX made by the sandboxed child. Raises NotFound without a table, TooLarge, StillMaking, BadUpload."""
    path = journey.settings.home / "uploads" / record.upload
    if not markable(record) or not path.is_file():
        raise NotFound.of("nothing_to_mark")
    if record.upload_bytes > LIMIT:
        raise TooLarge.of("too_large_to_mark", megabytes=LIMIT // 2**20)
    marks = [_mark(found, None) for found in _open_findings(journey, record)] + list(_of_notes(journey, record))
    reading = {**(record.manifest or {}).get("reading", {}), **record.reading}
    spec = {"path": str(path.resolve()), "reading": reading, "target": NAME}
    if not _marking.acquire(blocking=False):
        raise StillMaking("Lembar bertanda lain sedang dibuat.")
    try:
        limits = Limits.of(record.upload_bytes)
        with ask_child("mark", {**spec, "marks": marks[:MARKED_AT_MOST]}, limits=limits) as (_, folder):
            return (folder / NAME).read_bytes()
    finally:
        _marking.release()


def marked_name(record: SubmissionRecord) -> str:
    return f"{Path(record.upload_name).stem[:100]}-bertanda.xlsx"


def _open_findings(journey: Journey, record: SubmissionRecord) -> list[FindingRecord]:
    """What is to be mended, the worst first."""
    found = journey.records.findings(record.move.id)
    wrong = (one for one in found if one.severity in WEIGHT and not one.waived_at)
    return sorted(wrong, key=lambda one: WEIGHT[one.severity])


def _mark(found: FindingRecord, note: Note | None) -> dict[str, Any]:
    hint = f"\nMungkin maksud Anda: {found.suggestion}" if found.suggestion else ""
    kind, text = (found.severity, f"{found.message}{hint}") if note is None else ("must_fix", _must_fix(note))
    return {"row": found.row, "column": found.column, "kind": kind, "text": text}


def _of_notes(journey: Journey, record: SubmissionRecord) -> Iterator[dict[str, Any]]:
    by_key = {found.key: found for found in journey.records.findings(record.move.id)}
    for note in must_fix(journey, record):
        if found := by_key.get(str(note.place.get("finding"))):
            yield _mark(found, note)
        elif "row" in note.place:
            place = {"row": int(note.place["row"]), "column": str(note.place["column"])}
            yield {**place, "kind": "must_fix", "text": _must_fix(note)}


def must_fix(journey: Journey, record: SubmissionRecord) -> list[Note]:
    notes = journey.records.notes(record.move.id)
    return [note for note in notes if note.kind == "must_fix" and not note.resolved_at]


def _must_fix(note: Note) -> str:
    return f"Harus diperbaiki: {note.text}"


def message(journey: Journey, record: SubmissionRecord, agency: Agency, sender: str) -> str:
    """Plain text to send to the agency by whatever way people talk; empty where there is nothing to mend."""
    events = journey.records.events(submission=record.move.id)
    back = events[-1] if events and events[-1].target is Status.RETURNED else None
    asked = [f"{_place(note.place)}{note.text}" for note in must_fix(journey, record)]
    asked += [
        f"{_place(vars(one))}{one.message}" + (f" (mungkin maksudnya: {one.suggestion})" if one.suggestion else "")
        for one in _open_findings(journey, record)
    ]
    if not asked and not back:
        return ""
    return render_template(
        "desk/message.txt",
        record=record,
        agency=agency,
        sender=sender,
        office=journey.settings.office,
        address=f"{journey.settings.url}/meja/pengajuan/{record.move.id}",
        back=back,
        asked=asked,
        most=SAID_AT_MOST,
        until=_until(journey, back.at if back else None),
    )


def _place(place: Any) -> str:
    row, column = place.get("row"), place.get("column")
    parts = [f"baris {row}" if row else "", f"kolom {column}" if column else ""]
    said = ", ".join(part for part in parts if part)
    return f"{said.capitalize()}: " if said else ""


def _until(journey: Journey, since: datetime | None) -> date:
    """The days of the first step, from the return or from now; a return in the past leaves at least today."""
    calendar, now = calendar_of(journey), journey.clock()
    days = days_of(journey.settings.step_days).get(Status.DRAFT, 0)
    return max(due(since or now, days, calendar), calendar.local_day(now))
