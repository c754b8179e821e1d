"""How grave a finding is, is the city's to say; a result says when it is of other rules than today's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.severity import REGISTRY
from tests.conftest import METADATA, STATISTICS, City
from tests.pages.desk import Seat
from tests.workflow.layers import KELURAHAN
from workflow.checks import RULES
from workflow.findings import Severity
from workflow.labels import FIXED_CHECKS

WITH_PHONE = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"kode": "a", "ket": "hub. 081234567890"},
                "geometry": {"type": "Point", "coordinates": [109.6753, -6.8886]},
            }
        ],
    }
).encode()
KEYED = METADATA | {"key": "kode"}


def put(city: City, code: str, severity: str, reason: str = "SK Forum 3/2026", who: str = "admin") -> Any:
    return city.client(who).call("PUT", f"/api/v1/checks/{code}", json={"severity": severity, "reason": reason})


def found(city: City, id: str) -> dict[str, str]:
    answer = city.client("walidata").get(f"/api/v1/submissions/{id}/findings")
    return {one["properties"]["check"]: one["properties"]["severity"] for one in answer.json["features"]}


def entered(city: City, *, submit: bool = False) -> str:
    id = city.client("produsen").submit_file("titik.geojson", WITH_PHONE, KEYED).json["id"]
    if submit:
        assert city.client("produsen").step(id, "submit").status_code == 200
    return id


def test_the_citys_severity_counts_from_the_next_result_on(city: City) -> None:
    id = entered(city)
    assert found(city, id)["PHONE"] == "blocks"
    assert city.client("produsen").step(id, "submit").status_code == 422
    assert put(city, "PHONE", "warns").json["severity"] == "warns"
    assert found(city, id)["PHONE"] == "blocks"
    again = city.client("produsen").post(f"/api/v1/submissions/{id}/check", json={})
    assert again.status_code == 200
    city.client("produsen").rebuild(id)
    assert found(city, id)["PHONE"] == "warns"
    assert city.client("produsen").step(id, "submit").status_code == 200
    told = [entry for entry in city.journey.records.ledger() if entry.action == "severity.save"]
    said = {"severity": "warns", "before": "blocks", "reason": "SK Forum 3/2026"}
    assert [(entry.actor, entry.object, entry.detail) for entry in told] == [("id-admin", "PHONE", said)]


def test_a_result_keeps_the_rules_it_was_made_by_and_says_when_they_are_others(city: City) -> None:
    id = entered(city)
    checked = city.client("produsen").submission(id)["checked"]
    assert checked["rules"] == RULES
    assert checked["severities"] == {}
    assert checked["stale"] == ""
    put(city, "PHONE", "warns")
    stale = city.client("produsen").submission(id)["checked"]["stale"]
    assert stale.startswith("Hasil pemeriksaan ini dari ")
    assert stale.endswith("; sejak itu berat temuan diubah admin (PHONE).")
    city.client("produsen").post(f"/api/v1/submissions/{id}/check", json={})
    city.client("produsen").rebuild(id)
    checked = city.client("produsen").submission(id)["checked"]
    assert (checked["severities"], checked["stale"]) == ({"PHONE": "warns"}, "")
    put(city, "PHONE", "", "Kembali")
    assert "PHONE" in city.client("produsen").submission(id)["checked"]["stale"]


def test_a_result_of_older_rules_is_stale_and_a_published_one_is_history(
    embedded_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(embedded_city, "PHONE", "informs")
    id = entered(embedded_city, submit=True)
    monkeypatch.setattr("server.severity.RULES", "99")
    said = embedded_city.client("walidata").submission(id)["checked"]["stale"]
    assert f"aturan pemeriksaan diperbarui (dari versi {RULES} ke 99)" in said
    for who, step in (("walidata", "verify"), ("pembina-geospasial", "approve"), ("walidata", "publish")):
        assert embedded_city.client(who).step(id, step).status_code == 200
    assert embedded_city.client("walidata").submission(id)["checked"]["stale"] == ""


def test_what_the_law_has_block_cannot_be_lowered(embedded_city: City) -> None:
    answer = put(embedded_city, "NIK", "warns")
    assert (answer.status_code, answer.json["code"]) == (409, "BERAT-TETAP")
    assert "UU 27/2022" in answer.json["detail"]
    assert not embedded_city.journey.records.severities()
    assert set(FIXED_CHECKS) <= set(REGISTRY)
    assert all(REGISTRY[code].severity is Severity.BLOCKS for code in FIXED_CHECKS)


@pytest.mark.parametrize(
    ("code", "severity", "reason", "who", "status"),
    [
        ("PHONE", "warns", " ", "admin", 400),
        ("PHONE", "berat", "x", "admin", 400),
        ("TIDAK_ADA", "warns", "x", "admin", 404),
        ("PHONE", "warns", "x", "walidata", 403),
        ("PHONE", "warns", "x", "produsen", 403),
    ],
)
def test_only_the_admin_chooses_and_says_why(
    embedded_city: City, code: str, severity: str, reason: str, who: str, status: int
) -> None:
    assert put(embedded_city, code, severity, reason, who).status_code == status
    assert not embedded_city.journey.records.severities()


def test_the_list_of_checks_says_what_is_usual_and_what_is_in_force(embedded_city: City) -> None:
    put(embedded_city, "AREA_CODE_UNKNOWN", "blocks")
    answer = embedded_city.client("produsen").get("/api/v1/checks").json
    (one,) = [check for check in answer["checks"] if check["check"] == "AREA_CODE_UNKNOWN"]
    assert (one["usual"], one["usual_on_maps"], one["severity"]) == ("blocks", "warns", "blocks")
    assert len(answer["checks"]) == len(REGISTRY)


def test_the_page_shows_every_check_and_takes_a_choice(embedded_city: City) -> None:
    seat = Seat(embedded_city, "admin")
    seat.open("/meja/admin/pemeriksaan?cek=PHONE")
    assert all(seat.says(code) for code in REGISTRY)
    seat.press("/meja/admin/pemeriksaan#ubah", severity="warns", reason="SK Forum 3/2026")
    assert seat.says("Berat PHONE tersimpan")
    assert seat.says("SK Forum 3/2026 (Admin, 12 Maret 2026)")
    seat.open("/meja/admin/pemeriksaan?cek=NIK")
    assert seat.says("Selalu menghalangi. UU 27/2022")


def test_walidata_is_told_of_a_stale_result_and_has_it_checked_again(embedded_city: City) -> None:
    put(embedded_city, "PHONE", "warns")
    id = entered(embedded_city, submit=True)
    before = embedded_city.client("walidata").submission(id)["content_hash"]
    put(embedded_city, "PHONE", "blocks")
    seat = Seat(embedded_city, "walidata")
    seat.open(f"/meja/pengajuan/{id}?sisi=temuan")
    assert seat.says("sejak itu berat temuan diubah admin (PHONE)")
    seat.press(f"/meja/pengajuan/{id}/periksa-lagi")
    embedded_city.client("walidata").rebuild(id)
    seat.open(f"/meja/pengajuan/{id}?sisi=temuan")
    assert not seat.says("sejak itu berat temuan")
    assert found(embedded_city, id)["PHONE"] == "blocks"
    # The same content: only what is said of it is new.
    assert embedded_city.client("walidata").submission(id)["content_hash"] == before
    assert embedded_city.client("walidata").step(id, "verify").status_code == 422


def test_only_who_has_the_data_in_hand_has_it_checked_again(embedded_city: City) -> None:
    put(embedded_city, "PHONE", "informs")
    id = entered(embedded_city)
    assert embedded_city.client("walidata").post(f"/api/v1/submissions/{id}/check", json={}).status_code == 409
    assert embedded_city.client("produsen").step(id, "submit").status_code == 200
    assert embedded_city.client("produsen").post(f"/api/v1/submissions/{id}/check", json={}).status_code == 409
    assert (
        embedded_city.client("pembina-geospasial").post(f"/api/v1/submissions/{id}/check", json={}).status_code == 403
    )


def test_a_warning_is_waived_with_a_reason_and_a_name_and_a_blocker_never(embedded_city: City) -> None:
    put(embedded_city, "PHONE", "warns")
    id = entered(embedded_city, submit=True)
    walidata = embedded_city.client("walidata")
    (key,) = [
        one["id"]
        for one in walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]
        if one["properties"]["check"] == "PHONE"
    ]
    at = f"/api/v1/submissions/{id}/findings/{key}/waive"
    assert walidata.post(at, json={"reason": " "}).status_code == 422
    assert embedded_city.client("produsen").post(at, json={"reason": "Nomor kantor"}).status_code == 403
    assert walidata.post(at, json={"reason": "Nomor kantor kelurahan"}).json["waived"]
    assert embedded_city.journey.records.finding(id, key).waived_by == "id-walidata"
    # A severity that is raised opens it again.
    put(embedded_city, "PHONE", "blocks")
    walidata.post(f"/api/v1/submissions/{id}/check", json={})
    walidata.rebuild(id)
    assert walidata.post(at, json={"reason": "Nomor kantor kelurahan"}).status_code == 422
    seat = Seat(embedded_city, "walidata")
    seat.open(f"/meja/pengajuan/{id}?sisi=temuan&temuan={key}")
    assert f"/meja/pengajuan/{id}/temuan/{key}/kesampingkan" not in seat.page.text
    assert walidata.step(id, "verify").status_code == 422


def test_the_same_content_under_another_name_is_told(embedded_city: City) -> None:
    rows = "kode_kelurahan,tahun,jumlah\n" + "\n".join(f"33.75.01.100{n},2024,{n * 7}" for n in range(2, 9))
    first = embedded_city.client("produsen").submit_file("a.csv", rows.encode(), STATISTICS)
    again = rows.replace(",", ";").encode()
    other = embedded_city.client("produsen2").submit_file("b.csv", again, STATISTICS | {"title": "Jiwa"})
    assert "CONTENT_TWICE" not in found(embedded_city, first.json["id"])
    assert found(embedded_city, other.json["id"])["CONTENT_TWICE"] == "warns"


def test_the_next_version_is_laid_beside_the_release(embedded_city: City) -> None:
    def version(figures: list[int], **more: Any) -> str:
        rows = [f"{area.kemendagri},{value}" for area, value in zip(KELURAHAN, figures, strict=False)]
        content = "\n".join(["kode_kelurahan,jumlah", *rows]).encode()
        answer = embedded_city.client("produsen").submit_file("a.csv", content, STATISTICS, **more)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    id = version([120, 341, 562, 783, 914])
    for who, step in (
        ("produsen", "submit"),
        ("walidata", "verify"),
        ("pembina-statistik", "approve"),
        ("walidata", "publish"),
    ):
        if step == "verify":
            for key in [one.key for one in embedded_city.journey.records.findings(id) if one.severity == "warns"]:
                reason = {"reason": "Hanya contoh"}
                embedded_city.client("walidata").post(f"/api/v1/submissions/{id}/findings/{key}/waive", json=reason)
        assert embedded_city.client(who).step(id, step).status_code == 200
    dataset = embedded_city.client("produsen").submission(id)["dataset"]
    newer = version([120_500, 341_900, 562_100, 783_400, 914_200, 5], dataset=dataset)
    assert {"RELEASE_UNIT", "RELEASE_ROWS"} <= set(found(embedded_city, newer))
