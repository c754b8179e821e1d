"""The pieces that pages are made of."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask, render_template_string

from server.pages.words import STATUS_LOOK, equip, ukuran
from workflow.errors import BadUpload
from workflow.labels import STATUSES
from workflow.sop import Status


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("server", template_folder="pages/templates")
    equip(app)
    return app


def drawn(app: Flask, call: str, **values: Any) -> str:
    name = call.partition("(")[0]
    with app.test_request_context():
        return render_template_string(f'{{% from "parts.html" import {name} %}}{{{{ {call} }}}}', **values)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_a_word_and_an_icon(app: Flask, status: Status) -> None:
    html = drawn(app, "status(value)", value=status)
    assert words(html) == STATUSES[status]
    assert f"#{STATUS_LOOK[status].icon}" in html


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (3, "3 hari kerja lagi"),
        (0, "jatuh tempo hari ini"),
        (-1, "lewat 1 hari kerja"),
        (None, "tanpa batas waktu"),
    ],
)
def test_a_due_date_says_how_many_working_days(app: Flask, left: int | None, said: str) -> None:
    assert words(drawn(app, "due(left)", left=left)) == said


def test_a_problem_says_what_where_how_and_its_code(app: Flask) -> None:
    fault = BadUpload("Berkas .shx tidak ada.", mend="Masukkan ke ZIP.", where={"file": "jalan.zip", "row": 14})
    said = words(drawn(app, "problem(fault)", fault=fault))
    assert "Berkas .shx tidak ada." in said
    assert "Letak berkas jalan.zip, baris 14" in said
    assert "Cara memperbaiki Masukkan ke ZIP." in said
    assert said.endswith(f"Kode {fault.code}")


def test_a_problem_lists_what_a_step_still_needs(app: Flask) -> None:
    fault = {"title": "Belum", "detail": "", "code": "SYARAT", "requirements": [{"detail": "Tuliskan alasannya."}]}
    assert "Tuliskan alasannya." in words(drawn(app, "problem(fault)", fault=fault))


def test_a_wrong_field_is_tied_to_its_error(app: Flask) -> None:
    html = drawn(app, 'field("judul", "Judul", error="Masih kosong.", help="60 huruf")')
    assert 'aria-describedby="f-judul-help f-judul-error"' in html
    assert 'aria-invalid="true"' in html


def test_a_value_is_never_markup(app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    for call in ('field("a", "A", evil)', 'table("T", [{"label": "K"}], [[evil]])', "snippet(evil)", 'map("p", evil)'):
        assert "<script>" not in drawn(app, call, evil=evil)


def test_a_cell_knows_its_heading_for_phones(app: Flask) -> None:
    assert 'data-label="Penduduk"' in drawn(app, 'table("T", [{"label": "Penduduk", "kind": "number"}], [["1"]])')


@pytest.mark.parametrize(
    ("value", "done", "now"), [("draft", 0, 1), ("returned", 0, 1), ("verified", 2, 3), ("published", 4, None)]
)
def test_the_stepper_shows_what_is_done_and_what_is_next(app: Flask, value: str, done: int, now: int | None) -> None:
    html = drawn(app, "stepper(value)", value=Status(value))
    assert html.count('class="step-done"') == done
    assert html.count('aria-current="step"') == (now is not None)


def test_sizes_are_said_as_people_say_them() -> None:
    assert [ukuran(n) for n in (0, 999, 1500, 12_345_678, 512_000_000)] == [
        "0 B",
        "999 B",
        "1,5 kB",
        "12,3 MB",
        "512 MB",
    ]
