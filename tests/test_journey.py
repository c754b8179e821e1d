"""One page: a real layer of Kota Pekalongan travels the whole SOP and comes out as an OGC API collection."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from shapely.geometry import shape

from tests.conftest import METADATA, City


def test_a_layer_travels_the_sop_and_is_served(city: City, real: Callable[[str], bytes]) -> None:
    produsen, walidata = city.client("produsen"), city.client("walidata")
    pembina, public = city.client("pembina-geospasial"), city.client()
    source = real("Batas_Administrasi.geojson")

    # Step 1: the Produsen Data enters the data with its Berita Acara.
    answer = produsen.submit_file("Batas_Administrasi.geojson", source)
    assert answer.status_code == 201, answer.text
    id, dataset = answer.json["id"], answer.json["dataset"]
    entered = produsen.submission(id)
    assert entered["job"]["status"] == "done", entered
    assert entered["status"] == "draft"
    assert len(entered["content_hash"]) == 64
    assert entered["findings"]["blocks"] == 0, produsen.get(f"/api/v1/submissions/{id}/findings").text
    assert produsen.step(id, "submit").json["status"] == "submitted"
    assert produsen.submission(id)["due"] > "2026-03-12"

    # Step 2: the Walidata verifies, setting each warning aside with a reason.
    for finding in walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]:
        if finding["properties"]["severity"] == "warns":
            path = f"/api/v1/submissions/{id}/findings/{finding['properties']['key']}/waive"
            assert walidata.post(path, json={"reason": "Sudah ditanyakan kepada DPUPR."}).status_code == 200
    answer = walidata.step(id, "verify", content_hash=entered["content_hash"])
    assert answer.status_code == 200, answer.text

    # Step 3: the Pembina Data ratifies exactly what was verified.
    assert pembina.step(id, "approve", content_hash=entered["content_hash"]).json["status"] == "approved"
    assert public.get(f"/ogc/collections/{dataset}/items?f=json").status_code == 404

    # Step 4: the Walidata disseminates, and every worker serves it at once, without a restart.
    other = city.another_worker()
    answer = walidata.step(id, "publish")
    assert answer.json["status"] == "published", answer.text
    assert answer.json["release"] == 1
    for http in (public.http, other):
        page = http.get(f"/ogc/collections/{dataset}/items?f=json&limit=100")
        assert page.status_code == 200
        assert page.json["numberMatched"] == 27

    # What is served is what was entered.
    expected = json.loads(source)["features"]
    for served, given in zip(page.json["features"], expected, strict=True):
        assert set(given["properties"].values()) <= set(served["properties"].values())
        assert shape(served["geometry"]).hausdorff_distance(shape(given["geometry"])) < 1e-6

    # The journey is on record, in a chain that is whole.
    steps = [event["step"] for event in produsen.get(f"/api/v1/submissions/{id}/events").json["events"]]
    assert steps == ["submit", "verify", "approve", "publish"]
    actions = [entry["action"] for entry in walidata.get("/api/v1/ledger").json["entries"]]
    assert actions[-1].endswith("publish")

    # Withdrawn, it is gone everywhere at once.
    answer = walidata.post(f"/api/v1/datasets/{dataset}/steps/withdraw", json={"note": "Batas diperbarui."})
    assert answer.json["status"] == "withdrawn", answer.text
    for http in (public.http, other):
        collection = f"/ogc/collections/{dataset}"
        for path in (collection, f"{collection}/items", f"/data/{dataset}/1/data.gpkg"):
            assert http.get(path).status_code == 410, path


def test_a_returned_dataset_is_corrected_in_place(city: City, real: Callable[[str], bytes]) -> None:
    produsen, walidata = city.client("produsen"), city.client("walidata")
    id = produsen.submit_file("Rob.geojson", real("Rob.geojson"), METADATA | {"title": "Genangan Rob"}).json["id"]
    produsen.step(id, "submit")
    assert walidata.step(id, "return").status_code == 422
    assert walidata.step(id, "return", note="Kedalaman belum dalam cm.").json["status"] == "returned"
    before = produsen.submission(id)
    answer = produsen.call("PATCH", f"/api/v1/submissions/{id}", json={"metadata": {"abstract": "Diperbaiki. " * 10}})
    assert answer.json["content_hash"] is None
    produsen.rebuild(id)
    assert produsen.submission(id)["content_hash"] != before["content_hash"]
    assert produsen.step(id, "submit").json["round"] == 2


@pytest.mark.parametrize("name", ["produsen2"])
def test_another_agencys_submission_does_not_exist(city: City, real: Callable[[str], bytes], name: str) -> None:
    id = city.client("produsen").submit_file("Rob.geojson", real("Rob.geojson"), build=False).json["id"]
    other = city.client(name)
    assert other.get(f"/api/v1/submissions/{id}").status_code == 404
    assert other.step(id, "submit").status_code == 404
    assert other.get("/api/v1/submissions").json["count"] == 0
