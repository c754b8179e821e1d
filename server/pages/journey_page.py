"""The way a release came: the SOP's steps with their days, without names and without notes."""

from dataclasses import dataclass
from datetime import date

from server.pages.words import Look, looks
from server.settings import Settings
from server.store import Records
from workflow import labels
from workflow.dataset import Event
from workflow.deadlines import Calendar, Counting
from workflow.labels import day_of
from workflow.store import Release

LOOKS = looks("step_looks")
APPROVALS = ("approve", "approve_on_paper")


@dataclass(frozen=True)
class Stop:
    """`days` since the stop before, as the city counts them; None for the first."""

    word: str
    look: Look
    day: date
    days: int | None


@dataclass(frozen=True)
class Way:
    stops: list[Stop]
    approved: date | None
    rounds: int
    unit: str


def journey_of(records: Records, release: Release, settings: Settings) -> Way:
    events = [event for event in records.events(dataset=release.dataset) if event.submission == release.submission]
    calendar = Calendar(
        holidays=frozenset(holiday.day for holiday in records.holidays()), counting=Counting(settings.counting)
    )
    approvals = [day_of(event.at) for event in events if event.step in APPROVALS]
    return Way(
        stops=_stops(events, calendar),
        approved=approvals[-1] if approvals else None,
        rounds=max((event.round for event in events), default=1),
        unit="hari" if calendar.counting is Counting.KALENDER else "hari kerja",
    )


def _stops(events: list[Event], calendar: Calendar) -> list[Stop]:
    stops: list[Stop] = []
    for event in events:
        if event.step not in LOOKS:
            continue
        day = day_of(event.at)
        days = calendar.between(stops[-1].day, day) if stops else None
        stops.append(Stop(labels.HAPPENED[event.step], LOOKS[event.step], day, days))
    return stops
