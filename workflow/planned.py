"""The yearly agreed Daftar Data against what was entered: planned, received, missing, extra."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from workflow.names import plain
from workflow.periods import interval
from workflow.sop import READABLE, Status
from workflow.store import PlannedData

ENTERED = (Status.SUBMITTED, Status.VERIFIED, Status.APPROVED, *READABLE, Status.WITHDRAWN)
"""In the SOP's words "terinput": sent to the Walidata, and not sent back."""


class State(StrEnum):
    RECEIVED = "diterima"
    BEGUN = "dimulai"
    MISSING = "belum"
    EXTRA = "di-luar"


@dataclass(frozen=True)
class Entry:
    """A dataset of an agency and, where there is one in this period, its newest submission. `why`: its reason for
    being outside the list."""

    dataset: str
    agency: str
    title: str
    submission: str | None = None
    status: Status | None = None
    why: str = ""


@dataclass(frozen=True)
class Line:
    """`said`: the Walidata named the dataset; otherwise it was found by its title, or not at all."""

    agency: str
    title: str
    state: State
    planned: PlannedData | None = None
    entry: Entry | None = None
    said: bool = False
    late: bool = False


@dataclass(frozen=True)
class Tally:
    planned: int
    received: int
    missing: int
    late: int
    extra: int


def covers(period: str, other: str) -> bool:
    """Whether the other period is this one or lies in it: 2026 covers 2026-S1."""
    whole, part = interval(period), interval(other)
    return period == other or bool(whole and part and whole[0] <= part[0] and part[1] <= whole[1])


def reconcile(planned: Sequence[PlannedData], entries: Iterable[Entry], today: date) -> list[Line]:
    """One line for each planned one, in its order, and after them the extra ones by title."""
    left = {entry.dataset: entry for entry in entries}
    said = {one.id: left.pop(one.dataset) for one in planned if one.dataset in left}
    by_title = {(entry.agency, plain(entry.title)): entry.dataset for entry in left.values()}
    lines = []
    for one in planned:
        entry = said.get(one.id) or left.pop(by_title.get((one.agency, plain(one.title)), ""), None)
        state = _state(entry)
        late = state is not State.RECEIVED and one.due is not None and one.due < today
        lines.append(Line(one.agency, one.title, state, one, entry, one.id in said, late))
    extra = [entry for entry in left.values() if entry.status in ENTERED]
    return lines + [
        Line(entry.agency, entry.title, State.EXTRA, entry=entry)
        for entry in sorted(extra, key=lambda entry: (entry.agency, entry.title.casefold()))
    ]


def _state(entry: Entry | None) -> State:
    if entry is None or entry.status is None:
        return State.MISSING
    return State.RECEIVED if entry.status in ENTERED else State.BEGUN


def tally(lines: Sequence[Line]) -> Tally:
    count = {state: sum(line.state is state for line in lines) for state in State}
    planned = len(lines) - count[State.EXTRA]
    missing = count[State.MISSING] + count[State.BEGUN]
    return Tally(planned, count[State.RECEIVED], missing, sum(line.late for line in lines), count[State.EXTRA])
