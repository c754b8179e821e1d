"""Rows and columns are counted apart from the reader; a difference is a refusal."""

from __future__ import annotations

import csv
import io
import sqlite3
import struct
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.intake import opendocument as sheets
from server.intake import records, tables
from server.intake.reader import read_upload
from tests.intake.conftest import Read, collection, feature, frame, point
from tests.intake.mutations import opendocument, zipped
from workflow.errors import BadUpload


def code(read: Read, content: Path | bytes) -> str:
    with pytest.raises(BadUpload) as refused:
        read(content)
    return refused.value.code


@pytest.fixture(params=[1, 2, 3, 16, 17, 257])
def count(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("index", ["YES", "NO"])
def test_a_flatgeobuf_of_any_size_is_walked_to_its_end(read: Read, tmp_path: Path, count: int, index: str) -> None:
    path = tmp_path / "data.fgb"
    data = frame().sample(count, replace=True, random_state=1, ignore_index=True)
    pyogrio.write_dataframe(data, path, driver="FlatGeobuf", SPATIAL_INDEX=index)
    assert len(read(path).layer) == count


def test_a_flatgeobuf_that_breaks_off_or_miscounts_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.fgb"
    pyogrio.write_dataframe(frame(), path, driver="FlatGeobuf", SPATIAL_INDEX="NO")
    whole = path.read_bytes()
    assert code(read, whole[:-1]) == "FGB_BROKEN"
    assert code(read, whole[:11]) == "FGB_BROKEN"
    assert code(read, whole + b"\0") == "FGB_BROKEN"
    assert code(read, whole[:8] + struct.pack("<I", 2**31) + whole[12:]) == "FGB_BROKEN"
    assert code(read, whole[: 12 + struct.unpack_from("<I", whole, 8)[0]]) in ("COUNT_DIFFERS", "EMPTY")
    at = whole.index(struct.pack("<Q", 3), 12)
    assert code(read, whole[:at] + struct.pack("<Q", 4) + whole[at + 8 :]) in ("COUNT_DIFFERS", "FGB_BROKEN")


@pytest.mark.parametrize("key", ["fid", "OGC_FID", "nomor"])
def test_columns_of_a_geopackage_are_those_of_its_table(read: Read, tmp_path: Path, key: str) -> None:
    path = tmp_path / "data.gpkg"
    pyogrio.write_dataframe(frame(), path, driver="GPKG", FID=key)
    labels = [field.label for field in read(path).layer.fields]
    assert labels == (["nomor", "nama"] if key == "nomor" else ["nama"])


def test_a_geopackage_with_more_columns_than_can_be_read_is_refused(read: Read, tmp_path: Path) -> None:
    """A second geometry is in the table, and no reader gives it."""
    path = tmp_path / "data.gpkg"
    pyogrio.write_dataframe(frame(), path, driver="GPKG")
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE data ADD COLUMN lain POINT")
    database.close()
    assert code(read, path) == "COUNT_DIFFERS"


def test_the_rows_of_an_opendocument_sheet_are_counted_in_its_xml(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "data.ods"
    rows = [["Kode", "Jumlah"], *([f"33.75.0{n}", n * 1.5] for n in range(3)), ["33.75.04", ""], ["", ""]]
    zipped(path, opendocument(rows))
    assert sheets.counted(path, "Data").tolist() == [2, 2, 2, 2, 1]
    assert sheets.counted(path, "Lain").tolist() == []
    assert len(read(path).layer) == 4
    damaged = opendocument(rows)
    damaged["content.xml"] = damaged["content.xml"][:-20]
    zipped(path, damaged)
    assert code(read, path) == "ODS_UNREADABLE"


def layer_of(content: bytes, folder: Path, **how: object) -> tuple[int, int]:
    """Rows and columns of the Layer; where a count differs, reading raises."""
    path = folder / "upload"
    path.write_bytes(content)
    layer = read_upload(path, "data", reading=how, crs=None, progress=lambda *_: None).layer
    return len(layer), len(layer.fields)


NAMES = st.sampled_from(["nama", "kode", "Luas ha", "é", "id", "type", "catatan"])
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=8).filter(
    lambda word: word.strip() != ""
)
SOME = settings(max_examples=8, deadline=None)


@SOME
@given(
    st.lists(st.dictionaries(NAMES, st.one_of(st.none(), WORDS, st.integers(0, 9)), max_size=4), min_size=1, max_size=5)
)
def test_properties_of_geojson_are_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    content = collection(*(feature(point(109.6, -6.9), **row) for row in rows))
    keys = {key for row in rows for key in row}
    assert layer_of(content.encode(), tmp_path_factory.mktemp("g")) == (len(rows), len(keys))


@SOME
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["nama", "kode", "icon", "luas"]), WORDS, max_size=4), min_size=1, max_size=5
    )
)
def test_columns_of_kml_and_gml_that_hold_something_are_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    data = [[f'<Data name="{key}"><value>{escape(word)}</value></Data>' for key, word in row.items()] for row in rows]
    place = "<Point><coordinates>109.6,-6.9</coordinates></Point>"
    marks = "".join(f"<Placemark><ExtendedData>{''.join(each)}</ExtendedData>{place}</Placemark>" for each in data)
    kml = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
    keys, folder = {key for row in rows for key in row}, tmp_path_factory.mktemp("k")
    assert layer_of(kml.encode(), folder) == (len(rows), len(keys))
    parts = ["".join(f"<q:{key}>{escape(word)}</q:{key}>" for key, word in row.items()) for row in rows]
    shape = "<q:g><gml:Point><gml:pos>1 2</gml:pos></gml:Point></q:g>"
    members = "".join(f"<gml:featureMember><q:titik>{each}{shape}</q:titik></gml:featureMember>" for each in parts)
    spaces = 'xmlns:q="http://q" xmlns:gml="http://www.opengis.net/gml/3.2"'
    gml = f"<q:FeatureCollection {spaces}>{members}</q:FeatureCollection>"
    assert layer_of(gml.encode(), folder) == (len(rows), len(keys))


@SOME
@given(st.integers(1, 400), st.integers(1, 5), st.sampled_from(["1.0", "2.0"]), st.booleans())
def test_pages_of_parquet_are_counted(
    tmp_path_factory: pytest.TempPathFactory, count: int, width: int, version: str, words: bool
) -> None:
    target = io.BytesIO()
    table = pa.table({f"k{at}": [f"w{n % 3}" for n in range(count)] for at in range(width)})
    how = {"data_page_version": version, "use_dictionary": words, "data_page_size": 64, "row_group_size": 150}
    pq.write_table(table, target, **how)
    assert layer_of(target.getvalue(), tmp_path_factory.mktemp("p")) == (count, width)


CELLS = st.lists(
    st.lists(st.one_of(st.just(""), st.just(" "), WORDS, st.just('a"b'), st.just("a\nb")), min_size=3, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(CELLS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_records_of_csv_are_counted_in_its_lines(rows: list[list[str]], quoting: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=quoting, lineterminator="\n").writerows(rows)
    found = list(records.widths(io.StringIO(text.getvalue()), ";"))
    wanted = [max((at for at, cell in enumerate(row, 1) if cell.strip()), default=0) for row in rows]
    assert found == wanted


@SOME
@given(
    st.lists(st.lists(st.one_of(st.none(), st.just(" "), WORDS, st.integers(0, 9)), min_size=3, max_size=3), max_size=6)
)
def test_cells_of_a_workbook_are_counted(tmp_path_factory: pytest.TempPathFactory, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["a", "b", "c"], *rows, ["x", "y", "z"]):
        sheet.append([None if isinstance(cell, str) and not cell.isprintable() else cell for cell in row])
    book.save(target := io.BytesIO())
    layer_of(target.getvalue(), tmp_path_factory.mktemp("x"), header_rows=1)


@pytest.mark.parametrize(
    "content",
    [
        collection(
            feature(None)
            | {
                "properties": {
                    "_id": "a",
                    "_rev": "b",
                    "type": "Feature",
                    "properties": {"x": 1, "y": 2},
                    "geometry": point(1, 2),
                }
            }
        ),
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><ExtendedData><SchemaData schemaUrl="#s">'
        '<SimpleData name="hilang">1</SimpleData></SchemaData></ExtendedData></Placemark></Document></kml>',
        '<q:FeatureCollection xmlns:q="http://q" xmlns:gml="http://www.opengis.net/gml/3.2"><gml:featureMember><q:titik>'
        "<q:a>hilang<q:b>1</q:b></q:a></q:titik></gml:featureMember></q:FeatureCollection>",
    ],
    ids=["geojson", "kml", "gml"],
)
def test_a_column_that_the_reader_loses_is_a_refusal(read: Read, content: str) -> None:
    """GDAL takes the first for CouchDB's, the second needs a schema, and in the third text stands beside an element."""
    with pytest.raises(BadUpload) as refused:
        read(content)
    assert (refused.value.code, "kolom" in refused.value.detail, bool(refused.value.mend)) == (
        "COUNT_DIFFERS",
        True,
        True,
    )


def test_rows_that_a_parquet_file_miscounts_are_a_refusal(read: Read) -> None:
    target = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(77))}), target, compression="none")
    whole = target.getvalue()
    (size,) = struct.unpack("<I", whole[-8:-4])
    start = len(whole) - 8 - size
    # The first of the two counts in the footer: the file's own.
    at = whole.index(bytes([0x16, 77 * 2 & 127 | 128, 77 * 2 >> 7]), start)
    assert code(read, whole[:at] + bytes([0x16, 76 * 2 & 127 | 128, 76 * 2 >> 7]) + whole[at + 3 :]) in (
        "COUNT_DIFFERS",
        "PARQUET_BROKEN",
    )


@pytest.mark.parametrize("counted", [[2, 2, 2, 2], [2, 2, 0], [2, 2], [3, 2, 2]])
def test_a_table_whose_reader_gives_other_rows_or_columns_is_a_refusal(counted: list[int]) -> None:
    with pytest.raises(BadUpload) as refused:
        tables.build("x", [["a", "b"], ["x", "y"], ["z", "w"]], {}, lambda _: None, np.array(counted))
    assert refused.value.code == "COUNT_DIFFERS"
    assert refused.value.where["sheets"][0]["raw"][0] == [1, "a", "b"]
