"""The bench tells right answers from wrong ones: its data and its checks, on a small city and without peers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from bench import checks, data, report
from bench.peers import Peer
from bench.rows import ROWS, City, features_in_tile, try_out
from bench.sebar import ABOUT
from tests.conftest import City as Sebar
from tests.test_publishing import walk

SEBAR = Peer("Sebar", "", "", root="/ogc", cql={"filter-lang": "cql2-text"})
ANSWERED = {"limit10", "limit1000", "limit10000", "bbox", "item", "equal", "cql2", "offset", "offsets", "areas"} | {
    "landing",
    "collections",
}


@pytest.fixture(scope="module")
def small() -> City:
    return City(data.buildings(700), data.kelurahan())


def test_the_same_seed_makes_the_same_city_of_valid_polygons_that_do_not_touch(small: City) -> None:
    again = data.buildings(700)
    assert shapely.equals(again.geometry, small.buildings.geometry).all()
    assert shapely.is_valid(small.buildings.geometry).all()
    assert shapely.is_valid(small.areas.geometry).all()
    corners = shapely.get_num_coordinates(small.buildings.geometry) - 1
    assert (corners.min(), corners.max()) == (5, 12)
    pairs = small.buildings.tree.query(small.buildings.geometry, "intersects")
    assert pairs.shape[1] == len(small.buildings)


def test_boxes_hold_about_as_many_as_they_say() -> None:
    many = data.buildings(20_000)
    found = [len(many.in_box(box)[0]) for box in data.boxes(many, 50, seed=1)]
    assert all(abs(hits - data.HITS) < 0.2 * data.HITS for hits in found)


def test_sebar_answers_every_row_rightly(city: Sebar, small: City, tmp_path: Path) -> None:
    for layer in (small.buildings, small.areas):
        file = layer.write(tmp_path / f"{layer.name}.gpkg")
        assert walk(city, file.read_bytes(), name=file.name, **ABOUT[layer.name]) == layer.name
    http = city.another_worker()

    def fetch(path: str, _encoding: str) -> tuple[bytes, float]:
        answer = http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.data, 0.0

    for row in ROWS:
        if row.key in ANSWERED:
            assert not try_out(row, small, SEBAR, fetch)[1].wrong, row.key


WRONG: dict[str, Any] = {
    "one less": lambda page: page["features"].pop(),
    "another order": lambda page: page["features"].reverse(),
    "another total": lambda page: page.update(numberMatched=11),
    "another value": lambda page: page["features"][0]["properties"].update(luas=1.0),
    "another place": lambda page: page["features"][0]["geometry"]["coordinates"][0][1].__setitem__(0, 109.0),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_is_not_timed(small: City, what: str) -> None:
    layer = small.buildings
    page = {"features": [feature(layer, row) for row in range(10)], "numberMatched": len(layer)}
    first = next(row for row in ROWS if row.key == "limit10")
    assert not try_out(first, small, SEBAR, lambda *_: (json.dumps(page).encode(), 0.0))[1].wrong
    WRONG[what](page)
    assert try_out(first, small, SEBAR, lambda *_: (json.dumps(page).encode(), 0.0))[1].wrong.startswith("wrong")


def feature(layer: data.Layer, row: int) -> dict[str, Any]:
    values = {name: column[row] for name, column in layer.columns.items()}
    plain = {
        name: str(value) if name == "didata" else getattr(value, "item", lambda v=value: v)()
        for name, value in values.items()
    }
    geometry = json.loads(shapely.to_geojson(layer.geometry[row]))
    return {"type": "Feature", "id": row + 1, "geometry": geometry, "properties": plain}


def test_features_of_a_tile_are_counted() -> None:
    layer = b"\x0a\x01x" + 3 * b"\x12\x02\x18\x03" + b"\x78\x02"
    assert features_in_tile(b"\x1a" + bytes([len(layer)]) + layer) == 3


def test_a_ratio_is_reached_only_where_both_stores_reach_it() -> None:
    rates = {"Sebar": {"rate": 300.0}, "Sebar PostGIS": {"rate": 190.0}, "tipg": {"rate": 2.0}}
    assert report._against(rates, "tipg", 95.0) == "150 / 95.0 (95 ✓)"
    assert report._against(rates, "tipg", 96.0) == "150 / 95.0 (96)"
    silent = {"wrong": "no answer within 60 s", "at_most": 0.1}
    assert report._against(rates | {"pygeoapi": silent}, "pygeoapi", 500.0) == "> 3,000 / > 1,900 (500 ✓)"


def test_every_check_is_timed_beside_the_yardstick() -> None:
    lines = checks.main(500).splitlines()
    assert len(lines) == 1 + len(checks.CHECKS) + 2 + 1
    assert [line.split("  ")[0] for line in lines[-3:-1]] == ["map checks", "all checks"]
