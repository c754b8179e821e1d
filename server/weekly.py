"""The week in figures, for the head of the office: what workflow/weekly.py computes, with names to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.clock import calendar_of, days_of
from server.journey import Journey
from server.planned import lines_of
from workflow.dataset import Event
from workflow.errors import BadRequest, NotFound
from workflow.labels import ROLES, angka, day_of, tanggal
from workflow.planned import Line, Tally, tally
from workflow.sop import Role
from workflow.store import SubmissionRecord
from workflow.weekly import STEPS, Report, Waiting, Week, weekly

HEADS = ("1. Input", "2. Verifikasi", "3. Pengesahan", "4. Terbit")


@dataclass(frozen=True)
class Named:
    """A report with agencies by their names, and planned against received of its year."""

    report: Report
    year: str
    agencies: Mapping[str, str]
    people: Mapping[str, str]
    plans: Mapping[str, Tally]
    unit: str

    @property
    def listed(self) -> list[tuple[str, str]]:
        """Agencies that have any figure, by name, and all of them at the end."""
        met = {agency for agency, _ in self.report.steps} | set(self.plans)
        found = sorted((self.agencies.get(id, id), id) for id in met if id)
        return [(id, name) for name, id in found] + ([("", "Semua OPD")] if found else [])

    @property
    def tables(self) -> dict[str, Any]:
        """What page and paper show: rows in words, those of submissions beside their record."""
        return {
            "unit": self.unit,
            "year": self.year,
            "steps": HEADS,
            "agencies": [self._of_agency(agency, name) for agency, name in self.listed],
            "late": [
                self._row(one.record, self.who(one), tanggal(one.due) if one.due else "", angka(one.days))
                for one in self.report.late
            ],
            "waiting": [self._row(one.record, _planned(one), angka(one.days)) for one in self.report.undisseminated],
            "published": [self._row(one, tanggal(at)) for one, at in self.report.published],
        }

    def _row(self, record: SubmissionRecord, *more: str) -> tuple[SubmissionRecord, list[str]]:
        return record, [record.title, self.agencies.get(record.move.agency, ""), *more]

    def _of_agency(self, agency: str, name: str) -> list[str]:
        """Name; days of each step as "2 (5)", median and longest; planned, received, missing and late."""
        found = [self.report.steps.get((agency, step.name)) for step in STEPS.values()]
        days = [f"{angka(one.median)} ({angka(one.longest)})" if one else "–" for one in found]
        plan = self.plans.get(agency)
        counts = (plan.planned, plan.received, plan.missing, plan.late) if plan else ("–",) * 4
        return [name, *days, *map(str, counts)]

    def who(self, one: Waiting) -> str:
        """Whose turn it is: the agency, or the role and the one who took it on."""
        if one.role is Role.PRODUSEN_DATA:
            return self.agencies.get(one.record.move.agency, one.record.move.agency)
        taken = self.people.get(one.record.assigned_to or "")
        return f"{ROLES[one.role]}, {taken}" if taken else ROLES[one.role]


def _planned(one: Waiting) -> str:
    return f"terbit {tanggal(one.publish_at)}" if one.publish_at else "belum dijadwalkan"


def asked_week(journey: Journey, text: str) -> Week:
    """Raises BadRequest for what is no week, NotFound for one that has not begun."""
    today = day_of(journey.clock())
    try:
        week = Week.of(text) if text else Week.containing(today)
    except ValueError:
        raise BadRequest.of("no_week", text=text[:40], where={"parameter": "minggu"}) from None
    if week.monday > today:
        raise NotFound(f"Minggu {week} belum mulai.", mend="Pilih minggu ini atau yang sudah lewat.")
    return week


def named_report(journey: Journey, week: Week) -> Named:
    records, settings, year = journey.records, journey.settings, str(week.monday.isocalendar().year)
    by_submission: dict[str, list[Event]] = {}
    for event in records.events():
        by_submission.setdefault(event.submission, []).append(event)
    journeys = [(record, by_submission.get(record.move.id, [])) for record in records.submissions()]
    report = weekly(week, journey.clock(), journeys, calendar_of(journey), days_of(settings.step_days))
    return Named(
        report,
        year,
        {agency.id: agency.short_name or agency.name for agency in records.agencies()},
        {person.id: person.name for person in records.people()},
        _plans(lines_of(journey, year, until=report.until)),
        "hari" if settings.counting == "kalender" else "hari kerja",
    )


def _plans(lines: Sequence[Line]) -> dict[str, Tally]:
    """By agency, where something was planned; "" is all of them."""
    planned = {line.agency for line in lines if line.planned}
    of = {agency: tally([line for line in lines if line.agency == agency]) for agency in planned}
    return of | ({"": tally([line for line in lines if line.agency in planned])} if planned else {})
