"""Statistics are drawn on the boundary that is in force."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pyogrio
import pytest
import shapely

from server.reference import load_area_codes
from server.release.boundary import boundary_for, current_boundary
from server.release.candidate import described
from tests.release.layers import NOW, ROOT, build, features, layer_of, verify_folder
from workflow.area_codes import Level
from workflow.labels import WITHOUT_MAP
from workflow.layer import FieldType
from workflow.sop import Status
from workflow.store import Registry, Release

CODES = load_area_codes(ROOT)
KELURAHAN = CODES.at(Level.KELURAHAN)


def boundary_layer(areas=KELURAHAN):
    return layer_of(
        {
            "kode": (FieldType.STRING, [area.kemendagri for area in areas]),
            "nama": (FieldType.STRING, [area.name.upper() for area in areas]),
        },
        [shapely.Point(area.lon, area.lat).buffer(0.001) for area in areas],
    )


def population(sexes=("L", "P"), years=range(2020, 2025), areas=KELURAHAN, code="kemendagri"):
    rows = [(year, area, sex) for year in years for area in areas for sex in sexes]
    return layer_of(
        {
            "tahun": (FieldType.INTEGER, [year for year, _, _ in rows]),
            "kode_kelurahan": (FieldType.STRING, [getattr(area, code) for _, area, _ in rows]),
            "jenis_kelamin": (FieldType.STRING, [sex for _, _, sex in rows]),
            "jumlah": (FieldType.INTEGER, list(range(len(rows)))),
        }
    )


def release(home, layer, *, dataset="batas", metadata=None, published_at=NOW):
    folder = home / "releases" / dataset / "1"
    manifest = build(layer, folder, dataset=dataset, metadata=metadata or {"title": "Batas", "key": "kode"})
    return Release(
        dataset, 1, "s", manifest["content_hash"], f"releases/{dataset}/1", Status.PUBLISHED, published_at, "walidata",
        manifest=manifest,
    )  # fmt: skip


def test_27_kelurahan_in_five_years_make_a_map_of_27_polygons_a_year(tmp_path):
    boundary = current_boundary(Registry(1, (release(tmp_path, boundary_layer()),)), tmp_path, CODES)
    manifest = build(population(), tmp_path / "c", dataset="penduduk", kind="statistics", boundary=boundary)
    table, drawn = manifest["collections"]
    assert (table["type"], table["count"], drawn["id"], drawn["count"]) == ("table", 270, "penduduk-peta", 135)
    assert drawn["temporal"] == ["2020-01-01", "2024-12-31"]
    assert manifest["boundary"] == {"dataset": "batas", "number": 1, "content_hash": boundary.content_hash}
    assert manifest["reading"]["boundary"] == manifest["boundary"]
    in_2022 = [entry for entry in features(tmp_path / "c" / "peta") if entry["properties"]["tahun"] == 2022]
    assert len(in_2022) == 27
    medono = in_2022[0]
    assert medono["id"] == "33.75.01.1002_2022"
    assert medono["properties"]["jumlah"] == medono["properties"]["jumlah_l"] + medono["properties"]["jumlah_p"]
    assert pyogrio.read_info(tmp_path / "c" / "peta" / "data.gpkg", layer="data")["features"] == 135
    assert {"data.gpkg", "peta/data.gpkg", "peta/data-shp.zip"} <= set(manifest["files"])
    assert verify_folder(tmp_path / "c") == []


def test_codes_of_bps_find_the_same_kelurahan(tmp_path):
    boundary = current_boundary(Registry(1, (release(tmp_path, boundary_layer()),)), tmp_path, CODES)
    build(population(code="bps"), tmp_path / "c", dataset="penduduk", kind="statistics", boundary=boundary)
    build(population(), tmp_path / "d", dataset="penduduk", kind="statistics", boundary=boundary)
    assert features(tmp_path / "c" / "peta") == features(tmp_path / "d" / "peta")


def test_a_new_boundary_makes_a_new_content(tmp_path):
    here = current_boundary(Registry(1, (release(tmp_path, boundary_layer()),)), tmp_path, CODES)
    first = build(population(), tmp_path / "c", kind="statistics", boundary=here)
    newer = replace(here, number=2, content_hash="e" * 64)
    assert (
        build(population(), tmp_path / "d", kind="statistics", boundary=newer)["content_hash"]
        != (first["content_hash"])
    )


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (population(), WITHOUT_MAP["no_boundary"]),
        (layer_of({"a": (FieldType.INTEGER, [1])}), WITHOUT_MAP["no_boundary"]),
    ],
)
def test_without_a_boundary_only_the_table_exists_and_says_why(tmp_path, layer, reason):
    manifest = build(layer, tmp_path / "c", kind="statistics")
    assert len(manifest["collections"]) == 1
    assert manifest["without_map"] == reason
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["without_map"] == reason
    assert not (tmp_path / "c" / "peta").exists()


def test_a_map_says_nothing_of_a_missing_map(tmp_path):
    assert "without_map" not in build(boundary_layer(), tmp_path / "c")


def test_the_release_that_says_it_is_the_boundary_goes_before_others(tmp_path):
    other = release(tmp_path, boundary_layer(), dataset="kepadatan", published_at=NOW + timedelta(days=9))
    named = {"title": "Wilayah", "boundary_level": "kelurahan"}
    own = release(tmp_path, boundary_layer(), dataset="wilayah", metadata=named)
    assert current_boundary(Registry(1, (other, own)), tmp_path).dataset == "wilayah"


def test_what_is_called_batas_goes_before_other_polygons(tmp_path):
    newer = {"title": "Kepadatan", "key": "kode"}
    other = release(
        tmp_path, boundary_layer(), dataset="kepadatan", metadata=newer, published_at=NOW + timedelta(days=9)
    )
    assert current_boundary(Registry(1, (other, release(tmp_path, boundary_layer()))), tmp_path).dataset == "batas"


def test_other_polygons_and_other_levels_are_no_boundary(tmp_path):
    zones = layer_of({"kode": (FieldType.STRING, ["R-1", "R-2"])}, [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    kecamatan = release(
        tmp_path,
        boundary_layer(CODES.at(Level.KECAMATAN)),
        dataset="kecamatan",
        metadata={"title": "Batas Kecamatan", "key": "kode", "boundary_level": "kecamatan"},
    )
    registry = Registry(1, (release(tmp_path, zones), kecamatan))
    assert current_boundary(registry, tmp_path) is None
    found = current_boundary(registry, tmp_path, CODES, Level.KECAMATAN)
    assert found.position("33.75.03") == found.position("3375040")
    assert found.names[found.position("3375030")] == "Pekalongan Selatan"


def test_a_table_of_kecamatan_is_drawn_on_kecamatan(tmp_path):
    said = {"title": "Batas Kecamatan", "key": "kode", "boundary_level": "kecamatan"}
    kecamatan = release(tmp_path, boundary_layer(CODES.at(Level.KECAMATAN)), dataset="kecamatan", metadata=said)
    registry = Registry(1, (release(tmp_path, boundary_layer()), kecamatan))
    for areas, dataset in ((CODES.at(Level.KECAMATAN), "kecamatan"), (KELURAHAN, "batas")):
        for code in ("kemendagri", "bps"):
            layer = described(population(areas=areas, code=code), {"kind": "statistics"}, {})
            assert boundary_for(layer, registry, tmp_path, CODES).dataset == dataset
