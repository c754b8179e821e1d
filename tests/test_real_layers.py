"""Real layers of Kota Pekalongan through /api/v1: they reach /ogc as they are, or stop with the true reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from tests.conftest import METADATA, City

# file, features
WHOLE = (
    ("Batas_Administrasi.geojson", 27),
    ("Rob.geojson", 44),
    ("Jaringan_Jalan.geojson", 176),
    ("toponim.geojson", 850),
    ("Kepadatan_Penduduk.geojson", 27),
    ("jaringan_energi.geojson", 153),
)


def entered(city: City, name: str, content: bytes) -> dict[str, Any]:
    produsen = city.client("produsen")
    answer = produsen.submit_file(name, content, METADATA | {"title": name.partition(".")[0].replace("_", " ")})
    assert answer.status_code == 201, answer.text
    submission: dict[str, Any] = produsen.submission(answer.json["id"])
    assert submission["job"]["status"] == "done", submission["job"]
    return submission


def findings(city: City, id: str) -> list[dict[str, Any]]:
    features = city.client("walidata").get(f"/api/v1/submissions/{id}/findings").json["features"]
    return [feature["properties"] | {"geometry": feature["geometry"]} for feature in features]


def publish(city: City, id: str) -> None:
    """The whole SOP; each warning is set aside with a reason."""
    walidata = city.client("walidata")
    assert city.client("produsen").step(id, "submit").status_code == 200
    for finding in findings(city, id):
        if finding["severity"] == "warns":
            path = f"/api/v1/submissions/{id}/findings/{finding['key']}/waive"
            assert walidata.post(path, json={"reason": "Sudah ditanyakan."}).status_code == 200
    assert walidata.step(id, "verify").status_code == 200
    assert city.client("pembina-geospasial").step(id, "approve").status_code == 200
    answer = walidata.step(id, "publish")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("name", "count"), WHOLE)
def test_a_real_layer_is_served_as_it_was_entered(
    city: City, real: Callable[[str], bytes], name: str, count: int
) -> None:
    """Count, bounds, order, geometries to 7 decimals and every attribute value equal the source."""
    source = json.loads(real(name))["features"]
    submission = entered(city, name, real(name))
    publish(city, submission["id"])
    collection = f"/ogc/collections/{submission['dataset']}"
    public = city.client()
    page = public.get(f"{collection}/items?f=json&limit=10000").json
    assert page["numberMatched"] == page["numberReturned"] == count == len(source)
    given = [shape(feature["geometry"]) if feature["geometry"] else None for feature in source]
    served = [shape(feature["geometry"]) if feature["geometry"] else None for feature in page["features"]]
    flat = shapely.force_2d([place for place in given if place])
    (box,) = public.get(f"{collection}?f=json").json["extent"]["spatial"]["bbox"]
    assert box == pytest.approx(list(shapely.total_bounds(flat)), abs=1e-7)
    for before, now in zip(given, served, strict=True):
        assert (before is None) == (now is None)
        if before is not None:
            assert shapely.hausdorff_distance(shapely.force_2d(before), now) < 1e-6
    for before, now in zip(source, page["features"], strict=True):
        assert said(now) == said(before)


def said(feature: dict[str, Any]) -> list[str]:
    """The values that are there; a source may leave members out, and order them anew in each feature."""
    return sorted(repr(value) for value in feature["properties"].values() if value is not None)


def test_population_written_as_text_is_found(embedded_city: City, real: Callable[[str], bytes]) -> None:
    """JML_PDDK of Kepadatan_Penduduk: "12.330" in 26 rows, "13,016" in one."""
    name = "Kepadatan_Penduduk.geojson"
    found = findings(embedded_city, entered(embedded_city, name, real(name))["id"])
    said = [finding for finding in found if finding["column"] == "jml_pddk"]
    assert any("12.330" in finding["message"] for finding in said)
    assert any("13,016" in finding["message"] and finding["row"] == 25 for finding in said)


def test_four_invalid_polygons_stop_with_place_and_reason(city: City, real: Callable[[str], bytes]) -> None:
    submission = entered(city, "penggunaan_lahan.geojson", real("penggunaan_lahan.geojson"))
    invalid = [finding for finding in findings(city, submission["id"]) if finding["check"] == "GEOM_INVALID"]
    assert [finding["row"] for finding in invalid] == [591, 603, 712, 737]
    assert all(finding["severity"] == "blocks" and finding["geometry"] for finding in invalid)
    answer = city.client("produsen").step(submission["id"], "submit")
    assert answer.status_code == 422
    assert [one["name"] for one in answer.json["requirements"]] == ["no_blocking_finding"]
