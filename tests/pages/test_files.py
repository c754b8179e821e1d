"""Downloads: the bytes that were approved."""

from __future__ import annotations

import hashlib

import pytest
from flask.testing import FlaskClient

from tests.pages.city import NOON, City, application, empty_city, spatial


def test_a_file_is_what_its_manifest_says(web: FlaskClient, city: City) -> None:
    release = city.release("lokasi-sekolah", 2)
    assert release is not None
    for name, described in release.manifest["files"].items():
        answer = web.get(f"/data/lokasi-sekolah/2/{name}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.data).hexdigest() == described["sha256"]
        assert answer.content_length == described["bytes"]
        assert answer.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
        answer.close()


def test_a_file_is_saved_under_a_name_that_says_what_it_is(web: FlaskClient) -> None:
    for name, saved in (
        ("data.gpkg", "lokasi-sekolah-rilis-2.gpkg"),
        ("data-shp.zip", "lokasi-sekolah-rilis-2-shp.zip"),
        ("metadata.xml", "lokasi-sekolah-rilis-2-metadata.xml"),
    ):
        with web.get(f"/data/lokasi-sekolah/2/{name}") as answer:
            assert answer.headers["Content-Disposition"] == f"attachment; filename={saved}"


def test_an_unchanged_file_is_not_sent_again(web: FlaskClient) -> None:
    with web.get("/data/lokasi-sekolah/2/data.csv") as first:
        etag = first.headers["ETag"]
    with web.get("/data/lokasi-sekolah/2/data.csv", headers={"If-None-Match": etag}) as again:
        assert again.status_code == 304


def test_a_part_of_a_file_can_be_asked_for(web: FlaskClient) -> None:
    with web.get("/data/lokasi-sekolah/2/data.gpkg", headers={"Range": "bytes=0-15"}) as part:
        assert part.status_code == 206
        assert part.data == b"SQLite format 3\0"


def test_the_current_release_has_an_address_that_stays(web: FlaskClient) -> None:
    answer = web.get("/data/lokasi-sekolah/terkini/data.csv")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/data/lokasi-sekolah/2/data.csv"


def test_an_older_release_keeps_its_address(web: FlaskClient) -> None:
    with web.get("/data/lokasi-sekolah/1/data.csv") as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "name", ["data.gpkg-wal", "../2/data.gpkg", "..%2f..%2f..%2fsecret_key", "peta/data.gpkg", "/etc/passwd"]
)
def test_only_named_files_are_served(web: FlaskClient, name: str) -> None:
    assert web.get(f"/data/lokasi-sekolah/2/{name}").status_code in (404, 308)


def test_a_withdrawn_dataset_gives_no_file_of_any_release(web: FlaskClient) -> None:
    for name in ("1/data.csv", "1/manifest.json", "terkini/data.csv"):
        answer = web.get(f"/data/taman-kota/{name}", headers={"Accept": "application/json"})
        assert answer.status_code == 410
        assert "Letak dua taman tertukar" in answer.json["detail"]


def test_what_is_not_published_gives_no_file(web: FlaskClient) -> None:
    assert web.get("/data/rumah-pompa/1/data.csv").status_code == 404
    assert web.get("/data/lokasi-sekolah/3/data.csv").status_code == 404


def test_a_withdrawal_is_seen_by_the_next_request(tmp_path) -> None:  # type: ignore[no-untyped-def]
    city = empty_city(tmp_path)
    city.publish("tps", spatial("tps.geojson"), "dlh", NOON)
    web = application(city).test_client()
    assert web.get("/data/tps").status_code == 200
    city.withdraw("tps", "Salah letak.")
    assert web.get("/data/tps").status_code == 410
    assert web.get("/data/tps/1/data.csv").status_code == 410
    assert "tps" not in web.get("/data").text
