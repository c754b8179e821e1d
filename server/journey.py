"""What people do with data on its way: load, let workflow/ decide, save. Pages and API call the same acts."""

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import IO, Any

from server.failpoints import failpoint
from server.files import Kept, alone, keep, paper_type
from server.incoming import Arrival, Incoming
from server.intake.sandbox import refuse_unproven
from server.mending import checked, mending_told, reading_alone
from server.metadata_input import clean_metadata, clean_reading
from server.release.publishing import bump_revision, refuse_damaged, stage
from server.remembering import OF_THE_FILE, OF_US, choices_kept, confirmed
from server.settings import Settings
from server.store import Records
from workflow import review
from workflow.checks import missing_metadata
from workflow.dataset import Act, Actor, Submission
from workflow.errors import BadRequest, Changed, Conflict, Forbidden, Gone, NotFound, SebarError, Unmet
from workflow.findings import Severity
from workflow.labels import ROLES, STATUSES
from workflow.names import plain
from workflow.sop import SOP, Access, Kind, Role, Status
from workflow.store import Batch, Dataset, Document, FindingRecord, Job, Release, SubmissionRecord

LOG = logging.getLogger(__name__)

EDITABLE = (Status.DRAFT, Status.RETURNED)
RESERVED_IDS = frozenset({"katalog"})
PAPER_LIMIT = 20 * 1024 * 1024
YEARS = range(1945, 2101)


@dataclass(frozen=True)
class Upload:
    """A file that a request carries."""

    stream: IO[bytes]
    name: str


Probe = Callable[[Release, Settings], None]
Metadata = Callable[[Mapping[str, Any], Settings, datetime], Mapping[str, bytes]]
"""From a release's manifest: its metadata files by name."""


@dataclass
class Journey:
    """The acts. `clock` gives the moment (UTC); `probe` asks a staged release and raises Broken."""

    records: Records
    settings: Settings
    clock: Callable[[], datetime]
    probe: Probe
    metadata_files: Metadata

    @property
    def incoming(self) -> Incoming:
        return Incoming(self.settings.home, self.settings.upload_total, self.settings.upload_quota)

    # what a person may see

    def visible(self, actor: Actor, id: str) -> SubmissionRecord:
        """Raises NotFound, also for what belongs to another agency."""
        record = self.records.submission(id)
        if record is None or not sees(actor, record.move):
            raise NotFound(f"Pengajuan “{id}” tidak ada.", where={"submission": id})
        return record

    def visible_ones(self, actor: Actor, **filters: Any) -> list[SubmissionRecord]:
        found = self.records.submissions(**filters)
        return [record for record in found if sees(actor, record.move)]

    def visible_batch(self, actor: Actor, id: str) -> Batch:
        batch = self.records.batch(id)
        if batch is None or not sees_agency(actor, batch.agency):
            raise NotFound(f"Daftar Data “{id}” tidak ada.", where={"batch": id})
        return batch

    # entering data

    def create_batch(self, actor: Actor, *, number: str, day: date, period: str, berita_acara: Upload | None) -> Batch:
        """One agency × period × Berita Acara. Raises BadUpload where the paper is no PDF or image."""
        batch = self._batch(actor, number, day, period, berita_acara)
        self.records.add_batch(batch, actor=actor.id, at=batch.created_at)
        return batch

    def _batch(self, actor: Actor, number: str, day: date, period: str, berita_acara: Upload | None) -> Batch:
        _only(actor, Role.PRODUSEN_DATA, "membuat Daftar Data")
        if day.year not in YEARS:
            said = {"day": day.isoformat(), "first": YEARS[0], "last": YEARS[-1]}
            raise BadRequest.of("impossible_year", where={"field": "berita_acara.date"}, **said)
        now = self.clock()
        paper = self._paper(actor, berita_acara, "Berita Acara", number, now) if berita_acara else None
        return Batch(
            id=str(uuid.uuid4()),
            agency=actor.agency,
            period=period,
            number=number,
            date=day,
            berita_acara=paper.sha256 if paper else "",
            created_by=actor.id,
            created_at=now,
        )

    def create_submission(
        self,
        actor: Actor,
        *,
        file: Upload | str,
        metadata: Mapping[str, Any],
        batch: str | None = None,
        berita_acara: Upload | None = None,
        dataset: str | None = None,
        reading: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> SubmissionRecord:
        """A draft whose file is kept; reading, checking and building go on as a job. The same key makes one.

        `file` comes with the request, or is the id of one that came in parts before.
        """
        _only(actor, Role.PRODUSEN_DATA, "memasukkan data")
        if earlier := self.records.submission_made_with(actor.id, idempotency_key):
            return earlier
        arrived = self._arrived(actor, file)
        facts = clean_metadata(metadata, arrived.name)
        new, dataset_id = self._dataset_for(actor, dataset, facts)
        versions = [] if new else self.records.submissions(dataset=dataset_id)
        choices = choices_kept(versions) | reading_alone(clean_reading(reading or {}))
        kept = self._kept(arrived)
        new_batch = None if batch else self._batch_of_one(actor, facts, berita_acara)
        papers = new_batch or self.visible_batch(actor, str(batch))
        facts.setdefault("period", papers.period)
        facts["berita_acara"] = {"number": papers.number, "date": papers.date.isoformat()}
        now = self.clock()
        move = Submission(
            id=str(uuid.uuid4()),
            dataset=dataset_id,
            batch=papers.id,
            agency=actor.agency,
            kind=Kind(facts["kind"]),
            has_berita_acara=bool(papers.berita_acara),
            berita_acara_date=papers.date,
            entered_at=now,
        )
        record = SubmissionRecord(
            move=_described(move, facts),
            title=facts["title"],
            metadata=facts,
            reading=choices,
            upload=kept.sha256,
            upload_name=kept.name,
            upload_bytes=kept.bytes,
            created_by=actor.id,
            created_at=now,
            changed_by=actor.id,
            changed_at=now,
            job=Job("queued", updated_at=now),
        )
        return self._added(actor, record, new, new_batch, idempotency_key)

    def _added(
        self, actor: Actor, record: SubmissionRecord, new: Dataset | None, batch: Batch | None, key: str | None
    ) -> SubmissionRecord:
        while True:
            try:
                return self.records.add_submission(record, new_dataset=new, new_batch=batch, idempotency_key=key)
            except Conflict as taken:
                if new is None or taken.code != "ID-TERPAKAI":
                    raise
                # Somebody else's new dataset of the same title was first.
                new = self._new_dataset(actor, record.metadata)
                record = replace(record, move=replace(record.move, dataset=new.id))

    def change(
        self,
        actor: Actor,
        id: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        reading: Mapping[str, Any] | None = None,
        crs: str | None = None,
        file: Upload | str | None = None,
        berita_acara: Upload | None = None,
        expected_version: int | None = None,
    ) -> SubmissionRecord:
        """Other content, only as draft or returned: a new candidate is built. What is not given stays."""
        record = self.visible(actor, id)
        _only(actor, Role.PRODUSEN_DATA, "mengubah data")
        if record.move.status not in EDITABLE:
            raise self.records.told(Conflict.of("locked", status=STATUSES[record.move.status]), id)
        raw = {**record.metadata, **(metadata or {})} | ({"crs": crs} if crs else {})
        facts = clean_metadata({name: value for name, value in raw.items() if value is not None}, record.upload_name)
        changed = replace(
            record,
            title=facts["title"],
            metadata=facts,
            reading=self._choices(actor, record, reading or {}, other_file=file is not None),
        )
        if file is not None:
            kept = self._kept(self._arrived(actor, file))
            changed = replace(changed, upload=kept.sha256, upload_name=kept.name, upload_bytes=kept.bytes)
        move = replace(changed.move, kind=Kind(facts["kind"]))
        if berita_acara is not None:
            papers = self._batch_of_one(actor, facts, berita_acara)
            self.records.add_batch(papers, actor=actor.id, at=papers.created_at)
            facts["berita_acara"] = {"number": papers.number, "date": papers.date.isoformat()}
            move = replace(move, batch=papers.id, has_berita_acara=True, berita_acara_date=papers.date)
        changed = replace(changed, move=_described(move, facts))
        version = record.move.version if expected_version is None else expected_version
        why, before = facts.get("outside_list"), record.metadata.get("outside_list")
        return self.records.change_submission(
            changed,
            expected_version=version,
            actor=actor.id,
            at=self.clock(),
            detail=mending_told(record.reading, changed.reading) | ({"outside_list": why} if why != before else {}),
        )

    def make_sure(self, actor: Actor, id: str, *, expected_version: int | None = None) -> SubmissionRecord:
        """Somebody says that the file is read as it is meant; the next version is read so as well."""
        record = self.visible(actor, id)
        _only(actor, Role.PRODUSEN_DATA, "memastikan cara baca")
        if record.move.status not in EDITABLE:
            raise self.records.told(Conflict.of("locked", status=STATUSES[record.move.status]), id)
        now, version = self.clock(), record.move.version if expected_version is None else expected_version
        reading = confirmed(record, actor.id, now)
        return self.records.keep_reading(id, reading, expected_version=version, actor=actor.id, at=now)

    def _choices(
        self, actor: Actor, record: SubmissionRecord, reading: Mapping[str, Any], *, other_file: bool
    ) -> dict[str, Any]:
        """What was chosen of reading, with what is chosen now; what was mended in another file falls away."""
        before = {name: said for name, said in record.reading.items() if not (other_file and name in OF_THE_FILE)}
        choices = clean_reading({**before, **reading}) | {name: before[name] for name in OF_US if name in before}
        if edits := choices.pop("edits", []):
            edits = checked(self.settings.home, record, edits, actor.id, self.clock())
        return choices | ({"edits": edits} if edits else {})

    def _dataset_for(self, actor: Actor, id: str | None, facts: Mapping[str, Any]) -> tuple[Dataset | None, str]:
        if id is None:
            new = self._new_dataset(actor, facts)
            return new, new.id
        dataset = self.records.dataset(id)
        if dataset is None or dataset.agency != actor.agency:
            raise NotFound(f"Dataset “{id}” tidak ada.", where={"dataset": id})
        if dataset.kind.value != facts["kind"]:
            said = {"id": id, "kind": dataset.kind.value, "given": facts["kind"]}
            raise BadRequest.of("other_kind", where={"field": "kind"}, **said)
        return None, id

    def _new_dataset(self, actor: Actor, facts: Mapping[str, Any]) -> Dataset:
        wanted = slug(str(facts["title"]))
        id, n = wanted, 1
        while id in RESERVED_IDS or id.endswith("-peta") or self.records.dataset(id):
            n += 1
            id = f"{wanted}-{n}"
        return Dataset(id, actor.agency, str(facts["title"]), Kind(facts["kind"]), self.clock())

    def _batch_of_one(self, actor: Actor, facts: Mapping[str, Any], paper: Upload | None) -> Batch:
        said = facts.get("berita_acara") or {}
        try:
            day = date.fromisoformat(str(said.get("date") or self.clock().date()))
        except ValueError:
            raise BadRequest.of("no_day", day=said.get("date"), where={"field": "berita_acara.date"}) from None
        period = str(facts.get("period") or day.year)
        return self._batch(actor, str(said.get("number") or ""), day, period, paper)

    def _paper(self, actor: Actor, upload: Upload, what: str, number: str, now: datetime) -> Document:
        kept = keep(upload.stream, self.settings.home / "documents", upload.name, PAPER_LIMIT)
        document = Document(
            sha256=kept.sha256,
            kind="berita_acara" if what == "Berita Acara" else "scan",
            name=kept.name,
            media_type=paper_type(kept.path, what, kept.name),
            bytes=kept.bytes,
            created_at=now,
            created_by=actor.id,
            number=number,
        )
        self.records.add_document(document)
        return document

    def _arrived(self, actor: Actor, file: Upload | str) -> Upload | Arrival:
        refuse_unproven()
        return self.incoming.find(file, actor.id, self.clock()) if isinstance(file, str) else file

    def _kept(self, file: Upload | Arrival) -> Kept:
        uploads = self.settings.home / "uploads"
        if isinstance(file, Arrival):
            return self.incoming.keep(file, uploads)
        kept = keep(file.stream, uploads, file.name, self.settings.upload_limit)
        if kept.bytes == 0:
            raise BadRequest.of("file_empty", name=kept.name, where={"file": kept.name})
        return kept

    # looking after findings

    def waive(self, actor: Actor, id: str, key: str, reason: str) -> FindingRecord:
        """Sets a warning aside with a reason and a name. Raises Unmet for what blocks."""
        record = self.visible(actor, id)
        _only(actor, Role.WALIDATA, "mengesampingkan temuan")
        finding = next((found for found in self.records.findings(id) if found.key == key), None)
        if finding is None:
            raise NotFound(f"Temuan “{key}” tidak ada.", where={"finding": key})
        if finding.severity == Severity.BLOCKS:
            raise Unmet((("not_blocking", "Temuan yang menghalangi tidak dapat dikesampingkan; datanya diperbaiki."),))
        if not reason.strip():
            raise Unmet((("reason_given", "Tuliskan alasan mengapa peringatan ini dikesampingkan."),))
        if record.move.status is not Status.SUBMITTED:
            raise self.records.told(Conflict("Temuan hanya dikesampingkan selama Walidata memeriksa."), id)
        return self.records.waive(id, key, actor=actor.id, at=self.clock(), reason=reason.strip())

    # the SOP

    def take(
        self,
        actor: Actor,
        id: str,
        step: str,
        *,
        note: str = "",
        content_hash: str | None = None,
        publish_at: datetime | None = None,
        scan: Upload | None = None,
    ) -> SubmissionRecord:
        """Takes one step. Raises NotFound, Forbidden, Unmet, and Conflict or Changed with who was first and when."""
        record = self.visible(actor, id)
        try:
            review.row_for(step, record.move, actor)
            now = self.clock()
            paper = self._paper(actor, scan, "Lembar pengesahan", "", now) if scan else None
            act = Act(step, actor, now, note, content_hash, publish_at, scan=paper.sha256 if paper else None)
            if step == "publish":
                return self._publish(record, act)
            if step in ("withdraw", "restore"):
                return self._change_current(record, act)
            after, event = review.take_step(record.move, act)
            self.records.record(record.move, after, event)
        except Conflict as late:
            raise self.records.told(late, id) if late.code in (Conflict.code, Changed.code) else late from None
        return self.visible(actor, id)

    def withdraw(self, actor: Actor, dataset: str, note: str) -> SubmissionRecord:
        """Takes the current release out of service: 410 from the moment this returns."""
        return self._take_on_release(actor, dataset, "withdraw", note, None)

    def restore(self, actor: Actor, dataset: str, number: int, note: str) -> SubmissionRecord:
        """An earlier release becomes current again, with its exact old bytes."""
        return self._take_on_release(actor, dataset, "restore", note, number)

    def _take_on_release(
        self, actor: Actor, dataset: str, step: str, note: str, number: int | None
    ) -> SubmissionRecord:
        kept = self.records.dataset(dataset)
        if kept is None or not sees_agency(actor, kept.agency):
            raise NotFound(f"Dataset “{dataset}” tidak ada.", where={"dataset": dataset})
        _only(actor, Role.WALIDATA, "menarik atau memberlakukan lagi rilis")
        chosen = number if number is not None else kept.current
        release = self.records.release(dataset, chosen) if chosen is not None else None
        if release is None:
            if kept.withdrawn_at and number is None:
                raise Conflict("Dataset ini sudah ditarik.", where={"from": Status.WITHDRAWN.value})
            raise NotFound("Rilis itu tidak ada.", where={"dataset": dataset, "release": number})
        return self.take(actor, release.submission, step, note=note)

    def _publish(self, record: SubmissionRecord, act: Act) -> SubmissionRecord:
        with alone(self.settings.home / "locks" / record.move.dataset):
            record = self.visible(act.actor, record.move.id)
            row = review.row_for("publish", record.move, act.actor)
            asked = tuple(pair for pair in review.unmet(row, record.move, act) if pair[0] != "probe_answered")
            if any(name == "content_unchanged" for name, _ in asked):
                raise Changed(review.reason_for("content_unchanged", record.move))
            if asked:
                raise Unmet(asked)
            failpoint("publish.before_stage")
            release = self._staged(record, act)
            failpoint("publish.staged")
            self.probe(release, self.settings)
            after, event = review.take_step(record.move, replace(act, probed=True))
            moves = [(record.move, after, event), *self._superseding(record.move.dataset, act)]
            failpoint("publish.before_commit")
            revision = self.records.publish(moves, release=release, dataset=record.move.dataset, current=release.number)
            failpoint("publish.committed")
            bump_revision(self.settings.home, revision)
            failpoint("publish.announced")
        return self.visible(act.actor, record.move.id)

    def _staged(self, record: SubmissionRecord, act: Act) -> Release:
        number = self.records.next_number(record.move.dataset)
        approval = [
            {"seq": entry.seq, "hash": entry.hash, "action": entry.action, "at": entry.at}
            for entry in self.records.ledger()
            if entry.object == record.move.id
        ]
        if record.candidate is None:
            raise Unmet((("candidate_built", "Kandidat rilis belum selesai dibangun."),))
        candidate = self.settings.home / record.candidate
        refuse_damaged(candidate, record.manifest or {})
        folder = stage(
            self.settings.home,
            candidate,
            record.move.dataset,
            number,
            published_at=act.at,
            ledger_entries=approval,
            write_metadata=lambda manifest: self.metadata_files(manifest, self.settings, act.at),
        )
        return Release(
            dataset=record.move.dataset,
            number=number,
            submission=record.move.id,
            content_hash=str(record.move.content_hash),
            folder=str(folder.relative_to(self.settings.home)),
            status=Status.PUBLISHED,
            published_at=act.at,
            published_by=act.actor.id,
            agency=record.move.agency,
            manifest=json.loads((folder / "manifest.json").read_bytes()),
        )

    def _superseding(self, dataset: str, act: Act) -> Iterator[tuple[Submission, Submission, Any]]:
        for earlier in self.records.submissions(dataset=dataset, statuses=(Status.PUBLISHED,)):
            yield (earlier.move, *review.supersede(earlier.move, act))

    def _change_current(self, record: SubmissionRecord, act: Act) -> SubmissionRecord:
        dataset = record.move.dataset
        with alone(self.settings.home / "locks" / dataset):
            record = self.visible(act.actor, record.move.id)
            after, event = review.take_step(record.move, act)
            moves = [(record.move, after, event)]
            if act.step == "withdraw":
                revision = self.records.publish(
                    moves, release=None, dataset=dataset, current=None, withdrawn=(act.at, act.note)
                )
            else:
                release = self._release_of(record)
                moves += self._superseding(dataset, act)
                self.probe(release, self.settings)
                revision = self.records.publish(moves, release=None, dataset=dataset, current=release.number)
            failpoint("publish.committed")
            bump_revision(self.settings.home, revision)
        return self.visible(act.actor, record.move.id)

    def _release_of(self, record: SubmissionRecord) -> Release:
        for release in self.records.releases(record.move.dataset):
            if release.submission == record.move.id:
                return release
        raise Gone("Berkas rilis ini sudah tidak disimpan.")

    def publish_due(self) -> dict[str, SebarError]:
        """Publishes what was scheduled for a moment that has come; what could not be published, with the reason."""
        refused: dict[str, SebarError] = {}
        for record in self.records.due_publications(self.clock()):
            events = self.records.events(submission=record.move.id)
            by = next((event.actor for event in reversed(events) if event.step == "schedule"), "")
            person = self.records.person(by)
            try:
                if person is None or not person.active:
                    raise Forbidden("Yang menjadwalkan penerbitan ini tidak aktif lagi.")
                self.take(person.as_actor(), record.move.id, "publish", note="Terbit sesuai jadwal")
            except SebarError as error:
                refused[record.move.id] = error
        return refused


def _only(actor: Actor, role: Role, what: str) -> None:
    if role not in actor.roles:
        raise Forbidden(f"Hanya {ROLES[role]} yang dapat {what}.")


def sees_agency(actor: Actor, agency: str) -> bool:
    """A Produsen Data sees their own agency; the others, who serve all agencies, see every one."""
    return bool(actor.roles - {Role.PRODUSEN_DATA}) or actor.agency == agency


def sees(actor: Actor, move: Submission) -> bool:
    return sees_agency(actor, move.agency)


def holds(actor: Actor, role: Role, move: Submission) -> bool:
    """Whether what this role does with it is this person's to do."""
    if role is Role.PRODUSEN_DATA and actor.agency != move.agency:
        return False
    return role in actor.roles and (role is not Role.PEMBINA_DATA or move.kind in actor.kinds)


def awaits(actor: Actor, move: Submission) -> bool:
    """Whether the SOP's next numbered step is this person's; what is scheduled awaits nobody."""
    steps = [step for step in SOP if step.number and step.role and move.status in step.sources]
    return not move.publish_at and any(holds(actor, step.role, move) for step in steps if step.role)


def _described(move: Submission, facts: Mapping[str, Any]) -> Submission:
    return replace(move, access=Access(facts["access"]), missing_metadata=tuple(missing_metadata(facts, move.kind)))


def slug(title: str) -> str:
    """`[a-z0-9-]+`, at most 60 characters: the id of a dataset for life."""
    return plain(title, "-")[:60].strip("-") or "data"


def now_utc() -> datetime:
    return datetime.now(UTC)
