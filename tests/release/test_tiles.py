"""tiles.pmtiles holds every feature at its largest zoom, with the values that the layer has."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from server.release import tiles
from tests.release.layers import build, layer_of, schools
from workflow.errors import Broken
from workflow.layer import FieldType

METRE = 1 / 111_000
TEXT, INTEGER = FieldType.STRING, FieldType.INTEGER


def archive(folder):
    with (folder / "tiles.pmtiles").open("rb") as file:
        return Reader(MmapSource(file))


def drawn(folder):
    """What GDAL reads at the largest zoom; what lies in several tiles comes several times."""
    return pyogrio.read_dataframe(folder / "tiles.pmtiles")


@pytest.mark.parametrize("size", [0.1, 1, 30])
@pytest.mark.parametrize(
    "shape",
    [
        lambda x, d: shapely.Point(x, -6.9),
        lambda x, d: shapely.LineString([(x, -6.9), (x + d, -6.9)]),
        lambda x, d: shapely.box(x, -6.9, x + d, -6.9 + d),
        lambda x, d: shapely.MultiPolygon([shapely.box(x, y, x + d, y + d) for y in (-6.9, -6.8)]),
    ],
)
def test_every_feature_is_there_at_the_largest_zoom_however_small(shape, size, tmp_path):
    shapes = [shape(109.6 + at * 1e-4, size * METRE) for at in range(1_000)]
    build(layer_of({"kode": (TEXT, [f"{at:05d}" for at in range(1_000)])}, shapes), tmp_path / "c")
    found = drawn(tmp_path / "c")
    assert set(found.mvt_id) == set(range(1, 1_001))
    assert set(found.kode) == {f"{at:05d}" for at in range(1_000)}


def test_more_features_in_one_place_than_a_tile_may_hold_are_all_there(tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "MOST_FEATURES", 100)
    shapes = [shapely.Point(109.6, -6.9)] * 3_000
    build(layer_of({"nomor": (INTEGER, list(range(3_000)))}, shapes), tmp_path / "c")
    assert archive(tmp_path / "c").header()["max_zoom"] == tiles.DEEPEST
    assert len(set(drawn(tmp_path / "c").nomor)) == 3_000


def test_codes_stay_text_numbers_stay_numbers_and_nothing_becomes_zero(tmp_path):
    build(schools(), tmp_path / "c")
    decoded = subprocess.run(
        [tiles.PROGRAM.with_name("tippecanoe-decode"), "-c", "-Z14", "-z14", tmp_path / "c" / "tiles.pmtiles"],
        capture_output=True,
        check=True,
        text=True,
    )
    values = {line["id"]: line["properties"] for line in map(json.loads, decoded.stdout.splitlines())}
    assert values == {
        1: {
            "npsn": "20329801",
            "murid": 2**63 - 1,
            "luas": 0.1,
            "negeri": True,
            "berdiri": "1950-08-17",
            "dicatat": "2026-03-12T08:30:00",
            "nama": "SD “Noyontaansari” 🏫",
        },
        2: {"npsn": "20329802", "murid": -(2**63), "negeri": False, "nama": "=1+1"},
    }


def test_long_texts_stay_out_of_the_tiles(tmp_path):
    columns = {"kode": (TEXT, ["007"]), "uraian": (TEXT, ["panjang " * 100])}
    build(layer_of(columns, [shapely.Point(109.6, -6.9)]), tmp_path / "c")
    (layer,) = archive(tmp_path / "c").metadata()["vector_layers"]
    assert (layer["id"], set(layer["fields"])) == ("sekolah", {"kode"})


def test_the_archive_names_no_path_of_the_machine(tmp_path):
    build(schools(), tmp_path / "c")
    content = (tmp_path / "c" / "tiles.pmtiles").read_bytes()
    said = json.dumps(archive(tmp_path / "c").metadata())
    for secret in (str(tmp_path), str(tiles.PROGRAM.parent), "/"):
        assert secret not in said.replace("\\/", "/"), said
    assert str(tmp_path).encode() not in content


@pytest.mark.parametrize("shapes", [[], [None, None], [shapely.Point(), None]])
def test_a_layer_without_a_place_has_no_tiles(shapes, tmp_path):
    manifest = build(layer_of({"kode": (TEXT, ["1"] * len(shapes))}, shapes), tmp_path / "c")
    assert "tiles.pmtiles" not in manifest["files"]


def test_the_manifest_lists_the_tiles_and_the_build_tells_of_them(tmp_path):
    told = []
    manifest = build(schools(), tmp_path / "c", progress=lambda *step: told.append(step))
    assert manifest["files"]["tiles.pmtiles"]["media_type"] == "application/vnd.pmtiles"
    assert any(stage == "Tulis ubin" and of == 100 for stage, _, of in told)
    assert {path.name for path in (tmp_path / "c").glob("t*")} == {"tiles.pmtiles"}


def test_zooms_follow_the_density_and_the_extent():
    def spread(count, degrees):
        corners = np.random.default_rng(1).uniform((109.6, -6.9), (109.6 + degrees, -6.9 + degrees), (count, 2))
        return layer_of({"nomor": (INTEGER, list(range(count)))}, list(shapely.points(corners)))

    assert tiles.largest_zoom(spread(1_000, 0.1)) == 14
    assert tiles.largest_zoom(spread(20_000, 0.03)) == 15
    assert tiles.largest_zoom(spread(1_000, 30)) == 11


def test_a_failing_tippecanoe_fails_the_build_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "_arguments", lambda *_: ["tippecanoe", "--no-such-option"])
    with pytest.raises(Broken, match="tippecanoe"):
        build(schools(), tmp_path / "c")
    assert not any(tmp_path.iterdir())


def test_tippecanoe_does_not_outlive_a_killed_build(tmp_path):
    code = (
        "import os, subprocess, sys; from server.release import tiles\n"
        "child = subprocess.Popen([sys.executable, '-c', tiles.START, '/bin/sleep', 'sleep', '600'])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        while "sleep" not in Path(f"/proc/{child}/comm").read_text():
            time.sleep(0.02)
        parent.send_signal(signal.SIGKILL)
    for _ in range(200):
        if gone(child):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child is still there")


def gone(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True
