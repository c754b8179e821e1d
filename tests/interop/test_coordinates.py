"""Clients ask for a coordinate system and get what PROJ computes."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pytest
import requests
from pyproj import Transformer

from server.demo import SAMPLE
from tests.interop.conftest import Live

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]

OGC = "http://www.opengis.net/def/crs/EPSG/0/"
CODES = (32749, 4326, 9470)
LATITUDE_FIRST = (4326, 9470)
MILLIMETRE, DEGREE = 0.001, 111_320.0
BOX = (109.66, -6.90, 109.68, -6.88)


@pytest.fixture(scope="module")
def schools() -> geopandas.GeoDataFrame:
    """As they were entered: SRGI2013 in UTM zone 49S."""
    return geopandas.read_file(SAMPLE / "sekolah.gpkg").sort_values("npsn")


def computed(schools: geopandas.GeoDataFrame, code: int) -> np.ndarray[Any, Any]:
    """East first, by PROJ; SRGI2013 and WGS 84 are taken for the same."""
    lonlat = Transformer.from_crs(9489, 9470, always_xy=True).transform(schools.geometry.x, schools.geometry.y)
    wanted = Transformer.from_crs(4326, code, always_xy=True).transform(*lonlat) if code == 32749 else lonlat
    return np.column_stack(wanted)


def metres(code: int, difference: np.ndarray[Any, Any]) -> float:
    return float(np.abs(difference).max()) * (DEGREE if code in LATITUDE_FIRST else 1)


@pytest.mark.parametrize("code", [32749, 9470])
def test_gdal_reads_the_system_that_it_asks_for(sebar: Live, schools: geopandas.GeoDataFrame, code: int) -> None:
    """GDAL since 3.7 with CRS=; it turns the authority's axes to east first, and for EPSG:4326 takes CRS84."""
    with sebar.watching() as asked:
        served = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer="lokasi-sekolah", CRS=f"EPSG:{code}")
    served = served.sort_values("npsn")
    assert served.crs.to_epsg() == code
    assert any(one.args.get("crs") == f"{OGC}{code}" for one in asked)
    got = np.column_stack([served.geometry.x, served.geometry.y])
    assert metres(code, got - computed(schools, code)) < MILLIMETRE


@pytest.mark.parametrize("code", CODES)
def test_a_view_in_that_system_as_newer_qgis_asks_for_it(
    sebar: Live, schools: geopandas.GeoDataFrame, code: int
) -> None:
    """QgsOapifFeatureDownloaderImpl::run since 3.32: box and answer in the layer's system, axes of the authority."""
    here = schools.to_crs(9470).cx[BOX[0] : BOX[2], BOX[1] : BOX[3]]
    corners = np.array([BOX[:2], BOX[2:]])
    if code == 32749:
        corners = np.column_stack(Transformer.from_crs(4326, code, always_xy=True).transform(*corners.T))
    if code in LATITUDE_FIRST:
        corners = corners[:, ::-1]
    question = {"limit": 1000, "bbox": ",".join(map(repr, corners.ravel().tolist()))}
    question |= {"bbox-crs": f"{OGC}{code}", "crs": f"{OGC}{code}"}
    answer = requests.get(f"{sebar.ogc}/collections/lokasi-sekolah/items", params=question, timeout=60)
    assert answer.headers["Content-Crs"] == f"<{OGC}{code}>"
    found = sorted(answer.json()["features"], key=lambda one: one["id"])
    # A box of parallels and meridians is none in UTM: at its edges the two may differ.
    assert abs(len(found) - len(here)) <= (2 if code == 32749 else 0)
    got = np.array([one["geometry"]["coordinates"] for one in found])
    got = got[:, ::-1] if code in LATITUDE_FIRST else got
    expected = computed(schools[schools.npsn.isin([one["id"] for one in found])], code)
    assert metres(code, got - expected) < MILLIMETRE


def test_a_collection_names_the_systems_and_the_one_it_is_kept_in(sebar: Live) -> None:
    said = sebar.json("/ogc/collections/lokasi-sekolah?f=json")
    assert {f"{OGC}{code}" for code in CODES} <= set(said["crs"])
    assert said["storageCrs"] in said["crs"]
