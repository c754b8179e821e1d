"""pyogrio, geopandas and OWSLib read the same."""

from __future__ import annotations

import geopandas
import pyogrio
import pytest
from owslib.csw import CatalogueServiceWeb
from owslib.ogcapi.features import Features

from server.demo import SAMPLE
from tests.interop.conftest import FEATURES, MAP_OF_TABLE, PUBLISHED, Live

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]

GMD = "http://www.isotc211.org/2005/gmd"


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
