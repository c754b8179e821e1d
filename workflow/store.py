"""What the records keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workflow.dataset import Actor, Submission
from workflow.findings import Severity
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
    assigned_to: str | None = None
    assigned_at: datetime | None = None
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
    """`kind` is must_fix, question, suggestion or, with the note that it `answers_to`, answer.

    `place` is empty or one of {feature, lon, lat}, {lon, lat}, {row, column}, {field} and {finding}: the id of a
    feature, degrees in CRS84, a row from 1 and the name of its column, a field of the metadata, a finding's key.
    """

    id: str
    submission: str
    author: str
    at: datetime
    text: str
    kind: str = "question"
    place: Mapping[str, Any] = field(default_factory=dict)
    answers_to: str | None = None
    round: int | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None


@dataclass(frozen=True)
class Notice:
    """What one person is told. Two of one `mark` are one; `mailed_at` is None while no mail went."""

    person: str
    mark: str
    kind: str
    text: str
    at: datetime
    submission: str | None = None
    read_at: datetime | None = None
    mailed_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True)
class Delegation:
    """From `since` to `until`, both included, this person ratifies on behalf of a Pembina Data.

    `capacity` is Plt. or Plh., `paper` the number of the order that says so.
    """

    id: str
    person: str
    on_behalf_of: str
    capacity: str
    paper: str
    since: date
    until: date
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class PlannedData:
    """One line of the yearly agreed Daftar Data. `dssd` is the kode DSSD, empty where there is none; `source` the
    file it came from; `dataset` what answers to it, where somebody said so."""

    id: str
    agency: str
    period: str
    title: str
    kind: str
    source: str
    created_by: str
    created_at: datetime
    dssd: str = ""
    unit: str = ""
    frequency: str = ""
    dataset: str | None = None
    due: date | None = None


@dataclass(frozen=True)
class Holiday:
    """A day on which the city does not work; `kind` is libur_nasional, cuti_bersama or lokal."""

    day: date
    name: str
    kind: str
    source: str


@dataclass(frozen=True)
class SeverityChoice:
    """How grave the city holds the findings of one check, instead of what the check says itself."""

    check: str
    severity: Severity
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Token:
    id: str
    person: str
    name: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime
