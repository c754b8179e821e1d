"""/meja/daftar-data/laporan-mingguan: the week in figures, as a page and on A4."""

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from server.access import Room, journey
from server.documents.weekly import weekly_pdf
from server.pages.submission_files import sent
from server.weekly import asked_week, named_report
from workflow.labels import day_of
from workflow.sop import Role
from workflow.weekly import Week

desk = Room("weekly", "/meja/daftar-data", Role.WALIDATA, Role.ADMIN)


@desk.get("/laporan-mingguan")
def page() -> ResponseReturnValue:
    """`minggu` is a week of ISO 8601, 2026-W11; the present one without it."""
    week = asked_week(journey(), request.args.get("minggu", ""))
    named = named_report(journey(), week)
    later = Week(week.monday + timedelta(days=7))
    return render_template(
        "desk/weekly.html",
        week=week,
        earlier=Week(week.monday - timedelta(days=7)),
        later=later if later.monday <= day_of(journey().clock()) else None,
        until=named.report.until,
        **named.tables,
    )


@desk.get("/laporan-mingguan.pdf")
def printed() -> ResponseReturnValue:
    week = asked_week(journey(), request.args.get("minggu", ""))
    content = weekly_pdf(named_report(journey(), week), journey().settings)
    return sent(content, f"laporan-mingguan-{week}.pdf")
