"""/meja/daftar-data/: the batches by agency and period, and the four printed lists of the SOP."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.documents.daftar import TITLES, daftar_csv, daftar_data, rows_of
from server.journey import sees_agency
from server.pages.desk_rows import Row, rows
from server.pages.submission_files import paper, sent
from workflow.errors import NotFound
from workflow.sop import Role, Status
from workflow.store import Agency, Batch

READERS = (Role.WALIDATA, Role.PRODUSEN_DATA, Role.PEMBINA_DATA)
desk = Room("daftar_data", "/meja/daftar-data", *READERS)


@dataclass
class Package:
    """One agency's Daftar Data of one period: its batches, each with its submissions."""

    agency: Agency
    period: str
    batches: list[tuple[Batch, list[Row]]] = field(default_factory=list)

    def add(self, batch: Batch, lines: list[Row]) -> None:
        """Data entered one by one with the same Berita Acara stand together."""
        for known, others in self.batches:
            if batch.number and (known.number, known.date) == (batch.number, batch.date):
                others.extend(lines)
                return
        self.batches.append((batch, list(lines)))

    @property
    def counts(self) -> Counter[Status]:
        return Counter(line.record.move.status for _, lines in self.batches for line in lines)


@desk.get("/")
def overview() -> ResponseReturnValue:
    """The filters are the address: opd, periode."""
    agencies = [agency for agency in journey().records.agencies() if sees_agency(current_user.actor, agency.id)]
    batches = [batch for batch in journey().records.batches() if sees_agency(current_user.actor, batch.agency)]
    opd, period = request.args.get("opd", ""), request.args.get("periode", "")
    shown = [one for one in batches if opd in ("", one.agency) and period in ("", one.period)]
    with_batches = {batch.agency for batch in batches}
    return render_template(
        "desk/daftar_data.html",
        packages=_packages(shown, agencies),
        titles=TITLES,
        agencies=sorted((one for one in agencies if one.id in with_batches), key=lambda one: one.short_name),
        periods=sorted({batch.period for batch in batches}, reverse=True),
        opd=opd,
        period=period,
    )


def _packages(batches: Iterable[Batch], agencies: Iterable[Agency]) -> list[Package]:
    by_id = {agency.id: agency for agency in agencies}
    by_batch: dict[str, list[Row]] = {}
    for line in rows(journey().visible_ones(current_user.actor)):
        by_batch.setdefault(line.record.move.batch, []).append(line)
    packages: dict[tuple[str, str], Package] = {}
    for batch in sorted(batches, key=lambda one: one.date, reverse=True):
        agency = by_id.get(batch.agency, Agency(batch.agency, batch.agency, batch.agency))
        package = packages.setdefault((batch.agency, batch.period), Package(agency, batch.period))
        package.add(batch, by_batch.get(batch.id, []))
    named = sorted(packages.values(), key=lambda package: package.agency.short_name)
    return sorted(named, key=lambda package: package.period, reverse=True)


@desk.get("/<step>.<any(pdf, csv):ending>")
def printed(step: str, ending: str) -> ResponseReturnValue:
    """One of the four lists of an agency (`opd`) in a period (`periode`)."""
    opd, period = request.args.get("opd", ""), request.args.get("periode", "")
    agency = next((one for one in journey().records.agencies() if one.id == opd), None)
    if step not in TITLES or agency is None or not sees_agency(current_user.actor, opd):
        raise NotFound("Daftar Data itu tidak ada.", mend="Pilih dari halaman Daftar Data.")
    listed = rows_of(journey().records, step, opd, period)
    name = f"daftar-data-{step}-{opd}-{period.replace('/', '-')}.{ending}"
    if ending == "csv":
        return sent(daftar_csv(listed), name)
    settings, now = journey().settings, journey().clock()
    return sent(daftar_data(TITLES[step], agency.name, period, listed, settings, at=now), name)


@desk.get("/<id>/berita-acara")
def berita_acara(id: str) -> ResponseReturnValue:
    return paper(journey().visible_batch(current_user.actor, id).berita_acara)
