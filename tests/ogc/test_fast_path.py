"""What is answered from slices is what pygeoapi would have answered; pages stay with their release."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import brotli
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.ogc import answers, fast_path, slices
from server.ogc.words import CRS84
from tests.ogc.releases import NAMES, Shelf, build, layer
from workflow.store import Release

ITEMS = "/ogc/collections/desa/items"
EDGES = st.integers(-4, 24).map(lambda step: round(109.59 + step * 0.004, 4))
HEIGHTS = st.integers(-4, 24).map(lambda step: round(-6.96 + step * 0.004, 4))
BOXES = st.tuples(EDGES, HEIGHTS, EDGES, HEIGHTS).map(
    lambda box: f"{min(box[0], box[2])},{min(box[1], box[3])},{max(box[0], box[2])},{max(box[1], box[3])}"
)
FILTERS = (
    "rw > 3",
    "luas BETWEEN 1 AND 5 AND aktif = TRUE",
    "nama LIKE 'M%' OR rw IS NULL",
    "CASEI(nama) = CASEI('medono')",
    "S_INTERSECTS(geometry, POINT(109.614 -6.946))",
    "NOT (kode = '33.75.007')",
    "rw >",
    "tiada = 1",
)
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "limit": st.sampled_from(["1", "7", "020", "60", "61", "99999", "0", "x"]),
    "offset": st.sampled_from(["0", "3", "59", "60", "999", "-1"]),
    "bbox": BOXES | st.sampled_from(["109.6,-6.95,0,109.7,-6.9,9", "179,-10,-179,10", "1,2,3"]),
    "datetime": st.sampled_from(["2022", "2021-05/..", "../2022-01-31T00:00:00Z", "besok"]),
    "rw": st.sampled_from(["3", "-1", "tiga"]),
    "nama": st.sampled_from([*NAMES, "tiada"]),
    "aktif": st.sampled_from(["true", "False", "ya"]),
    "sortby": st.sampled_from(["rw", "-luas,+nama", "+kode", "x"]),
    "filter": st.sampled_from(FILTERS),
    "filter-lang": st.sampled_from(["cql2-text", "cql-text", "xml"]),
    "resulttype": st.sampled_from(["hits", "results"]),
    "crs": st.sampled_from([CRS84, "http://www.opengis.net/def/crs/EPSG/0/32749"]),
    "f": st.sampled_from(["json", "xml"]),
    "lang": st.sampled_from(["id", "en", "xx"]),
    "release": st.sampled_from(["1", "2", "x"]),
    "tak-dikenal": st.just("1"),
}


@st.composite
def questions(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(sorted(OPTIONS)), unique=True, max_size=5))
    return urlencode([(name, draw(OPTIONS[name])) for name in names])


def both(client: FlaskClient, address: str) -> list[tuple[int, dict[str, str], Any]]:
    """Status, headers and body, from slices and from pygeoapi."""
    found = []
    whole = slices.understood
    for understood in (whole, lambda *_: False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(answers.slices, "understood", understood)
            patch.setattr(fast_path, "LARGEST_REPEATED", 0)
            answer = client.get(address)
        body = answer.get_json(force=True)
        body.pop("timeStamp", None)
        headers = dict(answer.headers)
        headers.pop("Content-Length")
        found.append((answer.status_code, headers, body))
    return found


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(questions())
def test_a_slice_says_what_pygeoapi_says(client: FlaskClient, question: str) -> None:
    sliced, whole = both(client, f"{ITEMS}?{question}")
    assert sliced == whole


@pytest.mark.parametrize("identifier", ["33.75.000", "33.75.059", "33.75.05", "0", "x%2Fy", "33.75.001?lang=en"])
def test_an_item_is_what_pygeoapi_says(client: FlaskClient, identifier: str) -> None:
    sliced, whole = both(client, f"{ITEMS}/{identifier}")
    assert sliced == whole


def test_an_item_without_a_key_is_what_pygeoapi_says(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    shelf.publish(build(home, "nomor", layer(7, key=None)))
    for identifier in ("1", "7", "8", "-1", "١"):
        sliced, whole = both(client, f"/ogc/collections/nomor/items/{identifier}")
        assert sliced == whole


# Questions that many ask at once.


@pytest.mark.parametrize("address", ["", "/items?limit=10", "/items/33.75.050", "/tiles/WebMercatorQuad/0/0/0"])
def test_an_answer_given_again_is_the_same_and_never_of_another_moment(
    client: FlaskClient, shelf: Shelf, home: Path, address: str
) -> None:
    here = f"/ogc/collections/desa{address}"
    first, *others = (client.get(here) for _ in range(4))
    for other in others:
        assert (other.status_code, other.headers["ETag"]) == (first.status_code, first.headers["ETag"])
        assert (other.get_json(silent=True) or {}).get("links") == (first.get_json(silent=True) or {}).get("links")
    assert client.get(here, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.head(here).data == b""
    assert b"<html" in client.get(here, headers={"Accept": "text/html"}).data.lower() or "tiles" in address
    shelf.publish(build(home, "desa", layer(30, seed=2), number=2))
    assert client.get(here).headers.get("ETag") != first.headers["ETag"]
    shelf.withdraw("desa")
    assert client.get(here).status_code == 410


# Releases that were replaced.


@pytest.fixture
def second(shelf: Shelf, home: Path, desa: Release) -> Release:
    newer = build(home, "desa", layer(30, seed=2), number=2)
    shelf.publish(newer)
    return newer


def test_the_next_pages_come_from_the_release_of_the_first(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    page = client.get(f"{ITEMS}?limit=25").get_json()
    found = [feature["id"] for feature in page["features"]]
    shelf.publish(build(home, "desa", layer(30, seed=2), number=2))
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        address = urlsplit(following[0])
        page = client.get(f"{address.path}?{address.query}").get_json()
        found += [feature["id"] for feature in page["features"]]
        assert page["numberMatched"] == 60
    assert found == [f"33.75.{at:03}" for at in range(60)]
    assert client.get(ITEMS).get_json()["numberMatched"] == 30


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("address", ["", "/items", "/items/33.75.050", "/schema", "/queryables"])
def test_an_earlier_release_keeps_an_address(client: FlaskClient, address: str) -> None:
    answer = client.get(f"/ogc/collections/desa@1{address}")
    assert answer.status_code == 200
    said = answer.get_json()
    links = [link["href"] for link in said.get("links", ()) if link["rel"] in ("self", "collection", "items")]
    assert all("/collections/desa@1" in link for link in links)
    assert client.get("/ogc/collections/desa/items/33.75.050").status_code == 404


@pytest.mark.usefixtures("second")
def test_an_earlier_release_says_its_number(client: FlaskClient) -> None:
    first, current = client.get("/ogc/collections/desa@1").get_json(), client.get("/ogc/collections/desa").get_json()
    assert (first["id"], first["version"], current["version"]) == ("desa@1", "1", "2")
    assert client.get("/ogc/collections/desa@2").get_json()["version"] == "2"


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("name", ["desa@3", "desa@0", "desa@", "desa@x", "tiada@1", "katalog@1"])
def test_a_release_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/ogc/collections/{name}/items").status_code == 404


def test_withdrawal_covers_the_earlier_releases(client: FlaskClient, shelf: Shelf, second: Release) -> None:
    assert client.get(f"{ITEMS}?release=1").status_code == 200
    shelf.withdraw("desa")
    for address in (f"{ITEMS}?release=1", "/ogc/collections/desa@1", "/ogc/collections/desa@1/items/33.75.001"):
        assert client.get(address).status_code == 410


# Codings.


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1, gzip;q=0.5", "br"),
        ("br", "br"),
        ("gzip;q=0", None),
        ("", None),
        ("identity", None),
        ("*", "gzip"),
    ],
)
def test_the_coding_is_what_the_client_likes_best(client: FlaskClient, accepted: str, coding: str | None) -> None:
    plain, answer = client.get(ITEMS), client.get(ITEMS, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[coding]
    assert unpack(answer.data)[:1000] == plain.data[:1000]
    assert len(answer.data) == int(answer.headers["Content-Length"])


def test_small_answers_are_left_as_they_are(client: FlaskClient) -> None:
    answer = client.get(f"{ITEMS}?resulttype=hits", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("number", ["99999999999999", "999999999999999999", "99999999999999999999", "²"])
def test_a_number_that_no_release_has_is_refused(client: FlaskClient, number: str) -> None:
    assert client.get(f"{ITEMS}?release={number}").status_code in (400, 404)
    assert client.get(f"/ogc/collections/desa@{number}").status_code == 404
