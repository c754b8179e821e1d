from __future__ import annotations

import csv
from datetime import date
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SHARED
from workflow import labels
from workflow.checks import CHECKS
from workflow.checks.metadata import MANDATORY
from workflow.findings import Finding, Principle, Severity
from workflow.review import REQUIREMENTS
from workflow.sop import STEP_NAMES, Role, Status


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_every_check_says_what_why_and_how_to_mend(check) -> None:  # type: ignore[no-untyped-def]
    said = labels.CHECKS[check.code]
    assert said.sentence
    assert labels.why(check.code)
    assert labels.mend(check.code)


@pytest.mark.parametrize("code", labels.CHECKS)
def test_sentences_are_whole(code: str) -> None:
    said = labels.CHECKS[code]
    for text in (said.sentence, said.why, said.mend):
        assert text[0].isupper() or text.startswith("{")
        assert text.endswith((".", "?"))
        assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(text))


def test_every_word_of_the_sop_has_a_label() -> None:
    assert set(labels.STATUSES) == set(Status)
    assert set(labels.ROLES) == set(Role)
    assert set(labels.STEPS) == set(labels.HAPPENED) == set(STEP_NAMES)
    assert set(labels.REASONS) == set(REQUIREMENTS)
    assert set(labels.PRINCIPLES) == set(Principle)
    assert set(labels.SEVERITIES) == set(Severity)
    assert {name for names in MANDATORY.values() for name in names} <= set(labels.METADATA_FIELDS)


def test_every_remark_of_the_hostile_files_has_a_sentence() -> None:
    manifest = SHARED / "data" / "08_hostile" / "manifest.csv"
    if not manifest.exists():
        pytest.skip(f"{manifest} is absent (SEBAR_SHARED)")
    with manifest.open(encoding="utf-8", newline="") as lines:
        codes = {row["finding_code"] for row in csv.DictReader(lines) if row["expected"] == "accept-with-finding"}
    assert codes <= set(labels.CHECKS)


def test_a_sentence_is_said_although_a_parameter_is_missing() -> None:
    assert labels.sentence(Finding("ENC_GUESSED", Severity.WARNS)).endswith("dibaca sebagai …, misalnya “…”.")
    assert labels.sentence(Finding("BARU", Severity.INFORMS, {"x": "apa"})) == "apa"
    assert labels.why("BARU") == labels.mend("BARU") == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [(1234.5, "1.234,5"), (12330, "12.330"), (-7, "-7"), (100.0, "100"), (0.25, "0,25"), ("2024", "2024")],
)
def test_numbers_are_written_the_indonesian_way(number: object, said: str) -> None:
    assert labels.angka(number) == said


def test_dates_are_written_the_indonesian_way() -> None:
    assert labels.tanggal(date(2026, 3, 26)) == "26 Maret 2026"
    assert labels.hari_tanggal(date(2026, 3, 26)) == "Kamis, 26 Maret 2026"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "nol"),
        (11, "sebelas"),
        (12, "dua belas"),
        (20, "dua puluh"),
        (99, "sembilan puluh sembilan"),
        (100, "seratus"),
        (115, "seratus lima belas"),
        (1000, "seribu"),
        (1100, "seribu seratus"),
        (2026, "dua ribu dua puluh enam"),
        (11_000, "sebelas ribu"),
        (100_000, "seratus ribu"),
        (1_000_000, "satu juta"),
        (318_221, "tiga ratus delapan belas ribu dua ratus dua puluh satu"),
        (1_000_000_000, "satu miliar"),
    ],
)
def test_numbers_in_words(number: int, said: str) -> None:
    assert labels.terbilang(number) == said


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_different_numbers_have_different_words(one: int, other: int) -> None:
    assert (labels.terbilang(one) == labels.terbilang(other)) is (one == other)


@pytest.mark.parametrize("number", [-1, 10**15])
def test_numbers_beyond_words_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="between"):
        labels.terbilang(number)
