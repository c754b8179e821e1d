"""Finding a dataset."""

from __future__ import annotations

from flask.testing import FlaskClient
from lxml import html


def found(web: FlaskClient, address: str) -> list[str]:
    return html.fromstring(web.get(address).text).xpath("//li[@class='entry']//h2/a/text()")


def test_without_words_everything_is_listed_newest_first(web: FlaskClient) -> None:
    assert found(web, "/data")[:2] == ["Genangan Rob", "Lokasi Sekolah"]


def test_a_title_goes_before_a_mention(web: FlaskClient) -> None:
    assert found(web, "/data?q=kelurahan")[0] == "Batas Kelurahan"


def test_every_word_must_be_found_somewhere(web: FlaskClient) -> None:
    assert found(web, "/data?q=sekolah+dinas") == ["Lokasi Sekolah"]
    assert found(web, "/data?q=sekolah+rob") == []


def test_a_match_out_of_sight_is_explained(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/data?q=rombongan").text)
    assert page.xpath("//*[@class='entry-reason']/text()") == ["Kolom: Rombongan belajar"]


def test_a_misspelled_word_is_mended(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/data?q=sekolh").text)
    assert "Tidak ada yang cocok dengan “sekolh”" in page.text_content()
    assert page.xpath("//a[@class='button']/@href") == ["/data?q=sekolah"]


def test_facets_are_links_with_counts_that_keep_the_question(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/data?q=kelurahan").text)
    links = {" ".join(link.text_content().split()): link.get("href") for link in page.xpath("//*[@class='facet']//a")}
    assert links["Statistik1"] == "/data?q=kelurahan&jenis=statistics"
    assert found(web, links["Statistik1"]) == ["Jumlah Penduduk"]


def test_a_chosen_facet_is_marked_and_can_be_left(web: FlaskClient) -> None:
    page = html.fromstring(web.get("/data?tema=transportation").text)
    (chosen,) = page.xpath("//*[@aria-current='true']")
    assert chosen.get("href") == "/data"
    assert found(web, "/data?tema=transportation") == ["Jaringan Jalan"]


def test_what_people_type_is_never_markup(web: FlaskClient) -> None:
    assert "<script>alert" not in web.get("/data?q=<script>alert(1)</script>").text


def test_a_page_beyond_the_last_is_empty_and_not_an_error(web: FlaskClient) -> None:
    assert found(web, "/data?hal=99") == []
    assert web.get("/data?hal=-1").status_code == 200
    assert web.get("/data?hal=satu").status_code == 200
