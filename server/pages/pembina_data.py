"""The desk of a Pembina Data: what waits for ratification, of the kinds that are theirs."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import only
from server.pages.desk_rows import journey, late, rows
from workflow.sop import Role, Status

desk = Blueprint("pembina_data", __name__, url_prefix="/meja/pembina-data")


@desk.get("/")
@only(Role.PEMBINA_DATA)
def queue() -> ResponseReturnValue:
    actor = current_user.actor
    mine = [
        line
        for line in rows(journey().visible_ones(actor, statuses=(Status.VERIFIED, Status.APPROVED, Status.PUBLISHED)))
        if line.record.move.kind in actor.kinds
    ]
    waiting = [line for line in mine if line.record.move.status is Status.VERIFIED]
    done = [line for line in mine if line.record.move.approved_by == actor.id]
    return render_template("desk/pembina_data.html", waiting=waiting, done=done[:10], late=late(waiting))
