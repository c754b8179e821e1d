"""Downloads: the bytes that were approved."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas
import openpyxl
import pyarrow as pa
import pytest
import shapely
from flask.testing import FlaskClient
from lxml import html

from server.release import on_request
from tests.pages.city import NOON, City, application, empty_city, spatial
from tests.release.layers import squares
from workflow.layer import Layer


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


FORMATS = {
    "data.fgb": ("application/flatgeobuf", "tps-rilis-1.fgb"),
    "data.parquet": ("application/vnd.apache.parquet", "tps-rilis-1.parquet"),
    "data.xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "tps-rilis-1.xlsx"),
    "data.kml": ("application/vnd.google-earth.kml+xml", "tps-rilis-1.kml"),
    "data-utm49s.gpkg": ("application/geopackage+sqlite3", "tps-rilis-1-utm49s.gpkg"),
}


@pytest.fixture
def small(tmp_path: Path) -> City:
    """One published layer of points."""
    city = empty_city(tmp_path)
    city.publish("tps", spatial("tps.geojson"), "dlh", NOON)
    return city


def test_other_formats_are_made_when_asked_for_and_kept(small: City) -> None:
    web, count = application(small).test_client(), len(spatial("tps.geojson"))
    before = sorted((small.home / "releases").rglob("*"))
    for name, (media_type, saved) in FORMATS.items():
        with web.get(f"/data/tps/1/{name}") as first:
            assert (first.status_code, first.mimetype) == (200, media_type)
            assert first.headers["Content-Disposition"] == f"attachment; filename={saved}"
            assert first.content_length == len(first.data)
            etag, body = first.headers["ETag"], first.data
        with web.get(f"/data/tps/1/{name}") as again:
            assert (again.headers["ETag"], again.data) == (etag, body)
        if name.endswith("xlsx"):
            assert openpyxl.load_workbook(io.BytesIO(body)).active.max_row == count + 1
        elif not name.endswith("parquet"):
            (small.home / name).write_bytes(body)
            assert len(geopandas.read_file(small.home / name, layer=0)) == count
        else:
            assert len(geopandas.read_parquet(io.BytesIO(body))) == count
    assert sorted((small.home / "releases").rglob("*")) == before
    assert not list((small.home / "made").rglob(".*"))
    assert web.get("/data/tps/terkini/data.fgb").headers["Location"] == "/data/tps/1/data.fgb"


def test_a_withdrawn_dataset_gives_nothing_that_was_made_of_it(small: City) -> None:
    small.publish("sekolah", spatial("sekolah.gpkg"), "dindik", NOON)
    web = application(small).test_client()
    for path in ("/data/tps/1/data.kml", "/data/semua.gpkg"):
        with web.get(path) as answer:
            assert answer.status_code == 200
            (small.home / "semua.gpkg").write_bytes(answer.data)
    assert {"tps", "sekolah"} <= tables(small.home / "semua.gpkg")
    small.withdraw("tps", "Salah letak.")
    for path in (
        "/data/tps/1/data.kml",
        "/data/tps/1/data.fgb",
        "/data/tps/terkini/data.kml",
        "/data/tps/changes?since=1",
    ):
        assert web.get(path).status_code == 410
    with web.get("/data/semua.gpkg") as answer:
        (small.home / "semua.gpkg").write_bytes(answer.data)
    assert tables(small.home / "semua.gpkg") & {"tps", "sekolah"} == {"sekolah"}
    assert len(list((small.home / "made" / "semua").iterdir())) == 1


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}


def test_the_list_of_data_shows_the_size_of_all_layers(small: City) -> None:
    web = application(small).test_client()
    assert "dibuat saat diminta" in web.get("/data").text
    with web.get("/data/semua.gpkg") as answer:
        size = answer.content_length
    said = html.fromstring(web.get("/data").text).xpath("//a[@href='/data/semua.gpkg']")[0].text_content()
    assert f"{size / 1000:.0f} kB" in said
    assert "dibuat" not in said


def test_no_data_is_no_geopackage(empty_web: FlaskClient) -> None:
    assert empty_web.get("/data/semua.gpkg").status_code == 404


@pytest.mark.parametrize(
    "name", ["data-utm50s.gpkg", "peta/data.fgb", "data.FGB", "data.gpkg.fgb", "../1/data.fgb", "changes"]
)
def test_only_formats_that_fit_are_made(small: City, name: str) -> None:
    assert application(small).test_client().get(f"/data/tps/1/{name}").status_code == 404
    assert not (small.home / "made").exists()


def test_two_who_ask_at_once_get_the_same_file(small: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_request, "_waiting", threading.Semaphore(9))
    app = application(small)

    def ask(_: int) -> tuple[int, str | None, bytes]:
        with app.test_client().get("/data/tps/1/data.fgb") as answer:
            return answer.status_code, answer.headers["ETag"], answer.data

    with ThreadPoolExecutor(4) as several:
        answers = set(several.map(ask, range(4)))
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_a_crowd_is_told_to_come_back(small: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_request, "_waiting", threading.Semaphore(0))
    answer = application(small).test_client().get("/data/tps/1/data.fgb")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["code"] == "SEDANG-DIBUAT"


def test_who_waits_too_long_comes_back_to_a_finished_file(small: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_request, "WAIT", 0.0)
    web = application(small).test_client()
    assert web.get("/data/tps/1/data.fgb").status_code == 503
    wait_for(lambda: [path for path in (small.home / "made").rglob("data.fgb") if path.parent.name[0] != "."])
    with web.get("/data/tps/1/data.fgb") as answer:
        assert answer.status_code == 200


def test_a_killed_maker_leaves_nothing_and_the_next_one_makes_it(tmp_path: Path) -> None:
    city = empty_city(tmp_path)
    city.publish("tps", squares(40_000), "dlh", NOON, said_of="tps")
    app = application(city)
    with ThreadPoolExecutor(1) as reader:
        asked = reader.submit(lambda: app.test_client().get("/data/tps/1/data.kml"))
        wait_for(lambda: list((tmp_path / "made").rglob(".data-kml/data.kml")))
        os.kill(maker_of(tmp_path / "made"), signal.SIGKILL)
        answer = asked.result()
    assert (answer.status_code, answer.json["code"]) == (500, "GAGAL-DIBUAT")
    assert not [path for path in (tmp_path / "made").rglob("*") if path.is_file() or path.name.startswith(".")]
    with app.test_client().get("/data/tps/1/data.kml") as again:
        assert again.status_code == 200
        assert again.data.count(b"<Placemark") == 40_000


def maker_of(folder: Path) -> int:
    """The process that writes below this folder."""
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and (process / "cmdline").exists():
            said = (process / "cmdline").read_bytes()
            if b"server.release.on_request" in said and str(folder).encode() in said:
                return int(process.name)
    raise AssertionError("no maker")


def wait_for(there: object) -> None:
    for _ in range(6000):
        if there():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


# Parts and conditions


def test_parts_of_a_file_put_together_are_the_file(web: FlaskClient) -> None:
    address = "/data/lokasi-sekolah/2/data.gpkg"
    with web.get(address) as whole:
        body, etag = whole.data, whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    size, parts = len(body), []
    for start in range(0, size, 50_000):
        with web.get(address, headers={"Range": f"bytes={start}-{start + 49_999}", "If-Range": etag}) as part:
            assert part.status_code == 206
            assert part.headers["Content-Range"] == f"bytes {start}-{min(start + 49_999, size - 1)}/{size}"
            parts.append(part.data)
    assert b"".join(parts) == body
    with web.get(address, headers={"Range": "bytes=-7"}) as end:
        assert end.data == body[-7:]


def test_a_part_of_another_file_is_not_given(web: FlaskClient) -> None:
    address = "/data/lokasi-sekolah/2/data.csv"
    with web.get(address, headers={"Range": "bytes=0-9", "If-Range": '"lain"'}) as whole:
        assert whole.status_code == 200
        body = whole.data
    with web.get(address, headers={"Range": "bytes=0-3,10-12"}) as several:
        assert (several.status_code, several.data) == (200, body)
    answer = web.get(address, headers={"Range": "bytes=9999999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(body)}"
    assert answer.json["title"] == "Bagian yang diminta di luar berkas"


def test_head_says_what_get_says(web: FlaskClient) -> None:
    for name in ("data.gpkg", "data.csv", "manifest.json"):
        with web.get(f"/data/lokasi-sekolah/2/{name}") as whole, web.head(f"/data/lokasi-sekolah/2/{name}") as head:
            assert head.data == b""
            assert len(whole.data) == head.content_length
            assert {name: value for name, value in head.headers if name != "Date"} == {
                name: value for name, value in whole.headers if name != "Date"
            }


def test_scripts_of_other_pages_may_read_files_and_their_headers(web: FlaskClient) -> None:
    with web.get("/data/lokasi-sekolah/2/data.csv") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"ETag", "Content-Length", "Content-Range"} <= set(
            answer.headers["Access-Control-Expose-Headers"].split(", ")
        )
    asked = web.options("/data/lokasi-sekolah/2/data.csv", headers={"Origin": "https://lain.example"})
    assert "Range" in asked.headers["Access-Control-Allow-Headers"]
    gone = web.get("/data/taman-kota/1/data.csv")
    assert (gone.status_code, gone.headers["Access-Control-Allow-Origin"]) == (410, "*")


# What changed


def changed(layer: Layer) -> Layer:
    """The second row lies elsewhere and has another name, the first is gone, and one is new."""
    names = [f"{name} baru" if at == 1 else name for at, name in enumerate(layer.columns["jenis"].to_pylist())]
    keys = layer.columns["id_tps"].to_pylist()
    columns = layer.columns.set_column(layer.columns.column_names.index("jenis"), "jenis", pa.array(names))
    columns = columns.set_column(layer.columns.column_names.index("id_tps"), "id_tps", pa.array(["BARU", *keys[1:]]))
    geometry = layer.geometry.copy()
    geometry[1] = shapely.Point(109.7, -6.9)
    return replace(layer, columns=columns, geometry=geometry)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> City:
    city = empty_city(tmp_path_factory.mktemp("dua"))
    layer = spatial("tps.geojson")
    city.publish("tps", layer, "dlh", NOON, key="id_tps")
    city.publish("tps", changed(layer), "dlh", NOON, key="id_tps")
    return city


def test_what_changed_is_said_by_key_with_old_and_new_values(twice: City) -> None:
    web, keys = application(twice).test_client(), spatial("tps.geojson").columns["id_tps"].to_pylist()
    said = web.get("/data/tps/changes?since=1").json
    assert (said["since"], said["until"], said["key"]) == (1, 2, "id_tps")
    assert said["counts"] == {"added": 1, "removed": 1, "changed": 1, "moved": 1, "unchanged": len(keys) - 2}
    removed, added, moved = said["changes"]
    assert (removed["change"], removed["id"], removed["properties"]["id_tps"]) == ("removed", keys[0], keys[0])
    assert (added["change"], added["id"]) == ("added", "BARU")
    assert (moved["change"], moved["id"]) == ("changed", keys[1])
    assert moved["properties"]["jenis"]["new"] == moved["properties"]["jenis"]["old"] + " baru"
    assert moved["geometry"]["new"] == {"type": "Point", "coordinates": [109.7, -6.9]}
    back = web.get("/data/tps/changes?since=2&until=1").json
    assert [one["change"] for one in back["changes"]] == ["removed", "added", "changed"]
    assert web.get("/data/tps/changes?since=2").json["numberMatched"] == 0


def test_pages_of_changes_put_together_are_all_changes(twice: City) -> None:
    web = application(twice).test_client()
    address, found = "/data/tps/changes?since=1&limit=2", []
    whole = web.get("/data/tps/changes?since=1").json["changes"]
    while address:
        said = web.get(address.removeprefix(twice.settings.url)).json
        found += said["changes"]
        address = next((link["href"] for link in said["links"] if link["rel"] == "next"), "")
    assert found == whole
    again = web.get("/data/tps/changes?since=1")
    assert web.get("/data/tps/changes?since=1", headers={"If-None-Match": again.headers["ETag"]}).status_code == 304


def test_people_read_the_changes_as_a_page(twice: City) -> None:
    page = html.fromstring(
        application(twice).test_client().get("/data/tps/changes?since=1", headers={"Accept": "text/html"}).text
    )
    said = " ".join(page.xpath("//main")[0].text_content().split())
    assert "Apa yang berubah dari rilis 1 ke rilis 2" in said
    assert "Ditambah: 1" in said
    assert "letak atau bentuk" in said
    linked = html.fromstring(application(twice).test_client().get("/data/tps").text)
    assert linked.xpath("//a[@href='/data/tps/changes?since=1']")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("since=x", 400),
        ("since=1&limit=-1", 400),
        ("since=²", 400),
        ("since=9", 404),
        ("since=1&until=9", 404),
        ("since=99999999999", 400),
    ],
)
def test_a_release_that_is_not_there_is_said_so(twice: City, query: str, status: int) -> None:
    assert application(twice).test_client().get(f"/data/tps/changes?{query}").status_code == status


def test_without_a_key_what_is_equal_is_matched_and_that_is_said(tmp_path: Path) -> None:
    city = empty_city(tmp_path)
    for layer in (squares(5), replace(squares(5), columns=pa.table({"nomor": [0, 1, 2, 3, 40]}))):
        city.publish("tps", layer, "dlh", NOON, said_of="tps", key="")
    web = application(city).test_client()
    said = web.get("/data/tps/changes?since=1").json
    assert said["key"] is None
    assert said["changes"] == [{"change": "changed", "id": 5, "properties": {"nomor": {"old": 4, "new": 40}}}]
    assert "tidak mempunyai kolom kunci" in web.get("/data/tps/changes?since=1", headers={"Accept": "text/html"}).text
