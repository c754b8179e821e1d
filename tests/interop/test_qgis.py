"""QGIS 3.22 of Debian 12 loads the collections as layers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely

from server.demo import SAMPLE
from tests.interop import layers
from tests.interop.conftest import FEATURES, MAP_OF_TABLE, TABLE, Live, absent, call

pytestmark = pytest.mark.interop

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("qgis_reads.py")
BOX = (109.64, -6.92, 109.65, -6.91)


class Loader:
    """Loads layers in QGIS; one start of QGIS for many layers."""

    def __init__(self, sebar: Live, home: str) -> None:
        self.sebar, self.home = sebar, home

    def load(self, *asked: dict[str, Any]) -> list[dict[str, Any]]:
        said = call(
            [SYSTEM_PYTHON, str(SCRIPT), self.sebar.ogc, json.dumps(asked)],
            QT_QPA_PLATFORM="offscreen",
            HOME=self.home,
            XDG_RUNTIME_DIR=self.home,
            PYTHONPATH="",
            PYTHONHASHSEED="0",
        )
        return json.loads(next(line for line in said.splitlines() if line.startswith("JSON:"))[5:])["layers"]


@pytest.fixture(scope="module")
def qgis(sebar: Live, tmp_path_factory: pytest.TempPathFactory) -> Loader:
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"]).returncode:
        absent("PyQGIS (python3-qgis)")
    return Loader(sebar, str(tmp_path_factory.mktemp("qgis")))


@pytest.fixture(scope="module")
def loaded(qgis: Loader) -> dict[str, Any]:
    """What QGIS got of every small collection."""
    names = [*FEATURES, TABLE, MAP_OF_TABLE, layers.NULLS, layers.UNICODE]
    return dict(zip(names, qgis.load(*({"collection": name} for name in names)), strict=True))


@pytest.mark.parametrize("collection", FEATURES)
def test_a_collection_loads_with_count_extent_and_geometry(loaded: dict[str, Any], collection: str) -> None:
    file, count, geometry_type = FEATURES[collection]
    got = loaded[collection]
    bounds = geopandas.read_file(SAMPLE / file).to_crs("OGC:CRS84").total_bounds
    assert got["valid"], got
    assert got["read"] == got["count"] == got["with_geometry"] == count
    assert got["geometry"].removeprefix("Multi") == geometry_type
    assert got["extent"] == pytest.approx(list(bounds), abs=1e-4)
    assert got["crs"] in ("OGC:CRS84", "EPSG:4326")


def test_numbers_can_be_calculated_with_in_qgis(loaded: dict[str, Any]) -> None:
    assert {"panjang_m", "lebar_m"} <= set(loaded["jaringan-jalan"]["numeric"])
    assert {"siswa_l", "siswa_p", "rombel"} <= set(loaded["lokasi-sekolah"]["numeric"])
    assert "npsn" not in loaded["lokasi-sekolah"]["numeric"]
    assert loaded["lokasi-sekolah"]["rows"][0]["npsn"].startswith("00")
    assert loaded["genangan-rob"]["fields"]["tanggal"] == "Date"


def test_after_fifty_nulls_every_value_is_there(loaded: dict[str, Any]) -> None:
    """QGIS before 3.44 takes types from the first ten features and has text in such columns."""
    got = loaded[layers.NULLS]
    assert got["read"] == layers.MONITORED
    assert {row["kode"]: row["jumlah"] for row in got["rows"]}["T059"] == "59"
    assert {row["kode"]: row["tinggi"] for row in got["rows"]}["T000"] == "NULL"


def test_names_of_every_script_arrive_whole(loaded: dict[str, Any]) -> None:
    rows = sorted(loaded[layers.UNICODE]["rows"], key=lambda row: int(row["nomor"]))
    assert tuple(row["nama"] for row in rows) == layers.NAMES


def test_the_population_map_loads_as_27_polygons_per_period(loaded: dict[str, Any]) -> None:
    got = loaded[MAP_OF_TABLE]
    assert got["valid"], got
    assert got["read"] == got["with_geometry"] == 27 * 5
    assert got["geometry"].endswith("Polygon")
    assert "tahun" in got["numeric"]


def test_the_plain_table_loads_without_geometry(loaded: dict[str, Any]) -> None:
    got = loaded[TABLE]
    assert got["valid"], got
    assert got["read"] == got["count"] == 270
    assert got["with_geometry"] == 0
    assert "jumlah" in got["numeric"]


def test_of_two_hundred_thousand_parcels_only_those_in_view_are_fetched(qgis: Loader, sebar: Live) -> None:
    parcels = layers.parcels()
    here = parcels[parcels.intersects(shapely.box(*BOX))]
    with sebar.watching() as asked:
        (got,) = qgis.load({"collection": layers.LARGE, "box": BOX})
    assert got["valid"], got
    assert got["count"] == layers.ROWS
    assert got["read"] == got["with_geometry"] == len(here)
    pages = [one for one in asked if one.path.endswith("/items") and "bbox" in one.args]
    # Its page is the 1000 that OpenAPI names as default.
    assert [page.args["limit"] for page in pages] == ["1000"] * (len(here) // 1000 + 1)
    assert {one.status for one in asked} <= {200, 304}


def test_dates_are_filtered_by_the_server_and_the_rest_by_qgis(qgis: Loader, sebar: Live) -> None:
    """QGIS before 3.32 knows no CQL2: of a filter it sends dates, as datetime=, to whatever column they belong."""
    floods, schools = geopandas.read_file(SAMPLE / "genangan-rob.geojson"), geopandas.read_file(SAMPLE / "sekolah.gpkg")
    with sebar.watching() as asked:
        later, larger, none = qgis.load(
            {"collection": "genangan-rob", "filter": "\"tanggal\" >= '2025-01-01'"},
            {"collection": "lokasi-sekolah", "filter": '"siswa_l" > 100'},
            {"collection": "lokasi-sekolah", "filter": "\"npsn\" = 'tidak ada'"},
        )
    assert later["read"] == (floods.tanggal.astype(str) >= "2025-01-01").sum() > 0
    assert larger["read"] == (schools.siswa_l > 100).sum()
    assert none["valid"]
    assert none["read"] == 0
    assert any(one.args.get("datetime", "").startswith("2025-01-01") for one in asked)
    assert {one.status for one in asked} <= {200, 304}


def test_what_has_not_changed_is_not_sent_twice(qgis: Loader, sebar: Live) -> None:
    qgis.load({"collection": "batas-kelurahan"})
    with sebar.watching() as asked:
        qgis.load({"collection": "batas-kelurahan"}, {"collection": "batas-kelurahan"})
    described = [one.status for one in asked if not one.path.endswith("/items")]
    assert 304 in described
