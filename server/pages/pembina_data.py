"""The desk of a Pembina Data: what waits for ratification, of the kinds that are theirs."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import journey, only
from server.journey import awaits
from server.pages.desk_rows import late, rows
from workflow.sop import Role

desk = Blueprint("pembina_data", __name__, url_prefix="/meja/pembina-data")

DONE_SHOWN = 10


@desk.get("/")
@only(Role.PEMBINA_DATA)
def queue() -> ResponseReturnValue:
    actor = current_user.actor
    lines = rows(journey().visible_ones(actor))
    waiting = [line for line in lines if awaits(actor, line.record.move)]
    done = [line for line in lines if line.record.move.approved_by == actor.id]
    done.sort(key=lambda line: line.record.changed_at, reverse=True)
    return render_template("desk/pembina_data.html", waiting=waiting, done=done[:DONE_SHOWN], late=late(waiting))
