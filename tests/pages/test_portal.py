"""What anybody sees of the portal."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from lxml import html

from server.pages.reading import measures
from server.settings import ROOT
from tests.pages.city import City

PAGES = ("/", "/data", "/data/lokasi-sekolah", "/data/jumlah-penduduk", "/peta", "/statistik", "/jadwal")
TEMPLATES = ROOT / "server" / "pages" / "templates"


def text(web: FlaskClient, path: str, status: int = 200) -> str:
    answer = web.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_indonesian_with_one_heading(web: FlaskClient, path: str) -> None:
    page = html.fromstring(web.get(path).text)
    assert page.get("lang") == "id"
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//a[@class='skip']/@href") == ["#isi"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_a_looser_policy(web: FlaskClient, path: str) -> None:
    page = html.fromstring(web.get(path).text)
    assert not page.xpath("//*[@style] | //style | //script[not(@src)]")
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    assert not [url for url in page.xpath("//@src | //link/@href") if url.startswith(("http:", "https:", "//"))]


def test_every_field_of_a_page_has_a_label(web: FlaskClient) -> None:
    for path in PAGES:
        page = html.fromstring(web.get(path).text)
        for field in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            assert page.xpath(f"//label[@for='{field.get('id')}']"), (path, field.get("name"))


def test_templates_have_no_inline_style() -> None:
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", template.read_text()), template


def test_an_empty_portal_says_what_comes_next(empty_web: FlaskClient) -> None:
    assert "Belum ada data yang terbit" in text(empty_web, "/")
    assert "Belum ada data yang terbit" in text(empty_web, "/data")
    assert "Belum ada peta yang terbit" in text(empty_web, "/peta")
    assert "Belum ada data statistik yang terbit" in text(empty_web, "/statistik")
    assert "Belum ada jadwal" in text(empty_web, "/jadwal")


def test_the_home_page_shows_what_is_new_first(web: FlaskClient) -> None:
    said = text(web, "/")
    assert "5 data dari 5 perangkat daerah" in said
    assert said.index("Genangan Rob") < said.index("Jaringan Jalan")


def test_a_dataset_page_says_who_approved_it_when_and_which_release(web: FlaskClient) -> None:
    assert "Disetujui Pembina Data 28 Maret 2026, rilis 2" in text(web, "/data/lokasi-sekolah")


def test_a_dataset_page_offers_every_format_with_its_size(web: FlaskClient, city: City) -> None:
    page = html.fromstring(web.get("/data/lokasi-sekolah").text)
    offered = {link.get("href"): link.text_content() for link in page.xpath("//*[@class='downloads']//a")}
    for name in ("data.gpkg", "data.geojson", "data.csv", "data-shp.zip", "metadata.xml"):
        assert re.search(r"\d ([kMG]?B)", offered[f"/data/lokasi-sekolah/2/{name}"])


def test_a_dataset_page_shows_its_rows_its_dictionary_and_its_releases(web: FlaskClient) -> None:
    said = text(web, "/data/lokasi-sekolah")
    assert "SD Negeri Contoh Medono 01" in said
    assert "82 baris" in said
    assert "Nomor Pokok Sekolah Nasional" in said
    assert "Tersebarluaskan" in said
    assert "Digantikan" in said


def test_a_long_table_says_how_much_is_left_out(web: FlaskClient) -> None:
    assert "100 baris pertama dari 270" in text(web, "/data/jumlah-penduduk")


def test_codes_and_years_keep_their_digits_and_quantities_get_their_dots(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/data/jumlah-penduduk").text)
    row = [cell.text_content() for cell in page.xpath("(//table)[1]//tbody/tr[1]/td")]
    assert row == ["2020", "33.75.01.1002", "Medono", "L", "4.362"]


def test_the_journey_has_dates_and_no_people_and_no_notes(web: FlaskClient) -> None:
    said = text(web, "/data/lokasi-sekolah")
    assert "Diajukan ke Walidata" in said
    assert "hari kerja sejak langkah sebelumnya" in said
    assert "Rahasia" not in said
    assert "orang-7" not in said


def test_the_snippets_name_this_server_and_the_page_size(web: FlaskClient) -> None:
    said = text(web, "/data/lokasi-sekolah")
    assert '"OAPIF:https://data.example.id/ogc"' in said
    assert "PAGE_SIZE=1000" in said


def test_statistics_are_drawn_by_their_latest_period(web: FlaskClient) -> None:
    (peta,) = html.fromstring(web.get("/data/jumlah-penduduk").text).xpath("//*[@class='peta']")
    assert peta.get("data-src") == "/ogc/collections/jumlah-penduduk-peta/items?f=json&limit=10000&tahun=2024"
    assert peta.get("data-period") == "2024"
    assert peta.get("data-indicative") == "batas wilayahnya bukan batas resmi"


def test_a_withdrawn_dataset_says_why(web: FlaskClient) -> None:
    assert "Letak dua taman tertukar" in text(web, "/data/taman-kota", 410)


@pytest.mark.parametrize("id", ["rumah-pompa", "tidak-ada"])
def test_what_is_not_published_is_not_there(web: FlaskClient, id: str) -> None:
    assert "Kode TIDAK-ADA" in text(web, f"/data/{id}", 404)


def test_a_chosen_period_and_column_are_ranked(web: FlaskClient) -> None:
    said = text(web, "/statistik?data=jumlah-penduduk&periode=2020")
    assert "Jumlah penduduk (jiwa), 2020" in said
    first, *_ = html.fromstring(web.get("/statistik").text).xpath("//tbody/tr/td[@class='number']")
    assert first.text_content() == "21.239"


@pytest.mark.parametrize("query", ["periode=1900", "kolom=nol", "data=nol", "periode=%3Cscript%3E"])
def test_an_unknown_choice_falls_back_to_a_known_one(web: FlaskClient, query: str) -> None:
    assert "Jumlah penduduk (jiwa), 2024" in text(web, f"/statistik?{query}")


def test_the_calendar_names_what_is_approved_and_not_yet_out(web: FlaskClient) -> None:
    said = text(web, "/jadwal")
    assert "Selasa, 21 April 2026, pukul 12.00 WIB" in said
    assert "Disahkan, menunggu disebarluaskan" in said
    assert "15 Maret 2027" in said


def test_the_map_viewer_keeps_its_layers_in_the_address(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/peta?lapis=jaringan-jalan&lapis=lokasi-sekolah").text)
    assert page.xpath("//input[@checked]/@value") == ["lokasi-sekolah", "jaringan-jalan"]
    assert page.xpath("//*[@id='peta']/@data-base") == ["/ogc/collections/batas-kelurahan/items?f=json&limit=1000"]


def test_a_map_without_published_boundaries_asks_for_none(empty_web: FlaskClient) -> None:
    assert "data-base" not in empty_web.get("/").text


def test_running_numbers_and_codes_are_no_figures_to_draw_a_map_by() -> None:
    names = ("no", "id_desa", "rw", "kode_pos", "tahun", "rtlh", "jumlah_rt")
    collection = {"fields": [{"name": name, "type": "integer"} for name in names]}
    assert [field["name"] for field in measures(collection)] == ["rtlh", "jumlah_rt"]
