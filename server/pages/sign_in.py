"""/masuk, /keluar, and the door to one's own desk."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from server.access import SignedIn, TooManyAttempts, authenticate, journey, public, signed_in
from server.deputies import actor_of
from server.problems import problem_of
from workflow.errors import Unauthenticated
from workflow.sop import Role

sign_in = Blueprint("sign_in", __name__)

DESKS: dict[Role, str] = {
    Role.WALIDATA: "walidata.queue",
    Role.PEMBINA_DATA: "pembina_data.queue",
    Role.PRODUSEN_DATA: "produsen_data.home",
    Role.ADMIN: "admin.people",
}


@sign_in.get("/masuk")
@public
def form() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("sign_in.desk"))
    return render_template("sign_in.html", next=own_address(request.args.get("next")), fault=None, username="")


@sign_in.post("/masuk")
@public
def enter() -> ResponseReturnValue:
    username = request.form.get("username", "").strip()
    next_address = own_address(request.form.get("next"))
    try:
        person = authenticate(username, request.form.get("password", ""))
    except (Unauthenticated, TooManyAttempts) as fault:
        said = problem_of(fault)
        return render_template("sign_in.html", next=next_address, fault=said, username=username), said["status"]
    session.clear()
    login_user(SignedIn(person, actor_of(journey(), person)))
    return redirect(next_address or url_for("sign_in.desk"))


@sign_in.post("/keluar")
@public
def leave() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect("/")


@sign_in.get("/meja/")
@signed_in
def desk() -> ResponseReturnValue:
    """The desk of one's first role."""
    role = next(role for role in DESKS if role in current_user.actor.roles)
    return redirect(url_for(DESKS[role]))


def own_address(address: str | None) -> str:
    """The address if it is a path of ours, else nothing: no sign-in leads to another host."""
    address = address or ""
    ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if ours and not urlsplit(address).netloc else ""
