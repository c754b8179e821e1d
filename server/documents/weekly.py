"""The week on one sheet of A4."""

from server.documents.typesetting import letterhead, pdf, place_name
from server.settings import Settings
from server.weekly import Named
from workflow.labels import angka, pukul, tanggal

SHOWN = 10
"""Of each list, so that it stays one page; how many more there are is said."""


def weekly_pdf(named: Named, settings: Settings) -> bytes:
    report, tables = named.report, named.tables
    span = f"{tanggal(report.week.monday)} sampai {tanggal(report.week.sunday)}"
    data = {
        "kop": letterhead(settings),
        "title": "Laporan Mingguan Penyebarluasan Data",
        "week": f"Minggu {report.week}, {span}",
        "until": f"Keadaan {tanggal(report.until)}, pukul {pukul(report.until)}",
        "hash": "",
        "footer": f"Laporan mingguan {report.week}",
        **tables,
        **{name: _shown([cells for _, cells in tables[name]]) for name in ("late", "waiting", "published")},
        "place": f"{place_name(settings)}, {tanggal(report.until)}",
    }
    return pdf("mingguan.typ", data, at=report.until)


def _shown(rows: list[list[str]]) -> dict[str, object]:
    more = len(rows) - SHOWN
    return {"count": len(rows), "rows": rows[:SHOWN], "more": f"Dan {angka(more)} lagi." if more > 0 else ""}
