"""Layers as agencies publish them, read here and, independently, by json or fiona."""

from __future__ import annotations

import json
from pathlib import Path

import fiona
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from tests.conftest import SHARED, SI_INVESTA
from tests.intake.conftest import Read, shared, zipped
from workflow.layer import Layer

LAYERS = sorted(path.name for path in SI_INVESTA.glob("*.geojson"))
RBI = SHARED / "data" / "02_boundaries" / "rbi50k_kota_metro"
SHAPEFILES = sorted(path.stem for path in RBI.glob("*.shp"))


def values(layer: Layer) -> dict[str, list[object]]:
    return {field.label: layer.columns[field.name].to_pylist() for field in layer.fields}


@pytest.mark.skipif(not LAYERS, reason=f"{SI_INVESTA} is absent (SEBAR_SHARED)")
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_pekalongan_is_read_as_it_is(name: str, read: Read) -> None:
    features = json.loads((SI_INVESTA / name).read_text())["features"]
    layer = read(SI_INVESTA / name).layer
    assert len(layer) == len(features)
    assert layer.rows.tolist() == list(range(1, len(features) + 1))
    assert layer.source_crs in ("OGC:CRS84", "EPSG:4326")
    expected = [each["geometry"] and shapely.force_2d(shape(each["geometry"])) for each in features]
    assert layer.geometry is not None
    assert shapely.equals_exact(layer.geometry, np.array(expected, object)).all()
    for label, column in values(layer).items():
        if any("id" in each for each in features) and label == "id":
            continue
        assert column == [plain(each["properties"].get(label)) for each in features]
    assert {label for each in features for label in each["properties"]} <= set(values(layer))


def plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, list | dict) else value


@pytest.mark.skipif(not SHAPEFILES, reason=f"{RBI} is absent (SEBAR_SHARED)")
@pytest.mark.parametrize("name", SHAPEFILES)
def test_a_map_of_big_is_read_as_fiona_reads_it(name: str, read: Read, tmp_path: Path) -> None:
    folder = tmp_path / "rbi"
    folder.mkdir()
    for part in RBI.glob(f"{name}.*"):
        (folder / part.name).symlink_to(part)
    reading = read(zipped(folder))
    layer = reading.layer
    with fiona.open(RBI / f"{name}.shp") as source:
        records = list(source)
    assert (layer.name, len(layer), layer.source_crs) == (name, len(records), "EPSG:4326")
    assert layer.geometry is not None
    expected = np.array([each.geometry and shapely.force_2d(shape(each.geometry)) for each in records], object)
    assert shapely.equals_exact(layer.geometry, expected).all()
    assert not shapely.has_z(layer.geometry).any()
    for label, column in values(layer).items():
        assert [told(each) for each in column] == [told(each.properties[label]) for each in records]
    assert "GEOM_ZM" in {remark.check for remark in reading.remarks}


def told(value: object) -> object:
    return getattr(value, "isoformat", lambda: value)()


@pytest.mark.parametrize(
    ("name", "rows"),
    [("boundaries/rw_jakarta", 2685), ("exposure/jakarta_roads", 18574), ("hazard/Jakarta_RW_2007flood", 1009)],
)
def test_a_larger_shapefile_is_read_whole(name: str, rows: int, read: Read, tmp_path: Path) -> None:
    source = shared("06_scale", "inasafe_jakarta", f"{name}.shp")
    folder = tmp_path / "jakarta"
    folder.mkdir()
    for part in source.parent.glob(f"{source.stem}.*"):
        (folder / part.name).symlink_to(part)
    layer = read(zipped(folder)).layer
    with fiona.open(source) as expected:
        assert (len(layer), layer.source_crs) == (rows, "EPSG:4326")
        assert shapely.total_bounds(layer.geometry) == pytest.approx(np.array(expected.bounds), abs=0)
