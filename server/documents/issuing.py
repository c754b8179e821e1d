"""A step's document gets its number, is kept, and stands in the records."""

import io
from dataclasses import replace

from server.documents import ISSUED
from server.documents.letters import Printed, letter_number, step_document
from server.documents.wording import LETTERS
from server.files import alone, keep
from server.note_places import ground_of, in_words
from server.settings import Settings
from server.store import Records
from workflow.dataset import Act, Event
from workflow.errors import NotFound
from workflow.labels import day_of
from workflow.review import foreseen
from workflow.store import Document, Person, SubmissionRecord

LIMIT = 20 * 1024 * 1024


def issue(records: Records, settings: Settings, event: Event) -> Document | None:
    """The document of this step, made the first time it is asked for; None where the step has none.

    Numbers run without gaps within a year. Raises NotFound where the submission is not there.
    """
    letter = LETTERS.get(event.step)
    if letter is None:
        return None
    record = records.submission(event.submission)
    if record is None:
        raise NotFound(f"Pengajuan “{event.submission}” tidak ada.")
    with alone(settings.home / "locks" / "letters"):
        for known in records.documents(submission=event.submission):
            if known.kind == letter.kind and known.created_at == event.at:
                return known
        number = letter_number(settings, _sequence(records, event), event.at)
        content = _rendered(records, settings, record, event, number)
        name = f"{letter.kind.replace('_', '-')}-{event.dataset}.pdf"
        kept = keep(io.BytesIO(content), settings.home / "documents", name, LIMIT)
        document = Document(
            sha256=kept.sha256,
            kind=letter.kind,
            name=name,
            media_type="application/pdf",
            bytes=kept.bytes,
            created_at=event.at,
            created_by=event.actor,
            number=number,
            submission=event.submission,
            batch=record.move.batch,
        )
        records.add_document(document)
    return document


def preview(records: Records, settings: Settings, record: SubmissionRecord, act: Act) -> bytes:
    """The letter that this step would issue, marked as a preview, without a number; nothing is kept.

    Raises NotFound, Forbidden or Conflict.
    """
    after, event = foreseen(record.move, act)
    if event.step not in LETTERS:
        raise NotFound("Langkah itu tidak mempunyai surat.")
    return _rendered(records, settings, replace(record, move=after), event, "", watermark="PRATINJAU")


def _rendered(
    records: Records, settings: Settings, record: SubmissionRecord, event: Event, number: str, watermark: str = ""
) -> bytes:
    releases = records.releases(event.dataset) if event.step in ("publish", "withdraw", "restore") else ()
    release = next((release.number for release in releases if release.submission == event.submission), None)
    asked, said = _asked(records, settings, record, event), printed_of(records, settings, record)
    return step_document(event, record, number=number, release=release, asked=asked, watermark=watermark, **said)


def _asked(records: Records, settings: Settings, record: SubmissionRecord, event: Event) -> list[dict[str, str]]:
    """The notes that a return asks to be fixed, each with its place in words."""
    wanted, ground = event.detail.get("must_fix", ()), ground_of(records, settings, record)
    notes = [note for note in records.notes(event.submission) if note.id in wanted]
    return [{"message": note.text, "place": in_words(ground, note.place)} for note in notes]


def printed_of(records: Records, settings: Settings, record: SubmissionRecord) -> Printed:
    agencies = {agency.id: agency for agency in records.agencies()}
    batch = records.batch(record.move.batch)
    if batch is None or record.move.agency not in agencies:
        raise NotFound(f"Daftar Data “{record.move.batch}” tidak ada.")
    return {
        "people": people_to_print(records),
        "agency": agencies[record.move.agency],
        "batch": batch,
        "findings": records.findings(record.move.id),
        "settings": settings,
    }


def people_to_print(records: Records) -> dict[str, Person]:
    """People by id, each with the name of their agency instead of its id."""
    names = {agency.id: agency.name for agency in records.agencies()}
    return {person.id: replace(person, agency=names.get(person.agency, "")) for person in records.people()}


def _sequence(records: Records, event: Event) -> int:
    issued = (document for document in records.documents() if document.kind in ISSUED)
    return 1 + sum(day_of(document.created_at).year == day_of(event.at).year for document in issued)
