"""Clients that cannot be had here, replayed: R by the pages it follows, ArcGIS by the order of its requests."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.interop import layers
from tests.interop.conftest import PUBLISHED, Live

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]

R = {"User-Agent": "httr2/1.1.2 r-curl/6.2.2 libcurl/8.5.0", "Accept": "*/*", "Accept-Encoding": "deflate, gzip"}
ARCGIS = "https://www.arcgis.com"
"""Where a map of ArcGIS Online runs: another origin than Sebar."""


def get(url: str, **headers: str) -> requests.Response:
    answer = requests.get(url, headers=headers, timeout=60)
    assert answer.status_code == 200, (url, answer.text[:300])
    return answer


@pytest.mark.parametrize(
    ("collection", "limit"), [("lokasi-sekolah", 10), ("jumlah-penduduk", 100), (layers.LARGE, 10_000)]
)
def test_httr2_follows_the_link_header_to_the_end(sebar: Live, collection: str, limit: int) -> None:
    """httr2::req_perform_iterative(next_req = iterate_with_link_url()): Link of relation next, until there is none."""
    url: str | None = f"{sebar.ogc}/collections/{collection}/items?f=json&limit={limit}"
    found: list[Any] = []
    total = None
    while url:
        answer = get(url, **R)
        assert answer.headers["Content-Type"] == "application/geo+json"
        total = answer.json()["numberMatched"]
        found += [feature["id"] for feature in answer.json()["features"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert len(found) == len(set(found)) == total


def test_rstac_follows_the_links_of_the_body(sebar: Live) -> None:
    """rstac::items_fetch and a loop over jsonlite's lists: link with rel next, count of numberMatched."""
    url, names = f"{sebar.ogc}/collections/{layers.UNICODE}/items?limit=2", list[str]()
    while url:
        page = get(url, **R).json()
        names += [feature["properties"]["nama"] for feature in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert tuple(names) == layers.NAMES
    assert page["numberMatched"] == len(names)


def test_arcgis_finds_its_way_from_the_landing_page_to_the_items(sebar: Live) -> None:
    """OGCFeatureLayer: landing page, conformance, collections, OpenAPI, then items by page and by box."""
    landing = get(f"{sebar.ogc}?f=json", Origin=ARCGIS)
    at = {link["rel"]: link["href"] for link in landing.json()["links"]}
    classes = get(at["conformance"], Origin=ARCGIS).json()["conformsTo"]
    assert any(name.endswith("ogcapi-features-1/1.0/conf/geojson") for name in classes)
    collections = get(at["data"], Origin=ARCGIS).json()["collections"]
    assert {one["id"] for one in collections} >= PUBLISHED
    schools = next(one for one in collections if one["id"] == "lokasi-sekolah")
    openapi = get(at["service-desc"], Origin=ARCGIS).json()
    assert openapi["openapi"].startswith("3.0")
    limit = openapi["components"]["parameters"]["limit"]["schema"]["maximum"]
    items = next(
        link["href"] for link in schools["links"] if (link["rel"], link["type"]) == ("items", "application/geo+json")
    )
    whole = get(f"{items}&limit={limit}", Origin=ARCGIS)
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    assert len(whole.json()["features"]) == 82
    west, south, east, north = schools["extent"]["spatial"]["bbox"][0]
    part = get(f"{items}&limit=10&bbox={west},{south},{(west + east) / 2},{north}", Origin=ARCGIS).json()
    assert part["numberReturned"] == 10 < part["numberMatched"] < 82


def test_a_browser_may_ask_first_whether_it_may_ask(sebar: Live) -> None:
    for path in ("", "/collections", "/collections/lokasi-sekolah/items", "/collections/lokasi-sekolah/items/00033750"):
        asked = {"Origin": ARCGIS, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-esri"}
        allowed = requests.options(f"{sebar.ogc}{path}", headers=asked, timeout=60)
        assert allowed.ok, path
        assert allowed.headers["Access-Control-Allow-Origin"] == "*"
        assert "GET" in allowed.headers["Access-Control-Allow-Methods"]
        assert allowed.headers["Access-Control-Allow-Headers"] in ("*", "x-esri")
