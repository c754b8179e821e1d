"""The weekly sheet for the head of the office: its figures against a computation of their own, page and paper alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pypdf import PdfReader

from server.weekly import asked_week, named_report
from tests.conftest import METADATA, City
from tests.pages.desk import Seat
from tests.test_every_step import USUAL, take
from tests.test_planned import sheet, upload
from tests.test_publishing import layer
from workflow.store import Holiday

WIB = ZoneInfo("Asia/Jakarta")
NYEPI = date(2026, 3, 19)
DAY = np.timedelta64(1, "D")
# One dataset a line: its Berita Acara, then who took which step when (WIB).
PLAN: dict[str, list[tuple[str, str]]] = {
    "Pos pantau": [
        ("2026-03-05", "submit 03-09 09:00"),
        ("", "verify 03-12 10:00"),
        ("", "approve 03-16 16:00"),
        ("", "publish 03-18 08:00"),
    ],
    "Jembatan": [("2026-03-09", "submit 03-10 16:00"), ("", "return 03-16 09:00"), ("", "submit 03-24 09:00")],
    "Taman kota": [("2026-03-02", "submit 03-06 15:29"), ("", "verify 03-18 15:31"), ("", "approve 03-20 23:59")],
    "Trotoar": [("2026-03-16", "submit 03-17 10:00"), ("", "recall 03-17 11:00"), ("", "submit 03-18 10:00")],
    "Pohon": [("2026-03-02", "submit 03-02 08:00")],
    "Halte": [("2026-03-02", "")],
}


def moment(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=WIB)


def at(city: City, when: datetime) -> None:
    city.clock.now = when.astimezone(UTC) - timedelta(milliseconds=1)


def played(city: City) -> None:
    """Everything of the plan, in the order of time."""
    city.journey.records.save_holiday(Holiday(NYEPI, "Nyepi", "libur_nasional", "SKB"), actor="t", at=city.clock())
    produsen, ids = city.client("produsen"), {}
    for title, steps in PLAN.items():
        at(city, moment("03-02 07:00"))
        facts = METADATA | {"title": title, "berita_acara": {"number": title, "date": steps[0][0]}}
        answer = produsen.submit_file("titik.geojson", layer(title), facts)
        assert answer.status_code == 201, answer.text
        ids[title] = answer.json["id"]
    acts = sorted(
        (moment(" ".join(act.split()[1:])), title, act.split()[0])
        for title, steps in PLAN.items()
        for _, act in steps
        if act
    )
    for when, title, step in acts:
        at(city, when)
        done = take(city, USUAL.get(step, "produsen"), ids[title], step)
        assert done.status_code == 200, (title, step, done.text)


def working_days(since: datetime, until: datetime) -> int:
    """By numpy: after the day of receipt (the next one after 15.30), up to and with the last."""
    first = np.datetime64((since + timedelta(hours=8, minutes=30) - timedelta(microseconds=1)).date())
    first = np.busday_offset(first, 0, roll="forward", holidays=[NYEPI])
    last = np.datetime64(until.astimezone(WIB).date())
    return max(0, int(np.busday_count(first + DAY, last + DAY, holidays=[NYEPI])))


def expected(monday: date) -> dict[str, list[int]]:
    """Days of the steps that ended in this week."""
    found: dict[str, list[int]] = {}
    names = {"submit": "submit", "verify": "verify", "return": "verify", "approve": "approve", "publish": "publish"}
    for steps in PLAN.values():
        paper = datetime.fromisoformat(steps[0][0]).replace(tzinfo=WIB)
        since: datetime | None = paper
        for act in (act for _, act in steps if act):
            name, when = act.split()[0], moment(" ".join(act.split()[1:]))
            if since and name in names and monday <= when.date() <= monday + timedelta(days=6):
                found.setdefault(names[name], []).append(working_days(since, when))
            # While it is returned the clock stands still; recalled, it is a draft again.
            since = {"return": None, "recall": paper}.get(name, when)
    return found


@pytest.mark.parametrize(
    ("week", "monday"),
    [("2026-W10", date(2026, 3, 2)), ("2026-W11", date(2026, 3, 9)), ("2026-W12", date(2026, 3, 16))],
)
def test_every_figure_is_what_the_events_say(embedded_city: City, week: str, monday: date) -> None:
    played(embedded_city)
    at(embedded_city, moment("03-27 10:00"))
    report = named_report(embedded_city.journey, asked_week(embedded_city.journey, week)).report
    found = {step: (one.count, one.median, one.longest) for (agency, step), one in report.steps.items() if not agency}
    assert found == {step: (len(days), median(days), max(days)) for step, days in expected(monday).items()}
    assert {key: one for key, one in report.steps.items() if key[0]} == {
        ("dpupr", step): one for (agency, step), one in report.steps.items() if not agency
    }


def test_what_is_late_and_what_waits_is_as_it_was_at_the_end_of_that_week(city: City) -> None:
    played(city)
    at(city, moment("03-27 10:00"))
    named = named_report(city.journey, asked_week(city.journey, "2026-W12"))
    # Counted by hand: Pohon was due on Monday 9 March, Halte on Thursday 5 March; Nyepi does not count.
    assert [(one.record.title, named.who(one), one.due, one.days) for one in named.report.late] == [
        ("Halte", "DPUPR", date(2026, 3, 5), 10),
        ("Pohon", "Walidata", date(2026, 3, 9), 8),
    ]
    assert [(one.record.title, one.days, one.publish_at) for one in named.report.undisseminated] == [
        ("Taman kota", 2, None)
    ]
    assert [(one.title, day.astimezone(WIB).date()) for one, day in named.report.published] == [
        ("Pos pantau", date(2026, 3, 18))
    ]
    earlier = named_report(city.journey, asked_week(city.journey, "2026-W11"))
    assert [one.record.title for one in earlier.report.undisseminated] == []
    # Halte: 6, 9, 10, 11, 12, 13 March; Pohon: 10, 11, 12, 13 March. Taman kota was due on the 13th itself.
    assert [(one.record.title, one.days) for one in earlier.report.late] == [("Halte", 6), ("Pohon", 4)]


def test_page_and_paper_say_the_same(city: City) -> None:
    walidata = Seat(city, "walidata")
    upload(
        walidata,
        sheet(
            (1, "DPUPR", "Pos pantau", "peta", None, None, None, None),
            (2, "DPUPR", "Lampu", "peta", None, None, None, "1 Maret 2026"),
        ),
    )
    walidata.press("/meja/daftar-data/rencana/pakai")
    played(city)
    at(city, moment("03-20 23:59") + timedelta(hours=1))
    for person in ("walidata", "admin"):
        seat = Seat(city, person)
        seat.open("/meja/daftar-data/laporan-mingguan?minggu=2026-W12")
        tables = [
            [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath(".//tbody/tr")]
            for table in seat.page.xpath("//main//table")
        ]
        assert tables[0][0][0] == "DPUPR"
        assert tables[0][-1] == ["Semua OPD", *tables[0][0][1:]]
        assert tables[0][0][5:] == ["2", "1", "1", "1"]
        days = expected(date(2026, 3, 16))
        for column, step in enumerate(("submit", "verify", "approve", "publish"), start=1):
            said = f"{median(days[step]):g} ({max(days[step])})".replace(".", ",")
            assert tables[0][0][column] == said, step
        content = seat.fetch("/meja/daftar-data/laporan-mingguan.pdf?minggu=2026-W12")
        paper = PdfReader(BytesIO(content))
        assert len(paper.pages) == 1
        text = " ".join(paper.pages[0].extract_text().split())
        for table in tables:
            for row in table:
                for cell in row:
                    assert cell in text, cell
        assert "Minggu 2026-W12, 16 Maret 2026 sampai 22 Maret 2026" in text


def test_a_sheet_without_anything_is_still_a_sheet(embedded_city: City) -> None:
    walidata = Seat(embedded_city, "walidata")
    walidata.open("/meja/daftar-data/laporan-mingguan")
    for words in (
        "Tidak ada yang terlambat.",
        "Semua yang disetujui sudah tersebar.",
        "Tidak ada langkah yang selesai",
    ):
        assert walidata.says(words)
    assert walidata.fetch("/meja/daftar-data/laporan-mingguan.pdf").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("asked", "status"), [("kapan", 400), ("2026-W60", 400), ("2026-11", 400), ("2026-W40", 404), ("0000-W01", 400)]
)
def test_a_week_that_is_none_is_refused(embedded_city: City, asked: str, status: int) -> None:
    walidata = Seat(embedded_city, "walidata")
    answer: Any = walidata.open(f"/meja/daftar-data/laporan-mingguan?minggu={asked}")
    assert answer.status_code == status
    assert Seat(embedded_city, "produsen").http.get("/meja/daftar-data/laporan-mingguan.pdf").status_code == 403
