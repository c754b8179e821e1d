"""Somebody with a file or a paper asks whether it is what was approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.documents.issuing import issue
from server.store import Records
from tests.conftest import City
from tests.store.sample import add, build, later, published, ratified, settle, take, wish

FILE, UPLOAD, PAPER, FEATURES = "1" * 64, "2" * 64, "3" * 64, "4" * 64
MANIFEST: dict[str, Any] = {
    "title": "Jalan",
    "collections": [{"id": "jalan", "folder": ".", "count": 3, "features_sha256": FEATURES, "fields": []}],
    "upload": {"name": "jalan.geojson", "sha256": UPLOAD, "bytes": 3},
    "berita_acara": {"sha256": PAPER, "number": "1", "date": "2026-03-10"},
    "files": {"data.gpkg": {"bytes": 3, "sha256": FILE}},
}


@pytest.fixture
def records(embedded_city: City) -> Records:
    records = embedded_city.journey.records
    settle(records)
    return records


@pytest.fixture
def ask(embedded_city: City) -> Callable[[str], dict[str, Any]]:
    def asked(sha256: str) -> dict[str, Any]:
        answer = embedded_city.client().get(f"/verifikasi/{sha256}?f=json")
        assert answer.status_code == (200 if answer.json["known"] else 404)
        return answer.json

    return asked


def test_what_was_published_is_known_in_each_of_its_forms(
    records: Records, ask: Callable[[str], dict[str, Any]]
) -> None:
    ratified(records, manifest=MANIFEST)
    published(records)
    content = records.releases("jalan")[0].content_hash
    said = {sha256: ask(sha256)["releases"][0] for sha256 in (content, FILE, UPLOAD, PAPER, FEATURES)}
    assert {one["dataset"] for one in said.values()} == {"jalan"}
    assert [one["what"] for one in said.values()] == [
        "Isi yang disetujui",
        "Berkas rilis",
        "Berkas asal yang diunggah",
        "Berita Acara pemeriksaan data",
        "Butir-butir data",
    ]
    assert said[FILE]["file"] == "data.gpkg"
    assert (said[content]["release"], said[content]["current"], said[content]["status"]) == (1, True, "published")
    assert [step["step"] for step in said[content]["journey"]] == ["submit", "verify", "approve", "publish"]
    chain = {entry.seq: entry.hash for entry in records.ledger()}
    assert all(chain[step["seq"]] == step["hash"] for step in said[content]["journey"])


def test_what_is_on_its_way_is_not_told(records: Records, ask: Callable[[str], dict[str, Any]]) -> None:
    ratified(records, manifest=MANIFEST)
    approved = records.submission("s1")
    assert approved
    for sha256 in (str(approved.move.content_hash), FILE, UPLOAD, PAPER, "f" * 64):
        assert ask(sha256) == {"sha256": sha256, "known": False, "releases": []}


def test_a_superseded_release_and_a_withdrawn_one_stay_known(
    records: Records, ask: Callable[[str], dict[str, Any]]
) -> None:
    ratified(records, manifest=MANIFEST)
    published(records)
    first = records.releases("jalan")[0].content_hash
    ratified(records, "s2", new=False, manifest=MANIFEST)
    published(records, "s2")
    assert ask(first)["releases"][0]["status"] == "superseded"
    assert [one["release"] for one in ask(UPLOAD)["releases"]] == [1, 2]
    move = wish(records, "s2", "withdraw", "sari")
    records.publish([move], release=None, dataset="jalan", current=None, withdrawn=(later(9), "salah"))
    second = ask(records.releases("jalan")[1].content_hash)["releases"][0]
    assert (second["status"], second["current"]) == ("withdrawn", False)
    assert second["withdrawn_at"]
    assert "salah" not in str(second)


def test_an_issued_document_is_known_but_not_what_it_is_about(
    records: Records, embedded_city: City, ask: Callable[[str], dict[str, Any]]
) -> None:
    add(records)
    build(records)
    take(records, "s1", "submit", "budi")
    document = issue(records, embedded_city.settings, records.events(submission="s1")[0])
    assert document
    said = ask(document.sha256)
    assert said["document"]["what"] == "Tanda terima input data"
    assert said["document"]["number"] == document.number
    assert said["releases"] == []
    assert "jalan" not in str(said).casefold()


def test_people_get_a_page(records: Records, embedded_city: City) -> None:
    ratified(records, manifest=MANIFEST)
    published(records)
    client = embedded_city.client()
    known = client.get(f"/verifikasi/{FILE.upper()}", headers={"Accept": "text/html"})
    assert known.status_code == 200
    assert "Sidik ini dikenal" in known.text
    assert "Jalan</a>, rilis 1" in known.text
    assert "Disetujui Pembina Data" in known.text
    assert "Accept" in known.headers["Vary"]
    unknown = client.get("/verifikasi/" + "0" * 64)
    assert unknown.status_code == 404
    assert "tidak dikenal" in unknown.text


@pytest.mark.parametrize("sha256", ["x", "0" * 63, "0" * 65, "g" * 64, "%3Cscript%3E"])
def test_what_is_no_hash_is_said_to_be_none(embedded_city: City, sha256: str) -> None:
    answer = embedded_city.client().get(f"/verifikasi/{sha256}?f=json")
    assert answer.status_code == 404
    assert "<script>" not in answer.text
