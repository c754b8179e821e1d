"""The nouns that travel the SOP."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workflow.sop import Access, Kind, Role, Status


@dataclass(frozen=True)
class Deputy:
    """The absent Pembina Data for whom somebody stands in: as Plt. or Plh., for these kinds, by the order `paper`."""

    capacity: str
    on_behalf_of: str
    kinds: frozenset[Kind]
    paper: str = ""


@dataclass(frozen=True)
class Actor:
    """Who acts. `kinds` are the kinds of data that a Pembina Data may ratify, those of the absent included."""

    id: str
    name: str
    agency: str
    roles: frozenset[Role]
    kinds: frozenset[Kind] = frozenset()
    stands_in: tuple[Deputy, ...] = ()


@dataclass(frozen=True)
class FindingCounts:
    """Findings of the current candidate; waived warnings are not in `warns`."""

    blocks: int = 0
    warns: int = 0
    informs: int = 0
    waived: int = 0


@dataclass(frozen=True)
class Submission:
    """One dataset's next content on its way. `content_hash` is None until the candidate is built; `must_fix` are the
    open notes of this kind."""

    id: str
    dataset: str
    batch: str
    agency: str
    kind: Kind
    status: Status = Status.DRAFT
    round: int = 1
    access: Access = Access.TERBUKA
    content_hash: str | None = None
    findings: FindingCounts = FindingCounts()
    has_berita_acara: bool = False
    berita_acara_date: date | None = None
    missing_metadata: tuple[str, ...] = ()
    must_fix: tuple[str, ...] = ()
    submitted_by: str | None = None
    verified_by: str | None = None
    approved_by: str | None = None
    publish_at: datetime | None = None
    entered_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True)
class Act:
    """One person's wish to take one step at one moment.

    `content_hash` is what the person saw (None: they did not say); `publish_at` is for schedule;
    `scan` is the SHA-256 of a signed sheet; `probed` says that the staged release answered.
    """

    step: str
    actor: Actor
    at: datetime
    note: str = ""
    content_hash: str | None = None
    publish_at: datetime | None = None
    scan: str | None = None
    probed: bool = False


@dataclass(frozen=True)
class Event:
    """What happened: the journey is a list of these."""

    submission: str
    dataset: str
    step: str
    source: Status
    target: Status
    actor: str
    at: datetime
    note: str
    content_hash: str | None
    round: int
    detail: dict[str, Any] = field(default_factory=dict)
