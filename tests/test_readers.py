"""A hundred readers walk through the pages of a dataset while it is published again and again."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.settings import Settings
from tests.conftest import METADATA, City, Clock
from tests.processes import on_free_port, sebar
from tests.test_every_step import take

READERS, LEAST = 100, 15
REPLACED, REPLACED_ON_POSTGIS = 50, 10
"""A reader takes the same way on both stores; building fifty releases is what takes long."""
ITEMS = "/ogc/collections/pos-pantau/items?f=json&limit=7"


def layer(release: int) -> bytes:
    """15 to 20 features, all of which say the release."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [109.66 + n / 10_000, -6.889]},
            "properties": {"nama": f"Pos {n}", "rilis": release},
        }
        for n in range(LEAST + release % 6)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def publish(city: City, release: int) -> None:
    more: dict[str, Any] = {} if release == 1 else {"dataset": "pos-pantau"}
    metadata = METADATA | {"title": "Pos pantau"}
    answer = city.client("produsen").submit_file("pos.geojson", layer(release), metadata, **more)
    assert answer.status_code == 201, answer.text
    steps = (("submit", "produsen"), ("verify", "walidata"), ("approve", "pembina-geospasial"), ("publish", "walidata"))
    for step, person in steps:
        done = take(city, person, answer.json["id"], step)
        assert done.status_code == 200, done.text


def read(port: int, over: threading.Event) -> set[int]:
    """Walks from the first page to the last, again after a second, until it is over; the releases that were seen."""
    seen: set[int] = set()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        while not over.wait(1):
            seen.add(walk(connection))
    return seen


def walk(connection: http.client.HTTPConnection) -> int:
    address, features, matched = ITEMS, [], set()
    while address:
        connection.request("GET", address, headers={"Accept": "application/geo+json"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (address, answer.status, body[:500])
        page = json.loads(body)
        features += page["features"]
        matched.add(page["numberMatched"])
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
        address = following and urlsplit(following)._replace(scheme="", netloc="").geturl()
    releases = {one["properties"]["rilis"] for one in features}
    assert len(releases) == 1, f"one walk through {releases}"
    (release,) = releases
    assert matched == {len(features)} == {LEAST + release % 6}
    assert [one["id"] for one in features] == list(range(1, len(features) + 1))
    return int(release)


def test_a_hundred_readers_meet_no_error_and_no_mixed_release_while_it_is_replaced(
    settings: Settings, tmp_path: Path
) -> None:
    settings = on_free_port(settings)
    over, last = threading.Event(), 1 + (REPLACED_ON_POSTGIS if settings.database_url else REPLACED)
    with closing(City(settings, Clock())) as city:
        publish(city, 1)
        with sebar(settings, "web", log=tmp_path / "web.log", SEBAR_WORKERS="2"), ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(read, settings.port, over) for _ in range(READERS)]
            try:
                for release in range(2, last + 1):
                    publish(city, release)
                    assert not any(reader.done() for reader in readers), [r.exception() for r in readers if r.done()]
                with closing(http.client.HTTPConnection("127.0.0.1", settings.port, timeout=120)) as connection:
                    assert walk(connection) == last
            finally:
                over.set()
            seen = set().union(*(reader.result() for reader in readers))
    assert len(seen) > last / 2
