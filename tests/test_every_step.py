"""Every status × step × person through /api/v1, against a list typed by hand from the SOP and the design."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from tests.conftest import METADATA, PDF, PEOPLE, City

LAYER = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [109.675, -6.889]},
                "properties": {"nama": "Alun-alun", "tahun": 2026},
            }
        ],
    }
).encode()

# SOP Penyebarluasan Data: 1 Produsen Data, 2 Walidata, 3 Pembina Data, 4 Walidata; and the design's other rows.
ALLOWED = {
    ("draft", "submit", "produsen"): "submitted",
    ("returned", "submit", "produsen"): "submitted",
    ("submitted", "verify", "walidata"): "verified",
    ("verified", "approve", "pembina-geospasial"): "approved",
    ("approved", "publish", "walidata"): "published",
    ("submitted", "return", "walidata"): "returned",
    ("verified", "return", "pembina-geospasial"): "submitted",
    ("verified", "approve_on_paper", "walidata"): "approved",
    ("submitted", "recall", "produsen"): "draft",
    ("approved", "schedule", "walidata"): "approved",
    ("published", "withdraw", "walidata"): "withdrawn",
    ("superseded", "restore", "walidata"): "published",
    ("withdrawn", "restore", "walidata"): "published",
}
WHO = {
    "submit": {"produsen"},
    "verify": {"walidata"},
    "approve": {"pembina-geospasial", "pembina-statistik"},
    "publish": {"walidata"},
    "return": {"walidata", "pembina-geospasial", "pembina-statistik"},
    "approve_on_paper": {"walidata"},
    "recall": {"produsen"},
    "schedule": {"walidata"},
    "withdraw": {"walidata"},
    "restore": {"walidata"},
}
PATH = {
    "draft": (),
    "submitted": ("submit",),
    "returned": ("submit", "return"),
    "verified": ("submit", "verify"),
    "approved": ("submit", "verify", "approve"),
    "published": ("submit", "verify", "approve", "publish"),
    "superseded": ("submit", "verify", "approve", "publish", "next"),
    "withdrawn": ("submit", "verify", "approve", "publish", "withdraw"),
}
USUAL = {
    "submit": "produsen",
    "return": "walidata",
    "verify": "walidata",
    "approve": "pembina-geospasial",
    "publish": "walidata",
    "withdraw": "walidata",
}


def take(city: City, person: str, id: str, step: str) -> Any:
    """The step with everything that it needs besides the right person and status."""
    caller = city.client(person)
    dataset = city.journey.records.submission(id).move.dataset
    if step in ("withdraw", "restore"):
        release = {"release": 1} if step == "restore" else {}
        return caller.post(f"/api/v1/datasets/{dataset}/steps/{step}", json={"note": "Alasan uji.", **release})
    path = f"/api/v1/submissions/{id}/steps/{step}"
    if step == "approve_on_paper":
        form = {"note": "Disahkan Kepala BPS.", "scan": (BytesIO(PDF), "lembar.pdf")}
        return caller.post(path, data=form)
    at = (city.clock() + timedelta(days=3)).isoformat()
    return caller.post(
        path, json={"note": "Alasan uji yang cukup panjang.", **({"at": at} if step == "schedule" else {})}
    )


def submission_at(city: City, status: str, title: str) -> str:
    produsen = city.client("produsen")
    answer = produsen.submit_file("titik.geojson", LAYER, METADATA | {"title": title})
    assert answer.status_code == 201, answer.text
    id = answer.json["id"]
    for step in PATH[status]:
        if step == "next":
            newer = produsen.submit_file("titik.geojson", LAYER, METADATA, dataset=answer.json["dataset"]).json["id"]
            for one in PATH["published"]:
                assert take(city, USUAL[one], newer, one).status_code == 200
            continue
        done = take(city, USUAL[step], id, step)
        assert done.status_code == 200, done.text
    assert produsen.submission(id)["status"] == status
    return id


@pytest.mark.parametrize("status", PATH)
def test_only_the_rows_of_the_sop_can_happen(city: City, status: str) -> None:
    id = submission_at(city, status, f"Data {status}")
    for step, who in WHO.items():
        for person, *_ in PEOPLE:
            if (status, step, person) in ALLOWED or (status, step, person) == ("superseded", "withdraw", "walidata"):
                # Withdrawing acts on the release that is served, which here is the newer one.
                continue
            answer = take(city, person, id, step)
            case = (status, step, person, answer.status_code, answer.text)
            if person == "produsen2":
                assert answer.status_code == 404, case
            elif person not in who:
                assert answer.status_code == 403, case
            elif person == "pembina-statistik" and status == "verified":
                # The row is theirs, this kind of data is not.
                assert answer.status_code == 422, case
            else:
                assert answer.status_code in ((404, 409) if step in ("withdraw", "restore") else (409,)), case
            assert answer.mimetype == "application/problem+json", case
            assert {"code", "detail", "title", "status"} <= answer.json.keys(), case
    assert city.client("produsen").submission(id)["status"] == status


@pytest.mark.parametrize(("status", "step", "person"), ALLOWED)
def test_every_row_of_the_sop_happens(city: City, status: str, step: str, person: str) -> None:
    id = submission_at(city, status, f"Data {status} {step}")
    listed = city.client(person).submission(id)["allowed_steps"]
    assert step in listed
    answer = take(city, person, id, step)
    assert answer.status_code == 200, answer.text
    assert city.client("produsen").submission(id)["status"] == ALLOWED[status, step, person]


def test_nobody_verifies_or_ratifies_what_they_submitted(city: City) -> None:
    """Also where one person should hold two roles by mistake."""
    from dataclasses import replace

    from workflow.sop import Kind, Role

    records = city.journey.records
    person = records.person_by_username("produsen")
    everything = replace(person, roles=frozenset(Role), kinds=frozenset(Kind))
    records.save_person(everything, actor="test", at=city.clock())
    id = submission_at(city, "submitted", "Dua peran")
    answer = take(city, "produsen", id, "verify")
    assert answer.status_code == 422
    assert answer.json["requirements"][0]["name"] == "not_the_submitter"
    assert take(city, "walidata", id, "verify").status_code == 200
    assert take(city, "produsen", id, "approve").status_code == 422


def test_two_people_at_once_one_wins(city: City) -> None:
    id = submission_at(city, "submitted", "Balapan")
    journey = city.journey
    seen = journey.records.submission(id)
    assert take(city, "walidata", id, "verify").status_code == 200
    answer = city.client("walidata").step(id, "verify", content_hash=seen.move.content_hash)
    assert answer.status_code == 409
    produsen = city.client("produsen")
    stale = produsen.submit_file("titik.geojson", LAYER, METADATA | {"title": "Sunting"}).json["id"]
    version = produsen.submission(stale)["version"]
    first = produsen.call("PATCH", f"/api/v1/submissions/{stale}", json={"crs": "EPSG:4326", "version": version})
    assert first.status_code == 200
    second = produsen.call("PATCH", f"/api/v1/submissions/{stale}", json={"crs": "EPSG:9470", "version": version})
    assert second.status_code == 409
    assert second.json["code"] == "SUDAH-BERUBAH"
    assert {"by", "at"} <= second.json.keys()


def test_what_was_seen_is_what_is_ratified(city: City) -> None:
    id = submission_at(city, "verified", "Sidik")
    answer = city.client("pembina-geospasial").step(id, "approve", content_hash="0" * 64)
    assert answer.status_code == 409
    assert answer.json["code"] == "SUDAH-BERUBAH"
