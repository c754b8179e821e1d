"""GDAL's command line reads the collections as an analyst does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas
import pytest

from server.demo import SAMPLE
from tests.interop import layers
from tests.interop.conftest import FEATURES, MAP_OF_TABLE, PUBLISHED, TABLE, Live, call, program

pytestmark = pytest.mark.interop


def summary(sebar: Live, layer: str, *options: str) -> str:
    return call([program("ogrinfo"), "-so", *options, f"OAPIF:{sebar.ogc}", layer])


def field_types(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+): (String|Integer64|Integer|Real|Date|DateTime)\b", text, re.MULTILINE))


def extent_in(text: str) -> list[float]:
    found = re.search(r"^Extent: \((\S+), (\S+)\) - \((\S+), (\S+)\)", text, re.MULTILINE)
    assert found, text
    return [float(number) for number in found.groups()]


def test_every_published_collection_is_listed_and_nothing_else(sebar: Live) -> None:
    listed = call([program("ogrinfo"), "-q", f"OAPIF:{sebar.ogc}"])
    names = set(re.findall(r"^\d+: ([\w-]+)", listed, re.MULTILINE))
    assert names - {"katalog"} == PUBLISHED


@pytest.mark.parametrize("layer", FEATURES)
def test_count_extent_and_crs_are_those_of_the_file(sebar: Live, layer: str) -> None:
    file, count, geometry_type = FEATURES[layer]
    said = summary(sebar, layer, "-oo", "PAGE_SIZE=1000")
    bounds = geopandas.read_file(SAMPLE / file).to_crs("OGC:CRS84").total_bounds
    assert f"Feature Count: {count}" in said
    assert re.search(rf"^Geometry: (Multi )?{geometry_type.replace('String', ' String')}", said, re.MULTILINE)
    assert extent_in(said) == pytest.approx(list(bounds), abs=1e-4)
    assert "WGS 84" in said


def test_numbers_are_numbers_and_codes_stay_text(sebar: Live) -> None:
    roads = field_types(summary(sebar, "jaringan-jalan", "-oo", "PAGE_SIZE=1000"))
    schools = field_types(summary(sebar, "lokasi-sekolah", "-oo", "PAGE_SIZE=1000"))
    people = field_types(summary(sebar, TABLE, "-oo", "PAGE_SIZE=1000"))
    assert roads["panjang_m"] == roads["lebar_m"] == "Real"
    assert schools["siswa_l"].startswith("Integer")
    assert schools["npsn"] == "String"
    assert people["jumlah"].startswith("Integer")
    assert people["kode_kelurahan"] == "String"


def test_columns_that_start_with_fifty_nulls_keep_their_types(sebar: Live) -> None:
    types = field_types(summary(sebar, layers.NULLS, "-oo", "PAGE_SIZE=1000"))
    assert types["jumlah"].startswith("Integer")
    assert types["tinggi"] == "Real"
    # The schema's format date is text to GDAL 3.6.
    assert types["tanggal"] in ("Date", "String")


def test_small_pages_give_every_feature_once(sebar: Live, tmp_path: Path) -> None:
    """GDAL 3.6 asks for ten at a time unless told otherwise; GDAL since 3.8 takes the documented page."""
    target = tmp_path / "sekolah.geojson"
    with sebar.watching() as asked:
        call([program("ogr2ogr"), "-f", "GeoJSON", str(target), f"OAPIF:{sebar.ogc}", "lokasi-sekolah"])
    pages = [one for one in asked if one.path.endswith("/items")]
    if "3.6" in call([program("ogrinfo"), "--version"]):
        assert max(int(page.args["limit"]) for page in pages) == 10
        assert len(pages) > 8
    codes = [feature["properties"]["npsn"] for feature in json.loads(target.read_text())["features"]]
    assert len(codes) == len(set(codes)) == 82
    assert all(code.startswith("00") for code in codes)


def test_the_population_map_has_27_areas_per_period(sebar: Live, tmp_path: Path) -> None:
    target = tmp_path / "penduduk.gpkg"
    source = f"OAPIF:{sebar.ogc}"
    call([program("ogr2ogr"), "-oo", "PAGE_SIZE=1000", str(target), source, MAP_OF_TABLE])
    areas = geopandas.read_file(target)
    assert set(areas.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert areas.groupby("tahun").size().to_dict() == dict.fromkeys(range(2020, 2025), 27)


def test_a_box_is_answered_by_the_server(sebar: Live) -> None:
    west, south, east, north = 109.66, -6.90, 109.68, -6.88
    said = summary(
        sebar, "lokasi-sekolah", "-oo", "PAGE_SIZE=1000", "-spat", str(west), str(south), str(east), str(north)
    )
    schools = geopandas.read_file(SAMPLE / "sekolah.gpkg").to_crs("OGC:CRS84")
    assert f"Feature Count: {len(schools.cx[west:east, south:north])}" in said


@pytest.mark.parametrize(
    ("where", "same"),
    [
        ("npsn = '00033750'", "npsn == '00033750'"),
        ("siswa_l > 100", "siswa_l > 100"),
        ("siswa_l > 100 AND jenjang = 'SD'", "siswa_l > 100 and jenjang == 'SD'"),
        ("nama_sekolah LIKE 'SD%'", "nama_sekolah.str.startswith('SD')"),
        ("nama_sekolah ILIKE 'sd%'", "nama_sekolah.str.startswith('SD')"),
        ("siswa_l BETWEEN 80 AND 100", "80 <= siswa_l <= 100"),
        ("NOT jenjang = 'SD'", "jenjang != 'SD'"),
        ("npsn = 'tidak ada'", "npsn == 'tidak ada'"),
    ],
)
def test_a_filter_is_answered_by_the_server(sebar: Live, where: str, same: str) -> None:
    """Where nothing matches there is still a layer with its columns."""
    expected = len(geopandas.read_file(SAMPLE / "sekolah.gpkg").query(same))
    with sebar.watching() as asked:
        said = summary(sebar, "lokasi-sekolah", "-oo", "PAGE_SIZE=1000", "-where", where)
    assert any(one.args.get("filter") for one in asked), [one.address for one in asked]
    assert {one.status for one in asked} == {200}
    assert f"Feature Count: {expected}" in said
    assert "siswa_l" in field_types(said)


def test_what_gdal_does_not_push_it_still_finds(sebar: Live) -> None:
    """IN and arithmetic are evaluated by GDAL over all pages."""
    schools = geopandas.read_file(SAMPLE / "sekolah.gpkg")
    with sebar.watching() as asked:
        said = summary(sebar, "lokasi-sekolah", "-oo", "PAGE_SIZE=1000", "-where", "jenjang IN ('SD', 'MI')")
    assert f"Feature Count: {schools.jenjang.isin(['SD', 'MI']).sum()}" in said
    assert not any("filter" in one.args for one in asked)


def test_names_of_every_script_arrive_whole(sebar: Live, tmp_path: Path) -> None:
    target = tmp_path / "nama.gpkg"
    call([program("ogr2ogr"), str(target), f"OAPIF:{sebar.ogc}", layers.UNICODE])
    assert tuple(geopandas.read_file(target).sort_values("nomor").nama) == layers.NAMES
    assert "ꦥꦏꦭꦺꦴꦔꦤ꧀" in sebar.json(f"/ogc/collections/{layers.UNICODE}")["title"]


def test_the_record_catalogue_is_a_layer_too(sebar: Live) -> None:
    said = summary(sebar, "katalog", "-oo", "PAGE_SIZE=1000")
    assert f"Feature Count: {len(PUBLISHED) - 1}" in said
