"""What comes out of a spatial file is what is in it, in its own CRS and in CRS84."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from server.intake import geojson, names, read_upload
from server.intake.crs import identify, way_to_crs84
from tests.intake.conftest import Read, collection, feature, frame, point, shared, zipped
from workflow.errors import BadUpload
from workflow.layer import FieldType

HERE = point(109.67, -6.89)


def refused(read: Read, content: Path | bytes | str, **how: object) -> BadUpload:
    with pytest.raises(BadUpload) as fault:
        read(content, **how)
    return fault.value


# Values


def test_values_and_types_of_geojson_are_kept(read: Read) -> None:
    layer = read(
        collection(
            feature(HERE, kode="001", n=9007199254740993, luas=1.5, ada=True, teks="12.330", tanggal="2024-02-29"),
            feature(None, kode=None, n=-1, luas=2, ada=None, teks="13,016", tanggal=None),
        )
    ).layer
    assert {field.name: str(field.type) for field in layer.fields} == {
        "kode": "string",
        "n": "integer",
        "luas": "number",
        "ada": "boolean",
        "teks": "string",
        "tanggal": "date",
    }
    assert layer.columns.to_pylist()[0]["n"] == 9007199254740993
    assert [row["teks"] for row in layer.columns.to_pylist()] == ["12.330", "13,016"]
    assert layer.rows.tolist() == [1, 2]
    assert layer.geometry is not None
    assert layer.geometry[1] is None


def test_nested_values_become_json_text(read: Read) -> None:
    layer = read(collection(feature(HERE, daftar=[1, "dua"], objek={"a": {"b": None}}), feature(HERE, daftar=[]))).layer
    row = layer.columns.to_pylist()[0]
    assert json.loads(row["daftar"]) == [1, "dua"]
    assert json.loads(row["objek"]) == {"a": {"b": None}}


def test_a_date_that_does_not_exist_stays_text(read: Read) -> None:
    layer = read(collection(feature(HERE, tanggal="2023-02-29"))).layer
    assert layer.field("tanggal").type is FieldType.STRING


def test_moments_in_utc_are_moments(read: Read) -> None:
    layer = read(collection(feature(HERE, pada="2024-02-29T17:00:00Z"))).layer
    assert layer.field("pada").type is FieldType.DATETIME
    assert layer.columns.to_pylist()[0]["pada"].isoformat() == "2024-02-29T17:00:00+00:00"


def test_ids_of_features_become_a_column(read: Read) -> None:
    features = [feature(HERE, nama=name) | {"id": number} for number, name in ((7, "a"), (3, "b"))]
    assert read(collection(*features)).layer.columns.to_pydict() == {"id": [7, 3], "nama": ["a", "b"]}


def test_ids_that_two_features_share_are_not_made_up(read: Read) -> None:
    features = [feature(HERE, nama=name) | {"id": 7} for name in "ab"]
    assert read(collection(*features)).layer.columns.column_names == ["nama"]


def test_a_number_too_large_to_keep_is_refused(read: Read) -> None:
    assert refused(read, collection(feature(HERE, n=2**63))).code == "NUMBER_RANGE"


def test_the_typed_columns_of_a_geopackage_are_kept(read: Read, tmp_path: Path) -> None:
    data = frame(
        nama=["a", "b", None],
        jumlah=np.array([1, 2**53 + 1, 3], np.int64),
        luas=[0.1, 0.2, np.nan],
        ada=[True, False, True],
        tanggal=np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]").tolist(),
    )
    path = tmp_path / "data.gpkg"
    data.to_file(path, layer="wilayah", engine="pyogrio")
    reading = read(path)
    layer = reading.layer
    assert (layer.name, layer.reading) == ("wilayah", {"layer": "wilayah"})
    assert [str(field.type) for field in layer.fields] == ["string", "integer", "number", "boolean", "date"]
    assert layer.columns["jumlah"].to_pylist() == [1, 2**53 + 1, 3]
    assert layer.columns["luas"].to_pylist()[:2] == [0.1, 0.2]
    assert not reading.remarks


def test_a_geopackage_table_without_geometry_is_a_table(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"kode": ["001"], "jumlah": [3]}), path, layer="penduduk")
    layer = read(path).layer
    assert (layer.geometry, layer.source_crs) == (None, None)
    assert layer.columns.to_pydict() == {"kode": ["001"], "jumlah": [3]}


def test_the_key_of_a_geopackage_is_kept_where_it_has_a_name_of_its_own(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame(kode=[11, 12, 13]).to_file(path, engine="pyogrio", layer_options={"FID": "kode"})
    assert read(path).layer.columns.to_pydict() == {"kode": [11, 12, 13]}


def test_moments_of_a_geopackage_keep_their_zone(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    moments = pd.to_datetime(["2024-02-29T10:30:00+07:00"] * 3)
    frame(pada=moments).to_file(path, engine="pyogrio")
    layer = read(path).layer
    assert layer.field("pada").type is FieldType.DATETIME
    assert layer.columns["pada"].to_pylist()[0] == datetime(2024, 2, 29, 3, 30, tzinfo=UTC)


def test_a_coded_column_keeps_its_codes(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "kode.gpkg"
    frame(kelas=[1, 2, 1]).to_file(path, layer="wilayah", engine="pyogrio")
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            CREATE TABLE gpkg_data_columns (table_name TEXT, column_name TEXT, name TEXT, title TEXT, description TEXT,
              mime_type TEXT, constraint_name TEXT);
            CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT, constraint_type TEXT, value TEXT,
              min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT);
            INSERT INTO gpkg_data_columns VALUES ('wilayah', 'kelas', NULL, NULL, NULL, NULL, 'kelas_jalan');
            INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description)
              VALUES ('kelas_jalan', 'enum', '1', 'arteri'), ('kelas_jalan', 'enum', '2', 'lokal');
            INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://x', 'read-write');
            """
        )
    assert read(path).layer.columns["kelas"].to_pylist() == [1, 2, 1]


# Geometry


def test_heights_are_dropped_and_that_is_said(read: Read) -> None:
    reading = read(collection(feature(point(109.67, -6.89, 12.5))))
    assert [remark.check for remark in reading.remarks] == ["GEOM_ZM"]
    assert reading.layer.geometry is not None
    assert shapely.to_wkt(reading.layer.geometry[0], trim=True) == "POINT (109.67 -6.89)"


@pytest.mark.parametrize("name", ["curve.gpkg", "curvepolygon.gpkg", "multisurface.gpkg"])
def test_curves_are_refused_with_a_way_out(name: str, read: Read) -> None:
    fault = refused(read, shared("07_thirdparty", "pyogrio", name))
    assert (fault.code, "Segmentize" in fault.mend) == ("GEOM_CURVE", True)


def test_an_invalid_polygon_is_read_as_it_is(read: Read) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[106, -6], [107, -7], [107, -6], [106, -7], [106, -6]]]}
    layer = read(collection(feature(bow_tie))).layer
    assert layer.geometry is not None
    assert shapely.get_coordinates(layer.geometry[0]).tolist() == bow_tie["coordinates"][0]


# CRS


def test_geojson_without_crs_is_crs84(read: Read) -> None:
    layer = read(collection(feature(HERE))).layer
    assert (layer.source_crs, layer.source_geometry) == ("OGC:CRS84", None)


def test_a_person_can_say_in_which_crs_a_silent_geojson_is(read: Read) -> None:
    x, y = pyproj.Transformer.from_crs(4326, 32749, always_xy=True).transform(109.67, -6.89)
    content = collection(feature(point(x, y)))
    assert refused(read, content).code == "CRS_RANGE"
    layer = read(content, crs="EPSG:32749").layer
    assert layer.source_crs == "EPSG:32749"
    assert layer.geometry is not None
    assert shapely.get_coordinates(layer.geometry[0]) == pytest.approx(np.array([[109.67, -6.89]]), abs=1e-9)


def test_what_a_file_says_of_its_crs_is_kept_against_what_a_person_says(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame(32749).to_file(path, engine="pyogrio")
    reading = read(path, crs="EPSG:32748")
    assert reading.layer.source_crs == "EPSG:32749"
    assert [remark.check for remark in reading.remarks] == ["CRS_KEPT"]


@pytest.mark.parametrize("missing", ["null", "absent"])
def test_a_missing_crs_is_never_assumed(missing: str, read: Read, shapefile: Callable[..., Path]) -> None:
    if missing == "null":
        layer = read(collection(feature(HERE), crs=None)).layer
    else:
        layer = read(zipped(shapefile(frame(32749)), leave_out=(".prj",))).layer
    assert (layer.source_crs, layer.source_geometry) == (None, None)
    assert layer.geometry is not None


@pytest.mark.parametrize("code", [32749, 9489, 9470, 4755, 23879, 23835, 3857])
def test_both_the_files_own_coordinates_and_crs84_are_kept(
    code: int, read: Read, shapefile: Callable[..., Path]
) -> None:
    data = frame(code)
    layer = read(zipped(shapefile(data))).layer
    assert layer.source_crs == f"EPSG:{code}"
    assert layer.geometry is not None
    if layer.source_geometry is not None:
        assert shapely.equals_exact(layer.source_geometry, data.geometry.to_numpy()).all()
    expected = shapely.get_coordinates(frame().geometry.to_numpy())
    # The datums differ by less than a metre, the null transformation by nothing.
    assert shapely.get_coordinates(layer.geometry) == pytest.approx(expected, abs=1e-5)


def test_srgi2013_and_crs84_are_one() -> None:
    utm, geographic = way_to_crs84("EPSG:9489"), way_to_crs84("EPSG:9470")
    assert geographic is None
    assert utm is not None
    projection = pyproj.Proj("+proj=utm +zone=49 +south +ellps=WGS84")
    longitude, latitude = np.array([108.0, 109.67, 114.0]), np.array([-1.0, -6.89, -9.9])
    xy = np.column_stack(projection(longitude, latitude))
    # 1e-11 degrees are a micrometre; PROJ's own choice is 2e-6 away.
    assert utm(xy) == pytest.approx(np.column_stack([longitude, latitude]), abs=1e-11)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:32749", "EPSG:32749"),
        ("urn:ogc:def:crs:EPSG::32749", "EPSG:32749"),
        ("http://www.opengis.net/def/crs/EPSG/0/9489", "EPSG:9489"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("OGC:CRS84h", "OGC:CRS84"),
        ("EPSG:4979", "EPSG:4326"),
        ("EPSG:9529", "EPSG:9470"),
    ],
)
def test_a_crs_is_known_by_code(text: str, name: str) -> None:
    assert identify(text) == name


@pytest.mark.parametrize("code", [4326, 9470, 9489, 32749, 23879, 23835, 3857])
@pytest.mark.parametrize("style", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_a_crs_is_known_by_its_wkt(code: int, style: str) -> None:
    assert identify(pyproj.CRS.from_epsg(code).to_wkt(style)) == f"EPSG:{code}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://127.0.0.1/crs", "CRS_LINK"),
        ("/etc/passwd", "CRS_LINK"),
        ("+init=epsg:4326", "CRS_UNKNOWN"),
        ("EPSG:999999", "CRS_UNKNOWN"),
        ("EPSG:5773", "CRS_UNKNOWN"),
        ('LOCAL_CS["x"]', "CRS_UNKNOWN"),
        ("a" * 30_000, "CRS_UNKNOWN"),
    ],
)
def test_a_crs_is_never_looked_up_or_guessed(text: str, code: str) -> None:
    with pytest.raises(BadUpload) as fault:
        identify(text)
    assert fault.value.code == code


def test_a_geopackage_with_an_address_for_a_crs_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame().to_file(path, engine="pyogrio")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_spatial_ref_sys SET definition = 'http://127.0.0.1/crs' WHERE srs_id = 4326")
    assert refused(read, path).code == "CRS_LINK"


# Layers and tables of a GeoPackage


@pytest.fixture
def two_layers(tmp_path: Path) -> Path:
    path = tmp_path / "dua.gpkg"
    frame().to_file(path, layer="kelurahan", engine="pyogrio")
    frame(32749).iloc[:2].to_file(path, layer="jalan utama", engine="pyogrio")
    return path


def test_somebody_chooses_between_layers(two_layers: Path, read: Read) -> None:
    fault = refused(read, two_layers)
    assert (fault.code, fault.where["layers"]) == ("LAYER_CHOICE", ["jalan utama", "kelurahan"])
    layer = read(two_layers, layer="jalan utama").layer
    assert (len(layer), layer.source_crs) == (2, "EPSG:32749")


def test_a_layer_that_is_not_there_is_not_chosen(two_layers: Path, read: Read) -> None:
    assert refused(read, two_layers, layer="sungai").code == "LAYER_CHOICE"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW data_view AS SELECT * FROM data",
        "CREATE VIEW data_view AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS fid, NULL AS geom FROM n",
        "CREATE VIRTUAL TABLE data_view USING fts5(nama)",
    ],
)
def test_only_plain_tables_are_read(statement: str, read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame().to_file(path, layer="data", engine="pyogrio")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
        database.execute("UPDATE gpkg_contents SET table_name = 'data_view'")
    assert refused(read, path).code == "GPKG_CODE"


def test_a_damaged_geopackage_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame(nama=["x" * 3000] * 3).to_file(path, engine="pyogrio")
    whole = path.read_bytes()
    assert refused(read, whole[: len(whole) // 2]).code == "GPKG_BROKEN"


def test_reading_a_geopackage_changes_no_byte_of_it(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame().to_file(path, engine="pyogrio")
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


# Shapefiles


@pytest.mark.parametrize("part", [".shx", ".dbf", ".shp"])
def test_a_shapefile_without_one_of_its_parts_is_refused(part: str, read: Read, shapefile: Callable[..., Path]) -> None:
    assert refused(read, zipped(shapefile(frame()), leave_out=(part,))).code == "SHP_PARTS"


def damage(path: Path, at: int, content: bytes) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(content)


@pytest.mark.parametrize(
    ("part", "at", "content"),
    [
        ("data.shp", 24, b"\0\0\0\1"),  # a length that is not the file's
        ("data.shx", 100, b"\x7f\0\0\0"),  # a record beyond the end
        ("data.dbf", 4, b"\x09\0\0\0"),  # more rows than geometries
        ("data.dbf", 10, b"\xff\x00"),  # rows longer than the file
        ("data.shp", 0, b"PK"),  # no shapefile at all
    ],
)
def test_parts_that_disagree_are_refused(
    part: str, at: int, content: bytes, read: Read, shapefile: Callable[..., Path]
) -> None:
    folder = shapefile(frame())
    damage(folder / part, at, content)
    assert refused(read, zipped(folder)).code == "SHP_PARTS"


def test_columns_without_the_sign_that_ends_them_end_with_the_head(read: Read, shapefile: Callable[..., Path]) -> None:
    folder = shapefile(frame())
    header = int.from_bytes((folder / "data.dbf").read_bytes()[8:10], "little")
    damage(folder / "data.dbf", header - 1, b"x")
    assert read(zipped(folder)).layer.columns["nama"].to_pylist() == ["Barat", "Timur", "Utara"]
    damage(folder / "data.dbf", 8, b"\x21\0")  # the head ends before its first column
    assert refused(read, zipped(folder)).code == "SHP_PARTS"


def test_rows_marked_as_deleted_are_left_out(read: Read, shapefile: Callable[..., Path]) -> None:
    folder = shapefile(frame())
    header = int.from_bytes((folder / "data.dbf").read_bytes()[8:10], "little")
    damage(folder / "data.dbf", header, b"*")
    layer = read(zipped(folder)).layer
    assert layer.columns["nama"].to_pylist() == ["Timur", "Utara"]


@pytest.mark.parametrize("encoding", ["UTF-8", "CP1252", "CP850", "CP1251", "ISO-8859-1"])
def test_text_is_read_in_the_code_page_a_shapefile_names(
    encoding: str, read: Read, shapefile: Callable[..., Path]
) -> None:
    word = "Пекалонган" if encoding == "CP1251" else "Café Ñandú"
    folder = shapefile(frame(nama=[word, "b", "c"]), encoding=encoding)
    reading = read(zipped(folder))
    assert reading.layer.columns["nama"].to_pylist() == [word, "b", "c"]
    assert not reading.remarks


def test_text_without_a_code_page_is_guessed_and_that_is_said(read: Read, shapefile: Callable[..., Path]) -> None:
    folder = shapefile(frame(nama=["Café", "b", "c"]), encoding="CP1252")
    (folder / "data.cpg").unlink()
    reading = read(zipped(folder))
    assert reading.layer.columns["nama"].to_pylist()[0] == "Café"
    assert [(remark.check, "Café" in str(remark.params["sample"])) for remark in reading.remarks] == [
        ("ENC_GUESSED", True)
    ]


def test_a_shapefile_in_a_folder_of_its_archive_is_found(read: Read, shapefile: Callable[..., Path]) -> None:
    folder = shapefile(frame())
    content = {f"Peta/Batas.{part.suffix[1:].upper()}": part.read_bytes() for part in folder.iterdir()}
    archive = zipped(folder, leave_out=tuple(part.suffix for part in folder.iterdir()), extra=content)
    layer = read(archive).layer
    assert (layer.name, len(layer)) == ("Batas", 3)


def test_companions_of_a_shapefile_are_not_remarked_on(read: Read, shapefile: Callable[..., Path]) -> None:
    extra = {"data.sbn": b"", "data.shp.xml": b"<x/>", "__MACOSX/._data.shp": b"", "catatan.docx": b""}
    reading = read(zipped(shapefile(frame()), extra=extra))
    assert [remark.params["files"] for remark in reading.remarks] == ["catatan.docx"]


# GeoJSON, before it is parsed


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "EMPTY"),
        (" \n ", "EMPTY"),
        (collection(), "EMPTY"),
        ("[1, 2]", "TYPE_MISMATCH"),
        ('{"type": "Topology", "objects": {}}', "TYPE_MISMATCH"),
        (json.dumps(HERE), "TYPE_MISMATCH"),
        ('{"type": "FeatureCollection"}', "JSON_BROKEN"),
        (collection(feature(HERE))[:-5], "JSON_BROKEN"),
        (collection(feature(HERE)) + "}", "JSON_BROKEN"),
        (collection(feature(HERE)) + collection(feature(HERE)), "JSON_BROKEN"),
        ('{"type": "FeatureCollection", "features": [], "features": [{}]}', "JSON_BROKEN"),
        ('{"type":"FeatureCollection","features":[' + "[" * 200_000 + "]" * 200_000 + "]}", "GEOM_DEPTH"),
        (collection(feature(HERE, x=1)).replace(": 1}", ": Infinity}"), "COORD_NONFINITE"),
        (collection(feature(point(1e308, 0))).replace("1e+308", "1e999"), "NUMBER_RANGE"),
        (collection(feature(HERE), {"type": "Bukan"}), "COUNT_DIFFERS"),
    ],
)
def test_geojson_that_is_not_whole_is_refused(content: str, code: str, read: Read) -> None:
    assert refused(read, content).code == code


def test_every_feature_with_a_value_that_is_no_number_is_named(read: Read) -> None:
    features = [feature(HERE, x=1, y=1), feature(HERE, x=2), feature(HERE, x=1)]
    fault = refused(read, collection(*features).replace('": 1', '": NaN'))
    assert fault.where == {"features": [1, 3]}
    assert "fitur 1, 3." in fault.detail


def test_text_that_is_no_utf8_is_guessed_and_that_is_said(read: Read) -> None:
    reading = read(json.dumps(json.loads(collection(feature(HERE, nama="Café"))), ensure_ascii=False).encode("cp1252"))
    assert reading.layer.columns["nama"].to_pylist() == ["Café"]
    assert reading.remarks[0].check == "ENC_GUESSED"


def test_a_byte_order_mark_is_no_fault(read: Read) -> None:
    assert len(read(b"\xef\xbb\xbf" + collection(feature(HERE)).encode()).layer) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    features=st.lists(st.dictionaries(st.text(), json_values, max_size=3), max_size=6),
    others=st.dictionaries(st.text().filter(lambda name: name not in ("type", "features", "crs")), json_values),
    piece=st.integers(1, 64),
    ascii_only=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_features_are_counted_without_parsing_whatever_they_hold(
    features: list[dict[str, object]],
    others: dict[str, object],
    piece: int,
    ascii_only: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    whole = {**others, "type": "FeatureCollection", "features": [feature(None, **{"p": each}) for each in features]}
    path = tmp_path_factory.mktemp("json") / "x"
    path.write_text(json.dumps(whole, ensure_ascii=ascii_only), encoding="utf-8", errors="replace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson, "_PIECE", piece)
        names = frozenset({"p"} if features else ())
        assert geojson.look_at(path) == geojson.Frame("FeatureCollection", len(features), "", True, names)


# Names


@given(st.lists(st.text(max_size=80), max_size=30))
def test_every_column_gets_a_safe_name_of_its_own(labels: list[str]) -> None:
    made = names.regenerate(labels)
    assert len(set(made)) == len(labels)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name) for name in made)
    assert names.RESERVED.isdisjoint(made)


def test_labels_keep_what_the_file_called_them(read: Read) -> None:
    reading = read(collection(feature(HERE, **{"select": 1, "Luas (Ha)": 2, "nama": "a", "Nama": "b"})))
    assert [(field.name, field.label) for field in reading.layer.fields] == [
        ("select_", "select"),
        ("luas_ha", "Luas (Ha)"),
        ("nama", "nama"),
        ("nama_2", "Nama"),
    ]
    assert [(remark.check, remark.column) for remark in reading.remarks] == [
        ("FIELD_RENAMED", "select_"),
        ("FIELD_RENAMED", "nama_2"),
    ]


def test_too_many_columns_are_refused(read: Read) -> None:
    assert refused(read, collection(feature(HERE, **{f"k{n}": n for n in range(501)}))).code == "COLUMNS"


def test_progress_tells_the_stages_and_ends_at_the_count(tmp_path: Path) -> None:
    path = tmp_path / "data.gpkg"
    frame(32749).to_file(path, engine="pyogrio")
    told: list[tuple[str, int, int]] = []
    read_upload(path, "data.gpkg", reading={}, crs=None, progress=lambda *each: told.append(each))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["Kenali", "Baca", "Ubah koordinat"]
    assert told[-1] == ("Ubah koordinat", 3, 3)
