"""Rows and columns are counted apart from the reader; a difference is a refusal."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import pyogrio
import pytest

from server.intake.opendocument import last_filled_row
from tests.intake.conftest import Read, frame
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
    assert last_filled_row(path, "Data") == 5
    assert last_filled_row(path, "Lain") == 0
    assert len(read(path).layer) == 4
    damaged = opendocument(rows)
    damaged["content.xml"] = damaged["content.xml"][:-20]
    zipped(path, damaged)
    assert code(read, path) == "ODS_UNREADABLE"
