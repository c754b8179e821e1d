"""For the one who mends a table: the marked sheet, and the message that goes with it."""

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey, only
from server.marked_sheet import markable, marked_name, marked_sheet, message
from workflow.sop import Role
from workflow.store import Agency

desk = Room("mending", "/meja/pengajuan")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@desk.get("/<id>/lembar-bertanda.xlsx")
def sheet(id: str) -> ResponseReturnValue:
    record = journey().visible(current_user.actor, id)
    content = marked_sheet(journey(), record)
    answer = Response(content, mimetype=XLSX, headers={"Cache-Control": "no-store"})
    answer.headers.set("Content-Disposition", "attachment", filename=marked_name(record))
    return answer


@desk.get("/<id>/pesan")
@only(Role.WALIDATA)
def letter(id: str) -> ResponseReturnValue:
    """A message to copy; the machine sends nothing."""
    record = journey().visible(current_user.actor, id)
    name = record.move.agency
    agency = next((one for one in journey().records.agencies() if one.id == name), Agency(name, name, name))
    said = message(journey(), record, agency, current_user.actor.name)
    return render_template("desk/message.html", record=record, agency=agency, said=said, markable=markable(record))
