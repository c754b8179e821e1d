"""/meja/daftar-data/rencana: the agreed Daftar Data against what was entered, and the import of the yearly list."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey, only
from server.api import uploaded
from server.journey import sees_agency
from server.pages.daftar_data import READERS
from server.pages.desk_rows import agency_names
from server.planned import keep_list, match, replace_list, seen_lines, understood
from server.problems import or_again
from workflow.errors import BadRequest, NotFound
from workflow.labels import angka, day_of
from workflow.planned import Line, State, Tally, tally
from workflow.sop import Role

desk = Room("planned_list", "/meja/daftar-data/rencana", Role.WALIDATA)

STATES = {
    State.MISSING: ("Belum diinput", "clock", "kunyit"),
    State.BEGUN: ("Baru konsep atau dikembalikan", "circle-dashed", "kunyit"),
    State.RECEIVED: ("Diterima", "check-circle", "hijau"),
    State.EXTRA: ("Di luar daftar", "plus", "soga"),
}


@desk.get("/")
@only(*READERS)
def overview() -> ResponseReturnValue:
    """The filters are the address: periode, opd, keadaan (belum, dimulai, diterima, di-luar or terlambat)."""
    asked, records = request.args, journey().records
    this_year = str(day_of(journey().clock()).year)
    periods = sorted({this_year, *(one.period for one in records.planned())}, reverse=True)
    period = asked.get("periode", this_year)
    opd, state = asked.get("opd", ""), asked.get("keadaan", "")
    every = seen_lines(journey(), current_user.actor, period)
    lines = [
        line for line in every if opd in ("", line.agency) and state in ("", line.state, line.late and "terlambat")
    ]
    return render_template(
        "desk/planned_list.html",
        period=period,
        periods=periods,
        opd=opd,
        state=state,
        states=STATES,
        names=agency_names(),
        packages=_packages(every, opd),
        total=tally([line for line in every if opd in ("", line.agency)]),
        lines=lines,
        agreed=any(line.planned for line in every),
        datasets=_datasets(),
        may_import=Role.WALIDATA in current_user.actor.roles,
    )


def _packages(lines: Iterable[Line], opd: str) -> list[tuple[str, Tally]]:
    """By the agency's name."""
    by_agency: dict[str, list[Line]] = {}
    for line in lines:
        by_agency.setdefault(line.agency, []).append(line)
    names = agency_names()
    shown = ((id, tally(of)) for id, of in by_agency.items() if opd in ("", id))
    return sorted(((id, one) for id, one in shown if one.planned or one.extra), key=lambda pair: names.get(pair[0], ""))


def _datasets() -> Mapping[str, list[tuple[str, str]]]:
    """What could answer to a line, by agency."""
    found: dict[str, list[tuple[str, str]]] = {}
    for dataset in sorted(journey().records.datasets(), key=lambda one: one.title):
        if sees_agency(current_user.actor, dataset.agency):
            found.setdefault(dataset.agency, []).append((dataset.id, dataset.title))
    return found


@desk.get("/unggah")
def form(fault: Mapping[str, Any] | None = None) -> str:
    year = day_of(journey().clock()).year
    return render_template(
        "desk/planned_import.html", fault=fault, values=request.form, year=year, agencies=sorted(agency_names().items())
    )


@desk.post("/unggah")
@or_again(form)
def preview() -> ResponseReturnValue:
    """What was understood of the sheet; nothing is changed yet."""
    if (upload := uploaded("file")) is None:
        raise BadRequest.of("no_data_file", where={"field": "berkas daftar"})
    kept = keep_list(journey(), current_user.actor, upload)
    found = understood(journey(), current_user.actor, kept.path, kept.name, **_said())
    accepted = [one for one in found if not one.refused]
    return render_template(
        "desk/planned_preview.html",
        found=found,
        accepted=len(accepted),
        agencies=sorted({one.line.agency for one in accepted}),
        names=agency_names(),
        file=kept.sha256,
        name=kept.name,
        before=len([one for one in journey().records.planned(period=_said()["period"])]),
        **_said(),
    )


@desk.post("/pakai")
@or_again(form)
def take() -> ResponseReturnValue:
    """Reads the kept file once more and takes what it says: nothing of the preview page is trusted."""
    file, name = request.form.get("file", ""), request.form.get("name", "")[:200]
    path = journey().settings.home / "uploads" / file
    if not re.fullmatch("[0-9a-f]{64}", file) or not path.is_file():
        raise NotFound("Berkas daftar itu tidak ada lagi.", mend="Unggah lagi daftarnya.")
    found = understood(journey(), current_user.actor, path, name, **_said())
    count = replace_list(journey(), current_user.actor, found, period=_said()["period"], file=file)
    flash(f"Daftar Data {_said()['period']} tersimpan: {angka(count)} data.")
    return redirect(url_for("planned_list.overview", periode=_said()["period"]))


def _said() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:100] for name in ("period", "sheet", "agency")}


@desk.post("/<id>/cocok")
def matched(id: str) -> ResponseReturnValue:
    match(journey(), current_user.actor, id, request.form.get("dataset", ""))
    flash("Tersimpan.")
    back: dict[str, Any] = {name: value for name in ("periode", "opd", "keadaan") if (value := request.form.get(name))}
    return redirect(url_for("planned_list.overview", **back, _anchor=f"baris-{id}"))
