"""The week on one sheet of A4."""

from server.documents.typesetting import letterhead, pdf, place_name
from server.settings import Settings
from server.weekly import Named
from workflow.labels import angka, pukul, tanggal
from workflow.weekly import STEPS, Waiting

HEADS = ("1. Input", "2. Verifikasi", "3. Pengesahan", "4. Terbit")
SHOWN = 10
"""Of each list, so that it stays one page; how many more there are is said."""


def weekly_pdf(named: Named, settings: Settings) -> bytes:
    report = named.report
    span = f"{tanggal(report.week.monday)} sampai {tanggal(report.week.sunday)}"
    data = {
        "kop": letterhead(settings),
        "title": "Laporan Mingguan Penyebarluasan Data",
        "week": f"Minggu {report.week}, {span}",
        "until": f"Keadaan {tanggal(report.until)}, pukul {pukul(report.until)}",
        "hash": "",
        "footer": f"Laporan mingguan {report.week}",
        "unit": named.unit,
        "steps": HEADS,
        "agencies": agency_rows(named),
        "year": named.year,
        "late": _shown([late_row(named, one) for one in report.late]),
        "waiting": _shown([waiting_row(named, one) for one in report.undisseminated]),
        "published": _shown(
            [[one.title, named.agencies.get(one.move.agency, ""), tanggal(at)] for one, at in report.published]
        ),
        "place": f"{place_name(settings)}, {tanggal(report.until)}",
    }
    return pdf("mingguan.typ", data, at=report.until)


def _shown(rows: list[list[str]]) -> dict[str, object]:
    more = len(rows) - SHOWN
    return {"count": len(rows), "rows": rows[:SHOWN], "more": f"Dan {angka(more)} lagi." if more > 0 else ""}


def agency_rows(named: Named) -> list[list[str]]:
    """Name; days of each step as "2 (5)", median and longest; planned, received, missing and late."""
    rows = []
    for agency, name in named.listed:
        found = [named.report.steps.get((agency, step.name)) for step in STEPS.values()]
        days = [f"{angka(one.median)} ({angka(one.longest)})" if one else "–" for one in found]
        plan = named.plans.get(agency)
        counts = (plan.planned, plan.received, plan.missing, plan.late) if plan else ("–",) * 4
        rows.append([name, *days, *map(str, counts)])
    return rows


def late_row(named: Named, one: Waiting) -> list[str]:
    agency = named.agencies.get(one.record.move.agency, "")
    return [one.record.title, agency, named.who(one), tanggal(one.due) if one.due else "", angka(one.days)]


def waiting_row(named: Named, one: Waiting) -> list[str]:
    agency = named.agencies.get(one.record.move.agency, "")
    planned = f"terbit {tanggal(one.publish_at)}" if one.publish_at else "belum dijadwalkan"
    return [one.record.title, agency, planned, angka(one.days)]
