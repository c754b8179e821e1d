"""The desk of the Walidata: the queue, what is approved and not disseminated, the four lists."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import only
from server.pages.desk_rows import journey, late, rows
from workflow.sop import Kind, Role, Status

desk = Blueprint("walidata", __name__, url_prefix="/meja/walidata")

TABS: dict[str, tuple[str, tuple[Status, ...]]] = {
    "periksa": ("Perlu diperiksa", (Status.SUBMITTED,)),
    "sebar": ("Disetujui, belum tersebar", (Status.APPROVED,)),
    "pembina": ("Di Pembina Data", (Status.VERIFIED,)),
    "produsen": ("Dikembalikan", (Status.RETURNED,)),
    "terbit": ("Tersebarluaskan", (Status.PUBLISHED, Status.WITHDRAWN)),
}


@desk.get("/")
@only(Role.WALIDATA)
def queue() -> ResponseReturnValue:
    """The filters are the address: antrian, jenis, opd."""
    lines = rows(journey().visible_ones(current_user.actor), with_reasons=True)
    by_tab = {name: [line for line in lines if line.record.move.status in TABS[name][1]] for name in TABS}
    tab = request.args.get("antrian", "periksa")
    shown = by_tab.get(tab, by_tab["periksa"])
    if request.args.get("jenis") in list(Kind):
        shown = [line for line in shown if line.record.move.kind == request.args["jenis"]]
    if request.args.get("opd"):
        shown = [line for line in shown if line.record.move.agency == request.args["opd"]]
    waiting = [line.waiting for line in by_tab["sebar"]]
    return render_template(
        "desk/walidata.html",
        tabs=[(name, TABS[name][0], len(by_tab[name])) for name in TABS],
        tab=tab if tab in TABS else "periksa",
        lines=shown,
        late=late(by_tab["periksa"] + by_tab["sebar"]),
        approved=len(waiting),
        longest=max(waiting, default=0),
        agencies=sorted({(line.record.move.agency, line.agency) for line in lines}),
    )
