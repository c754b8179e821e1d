"""What holds for every address of /ogc: which revision it shows, in which form, and what it says when it cannot."""

from __future__ import annotations

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pygeoapi.openapi import validate_openapi_document

from server.ogc.adapter import create_ogc, probe
from server.settings import Settings
from tests.ogc.releases import Shelf, build, layer, published
from tests.ogc.test_items import ask
from workflow.errors import Broken
from workflow.store import Release

OGC = "http://www.opengis.net/spec"
EVERY = (
    "/ogc",
    "/ogc/conformance",
    "/ogc/openapi",
    "/ogc/collections",
    "/ogc/collections/desa",
    "/ogc/collections/desa/schema",
    "/ogc/collections/desa/queryables",
    "/ogc/collections/desa/sortables",
    "/ogc/collections/desa/items?limit=5",
    "/ogc/collections/desa/items/33.75.007",
    "/ogc/collections/katalog/items",
)
OF_THE_COLLECTION = [address for address in EVERY if "/desa" in address]


# What is served is what the registry says, at the next request.


def test_what_is_published_is_there_at_the_next_request(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    assert client.get("/ogc/collections/baru").status_code == 404
    shelf.publish(build(home, "baru", layer(5)))
    assert ask(client, "/ogc/collections/baru/items")["numberMatched"] == 5
    assert "baru" in [one["id"] for one in ask(client, "/ogc/collections")["collections"]]
    assert "/collections/baru/items" in ask(client, "/ogc/openapi")["paths"]


@pytest.mark.parametrize("address", OF_THE_COLLECTION)
@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}], ids=["program", "browser"])
def test_what_is_withdrawn_is_gone_at_the_next_request(
    client: FlaskClient, shelf: Shelf, address: str, headers: dict[str, str]
) -> None:
    before = client.get(address, headers=headers)
    assert before.status_code == 200
    shelf.withdraw("desa")
    known = {"If-None-Match": before.headers.get("ETag", "*")}
    for answer in (client.get(address, headers=headers | known), client.head(address, headers=headers)):
        assert answer.status_code == 410
        assert answer.headers["Cache-Control"] == "no-store"
    if not headers:
        assert client.get(address).get_json()["code"] == "DITARIK"
    assert client.get("/ogc/collections/desa-peta/items").status_code == 410
    assert "desa" not in [one["id"] for one in ask(client, "/ogc/collections")["collections"]]
    assert "desa" not in client.get("/ogc/openapi").text
    assert ask(client, "/ogc/collections/katalog/items")["features"] == []


def test_a_new_release_is_another_etag_and_another_content(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    before = client.get("/ogc/collections/desa/items")
    shelf.publish(build(home, "desa", layer(7, seed=2), number=2))
    after = client.get("/ogc/collections/desa/items", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.get_json()["numberMatched"]) == (200, 7)
    assert ask(client, "/ogc/collections/desa")["version"] == "2"


def test_readers_never_see_a_half_swapped_state(app: Flask, shelf: Shelf, home: Path) -> None:
    """Eight threads read while releases of 10 and 20 features, each marked by its size, take turns."""
    releases = [build(home, "silih", layer(size, seed=size), number=size) for size in (10, 20)]
    shelf.publish(releases[0])
    failures: list[str] = []
    ended = threading.Event()

    def read() -> None:
        client = app.test_client()
        while not ended.is_set():
            collection = client.get("/ogc/collections/silih")
            page = client.get("/ogc/collections/silih/items?limit=15&offset=0&sortby=-kode")
            if {collection.status_code, page.status_code} != {200}:
                failures.append(page.text)
                return
            body = orjson.loads(page.data)
            last = body["features"][0]["id"]
            if (body["numberMatched"], last) not in ((10, "33.75.009"), (20, "33.75.019")):
                failures.append(f"{body['numberMatched']} {last}")

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    client = app.test_client()
    for turn in range(40):
        shelf.publish(releases[turn % 2])
        assert ask(client, "/ogc/collections/silih/items")["numberMatched"] == (10, 20)[turn % 2]
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_one_broken_release_leaves_the_others_in_service(
    client: FlaskClient, shelf: Shelf, home: Path, desa: Release, caplog: pytest.LogCaptureFixture
) -> None:
    broken = build(home, "rusak", layer(5))
    (home / broken.folder / "features.offsets").write_bytes(b"\x00" * 8)
    shelf.publish(broken)
    answer = client.get("/ogc/collections/rusak/items")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert answer.get_json()["code"] == "KOLEKSI-RUSAK"
    assert str(home) not in answer.text
    assert "rusak" in caplog.text
    assert [one["id"] for one in ask(client, "/ogc/collections")["collections"]] == ["desa", "katalog"]
    assert ask(client, "/ogc/collections/desa/items")["numberMatched"] == 60
    assert "/collections/desa/items" in ask(client, "/ogc/openapi")["paths"]


def test_what_is_mended_is_served_again_by_itself(
    client: FlaskClient, shelf: Shelf, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = build(home, "pulih", layer(5))
    offsets = home / release.folder / "features.offsets"
    offsets.rename(offsets.with_suffix(".away"))
    shelf.publish(release)
    assert client.get("/ogc/collections/pulih").status_code == 503
    offsets.with_suffix(".away").rename(offsets)
    monkeypatch.setattr("server.ogc.snapshot.RETRY_SECONDS", 0.0)
    assert client.get("/ogc/collections/pulih").status_code == 200


def test_a_folder_with_another_content_than_the_records_name_is_not_served(
    client: FlaskClient, shelf: Shelf, home: Path
) -> None:
    release = build(home, "lain", layer(5))
    entry = release.manifest["collections"][0] | {"features_sha256": "0" * 64}
    shelf.publish(published({**release.manifest, "collections": [entry]}, release.folder))
    assert client.get("/ogc/collections/lain/items").status_code == 503


def test_a_release_that_is_open_outlives_its_folder(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    gone = build(home, "hilang", layer(5))
    shelf.publish(gone)
    assert ask(client, "/ogc/collections/hilang/items")["numberMatched"] == 5
    shutil.rmtree(home / gone.folder)
    assert ask(client, "/ogc/collections/hilang/items")["numberMatched"] == 5
    answer = client.get("/ogc/collections/hilang/items?crs=http://www.opengis.net/def/crs/EPSG/0/32749")
    assert str(home) not in answer.text
    assert ask(client, "/ogc/collections/desa/items")["numberMatched"] == 60
    assert len(ask(client, "/ogc/openapi")["paths"]) > 10


# Forms.


@pytest.mark.parametrize("address", EVERY)
def test_head_says_what_get_says_without_a_body(client: FlaskClient, address: str) -> None:
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    same = ["Content-Type", "ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"]
    if not address.partition("?")[0].endswith("/items"):
        # Whether there is a next page is only known to who asks for this one.
        same.append("Link")
    assert [head.headers.get(name) for name in same] == [whole.headers.get(name) for name in same]


@pytest.mark.parametrize("address", EVERY)
def test_any_website_may_read(client: FlaskClient, address: str) -> None:
    answer = client.get(address, headers={"Origin": "https://peta.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "Content-Crs, Link, ETag, Retry-After"
    asked = client.options(address)
    assert (asked.status_code, asked.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert asked.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("address", EVERY)
def test_nothing_is_sent_again_that_is_known(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    english = client.get(address, headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "en"})
    assert english.status_code == 200


def test_what_is_known_is_answered_before_the_data_is_asked(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    release = build(home, "lenyap", layer(20))
    shelf.publish(release)
    items = "/ogc/collections/lenyap/items"
    asked = [f"{items}?filter=rw>1", f"{items}?bbox=109,-7,110,-6&sortby=nama", f"{items}/33.75.007"]
    known = {address: client.get(address).headers["ETag"] for address in asked}
    (home / release.folder / "data.gpkg").write_bytes(b"bukan basis data")
    with ThreadPoolExecutor(1) as thread:  # which has opened nothing yet
        for address, etag in known.items():
            again = thread.submit(client.get, address, headers={"If-None-Match": etag}).result()
            assert (again.status_code, again.data) == (304, b"")
        assert thread.submit(client.head, asked[0]).result().status_code == 200
        assert thread.submit(client.get, f"{items}?filter=rw>2").result().status_code >= 500


def test_a_page_with_somebodys_name_on_it_is_not_shared(client: FlaskClient) -> None:
    page = client.get("/ogc/collections", headers={"Accept": "text/html"})
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in page.headers
    assert "Accept" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        (None, "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/geo+json"),
        ("application/geo+json, text/html;q=0.5", "application/geo+json"),
        ("text/html;q=0", "application/geo+json"),
        ("text/html;q=0, */*;q=0", "application/geo+json"),
        ("text/html; q=0.1, application/json ;q=0.2", "application/geo+json"),
        (";;;,=,q=, text/html;q=zzz", "application/geo+json"),
    ],
)
def test_the_form_is_what_was_asked_for(client: FlaskClient, accept: str | None, mimetype: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    assert client.get("/ogc/collections/desa/items?limit=1", headers=headers).mimetype == mimetype
    explicit = client.get("/ogc/collections/desa/items?limit=1&f=json", headers={"Accept": "text/html"})
    assert explicit.mimetype == "application/geo+json"


@pytest.mark.parametrize("asked", ["x;q=0", "en;q=0", "*", "id;q=0.2, en", "-", "xx-YY;q=1.5", "id-ID,id;q=0.9"])
def test_any_language_header_gets_an_answer(client: FlaskClient, asked: str) -> None:
    answer = client.get("/ogc", headers={"Accept-Language": asked})
    assert (answer.status_code, answer.headers["Content-Language"] in ("id", "en")) == (200, True)
    assert client.get("/ogc", query_string={"lang": asked}).status_code == 200


def test_titles_come_in_indonesian_and_english(client: FlaskClient) -> None:
    assert "Daftar koleksi" in client.get("/ogc").text
    assert "Collections" in client.get("/ogc", headers={"Accept-Language": "en"}).text


def test_values_arrive_as_they_are_and_harm_no_page(client: FlaskClient) -> None:
    named = [
        one
        for one in ask(client, "/ogc/collections/desa/items")["features"]
        if one["properties"]["nama"] == "Tirto <b>"
    ]
    assert named
    for address in ("items", f"items/{named[0]['id']}"):
        page = client.get(f"/ogc/collections/desa/{address}?f=html").text
        assert "Tirto &lt;b&gt;" in page
        assert "Tirto <b>" not in page


def test_markup_in_a_title_harms_no_page(client: FlaskClient, shelf: Shelf, home: Path) -> None:
    evil = "\"><script>alert(1)</script>'{{7*7}}"
    shelf.publish(build(home, "jahat", layer(3), title=evil, abstract=evil, keywords=[evil]))
    for address in ("/ogc/collections", "/ogc/collections/jahat", "/ogc/collections/jahat/items", "/ogc/openapi"):
        page = client.get(address, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in page
        assert "49" not in re.sub(r"[^\n]*(ETag|hash)[^\n]*", "", page).partition("alert")[2][:60]
    assert ask(client, "/ogc/collections/jahat")["title"] == evil


@pytest.mark.parametrize("address", EVERY)
def test_every_link_is_absolute_and_answers(client: FlaskClient, address: str) -> None:
    body = ask(client, address)
    links = body.get("links", []) + [link for one in body.get("collections", []) for link in one["links"]]
    for link in links:
        assert re.match(r"https://(data\.example\.id|spdx\.org)(/|\?|$)", link["href"]), link
        own = link["href"].removeprefix("https://data.example.id")
        if own.startswith("/ogc"):
            answer = client.get(own)
            assert answer.status_code == 200, own
            assert answer.mimetype == link["type"].partition(";")[0], own


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client: FlaskClient, method: str) -> None:
    for address in ("/ogc", "/ogc/collections/desa/items", "/ogc/collections/desa/items/33.75.007"):
        answer = client.open(address, method=method, json={"filter": "x"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "address",
    [
        "/ogc/processes",
        "/ogc/jobs",
        "/ogc/admin",
        "/ogc/stac",
        "/ogc/TileMatrixSets",
        "/ogc/collections/x/y/z",
        "/ogc/static/x",
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    page = client.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (404, "text/html")


def test_no_answer_names_the_software_behind_it(client: FlaskClient) -> None:
    for address in (*EVERY, "/ogc/x"):
        answer = client.get(address)
        assert "pygeoapi" not in f"{answer.headers}{answer.text}".lower()


# Documents.


def test_fields_are_typed_although_the_first_rows_are_null(client: FlaskClient) -> None:
    first = ask(client, "/ogc/collections/desa/items?limit=3")["features"]
    assert {one["properties"]["luas"] for one in first} == {None}
    schema = client.get("/ogc/collections/desa/schema")
    assert schema.mimetype == "application/schema+json"
    properties = schema.get_json()["properties"]
    assert {name: (one.get("type"), one.get("format")) for name, one in properties.items()} == {
        "kode": ("string", None),
        "nama": ("string", None),
        "luas": ("number", None),
        "rw": ("integer", None),
        "aktif": ("boolean", None),
        "tanggal": ("string", "date"),
        "diubah": ("string", "date-time"),
        "geometry": (None, "geometry-polygon"),
    }
    assert properties["kode"] == {
        "type": "string",
        "title": "Kode wilayah",
        "description": "Kode Kemendagri",
        "x-ogc-role": "id",
        "x-ogc-propertySeq": 1,
    }
    queryables = ask(client, "/ogc/collections/desa/queryables")["properties"]
    assert queryables["kode"]["title"] == "Kode wilayah"
    assert set(queryables) == set(properties)
    shaped = ask(client, "/ogc/collections/desa/schema?profile=geojson")["properties"]
    assert shaped["properties"]["properties"]["luas"]["type"] == "number"


def test_the_schema_stays_the_same_however_often_it_is_asked(client: FlaskClient) -> None:
    asked = ("schema", "queryables", "schema?profile=geojson")
    once, again = ([client.get(f"/ogc/collections/desa/{one}").data for one in asked] for _ in range(2))
    assert once == again


def test_only_true_classes_are_declared(client: FlaskClient) -> None:
    declared = set(ask(client, "/ogc/conformance")["conformsTo"])
    for needed in (
        "features-2/1.0/conf/crs",
        "features-3/1.0/conf/filter",
        "features-3/1.0/conf/features-filter",
        "features-5/1.0/conf/schemas",
    ):
        assert f"{OGC}/ogcapi-{needed}" in declared
    assert {f"{OGC}/cql2/1.0/conf/basic-cql2", f"{OGC}/cql2/1.0/conf/cql2-text"} <= declared
    assert not [one for one in declared if "features-4" in one]


def test_the_openapi_document_is_valid_and_whole(client: FlaskClient) -> None:
    document = ask(client, "/ogc/openapi")
    assert validate_openapi_document(document)
    text = client.get("/ogc/openapi").text
    for reference in re.findall(r'"\$ref":"([^"]+)"', text):
        part: Any = document
        assert reference.startswith("#/")
        for name in reference[2:].split("/"):
            part = part[name]
    items = document["paths"]["/collections/desa/items"]["get"]["parameters"]
    named = {one.get("name") or one["$ref"].rpartition("/")[2]: one for one in items}
    assert (named["limit"]["schema"]["default"], named["limit"]["schema"]["maximum"]) == (1000, 10_000)
    assert named["filter-lang"]["schema"]["enum"] == ["cql2-text", "cql-text", "cql2-json"]
    assert {"bbox", "datetime", "filter", "nama", "luas", "sortby"} <= set(named)
    assert len({one["get"]["operationId"] for one in document["paths"].values()}) == len(document["paths"])


def test_a_collection_tells_of_its_release(client: FlaskClient, desa: Release) -> None:
    body = ask(client, "/ogc/collections/desa")
    assert (body["version"], body["contentHash"], body["license"]) == ("1", desa.content_hash, "CC-BY-4.0")
    assert body["extent"]["temporal"]["interval"] == [["2024-01-01T00:00:00Z", "2024-12-31T23:59:59Z"]]
    files = {one["href"].rpartition("/")[2]: one for one in body["links"] if one["rel"] == "enclosure"}
    assert files["data.gpkg"]["length"] == desa.manifest["files"]["data.gpkg"]["bytes"]
    assert body["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84" == body["storageCrs"]


# The probe before publication.


def test_a_whole_release_passes_the_probe(settings: Settings, desa: Release) -> None:
    probe(desa, settings)


@pytest.mark.parametrize("damage", ["features.geojsonl", "features.offsets", "data.gpkg", "manifest.json"])
def test_a_release_with_a_missing_file_fails_the_probe(settings: Settings, home: Path, damage: str) -> None:
    release = build(home, "cacat", layer(4), number=abs(hash(damage)) % 10**6)
    (home / release.folder / damage).unlink()
    with pytest.raises(Broken):
        probe(release, settings)


def test_a_release_with_another_count_fails_the_probe(settings: Settings, desa: Release) -> None:
    entry = desa.manifest["collections"][0] | {"count": 61}
    with pytest.raises(Broken, match="60"):
        probe(published({**desa.manifest, "collections": [entry]}, desa.folder), settings)


def test_nothing_is_read_before_the_first_request(settings: Settings) -> None:
    def never() -> Any:
        raise AssertionError("asked too early")

    create_ogc(never, never, settings)
