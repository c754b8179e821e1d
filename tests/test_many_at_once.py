"""Many people at the same moment: one ledger, one submission, one release, and whole answers for every reader."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import METADATA, PASSWORD, PDF, City
from tests.release.layers import verify_folder
from tests.test_every_step import LAYER, submission_at, take
from workflow.ledger import first_broken

WRITERS, TRIES, RELEASES, READERS = 50, 20, 4, 3


def at_once[Result](acts: Iterable[Callable[[], Result]]) -> list[Result]:
    """All of them started by one signal, each in its own thread."""
    waiting = list(acts)
    start = threading.Barrier(len(waiting))

    def run(act: Callable[[], Result]) -> Result:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def enter(http: FlaskClient, title: str, **headers: str) -> TestResponse:
    data = {
        "file": (BytesIO(LAYER), "titik.geojson"),
        "metadata": json.dumps(METADATA | {"title": title}),
        "berita_acara": (BytesIO(PDF), "ba.pdf"),
    }
    return http.post("/api/v1/submissions", data=data, headers=headers, auth=("produsen", PASSWORD))


def test_fifty_writers_leave_one_unbroken_ledger(city: City) -> None:
    """In three web processes' worth of applications, each with its own connections."""
    webs = [city.app, city.another_worker().application, city.another_worker().application]
    answers = at_once(
        lambda n=n: enter(webs[n % 3].test_client(), f"Data {n % 10}")
        for n in range(WRITERS)  # ten names, five each
    )
    assert Counter(answer.status_code for answer in answers) == {201: WRITERS}, [answer.text for answer in answers]
    assert len({answer.json["id"] for answer in answers}) == WRITERS
    assert len({answer.json["dataset"] for answer in answers}) == WRITERS
    entries = list(city.journey.records.ledger())
    assert first_broken(entries) is None
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    added = [entry.object for entry in entries if entry.action == "submission.add"]
    assert sorted(added) == sorted(answer.json["id"] for answer in answers)


def test_a_request_sent_twenty_times_makes_one_submission(city: City) -> None:
    webs = [city.app, city.another_worker().application]
    before = len(city.journey.records.batches())
    answers = at_once(
        lambda n=n: enter(webs[n % 2].test_client(), "Sekali", **{"Idempotency-Key": "kirim-1"}) for n in range(TRIES)
    )
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({(answer.json["id"], answer.json["dataset"], answer.json["batch"]) for answer in answers}) == 1
    assert len(city.journey.records.submissions()) == len(city.journey.records.datasets()) == 1
    assert len(city.journey.records.batches()) == before + 1
    assert enter(city.app.test_client(), "Lain", **{"Idempotency-Key": "kirim-2"}).json["id"] != answers[0].json["id"]


def test_two_people_publish_at_once_and_there_is_one_release(city: City) -> None:
    id = submission_at(city, "approved", "Balapan terbit")
    webs = [city.app, city.another_worker().application]
    path = f"/api/v1/submissions/{id}/steps/publish"
    answers = at_once(
        lambda n=n: webs[n % 2].test_client().post(path, json={}, auth=("walidata", PASSWORD)) for n in range(6)
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 5}, [answer.text for answer in answers]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json["code"] in ("BUKAN-STATUS", "SUDAH-BERUBAH")
    (release,) = city.journey.records.releases("balapan-terbit")
    assert release.number == 1
    assert verify_folder(city.settings.home / release.folder) == []
    actions = [entry.action for entry in city.journey.records.ledger() if entry.object == id]
    assert actions.count("submission.publish") == 1


def layer(release: int) -> bytes:
    """As many features as the release's number times ten, all of which say that number."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [109.66 + n / 10_000, -6.889]},
            "properties": {"nama": f"Pos {n}", "rilis": release},
        }
        for n in range(release * 10)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def prepared(city: City, release: int) -> str:
    """The dataset's next release, approved."""
    more: dict[str, Any] = {} if release == 1 else {"dataset": "pos-pantau"}
    produsen = city.client("produsen")
    answer = produsen.submit_file("pos.geojson", layer(release), METADATA | {"title": "Pos pantau"}, **more)
    assert answer.status_code == 201, answer.text
    for step, person in (("submit", "produsen"), ("verify", "walidata"), ("approve", "pembina-geospasial")):
        done = take(city, person, answer.json["id"], step)
        assert done.status_code == 200, done.text
    return str(answer.json["id"])


def test_readers_see_whole_releases_while_they_are_replaced(city: City) -> None:
    assert take(city, "walidata", prepared(city, 1), "publish").status_code == 200
    webs = [city.app, city.another_worker().application]
    over = threading.Event()

    def read(http: FlaskClient) -> list[int]:
        seen = []
        while not over.is_set():
            page = http.get("/ogc/collections/pos-pantau/items?f=json&limit=1000")
            assert page.status_code == 200, page.text
            releases = {feature["properties"]["rilis"] for feature in page.json["features"]}
            assert len(releases) == 1
            (release,) = releases
            assert len(page.json["features"]) == page.json["numberMatched"] == release * 10
            for path in (
                "/ogc/collections/pos-pantau/items/1?f=json",
                "/data/pos-pantau/1/data.csv",
                "/data/pos-pantau",
            ):
                one = http.get(path)
                assert one.status_code == 200, (path, one.text)
                one.close()
            seen.append(release)
        return seen

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, webs[n % 2].test_client()) for n in range(READERS)]
        try:
            for release in range(2, RELEASES + 1):
                answer = take(city, "walidata", prepared(city, release), "publish")
                assert answer.json["release"] == release, answer.text
        finally:
            over.set()
        for reader in readers:
            seen = reader.result()
            assert seen == sorted(seen)
    for http in (web.test_client() for web in webs):
        assert http.get("/ogc/collections/pos-pantau/items?f=json").json["numberMatched"] == RELEASES * 10
