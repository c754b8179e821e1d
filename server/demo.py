"""The sample city, and real layers from a folder, taken through the SOP step by step as people would."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.access import HASHER
from server.build import build_now
from server.journey import Journey, Upload
from server.reference import load_agencies, load_holidays
from server.serving import demo_password
from server.settings import ROOT
from workflow.errors import SebarError
from workflow.findings import Severity
from workflow.sop import Kind, Role, Status
from workflow.store import Person, SubmissionRecord

LOG = logging.getLogger(__name__)

SAMPLE = ROOT / "data" / "sample"
BERITA_ACARA = SAMPLE / "berita-acara.pdf"
WAIVED = "Contoh: dikesampingkan otomatis saat kota peraga diisi; belum diperiksa orang."
CITY_TIME = ZoneInfo("Asia/Jakarta")
READABLE = (".gpkg", ".geojson", ".json", ".zip", ".shp", ".csv", ".xlsx", ".kml", ".fgb", ".parquet")
SETTLED = ("done", "failed")

STAGES: dict[str, tuple[str, ...]] = {
    "draft": (),
    "submitted": ("submit",),
    "returned": ("submit", "return"),
    "verified": ("submit", "verify"),
    "approved": ("submit", "verify", "approve"),
    "scheduled": ("submit", "verify", "approve", "schedule"),
    "published": ("submit", "verify", "approve", "publish"),
}
DAYS_AFTER = {"submit": 0, "return": 4, "verify": 3, "approve": 6, "schedule": 7, "publish": 7}
HOURS = {"enter": 9, "submit": 10, "return": 11, "verify": 11, "approve": 13, "schedule": 14, "publish": 14}
EXPECTED = {
    "submit": Status.DRAFT,
    "return": Status.SUBMITTED,
    "verify": Status.SUBMITTED,
    "approve": Status.VERIFIED,
    "schedule": Status.APPROVED,
    "publish": Status.APPROVED,
}


@dataclass(frozen=True)
class Planned:
    """One file of the sample city: who enters it, how many days ago, and how far it has come since."""

    file: str
    agency: str
    stage: str
    days_ago: int
    dataset: str | None = None
    note: str = ""


PLAN: tuple[Planned, ...] = (
    Planned("kelurahan.gpkg", "setda", "published", 70),
    Planned("kecamatan.geojson", "setda", "published", 69),
    Planned("jalan.zip", "dpupr", "published", 60),
    Planned("sekolah.gpkg", "dindik", "published", 58),
    Planned("penduduk.csv", "dindukcapil", "published", 50),
    Planned("genangan-rob.geojson", "bpbd", "published", 40),
    Planned("ikm-batik.xlsx", "dindagkop-ukm", "approved", 24),
    Planned("timbulan-sampah.csv", "dlh", "submitted", 30),
    Planned(
        "tps.geojson",
        "dlh",
        "returned",
        20,
        note="Mohon lengkapi TPS di Kelurahan Degayu dan Gamer; menurut daftar aset masih ada empat yang belum masuk.",
    ),
    Planned("rumah-pompa.gpkg", "dpupr", "scheduled", 14),
    Planned("murid.csv", "dindik", "verified", 8),
    Planned("fasilitas-kesehatan.geojson", "dinkes", "verified", 6),
    Planned("ruang-terbuka-hijau.zip", "dlh", "submitted", 3),
    Planned("jalan-2026.zip", "dpupr", "submitted", 2, dataset="jaringan-jalan"),
    Planned("sekolah-2026.gpkg", "dindik", "draft", 1, dataset="lokasi-sekolah"),
    Planned("jalan-lingkungan.geojson", "dpupr", "draft", 1),
)

MAPS, TABLES = frozenset({Kind.GEOSPATIAL}), frozenset({Kind.STATISTICS})
ACCOUNTS: tuple[tuple[str, str, str, Role, frozenset[Kind]], ...] = (
    ("produsen", "Produsen Data DPUPR (contoh)", "dpupr", Role.PRODUSEN_DATA, frozenset()),
    ("produsen2", "Produsen Data Dinas Pendidikan (contoh)", "dindik", Role.PRODUSEN_DATA, frozenset()),
    ("walidata", "Walidata Dinkominfo (contoh)", "dinkominfo", Role.WALIDATA, frozenset()),
    ("pembina-statistik", "Pembina Data Statistik (contoh)", "bps", Role.PEMBINA_DATA, TABLES),
    ("pembina-geospasial", "Pembina Data Geospasial (contoh)", "bapperida", Role.PEMBINA_DATA, MAPS),
    ("admin", "Admin (contoh)", "dinkominfo", Role.ADMIN, frozenset()),
)


@dataclass
class Cast:
    """The people of the sample city, and a journey whose clock they can set."""

    journey: Journey
    now: datetime
    build: Callable[[str], None]

    def at(self, moment: datetime) -> Journey:
        return replace(self.journey, clock=lambda: moment)

    def actor(self, username: str) -> Any:
        person = self.journey.records.person_by_username(username)
        if person is None:
            raise LookupError(username)
        return person.as_actor()

    def producer(self, agency: str) -> Any:
        with_account = {home: username for username, _, home, role, _ in ACCOUNTS if role is Role.PRODUSEN_DATA}
        return self.actor(with_account.get(agency, f"produsen-{agency}"))

    def who(self, step: str, record: SubmissionRecord) -> Any:
        if step == "submit":
            return self.producer(record.move.agency)
        if step == "approve":
            return self.actor("pembina-statistik" if record.move.kind is Kind.STATISTICS else "pembina-geospasial")
        return self.actor("walidata")


def seed_demo(journey: Journey, *, build: Callable[[str], None] | None = None) -> None:
    """Fills the store with the sample city; goes on where it was interrupted, and does it once only."""
    done = journey.settings.home / "demo_seeded"
    if done.exists():
        return
    cast = _cast(journey, build)
    for moment, planned, step in _acts(cast.now):
        try:
            _do(cast, planned, step, moment)
        except SebarError as error:
            LOG.warning("%s: %s: %s", planned.file, step, error)
    done.touch()


def seed_folder(
    journey: Journey, folder: Path, *, build: Callable[[str], None] | None = None
) -> list[SubmissionRecord]:
    """Enters every readable file of a folder; publishes those without a blocking finding, leaves the rest as drafts."""
    cast = _cast(journey, build)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in READABLE)
    return [_through(cast, path) for path in files]


def _do(cast: Cast, planned: Planned, step: str, moment: datetime) -> None:
    record = _found(cast, planned)
    if step == "enter":
        _enter(cast, planned, record, moment)
    elif record is not None:
        _take(cast, record, step, moment, planned.note)


def _acts(now: datetime) -> Iterator[tuple[datetime, Planned, str]]:
    """Everything that anybody does, in the order of time: the ledger is written in that order."""
    acts = []
    for place, planned in enumerate(PLAN):
        acts.append((_moment(now, planned.days_ago, "enter", place), place, planned, "enter"))
        for step in STAGES[planned.stage]:
            acts.append((_moment(now, planned.days_ago - DAYS_AFTER[step], step, place), place, planned, step))
    for moment, _, planned, step in sorted(acts, key=lambda act: act[:2]):
        yield moment, planned, step


def _moment(now: datetime, days_ago: int, step: str, minute: int) -> datetime:
    """A working hour of that day, or of the Friday before."""
    day = now.astimezone(CITY_TIME) - timedelta(days=days_ago)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return min(now, day.replace(hour=HOURS[step], minute=minute * 2, second=0, microsecond=0))


def _cast(journey: Journey, build: Callable[[str], None] | None) -> Cast:
    now = journey.clock()
    _save_reference(journey, now - timedelta(days=90))
    return Cast(journey, now, build or _worker_or_here(journey))


def _save_reference(journey: Journey, at: datetime) -> None:
    """Agencies, holidays and accounts, as far as they are not there. People without an account cannot sign in."""
    records = journey.records
    agencies = {agency.id for agency in records.agencies()}
    for agency in load_agencies(ROOT):
        if agency.id not in agencies:
            records.save_agency(agency, actor="sebar", at=at)
    known = {holiday.day for holiday in records.holidays()}
    for holiday in load_holidays(ROOT):
        if holiday.day not in known:
            records.save_holiday(holiday, actor="sebar", at=at)
    hashed = HASHER.hash(demo_password(journey.settings))
    for username, name, agency_id, role, kinds in ACCOUNTS:
        _save_person(journey, username, name, agency_id, role, kinds, hashed, at)
    for agency_id in sorted({planned.agency for planned in PLAN} - {home for _, _, home, _, _ in ACCOUNTS}):
        name = f"Produsen Data {agency_id} (contoh)"
        _save_person(journey, f"produsen-{agency_id}", name, agency_id, Role.PRODUSEN_DATA, frozenset(), "", at)


def _save_person(
    journey: Journey,
    username: str,
    name: str,
    agency: str,
    role: Role,
    kinds: frozenset[Kind],
    password_hash: str,
    at: datetime,
) -> None:
    if journey.records.person_by_username(username) is None:
        person = Person(str(uuid.uuid4()), username, name, agency, frozenset({role}), kinds, password_hash)
        journey.records.save_person(person, actor="sebar", at=at)


def _enter(cast: Cast, planned: Planned, record: SubmissionRecord | None, moment: datetime) -> None:
    if record is not None:
        return
    path = SAMPLE / planned.file
    metadata = json.loads((SAMPLE / f"{path.stem}.metadata.json").read_text())
    producer, journey = cast.producer(planned.agency), cast.at(moment)
    batch = _batch(journey, producer, metadata["berita_acara"]["number"], moment)
    with path.open("rb") as stream:
        record = journey.create_submission(
            producer, file=Upload(stream, path.name), metadata=metadata, batch=batch, dataset=planned.dataset
        )
    cast.build(record.move.id)


def _found(cast: Cast, planned: Planned) -> SubmissionRecord | None:
    entered = cast.journey.records.submissions(agency=planned.agency)
    return next((record for record in entered if record.upload_name == planned.file), None)


def _batch(journey: Journey, producer: Any, number: str, moment: datetime) -> str:
    for batch in journey.records.batches(agency=producer.agency):
        if batch.number == number:
            return batch.id
    local = moment.astimezone(CITY_TIME)
    day = (local - timedelta(days=1 if local.weekday() else 3)).date()
    with BERITA_ACARA.open("rb") as stream:
        paper = Upload(stream, BERITA_ACARA.name)
        return journey.create_batch(producer, number=number, day=day, period=str(day.year), berita_acara=paper).id


def _take(cast: Cast, record: SubmissionRecord, step: str, moment: datetime, note: str = "") -> None:
    if record.move.status is not EXPECTED[step] or (step == "schedule" and record.move.publish_at):
        return
    actor, journey = cast.who(step, record), cast.at(moment)
    if step == "verify":
        _waive_warnings(journey, actor, record)
    later = cast.now + timedelta(days=7) if step == "schedule" else None
    journey.take(actor, record.move.id, step, note=note, publish_at=later)


def _waive_warnings(journey: Journey, walidata: Any, record: SubmissionRecord) -> None:
    for finding in journey.records.findings(record.move.id):
        if finding.severity == Severity.WARNS and not finding.waived_at:
            journey.waive(walidata, record.move.id, finding.key, WAIVED)


def _through(cast: Cast, path: Path) -> SubmissionRecord:
    journey, producer = cast.journey, cast.actor("produsen")
    with path.open("rb") as stream, BERITA_ACARA.open("rb") as paper:
        record = journey.create_submission(
            producer,
            file=Upload(stream, path.name),
            metadata=_made_up(path, cast.now),
            berita_acara=Upload(paper, BERITA_ACARA.name),
        )
    cast.build(record.move.id)
    try:
        for step in STAGES["published"]:
            _take(cast, journey.visible(producer, record.move.id), step, journey.clock())
    except SebarError as error:
        LOG.warning("%s stays behind: %s", path.name, error)
    return journey.visible(producer, record.move.id)


def _made_up(path: Path, now: datetime) -> dict[str, Any]:
    """Metadata from the file's name alone, and it says so."""
    title = path.stem.replace("_", " ").replace("-", " ").strip().title()
    said = "contoh: metadata diisi otomatis dari nama berkas"
    return {
        "title": title,
        "abstract": f"{title} ({said}). Isi, sumber, dan mutu data ini belum diterangkan oleh pembuatnya.",
        "kind": Kind.GEOSPATIAL.value if path.suffix.lower() not in (".csv", ".xlsx") else Kind.STATISTICS.value,
        "topic": "society",
        "keywords": ["contoh", title.lower()],
        "license": "CC-BY-4.0",
        "period": str(now.year),
        "update_frequency": "unknown",
        "lineage": f"Berkas {path.name}; {said}.",
        "scale": 25000,
        "access": "terbuka",
        "contact": {"name": "Contoh", "organization": "Contoh", "email": "contoh@kota.example"},
        "berita_acara": {"number": "CONTOH", "date": now.astimezone(CITY_TIME).date().isoformat()},
        "concept": title,
        "definition": said,
        "measure": "Jumlah",
        "unit": "tidak diterangkan",
    }


def _worker_or_here(journey: Journey) -> Callable[[str], None]:
    """Waits for a worker to build it; where none takes it within ten seconds there is none, and it is built here."""
    alone = False

    def build(submission: str) -> None:
        nonlocal alone
        asked = time.monotonic()
        while not alone:
            record = journey.records.submission(submission)
            if record is None or record.job.status in SETTLED:
                return
            alone = record.job.status == "queued" and time.monotonic() - asked > 10
            time.sleep(0.2)
        build_now(journey.records, journey.settings, submission)

    return build
