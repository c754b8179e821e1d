from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from server.reference import load_agencies, load_city
from tests.workflow.layers import AREA_CODES, CITY, KELURAHAN
from workflow.area_codes import Area, AreaCodes, Level, System, digits, looks_like_a_code, plain_name

AREAS = (*AREA_CODES.at(Level.KECAMATAN), *KELURAHAN)
areas = st.sampled_from(AREAS)
kelurahan = st.sampled_from(KELURAHAN)


def test_the_city_has_4_kecamatan_and_27_kelurahan() -> None:
    assert (len(AREA_CODES.at(Level.KECAMATAN)), len(KELURAHAN), len(AREA_CODES.areas)) == (4, 27, 32)


def test_no_code_stands_for_two_areas() -> None:
    codes = [digits(code) for area in AREAS for code in (area.kemendagri, area.bps)]
    assert len(set(codes)) == 62


def test_every_kelurahan_has_its_kecamatan_in_both_systems() -> None:
    for area in KELURAHAN:
        parent = AREA_CODES.by_code(area.parent)
        assert parent
        assert area.kemendagri.startswith(parent.kemendagri)
        assert area.bps.startswith(parent.bps)


def test_utara_and_selatan_are_crossed_between_the_systems() -> None:
    utara, selatan = AREA_CODES.by_name("Pekalongan Utara"), AREA_CODES.by_name("Kec. Pekalongan Selatan")
    assert utara
    assert selatan
    assert (utara.kemendagri, utara.bps) == ("33.75.03", "3375040")
    assert (selatan.kemendagri, selatan.bps) == ("33.75.04", "3375030")
    assert not AREA_CODES.fits("3375030", "Pekalongan Utara")
    assert AREA_CODES.fits("33.75.03", "Pekalongan Utara")


@given(areas, st.sampled_from(System))
def test_a_code_is_known_however_it_is_written(area: Area, system: System) -> None:
    code = area.code(system)
    for written in (code, digits(code), f" {code} ", int(digits(code)), float(digits(code))):
        assert AREA_CODES.by_code(written) == area
        assert AREA_CODES.system_of(written) is system
        assert looks_like_a_code(written)


@given(areas, st.sampled_from(["", "Kelurahan ", "KEL. ", "Kec.", "kecamatan  "]), st.data())
def test_a_name_is_known_however_it_is_written(area: Area, prefix: str, data: st.DataObject) -> None:
    blanks = data.draw(st.sampled_from(["", " ", "  ", "-"]))
    written = prefix + blanks.join(area.name.split())
    for name in (written, written.upper(), written.lower()):
        assert AREA_CODES.fits(area.kemendagri, name)
        assert AREA_CODES.by_name(name, area.level) == area


@pytest.mark.parametrize("name", ["Kelurahan Panjangbaru", "Panjang Baru", "PANJANGBARU"])
def test_panjang_baru_is_one_kelurahan(name: str) -> None:
    assert AREA_CODES.fits("33.75.03.1010", name)
    assert not AREA_CODES.fits("33.75.03.1003", name)


def test_a_name_that_two_areas_share_stands_for_neither() -> None:
    twins = AreaCodes((Area(Level.KELURAHAN, "1", "10", "Tirto"), Area(Level.KECAMATAN, "2", "20", "Tirto")))
    assert twins.by_name("Tirto") is None
    assert twins.by_name("Tirto", Level.KECAMATAN) == twins.areas[1]


@given(kelurahan, st.integers(0, 9), st.integers(0, 9))
def test_a_mistyped_digit_is_answered_with_a_known_code(area: Area, place: int, digit: int) -> None:
    mistyped = area.bps[:place] + str(digit) + area.bps[place + 1 :]
    suggestion = AREA_CODES.nearest_code(mistyped)
    assert suggestion
    assert AREA_CODES.by_code(suggestion) in KELURAHAN


@given(kelurahan, st.data())
def test_a_lost_letter_is_answered_with_the_right_name(area: Area, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(area.name) - 1))
    meant = AREA_CODES.nearest_name(area.name[:place] + area.name[place + 1 :], Level.KELURAHAN)
    assert meant
    assert plain_name(meant.name)[:2] == plain_name(area.name)[:2] or place < 2


@pytest.mark.parametrize(
    ("older", "now"), [("Kraton", "Padukuhan Kraton"), ("Kergon", "Bendan Kergon"), ("Baros", "Kali Baros")]
)
def test_a_name_from_before_the_mergers_finds_todays(older: str, now: str) -> None:
    assert AREA_CODES.by_name(older) is None
    meant = AREA_CODES.nearest_name(older, Level.KELURAHAN)
    assert meant
    assert meant.name == now


@given(st.text(max_size=20))
def test_any_text_is_answered(text: str) -> None:
    AREA_CODES.by_code(text)
    AREA_CODES.nearest_code(text)
    AREA_CODES.nearest_name(text)
    looks_like_a_code(text)
    assert AreaCodes().by_code(text) is None


@pytest.mark.parametrize("text", ["12330", "2024", "0285421234", "33.75", "9937501002", "", "33.7a.01"])
def test_what_is_no_area_code_is_not_taken_for_one(text: str) -> None:
    assert not looks_like_a_code(text)


def test_the_extent_holds_every_kelurahan_and_not_the_neighbours() -> None:
    for area in AREA_CODES.areas:
        assert CITY.extent.contains_properly(_point(area))
    kajen, batang = (109.589, -7.027), (109.727, -6.908)
    assert not any(CITY.extent.intersects(shapely.Point(place)) for place in (kajen, batang))
    assert load_city().name == "Kota Pekalongan"


def test_agencies_have_ids_for_life() -> None:
    agencies = load_agencies()
    assert len({agency.id for agency in agencies}) == len(agencies) >= 31
    assert all(agency.id == agency.id.lower() and " " not in agency.id and agency.name for agency in agencies)


def _point(area: Area) -> shapely.Point:
    return shapely.Point(area.lon, area.lat)


def test_47_kelurahan_became_27() -> None:
    merged = {alias.code for alias in AREA_CODES.aliases if alias.since}
    assert len([alias for alias in AREA_CODES.aliases if alias.since]) == 34
    # Twelve were left as they were, and Kauman kept its name.
    assert len(merged) == 15
    assert len({area.kemendagri for area in KELURAHAN} - merged) == 12
    assert all(alias.code in {area.kemendagri for area in AREAS} for alias in AREA_CODES.aliases)


def test_an_older_name_leads_to_the_kelurahan_that_took_it_in() -> None:
    assert AREA_CODES.by_name("Kraton Kidul") is None
    today = AREA_CODES.of_the_past("Kel. KRATON KIDUL", Level.KELURAHAN)
    assert today
    assert (today[0].name, today[1]) == ("Pasirkratonkramat", "2015-01-01")
    assert AREA_CODES.fits("33.75.01.1008", "Kraton Kidul")
    assert not AREA_CODES.fits("33.75.03.1006", "Kraton Kidul")
    assert AREA_CODES.nearest_name("Pabean", Level.KELURAHAN) == AREA_CODES.by_name("Padukuhan Kraton")


def test_the_citys_own_code_is_of_neither_system() -> None:
    for code in ("33.75", "3375", 3375):
        assert AREA_CODES.by_code(code) == AREA_CODES.at(Level.KOTA)[0]
        assert AREA_CODES.system_of(code) is None


def test_another_spelling_is_the_same_name() -> None:
    assert AREA_CODES.by_name("Pekalongan Sel.") == AREA_CODES.by_code("33.75.04")
    assert AREA_CODES.fits("33.75.03.1006", "Padukuhan")
