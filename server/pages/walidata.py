"""The desk of the Walidata: the queue, and what is approved and not disseminated."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.pages.desk_rows import asked, asked_for, done_this_week, late, rows
from workflow.sop import Role, Status

desk = Room("walidata", "/meja/walidata", Role.WALIDATA)

TABS: dict[str, tuple[str, tuple[Status, ...]]] = {
    "periksa": ("Perlu diperiksa", (Status.SUBMITTED,)),
    "sebar": ("Disetujui, belum tersebar", (Status.APPROVED,)),
    "pembina": ("Di Pembina Data", (Status.VERIFIED,)),
    "produsen": ("Dikembalikan", (Status.RETURNED,)),
    "terbit": ("Tersebarluaskan", (Status.PUBLISHED, Status.WITHDRAWN)),
}

OURS = ("periksa", "sebar")
"""The tabs in which the Walidata is awaited."""


@desk.get("/")
def queue() -> ResponseReturnValue:
    """The filters are the address: antrian, and those of every queue."""
    every = rows(journey().visible_ones(current_user.actor))
    lines = [line for line in every if asked_for(line)]
    by_tab = {name: [line for line in lines if line.record.move.status in TABS[name][1]] for name in TABS}
    tab = request.args.get("antrian", "periksa")
    waiting = [line for line in every if line.record.move.status in TABS["sebar"][1]]
    return render_template(
        "desk/walidata.html",
        tabs=[(name, TABS[name][0], len(by_tab[name]), late(by_tab[name]) if name in OURS else 0) for name in TABS],
        tab=tab if tab in TABS else "periksa",
        lines=by_tab.get(tab, by_tab["periksa"]),
        filters=asked(),
        week=done_this_week(),
        late=late(line for line in every if any(line.record.move.status in TABS[name][1] for name in OURS)),
        approved=len(waiting),
        longest=max((line.waiting for line in waiting), default=0),
        agencies=sorted({(line.record.move.agency, line.agency) for line in every}, key=lambda pair: pair[1]),
    )
