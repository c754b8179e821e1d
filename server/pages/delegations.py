"""/meja/admin/perwakilan: who ratifies for an absent Pembina Data, as Plt. or Plh., and on which days."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.deputies import EARLIER_ROLES
from server.problems import or_again
from workflow.errors import BadRequest
from workflow.labels import day_of, tanggal
from workflow.sop import Role
from workflow.store import Delegation, Person

desk = Room("delegations", "/meja/admin/perwakilan", Role.ADMIN)

CAPACITIES = {
    "Plh.": "Plh. (pelaksana harian): pejabatnya berhalangan sementara",
    "Plt.": "Plt. (pelaksana tugas): jabatannya kosong",
}


@desk.get("")
def page(fault: Mapping[str, Any] | None = None) -> str:
    agencies = {agency.id: agency.short_name for agency in journey().records.agencies()}

    def options(people: list[Person]) -> list[tuple[str, str]]:
        named = [(one.id, f"{one.name} ({agencies.get(one.agency, one.agency)})") for one in people]
        return [("", "Pilih orang"), *sorted(named, key=lambda pair: pair[1])]

    return render_template(
        "desk/delegations.html",
        delegations=journey().records.delegations(),
        names={person.id: person.name for person in journey().records.people()},
        people=options(_may_stand_in()),
        absent=options(_pembina()),
        capacities=list(CAPACITIES.items()),
        today=day_of(journey().clock()),
        fault=fault,
        values=request.form,
    )


@desk.post("")
@or_again(page)
def save() -> ResponseReturnValue:
    records, now = journey().records, journey().clock()
    if id := request.form.get("remove"):
        records.remove_delegation(id, actor=current_user.id, at=now)
        flash("Perwakilan diakhiri; yang sudah disahkan tetap sah.")
        return redirect(url_for("delegations.page"))
    delegation = _of_the_form()
    records.add_delegation(delegation)
    flash(f"Perwakilan tersimpan, {tanggal(delegation.since)} sampai {tanggal(delegation.until)}.")
    return redirect(url_for("delegations.page"))


def _of_the_form() -> Delegation:
    form = request.form
    if form.get("person") not in {person.id for person in _may_stand_in()}:
        raise BadRequest.of("no_deputy", where={"input": "person"})
    if form.get("on_behalf_of") not in {person.id for person in _pembina()} - {form["person"]}:
        raise BadRequest.of("no_absent", where={"input": "on_behalf_of"})
    since, until = day_said("since"), day_said("until")
    if until < since or until < day_of(journey().clock()):
        raise BadRequest.of("days_over", where={"input": "until"})
    if not (paper := form.get("paper", "").strip()):
        raise BadRequest.of("no_order", where={"input": "paper"})
    return Delegation(
        id=str(uuid.uuid4()),
        person=form["person"],
        on_behalf_of=form["on_behalf_of"],
        capacity=form["capacity"] if form.get("capacity") in CAPACITIES else "Plh.",
        paper=paper,
        since=since,
        until=until,
        created_by=current_user.id,
        created_at=journey().clock(),
    )


def day_said(name: str) -> date:
    """What a form says. Raises BadRequest."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise BadRequest.of("no_date", where={"input": name}) from None


def _pembina() -> list[Person]:
    return [person for person in journey().records.people() if Role.PEMBINA_DATA in person.roles]


def _may_stand_in() -> list[Person]:
    """Who enters or verifies data, or gives out the roles, does not ratify it, for nobody."""
    return [person for person in journey().records.people() if person.active and person.roles <= EARLIER_ROLES]
