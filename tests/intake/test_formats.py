"""The other formats that agencies have give the same layer as a GeoPackage does, or a sentence that is true."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from tests.intake.conftest import Read, shared
from workflow.errors import BadUpload
from workflow.layer import FieldType

PLACES = [shapely.Point(109.67, -6.89), shapely.Point(109.68, -6.9), None]
COLUMNS: dict[str, list[object]] = {"kode": ["001", "002", "003"], "luas": [1.5, None, 3.25], "nama": ["A", "Ñ", None]}


def framed(**columns: list[object]) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(columns, geometry=PLACES[: len(columns["kode"])], crs=4326)


def written(folder: Path, driver: str, ending: str, data: geopandas.GeoDataFrame, **options: str) -> Path:
    path = folder / f"tulis.{ending}"
    if driver == "Parquet":
        data.to_parquet(path)
    else:
        options |= {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" else {}
        pyogrio.write_dataframe(data, path, driver=driver, **options)
    return path


@pytest.mark.parametrize("epsg", [4326, 32749, 9489])
@pytest.mark.parametrize(("driver", "ending"), [("FlatGeobuf", "fgb"), ("Parquet", "parquet"), ("GML", "gml")])
def test_rows_places_and_systems_are_those_of_a_geopackage(
    read: Read, tmp_path: Path, driver: str, ending: str, epsg: int
) -> None:
    places = PLACES if ending != "fgb" else PLACES[:2]  # FlatGeobuf has no feature without a place
    columns = {name: cells[: len(places)] for name, cells in COLUMNS.items()}
    data = geopandas.GeoDataFrame(columns, geometry=places, crs=4326).to_crs(epsg)
    layer = read(written(tmp_path, driver, ending, data)).layer
    expected = read(written(tmp_path, "GPKG", "gpkg", data)).layer
    assert layer.source_crs == expected.source_crs
    assert layer.columns.select(["kode", "luas", "nama"]) == expected.columns.select(["kode", "luas", "nama"])
    assert shapely.equals_exact(layer.geometry[:2], expected.geometry[:2], 1e-9).all()


def test_a_kml_gives_its_places_and_what_is_said_of_them(read: Read, tmp_path: Path) -> None:
    data = framed(kode=["001", "002"], luas=[1.5, 2.5])
    layer = read(written(tmp_path, "LIBKML", "kml", data)).layer
    assert layer.source_crs == "OGC:CRS84"
    assert [field.type for field in layer.fields if field.name != "id"] == [FieldType.STRING, FieldType.NUMBER]
    assert layer.columns.drop_columns("id").to_pydict() == {"kode": ["001", "002"], "luas": [1.5, 2.5]}
    assert shapely.get_x(layer.geometry).tolist() == [109.67, 109.68]


def test_a_kmz_is_the_kml_in_it(read: Read, tmp_path: Path) -> None:
    data = framed(kode=["001"])
    with zipfile.ZipFile(tmp_path / "peta.kmz", "w") as archive:
        archive.write(written(tmp_path, "LIBKML", "kml", data), "doc.kml")
        archive.writestr("images/ikon.png", b"\x89PNG")
    layer = read(tmp_path / "peta.kmz").layer
    assert layer.columns["kode"].to_pylist() == ["001"]


def test_of_a_kml_with_several_folders_one_is_chosen(read: Read) -> None:
    path = shared("07_thirdparty", "gdal_autotest", "kml", "samples.kml")
    with pytest.raises(BadUpload) as fault:
        read(path)
    assert fault.value.code == "LAYER_CHOICE"
    assert "Paths" in fault.value.where["layers"]
    assert len(read(path, layer="Paths").layer) == 6


@pytest.mark.parametrize("name", ["truncated.kml", "junk_content_after_valid_doc.kml"])
def test_a_damaged_kml_is_refused_with_its_line(read: Read, name: str) -> None:
    with pytest.raises(BadUpload) as fault:
        read(shared("07_thirdparty", "gdal_autotest", "kml", name))
    assert fault.value.code == "XML_BROKEN"
    assert fault.value.where["row"] > 1


@pytest.mark.parametrize("content", ["<kml><Document>", "<!DOCTYPE kml><kml/>", "<kml>" + "<Folder>" * 100])
def test_broken_declared_or_bottomless_markup_is_refused(read: Read, content: str) -> None:
    with pytest.raises(BadUpload):
        read(content)


def test_the_word_of_a_code_in_parquet_is_kept_and_a_broken_file_refused(read: Read, tmp_path: Path) -> None:
    table = pa.table({"jenis": pa.array(["a", "b", "a"]).dictionary_encode(), "nilai": pa.array([1, None, 3])})
    path = tmp_path / "tabel.parquet"
    pq.write_table(table, path)
    layer = read(path).layer
    assert layer.columns.to_pydict() == {"jenis": ["a", "b", "a"], "nilai": [1, None, 3]}
    assert layer.geometry is None
    with pytest.raises(BadUpload) as fault:
        read(path.read_bytes()[:-20])
    assert fault.value.code == "PARQUET_BROKEN"


@pytest.mark.parametrize(("driver", "ending"), [("Parquet", "parquet"), ("GPKG", "gpkg"), ("FlatGeobuf", "fgb")])
def test_text_that_is_not_utf8_names_its_row_and_column(read: Read, tmp_path: Path, driver: str, ending: str) -> None:
    path = written(tmp_path, driver, ending, framed(kode=["Medono", "Tirto"]))
    path.write_bytes(path.read_bytes().replace(b"Tirto", b"Tir\xe9o"))
    with pytest.raises(BadUpload) as fault:
        read(path)
    assert (fault.value.code, fault.value.where["row"]) == ("ENCODING", 2)
    assert "“kode”" in fault.value.detail


def test_a_parquet_without_a_system_is_crs84_and_null_asks_for_one(read: Read, tmp_path: Path) -> None:
    data = framed(kode=["001"])
    assert read(
        written(tmp_path, "Parquet", "parquet", data.set_crs("OGC:CRS84", allow_override=True))
    ).layer.source_crs == ("OGC:CRS84")
    unknown = geopandas.GeoDataFrame({"kode": ["001"]}, geometry=PLACES[:1])
    assert read(written(tmp_path, "Parquet", "parquet", unknown)).layer.source_crs is None


def test_a_sheet_of_opendocument_is_read_with_its_types(read: Read) -> None:
    layer = read(shared("07_thirdparty", "tabulator", "data", "special", "table-with-ints-floats-dates.ods")).layer
    assert [field.type for field in layer.fields][:3] == [FieldType.INTEGER, FieldType.NUMBER, FieldType.DATE]
    rows = layer.columns.to_pylist()
    assert [row["int"] for row in rows] == [2013, 1997, 1969]
    assert [row["float"] for row in rows] == [3.3, 5.6, 11.7]
    assert [row["date"].isoformat() for row in rows] == ["2009-08-16", "2009-09-20", "2012-08-23"]


def test_a_sheet_that_cannot_be_read_says_how_to_save_it(read: Read) -> None:
    with pytest.raises(BadUpload) as fault:
        read(shared("07_thirdparty", "gdal_autotest", "ods", "test_kspread.ods"))
    assert fault.value.code == "ODS_UNREADABLE"
    assert ".xlsx" in fault.value.mend
