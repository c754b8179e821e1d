"""What each step of the SOP prints: the words, the people and the result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from server.documents.typesetting import letterhead, pdf, place_name, qr_code
from server.documents.wording import BLANK, LETTERS, TO_WALIDATA, Letter
from server.settings import Settings
from workflow.dataset import Event
from workflow.findings import Principle, Severity
from workflow.labels import DAYS, MONTHS, PRINCIPLES, ROLES, angka, day_of, pukul, tanggal, terbilang
from workflow.sop import Kind, Role, Status
from workflow.store import Agency, Batch, FindingRecord, Person, SubmissionRecord

SHOWN_FINDINGS = 40
KINDS = {Kind.GEOSPATIAL: "Data geospasial", Kind.STATISTICS: "Data statistik"}


class Printed(TypedDict):
    """What every document of a submission says of it; `people` by id, each with the name of their agency to print."""

    people: Mapping[str, Person]
    agency: Agency
    batch: Batch
    findings: Sequence[FindingRecord]
    settings: Settings


def step_document(
    event: Event,
    record: SubmissionRecord,
    *,
    number: str = "",
    release: int | None = None,
    asked: Sequence[Mapping[str, str]] = (),
    watermark: str = "",
    **said: Unpack[Printed],
) -> bytes:
    """The PDF of one step; `asked` are the message and place of each note that a return wants fixed."""
    letter, settings = LETTERS[event.step], said["settings"]
    returned, sender, receiver = event.step == "return", Role.WALIDATA, Role.PRODUSEN_DATA
    if returned and event.source is Status.VERIFIED:
        sender, receiver = Role.PEMBINA_DATA, Role.WALIDATA
    today = f"Pada hari ini, {day_in_words(day_of(event.at))},"
    data = _data(letter, record, said, number, today=today, receiver=ROLES[receiver])
    data |= {
        "closing": TO_WALIDATA if receiver is Role.WALIDATA else letter.closing,
        "facts": data["facts"] + _facts_of_step(event, record, settings, release),
        "asked": list(asked),
        "watermark": watermark,
        "note": {"title": letter.note, "text": event.note} if letter.note and event.note.strip() else None,
        "place": f"{place_name(settings)}, {tanggal(event.at)}",
        "signatures": [
            _signature(word, sender if returned else role, _who(who, record, event.actor), said)
            | (_for_another(event, said["people"]) if who == "actor" else {})
            for word, role, who in letter.signers
        ],
    }
    data |= _seal(event.content_hash, settings) | _results(letter, event.step, said)
    return pdf("surat.typ", data, at=event.at, qr=qr_code(data["address"]))


def blank_approval(record: SubmissionRecord, *, at: datetime, **said: Unpack[Printed]) -> bytes:
    """The lembar pengesahan to print, sign and scan, for a Pembina Data who does not sign in."""
    line = "_" * 20
    data = _data(BLANK, record, said, line) | {
        "place": f"{place_name(said['settings'])}, {line}",
        "signatures": [_signature(word, role, _who(who, record), said) for word, role, who in BLANK.signers],
    }
    data |= _seal(record.move.content_hash, said["settings"]) | _results(BLANK, "approve", said)
    return pdf("surat.typ", data, at=at, qr=qr_code(data["address"]))


def _who(who: str, record: SubmissionRecord, actor: str = "") -> str:
    return actor if who == "actor" else (who and getattr(record.move, who)) or ""


def _data(letter: Letter, record: SubmissionRecord, said: Printed, number: str, **words: str) -> dict[str, Any]:
    """What every document says; a step says more."""
    return {
        "kop": letterhead(said["settings"]),
        "blank": letter is BLANK,
        "title": letter.title,
        "number": number,
        "footer": " · ".join(filter(None, (letter.title, number.strip("_"), record.title[:80]))),
        "opening": letter.opening.format(agency=said["agency"].name, **words),
        "closing": letter.closing,
        "facts": _facts(record, said["agency"], said["batch"]),
        "note": None,
        "asked": [],
    }


def _seal(content_hash: str | None, settings: Settings) -> dict[str, str]:
    checked_at = f"{settings.url}/verifikasi/"
    return {"hash": content_hash or "", "checked-at": checked_at, "address": f"{checked_at}{content_hash or ''}"}


def _facts(record: SubmissionRecord, agency: Agency, batch: Batch) -> list[tuple[str, str]]:
    facts = [
        ("Judul data", record.title),
        ("Nama tetap", record.move.dataset),
        ("Jenis", KINDS[record.move.kind]),
        ("Produsen Data", agency.name),
        ("Periode", str(record.metadata.get("period") or batch.period)),
        ("Berita Acara", f"Nomor {batch.number or '–'} tanggal {tanggal(batch.date)}"),
        ("Isi", contents(record)),
        ("Berkas asal", f"{record.upload_name} ({angka(record.upload_bytes)} bita)"),
    ]
    if record.move.round > 1:
        facts.append(("Putaran", f"ke-{record.move.round}"))
    return [fact for fact in facts if fact[1]]


def contents(record: SubmissionRecord) -> str:
    """27 fitur; 1.240 baris."""
    collections = (record.manifest or {}).get("collections", ())
    words = [f"{angka(entry['count'])} {'fitur' if entry.get('geometry_type') else 'baris'}" for entry in collections]
    return "; ".join(words)


def _facts_of_step(
    event: Event, record: SubmissionRecord, settings: Settings, release: int | None
) -> list[tuple[str, str]]:
    facts = [("Dicatat di Sebar", f"{tanggal(event.at)}, {pukul(event.at)}")]
    if release is not None:
        facts.append(("Rilis", str(release)))
    if event.step in ("publish", "restore"):
        facts.append(("Alamat", f"{settings.url}/data/{record.move.dataset}"))
        facts.append(("OGC API", f"{settings.url}/ogc/collections/{record.move.dataset}"))
    if event.detail.get("paper"):
        facts.append((f"Surat perintah {event.detail['capacity']}", str(event.detail["paper"])))
    if event.detail.get("scan"):
        facts.append(("Sidik pindaian", str(event.detail["scan"])))
    return facts


def _results(letter: Letter, step: str, said: Printed) -> dict[str, Any]:
    """Counts by principle, the warnings set aside and, where data go back, what is still wrong."""
    findings = said["findings"]
    ratified, returned = step in ("verify", "approve", "approve_on_paper"), step == "return"
    waived = [entry for entry in findings if ratified and entry.waived_by]
    wrong = [entry for entry in findings if returned and not entry.waived_by and entry.severity != Severity.INFORMS]
    more = len(wrong) - SHOWN_FINDINGS
    return {
        "summary": [_counts(principle, findings) for principle in Principle] if letter.summary else [],
        "waived": [_waived(entry, said["people"]) for entry in waived],
        "open": [{"message": entry.message, "place": _place(entry)} for entry in wrong[:SHOWN_FINDINGS]],
        "more": f"Dan {angka(more)} temuan lain, yang terlihat di Sebar." if more > 0 else "",
    }


def _counts(principle: Principle, findings: Sequence[FindingRecord]) -> list[str]:
    own = [entry for entry in findings if entry.principle == principle]
    left = Counter(entry.severity for entry in own if not entry.waived_by)
    counts = (left[Severity.BLOCKS], left[Severity.WARNS], len(own) - left.total(), left[Severity.INFORMS])
    return [PRINCIPLES[principle], *map(str, counts)]


def _waived(entry: FindingRecord, people: Mapping[str, Person]) -> dict[str, str]:
    person = people.get(entry.waived_by or "")
    day = f", {tanggal(entry.waived_at)}" if entry.waived_at else ""
    return {"message": entry.message, "reason": entry.waived_why, "by": f"{person.name if person else '–'}{day}"}


def _place(entry: FindingRecord) -> str:
    parts = (entry.row and f"baris {entry.row}", entry.column and f"kolom {entry.column}")
    return ", ".join(part for part in parts if part) or "seluruh data"


def _signature(word: str, role: Role, who: str, said: Printed) -> dict[str, str]:
    person = said["people"].get(who)
    offices = {Role.PRODUSEN_DATA: said["agency"].name, Role.WALIDATA: said["settings"].office}
    office = offices.get(role, person.agency if person else "")
    return {"as": f"{word},", "role": ROLES[role], "agency": office, "name": person.name if person else ""}


def _for_another(event: Event, people: Mapping[str, Person]) -> dict[str, str]:
    """Plh. Pembina Data atas nama Budi Santoso, where somebody stood in for an absent Pembina Data."""
    if not (absent := event.detail.get("on_behalf_of")):
        return {}
    name = people[absent].name if absent in people else "–"
    return {"role": f"{event.detail['capacity']} {ROLES[Role.PEMBINA_DATA]} atas nama {name}"}


def day_in_words(day: date) -> str:
    """Kamis, tanggal dua puluh enam bulan Maret tahun dua ribu dua puluh enam"""
    month = MONTHS[day.month - 1]
    return f"{DAYS[day.weekday()]}, tanggal {terbilang(day.day)} bulan {month} tahun {terbilang(day.year)}"


def letter_number(settings: Settings, sequence: int, at: datetime) -> str:
    return settings.letter_number.format(
        klasifikasi=settings.letter_class, urut=sequence, kode_unit=settings.unit_code, tahun=day_of(at).year
    )
