"""What QGIS 3.34 to 3.44 asks, replayed as src/providers/wfs/oapif of qgis/QGIS sends it.

Order of the requests: QgsOapifProvider::init and computeCapabilities. Page: QgsOapifApiRequest::processReply. Types:
QgsOapifSchemaRequest::processReply (since 3.44). Filters: QgsOapifCql2TextExpressionCompiler::compileNode and
QgsOapifSharedData::computeFilter. Pages and boxes: QgsOapifFeatureDownloaderImpl::run and runGenericDownload.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import geopandas
import pytest
import requests
import shapely

from server.demo import SAMPLE
from tests.interop import layers
from tests.interop.conftest import FEATURES, Live

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]

GEOJSON, SCHEMA = "application/geo+json, application/json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json"
SPEC = "http://www.opengis.net/spec"
PUSHES = (
    f"{SPEC}/cql2/1.0/conf/basic-cql2",
    f"{SPEC}/cql2/1.0/conf/cql2-text",
    f"{SPEC}/ogcapi-features-3/1.0/conf/filter",
    f"{SPEC}/ogcapi-features-3/1.0/conf/features-filter",
)
"""Without any one of them no filter is sent."""
ENABLES = {
    "LIKE, BETWEEN, IN": f"{SPEC}/cql2/1.0/conf/advanced-comparison-operators",
    "ILIKE": f"{SPEC}/cql2/1.0/conf/case-insensitive-comparison",
    "intersects": f"{SPEC}/cql2/1.0/conf/basic-spatial-functions",
    "types": f"{SPEC}/ogcapi-features-5/1.0/conf/schemas",
    "crs": f"{SPEC}/ogcapi-features-2/1.0/conf/crs",
}


@dataclass
class Qgis:
    """A layer of QGIS 3.44: what init() finds out of it."""

    root: str
    name: str

    def __post_init__(self) -> None:
        landing = self.get(self.root, "application/json").json()
        links = landing["links"]
        api = next(one for one in links if one["rel"] == "service-desc" and one["type"] == OPENAPI.split(",")[0])
        limit = self.get(api["href"], OPENAPI).json()["components"]["parameters"]["limit"]["schema"]
        self.page = min(max(1000, limit["default"]), limit["maximum"])
        data = next(one for one in links if one["rel"] == "data" and one["type"] == "application/json")
        self.url = f"{data['href'].partition('?')[0]}/{self.name}"
        self.collection = self.get(self.url, "application/json").json()
        conformance = next(one for one in links if one["rel"] == "conformance")
        self.classes = set(self.get(conformance["href"], "application/json").json()["conformsTo"])
        self.queryables = self.get(f"{self.url}/queryables", SCHEMA).json()["properties"]
        self.first = self.get(f"{self.url}/items?limit=10", GEOJSON).json()
        kinds = ("http://www.opengis.net/def/rel/ogc/1.0/schema", "[ogc-rel:schema]")
        schema = next(one for one in self.collection["links"] if one["rel"] in kinds and one["type"] == SCHEMA)
        self.schema = self.get(schema["href"], SCHEMA).json()["properties"]
        self.options = requests.options(f"{self.url}/items", timeout=60).headers["Allow"]

    @staticmethod
    def get(url: str, accept: str) -> requests.Response:
        answer = requests.get(url, headers={"Accept": accept, "User-Agent": "Mozilla/5.0 QGIS/34400"}, timeout=60)
        assert answer.status_code == 200, (url, answer.text[:500])
        return answer

    @property
    def columns(self) -> dict[str, str]:
        """Fields as a std::map by their sequence; a property without a type is none."""
        fields = {name: one for name, one in sorted(self.schema.items()) if "type" in one}
        ordered = sorted(fields, key=lambda name: fields[name].get("x-ogc-propertySeq", 0))
        return {name: fields[name].get("format") or fields[name]["type"] for name in ordered}

    @property
    def geometry(self) -> str:
        """The first queryable in the order of the alphabet that refers to GeoJSON's schemas and has no type."""
        return next(
            name
            for name, one in sorted(self.queryables.items())
            if "type" not in one and one.get("$ref", "").startswith("https://geojson.org/schema/")
        )

    def read(self, filter: str = "", box: tuple[float, ...] = ()) -> list[dict[str, Any]]:
        """All pages by the next link of type GeoJSON, until there is none or a page is empty."""
        url = f"{self.url}/items?limit={self.page}"
        url += f"&{urlencode({'filter': filter, 'filter-lang': 'cql2-text'})}" if filter else ""
        url += "&bbox=" + ",".join(f"{edge:.17f}" for edge in box) if box else ""
        found: list[dict[str, Any]] = []
        while url:
            page = self.get(url, GEOJSON).json()
            found += page["features"]
            following = [one for one in page["links"] if one["rel"] == "next" and one["type"] == "application/geo+json"]
            url = following[0]["href"] if following and page["features"] else ""
        return found


@pytest.fixture(scope="module")
def schools(sebar: Live) -> Qgis:
    return Qgis(sebar.ogc, "lokasi-sekolah")


@pytest.fixture(scope="module")
def entered() -> geopandas.GeoDataFrame:
    return geopandas.read_file(SAMPLE / "sekolah.gpkg").to_crs("OGC:CRS84")


def test_filters_are_pushed_and_everything_that_qgis_looks_for_is_declared(schools: Qgis) -> None:
    assert schools.classes >= {*PUSHES, *ENABLES.values()}


def test_a_page_is_a_thousand(schools: Qgis) -> None:
    assert schools.page == 1000


def test_count_and_ids_are_those_of_the_file(schools: Qgis, entered: geopandas.GeoDataFrame) -> None:
    assert schools.first["numberMatched"] == len(entered)
    assert {feature["id"] for feature in schools.first["features"]} <= set(entered.npsn)


def test_the_layer_cannot_be_edited(schools: Qgis) -> None:
    assert set(schools.options.split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("collection", FEATURES)
def test_columns_stand_in_the_order_of_the_file(sebar: Live, collection: str) -> None:
    """nlohmann::json sorts by name; only x-ogc-propertySeq keeps the order."""
    layer = Qgis(sebar.ogc, collection)
    assert list(layer.columns) == list(layer.first["features"][0]["properties"])
    assert layer.schema["geometry"]["x-ogc-role"] == "primary-geometry"
    kinds = {feature["geometry"]["type"].lower() for feature in layer.first["features"]}
    assert kinds == {layer.schema["geometry"]["format"].removeprefix("geometry-")}


def test_columns_that_start_with_fifty_nulls_keep_their_types(sebar: Live) -> None:
    columns = Qgis(sebar.ogc, layers.NULLS).columns
    assert columns == {"kode": "string", "jumlah": "integer", "tinggi": "number", "tanggal": "date"}


@pytest.mark.parametrize(
    ("filter", "same"),
    [
        ("(npsn = '00033750')", "npsn == '00033750'"),
        ("(\"siswa_l\" > 100)", "siswa_l > 100"),
        ("((\"siswa_l\" >= 100) AND (jenjang <> 'SD'))", "siswa_l >= 100 and jenjang != 'SD'"),
        ("((jenjang = 'SD') OR (jenjang = 'MI'))", "jenjang in ('SD', 'MI')"),
        ("(NOT ((jenjang = 'SD')))", "jenjang != 'SD'"),
        ("(\"nama_sekolah\" LIKE 'SD%')", "nama_sekolah.str.startswith('SD')"),
        ("(\"nama_sekolah\" NOT LIKE 'SD%')", "not nama_sekolah.str.startswith('SD')"),
        ("(CASEI(\"nama_sekolah\") LIKE CASEI('sd%'))", "nama_sekolah.str.startswith('SD')"),
        ("(CASEI(\"nama_sekolah\") NOT LIKE CASEI('sd%'))", "not nama_sekolah.str.startswith('SD')"),
        ("\"siswa_l\" BETWEEN 80 AND 100", "80 <= siswa_l <= 100"),
        ("\"siswa_l\" NOT BETWEEN 80 AND 100", "not 80 <= siswa_l <= 100"),
        ("jenjang IN ('SD','MI')", "jenjang in ('SD', 'MI')"),
        ("jenjang NOT IN ('SD','MI')", "jenjang not in ('SD', 'MI')"),
        ("(\"siswa_l\" IS NULL)", "siswa_l != siswa_l"),
        ("(\"siswa_l\" IS NOT NULL)", "siswa_l == siswa_l"),
        ("(\"nama_sekolah\" = 'O''Brien')", "nama_sekolah == 'tidak ada'"),
        ("((\"siswa_l\" > 100)) AND ((jenjang = 'SD'))", "siswa_l > 100 and jenjang == 'SD'"),
    ],
)  # fmt: skip
def test_filters_as_the_compiler_writes_them(
    schools: Qgis, entered: geopandas.GeoDataFrame, filter: str, same: str
) -> None:
    """Names with an underscore are quoted, everything is bracketed; the last is a filter with a getFeatures request."""
    found = {feature["properties"]["npsn"] for feature in schools.read(filter)}
    assert found == set(entered.query(same).npsn)


@pytest.mark.parametrize(
    ("filter", "first", "last"),
    [
        ("(tanggal >= DATE('2025-01-01'))", "2025-01-01", "9999"),
        ("((tanggal >= DATE('2024-06-01')) AND (tanggal < DATE('2025-06-01')))", "2024-06-01", "2025-05-31"),
    ],
)
def test_dates_as_the_query_builder_suggests_them(sebar: Live, filter: str, first: str, last: str) -> None:
    floods = geopandas.read_file(SAMPLE / "genangan-rob.geojson").tanggal.astype(str).str[:10]
    assert len(Qgis(sebar.ogc, "genangan-rob").read(filter)) == floods.between(first, last).sum() > 0


def test_places_are_asked_for_by_the_geometry_that_queryables_name(sebar: Live, schools: Qgis) -> None:
    areas = geopandas.read_file(SAMPLE / "kelurahan.gpkg").to_crs("OGC:CRS84")
    kelurahan = Qgis(sebar.ogc, "batas-kelurahan")
    at = areas.geometry.iloc[3].representative_point()
    inside = kelurahan.read(f"S_INTERSECTS({kelurahan.geometry},POINT({at.x} {at.y}))")
    assert [area["id"] for area in inside] == [areas.iloc[3].kode_kemendagri]
    box = (109.66, -6.90, 109.68, -6.88)
    by_filter = schools.read(f"S_INTERSECTS({schools.geometry},BBOX({','.join(map(str, box))}))")
    assert by_filter == schools.read(box=box)
    assert 0 < len(by_filter) < 82


def test_a_view_of_a_large_layer_comes_in_pages(sebar: Live) -> None:
    parcels, box = layers.parcels(), (109.64, -6.92, 109.65, -6.91)
    found = Qgis(sebar.ogc, layers.LARGE).read(box=box)
    here = parcels[parcels.intersects(shapely.box(*box))]
    assert sorted(feature["properties"]["nib"] for feature in found) == sorted(here.nib)


def test_names_of_every_script_can_be_asked_for(sebar: Live) -> None:
    """A quote is doubled. QGIS doubles a backslash too, which CQL2 does not know: such a value it cannot find."""
    layer = Qgis(sebar.ogc, layers.UNICODE)
    for name in layers.NAMES:
        quoted = name.replace("'", "''")
        (found,) = layer.read(f"(nama = '{quoted}')")
        assert found["properties"]["nama"] == name, json.dumps(found)
