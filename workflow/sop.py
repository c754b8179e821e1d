"""The SOP "Penyebarluasan Data" (500.14.1/17/2024) as a table. What is not a row cannot happen."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


OPEN = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.VERIFIED, Status.APPROVED)
"""On its way: a dataset has at most one such submission."""
READABLE = (Status.PUBLISHED, Status.SUPERSEDED)
"""Releases that anybody may read: an older one keeps its address."""


class Role(StrEnum):
    """The three who carry out the SOP, and admin, who carries out no step of it."""

    PRODUSEN_DATA = "produsen_data"
    WALIDATA = "walidata"
    PEMBINA_DATA = "pembina_data"
    ADMIN = "admin"


class Kind(StrEnum):
    GEOSPATIAL = "geospatial"
    STATISTICS = "statistics"


class Access(StrEnum):
    TERBUKA = "terbuka"
    TERBATAS = "terbatas"
    TERTUTUP = "tertutup"


@dataclass(frozen=True)
class Step:
    """One row. `number` and `days` are the SOP's own (None beside it); `needs` names requirements
    of workflow/review.py; `output` is the printed Daftar Data."""

    name: str
    role: Role | None
    sources: tuple[Status, ...]
    target: Status
    needs: tuple[str, ...] = ()
    number: int | None = None
    days: int | None = None
    output: str = ""


# A table, row by row as the SOP has it.
# fmt: off
SOP: tuple[Step, ...] = (
    Step("submit", Role.PRODUSEN_DATA, (Status.DRAFT, Status.RETURNED), Status.SUBMITTED,
         ("candidate_built", "berita_acara_attached", "metadata_complete", "no_blocking_finding"),
         number=1, days=3, output="Daftar Data OPD yang sudah terinput"),
    Step("verify", Role.WALIDATA, (Status.SUBMITTED,), Status.VERIFIED,
         ("candidate_built", "no_blocking_finding", "warnings_waived", "not_the_submitter", "content_unchanged"),
         number=2, days=5, output="Daftar Data OPD yang telah terverifikasi"),
    Step("approve", Role.PEMBINA_DATA, (Status.VERIFIED,), Status.APPROVED,
         ("pembina_of_this_kind", "not_the_submitter", "not_the_verifier", "content_unchanged"),
         number=3, days=5, output="Daftar Data OPD yang telah disetujui"),
    Step("publish", Role.WALIDATA, (Status.APPROVED,), Status.PUBLISHED,
         ("access_is_terbuka", "embargo_over", "content_unchanged", "probe_answered"),
         number=4, days=2, output="Daftar Data OPD yang tersebarluaskan"),
    Step("return", Role.WALIDATA, (Status.SUBMITTED,), Status.RETURNED, ("reason_or_must_fix",)),
    # Back to the Walidata, never straight to the Produsen Data.
    Step("return", Role.PEMBINA_DATA, (Status.VERIFIED,), Status.SUBMITTED,
         ("pembina_of_this_kind", "reason_or_must_fix")),
    # Ratified on paper: a Pembina Data may never sign in; the scan is the evidence.
    Step("approve_on_paper", Role.WALIDATA, (Status.VERIFIED,), Status.APPROVED,
         ("scan_attached", "reason_given", "not_the_submitter", "content_unchanged")),
    Step("recall", Role.PRODUSEN_DATA, (Status.SUBMITTED,), Status.DRAFT),
    Step("schedule", Role.WALIDATA, (Status.APPROVED,), Status.APPROVED, ("access_is_terbuka", "moment_in_the_future")),
    Step("withdraw", Role.WALIDATA, (Status.PUBLISHED,), Status.WITHDRAWN, ("reason_given",)),
    Step("restore", Role.WALIDATA, (Status.SUPERSEDED, Status.WITHDRAWN), Status.PUBLISHED, ("reason_given",)),
    # No one takes this step: a newer or restored release does it to the one before.
    Step("supersede", None, (Status.PUBLISHED,), Status.SUPERSEDED),
)
# fmt: on

STEP_NAMES: tuple[str, ...] = tuple(dict.fromkeys(step.name for step in SOP))


def rows_for(name: str) -> tuple[Step, ...]:
    return tuple(step for step in SOP if step.name == name)
