"""What is made on request says what the release says, to readers that know nothing of Sebar."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import fiona
import geopandas
import numpy as np
import openpyxl
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

from server.release import formats
from server.release.formats import made_formats, utm_zone, write, write_all
from tests.release.layers import build, features, layer_of, schools, squares
from workflow.errors import NotFound
from workflow.layer import FieldType

NAMES = ["data.xlsx", "data.parquet", "data.fgb", "data.kml", "data-utm49s.gpkg"]


def made(folder: Path, name: str, layer, **more) -> Path:
    manifest = build(layer, folder / "c", **more)
    write(folder / name, name, folder / "c", manifest["collections"][0])
    return folder / name


def many(count: int = 25_000):
    """More than one batch, in no order of place, with a key."""
    return layer_of(
        {
            "kode": (FieldType.STRING, [f"B{at}" for at in range(count)]),
            "luas": (FieldType.NUMBER, [at / 3 for at in range(count)]),
        },
        [
            shapely.box(109.6 + at * 7919 % count / 1e5, -6.9, 109.6 + at * 7919 % count / 1e5 + 1e-5, -6.8)
            for at in range(count)
        ],
        key="kode",
    )


def test_every_format_has_every_row_and_value(tmp_path):
    manifest = build(many(), tmp_path / "c", metadata={"title": "Bangunan", "key": "kode"})
    (entry,) = manifest["collections"]
    told = {one["properties"]["kode"]: one for one in features(tmp_path / "c")}
    assert list(made_formats(entry)) == NAMES
    for name in NAMES:
        write(tmp_path / name, name, tmp_path / "c", entry)
        if name.endswith("xlsx"):
            frame = pandas.read_excel(tmp_path / name, engine="openpyxl").rename(
                columns={"KODE": "kode", "LUAS": "luas"}
            )
        elif name.endswith("parquet"):
            frame = geopandas.read_parquet(tmp_path / name)
        else:
            frame = geopandas.read_file(tmp_path / name, layer=0).rename(columns={"Name": "kode"}).to_crs(4326)
        assert len(frame) == frame.kode.nunique() == len(told), name
        tolerance = 1e-14 if name in ("data.xlsx", "data.kml") else 1e-15
        assert all(
            abs(told[kode]["properties"]["luas"] / value - 1) < tolerance
            for kode, value in zip(frame.kode, frame.luas, strict=True)
            if value
        ), name
        if "geometry" in frame:
            drawn = shapely.from_geojson([json.dumps(told[kode]["geometry"]) for kode in frame.kode])
            assert shapely.hausdorff_distance(drawn, frame.geometry.to_numpy()).max() < 1e-8, name


def test_types_and_empty_cells_stay_in_geoparquet(tmp_path):
    path = made(tmp_path, "data.parquet", schools())
    table = pq.read_table(path)
    assert table.schema.field("murid").type == pa.int64()
    assert table.column("murid").to_pylist() == [2**63 - 1, -(2**63), None, 0]
    assert table.column("negeri").to_pylist() == [True, False, None, True]
    assert table.column("berdiri").to_pylist()[0] == date(1950, 8, 17)
    assert table.column("dicatat").to_pylist()[0] == datetime(2026, 3, 12, 8, 30)  # noqa: DTZ001 - as in the file
    frame = geopandas.read_parquet(path)
    assert frame.crs == "OGC:CRS84"
    assert frame.geometry.isna().tolist() == [False, False, True, True]
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]
    assert geo["columns"]["geometry"]["bbox"] == pytest.approx([109.6751235, -6.9, 109.7, -6.89], abs=2e-7)


def test_a_box_reads_a_part_of_geoparquet_and_flatgeobuf(tmp_path):
    manifest = build(squares(9000), tmp_path / "c")
    west = (109.60005, -7, 109.60015, -6)
    for name, read in (("data.parquet", geopandas.read_parquet), ("data.fgb", geopandas.read_file)):
        write(tmp_path / name, name, tmp_path / "c", manifest["collections"][0])
        assert sorted(read(tmp_path / name, bbox=west).nomor) == [0, 1]


def test_moments_keep_their_zone_or_have_none(tmp_path):
    def moments(zone):
        layer = schools()
        column = pa.array([None, datetime(2026, 3, 12, 8, 30, 0, 250_000), None, None], pa.timestamp("ms", zone))  # noqa: DTZ001 - arrow adds the zone
        at = layer.columns.column_names.index("dicatat")
        object.__setattr__(layer, "columns", layer.columns.set_column(at, "dicatat", column))
        return layer

    for zone in (None, "UTC"):
        (tmp_path / str(zone)).mkdir()
        path = made(tmp_path / str(zone), "data.parquet", moments(zone))
        assert pq.read_schema(path).field("dicatat").type == pa.timestamp("ms", zone)


def test_a_feature_without_geometry_is_in_the_flatgeobuf(tmp_path):
    path = made(tmp_path, "data.fgb", schools())
    with fiona.open(path) as source:
        rows = list(source)
    assert [row["properties"]["npsn"] for row in rows] == ["20329801", "20329802", "20329803", "20329804"]
    assert [row["geometry"] is None for row in rows] == [False, False, True, True]
    assert rows[0]["properties"]["murid"] == 2**63 - 1


def test_a_flatgeobuf_without_a_key_carries_the_ids_of_the_api(tmp_path):
    path = made(tmp_path, "data.fgb", squares(50))
    ids = {one["properties"]["nomor"]: one["id"] for one in features(tmp_path / "c")}
    assert {row.nomor: row.fid for row in geopandas.read_file(path).itertuples()} == ids


def test_an_empty_layer_is_an_empty_file(tmp_path):
    empty = layer_of({"a": (FieldType.INTEGER, [])}, [])
    manifest = build(empty, tmp_path / "c")
    assert list(made_formats(manifest["collections"][0])) == NAMES[:4]
    for name in ("data.parquet", "data.fgb", "data.kml"):
        write(tmp_path / name, name, tmp_path / "c", manifest["collections"][0])
    assert len(geopandas.read_parquet(tmp_path / "data.parquet")) == 0
    assert len(geopandas.read_file(tmp_path / "data.fgb")) == 0


@pytest.mark.parametrize(
    ("source", "epsg"), [("EPSG:32749", 32749), ("EPSG:9489", 9489), ("EPSG:9470", 9489), ("OGC:CRS84", 32749)]
)
def test_the_utm_file_is_what_proj_computes_from_full_doubles(tmp_path, source, epsg):
    points = [shapely.Point(109.67512345678912, -6.8912345678912), shapely.Point(109.7, -6.9, 12.5)]
    layer = layer_of({"a": (FieldType.INTEGER, [1, 2])}, [shapely.force_3d(points[0], 3), points[1]])
    object.__setattr__(layer, "source_crs", source)
    path = made(tmp_path, "data-utm49s.gpkg", layer, dataset="titik")
    frame = geopandas.read_file(path, layer="titik")
    assert frame.crs.to_epsg() == epsg
    exact = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:32749").transform(
        [109.67512345678912, 109.7], [-6.8912345678912, -6.9]
    )
    assert np.allclose(np.array(exact).T, shapely.get_coordinates(frame.geometry), atol=1e-6)
    assert shapely.get_z(frame.geometry).tolist() == [3, 12.5]


@pytest.mark.parametrize(
    ("bbox", "file"),
    [
        ([109.6, -7, 109.8, -6.8], "data-utm49s.gpkg"),
        ([95, 4, 96, 5], "data-utm46n.gpkg"),
        ([140, -3, 141, -2], "data-utm54s.gpkg"),
        ([180, 0, 180, 0], "data-utm60n.gpkg"),
    ],
)
def test_the_zone_is_where_the_layer_lies(bbox, file):
    assert utm_zone({"bbox": bbox}).file == file


def test_excel_gets_numbers_as_numbers_days_as_days_and_everything_else_as_text(tmp_path):
    sheet = openpyxl.load_workbook(made(tmp_path, "data.xlsx", schools())).active
    titles, first, second, third, _ = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert titles == ["NPSN", "Murid", "LUAS", "Negeri", "Berdiri", "Dicatat", "NAMA", "Bujur", "Lintang"]
    assert first == [
        "20329801",
        str(2**63 - 1),
        0.1,
        True,
        datetime(1950, 8, 17),  # noqa: DTZ001 - Excel has no zones
        datetime(2026, 3, 12, 8, 30),  # noqa: DTZ001
        "SD “Noyontaansari” 🏫",
        109.6751235,
        -6.89,
    ]
    assert second[6] == "=1+1"
    assert sheet["G3"].data_type == "s"
    assert third[5:] == [None, None, None, None]
    assert sheet["E2"].is_date


def test_hostile_cells_leave_the_workbook_whole(tmp_path):
    cells = [
        "<b>&amp;</b>",
        "a\x01b\x0b",
        "_x0041_",
        "baris\r\nbaru",
        "x" * 40_000,
        "🏫" * 20_000,
        "\ufffe",
        "]]>",
        " ",
    ]
    old, new = [date(1900, 2, 28), date(2024, 2, 29)], [date(1900, 3, 1), date(9999, 12, 31)]
    layer = layer_of(
        {
            "nama": (FieldType.STRING, cells),
            "lama": (FieldType.DATE, old + [None] * 7),
            "baru": (FieldType.DATE, new + [None] * 7),
        }
    )
    path = made(tmp_path, "data.xlsx", layer)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2)]
    assert [row[0] for row in rows[:2]] == ["<b>&amp;</b>", "a\ufffdb\ufffd"]
    assert rows[2][0] == "_x0041_"
    assert rows[3][0].replace("\r", "").splitlines() == ["baris", "baru"]
    assert all(len(row[0].encode("utf-16-le")) < 2 * 32_767 and "dipotong" in row[0] for row in rows[4:6])
    assert rows[8][0] == " "
    assert [row[1] for row in rows[:2]] == ["1900-02-28", "2024-02-29"]
    assert [row[2] for row in rows[:2]] == [datetime(1900, 3, 1), datetime(9999, 12, 31)]  # noqa: DTZ001
    said = subprocess.run(["ogrinfo", "-al", "-q", str(path)], capture_output=True, text=True, check=True)
    assert "ERROR" not in said.stderr
    assert said.stdout.count("OGRFeature") >= 9


def test_what_excel_cannot_hold_is_refused_with_a_sentence(monkeypatch):
    entry = {"type": "table", "count": formats.LONGEST_SHEET + 1, "bbox": None}
    assert list(made_formats(entry)) == ["data.parquet"]
    with pytest.raises(NotFound, match=r"1\.048\.575 baris; data ini 1\.048\.576"):
        formats.refuse_too_long(entry, "data.xlsx")


def test_kml_names_its_places_and_survives_hostile_text(tmp_path):
    names = ["<![CDATA[ ]]>", "& \" ' <script>", "é 🏫", "\x02"]
    layer = layer_of(
        {"nama": (FieldType.STRING, names), "hari": (FieldType.DATE, [date(2024, 2, 29)] * 4)},
        [shapely.Point(109.7, -6.9)] * 4,
    )
    frame = pyogrio.read_dataframe(made(tmp_path, "data.kml", layer))
    assert frame.Name.tolist()[:3] == names[:3]
    assert frame.hari.tolist()[0] == "2024-02-29"
    assert (frame.geometry.x[0], frame.geometry.y[0]) == (109.7, -6.9)


def test_a_table_is_offered_as_excel_and_parquet(tmp_path):
    manifest = build(layer_of({"tahun": (FieldType.INTEGER, [2024])}), tmp_path / "c")
    assert list(made_formats(manifest["collections"][0])) == ["data.xlsx", "data.parquet"]
    write(tmp_path / "data.parquet", "data.parquet", tmp_path / "c", manifest["collections"][0])
    assert pandas.read_parquet(tmp_path / "data.parquet").tahun.tolist() == [2024]


def test_layers_of_one_title_stand_side_by_side_in_one_geopackage(tmp_path):
    releases = []
    for id, layer in (("satu", squares(3)), ("dua", schools()), ("tabel", layer_of({"a": (FieldType.INTEGER, [1])}))):
        manifest = build(layer, tmp_path / id, dataset=id)
        releases.append((tmp_path / id, manifest))
    write_all(tmp_path / "semua.gpkg", releases)
    assert dict(pyogrio.list_layers(tmp_path / "semua.gpkg")) == {
        "satu": "Polygon",
        "dua": "Point",
        "tabel": None,
        "layer_styles": None,
    }
    assert geopandas.read_file(tmp_path / "semua.gpkg", layer="satu").nomor.tolist() == [0, 1, 2]
    with closing(sqlite3.connect(tmp_path / "semua.gpkg")) as database:
        said = database.execute("SELECT table_name, identifier FROM gpkg_contents WHERE data_type != 'x'").fetchall()
        assert dict(said) == {
            "satu": "Sekolah",
            "dua": "Sekolah (dua)",
            "tabel": "Sekolah (tabel)",
            "layer_styles": "layer_styles",
        }
        assert database.execute("SELECT count(*) FROM layer_styles").fetchone() == (2,)
        assert database.execute(
            "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'"
        ).fetchone() == (2,)
        assert database.execute(
            "SELECT title FROM gpkg_data_columns WHERE table_name = 'dua' AND column_name = 'murid'"
        ).fetchone() == ("Murid",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_columns_of_one_title_and_columns_called_as_coordinates_stay_apart(tmp_path):
    layer = layer_of({"a": (FieldType.INTEGER, [1]), "b": (FieldType.INTEGER, [2])}, [shapely.Point(109.7, -6.9)])
    said = [{"name": "a", "title": "Bujur"}, {"name": "b", "title": "bujur"}]
    path = made(tmp_path, "data.xlsx", layer, metadata={"title": "Titik", "fields": said})
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows()]
    assert rows == [["Bujur", "bujur (b)", "Bujur (letak)", "Lintang"], [1, 2, 109.7, -6.9]]
