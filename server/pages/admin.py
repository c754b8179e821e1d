"""The desk of the admin: people, agencies, the calendar, and how grave findings are."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import HASHER, Room, journey
from server.clock import days_of, due_dates, joint_leave_unknown
from server.journey import slug
from server.mail import address_fault
from server.pages.delegations import day_said
from server.pages.words import WORDS
from server.problems import or_again
from server.severity import OF_READING, REGISTRY, choose
from workflow.checks import CHECKS, RULES, Check
from workflow.checks.remarks import REMARKS
from workflow.errors import BadRequest, NotFound
from workflow.findings import Principle
from workflow.labels import FIXED_CHECKS, PRINCIPLES, SEVERITIES, hari_tanggal, tanggal, why
from workflow.sop import SOP, Kind, Role
from workflow.store import Agency, Holiday, Person

desk = Room("admin", "/meja/admin", Role.ADMIN)

SHORTEST_PASSWORD = 12
HOLIDAY_KINDS: dict[str, str] = WORDS["holidays"]


@desk.get("/")
def people(fault: Mapping[str, Any] | None = None) -> str:
    agencies = sorted(journey().records.agencies(), key=lambda agency: agency.name)
    refused = journey().records.refused_addresses()
    everybody = sorted(journey().records.people(), key=lambda person: (not person.active, person.name))
    return render_template(
        "desk/people.html",
        people=everybody,
        unreached={one.id: wrong for one in everybody if one.active and (wrong := address_fault(one, refused))},
        mailing=bool(journey().settings.smtp_url),
        agency_options=[(agency.id, agency.name) for agency in agencies],
        agency_names={agency.id: agency.short_name for agency in agencies},
        sop_roles=[role for role in Role if role is not Role.ADMIN],
        chosen=_chosen(journey().records.people(), "orang"),
        fault=fault,
        values=request.form,
        shortest=SHORTEST_PASSWORD,
    )


@desk.post("/orang")
@or_again(people)
def save_person() -> ResponseReturnValue:
    person = _person_of_the_form(journey().records.person(request.form.get("id", "")))
    journey().records.save_person(person, actor=current_user.id, at=journey().clock())
    flash(f"{person.name} tersimpan.")
    return redirect(url_for("admin.people"))


def _person_of_the_form(known: Person | None) -> Person:
    form, records = request.form, journey().records
    username = known.username if known else form.get("username", "").strip()
    if not username:
        raise _wrong("username", "no_username")
    if not known and records.person_by_username(username):
        raise _wrong("username", "username_known", name=username)
    if form.get("agency") not in {agency.id for agency in records.agencies()}:
        raise _wrong("agency", "no_agency")
    person = known or Person(str(uuid.uuid4()), username, username, "", frozenset())
    roles, kinds = _roles(person), frozenset(kind for kind in Kind if kind in form.getlist("kinds"))
    if Role.PEMBINA_DATA in roles and not kinds:
        raise _wrong("kinds", "no_kinds")
    return replace(
        person,
        name=form.get("name", "").strip() or person.name,
        email=form.get("email", "").strip(),
        agency=form["agency"],
        roles=roles,
        kinds=kinds if Role.PEMBINA_DATA in roles else frozenset(),
        active=form.get("active") == "1",
        password_hash=_password(known),
    )


def _roles(person: Person) -> frozenset[Role]:
    roles = frozenset(role for role in Role if role in request.form.getlist("roles"))
    if len(roles - {Role.ADMIN}) > 1:
        raise _wrong("roles", "two_roles")
    if person.id == current_user.id and (Role.ADMIN not in roles or request.form.get("active") != "1"):
        raise _wrong("roles", "own_rights")
    return roles


def _password(known: Person | None) -> str:
    password = request.form.get("password", "")
    if len(password) < SHORTEST_PASSWORD and (password or not known):
        raise _wrong("password", "short_password", least=SHORTEST_PASSWORD)
    return HASHER.hash(password) if password or known is None else known.password_hash


@desk.get("/opd")
def agencies(fault: Mapping[str, Any] | None = None) -> str:
    return render_template(
        "desk/agencies.html",
        agencies=sorted(journey().records.agencies(), key=lambda agency: agency.name),
        chosen=_chosen(journey().records.agencies(), "opd"),
        fault=fault,
        values=request.form,
    )


@desk.post("/opd")
@or_again(agencies)
def save_agency() -> ResponseReturnValue:
    agency = _agency_of_the_form()
    journey().records.save_agency(agency, actor=current_user.id, at=journey().clock())
    flash(f"{agency.short_name} tersimpan.")
    return redirect(url_for("admin.agencies"))


def _agency_of_the_form() -> Agency:
    """An id is for life: it comes from the short name when the agency is new, and never changes after."""
    said = {part: request.form.get(part, "").strip() for part in ("name", "short_name", "address", "email", "phone")}
    if not said["name"]:
        raise _wrong("name", "no_agency_name")
    said["short_name"] = said["short_name"] or said["name"]
    known = {agency.id for agency in journey().records.agencies()}
    if id := request.form.get("id"):
        if id not in known:
            raise NotFound("OPD itu tidak ada.")
        return Agency(id, **said)
    id = slug(said["short_name"])
    if id in known:
        raise _wrong("short_name", "agency_known", name=said["short_name"])
    return Agency(id, **said)


@desk.get("/kalender")
def calendar(fault: Mapping[str, Any] | None = None) -> str:
    settings, this_year = journey().settings, journey().clock().year
    year = request.args.get("tahun", this_year, type=int)
    holidays = sorted(journey().records.holidays(), key=lambda holiday: holiday.day)
    return render_template(
        "desk/calendar.html",
        holidays=[holiday for holiday in holidays if holiday.day.year == year],
        years=sorted({holiday.day.year for holiday in holidays} | {year, this_year, this_year + 1}),
        year=year,
        kinds=HOLIDAY_KINDS,
        joint_leave_known=any(one.kind == "cuti_bersama" and one.day.year == year for one in holidays),
        coming=joint_leave_unknown(journey()),
        fault=fault,
        values=request.form,
        settings=settings,
        counted=[(step, days_of(settings.step_days).get(step.sources[0], step.days)) for step in SOP if step.number],
    )


@desk.post("/kalender")
@or_again(calendar)
def save_holiday() -> ResponseReturnValue:
    form, records, now = request.form, journey().records, journey().clock()
    before = due_dates(journey())
    day = day_said("day")
    if form.get("remove"):
        records.remove_holiday(day, actor=current_user.id, at=now)
        what = "menjadi hari kerja lagi"
    else:
        name = form.get("name", "").strip() or "Libur"
        kind = form["kind"] if form.get("kind") in HOLIDAY_KINDS else "lokal"
        added = f"diisi {current_user.actor.name}, {tanggal(now)}"
        source = "; ".join(filter(None, (form.get("source", "").strip(), added)))
        records.save_holiday(Holiday(day, name, kind, source), actor=current_user.id, at=now)
        what = "tersimpan sebagai hari libur"
    moved = sum(due_on != before.get(id) for id, due_on in due_dates(journey()).items())
    flash(
        f"{hari_tanggal(day)} {what}; tenggat {moved} pengajuan bergeser."
        if moved
        else f"{hari_tanggal(day)} {what}; tidak ada tenggat yang bergeser."
    )
    return redirect(url_for("admin.calendar", tahun=day.year))


@desk.get("/pemeriksaan")
def severities(fault: Mapping[str, Any] | None = None) -> str:
    choices = {one.check: one for one in journey().records.severities()}
    groups = [(PRINCIPLES[one], [check for check in CHECKS if check.principle is one]) for one in Principle]
    groups.append(("Yang dikatakan saat membaca berkas", [*REMARKS]))
    return render_template(
        "desk/severities.html",
        groups=groups,
        choices=choices,
        fixed=FIXED_CHECKS,
        why=why,
        severity_words=SEVERITIES,
        names={person.id: person.name for person in journey().records.people()},
        chosen=_chosen(REGISTRY.values(), "cek"),
        of_reading=OF_READING,
        fault=fault,
        values=request.form,
        version=RULES,
    )


@desk.post("/pemeriksaan")
@or_again(severities)
def save_severity() -> ResponseReturnValue:
    form, code = request.form, request.form.get("check", "")
    choose(journey(), current_user.actor, code, form.get("severity", ""), form.get("reason", ""))
    flash(f"Berat {code} tersimpan; berlaku pada pemeriksaan berikutnya, dan hasil yang lama ditandai.")
    return redirect(url_for("admin.severities"))


def _chosen[Noun: Person | Agency | Check](known: Iterable[Noun], parameter: str) -> Noun | None:
    """What the address wants changed, or the form changes. Raises NotFound."""
    id = request.args.get(parameter) or request.form.get("check" if parameter == "cek" else "id")
    found = next((one for one in known if id == (one.code if isinstance(one, Check) else one.id)), None)
    if found is None and request.args.get(parameter):
        raise NotFound("Yang hendak diubah itu tidak ada.", mend="Pilih dari daftar.")
    return found


def _wrong(field: str, fault: str, **words: object) -> BadRequest:
    return BadRequest.of(fault, where={"input": field}, **words)
