"""The addresses behind the review page: its parts, its tiles and single features, and who may see them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import City
from tests.pages.desk import Seat
from tests.pages.test_desks import HERE, points, submitted

MANY = 2_100


def rows(count: int) -> list[tuple[float, float]]:
    return [(round(109.65 + n % 50 * 1e-3, 6), round(-6.9 + n // 50 * 1e-4, 6)) for n in range(count)]


@pytest.fixture
def large(produsen: Seat) -> str:
    return produsen.enter("Titik Banyak", points(*rows(MANY)), "titik.geojson")


def test_a_large_candidate_is_drawn_from_tiles_that_nobody_else_keeps_or_sees(
    produsen: Seat, walidata: Seat, embedded_city: City, large: str
) -> None:
    here = f"/meja/pengajuan/{large}"
    walidata.open(here)
    drawn = walidata.page.get_element_by_id("peta")
    assert json.loads(drawn.get("data-tiles"))["items"] == f"{here}/fitur/"
    said = walidata.http.get(drawn.get("data-src")).json
    z = said["maxzoom"]
    assert said["tiles"] == [f"{here}/petak/{{z}}/{{x}}/{{y}}?isi=1"]
    root = walidata.http.get(f"{here}/petak/0/0/0?isi=1")
    assert (root.status_code, root.mimetype) == (200, "application/vnd.mapbox-vector-tile")
    assert root.headers["Content-Encoding"] == "gzip"
    assert root.headers["Cache-Control"].startswith("private")
    assert walidata.http.get(f"{here}/petak/{z}/0/0?isi=1").status_code == 204
    one = walidata.http.get(f"{here}/fitur/2100?f=json")
    assert one.json["properties"]["nama"] == "T2100"
    assert one.headers["Cache-Control"].startswith("private")
    assert walidata.http.get(f"{here}/fitur/2101").status_code == 404
    other = Seat(embedded_city, "produsen2")
    for path in ("petak.json", "petak/0/0/0", "fitur/1", "tematik?kolom=tahun", "bagian?baris=1"):
        assert produsen.http.get(f"{here}/{path}").status_code != 403
        assert other.http.get(f"{here}/{path}").status_code == 404
        assert embedded_city.app.test_client().get(f"{here}/{path}").status_code == 302


def test_the_table_jumps_to_the_page_that_holds_the_row_and_marks_it(walidata: Seat, large: str) -> None:
    walidata.open(f"/meja/pengajuan/{large}?sisi=tabel&baris=1234")
    assert walidata.says("Baris ke-1.201 sampai 1.300 dari 2.100")
    (marked,) = walidata.page.xpath('//tr[@aria-current="true"]')
    assert marked.get("data-row") == "1234"
    (place,) = walidata.page.xpath('//*[@id="sisi"]/@data-place')
    assert json.loads(place)["type"] == "Point"
    walidata.open(f"/meja/pengajuan/{large}?fitur=77")
    assert walidata.says("T77")
    assert walidata.page.get_element_by_id("sisi").get("data-row") == "77"
    walidata.open(f"/meja/pengajuan/{large}?baris=9999")
    assert walidata.says("Pilih temuan, fitur di peta, atau baris tabel")


def test_a_finding_is_shown_with_the_row_of_the_file_that_it_names(produsen: Seat, walidata: Seat) -> None:
    table = b"Data Surel\n\nno,surel\n1,kosong\n\n2,b@kota.go.id\n3,kosong\n"
    id = produsen.enter("Surel Kantor", table, "surel.csv", kind="statistics")
    (found,) = (one for one in walidata.city.journey.records.findings(id) if one.check == "EMAIL")
    assert found.row == 6
    walidata.open(f"/meja/pengajuan/{id}?temuan={found.key}")
    side = walidata.page.get_element_by_id("sisi")
    assert "b@kota.go.id" in side.text_content()
    assert side.get("data-row") == "6"
    (marked,) = walidata.page.xpath('//tr[@aria-current="true"]')
    assert [cell.text_content() for cell in marked][:2] == ["6", "2"]


def test_findings_of_one_kind_are_listed_whole_when_they_are_asked_for(produsen: Seat, walidata: Seat) -> None:
    table = b"no,surel\n" + b"".join(b"%d,a%d@kota.go.id\n" % (n, n) for n in range(1, 31))
    id = produsen.enter("Surel Kantor", table, "surel.csv", kind="statistics")
    emails = [one for one in walidata.city.journey.records.findings(id) if one.check == "EMAIL"]
    walidata.open(f"/meja/pengajuan/{id}")
    (more,) = walidata.page.xpath('//*[@class="findings-more"]/a[contains(@href, "cek=EMAIL")]/@href')
    keys = {one.key for one in emails}
    assert not keys <= set(walidata.page.xpath("//*[@data-key]/@data-key"))
    walidata.open(more)
    assert keys <= set(walidata.page.xpath("//*[@data-key]/@data-key"))
    walidata.open(f"/meja/pengajuan/{id}?temuan={emails[20].key}")
    assert walidata.page.xpath(f'//*[@id="temuan-{emails[20].key}"][@aria-current="true"]')


def test_a_column_colours_the_map_by_classes_or_by_its_usual_values(produsen: Seat, walidata: Seat) -> None:
    places = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": HERE},
            "properties": {"luas": n or None, "jenis": "abcdefghi"[n % 9], "nama": f"T{n}"},
        }
        for n in range(101)
    ]
    id = produsen.enter("Warna", json.dumps({"type": "FeatureCollection", "features": places}).encode(), "w.geojson")
    asked = f"/meja/pengajuan/{id}/tematik?kolom="
    found = walidata.http.get(f"{asked}luas").json
    assert (found["ends"], found["least"], found["missing"]) == ([20, 40, 60, 80, 100], 1, 1)
    found = walidata.http.get(f"{asked}jenis").json
    assert found["values"][0] == ["a", 12]
    assert (len(found["values"]), found["others"]) == (6, 33)
    assert walidata.http.get(f"{asked}nama").status_code == 404


def test_a_pembina_data_looks_but_decides_on_the_summary(produsen: Seat, walidata: Seat, embedded_city: City) -> None:
    id = submitted(produsen)
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "verify")
    pembina = Seat(embedded_city, "pembina-geospasial")
    pembina.open(f"/meja/pengajuan/{id}")
    assert pembina.offers(id) == {"approve", "return"}
    (link,) = pembina.page.xpath('//a[text()="Buka di meja pemeriksaan"]/@href')
    pembina.open(link)
    assert pembina.page.get_element_by_id("meja") is not None
    assert pembina.offers(id) == set()
