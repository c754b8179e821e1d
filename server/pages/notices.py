"""/meja/pemberitahuan: what one was told, read and unread."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.mail import address_fault
from server.pages.words import looks
from workflow.errors import NotFound

desk = Room("notices", "/meja/pemberitahuan")

LOOKS = looks("step_looks") | looks("notice_looks")


@desk.get("")
def page() -> ResponseReturnValue:
    """`belum` in the address leaves out what was read."""
    records, settings = journey().records, journey().settings
    every = records.notices(current_user.id)
    return render_template(
        "desk/notices.html",
        notices=[one for one in every if not (one.read_at and "belum" in request.args)],
        unread=sum(not one.read_at for one in every),
        looks=LOOKS,
        fault=address_fault(current_user.person, records.refused_addresses()) if settings.smtp_url else "",
        mailing=bool(settings.smtp_url),
    )


@desk.post("")
def read() -> ResponseReturnValue:
    """All of them, or the one whose number is given, and on to what it is about."""
    records, now = journey().records, journey().clock()
    id = request.form.get("id", type=int)
    if id is None:
        records.read_notices(current_user.id, now)
        flash("Semua pemberitahuan ditandai sudah dibaca.")
        return redirect(url_for("notices.page"))
    notice = next(iter(records.notices(current_user.id, id)), None)
    if notice is None:
        raise NotFound("Pemberitahuan itu tidak ada.")
    records.read_notices(current_user.id, now, id=id)
    about = {"calendar": "admin.calendar", "address": "notices.page"}.get(notice.kind, "sign_in.desk")
    return redirect(url_for("submission.page", id=notice.submission) if notice.submission else url_for(about))
