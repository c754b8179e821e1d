"""Figures beside the city's published population, and data that another agency publishes too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.workflow.layers import KELURAHAN, METADATA, STATISTICS, layer
from workflow.checks import Context, run_checks
from workflow.checks.claims import Other
from workflow.checks.other_data import is_of_population, population, subject
from workflow.findings import Finding
from workflow.labels import sentence
from workflow.layer import Layer
from workflow.periods import interval

CODES = [area.kemendagri for area in KELURAHAN]
SAID = {**METADATA, "kind": "statistics", "title": "Jumlah Penduduk"}
YEAR = interval(2024)
AGES = ("0-4", "5-9 tahun", "10 – 14", "15-19", "20-74", "75 tahun ke atas")


def living(*, ages: bool = False, each: int = 1000, years: tuple[int, ...] = (2024,)) -> Other:
    """So many of each age in every kelurahan, without ages six times as many."""
    told = AGES if ages else ("L", "P")
    rows = [(code, year, one) for code in CODES for year in years for one in told]
    codes, when, kinds = map(list, zip(*rows, strict=True))
    counts = [each if ages else each * 3] * len(rows)
    columns = {"kode_kelurahan": codes, "tahun": when, "kelompok_umur" if ages else "jk": kinds, "jumlah": counts}
    return Other("Jumlah Penduduk", "Dindukcapil", SAID, layer(columns))


def beside(*others: Other, title: str = "Anak", **more: Any) -> Context:
    return replace(STATISTICS, metadata={**METADATA, "title": title, **more}, others=others)


def found(one: Layer, context: Context, code: str = "PEOPLE_EXCEEDED") -> list[Finding]:
    return [finding for finding in run_checks(one, context) if finding.check == code]


def pupils(*counts: int, **columns: list) -> Layer:
    return layer(
        {"kode_kelurahan": CODES[: len(counts)], "tahun": [2024] * len(counts), "murid": list(counts)} | columns
    )


def test_more_people_than_live_in_the_kelurahan_are_asked_about() -> None:
    one = layer({"kode_kelurahan": CODES[:2], "tahun": [2024] * 2, "jiwa": [6000, 61000]})
    (finding,) = found(one, beside(living()))
    assert sentence(finding) == (
        f"Kolom jiwa baris 2: 61.000 di {KELURAHAN[1].name}, padahal penduduk di sana hanya 6.000 "
        "menurut “Jumlah Penduduk”."
    )


def test_the_population_of_a_kecamatan_and_of_the_city_is_that_of_their_kelurahan() -> None:
    kecamatan = KELURAHAN[0].parent
    parts = sum(area.parent == kecamatan for area in KELURAHAN)
    of = population(living(), beside())
    assert of[kecamatan] == {YEAR: {(0, 150): 6000 * parts}}
    assert of["33.75"] == {YEAR: {(0, 150): 6000 * 27}}
    assert found(layer({"kode": [kecamatan], "tahun": [2024], "jiwa": [6001 * parts]}), beside(living())) == []
    assert found(layer({"kode": [kecamatan], "tahun": [2024], "jiwa": [7000 * parts]}), beside(living()))


def test_only_the_same_period_is_compared() -> None:
    one = layer({"kode": CODES[:1], "tahun": [2025], "jiwa": [99_000]})
    assert found(one, beside(living())) == []
    assert found(one, beside(living(years=(2024, 2025))))


@pytest.mark.parametrize("column", ["kunjungan_orang", "wisatawan_orang", "kepadatan_penduduk", "penumpang", "kasus"])
def test_who_does_not_live_there_is_not_compared(column: str) -> None:
    one = layer({"kode": CODES[:1], "tahun": [2024], column: [99_000]})
    assert found(one, beside(living())) == []


def test_pupils_are_compared_with_the_children_of_their_school() -> None:
    """6 to 13: two of the published ages, 2,000 children."""
    context = beside(living(ages=True), title="Murid SD")
    assert found(pupils(2090), context) == []
    assert found(pupils(3140, jenjang=["SMP"]), context) == []
    assert found(pupils(3990), beside(living(ages=True), title="Murid")) == []
    (finding,) = found(pupils(2110), context)
    assert "anak usia 6–13 tahun di sana hanya 2.000" in sentence(finding)


def test_pupils_of_all_kinds_are_taken_together() -> None:
    one = pupils(1900, 400, kode_kelurahan=[CODES[0]] * 2, jenjang=["SD", "MI"])
    (finding,) = found(one, beside(living(ages=True)))
    assert finding.params["value"] == 2300


def test_pupils_are_compared_with_the_population_where_no_ages_are_published() -> None:
    assert found(pupils(6200), beside(living(), title="Murid SD")) == []
    (finding,) = found(pupils(6400), beside(living(), title="Murid SD"))
    assert "padahal penduduk di sana hanya 6.000" in sentence(finding)


def test_pupils_counted_where_they_learn_are_compared_for_the_whole_city() -> None:
    said = {"title": "Murid SD", "abstract": "Murid menurut kelurahan tempat sekolah, laporan semester ganjil."}
    some = beside(living(ages=True), **said)
    assert found(pupils(4000, *[1000] * 26, jenjang=["SD"] * 27), some) == []
    (finding,) = found(pupils(*[2200] * 27, jenjang=["SD"] * 27), some)
    assert (finding.params["name"], finding.params["largest"]) == ("Kota Pekalongan", 2000.0 * 27)


def test_an_empty_cell_of_the_population_says_nothing() -> None:
    rows = {"kode": CODES[:1] * 2, "tahun": [2024] * 2, "jk": ["L", "P"], "jumlah": [4000, None]}
    other = Other("Jumlah Penduduk", "", SAID, layer(rows))
    assert found(layer({"kode": CODES[:1], "tahun": [2024], "jiwa": [9000]}), beside(other)) == []


@pytest.mark.parametrize(
    ("concept", "unit", "is_it"),
    [
        ("Penduduk", "jiwa", True),
        ("Jumlah penduduk Kota Pekalongan menurut umur", "Orang", True),
        ("Penduduk miskin", "jiwa", False),
        ("Penduduk", "jiwa per km²", False),
        ("Kepadatan penduduk", "jiwa", False),
    ],
)
def test_a_population_is_known_by_its_concept_and_unit(concept: str, unit: str, is_it: bool) -> None:
    assert is_of_population({"concept": concept, "unit": unit}) is is_it


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Jumlah Penduduk Kota Pekalongan Menurut Kelompok Umur, 2024", {"penduduk"}),
        ("Batas Kelurahan", {"batas", "kelurahan"}),
        ("Peta Jaringan Jalan", {"jaringan", "jalan"}),
        ("Kota Layak Anak", {"kota", "layak", "anak"}),
    ],
)
def test_a_title_speaks_of_its_subject(title: str, words: set[str]) -> None:
    assert subject(title) == words


TABLE = {"kode_kelurahan": CODES[:3], "tahun": [2023] * 3, "murid": [1, 2, 3]}
MINE = {"title": "Murid SD", "concept": "Murid", "unit": "siswa"}


def published(columns: dict[str, list], agency: str = "Kemenag", **said: object) -> Other:
    return Other(
        str(said.get("title", "Murid SD")), agency, {**METADATA, "kind": "statistics", **MINE, **said}, layer(columns)
    )


def test_what_another_agency_publishes_is_named_with_what_coincides() -> None:
    older = {**TABLE, "kode_kelurahan": CODES[3:6], "murid": [7, 8, 9]}
    (finding,) = found(layer(TABLE), beside(published(older, title="Jumlah Murid SD"), **MINE), "CONCEPT_TWICE")
    assert sentence(finding) == (
        "Data “Jumlah Murid SD” dari Kemenag sudah tersebarluas dengan konsep “Murid”, tingkat kelurahan, "
        "periode 2023 yang sama."
    )


@pytest.mark.parametrize(
    "other",
    [
        published(TABLE, agency=""),
        published(TABLE, title="Murid SMP"),
        published(TABLE, title="Murid SD Penerima Bantuan"),
        published(TABLE, concept="Guru"),
        published(TABLE, unit="siswa per guru"),
        published({**TABLE, "tahun": [2022] * 3}),
        published({"kode_kecamatan": ["33.75.01", "33.75.02", "33.75.03"], "tahun": [2023] * 3, "murid": [1, 2, 3]}),
    ],
    ids=["own", "title", "part", "concept", "unit", "period", "level"],
)
def test_what_merely_resembles_is_left_in_peace(other: Other) -> None:
    assert found(layer(TABLE), beside(other, **MINE), "CONCEPT_TWICE") == []
