"""What people take home opens in the programs they have."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import fiona
import pandas
import pytest
import shapely

from server.release.downloads import short_names
from tests.release.layers import build, features, layer_of, schools, squares
from workflow.layer import FieldType


def test_the_geojson_download_is_the_rendered_features(tmp_path):
    build(squares(7000), tmp_path / "c")
    collection = json.loads((tmp_path / "c" / "data.geojson").read_bytes())
    assert collection["type"] == "FeatureCollection"
    assert collection["features"] == features(tmp_path / "c")


def test_pandas_reads_the_csv_as_it_is(tmp_path):
    build(schools(), tmp_path / "c")
    frame = pandas.read_csv(tmp_path / "c" / "data.csv", dtype={"npsn": str, "murid": "Int64"})
    assert list(frame.columns) == ["npsn", "murid", "luas", "negeri", "berdiri", "dicatat", "nama", "lon", "lat"]
    assert frame.murid.tolist()[:2] == [2**63 - 1, -(2**63)]
    assert frame.luas[0] == 0.1
    assert frame.berdiri[0] == "1950-08-17"
    assert frame.dicatat[0] == "2026-03-12T08:30:00"
    assert frame.nama[0] == "SD “Noyontaansari” 🏫"
    assert frame.nama[3] == "baris\nbaru\t"
    assert (frame.lon[0], frame.lat[0]) == (109.6751235, -6.89)
    assert frame.lon.isna().tolist() == [False, False, True, True]


def test_excel_knows_the_csv_for_utf8(tmp_path):
    build(schools(), tmp_path / "c")
    assert (tmp_path / "c" / "data.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+CMD|'/C calc'!A0", "-2+3", "\tx", "\r=1", "=", "-"])
def test_a_cell_that_would_run_as_a_formula_does_not(tmp_path, cell):
    assert csv_cell(tmp_path, cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-5", "+62812345678", "-1.234,5", "Medono", "", "0=0", "'"])
def test_a_cell_that_is_no_formula_stays(tmp_path, cell):
    assert csv_cell(tmp_path, cell) == cell


def test_lines_and_polygons_stand_in_the_csv_as_text(tmp_path):
    build(squares(2), tmp_path / "c")
    texts = pandas.read_csv(tmp_path / "c" / "data.csv").wkt
    drawn = [shapely.geometry.shape(feature["geometry"]) for feature in features(tmp_path / "c")]
    assert [shapely.from_wkt(text).equals_exact(shape, 1e-9) for text, shape in zip(texts, drawn, strict=True)] == [
        True,
        True,
    ]


def test_a_geometry_too_long_for_a_cell_is_left_to_the_other_files(tmp_path):
    coast = shapely.Point(109.7, -6.9).buffer(0.123456789, quad_segs=1000)
    build(layer_of({"a": (FieldType.INTEGER, [1])}, [coast]), tmp_path / "c")
    assert list(pandas.read_csv(tmp_path / "c" / "data.csv").columns) == ["a"]


def test_fiona_opens_the_shapefile(tmp_path):
    layer = layer_of(
        {
            "nama_kelurahan": (FieldType.STRING, ["Sapuro Kebulen é", "x" * 300]),
            "nama_kecamatan": (FieldType.STRING, ["Barat", None]),
            "besar": (FieldType.INTEGER, [2**63 - 1, None]),
            "luas": (FieldType.NUMBER, [1e300, 0.25]),
            "tanggal": (FieldType.DATE, [date(2024, 2, 29), None]),
        },
        [shapely.box(109, -7, 110, -6), shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)])],
    )
    manifest = build(layer, tmp_path / "c", dataset="batas")
    assert manifest["files"]["data-shp.zip"]["media_type"] == "application/zip"
    with fiona.open(f"zip://{tmp_path / 'c' / 'data-shp.zip'}!batas.shp") as source:
        first, second = list(source)
        assert source.crs == "EPSG:4326"
    assert (first["properties"]["nama_kelur"], first["properties"]["nama_kecam"]) == ("Sapuro Kebulen é", "Barat")
    assert (first["properties"]["besar"], first["properties"]["luas"]) == (str(2**63 - 1), "1e+300")
    assert first["properties"]["tanggal"] == "2024-02-29"
    assert second["properties"]["nama_kelur"] == "x" * 254
    assert second["geometry"]["type"] == "MultiPolygon"
    with zipfile.ZipFile(tmp_path / "c" / "data-shp.zip") as archive:
        assert archive.read("batas.cpg") == b"UTF-8"
        assert b"WGS_1984" in archive.read("batas.prj")
        assert "nama_kelur  nama_kelurahan" in archive.read("BACA-SAYA.txt").decode()


@pytest.mark.parametrize("geometry", [None, [shapely.Point(1, 2), shapely.box(0, 0, 1, 1)], [None, None]])
def test_what_a_shapefile_cannot_hold_has_none(tmp_path, geometry):
    manifest = build(layer_of({"a": (FieldType.INTEGER, [1, 2])}, geometry), tmp_path / "c")
    assert "data-shp.zip" not in manifest["files"]
    assert {"data.geojson", "data.csv", "data.gpkg"} <= set(manifest["files"])


def test_short_names_are_all_different():
    names = ["nama_kelurahan", "nama_kelurga", "nama_kelua", "nama_kel_2", "id"]
    short = short_names(names)
    assert len(set(short.values())) == len(names)
    assert all(len(name) <= 10 for name in short.values())
    assert short["id"] == "id"


def csv_cell(folder, cell):
    build(layer_of({"nama": (FieldType.STRING, [cell, "lain"])}), folder / "c")
    text = (folder / "c" / "data.csv").read_text(encoding="utf-8-sig", newline="")
    return pandas.read_csv(io.StringIO(text, newline=""), dtype=str, keep_default_na=False).nama[0]
