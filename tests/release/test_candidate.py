"""The files of a candidate say the same thing, and say what the upload said."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import fiona
import geopandas
import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import failpoints
from server.release.candidate import described, dictionary
from server.release.disk import sha256_of
from tests.release.layers import (
    BERITA_ACARA,
    ROOT,
    SI_INVESTA,
    build,
    features,
    layer_of,
    schools,
    squares,
    verify_folder,
)
from workflow.layer import Field, FieldType, Layer
from workflow.ledger import content_hash


def test_values_keep_their_json_types(tmp_path):
    build(schools(), tmp_path / "c", metadata={"title": "S", "key": "npsn"})
    first, second, third, _ = features(tmp_path / "c")
    assert first == {
        "type": "Feature",
        "id": "20329801",
        "geometry": {"type": "Point", "coordinates": [109.6751235, -6.89]},
        "properties": {
            "npsn": "20329801",
            "murid": 2**63 - 1,
            "luas": 0.1,
            "negeri": True,
            "berdiri": "1950-08-17",
            "dicatat": "2026-03-12T08:30:00",
            "nama": "SD “Noyontaansari” 🏫",
        },
    }
    assert second["properties"]["luas"] is None
    assert third["geometry"] is None
    assert list(third["properties"].values())[1:] == [None, None, None, "2024-02-29", None, None]


def test_moments_with_a_zone_are_told_in_utc(tmp_path):
    wib = timezone(timedelta(hours=7))
    layer = layer_of({"at": (FieldType.DATETIME, [None])}, [None])
    moments = pa.array([datetime(2026, 3, 12, 8, 30, tzinfo=wib)], pa.timestamp("us", "Asia/Jakarta"))
    build(replace(layer, columns=pa.table({"at": moments})), tmp_path / "c")
    assert features(tmp_path / "c")[0]["properties"] == {"at": "2026-03-12T01:30:00Z"}
    assert "2026-03-12T01:30:00Z" in (tmp_path / "c" / "data.csv").read_text()


def test_a_layer_without_a_key_numbers_its_features(tmp_path):
    manifest = build(schools(), tmp_path / "c")
    assert [feature["id"] for feature in features(tmp_path / "c")] == [1, 2, 3, 4]
    assert manifest["collections"][0]["key"] is None


def test_a_whole_number_as_key_is_a_whole_number_as_id(tmp_path):
    build(squares(2), tmp_path / "c", metadata={"title": "S", "key": "NOMOR"})
    assert [feature["id"] for feature in features(tmp_path / "c")] == [0, 1]


def test_gdal_reads_the_geopackage_with_every_type(tmp_path):
    build(schools(), tmp_path / "c", metadata={"title": "S", "key": "npsn"})
    info = pyogrio.read_info(tmp_path / "c" / "data.gpkg", layer="data")
    assert info["features"] == 4
    assert info["geometry_type"] == "Point"
    assert info["crs"] == "EPSG:4326"
    assert info["total_bounds"] == pytest.approx((109.67512345678, -6.9, 109.7, -6.89))
    with fiona.open(tmp_path / "c" / "data.gpkg", layer="data") as source:
        assert dict(source.schema["properties"]) == {
            "npsn": "str",
            "murid": "int",
            "luas": "float",
            "negeri": "bool",
            "berdiri": "date",
            "dicatat": "datetime",
            "nama": "str",
        }
        assert [feature.id for feature in source] == ["1", "2", "3", "4"]


def test_the_geopackage_opens_read_only_and_immutable_and_is_sound(tmp_path):
    build(squares(9), tmp_path / "c", metadata={"title": "S", "key": "nomor"})
    address = f"file:{tmp_path / 'c' / 'data.gpkg'}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("SELECT min(fid), max(fid), count(*) FROM data").fetchone() == (1, 9, 9)
        assert database.execute("SELECT count(*) FROM rtree_data_geom").fetchone() == (9,)
        plan = database.execute("EXPLAIN QUERY PLAN SELECT fid FROM data WHERE nomor = 3").fetchone()
        assert "USING COVERING INDEX data_nomor" in plan[3]
        assert database.execute("SELECT title FROM gpkg_data_columns").fetchone() == ("Nomor",)
    assert not list((tmp_path / "c").glob("data.gpkg-*"))


def test_moments_in_the_geopackage_are_text_in_the_order_of_time(tmp_path):
    build(schools(), tmp_path / "c")
    with closing(sqlite3.connect(tmp_path / "c" / "data.gpkg")) as database:
        cells = [cell for (cell,) in database.execute("SELECT dicatat FROM data ORDER BY fid")]
    assert cells == ["2026-03-12T08:30:00.000Z", None, None, "2026-01-01T00:00:00.000Z"]


def test_rings_are_wound_as_geojson_asks(tmp_path):
    build(squares(3), tmp_path / "c")
    for feature in features(tmp_path / "c"):
        assert shapely.is_ccw(shapely.geometry.shape(feature["geometry"]).exterior)


def test_offsets_cut_the_file_into_its_features(tmp_path):
    build(squares(12_345), tmp_path / "c")
    assert_offsets_fit(tmp_path / "c")


def test_an_empty_layer_has_every_file(tmp_path):
    empty = squares(1)
    empty = Layer("kosong", empty.fields, empty.columns.slice(0, 0), empty.rows[:0], empty.geometry[:0], "OGC:CRS84")
    manifest = build(empty, tmp_path / "c")
    entry = manifest["collections"][0]
    assert (entry["count"], entry["bbox"], entry["geometry_type"]) == (0, None, "Geometry")
    assert np.fromfile(tmp_path / "c" / "features.offsets", "<u8").tolist() == [0]
    assert pyogrio.read_info(tmp_path / "c" / "data.gpkg", layer="data")["features"] == 0
    assert json.loads((tmp_path / "c" / "data.geojson").read_text())["features"] == []


def test_geometries_that_are_not_finite_are_left_out(tmp_path):
    with np.errstate(invalid="ignore"):
        broken = shapely.LineString([(0, 0), (1, float("nan"))])
    build(layer_of({"a": (FieldType.INTEGER, [1, 2])}, [broken, shapely.LineString([(0, 0), (1, 1)])]), tmp_path / "c")
    first, second = features(tmp_path / "c")
    assert first["geometry"] is None
    assert second["geometry"]["coordinates"] == [[0, 0], [1, 1]]


def test_heights_are_kept_and_measures_are_not(tmp_path):
    points = [shapely.from_wkt("POINT ZM (1 2 3.123456789 4)"), shapely.from_wkt("POINT Z (1 2 3)")]
    build(layer_of({"a": (FieldType.INTEGER, [1, 2])}, points), tmp_path / "c")
    assert features(tmp_path / "c")[0]["geometry"]["coordinates"] == [1, 2, 3.1234568]
    assert pyogrio.read_info(tmp_path / "c" / "data.gpkg", layer="data")["geometry_type"] == "Point Z"


def test_the_content_hash_can_be_computed_again_from_the_folder(tmp_path):
    build(schools(), tmp_path / "c")
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert manifest["content_hash"] == content_hash(
        features_sha256=sha256_of(tmp_path / "c" / "features.geojsonl"),
        fields=manifest["collections"][0]["fields"],
        metadata=manifest["metadata"],
        reading=manifest["reading"],
        berita_acara_sha256=BERITA_ACARA["sha256"],
    )
    assert verify_folder(tmp_path / "c") == []


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"title": "Lain"}},
        {"berita_acara": BERITA_ACARA | {"sha256": "c" * 64}},
        {"metadata": {"title": "Sekolah", "fields": [{"name": "luas", "unit": "m²"}]}},
    ],
)
def test_another_word_is_another_content(tmp_path, change):
    same = build(schools(), tmp_path / "a", metadata={"title": "Sekolah"})
    assert build(schools(), tmp_path / "b", metadata={"title": "Sekolah"})["content_hash"] == same["content_hash"]
    changed = build(schools(), tmp_path / "c", **{"metadata": {"title": "Sekolah"}} | change)
    assert changed["content_hash"] != same["content_hash"]


KILLED = """
from pathlib import Path
from server import failpoints
from tests.release.layers import build, squares
failpoints.FAILPOINT = {name!r}
build(squares(50), Path({folder!r}))
"""


@pytest.mark.parametrize("name", [name for name in failpoints.FAILPOINTS if name.startswith("candidate.")])
def test_a_killed_build_shows_nothing_and_the_next_one_gives_the_same_hash(tmp_path, name):
    folder = tmp_path / "candidates" / "s1" / "1"
    script = KILLED.format(name=name, folder=str(folder))
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -9
    assert not folder.exists()
    again, other = build(squares(50), folder), build(squares(50), tmp_path / "other")
    assert [path.name for path in folder.parent.iterdir()] == ["1"]
    assert verify_folder(folder) == []
    assert again["content_hash"] == other["content_hash"]
    assert again["files"]["features.geojsonl"] == other["files"]["features.geojsonl"]


def test_an_older_attempt_is_replaced(tmp_path):
    build(squares(3), tmp_path / "c")
    manifest = build(squares(2), tmp_path / "c")
    assert manifest["collections"][0]["count"] == len(features(tmp_path / "c")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_the_dictionary_is_completed_from_labels():
    layer = layer_of({"kode_kel": (FieldType.STRING, ["33.75.01.1002"]), "npsn": (FieldType.INTEGER, [1])})
    said = {"fields": [{"label": "KODE_KEL", "definition": "Kode Kemendagri"}, {"name": "npsn", "type": "string"}]}
    done = described(layer, said, {})
    assert [(field.title, field.type) for field in done.fields] == [
        ("Kode kel", FieldType.STRING),
        ("NPSN", FieldType.STRING),
    ]
    assert done.columns.column("npsn").to_pylist() == ["1"]
    assert dictionary(done)[0]["definition"] == "Kode Kemendagri"
    assert described(done, said, {}) == done


def test_a_declared_type_that_does_not_fit_is_not_taken():
    layer = layer_of({"nama": (FieldType.STRING, ["Medono"])})
    assert described(layer, {"fields": [{"name": "nama", "type": "integer"}]}, {}).fields[0].type is FieldType.STRING


def test_what_codes_mean_stands_behind_the_definition():
    layer = layer_of({"jk": (FieldType.STRING, ["L", "P"])})
    said = {"fields": [{"name": "jk", "definition": "Jenis kelamin.", "codes": {"L": "laki-laki", "P": "perempuan"}}]}
    field = described(described(layer, said, {}), said, {}).fields[0]
    assert field.codes == ("L", "P")
    assert field.definition == "Jenis kelamin. L = laki-laki; P = perempuan"


def test_key_code_and_period_may_be_given_as_labels():
    layer = layer_of({"kode": (FieldType.STRING, ["1"]), "tahun": (FieldType.INTEGER, [2024])})
    done = described(layer, {"key": " Kode "}, {"code": "KODE", "period_column": "TAHUN"})
    assert (done.key, done.reading["code"], done.reading["period_column"]) == ("kode", "kode", "tahun")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAIVE = st.datetimes(datetime(1600, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - times without zone
CELLS = {
    FieldType.STRING: TEXT,
    FieldType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    FieldType.NUMBER: st.floats(allow_infinity=False, allow_nan=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(date(1000, 1, 1)),
    FieldType.DATETIME: NAIVE.map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000 if moment.year >= 1970 else 0)
    ),
}
PLACES = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(shapely.Point)


@st.composite
def random_layers(draw):
    count = draw(st.integers(0, 6))
    types = draw(st.lists(st.sampled_from(list(FieldType)), max_size=7))
    columns = {
        f"k{at}": (type, draw(st.lists(st.none() | CELLS[type], min_size=count, max_size=count)))
        for at, type in enumerate(types)
    }
    return layer_of(columns, draw(st.lists(st.none() | PLACES, min_size=count, max_size=count)))


@given(layer=random_layers())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_offsets_and_geopackage_agree_for_any_layer(tmp_path, layer):
    build(layer, tmp_path / "c")
    assert_offsets_fit(tmp_path / "c")
    _, table = pyogrio.read_arrow(tmp_path / "c" / "data.gpkg", layer="data")
    names = [field.name for field in layer.fields]
    lines = features(tmp_path / "c")
    assert table.num_rows == len(lines) == len(layer)
    for line, kept in zip(lines, table.to_pylist(), strict=True):
        expected = {name: spoken(kept[name]) for name in names}
        assert line["properties"] == expected
        assert (line["geometry"] is None) == (kept["geom"] is None)
        if kept["geom"] is not None:
            point = shapely.from_wkb(kept["geom"])
            assert line["geometry"]["coordinates"] == pytest.approx([point.x, point.y], abs=0.5e-7 + 1e-12)
    for name in names:
        assert (
            layer.columns.column(name).to_pylist()
            == table.column(name).cast(layer.columns.schema.field(name).type).to_pylist()
        )


def spoken(value):
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def assert_offsets_fit(folder):
    content = (folder / "features.geojsonl").read_bytes()
    offsets = np.fromfile(folder / "features.offsets", "<u8").tolist()
    assert (offsets[0], offsets[-1], len(offsets) - 1) == (0, len(content), content.count(b"\n"))
    for start, stop in pairwise(offsets):
        assert json.loads(content[start:stop])["type"] == "Feature"
        assert content[stop - 1 : stop] == b"\n"


REAL = sorted(path.name for path in SI_INVESTA.glob("*.geojson")) or ["Batas_Administrasi.geojson"]


@pytest.mark.parametrize("name", REAL)
def test_a_real_layer_is_the_same_in_every_file(tmp_path, name):
    path = SI_INVESTA / name
    if not path.exists():
        pytest.skip(f"no real files here: {SI_INVESTA} (SEBAR_SHARED)")
    source = geopandas.read_file(path).to_crs("OGC:CRS84")
    build(layer_from(source), tmp_path / "c")
    kept = geopandas.read_file(tmp_path / "c" / "data.gpkg", layer="data")
    lines = features(tmp_path / "c")
    assert len(kept) == len(lines) == len(source)
    for original, stored, line in zip(source.geometry, kept.geometry, lines, strict=True):
        drawn = shapely.geometry.shape(line["geometry"]) if line["geometry"] else None
        if original is None or original.is_empty:
            assert (stored, drawn) == (None, None)
            continue
        assert shapely.normalize(stored).equals_exact(shapely.normalize(original), 0)
        pairs = shapely.get_coordinates(stored), shapely.get_coordinates(drawn)
        assert np.abs(pairs[0] - pairs[1]).max() <= 0.5e-7 + 1e-12


def layer_from(frame: geopandas.GeoDataFrame) -> Layer:
    attributes = frame.drop(columns=frame.geometry.name)
    table = pa.Table.from_pandas(attributes, preserve_index=False).rename_columns(
        [f"k{at}" for at in range(attributes.shape[1])]
    )
    return Layer(
        name="nyata",
        fields=tuple(
            Field(name, json_type(table.schema.field(name).type), label=str(label))
            for name, label in zip(table.column_names, attributes.columns, strict=True)
        ),
        columns=table,
        rows=np.arange(1, len(frame) + 1),
        geometry=np.array(frame.geometry),
        source_crs="OGC:CRS84",
    )


def json_type(type: pa.DataType) -> FieldType:
    if pa.types.is_integer(type):
        return FieldType.INTEGER
    return FieldType.NUMBER if pa.types.is_floating(type) else FieldType.STRING


def test_no_path_of_this_machine_is_in_a_manifest(tmp_path):
    build(schools(), tmp_path / "c")
    assert str(Path.home()) not in (tmp_path / "c" / "manifest.json").read_text()
