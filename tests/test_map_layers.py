"""Every real map is read, and what is known to be wrong with it is found, no more and no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.map_layers import LAYERS, alarms, expected, found_in, read
from workflow.errors import BadUpload

KELURAHAN = "01_pekalongan/wilayah_boundaries/db/kel/33/wilayah_boundaries_kel_33.75.sql"

pytestmark = pytest.mark.skipif(
    not (SHARED / "data").exists(), reason=f"{SHARED / 'data'} is absent; SEBAR_SHARED names the folder of real files"
)


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_wrong_with_a_real_map_is_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    layer = read(name, tmp_path, **({"axes": "swapped"} if LAYERS[name].get("swapped") else {})).layer
    assert len(layer) == LAYERS[name]["features"]
    assert found_in(layer) == expected(name)


def test_boundaries_written_as_latitude_and_longitude_are_refused_until_somebody_swaps_them(tmp_path: Path) -> None:
    with pytest.raises(BadUpload) as refusal:
        read(KELURAHAN, tmp_path)
    assert refusal.value.code == "COORD_SWAPPED"
    assert LAYERS[KELURAHAN]["swapped"]


def test_topojson_is_no_map_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(BadUpload) as refusal:
        read("02_boundaries/peta-jawa-tengah/data/jawa-tengah-topo.json", tmp_path)
    assert refusal.value.code == "TYPE_MISMATCH"


def test_of_a_thousand_real_features_less_than_one_is_called_wrong_wrongly() -> None:
    assert float(alarms().split()[-4]) < 1
