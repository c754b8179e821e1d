"""Real layers of Kota Pekalongan through /api/v1: what /ogc serves is what the file says, or the reason is true."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from shapely.geometry import shape

from tests.conftest import METADATA, City
from tests.test_every_step import take

Real = Callable[[str], bytes]

SOUND = {
    "Batas_Administrasi": 27,
    "Rob": 44,
    "Jaringan_Jalan": 176,
    "toponim": 850,
    "jaringan_energi": 153,  # its CRS is urn:ogc:def:crs:OGC::CRS84h, and its lines have heights
    "Kepadatan_Penduduk": 27,
}


def entered(city: City, name: str, content: bytes) -> dict[str, Any]:
    produsen = city.client("produsen")
    answer = produsen.submit_file(f"{name}.geojson", content, METADATA | {"title": name.replace("_", " ")})
    assert answer.status_code == 201, answer.text
    answer.request.environ["wsgi.input"].close()  # the test client leaves a large body open
    submission: dict[str, Any] = produsen.submission(answer.json["id"])
    assert submission["job"]["status"] == "done", submission["job"]
    return submission


def findings(city: City, id: str) -> list[dict[str, Any]]:
    body = city.client("walidata").get(f"/api/v1/submissions/{id}/findings").json
    return [feature["properties"] | {"geometry": feature["geometry"]} for feature in body["features"]]


def published(city: City, submission: dict[str, Any]) -> str:
    """The four steps of the SOP, each warning set aside with a reason; the collection's id."""
    id, walidata = submission["id"], city.client("walidata")
    assert take(city, "produsen", id, "submit").status_code == 200
    for finding in findings(city, id):
        if finding["severity"] == "warns":
            path = f"/api/v1/submissions/{id}/findings/{finding['key']}/waive"
            assert walidata.post(path, json={"reason": "Sudah ditanyakan kepada produsen data."}).status_code == 200
    for step, person in (("verify", "walidata"), ("approve", "pembina-geospasial"), ("publish", "walidata")):
        answer = take(city, person, id, step)
        assert answer.status_code == 200, answer.text
    return str(submission["dataset"])


def downloaded(http: FlaskClient, dataset: str, name: str) -> bytes:
    with http.get(f"/data/{dataset}/1/{name}") as answer:
        assert answer.status_code == 200
        return answer.data


@pytest.mark.parametrize("name", SOUND)
def test_what_is_served_is_what_the_file_says(city: City, real: Real, name: str) -> None:
    content = real(f"{name}.geojson")
    source = json.loads(content)["features"]
    dataset = published(city, entered(city, name, content))
    http = city.client().http
    page = http.get(f"/ogc/collections/{dataset}/items?f=json&limit=10000").json
    assert page["numberMatched"] == page["numberReturned"] == len(page["features"]) == len(source) == SOUND[name]

    fields = json.loads(downloaded(http, dataset, "manifest.json"))["collections"][0]["fields"]
    labels = {field["name"]: field["label"] for field in fields}
    for served, given in zip(page["features"], source, strict=True):
        whole = dict.fromkeys(labels.values()) | given["properties"]  # a feature that lacks a member says null
        assert {labels[name]: value for name, value in served["properties"].items()} == whole
        drawn, meant = shape(served["geometry"]), shapely.force_2d(shape(given["geometry"]))
        assert drawn.geom_type == meant.geom_type
        assert shapely.get_num_coordinates(drawn) == shapely.get_num_coordinates(meant)
        assert shapely.hausdorff_distance(drawn, meant) < 1e-7

    bounds = shapely.total_bounds([shapely.force_2d(shape(given["geometry"])) for given in source])
    (box,) = http.get(f"/ogc/collections/{dataset}?f=json").json["extent"]["spatial"]["bbox"]
    assert box == pytest.approx(bounds, abs=1e-6)

    rows = list(csv.DictReader(StringIO(downloaded(http, dataset, "data.csv").decode("utf-8-sig"))))
    assert len(rows) == len(source)
    assert len(json.loads(downloaded(http, dataset, "data.geojson"))["features"]) == len(source)


def test_land_use_stops_at_its_four_invalid_polygons(city: City, real: Real) -> None:
    content = real("penggunaan_lahan.geojson")
    shapes = [shape(feature["geometry"]) for feature in json.loads(content)["features"]]
    invalid = [row for row, polygon in enumerate(shapes, start=1) if not polygon.is_valid]
    assert len(invalid) == 4
    submission = entered(city, "penggunaan_lahan", content)
    blocking = [finding for finding in findings(city, submission["id"]) if finding["severity"] == "blocks"]
    assert [finding["row"] for finding in blocking] == invalid
    assert {finding["check"] for finding in blocking} == {"GEOM_INVALID"}
    for finding in blocking:
        assert str(finding["row"]) in finding["message"]
        assert finding["mend"]
        assert shape(finding["geometry"]).distance(shapes[finding["row"] - 1].envelope) < 1e-6

    answer = take(city, "produsen", submission["id"], "submit")
    assert answer.status_code == 422
    assert "no_blocking_finding" in [reason["name"] for reason in answer.json["requirements"]]
    assert city.client().get(f"/ogc/collections/{submission['dataset']}/items").status_code == 404


def test_population_written_as_text_is_found_and_served_as_it_was_written(embedded_city: City, real: Real) -> None:
    content = real("Kepadatan_Penduduk.geojson")
    written = [feature["properties"]["JML_PDDK"] for feature in json.loads(content)["features"]]
    assert written.count("12.330") >= 1
    submission = entered(embedded_city, "Kepadatan_Penduduk", content)
    found = [one for one in findings(embedded_city, submission["id"]) if one["column"] == "jml_pddk"]
    as_text = next(finding for finding in found if finding["check"] == "NUMBER_AS_TEXT")
    assert "“12.330” dibaca 12330" in as_text["message"]
    assert as_text["severity"] == "warns"
    (odd,) = (finding for finding in found if finding["check"] == "NUMBER_DEVIATES")
    assert (odd["row"], written[odd["row"] - 1]) == (25, "13,016")
    answer = take(embedded_city, "walidata", submission["id"], "verify")
    assert answer.status_code == 409

    dataset = published(embedded_city, submission)
    page = embedded_city.client().get(f"/ogc/collections/{dataset}/items?f=json").json
    assert [feature["properties"]["jml_pddk"] for feature in page["features"]] == written
