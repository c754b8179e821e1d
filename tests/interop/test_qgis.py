"""QGIS loads the collections as layers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import geopandas
import pytest

from server.demo import SAMPLE
from tests.interop.conftest import FEATURES, MAP_OF_TABLE, TABLE, Live, absent, call

pytestmark = pytest.mark.interop

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("qgis_reads.py")


@pytest.fixture(scope="module")
def layers(sebar: Live, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What QGIS got of every published collection."""
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"]).returncode:
        absent("PyQGIS (python3-qgis)")
    home = str(tmp_path_factory.mktemp("qgis"))
    said = call(
        [SYSTEM_PYTHON, str(SCRIPT), sebar.ogc, *FEATURES, TABLE, MAP_OF_TABLE],
        QT_QPA_PLATFORM="offscreen",
        HOME=home,
        XDG_RUNTIME_DIR=home,
        PYTHONPATH="",
        PYTHONHASHSEED="0",
    )
    return json.loads(next(line for line in said.splitlines() if line.startswith("JSON:"))[5:])


@pytest.mark.parametrize("collection", FEATURES)
def test_a_collection_loads_with_count_extent_and_geometry(layers: dict[str, Any], collection: str) -> None:
    file, count, geometry_type = FEATURES[collection]
    got = layers[collection]
    bounds = geopandas.read_file(SAMPLE / file).to_crs("OGC:CRS84").total_bounds
    assert got["valid"], got
    assert got["read"] == got["count"] == got["with_geometry"] == count
    assert got["geometry"].removeprefix("Multi") == geometry_type
    assert got["extent"] == pytest.approx(list(bounds), abs=1e-4)
    assert got["crs"] in ("OGC:CRS84", "EPSG:4326")


def test_numbers_can_be_calculated_with_in_qgis(layers: dict[str, Any]) -> None:
    assert {"panjang_m", "lebar_m"} <= set(layers["jaringan-jalan"]["numeric"])
    assert {"siswa_l", "siswa_p", "rombel"} <= set(layers["lokasi-sekolah"]["numeric"])
    assert "npsn" not in layers["lokasi-sekolah"]["numeric"]
    assert layers["lokasi-sekolah"]["first"]["npsn"].startswith("00")


def test_the_population_map_loads_as_27_polygons_per_period(layers: dict[str, Any]) -> None:
    got = layers[MAP_OF_TABLE]
    assert got["valid"], got
    assert got["read"] == got["with_geometry"] == 27 * 5
    assert got["geometry"].endswith("Polygon")
    assert "tahun" in got["numeric"]


def test_the_plain_table_loads_without_geometry(layers: dict[str, Any]) -> None:
    got = layers[TABLE]
    assert got["valid"], got
    assert got["read"] == got["count"] == 270
    assert got["with_geometry"] == 0
    assert "jumlah" in got["numeric"]
