"""The sample city, and real layers from a folder, taken through the SOP step by step as people would."""

import glob
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from zipfile import ZipFile

from server.access import HASHER
from server.build import build_now
from server.journey import Journey, Upload
from server.notes import write
from server.planned import replace_list, understood
from server.reference import load_agencies, prefill_holidays
from server.serving import demo_password
from server.settings import ROOT
from workflow.dataset import Actor
from workflow.deadlines import WIB
from workflow.errors import SebarError
from workflow.findings import Severity
from workflow.sop import Kind, Role, rows_for
from workflow.store import Person, SubmissionRecord

LOG = logging.getLogger(__name__)

SAMPLE = ROOT / "data" / "sample"
AGREED = SAMPLE / "daftar-data.csv"
BERITA_ACARA = SAMPLE / "berita-acara.pdf"
WAIVED = "Contoh: dikesampingkan otomatis saat kota peraga diisi; belum diperiksa orang."
TABLES = (".csv", ".xlsx", ".ods")
READABLE = (*TABLES, ".gpkg", ".geojson", ".json", ".zip", ".shp", ".kml", ".kmz", ".gml", ".fgb", ".parquet")


@dataclass(frozen=True)
class Planned:
    """One file of the sample city: who enters it, how many days ago, how far it has come since, and what is noted on
    it before it is returned."""

    file: str
    agency: str
    stage: str
    days_ago: int
    dataset: str | None = None
    note: str = ""
    notes: tuple[dict[str, Any], ...] = ()


SCRIPT: dict[str, Any] = json.loads((SAMPLE / "rencana.json").read_text(encoding="utf-8"))
STAGES: dict[str, list[str]] = SCRIPT["stages"]
PLAN = tuple(Planned(**entry) for entry in SCRIPT["files"])
ACCOUNTS = tuple(
    (username, name, agency, Role(role), frozenset(map(Kind, kinds)))
    for username, name, agency, role, kinds in SCRIPT["accounts"]
)


@dataclass(frozen=True)
class Cast:
    """The people of the sample city, and a journey whose clock they can set."""

    journey: Journey
    now: datetime
    build: Callable[[str], None]

    def actor(self, username: str) -> Actor:
        person = self.journey.records.person_by_username(username)
        if person is None:
            raise LookupError(username)
        return person.as_actor()

    def producer(self, agency: str) -> Actor:
        with_account = (name for name, _, home, role, _ in ACCOUNTS if (home, role) == (agency, Role.PRODUSEN_DATA))
        return self.actor(next(with_account, f"produsen-{agency}"))

    def agree(self) -> None:
        """The yearly list, of which some is not entered and one has not been planned."""
        walidata, period = self.actor("walidata"), str(self.now.astimezone(WIB).year)
        found = understood(self.journey, walidata, AGREED, AGREED.name, period=period)
        replace_list(self.journey, walidata, found, period=period, file=AGREED.name)

    def enter(self, planned: Planned, moment: datetime) -> None:
        path, producer = SAMPLE / planned.file, self.producer(planned.agency)
        metadata = json.loads((SAMPLE / f"{path.stem}.metadata.json").read_text())
        journey, number = replace(self.journey, clock=lambda: moment), metadata["berita_acara"]["number"]
        batch = next(
            (batch for batch in journey.records.batches(agency=producer.agency) if batch.number == number), None
        )
        if batch is None:
            entered = moment.astimezone(WIB)
            day = (entered - timedelta(days=1 if entered.weekday() else 3)).date()
            with BERITA_ACARA.open("rb") as stream:
                paper = Upload(stream, BERITA_ACARA.name)
                batch = journey.create_batch(producer, number=number, day=day, period=str(day.year), berita_acara=paper)
        with path.open("rb") as stream:
            record = journey.create_submission(
                producer, file=Upload(stream, path.name), metadata=metadata, batch=batch.id, dataset=planned.dataset
            )
        self.build(record.move.id)

    def take(
        self,
        record: SubmissionRecord,
        step: str,
        moment: datetime,
        note: str = "",
        notes: Iterable[dict[str, Any]] = (),
    ) -> None:
        """Nothing where it has been taken already."""
        move, journey = record.move, replace(self.journey, clock=lambda: moment)
        if move.status is not rows_for(step)[0].sources[0] or (step == "schedule" and move.publish_at):
            return
        actor = self.producer(move.agency) if step == "submit" else self.actor("walidata")
        if step == "approve":
            actor = self.actor("pembina-statistik" if move.kind is Kind.STATISTICS else "pembina-geospasial")
        if step == "verify":
            for finding in journey.records.findings(move.id):
                if finding.severity == Severity.WARNS and not finding.waived_at:
                    journey.waive(actor, move.id, finding.key, WAIVED)
        if step == "return" and not journey.records.notes(move.id):
            for said in notes:
                write(journey, actor, move.id, **said)
        later = self.now + timedelta(days=7) if step == "schedule" else None
        journey.take(actor, move.id, step, note=note, publish_at=later)


def seed_demo(journey: Journey, *, build: Callable[[str], None] | None = None) -> None:
    """Fills the store with the sample city; goes on where it was interrupted, and does it once only."""
    done = journey.settings.home / "demo_seeded"
    if done.exists():
        return
    cast = _cast(journey, build)
    for moment, planned, step in _acts(cast.now):
        entered = journey.records.submissions(agency=planned.agency)
        record = next((record for record in entered if record.upload_name == planned.file), None)
        try:
            if step != "enter" and record:
                cast.take(record, step, moment, planned.note, planned.notes)
            elif step == "enter" and not record:
                cast.enter(planned, moment)
        except SebarError as error:
            LOG.warning("%s: %s: %s", planned.file, step, error)
    cast.agree()
    done.touch()


def _acts(now: datetime) -> list[tuple[datetime, Planned, str]]:
    """Everything that anybody does, in the order of time: the ledger is written in that order."""
    acts = [
        (_moment(now, planned.days_ago, step, place), place, planned, step)
        for place, planned in enumerate(PLAN)
        for step in ("enter", *STAGES[planned.stage])
    ]
    return [(moment, planned, step) for moment, _, planned, step in sorted(acts, key=lambda act: act[:2])]


def _moment(now: datetime, days_ago: int, step: str, minute: int) -> datetime:
    """A working hour, or of the Friday before. `acts` says how many days after the entry a step comes, and its hour."""
    days_after, hour = SCRIPT["acts"][step]
    day = now.astimezone(WIB) - timedelta(days=days_ago - days_after)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return min(now, day.replace(hour=hour, minute=minute * 2, second=0, microsecond=0))


def seed_folder(
    journey: Journey, folder: Path, *, build: Callable[[str], None] | None = None
) -> list[SubmissionRecord]:
    """Enters every readable file of a folder; publishes those without a blocking finding, leaves the rest as drafts."""
    cast = _cast(journey, build)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in READABLE)
    return [_through(cast, path) for path in files]


def _through(cast: Cast, path: Path) -> SubmissionRecord:
    journey, producer = cast.journey, cast.actor("produsen")
    with _whole(path) as file, BERITA_ACARA.open("rb") as paper:
        record = journey.create_submission(
            producer,
            file=file,
            metadata=_made_up(path, cast.now),
            berita_acara=Upload(paper, BERITA_ACARA.name),
        )
    cast.build(record.move.id)
    try:
        for step in STAGES["published"]:
            cast.take(journey.visible(producer, record.move.id), step, journey.clock())
    except SebarError as error:
        failed = journey.visible(producer, record.move.id).job.error or {}
        LOG.warning("%s stays behind: %s", path.name, failed.get("detail", error))
    return journey.visible(producer, record.move.id)


@contextmanager
def _whole(path: Path) -> Iterator[Upload]:
    """The file; a Shapefile that lies open as the zip of its parts."""
    if path.suffix.lower() != ".shp":
        with path.open("rb") as stream:
            yield Upload(stream, path.name)
        return
    with TemporaryFile() as packed:
        with ZipFile(packed, "w") as parts:
            for part in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")):
                if part.suffix.lower() in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                    parts.write(part, part.name)
        packed.seek(0)
        yield Upload(packed, f"{path.stem}.zip")


def _made_up(path: Path, now: datetime) -> dict[str, Any]:
    """Metadata from the file's name alone, and it says so."""
    title = path.stem.replace("_", " ").replace("-", " ").strip().title()
    said = "contoh: metadata diisi otomatis dari nama berkas"
    return {
        **SCRIPT["any_layer"],
        "title": title,
        "abstract": f"{title} ({said}). Isi, sumber, dan mutu data ini belum diterangkan oleh pembuatnya.",
        "kind": Kind.STATISTICS.value if path.suffix.lower() in TABLES else Kind.GEOSPATIAL.value,
        "keywords": ["contoh", title.lower()],
        "period": str(now.year),
        "lineage": f"Berkas {path.name}; {said}.",
        "berita_acara": {"number": "CONTOH", "date": now.astimezone(WIB).date().isoformat()},
        "concept": title,
        "definition": said,
    }


def _cast(journey: Journey, build: Callable[[str], None] | None) -> Cast:
    """Saves agencies, holidays and accounts as far as they are not there. People without an account cannot sign in."""
    records, now = journey.records, journey.clock()
    at = now - timedelta(days=90)
    agencies = {agency.id for agency in records.agencies()}
    for agency in load_agencies(ROOT):
        if agency.id not in agencies:
            records.save_agency(agency, actor="sebar", at=at)
    prefill_holidays(records, at)
    password = HASHER.hash(demo_password(journey.settings))
    others = sorted({planned.agency for planned in PLAN} - {home for _, _, home, _, _ in ACCOUNTS})
    silent = [
        (f"produsen-{id}", f"Produsen Data {id} (contoh)", id, Role.PRODUSEN_DATA, frozenset[Kind]()) for id in others
    ]
    for account in (*ACCOUNTS, *silent):
        username, name, home, role, kinds = account
        if records.person_by_username(username) is None:
            secret = password if account in ACCOUNTS else ""
            person = Person(str(uuid.uuid4()), username, name, home, frozenset({role}), kinds, secret)
            records.save_person(person, actor="sebar", at=at)
    return Cast(journey, now, build or _worker_or_here(journey))


def _worker_or_here(journey: Journey) -> Callable[[str], None]:
    """Waits for a worker to build it; where none takes it within ten seconds there is none, and it is built here."""
    alone = False

    def build(submission: str) -> None:
        nonlocal alone
        asked = time.monotonic()
        while not alone:
            record = journey.records.submission(submission)
            if record is None or record.job.status in ("done", "failed"):
                return
            alone = record.job.status == "queued" and time.monotonic() - asked > 10
            time.sleep(0.2)
        build_now(journey.records, journey.settings, submission)

    return build
