"""What the records keep, and what may be asked of them. One Protocol, two databases behind it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from workflow.dataset import Actor, Event, Submission
from workflow.ledger import Entry
from workflow.sop import Kind, Role, Status


@dataclass(frozen=True)
class Agency:
    """An OPD. `id` is a slug for life."""

    id: str
    name: str
    short_name: str
    address: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Person:
    id: str
    username: str
    name: str
    agency: str
    roles: frozenset[Role]
    kinds: frozenset[Kind] = frozenset()
    password_hash: str = ""
    email: str = ""
    active: bool = True

    def as_actor(self) -> Actor:
        return Actor(self.id, self.name, self.agency, self.roles, self.kinds)


@dataclass(frozen=True)
class Document:
    """A file of the journey: a Berita Acara, a signed scan, a printed output. `sha256` is its name on disk."""

    sha256: str
    kind: str
    name: str
    media_type: str
    bytes: int
    created_at: datetime
    created_by: str
    number: str = ""
    submission: str | None = None
    batch: str | None = None


@dataclass(frozen=True)
class Batch:
    """A Daftar Data OPD on its way: one agency × period × Berita Acara."""

    id: str
    agency: str
    period: str
    number: str
    date: date
    berita_acara: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Dataset:
    """What the SOP carries, for life. `current` is the number of the release that is served."""

    id: str
    agency: str
    title: str
    kind: Kind
    created_at: datetime
    current: int | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str = ""
    version: int = 1


@dataclass(frozen=True)
class Job:
    """Reading, checking and building: status is queued, running, done or failed.

    `error` is a problem (code, title, detail, mend, where) where the status is failed.
    """

    status: str = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    error: Mapping[str, Any] | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class SubmissionRecord:
    """A submission with everything that a desk shows of it. `move` is what the SOP decides on.

    `build` counts the candidates asked for; a finished build of an older count changes nothing.
    `candidate` is the folder below SEBAR_HOME that holds the candidate of `move.content_hash`.
    """

    move: Submission
    title: str
    metadata: Mapping[str, Any]
    reading: Mapping[str, Any]
    upload: str
    upload_name: str
    upload_bytes: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    build: int = 1
    job: Job = Job()
    candidate: str | None = None
    manifest: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FindingRecord:
    key: str
    check: str
    principle: str
    severity: str
    message: str
    why: str = ""
    mend: str = ""
    row: int | None = None
    column: str | None = None
    suggestion: str | None = None
    geometry: Mapping[str, Any] | None = None
    waived_by: str | None = None
    waived_at: datetime | None = None
    waived_why: str = ""


@dataclass(frozen=True)
class Release:
    """A candidate that was published. `folder` is below SEBAR_HOME; `manifest` is its manifest.json."""

    dataset: str
    number: int
    submission: str
    content_hash: str
    folder: str
    status: Status
    published_at: datetime
    published_by: str
    agency: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """What is served: the current release of each dataset, and what was withdrawn (410)."""

    revision: int
    current: tuple[Release, ...]
    withdrawn: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    id: str
    submission: str
    author: str
    at: datetime
    text: str
    kind: str = "question"
    place: Mapping[str, Any] = field(default_factory=dict)
    resolved_at: datetime | None = None


@dataclass(frozen=True)
class Holiday:
    """A day on which the city does not work; `kind` is libur_nasional, cuti_bersama or lokal."""

    day: date
    name: str
    kind: str
    source: str


@dataclass(frozen=True)
class Token:
    id: str
    person: str
    name: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime


class Records(Protocol):
    """The records. Writing methods take the moment and the person; each is one transaction."""

    # people and agencies
    def agencies(self) -> Sequence[Agency]: ...
    def save_agency(self, agency: Agency, *, actor: str, at: datetime) -> None: ...
    def people(self) -> Sequence[Person]: ...
    def person(self, id: str) -> Person | None: ...
    def person_by_username(self, username: str) -> Person | None: ...
    def save_person(self, person: Person, *, actor: str, at: datetime) -> None: ...
    def add_token(self, token: Token) -> None: ...
    def token_by_hash(self, secret_hash: str) -> Token | None: ...
    def login_failures(self, username: str, since: datetime) -> int: ...
    def add_login_failure(self, username: str, at: datetime) -> None: ...

    # calendar
    def holidays(self) -> Sequence[Holiday]: ...
    def save_holiday(self, holiday: Holiday, *, actor: str, at: datetime) -> None: ...
    def remove_holiday(self, day: date, *, actor: str, at: datetime) -> None: ...

    # batches, datasets, documents
    def add_document(self, document: Document) -> None: ...
    def document(self, sha256: str) -> Document | None: ...
    def documents(self, *, submission: str | None = None, batch: str | None = None) -> Sequence[Document]: ...
    def add_batch(self, batch: Batch, *, actor: str, at: datetime) -> None: ...
    def batch(self, id: str) -> Batch | None: ...
    def batches(self, *, agency: str | None = None) -> Sequence[Batch]: ...
    def dataset(self, id: str) -> Dataset | None: ...
    def datasets(self) -> Sequence[Dataset]: ...

    # submissions
    def add_submission(
        self, record: SubmissionRecord, *, new_dataset: Dataset | None, idempotency_key: str | None
    ) -> SubmissionRecord:
        """The record, or the one that the same person's same idempotency key already made."""

    def submission(self, id: str) -> SubmissionRecord | None: ...
    def submissions(
        self,
        *,
        statuses: Sequence[Status] = (),
        batch: str | None = None,
        agency: str | None = None,
        dataset: str | None = None,
    ) -> Sequence[SubmissionRecord]: ...
    def change_submission(
        self, record: SubmissionRecord, *, expected_version: int, actor: str, at: datetime
    ) -> SubmissionRecord:
        """Saves other content (file, metadata, reading): build + 1, version + 1, no content hash, findings gone.

        Raises Changed (who and when) where the version is another.
        """

    def set_job(self, submission: str, build: int, job: Job) -> None: ...
    def finish_build(
        self,
        submission: str,
        build: int,
        *,
        content_hash: str,
        candidate: str,
        manifest: Mapping[str, Any],
        findings: Sequence[FindingRecord],
        at: datetime,
    ) -> bool:
        """Writes candidate, hash and findings at once; False where a newer build was asked for meanwhile.
        Waivers of findings with the same key are kept."""

    def unfinished_builds(self) -> Sequence[tuple[str, int]]:
        """(submission, build) whose job is queued or running."""

    def findings(self, submission: str) -> Sequence[FindingRecord]: ...
    def waive(self, submission: str, key: str, *, actor: str, at: datetime, reason: str) -> FindingRecord:
        """Raises NotFound. Whether it may be waived is decided before."""

    def add_note(self, note: Note) -> None: ...
    def notes(self, submission: str) -> Sequence[Note]: ...

    # the SOP
    def record(self, before: Submission, after: Submission, event: Event) -> None:
        """Saves the move, its event and its ledger entry in one transaction.

        Raises Changed (who and when) where `before.version` is no longer the version kept.
        """

    def publish(
        self,
        moves: Sequence[tuple[Submission, Submission, Event]],
        *,
        release: Release | None,
        dataset: str,
        current: int | None,
        withdrawn: tuple[datetime, str] | None = None,
    ) -> int:
        """Publish, restore or withdraw: moves, events, ledger entries, the release (new one or None),
        the dataset's current release and the registry's revision in one transaction; the new revision.

        Raises Changed."""

    def events(self, *, submission: str | None = None, dataset: str | None = None) -> Sequence[Event]: ...
    def ledger(self, since: int = 0) -> Iterator[Entry]: ...
    def releases(self, dataset: str) -> Sequence[Release]: ...
    def release(self, dataset: str, number: int) -> Release | None: ...
    def next_number(self, dataset: str) -> int: ...
    def registry(self) -> Registry: ...
    def revision(self) -> int: ...
    def due_publications(self, now: datetime) -> Sequence[SubmissionRecord]:
        """Approved submissions whose scheduled moment has come."""
