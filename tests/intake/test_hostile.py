"""Uploads made to do harm: each one ends as its manifest says, calls nobody and leaves nothing behind."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.intake import Reading, read_upload
from tests.conftest import SHARED
from tests.intake.conftest import Listener, shared
from workflow.checks import CHECKS
from workflow.errors import BadUpload

FOLDER = SHARED / "data" / "08_hostile"
PORT_IN_THE_FILES = 18999

INSTEAD = {
    # Somebody must choose before there is a layer to remark on.
    "60_gpkg_two_layers.gpkg": ("reject", "LAYER_CHOICE"),
}
# Found by a check of the Layer that reading gives.
BY_A_CHECK = {check.code for check in CHECKS}


def manifest() -> list[dict[str, str]]:
    if not FOLDER.exists():
        return []
    with open(FOLDER / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def nobody_called() -> Iterator[Listener]:
    try:
        listener = Listener(PORT_IN_THE_FILES)
    except OSError:
        pytest.skip(f"port {PORT_IN_THE_FILES}, which the files call, is taken")
    yield listener
    listener.close()


@pytest.mark.skipif(not manifest(), reason=f"{FOLDER} is absent (SEBAR_SHARED)")
@pytest.mark.parametrize("row", manifest(), ids=lambda row: row["file"])
def test_a_hostile_file_ends_as_its_manifest_says(
    row: dict[str, str], nobody_called: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FOLDER / row["file"]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {*FOLDER.iterdir()}
    expected, code = INSTEAD.get(row["file"], (row["expected"], row["finding_code"]))
    if expected == "reject":
        with pytest.raises(BadUpload) as refused:
            read(path)
        assert refused.value.code == code
        assert refused.value.detail.endswith(".")
        assert refused.value.mend.endswith(".")
    else:
        reading = read(path)
        remarks = {remark.check for remark in reading.remarks}
        if expected == "accept":
            assert len(reading.layer) == 3
            assert not remarks
        elif code not in BY_A_CHECK:
            assert code in remarks
    assert nobody_called.calls == 0
    assert {*FOLDER.iterdir()} == before
    assert not [*tmp_path.iterdir()]


def read(path: Path) -> Reading:
    return read_upload(path, path.name, reading={}, crs=None, progress=lambda *_: None)


def test_deleted_rows_do_not_come_along() -> None:
    path = shared("08_hostile", "55_gpkg_deleted_rows.gpkg")
    assert b"SECRET-000" in path.read_bytes()
    layer = read(path).layer
    assert len(layer) == 3
    assert "SECRET" not in str(layer.columns.to_pydict())
