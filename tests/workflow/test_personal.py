"""Tables with a row for each person in which somebody is alone, and tables that only look like them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.workflow.layers import METADATA, STATISTICS, layer
from workflow.checks import run_checks
from workflow.findings import Finding, Severity
from workflow.labels import sentence

TEN = list(range(10))
PLACES = ["Medono", "Tirto"] * 5
SICK = "Penderita TBC"


def found(columns: dict[str, list], title: str = SICK) -> list[Finding]:
    context = replace(STATISTICS, metadata={**METADATA, "title": title, "keywords": []})
    return [one for one in run_checks(layer(columns), context) if one.check == "PEOPLE_RARE"]


def test_rows_that_single_somebody_out_are_counted_and_never_repeated() -> None:
    columns = {"Kelurahan": PLACES, "Umur": [40 + n for n in TEN], "Jenis Kelamin": ["L", "P"] * 5}
    (finding,) = found(columns)
    assert finding.severity is Severity.WARNS
    assert sentence(finding) == (
        "10 dari 10 baris dapat dikenali: gabungan kolom Kelurahan, Umur, Jenis Kelamin sama pada kurang dari "
        "5 baris (10 baris tidak ada samanya)."
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"kelurahan": PLACES, "tahun_lahir": [1960 + n for n in TEN]},
        {"rw": TEN, "jk": ["L"] * 10, "jumlah_anggota_keluarga": [4] * 10},
        {"usia": TEN, "pekerjaan": PLACES, "berat_badan": [50.5] * 10},
        {"L_P": ["L"] * 9 + ["P"], "pendidikan": ["SD"] * 10},
        {"kelompok_umur": ["0-4"] * 9 + ["5-9"], "kecamatan": ["Utara"] * 10, "penyakit": PLACES},
    ],
    ids=["birth", "household", "weight", "sex", "groups"],
)
def test_a_row_for_each_person_needs_no_name(columns: dict[str, list]) -> None:
    assert found(columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"kelurahan": PLACES, "jk": ["L", "P"] * 5, "jumlah": TEN},
        {"kelurahan": PLACES, "kelompok_umur": ["0-4"] * 10, "kasus": TEN},
        {"kelurahan": PLACES, "jk": ["L", "P"] * 5, "persen": [1.5] * 10},
        {"kelurahan": PLACES, "umur_0_4": TEN, "umur_5_9": TEN},
        {"kelurahan": PLACES, "usia_produktif": TEN, "usia_lanjut": TEN},
        {"puskesmas": PLACES, "kelurahan": PLACES, "penyakit": PLACES},
        {"kelurahan": ["Tirto"] * 10, "umur": [7] * 10, "jk": ["L"] * 5 + ["P"] * 5},
    ],
    ids=["sexes", "ages", "shares", "wide", "productive", "places", "five"],
)
def test_counts_of_many_and_rows_of_five_alike_are_left_in_peace(columns: dict[str, list]) -> None:
    assert found(columns) == []


def test_what_is_no_secret_is_left_in_peace() -> None:
    columns = {"kelurahan": PLACES, "umur": TEN, "jk": ["L", "P"] * 5}
    assert found(columns, "Peserta lomba batik") == []
    assert found(columns, "Penerima bantuan sosial")
