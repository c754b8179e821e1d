"""A version beside the release that the public has, through the API."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from server import comparing
from server.comparing import sentence, summary
from server.settings import ROOT
from tests.conftest import METADATA, STATISTICS, Caller, City
from tests.pages.desk import Seat
from workflow.dataset import FindingCounts

SAMPLE = ROOT / "data" / "sample"
WAIVED = {"reason": "Sudah ditanyakan kepada DPUPR."}


def square(n: int, east: float = 0.0) -> dict[str, Any]:
    x, y = 109.66 + n % 6 * 0.002 + east, -6.9 + n // 6 * 0.002
    ring = [[x, y], [x + 0.0005, y], [x + 0.0005, y + 0.0005], [x, y + 0.0005], [x, y]]
    return {"type": "Polygon", "coordinates": [[[round(part, 7) for part in xy] for xy in ring]]}


def feature(n: int, name: str = "", east: float = 0.0) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": square(n, east),
        "properties": {"kode": f"G{n:02}", "nama": name or f"Gedung {n}", "lantai": n % 4},
    }


def collection(features: list[dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def buildings() -> tuple[bytes, bytes]:
    """30 of them; then 5 added, 3 removed, 4 moved and 6 changed, one of them both; in another order."""
    now = [feature(n, "Balai" if 10 <= n < 16 else "", 0.0001 if 7 <= n < 11 else 0.0) for n in range(3, 35)]
    return collection([feature(n) for n in range(30)]), collection(now[::-1])


COUNTS = {"added": 5, "removed": 3, "moved": 4, "changed": 6, "unchanged": 18}


def publish(city: City, id: str) -> None:
    produsen, walidata = city.client("produsen"), city.client("walidata")
    kind = produsen.submission(id)["kind"]
    pembina = city.client("pembina-geospasial" if kind == "geospatial" else "pembina-statistik")
    answer = produsen.step(id, "submit")
    assert answer.status_code == 200, answer.text
    for found in walidata.get(f"/api/v1/submissions/{id}/findings").json["features"]:
        if found["properties"]["severity"] == "warns":
            walidata.post(f"/api/v1/submissions/{id}/findings/{found['properties']['key']}/waive", json=WAIVED)
    for who, step in ((walidata, "verify"), (pembina, "approve"), (walidata, "publish")):
        answer = who.step(id, step)
        assert answer.status_code == 200, answer.text


def entered(who: Caller, name: str, content: bytes, metadata: dict[str, Any], **form: str) -> str:
    answer = who.submit_file(name, content, metadata, **form)
    assert answer.status_code == 201, answer.text
    assert who.submission(answer.json["id"])["job"]["status"] == "done"
    return str(answer.json["id"])


def versions(city: City, old: bytes, new: bytes, metadata: dict[str, Any], **changed: Any) -> tuple[str, str]:
    """The first is published, the second waits; their ids."""
    produsen = city.client("produsen")
    name = "data.csv" if metadata["kind"] == "statistics" else "gedung.geojson"
    first = entered(produsen, name, old, metadata)
    publish(city, first)
    dataset = produsen.submission(first)["dataset"]
    return first, entered(produsen, name, new, metadata | changed, dataset=dataset)


def comparison(city: City, id: str, **asked: Any) -> dict[str, Any]:
    answer = city.client("walidata").get(f"/api/v1/submissions/{id}/comparison", query_string=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


BUILDINGS = METADATA | {"title": "Gedung"}


@pytest.mark.parametrize("key", ["kode", None])
def test_a_version_is_compared_exactly_as_it_was_edited(city: City, key: str | None) -> None:
    metadata = BUILDINGS | ({"key": key} if key else {})
    first, second = versions(
        city, *buildings(), metadata, lineage="Diperiksa lagi di lapangan pada bulan Januari 2026."
    )
    said = comparison(city, second)
    assert (said["release"], said["counts"], said["by_key"], said["moved_metres"]) == (1, COUNTS, bool(key), 0.5)
    assert Counter(one["properties"]["change"] for one in said["features"]) == {
        k: n for k, n in COUNTS.items() if k != "unchanged"
    }
    changed = [one["properties"] for one in said["features"] if one["properties"]["change"] == "changed"]
    assert {one["kode"]: one["cells"] for one in changed}["G12"] == {"nama": ["Gedung 12", "Balai"]}
    moved = [one["properties"] for one in said["features"] if one["properties"]["change"] == "moved"]
    assert {one["kode"] for one in moved} == {"G07", "G08", "G09", "G10"}
    assert all(one["metres"] == pytest.approx(11.05, abs=0.05) for one in moved)
    assert said["cells"] == {"nama": 6}
    assert said["metadata"] == [
        {
            "field": "lineage",
            "word": "riwayat data",
            "old": METADATA["lineage"],
            "new": "Diperiksa lagi di lapangan pada bulan Januari 2026.",
        }
    ]
    assert comparison(city, first)["release"] is None

    page = comparison(city, second, change="changed,moved", limit=3, offset=2)
    assert (page["numberMatched"], page["numberReturned"]) == (10, 3)
    assert city.client("walidata").get(f"/api/v1/submissions/{second}/comparison?change=lain").status_code == 400
    assert city.client("walidata").get(f"/api/v1/submissions/{second}/comparison?limit=-1").status_code == 400

    record = city.journey.records.submission(second)
    found = summary(city.journey, record)
    assert sentence(found, FindingCounts(warns=2)) == "Versi 2: 5 fitur baru, 3 hilang, 4 bergeser, 6 berubah; 2 temuan"


def test_what_is_compared_is_kept_and_never_published(embedded_city: City) -> None:
    city = embedded_city
    _first, second = versions(city, *buildings(), BUILDINGS)
    kept = list((city.settings.home / "made" / "banding").rglob("*.arrow"))
    assert [path.parent.name for path in kept] == [second]
    assert comparison(city, second)["counts"] == COUNTS
    assert [path.stat().st_mtime_ns for path in kept] == [kept[0].stat().st_mtime_ns]
    publish(city, second)
    release = city.journey.records.release("gedung", 2)
    names = {path.name for path in (city.settings.home / release.folder).rglob("*")}
    assert not any(name.endswith(".arrow") for name in names)


def test_when_another_release_becomes_current_the_comparison_is_made_anew(embedded_city: City) -> None:
    city = embedded_city
    walidata = city.client("walidata")
    _first, second = versions(city, *buildings(), BUILDINGS)
    publish(city, second)
    third = entered(city.client("produsen"), "gedung.geojson", buildings()[1], BUILDINGS, dataset="gedung")
    assert comparison(city, third)["counts"]["unchanged"] == 32
    assert (
        walidata.post(
            "/api/v1/datasets/gedung/steps/restore", json={"release": 1, "note": "Rilis 2 keliru."}
        ).status_code
        == 200
    )
    assert (comparison(city, third)["release"], comparison(city, third)["counts"]) == (1, COUNTS)
    assert (
        walidata.post(
            "/api/v1/datasets/gedung/steps/withdraw", json={"note": "Ditarik untuk diperiksa lagi."}
        ).status_code
        == 200
    )
    assert comparison(city, third)["release"] is None


def test_the_threshold_is_a_setting(embedded_city: City) -> None:
    city = embedded_city
    _, second = versions(city, *buildings(), BUILDINGS)
    city.journey.settings = replace(city.settings, moved_metres="12")
    said = comparison(city, second)
    assert (said["moved_metres"], said["counts"]["moved"], said["counts"]["changed"]) == (12.0, 0, 6)


TABLE = "kode_kelurahan,tahun,jenis_kelamin,jumlah\n{}"
POPULATION = STATISTICS | {
    "title": "Penduduk",
    "fields": [{"name": "jumlah", "definition": "Banyaknya orang.", "unit": "jiwa"}],
}


def lines(*cells: tuple[str, int, str, int | str]) -> bytes:
    return TABLE.format("".join(",".join(map(str, line)) + "\n" for line in cells)).encode()


def test_a_table_is_compared_by_area_period_and_category(city: City) -> None:
    old = lines(
        ("33.75.01.1002", 2024, "L", 100),
        ("33.75.01.1002", 2024, "P", 110),
        ("33.75.01.1003", 2024, "L", 90),
        ("33.75.01.1003", 2024, "P", 95),
    )
    new = lines(
        ("33.75.01.1002", 2025, "L", 104),
        ("33.75.01.1002", 2024, "P", 121),
        ("33.75.01.1002", 2024, "L", 100),
        ("33.75.01.1003", 2024, "P", 95),
    )
    fields = [{"name": "jumlah", "definition": "Banyaknya penduduk.", "unit": "jiwa"}]
    _, second = versions(city, old, new, POPULATION, fields=fields)
    said = comparison(city, second)
    assert said["keys"] == ["kode_kelurahan", "tahun", "jenis_kelamin"]
    assert said["counts"] == {"added": 1, "removed": 1, "moved": 0, "changed": 1, "unchanged": 2}
    assert [one["properties"]["cells"] for one in said["features"] if one["properties"]["change"] == "changed"] == [
        {"jumlah": [110, 121]}
    ]
    assert [(one["period"], one["old"], one["new"]) for one in said["totals"]] == [
        ("2024", 395, 316),
        ("2025", None, 104),
    ]
    assert said["fields"] == [
        {
            "column": "jumlah",
            "title": "Jumlah",
            "part": "definition",
            "word": "arti",
            "old": "Banyaknya orang.",
            "new": "Banyaknya penduduk.",
        }
    ]


@pytest.mark.parametrize("key", ["kode", None])
def test_the_pane_says_the_same_and_filters_by_address(embedded_city: City, key: str | None) -> None:
    city = embedded_city
    metadata = BUILDINGS | ({"key": key} if key else {})
    said = {"lineage": "Diperiksa lagi di lapangan pada bulan Januari 2026.", "update_frequency": "monthly"}
    _, second = versions(city, *buildings(), metadata, **said)
    city.client("produsen").step(second, "submit")
    walidata, here = Seat(city, "walidata"), f"/meja/pengajuan/{second}"
    walidata.open(f"{here}?sisi=perubahan")
    counts = [" ".join(one.text_content().split()) for one in walidata.page.xpath('//ul[@class="changes-counts"]/li')]
    assert counts == ["Semua", "5 baru", "3 hilang", "4 bergeser", "6 berubah"]
    assert walidata.says("Dicocokkan menurut kolom kode" if key else "dicocokkan dari letak dan isinya")
    assert walidata.says("lebih dari 0,5 m dari bentuk lama")
    assert walidata.says("semula tahunan → menjadi bulanan")
    assert len(listed(walidata)) == 17

    walidata.open(walidata.page.xpath('//ul[@class="changes-counts"]//a[contains(@href, "jenis=changed")]/@href')[0])
    assert len(listed(walidata)) == 6
    assert all("semula Gedung" in line and "menjadi Balai" in line for line in listed(walidata))
    walidata.open(f"{here}?sisi=perubahan&jenis=changed&dari=101")
    assert len(listed(walidata)) == 6
    walidata.open(f"{here}?sisi=perubahan&beda=nama&jenis=moved")
    assert len(listed(walidata)) == 1
    assert "11,1 m" in listed(walidata)[0]
    walidata.open(walidata.page.xpath('//ul[@class="changes"]//a/@href')[0])
    assert walidata.says("Yang dipilih")

    sheet = walidata.fetch(f"{here}/perubahan.csv").decode("utf-8-sig").splitlines()
    assert Counter(line.split(";")[0] for line in sheet[1:]) == {"Baru": 5, "Hilang": 3, "Bergeser": 4, "Berubah": 6}
    assert any(line.endswith(";nama;Gedung 12;Balai;;;") for line in sheet)
    assert len(walidata.fetch(f"{here}/perubahan.csv?jenis=changed").splitlines()) == 7


def listed(seat: Seat) -> list[str]:
    lines = seat.page.xpath('(//ul[@class="changes"])[last()]/li')
    return [" ".join(line.text_content().split()) for line in lines]


def test_of_a_table_the_pane_shows_differences_in_percent_and_totals(embedded_city: City) -> None:
    city = embedded_city
    old = lines(("33.75.01.1002", 2024, "L", 100), ("33.75.01.1003", 2024, "L", 90))
    new = lines(("33.75.01.1002", 2024, "L", 110), ("33.75.01.1003", 2024, "L", 90), ("33.75.01.1002", 2025, "L", 115))
    _, second = versions(city, old, new, POPULATION)
    city.client("produsen").step(second, "submit")
    for name in ("walidata", "pembina-statistik"):
        seat = Seat(city, name)
        seat.open(f"/meja/pengajuan/{second}?sisi=perubahan")
        assert seat.says("1 berubah")
        assert seat.says("2024 190 200 +10 (+5,3 %)")
    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{second}?sisi=perubahan")
    assert walidata.says("semula 100 → menjadi 110 +10 (+10 %)")
    assert listed(walidata)[0] == "Baru 33.75.01.1002, 2025 Jumlah (jiwa): 115"
    sheet = walidata.fetch(f"/meja/pengajuan/{second}/perubahan.csv").decode("utf-8-sig").splitlines()
    assert sheet[1:] == [
        "Baru;3;33.75.01.1002, 2025;jumlah;;115;;;",
        "Berubah;1;33.75.01.1002, 2024;jumlah;100;110;10;10,0;",
    ]


def test_an_unchanged_version_says_so_and_a_first_one_has_nothing_to_compare(embedded_city: City) -> None:
    city = embedded_city
    first, second = versions(city, buildings()[0], buildings()[0], BUILDINGS)
    city.client("produsen").step(second, "submit")
    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{second}?sisi=perubahan")
    assert walidata.says("Isinya sama dengan rilis 1")
    walidata.open(f"/meja/pengajuan/{first}?sisi=perubahan")
    assert walidata.says("Belum ada rilis lain yang dapat dibandingkan")


def test_a_large_layer_is_compared_anew_in_the_background(embedded_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city = embedded_city
    _, second = versions(city, *buildings(), BUILDINGS)
    city.client("produsen").step(second, "submit")
    shutil.rmtree(city.settings.home / "made")
    monkeypatch.setattr(comparing, "AT_ONCE", 10)
    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{second}?sisi=perubahan")
    assert walidata.says("sedang dibandingkan ulang dengan rilis 1")
    assert walidata.http.get(f"/meja/pengajuan/{second}/perubahan.csv").status_code == 503
    assert comparison(city, second)["counts"] == COUNTS  # a program waits
    walidata.open(f"/meja/pengajuan/{second}?sisi=perubahan")
    assert walidata.says("5 baru")


def test_a_desk_opens_where_nothing_can_be_compared(embedded_city: City, caplog: pytest.LogCaptureFixture) -> None:
    city = embedded_city
    _, second = versions(city, *buildings(), BUILDINGS)
    city.client("produsen").step(second, "submit")
    shutil.rmtree(city.settings.home / "made")
    release = city.journey.records.release("gedung", 1)
    (city.settings.home / release.folder / "data.gpkg").unlink()
    walidata = Seat(city, "walidata")
    assert walidata.open(f"/meja/pengajuan/{second}?sisi=perubahan").status_code == 200
    assert "could not be compared with release 1" in caplog.text
    assert city.client("walidata").get(f"/api/v1/submissions/{second}/comparison").json["code"] == "GAGAL-DIBUAT"


def test_rows_of_a_table_lie_in_their_area(embedded_city: City) -> None:
    city = embedded_city
    produsen = city.client("produsen")
    boundary = json.loads((SAMPLE / "kelurahan.metadata.json").read_text())
    publish(city, entered(produsen, "kelurahan.gpkg", (SAMPLE / "kelurahan.gpkg").read_bytes(), METADATA | boundary))
    old = lines(("33.75.01.1002", 2024, "L", 100), ("33.75.01.1003", 2024, "L", 90))
    new = lines(("33.75.01.1002", 2024, "L", 110), ("33.75.01.1003", 2024, "L", 90))
    _, second = versions(city, old, new, POPULATION)
    (changed,) = comparison(city, second)["features"]
    west, south, east, north = city.journey.records.submission(second).manifest["collections"][1]["bbox"]
    x, y = changed["geometry"]["coordinates"]
    assert (west < x < east, south < y < north) == (True, True)
