"""What /api/v1 says of itself, and to programs that ask wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from pygeoapi.openapi import validate_openapi_document

from server.api_description import METADATA
from tests.conftest import City
from workflow.sop import Access, Kind

HUGE = 10**30


def test_the_description_names_every_call(city: City) -> None:
    document = city.client().get("/api/v1/openapi.json").json
    assert validate_openapi_document(document)
    assert [METADATA["properties"][name]["enum"] for name in ("kind", "access")] == [list(Kind), list(Access)]
    rules = [rule for rule in city.app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    routes = {
        (method.lower(), rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method, path) for path, calls in document["paths"].items() for method in calls}
    assert routes - described == {("get", "/openapi.json")}
    assert described <= routes


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/submissions/{id}", {"metadata": 3}, "metadata"),
        ("PATCH", "/submissions/{id}", {"reading": []}, "reading"),
        ("PATCH", "/submissions/{id}", {"version": "x"}, "version"),
        ("PATCH", "/submissions/{id}", {"version": HUGE}, "body.version"),
        ("PATCH", "/submissions/{id}", {"judul": "x"}, "judul"),
        ("POST", "/submissions/{id}/steps/schedule", {"at": "besok"}, "at"),
        ("PATCH", "/submissions/{id}", {"version": 2**40}, "version"),
        ("POST", "/datasets/jalan/steps/restore", {"release": HUGE}, "body.release"),
        ("POST", "/datasets/jalan/steps/restore", {"release": 2**40}, "release"),
        ("POST", "/datasets/jalan/steps/restore", {}, "release"),
        ("POST", "/submissions/{id}/steps/submit", {"content_hash": 3}, "content_hash"),
    ],
)
def test_a_wrong_member_is_named(city: City, method: str, path: str, body: Any, field: str) -> None:
    produsen = city.client("produsen")
    id = produsen.submit_file("jalan.csv", b"kode,nama\n1,a\n", build=False).json["id"]
    answer = produsen.call(method, "/api/v1" + path.format(id=id), json=body)
    assert (answer.status_code, answer.json["where"]) == (400, {"field": field})


@pytest.mark.parametrize("since", [HUGE, -HUGE, "x"])
def test_the_ledger_can_be_asked_from_anywhere(city: City, since: object) -> None:
    assert city.client("walidata").get(f"/api/v1/ledger?since={since}").status_code == 200


def test_a_batch_needs_its_berita_acara(city: City) -> None:
    answer = city.client("produsen").post("/api/v1/batches", data={"number": "1", "date": "2026-03-10"})
    assert (answer.status_code, answer.json["code"]) == (400, "BERITA-ACARA")


def test_an_agency_does_not_read_the_notes_of_others_in_the_ledger(embedded_city: City) -> None:
    assert embedded_city.client("produsen").get("/api/v1/ledger").status_code == 403
    assert embedded_city.client("walidata").get("/api/v1/ledger").status_code == 200
