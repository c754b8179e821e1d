"""Pages of any size, put together by following next, are the whole set: in every question, system and store."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient

from server.app import create_app
from server.store import open_records
from tests.conftest import METADATA, City
from tests.test_every_step import take

ITEMS = "/ogc/collections/pos-pantau/items"
UTM = "http://www.opengis.net/def/crs/EPSG/0/32749"
WHOLE = 1_400
"""So that pages of 7 and of 100 end exactly full, and those of 1,000 do not."""
QUESTIONS: dict[str, dict[str, str]] = {
    "all": {},
    "bbox": {"bbox": "109.66,-6.9,109.6701,-6.87"},
    "filter": {"filter": "nama LIKE '%1%' AND nomor > 9", "filter-lang": "cql2-text"},
    "sortby": {"sortby": "-kelas"},
    "crs": {"crs": UTM},
    "together": {"bbox": "109.66,-6.9,109.675,-6.87", "filter": "kelas < 5", "sortby": "kelas,-nama", "crs": UTM},
}


def layer() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [109.66 + n % 100 / 5_000, -6.889 + n // 100 / 2_000]},
            "properties": {"nama": f"Pos & {n}", "nomor": n, "kelas": n % 7},
        }
        for n in range(WHOLE)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def published(city: City) -> City:
    answer = city.client("produsen").submit_file("pos.geojson", layer(), METADATA | {"title": "Pos pantau"})
    steps = (("submit", "produsen"), ("verify", "walidata"), ("approve", "pembina-geospasial"), ("publish", "walidata"))
    for step, person in steps:
        done = take(city, person, answer.json["id"], step)
        assert done.status_code == 200, done.text
    return city


def ask(client: FlaskClient, address: str, **more: Any) -> dict[str, Any]:
    answer = client.get(address, headers={"Accept": "application/geo+json"}, **more)
    assert answer.status_code == 200, (address, answer.text[:500])
    return answer.json


def link(page: dict[str, Any], rel: str) -> str:
    return next((one["href"] for one in page["links"] if one["rel"] == rel), "")


def test_the_pages_put_together_are_the_whole_set_forwards_and_backwards(city: City) -> None:
    client = published(city).app.test_client()
    for name, question in QUESTIONS.items():
        whole = ask(client, ITEMS, query_string=question | {"limit": "10000"})
        assert 0 < whole["numberMatched"] == len(whole["features"])
        for size in (7, 100, 1_000):
            page = ask(client, ITEMS, query_string=question | {"limit": str(size)})
            found = page["features"]
            assert not link(page, "prev")
            while address := link(page, "next"):
                before, page = page, ask(client, address)
                assert len(before["features"]) == size
                assert page["numberMatched"] == whole["numberMatched"]
                assert ask(client, link(page, "prev"))["features"] == before["features"]
                found += page["features"]
            assert found == whole["features"], (name, size)
    assert len(ask(client, ITEMS, query_string={"limit": "100", "offset": "1300"})["features"]) == 100


def test_behind_a_path_prefix_links_are_absolute_and_keep_every_parameter(embedded_city: City) -> None:
    """The proxy takes the prefix away; every link has it again."""
    settings = replace(published(embedded_city).settings, url="https://data.example.id/sebar")
    app = create_app(settings, open_records(settings))
    client = app.test_client()
    question = QUESTIONS["together"] | {
        "f": "json",
        "lang": "en",
        "limit": "7",
        "offset": "14",
        "skipGeometry": "false",
    }
    page = ask(client, ITEMS, query_string=question)
    for rel, offset in (("self", "14"), ("next", "21"), ("prev", "7")):
        address = urlsplit(link(page, rel))
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"https://data.example.id/sebar{ITEMS}"
        kept = {name: values[0] for name, values in parse_qs(address.query).items() if name != "release"}
        assert kept == question | {"offset": offset}, rel
    for path in ("/ogc", "/ogc/collections", "/ogc/collections/pos-pantau", f"{ITEMS}/1", "/ogc/openapi"):
        text = client.get(path, headers={"Accept": "application/json"}).text
        assert "http://localhost" not in text
        assert "https://data.example.id/ogc" not in text
    app.extensions["journey"].records.close()
    app.extensions["revision"].close()
