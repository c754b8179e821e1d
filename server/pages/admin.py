"""The desk of the admin: people, agencies and the calendar."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import HASHER, only
from server.journey import slug
from server.pages.desk_rows import journey
from workflow.errors import BadRequest, NotFound, SebarError
from workflow.sop import Kind, Role
from workflow.store import Agency, Holiday, Person

desk = Blueprint("admin", __name__, url_prefix="/meja/admin")

SHORTEST_PASSWORD = 12
HOLIDAY_KINDS = {"libur_nasional": "Libur nasional", "cuti_bersama": "Cuti bersama", "lokal": "Libur setempat"}


@desk.get("/")
@only(Role.ADMIN)
def people() -> ResponseReturnValue:
    return _people(None)


@desk.post("/orang")
@only(Role.ADMIN)
def save_person() -> ResponseReturnValue:
    try:
        person = _person_of_the_form()
    except SebarError as fault:
        return _people(fault), 422
    journey().records.save_person(person, actor=current_user.id, at=journey().clock())
    flash(f"{person.name} tersimpan.")
    return redirect(url_for("admin.people"))


def _person_of_the_form() -> Person:
    form = request.form
    username = form.get("username", "").strip()
    if not username:
        raise BadRequest("Nama pengguna belum diisi.", mend="Isi nama pengguna.", where={"field": "nama pengguna"})
    known = journey().records.person_by_username(username)
    password = form.get("password", "")
    if password and len(password) < SHORTEST_PASSWORD or not (password or known):
        raise BadRequest(
            f"Kata sandi paling sedikit {SHORTEST_PASSWORD} huruf.",
            mend="Pakai beberapa kata yang mudah Anda ingat.",
            where={"field": "kata sandi"},
        )
    person = known or Person(str(uuid.uuid4()), username, username, "", frozenset())
    roles = frozenset(Role(name) for name in form.getlist("roles"))
    if len(roles - {Role.ADMIN}) > 1:
        raise BadRequest(
            "Seorang tidak boleh memegang dua peran SOP.",
            code="PERAN-GANDA",
            mend="Pilih satu dari Produsen Data, Walidata atau Pembina Data.",
            where={"field": "peran"},
        )
    return replace(
        person,
        name=form.get("name", "").strip() or person.name,
        email=form.get("email", "").strip(),
        agency=form.get("agency", "") or person.agency,
        roles=roles,
        kinds=frozenset(Kind(name) for name in form.getlist("kinds")),
        active=form.get("active") == "1",
        password_hash=HASHER.hash(password) if password else person.password_hash,
    )


def _people(fault: SebarError | None) -> str:
    records = journey().records
    chosen = records.person(request.args.get("orang", "")) if request.args.get("orang") else None
    if request.args.get("orang") and chosen is None:
        raise NotFound("Orang itu tidak ada.")
    return render_template(
        "desk/people.html",
        people=sorted(records.people(), key=lambda person: person.name),
        agencies=sorted(records.agencies(), key=lambda agency: agency.name),
        chosen=chosen,
        fault=fault,
        values=request.form,
    )


@desk.get("/opd")
@only(Role.ADMIN)
def agencies() -> ResponseReturnValue:
    return render_template(
        "desk/agencies.html", agencies=sorted(journey().records.agencies(), key=lambda agency: agency.name)
    )


@desk.post("/opd")
@only(Role.ADMIN)
def save_agency() -> ResponseReturnValue:
    form = request.form
    name = form.get("name", "").strip()
    if not name:
        raise BadRequest("Nama OPD belum diisi.", mend="Isi nama lengkap OPD.", where={"field": "nama"})
    short_name = form.get("short_name", "").strip() or name
    agency = Agency(
        form.get("id") or slug(short_name),
        name,
        short_name,
        form.get("address", "").strip(),
        form.get("email", "").strip(),
        form.get("phone", "").strip(),
    )
    journey().records.save_agency(agency, actor=current_user.id, at=journey().clock())
    flash(f"{agency.short_name} tersimpan.")
    return redirect(url_for("admin.agencies"))


@desk.get("/kalender")
@only(Role.ADMIN)
def calendar() -> ResponseReturnValue:
    holidays = sorted(journey().records.holidays(), key=lambda holiday: holiday.day)
    year = request.args.get("tahun", journey().clock().year, type=int)
    return render_template(
        "desk/calendar.html",
        holidays=[holiday for holiday in holidays if holiday.day.year == year],
        years=sorted({holiday.day.year for holiday in holidays} | {year}),
        year=year,
        kinds=HOLIDAY_KINDS,
        joint_leave_known=any(h.kind == "cuti_bersama" and h.day.year == year for h in holidays),
    )


@desk.post("/kalender")
@only(Role.ADMIN)
def save_holiday() -> ResponseReturnValue:
    form = request.form
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        raise BadRequest(
            "Tanggalnya belum benar.", code="TANGGAL", mend="Pilih tanggal liburnya.", where={"field": "tanggal"}
        ) from None
    records, now = journey().records, journey().clock()
    if form.get("remove"):
        records.remove_holiday(day, actor=current_user.id, at=now)
        flash("Hari libur dihapus; tenggat dihitung ulang.")
    else:
        name = form.get("name", "").strip() or "Libur"
        kind = form["kind"] if form.get("kind") in HOLIDAY_KINDS else "lokal"
        source = form.get("source", "").strip() or f"Diisi {current_user.actor.name}"
        records.save_holiday(Holiday(day, name, kind, source), actor=current_user.id, at=now)
        flash("Hari libur tersimpan; tenggat dihitung ulang.")
    return redirect(url_for("admin.calendar", tahun=day.year))
