"""Notes through /api/v1: pinned, answered, settled, carried to the next version; and what a return needs."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from tests.conftest import METADATA, PEOPLE, Caller, City
from workflow.sop import Role

KEYED = METADATA | {"title": "Pos Pantau", "key": "kode"}
PLACES: list[dict[str, Any]] = [
    {"feature": "K2", "lon": 109.671, "lat": -6.881},
    {"row": 2, "column": "nama"},
    {"field": "lineage"},
    {"lon": 109.67, "lat": -6.88},
]
LONG = "Mohon diperiksa lagi di lapangan."


def layer(*points: tuple[str, float, float]) -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {"kode": code, "nama": f"Pos {code}"},
        }
        for code, lon, lat in points
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


THREE = (("K1", 109.670, -6.880), ("K2", 109.671, -6.881), ("K3", 109.672, -6.882))


def submitted(city: City, metadata: dict[str, Any] = KEYED, **form: str) -> str:
    produsen = city.client("produsen")
    answer = produsen.submit_file("pos.geojson", layer(*THREE), metadata, **form)
    assert answer.status_code == 201, answer.text
    assert produsen.step(answer.json["id"], "submit").status_code == 200
    return str(answer.json["id"])


def note(caller: Caller, id: str, text: str = "Perbaiki ini.", kind: str = "must_fix", **place: Any) -> Any:
    answer = caller.post(f"/api/v1/submissions/{id}/notes", json={"text": text, "kind": kind, "place": place})
    assert answer.status_code == 201, answer.text
    return answer.json


def notes(caller: Caller, id: str) -> list[dict[str, Any]]:
    return caller.get(f"/api/v1/submissions/{id}/notes").json["notes"]


def settle(caller: Caller, id: str, note: str, how: str) -> Any:
    return caller.post(f"/api/v1/submissions/{id}/notes/{note}/{how}")


def new_file(caller: Caller, id: str, content: bytes) -> None:
    form = {"file": (BytesIO(content), "pos.geojson")}
    assert caller.call("PUT", f"/api/v1/submissions/{id}/file", data=form).status_code == 200
    caller.rebuild(id)


def test_notes_survive_a_return_a_new_file_and_the_next_version(city: City) -> None:
    produsen, walidata = city.client("produsen"), city.client("walidata")
    id = submitted(city)
    for place in PLACES:
        note(walidata, id, **place)
    known = notes(produsen, id)
    assert [(one["place"], one["round"], one["doubt"]) for one in known] == [(place, 1, None) for place in PLACES]
    assert [one["where"] for one in known] == [
        "Fitur K2",
        "Baris 2, kolom nama",
        "Metadata “riwayat data”",
        "Titik 109,67° BT, 6,88° LS",
    ]

    assert walidata.step(id, "return").json["status"] == "returned"
    new_file(produsen, id, layer(THREE[0], ("K9", 109.6711, -6.8811)))
    assert produsen.step(id, "submit").json["round"] == 2
    feature, cell, field, point = notes(walidata, id)
    assert feature["doubt"] == "diperkirakan: fitur ini tidak ada lagi pada isi yang sekarang; yang terdekat fitur K9"
    assert cell["doubt"].startswith("diperkirakan: nomor baris")
    assert (field["doubt"], point["doubt"]) == (None, None)
    assert [one["place"] for one in (feature, cell, field, point)] == PLACES

    assert settle(walidata, id, field["id"], "resolve").status_code == 200
    for step, person in (("verify", "walidata"), ("approve", "pembina-geospasial"), ("publish", "walidata")):
        assert city.client(person).step(id, step).status_code == 200
    dataset = produsen.submission(id)["dataset"]
    later = submitted(city, dataset=dataset)
    carried = notes(walidata, later)
    assert [one["id"] for one in carried] == [feature["id"], cell["id"], point["id"]]
    assert all(one["carried"] and one["submission"] == id for one in carried)
    assert carried[0]["doubt"] is None
    assert settle(walidata, later, point["id"], "resolve").status_code == 200
    assert notes(walidata, later)[-1]["resolved_by"] == "id-walidata"


def test_without_a_key_a_feature_is_found_again_by_its_place_only(embedded_city: City) -> None:
    city = embedded_city
    produsen, walidata = city.client("produsen"), city.client("walidata")
    id = submitted(city, METADATA | {"title": "Pos"})
    note(walidata, id, feature=2)
    assert notes(walidata, id)[0]["place"] == {"feature": "2", "lon": 109.671, "lat": -6.881}
    walidata.step(id, "return")
    new_file(produsen, id, layer(*reversed(THREE[1:])))
    assert notes(produsen, id)[0]["doubt"] == "diperkirakan: yang terdekat fitur 2"
    new_file(produsen, id, layer(THREE[0]))
    assert notes(produsen, id)[0]["doubt"] == "diperkirakan: yang terdekat fitur 1"
    new_file(produsen, id, layer(("K8", 109.69, -6.9)))
    assert notes(produsen, id)[0]["doubt"] == "fitur ini tidak ada lagi pada isi yang sekarang"


def test_a_return_needs_a_note_to_be_fixed_or_a_reason(city: City) -> None:
    walidata, pembina = city.client("walidata"), city.client("pembina-geospasial")
    id = submitted(city)
    note(walidata, id, kind="question")
    for said in ("", "Kurang.", "x" * 19):
        answer = walidata.step(id, "return", note=said)
        assert answer.status_code == 422
        assert answer.json["requirements"][0]["name"] == "reason_or_must_fix"
        assert "20 huruf" in answer.json["detail"]
    asked = note(walidata, id)
    settle(walidata, id, asked["id"], "resolve")
    assert walidata.step(id, "return").status_code == 422
    settle(walidata, id, asked["id"], "reopen")
    assert walidata.step(id, "return").json["status"] == "returned"
    returned = walidata.get(f"/api/v1/submissions/{id}/events").json["events"][-1]
    assert returned["must_fix"] == [asked["id"]]

    other = submitted(city, METADATA | {"title": "Lain"})
    walidata.step(other, "verify")
    assert pembina.step(other, "return", note="Kurang.").status_code == 422
    note(pembina, other)
    assert pembina.step(other, "return").json["status"] == "submitted"


def test_who_may_write_answer_and_settle(city: City) -> None:
    produsen, walidata, pembina = (city.client(name) for name in ("produsen", "walidata", "pembina-geospasial"))
    id = submitted(city)
    asked = note(pembina, id, field="lineage")
    path = f"/api/v1/submissions/{id}/notes"
    assert city.client("produsen2").get(path).status_code == 404
    assert city.client("produsen2").post(path, json={"text": "Hai"}).status_code == 404
    assert produsen.post(path, json={"text": "Hai", "kind": "must_fix"}).status_code == 403
    mine = note(produsen, id, "Perlu kolom luas?", "question")
    assert settle(produsen, id, asked["id"], "resolve").status_code == 403
    said = produsen.post(f"{path}/{asked['id']}/answers", json={"text": "Dari survei 2026.", "fixed": True})
    assert said.json["text"] == "Sudah diperbaiki. Dari survei 2026."
    assert produsen.post(f"{path}/{asked['id']}/answers", json={}).status_code == 422
    assert produsen.post(f"{path}/{said.json['id']}/answers", json={"text": "Hai"}).status_code == 404
    (first, _) = notes(walidata, id)
    assert first["fixed"]
    assert [one["answers_to"] for one in first["answers"]] == [asked["id"]]
    assert settle(produsen, id, mine["id"], "resolve").status_code == 200
    assert settle(walidata, id, asked["id"], "resolve").status_code == 200
    actions = [entry["action"] for entry in walidata.get("/api/v1/ledger").json["entries"]]
    assert actions.count("note.add") == 3
    assert actions.count("note.resolve") == 2


def test_a_note_is_opened_again_in_its_round_only(embedded_city: City) -> None:
    produsen, walidata = embedded_city.client("produsen"), embedded_city.client("walidata")
    id = submitted(embedded_city)
    asked = note(walidata, id)
    settle(walidata, id, asked["id"], "resolve")
    assert walidata.step(id, "return", note=LONG).status_code == 200
    assert settle(walidata, id, asked["id"], "reopen").status_code == 200
    settle(walidata, id, asked["id"], "resolve")
    produsen.step(id, "submit")
    answer = settle(walidata, id, asked["id"], "reopen")
    assert answer.status_code == 409
    assert "putaran yang lalu" in answer.json["detail"]


@pytest.mark.parametrize(
    "place",
    [
        {"feature": "K7"},
        {"feature": "K1", "lon": 200, "lat": 0},
        {"lon": 109.67},
        {"lon": "109", "lat": 0},
        {"lon": True, "lat": 0},
        {"row": 4, "column": "nama"},
        {"row": 0, "column": "nama"},
        {"row": 1, "column": "luas"},
        {"field": "nama"},
        {"finding": "k1"},
        {"finding": ["k1"]},
        {"field": {}},
        {"row": 1, "column": []},
        {"halaman": 3},
    ],
)
def test_a_place_that_is_not_there_is_refused(embedded_city: City, place: dict[str, Any]) -> None:
    id = submitted(embedded_city)
    walidata = embedded_city.client("walidata")
    answer = walidata.post(f"/api/v1/submissions/{id}/notes", json={"text": "Hai", "place": place})
    assert answer.status_code == 400, answer.text
    assert answer.json["where"]["field"] == "place"
    assert notes(walidata, id) == []


def test_who_comes_second_is_told_who_and_when(city: City) -> None:
    """Every step, a note and a waiver: two reviewers at once."""
    records = city.journey.records
    wati = replace(records.person("id-walidata"), id="id-wati", username="wati", name="Wati")
    records.save_person(wati, actor="test", at=city.clock())
    walidata, colleague = city.client("walidata"), city.client("wati")
    table = b"no,surel\n1,ani@contoh.id\n"
    facts = METADATA | {"title": "Surel", "kind": "statistics", "concept": "c", "definition": "d", "measure": "m"}
    produsen = city.client("produsen")
    id = produsen.submit_file("surel.csv", table, facts | {"unit": "u"}).json["id"]
    assert produsen.step(id, "submit").status_code == 200, produsen.step(id, "submit").text

    asked = note(walidata, id)
    settle(colleague, id, asked["id"], "resolve")
    late = settle(walidata, id, asked["id"], "resolve")
    assert (late.status_code, late.json["by"]) == (409, "Walidata Wati")
    assert late.json["at"].startswith("2026-03-12T03:")
    assert "Walidata Wati sudah menandai catatan ini selesai pada 12 Maret 2026" in late.json["detail"]

    findings = walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]
    warned = [one["properties"]["key"] for one in findings if one["properties"]["severity"] == "warns"]
    path = f"/api/v1/submissions/{id}/findings/{warned[0]}/waive"
    assert colleague.post(path, json={"reason": "Surel kantor."}).status_code == 200
    late = walidata.post(path, json={"reason": "Bukan surel orang."})
    assert (late.status_code, late.json["by"]) == (409, "Walidata Wati")
    for key in warned[1:]:
        colleague.post(f"/api/v1/submissions/{id}/findings/{key}/waive", json={"reason": "Wajar."})

    ways = [
        ("verify", "pembina-statistik", {}),
        ("approve", "pembina-statistik", {}),
        ("publish", "walidata", {}),
    ]
    last = colleague
    for step, _, more in ways:
        who = last if step != "approve" else city.client("pembina-statistik")
        assert who.step(id, step, **more).status_code == 200
        second = city.client("pembina-statistik") if step == "approve" else walidata
        late = second.step(id, step)
        assert late.status_code == 409
        assert late.json["by"] in ("Walidata Wati", "Pembina Data Pembina-Statistik")
        assert "mengambil langkah" in late.json["detail"]
    late = walidata.step(id, "return", note=LONG)
    assert (late.status_code, late.json["by"]) == (409, "Walidata Wati")


def test_everybody_who_sees_it_may_ask(embedded_city: City) -> None:
    id = submitted(embedded_city)
    for username, _, role, _ in PEOPLE:
        if username != "produsen2":
            note(embedded_city.client(username), id, kind="question")
            allowed = role in (Role.WALIDATA, Role.PEMBINA_DATA)
            answer = embedded_city.client(username).post(
                f"/api/v1/submissions/{id}/notes", json={"text": "Hai", "kind": "must_fix"}
            )
            assert answer.status_code == (201 if allowed else 403)
