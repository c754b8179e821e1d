"""The sample city is what data/sample/README.md says of it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from server.demo import ACCOUNTS, BERITA_ACARA, PLAN, SAMPLE, STAGES
from server.intake import read_upload
from server.metadata_input import clean_metadata
from server.reference import load_agencies, load_area_codes, load_city
from server.release.dictionary import described
from server.settings import ROOT
from workflow.checks import Context, missing_metadata, run_checks
from workflow.sop import Kind
from workflow.statistics import Boundary

PLANTED = ("jalan-2026.zip", "sekolah-2026.gpkg", "jalan-lingkungan.geojson")
"""Layers with the faults that data/sample/README.md names."""
LAYERS = [planned.file for planned in PLAN if not planned.file.endswith((".csv", ".xlsx"))]


@pytest.fixture(scope="module")
def kelurahan() -> geopandas.GeoDataFrame:
    return geopandas.read_file(SAMPLE / "kelurahan.gpkg")


def test_the_kelurahan_cover_the_city_without_gap_or_overlap(kelurahan: geopandas.GeoDataFrame) -> None:
    assert len(kelurahan) == 27
    assert shapely.coverage_is_valid(kelurahan.geometry.values)
    assert shapely.union_all(kelurahan.geometry.values).geom_type == "Polygon"
    assert set(kelurahan.status) == {"indikatif, bukan batas resmi"}


def test_a_kecamatan_is_the_union_of_its_kelurahan(kelurahan: geopandas.GeoDataFrame) -> None:
    for row in geopandas.read_file(SAMPLE / "kecamatan.geojson").itertuples():
        parts = kelurahan[kelurahan.kode_kecamatan == row.kode_kemendagri]
        assert row.geometry.equals(shapely.coverage_union_all(parts.geometry.values))


def test_the_codes_and_names_are_the_official_ones(kelurahan: geopandas.GeoDataFrame) -> None:
    with (ROOT / "data" / "reference" / "kode_wilayah.csv").open(encoding="utf-8") as lines:
        official = {row["kemendagri"]: (row["bps"], row["nama"]) for row in csv.DictReader(lines)}
    drawn = zip(kelurahan.kode_kemendagri, kelurahan.kode_bps, kelurahan.nama_kelurahan, strict=True)
    assert {code: (bps, name) for code, bps, name in drawn} == {
        code: facts for code, facts in official.items() if len(code) == 13
    }
    assert load_area_codes(ROOT)


@pytest.mark.parametrize("name", [name for name in LAYERS if not name.startswith("jalan-")])
def test_every_good_layer_lies_in_the_city_and_is_valid(name: str) -> None:
    layer = geopandas.read_file(SAMPLE / name).to_crs("OGC:CRS84")
    assert layer.is_valid.all()
    assert layer.within(load_city(ROOT).extent).all()


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in PLANTED])
def test_of_a_good_layer_no_check_says_anything(name: str, kelurahan: geopandas.GeoDataFrame) -> None:
    metadata = json.loads((SAMPLE / f"{Path(name).stem}.metadata.json").read_text())
    read = read_upload(SAMPLE / name, name, reading={}, crs=None, progress=lambda *_: None)
    codes, names = tuple(kelurahan.kode_kemendagri), tuple(kelurahan.nama_kelurahan)
    boundary = Boundary("batas-kelurahan", 1, "0" * 64, codes, names, np.array([*kelurahan.geometry], dtype=object))
    context = Context(Kind.GEOSPATIAL, metadata, True, load_area_codes(ROOT), load_city(ROOT), boundary)
    assert [*read.remarks, *run_checks(described(read.layer, metadata, {}), context)] == []


def test_the_population_is_whole_and_about_318_000() -> None:
    with (SAMPLE / "penduduk.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    people: dict[str, int] = defaultdict(int)
    for row in rows:
        people[row["tahun"]] += int(row["jumlah"])
    assert len({(row["tahun"], row["kode_kelurahan"], row["jenis_kelamin"]) for row in rows}) == 27 * 5 * 2
    assert sorted(people) == ["2020", "2021", "2022", "2023", "2024"]
    assert abs(people["2024"] - 318_000) < 500


@pytest.mark.parametrize("planned", PLAN, ids=lambda planned: planned.file)
def test_every_file_has_metadata_that_lets_it_go_as_far_as_planned(planned) -> None:  # type: ignore[no-untyped-def]
    path = SAMPLE / planned.file
    raw = json.loads((SAMPLE / f"{path.stem}.metadata.json").read_text())
    metadata = clean_metadata(raw, path.name)
    assert path.is_file()
    assert len(metadata["abstract"]) >= 80
    assert metadata["license"] == "CC-BY-4.0"
    assert all({"title", "definition"} <= entry.keys() for entry in metadata["fields"])
    assert bool(missing_metadata(metadata, Kind(metadata["kind"]))) == (path.stem == "jalan-lingkungan")


def test_something_waits_at_every_desk() -> None:
    assert {planned.stage for planned in PLAN} == set(STAGES)
    agencies = {agency.id for agency in load_agencies(ROOT)}
    assert {planned.agency for planned in PLAN} | {home for _, _, home, _, _ in ACCOUNTS} <= agencies
    assert BERITA_ACARA.read_bytes().startswith(b"%PDF-")


def test_the_sample_city_is_small() -> None:
    assert sum(path.stat().st_size for path in Path(SAMPLE).iterdir() if path.is_file()) < 2_000_000
