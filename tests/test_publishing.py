"""What is published is served whole; what is withdrawn is gone at once; what is not published is nowhere."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.conftest import METADATA, City
from tests.processes import ROOT, environment
from tests.test_every_step import PATH, USUAL, take

Documents = dict[str, bytes]


def layer(*names: str, **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [109.66 + n / 1000, -6.889]},
            "properties": {"nama": name, **more},
        }
        for n, name in enumerate(names)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def walk(city: City, content: bytes, status: str = "published", *, name: str = "titik.geojson", **said: Any) -> str:
    """A submission of this content in this status; the dataset's id."""
    form = {"dataset": said.pop("dataset")} if "dataset" in said else {}
    produsen = city.client("produsen")
    answer = produsen.submit_file(name, content, METADATA | said, **form)
    assert answer.status_code == 201, answer.text
    for finding in produsen.get(f"/api/v1/submissions/{answer.json['id']}/findings").json["features"]:
        assert finding["properties"]["severity"] != "blocks", finding
    for step in PATH[status]:
        done = take(city, USUAL[step], answer.json["id"], step)
        if step == "submit":
            waive_all(city, answer.json["id"])
        assert done.status_code == 200, done.text
    return str(answer.json["dataset"])


def waive_all(city: City, id: str) -> None:
    walidata = city.client("walidata")
    for finding in walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]:
        if finding["properties"]["severity"] == "warns":
            path = f"/api/v1/submissions/{id}/findings/{finding['properties']['key']}/waive"
            assert walidata.post(path, json={"reason": "Alasan uji."}).status_code == 200


def step_on(city: City, dataset: str, step: str, **body: Any) -> dict[str, Any]:
    path = f"/api/v1/datasets/{dataset}/steps/{step}"
    answer = city.client("walidata").post(path, json={"note": "Alasan uji."} | body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


DAMAGE = {
    "the features are cut": ("features.geojsonl", b'{"type":"Feature",'),
    "the offsets are gone": ("features.offsets", None),
    "the offsets are of another file": ("features.offsets", b"\xff" * 40),
    "the GeoPackage is gone": ("data.gpkg", None),
    "the GeoPackage is something else": ("data.gpkg", b"SQLite format 3\0" + b"\0" * 84),
    "the manifest is broken": ("manifest.json", b"{"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_broken_release_folder_breaks_nothing_else(embedded_city: City, what: str) -> None:
    broken = walk(embedded_city, layer("a", "b"), title="Rusak")
    sound = walk(embedded_city, layer("c", "d", "e"), title="Utuh")
    name, content = DAMAGE[what]
    file = embedded_city.settings.home / "releases" / broken / "1" / name
    kept = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content)

    for http in (embedded_city.another_worker(), embedded_city.client().http):
        assert http.get(f"/ogc/collections/{sound}/items?f=json").json["numberMatched"] == 3
        listed = [one["id"] for one in http.get("/ogc/collections?f=json").json["collections"]]
        assert sound in listed
        for path in (
            "/",
            "/data",
            "/peta",
            "/jadwal",
            f"/data/{sound}",
            "/ogc?f=json",
            "/ogc/collections/katalog/items",
        ):
            assert http.get(path).status_code == 200, path
        assert b"utuh" in http.get("/csw?service=CSW&version=2.0.2&request=GetRecords&resultType=results").data.lower()
        for path in (f"/ogc/collections/{broken}/items?f=json", f"/data/{broken}"):
            assert "Traceback" not in http.get(path).text, path

    file.unlink(missing_ok=True)
    file.write_bytes(kept)
    assert embedded_city.another_worker().get(f"/ogc/collections/{broken}/items?f=json").json["numberMatched"] == 2


def test_a_layer_without_features_stops_and_one_without_geometry_is_served(city: City) -> None:
    answer = city.client("produsen").submit_file("kosong.geojson", layer(), METADATA | {"title": "Kosong"})
    job = city.client("produsen").submission(answer.json["id"])["job"]
    assert (job["status"], job["error"]["code"]) == ("failed", "EMPTY")
    nowhere = {"type": "Feature", "geometry": None, "properties": {"nama": "Belum dipetakan"}}
    content = json.dumps({"type": "FeatureCollection", "features": [nowhere, nowhere]}).encode()
    dataset = walk(city, content, title="Belum dipetakan")
    http = city.client().http
    page = http.get(f"/ogc/collections/{dataset}/items?f=json").json
    assert [feature["geometry"] for feature in page["features"]] == [None, None]
    for path in (f"/ogc/collections/{dataset}", f"/data/{dataset}", "/peta", "/", "/ogc/collections/katalog/items"):
        assert http.get(path, headers={"Accept": "text/html"}).status_code == 200, path
        assert http.get(path).status_code == 200, path


def everything(http: FlaskClient, dataset: str, number: int) -> Documents:
    """All files of a release and its answers, as bytes."""
    found = {}
    with http.get(f"/data/{dataset}/{number}/manifest.json") as answer:
        names = list(answer.json["files"])
    for path in (
        *(f"/data/{dataset}/{number}/{name}" for name in ("manifest.json", *names)),
        f"/ogc/collections/{dataset}/items?f=json",
        f"/ogc/collections/{dataset}/items/1?f=json",
        f"/ogc/collections/{dataset}/schema?f=json",
    ):
        with http.get(path) as answer:
            assert answer.status_code == 200, path
            found[path] = re.sub(rb'"timeStamp": ?"[^"]*"', b"", answer.data)
    return found


def test_a_newer_release_takes_over_and_the_older_one_comes_back_byte_for_byte(city: City) -> None:
    dataset = walk(city, layer("lama"), title="Pos")
    http, other = city.client().http, city.another_worker()
    first = everything(http, dataset, 1)
    walk(city, layer("baru", "baru juga"), dataset=dataset, title="Pos")
    for web in (http, other):
        page = web.get(f"/ogc/collections/{dataset}/items?f=json").json
        assert [feature["properties"]["nama"] for feature in page["features"]] == ["baru", "baru juga"]
        assert web.get(f"/data/{dataset}/terkini/data.csv").headers["Location"] == f"/data/{dataset}/2/data.csv"
    for path, content in first.items():
        if path.startswith("/data/"):
            with http.get(path) as answer:
                assert answer.data == content, path

    assert step_on(city, dataset, "restore", release=1)["status"] == "published"
    for web in (http, other):
        assert everything(web, dataset, 1) == first
        assert web.get(f"/data/{dataset}/terkini/data.csv").headers["Location"] == f"/data/{dataset}/1/data.csv"
    step_on(city, dataset, "withdraw")
    assert step_on(city, dataset, "restore", release=1)["status"] == "published"
    for web in (http, other):
        assert everything(web, dataset, 1) == first


def test_what_is_withdrawn_is_gone_everywhere_at_once(city: City) -> None:
    dataset = walk(city, layer("rilis satu"), title="Pos pantau")
    walk(city, layer("rilis dua"), dataset=dataset, title="Pos pantau")
    other = walk(city, layer("tetap"), title="Tetap ada")
    webs = (city.client().http, city.another_worker())
    collection, record = f"/ogc/collections/{dataset}", "/csw?service=CSW&version=2.0.2&request=GetRecordById&id="
    files = [path for number in (1, 2) for path in everything_of(webs[0], dataset, number)]
    for web in webs:
        assert web.get(f"/ogc/collections/katalog/items/{dataset}").status_code == 200
        assert b"Pos pantau" in web.get(record + dataset).data
        assert b"Pos pantau" in web.get("/ogc/collections/katalog/items?f=json").data

    step_on(city, dataset, "withdraw")
    for web in webs:
        for path in (
            *(collection, f"{collection}/items", f"{collection}/items/1", f"{collection}/schema"),
            *(f"{collection}/queryables", f"/ogc/collections/katalog/items/{dataset}"),
            *(f"/data/{dataset}", f"/data/{dataset}/terkini/data.gpkg", *files),
        ):
            for accept in ("application/json", "text/html"):
                assert web.get(path, headers={"Accept": accept}).status_code == 410, (path, accept)
        for path in (
            "/",
            "/data",
            "/peta",
            "/jadwal",
            "/ogc/collections?f=json",
            "/ogc/collections/katalog/items?f=json",
        ):
            assert b"Pos pantau" not in web.get(path).data, path
        assert b"Pos pantau" not in web.get(record + dataset).data
        assert b"Pos pantau" not in web.get("/csw?service=CSW&version=2.0.2&request=GetRecords&resultType=results").data
        assert web.get(f"/ogc/collections/{other}/items?f=json").json["numberMatched"] == 1
    assert f"collections/{dataset}" not in configuration(city)

    walk(city, layer("rilis tiga"), dataset=dataset, title="Pos pantau")
    for web in webs:
        assert web.get(f"{collection}/items?f=json").json["features"][0]["properties"]["nama"] == "rilis tiga"
        assert web.get(f"/data/{dataset}/2/data.csv").status_code == 410


def everything_of(http: FlaskClient, dataset: str, number: int) -> list[str]:
    with http.get(f"/data/{dataset}/{number}/manifest.json") as answer:
        assert answer.status_code == 200
        return [f"/data/{dataset}/{number}/{name}" for name in ("manifest.json", *answer.json["files"])]


def configuration(city: City) -> str:
    """What `sebar pygeoapi-config` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "pygeoapi-config"],
        cwd=ROOT,
        env=environment(city.settings),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


SECRET, OPEN = "KENARI-RAHASIA", "KENARI-TERBUKA"


def with_canaries(canary: str, title: str) -> tuple[bytes, dict[str, Any]]:
    """A layer and its metadata that say `canary` wherever a producer may write."""
    said = {
        "title": title,
        "abstract": f"{canary} di abstrak. {METADATA['abstract']}",
        "lineage": f"{canary} di riwayat. {METADATA['lineage']}",
        "keywords": [f"{canary} kunci"],
        "contact": {**METADATA["contact"], "name": f"{canary} Sari"},
        "berita_acara": {"number": f"{canary}/2026", "date": "2026-03-12"},
        "fields": [{"name": "nama", "title": f"{canary} nama", "definition": f"Arti {canary} dari kolom ini."}],
    }
    return layer(f"{canary} satu", "dua", **{canary: 1}), said


def test_nothing_unpublished_is_in_any_public_answer(city: City) -> None:
    content, said = with_canaries(OPEN, "Pos terbuka")
    walk(city, content, **said)
    hidden, hashes = [], []
    for status in ("draft", "submitted", "returned", "verified", "approved", "withdrawn"):
        # The calendar announces titles of what is approved; who holds a file of a withdrawn release learns its name.
        known = status in ("approved", "withdrawn")
        content, said = with_canaries(SECRET, f"Data {status}" if known else f"{SECRET} {status}")
        name = "titik.geojson" if known else f"{SECRET}.geojson"
        hidden.append(walk(city, content, status, name=name, **said))
        hashes.append(hashlib.sha256(content).hexdigest())
    (scheduled,) = city.journey.records.submissions(dataset=hidden[4])
    assert take(city, "walidata", scheduled.move.id, "schedule").status_code == 200
    submissions = [record for record in city.journey.records.submissions() if record.move.dataset in hidden]
    hashes += [str(record.move.content_hash) for record in submissions]

    guesses = [f"/data/{id}/1/{name}" for id in hidden for name in ("data.gpkg", "data.csv", "manifest.json")]
    guesses += [
        f"/{room}/{id}" for id in hidden for room in ("data", "ogc/collections", "ogc/collections/katalog/items")
    ]
    guesses += [f"/ogc/collections/{id}/items?f={form}" for id in hidden for form in ("json", "html", "csv")]
    guesses += [f"/csw?service=CSW&version=2.0.2&request=GetRecordById&id={id}" for id in hidden]
    guesses += ["/ogc/collections/katalog/items?q=kenari", "/data?q=kenari", "/metrics", "/healthz", "/readyz"]
    guesses += [f"/verifikasi/{hash}" for hash in hashes]
    guesses += [f"/api/v1/submissions/{record.move.id}" for record in submissions]
    guesses += ["/api/v1/submissions", "/api/v1/ledger", "/api/v1/openapi.json"]
    start = ["/", "/ogc", "/csw?service=CSW&request=GetCapabilities", *RECORDS, *guesses]
    found = dict(crawled(city.another_worker(), start))

    assert [path for path, said in found.items() if SECRET in told(said)] == []
    # The id of a dataset is made of its title: it stands in no answer but those to its own address.
    linked = [path for path in found if not any(id in path for id in hidden) and SECRET.lower() in told(found[path])]
    assert linked == []
    assert SECRET not in (printed := configuration(city))
    assert SECRET.lower() not in printed
    with_open = [path for path, said in found.items() if OPEN in told(said)]
    assert {urlsplit(path).path.split("/")[1] for path in with_open} >= {"data", "ogc", "csw"}
    assert any("data.gpkg" in path for path in with_open)
    assert len(found) > 100


RECORDS = [
    f"/csw?service=CSW&version=2.0.2&request=GetRecords&resultType=results&elementSetName=full&outputSchema={schema}"
    for schema in ("http://www.opengis.net/cat/csw/2.0.2", "http://www.isotc211.org/2005/gmd")
]


def crawled(http: FlaskClient, start: list[str]) -> Iterator[tuple[str, bytes]]:
    """Every answer that links lead to, in every form that is asked for, from these addresses on."""
    waiting, seen = list(start), set(start)
    while waiting:
        path = waiting.pop()
        for accept in ("text/html", "application/json"):
            with http.get(path, headers={"Accept": accept}) as answer:
                assert answer.status_code < 500, (path, answer.text[:500])
                body = answer.data
                links = [answer.headers.get("Location", ""), *sum(LINK.findall(body.decode("utf-8", "replace")), ())]
            yield f"{path}#{accept}", body
            for link in links:
                whole = urlsplit(urljoin(f"http://localhost{path}", unescape(link)))
                address = whole._replace(scheme="", netloc="", fragment="").geturl()
                if whole.netloc == "localhost" and address not in seen and not address.startswith("/static/"):
                    seen.add(address)
                    waiting.append(address)
        assert len(seen) < 2000, "the crawl does not end"


LINK = re.compile(r"""(?:href|src|action|data-[a-z]+|url)["']?\s*[=:]\s*["']([^"'<>\s]+)|>(http://localhost[^<]+)<""")


def told(body: bytes) -> str:
    """The text in an answer, zipped or not."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return " ".join(told(archive.read(name)) for name in archive.namelist())
    return body.decode("utf-8", "replace")


def test_content_that_was_published_before_is_published_again(city: City) -> None:
    """As the next release, also where nothing in it differs: what was right once may be right again."""
    titles = {"title": "Titik tetap"}
    dataset = walk(city, layer("satu"), **titles)
    for name in ("dua", "satu"):
        walk(city, layer(name), dataset=dataset, **titles)
    releases = city.journey.records.releases(dataset)
    assert [release.status for release in releases] == ["superseded", "superseded", "published"]
    assert [release.content_hash == releases[0].content_hash for release in releases] == [True, False, True]
