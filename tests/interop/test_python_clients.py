"""pyogrio, geopandas and OWSLib read the same."""

from __future__ import annotations

from typing import Any

import geopandas
import pyogrio
import pytest
import shapely
from owslib.csw import CatalogueServiceWeb
from owslib.ogcapi.features import Features

from server.demo import SAMPLE
from tests.interop import layers
from tests.interop.conftest import FEATURES, MAP_OF_TABLE, PUBLISHED, Live

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]

GMD = "http://www.isotc211.org/2005/gmd"


WEST, SOUTH, EAST, NORTH = BOX = (109.66, -6.90, 109.68, -6.88)


@pytest.fixture(scope="module")
def features(sebar: Live) -> Features:
    return Features(sebar.ogc)


@pytest.fixture(scope="module")
def catalogue(sebar: Live) -> CatalogueServiceWeb:
    return CatalogueServiceWeb(f"{sebar.url}/csw")


def test_pyogrio_lists_the_layers(sebar: Live) -> None:
    layers = {str(name): kind for name, kind in pyogrio.list_layers(f"OAPIF:{sebar.ogc}")}
    assert layers.keys() - {"katalog"} == PUBLISHED


@pytest.mark.parametrize("layer", FEATURES)
def test_geopandas_reads_what_the_agency_entered(sebar: Live, layer: str) -> None:
    file, count, _ = FEATURES[layer]
    entered = geopandas.read_file(SAMPLE / file).to_crs("OGC:CRS84")
    served = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer=layer, PAGE_SIZE=1000)
    assert len(served) == count
    assert served.crs.to_epsg() == 4326 or served.crs.to_string() == "OGC:CRS84"
    # SRGI2013 and UTM are transformed by both sides; the rest of the difference is seven decimals.
    assert served.total_bounds == pytest.approx(entered.total_bounds, abs=3e-6)
    assert set(served.geom_type) == set(entered.geom_type)


def test_geopandas_gets_typed_columns(sebar: Live) -> None:
    floods = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer="genangan-rob", PAGE_SIZE=1000)
    assert floods.tinggi_maks_cm.dtype.kind in "iu"
    assert floods.luas_ha.dtype.kind == "f"
    assert floods.tanggal.dtype.kind == "M"


def test_columns_that_start_with_fifty_nulls_keep_their_types(sebar: Live) -> None:
    with sebar.watching() as asked:
        info = pyogrio.read_info(f"OAPIF:{sebar.ogc}", layer=layers.NULLS)
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert types["jumlah"].startswith("int")
    assert types["tinggi"] == "float64"
    assert types["tanggal"].startswith("datetime64")
    assert any(one.path.endswith("/schema") and one.status == 200 for one in asked)
    served = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer=layers.NULLS).sort_values("kode")
    assert served.jumlah.isna().sum() == layers.NO_VALUE
    assert served.jumlah.dropna().tolist() == list(range(layers.NO_VALUE, layers.MONITORED))


def test_a_filter_is_answered_by_the_server(sebar: Live) -> None:
    expected = geopandas.read_file(SAMPLE / "sekolah.gpkg").query("siswa_l > 100 and jenjang == 'SD'")
    with sebar.watching() as asked:
        served = _schools(sebar, where="siswa_l > 100 AND jenjang = 'SD'")
    assert set(served.npsn) == set(expected.npsn)
    filters = [one.args["filter"] for one in asked if "filter" in one.args]
    assert filters
    assert all("siswa_l" in text and "jenjang" in text for text in filters)


def test_a_box_is_answered_by_the_server(sebar: Live) -> None:
    entered = geopandas.read_file(SAMPLE / "sekolah.gpkg").to_crs("OGC:CRS84")
    with sebar.watching() as asked:
        served = _schools(sebar, bbox=BOX)
    assert set(served.npsn) == set(entered.cx[WEST:EAST, SOUTH:NORTH].npsn)
    assert any("bbox" in one.args for one in asked)


def test_where_nothing_is_found_the_columns_are_still_there(sebar: Live) -> None:
    nothing = _schools(sebar, where="npsn = 'tidak ada'")
    assert len(nothing) == 0
    assert {"npsn", "siswa_l", "geometry"} <= set(nothing.columns)


def _schools(sebar: Live, **asked: Any) -> geopandas.GeoDataFrame:
    return geopandas.read_file(f"OAPIF:{sebar.ogc}", layer="lokasi-sekolah", **asked)


def test_names_of_every_script_arrive_whole(sebar: Live) -> None:
    served = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer=layers.UNICODE)
    assert tuple(served.sort_values("nomor").nama) == layers.NAMES
    one = geopandas.read_file(f"OAPIF:{sebar.ogc}", layer=layers.UNICODE, where="nama = '日本語'")
    assert one.nomor.tolist() == [1]


def test_two_hundred_thousand_parcels_are_read_whole_and_in_part(sebar: Live) -> None:
    """GDAL since 3.8 takes pages of a thousand, or as large as it is told."""
    whole = f"OAPIF:{sebar.ogc}"
    assert pyogrio.read_info(whole, layer=layers.LARGE)["features"] == layers.ROWS
    with sebar.watching() as asked:
        parcels = pyogrio.read_dataframe(whole, layer=layers.LARGE, columns=["nib"], PAGE_SIZE=10_000)
    assert parcels.nib.nunique() == len(parcels) == layers.ROWS
    pages = [one.args["limit"] for one in asked if one.path.endswith("/items")]
    assert pages.count("10000") == layers.ROWS // 10_000
    box = (109.64, -6.92, 109.65, -6.91)
    entered = layers.parcels()
    expected = entered[entered.intersects(shapely.box(*box))]
    part = pyogrio.read_dataframe(whole, layer=layers.LARGE, bbox=box)
    assert set(part.nib) == set(expected.nib)


def test_an_empty_file_is_refused_with_a_sentence_that_helps(sebar: Live) -> None:
    """So no client ever meets a collection without features."""
    error = sebar.entered[layers.EMPTY].job.error
    assert error
    assert error["code"] == "EMPTY"
    assert layers.EMPTY in error["detail"]
    assert layers.EMPTY not in {one["id"] for one in sebar.json("/ogc/collections?f=json")["collections"]}


def test_owslib_finds_collections_and_conformance(features: Features) -> None:
    assert set(features.feature_collections()) - {"katalog"} == PUBLISHED
    assert any(name.endswith("ogcapi-features-1/1.0/conf/geojson") for name in features.conformance()["conformsTo"])
    assert features.api()["openapi"].startswith("3.")


def test_owslib_pages_through_everything_once(features: Features) -> None:
    pages = [features.collection_items("lokasi-sekolah", limit=30, offset=start) for start in (0, 30, 60)]
    codes = [item["properties"]["npsn"] for page in pages for item in page["features"]]
    assert {page["numberMatched"] for page in pages} == {82}
    assert len(codes) == len(set(codes)) == 82


def test_owslib_reads_one_feature_by_its_key(features: Features) -> None:
    medono = features.collection_item("batas-kelurahan", "33.75.01.1002")
    assert medono["properties"]["nama_kelurahan"] == "Medono"
    assert medono["properties"]["kode_bps"] == "3375010004"


def test_owslib_filters_by_period(features: Features) -> None:
    page = features.collection_items(MAP_OF_TABLE, tahun=2024, limit=1000)
    assert page["numberMatched"] == 27


def test_a_harvester_finds_every_dataset_in_the_catalogue(catalogue: CatalogueServiceWeb) -> None:
    catalogue.getrecords2(esn="full", maxrecords=100, outputschema=GMD)
    titles = {record.identification[0].title: record for record in catalogue.records.values()}
    assert len(catalogue.records) == len(PUBLISHED - {MAP_OF_TABLE})
    assert {"Batas Kelurahan", "Jaringan Jalan", "Lokasi Sekolah", "Jumlah Penduduk"} <= titles.keys()


def test_a_harvested_record_says_where_and_how(catalogue: CatalogueServiceWeb, sebar: Live) -> None:
    catalogue.getrecords2(esn="full", maxrecords=100, outputschema=GMD)
    found = next(record for record in catalogue.records.values() if record.identification[0].title == "Batas Kelurahan")
    box = found.identification[0].bbox
    drawn = geopandas.read_file(SAMPLE / "kelurahan.gpkg").total_bounds
    assert [float(n) for n in (box.minx, box.miny, box.maxx, box.maxy)] == pytest.approx(list(drawn), abs=1e-3)
    addresses = {link.url for link in found.distribution.online}
    assert any(address.startswith(f"{sebar.ogc}/collections/batas-kelurahan") for address in addresses)
    assert found.identification[0].abstract.startswith("Batas 27 kelurahan")


def test_a_record_can_be_asked_for_again_by_its_id(catalogue: CatalogueServiceWeb) -> None:
    catalogue.getrecords2(esn="brief", maxrecords=1)
    (id,) = catalogue.records
    catalogue.getrecordbyid(id=[id], outputschema=GMD)
    assert list(catalogue.records) == [id]
