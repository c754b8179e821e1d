"""Coordinates in the columns of a table, as people write them; and the choices of a person against what a file says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from server.intake import Reading, read_upload
from server.intake.points import columns_of, ordinates
from tests.intake.conftest import Read, collection, feature, frame, point
from tests.intake.test_spatial import refused

LON, LAT = 109.67, -6.89


def chosen(path: Path, **reading: object) -> Reading:
    """With the choices of a person, a CRS among them."""
    return read_upload(path, path.name, reading=reading, crs=None, progress=lambda *_: None)


@pytest.mark.parametrize(
    ("cell", "degrees"),
    [
        (-6.89, -6.89),
        ("-6,89", -6.89),
        ("-6.889", -6.889),
        ("6° 53' 24\" LS", -6.89),
        ("6°53′24″S", -6.89),
        ("109°40'12\" BT", 109.67),
        ("109 40 12", 109.67),
        ("E 109° 40.2'", 109.67),
        ("-6:53:24", -6.89),
        ("S6d53m24s", -6.89),
        ("9.238.123,5", 9_238_123.5),
        ("352,123.25", 352_123.25),
        ("352123", 352_123),
    ],
)
def test_a_coordinate_is_read_however_it_is_written(cell: object, degrees: float) -> None:
    assert ordinates([cell])[0] == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize("cell", [None, "", "-", "Jl. Merdeka 5", "6° 75' 10\"", "1,2,3", "12 Mei 2024", "9" * 500])
def test_what_is_no_coordinate_is_none(cell: object) -> None:
    assert np.isnan(ordinates([cell])[0])


@given(st.text(max_size=60) | st.text(alphabet="0123456789.,°'\" -LSNEBT", max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert ordinates([text]).shape == (1,)


@pytest.mark.parametrize(
    ("labels", "pair"),
    [
        (["nama", "lat", "lon"], ("lon", "lat")),
        (["LINTANG", "BUJUR"], ("BUJUR", "LINTANG")),
        (["Koordinat X", "Koordinat Y"], ("Koordinat X", "Koordinat Y")),
        (["Bujur Timur (BT)", "Lintang Selatan (LS)"], ("Bujur Timur (BT)", "Lintang Selatan (LS)")),
        (["kecamatan utara", "kecamatan timur"], None),
        (["x", "jumlah"], None),
    ],
)
def test_columns_of_coordinates_are_known_by_their_names(labels: list[str], pair: tuple[str, str] | None) -> None:
    assert columns_of(labels) == pair


def test_a_table_becomes_points_only_by_the_columns_somebody_names(tmp_path: Path) -> None:
    path = tmp_path / "titik.csv"
    path.write_text('nama;bujur;lintang\nA;"109,67";"-6,89"\nB;"109,68";"-6,88"\nC;;\n')
    assert chosen(path).layer.geometry is None
    layer = chosen(path, x="bujur", y="lintang", crs="EPSG:4326").layer
    assert layer.geometry is not None
    assert shapely.get_coordinates(layer.geometry).tolist() == [[109.67, -6.89], [109.68, -6.88]]
    assert layer.geometry[2] is None
    assert (layer.source_crs, layer.reading["x"], layer.reading["crs"]) == ("EPSG:4326", "bujur", "EPSG:4326")
    assert [field.name for field in layer.fields] == ["nama", "bujur", "lintang"]


def test_columns_of_a_workbook_become_points_too(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["Nama", "Lintang", "Bujur"], ["A", -6.89, 109.67], ["B", "6° 52' 48\" LS", "109,68"]):
        book.active.append(row)
    book.save(tmp_path / "titik.xlsx")
    layer = chosen(tmp_path / "titik.xlsx", x="Bujur", y="Lintang", crs="EPSG:4326").layer
    assert shapely.get_coordinates(layer.geometry) == pytest.approx(np.array([[109.67, -6.89], [109.68, -6.88]]))


def test_columns_without_a_system_stay_as_they_are_written(read: Read) -> None:
    table = "nama,x,y\nA,352890.5,9238123.25\n"
    layer = read(table, name="titik.csv", x="x", y="y").layer
    assert layer.source_crs is None
    assert layer.geometry is not None
    assert shapely.get_coordinates(layer.geometry).tolist() == [[352890.5, 9238123.25]]


def test_a_column_that_is_not_there_is_named_with_those_that_are(read: Read) -> None:
    refusal = refused(read, "nama,lat,lon\nA,-6.89,109.67\n", name="titik.csv", x="bujur", y="lat")
    assert refusal.code == "COORD_COLUMN"
    assert "nama, lat, lon" in str(refusal.detail)


def test_what_a_person_picks_counts_more_than_what_the_file_says(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    wrong = frame(32749).set_crs(32748, allow_override=True)
    wrong.to_file(path, engine="pyogrio")
    assert read(path).layer.source_crs == "EPSG:32748"
    reading = read(path, crs="EPSG:32749")
    assert reading.layer.source_crs == "EPSG:32748"
    picked = chosen(path, crs="EPSG:32749")
    assert picked.layer.source_crs == "EPSG:32749"
    assert [remark.check for remark in picked.remarks] == ["CRS_CHOSEN"]
    assert shapely.get_coordinates(picked.layer.geometry)[0] == pytest.approx([109.66, -6.88], abs=1e-7)


def test_a_refusal_for_impossible_degrees_carries_some_of_the_files_own_coordinates(read: Read) -> None:
    refusal = refused(read, collection(*[feature(point(352_000 + n, 9_238_000)) for n in range(1000)]))
    assert refusal.code == "CRS_RANGE"
    points = refusal.where["points"]
    assert isinstance(points, list)
    assert (points[0], len(points) <= 200) == ([352_000, 9_238_000], True)
    assert json.dumps(refusal.where)


def test_swapped_axes_are_put_right_before_they_are_refused(read: Read) -> None:
    content = collection(feature(point(LAT, LON)))
    assert refused(read, content).code == "COORD_SWAPPED"
    layer = read(content, axes="swapped").layer
    assert shapely.get_coordinates(layer.geometry).tolist() == [[LON, LAT]]
