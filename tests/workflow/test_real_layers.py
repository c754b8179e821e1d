"""What is known to be wrong with real layers is found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import shapely

from tests.conftest import SI_INVESTA
from tests.workflow.layers import MAP, METADATA, STATISTICS, layer
from workflow.checks import Context, run_checks
from workflow.findings import Finding, Severity
from workflow.layer import Layer
from workflow.statistics import Boundary

SILENT_BESIDE_THE_BOUNDARY = (
    "Batas_kecamatan",
    "Curah_Hujan",
    "Jaringan_Jalan",
    "Jenis_Tanah",
    "Kelerengan",
    "Kepadatan_Penduduk",
    "PerairanPolyline",
    "Rob",
    "kawasan_strategis",
    "penggunaan_lahan",
    "sistem_perkotaan",
)

pytestmark = pytest.mark.skipif(
    not SI_INVESTA.exists(), reason=f"{SI_INVESTA} is absent; SEBAR_SHARED names the folder of real files"
)


def real(name: str) -> Layer:
    features = json.loads((SI_INVESTA / name).read_text(encoding="utf-8"))["features"]
    names = dict.fromkeys(name for feature in features for name in feature["properties"])
    columns = {name: [feature["properties"].get(name) for feature in features] for name in names}
    return layer(columns, [shapely.geometry.shape(feature["geometry"]) for feature in features])


def found(name: str, code: str, context: Context = MAP) -> list[Finding]:
    return [finding for finding in run_checks(real(name), context) if finding.check == code]


def test_the_population_is_text_in_27_rows_and_one_is_written_otherwise() -> None:
    (whole,) = [f for f in found("Kepadatan_Penduduk.geojson", "NUMBER_AS_TEXT") if f.column == "jml_pddk"]
    (odd,) = found("Kepadatan_Penduduk.geojson", "NUMBER_DEVIATES")
    assert (whole.params["count"], whole.params["reading"]) == (27, "12330")
    assert (odd.row, odd.column, odd.params["value"], odd.suggestion) == (25, "jml_pddk", "13,016", "13016")


def test_the_density_names_every_kelurahan_and_needs_no_code() -> None:
    findings = run_checks(real("Kepadatan_Penduduk.geojson"), STATISTICS)
    assert not [finding for finding in findings if finding.check.startswith("AREA")]


def test_land_use_has_four_invalid_geometries_each_with_its_place() -> None:
    findings = found("penggunaan_lahan.geojson", "GEOM_INVALID")
    assert [finding.row for finding in findings] == [591, 603, 712, 737]
    assert all(finding.place and MAP.city and MAP.city.extent.contains(finding.place) for finding in findings)


def test_a_flooded_area_is_drawn_twice_and_the_two_drawings_overlap() -> None:
    (overlap,) = found("Rob.geojson", "GEOM_OVERLAP")
    assert (overlap.row, overlap.params["other"]) == (3, 39)
    assert overlap.params["area"] == pytest.approx(44_879, rel=0.005)


def test_six_streets_end_just_before_or_after_another() -> None:
    dangles = found("Jaringan_Jalan.geojson", "LINE_DANGLE")
    assert len(dangles) == 6
    assert all(0.01 < float(finding.params["distance"]) <= 2 for finding in dangles)


@pytest.mark.parametrize(
    ("name", "code", "rows"),
    [
        ("sistem_perkotaan.geojson", "GEOM_DUPLICATE", [338]),
        ("penggunaan_lahan.geojson", "GEOM_SLIVER", [703, 722]),
        ("Kepadatan_Penduduk.geojson", "GEOM_GAP", [None, None]),
        ("Batas_kecamatan.geojson", "AREA_MEASURED", [1]),
    ],
)
def test_slips_of_the_digitiser_are_found(name: str, code: str, rows: list[int | None]) -> None:
    assert [finding.row for finding in found(name, code)] == rows


def test_a_flood_without_a_date_is_counted() -> None:
    flood = replace(MAP, metadata={**METADATA, "title": "Genangan Rob", "period": "2021"})
    (undated,) = found("Rob.geojson", "EVENT_DATE", flood)
    (unknown,) = found("Rob.geojson", "EVENT_SOURCE", flood)
    assert (undated.row, undated.params["count"]) == (2, 16)
    assert undated.place is not None
    assert len(undated.place.geoms) == 16
    assert (unknown.row, unknown.params["count"]) == (1, 44)


def test_crossings_of_streets_are_counted_and_those_with_rails_are_not() -> None:
    (crossed,) = found("Jaringan_Jalan.geojson", "LINE_CROSSED")
    assert crossed.params["count"] == 6


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("pertanian.geojson", [130]),  # a field of 20 hectares along three borders, redrawn two metres beside them
        *((f"{name}.geojson", []) for name in SILENT_BESIDE_THE_BOUNDARY),
    ],
)
def test_only_what_follows_the_boundary_without_lying_on_it_is_told(name: str, rows: list[int]) -> None:
    areas = real("Batas_Administrasi.geojson").geometry
    assert areas is not None
    codes = tuple(map(str, range(len(areas))))
    context = replace(MAP, boundary=Boundary("batas", 1, "0" * 64, codes, codes, areas))
    assert [finding.row for finding in found(name, "BOUNDARY_BESIDE", context)] == rows


@pytest.mark.parametrize(
    "name", ["Curah_Hujan.geojson", "Jenis_Tanah.geojson", "telekomunikasi.geojson", "toponim.geojson"]
)
def test_a_clean_layer_is_only_told_that_it_has_no_key(name: str) -> None:
    findings = run_checks(real(name), MAP)
    assert [(finding.check, finding.severity) for finding in findings] == [("KEY_ABSENT", Severity.INFORMS)]
