"""A browser at /ogc/… gets a page, at the same address, with status 200."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from lxml import html

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ADDRESSES = (
    "/ogc",
    "/ogc/",
    "/ogc/conformance",
    "/ogc/openapi",
    "/ogc/collections",
    "/ogc/collections/desa",
    "/ogc/collections/desa/schema",
    "/ogc/collections/desa/queryables",
    "/ogc/collections/desa/items",
    "/ogc/collections/desa/items?limit=7&offset=14&filter=rw>0&properties=nama,luas",
    "/ogc/collections/desa/items?filter=rw>100",
    "/ogc/collections/desa/items/33.75.007",
    "/ogc/collections/katalog",
    "/ogc/collections/katalog/items",
    "/ogc/collections/katalog/items/desa",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_browser_gets_a_page_at_the_same_address(client: FlaskClient, address: str) -> None:
    page = client.get(address, headers=BROWSER)
    assert page.status_code == 200, page.text
    assert page.mimetype == "text/html"
    assert "Sebar" in page.text
    assert client.get(address).mimetype != "text/html"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_asks_nothing_of_others_and_runs_nothing_inline(client: FlaskClient, address: str) -> None:
    text = client.get(address, headers=BROWSER).text
    assert not re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", text)
    loaded = re.findall(r'(?:src|data-src)="([^"]*)"|<link[^>]* href="([^"]*)"', text)
    assert loaded
    assert all((one or other).startswith("/") for one, other in loaded)


def said(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address, headers=BROWSER | {"Accept-Language": "id"})
    assert answer.status_code == status
    assert answer.headers["Content-Language"] == "en"
    assert {"Accept", "Cookie"} <= set(answer.vary)
    assert "public" not in answer.headers["Cache-Control"]
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def test_pages_speak_the_language_of_the_portal_and_not_of_the_browser(client: FlaskClient) -> None:
    asked = BROWSER | {"Accept-Language": "en-US,en;q=0.9"}
    assert '<html lang="id">' in client.get("/ogc/collections", headers=asked).text
    client.set_cookie("lang", "en")
    assert "Each collection is the current release of one ratified data set." in said(client, "/ogc/collections")
    assert '<html lang="id">' in client.get("/ogc/collections?lang=id", headers=BROWSER).text


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_in_english_says_what_agencies_wrote_in_indonesian(client: FlaskClient, address: str) -> None:
    client.set_cookie("lang", "en")
    assert not re.search(r"\b(Butir|Kolom|Koleksi|Lihat|Unduh|Diperbarui|Sidik|Skema)\b", said(client, address))


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/ogc/tidak/ada", 404, "The OGC API service has no such address."),
        ("/ogc/collections/tidak-ada", 404, "There is no collection “tidak-ada”."),
        ("/ogc/collections/desa/items?limit=nol", 400, "“nol”, which is not a whole number from 1 on."),
        ("/ogc/collections/desa/items/tidak-ada", 404, "This collection has no such item."),
    ],
)
def test_a_refusal_is_said_in_english(client: FlaskClient, address: str, status: int, sentence: str) -> None:
    client.set_cookie("lang", "en")
    assert sentence in said(client, address, status)


def test_a_sentence_without_english_is_marked_and_stays_text(client: FlaskClient) -> None:
    client.set_cookie("lang", "en")
    answer = client.get("/ogc/collections/desa/items?bbox=%3Cb%3E%25(s)s%3C/b%3E", headers=BROWSER)
    (detail,) = html.fromstring(answer.text).xpath("//*[@class='problem']//span[@lang='id'][contains(., 'kotak')]")
    assert "<b>%(s)s</b>" in detail.text_content()


def test_json_does_not_look_at_the_cookie(client: FlaskClient) -> None:
    for address in ("/ogc", "/ogc/collections/desa/items?limit=1", "/ogc/collections/desa/items/33.75.007"):
        before, after = client.get(address), client.get(address, headers={"Cookie": "lang=en"})
        assert before.headers["ETag"] == after.headers["ETag"]
        assert before.json["links"] == after.json["links"]
        assert "Cookie" not in after.vary
        assert "Set-Cookie" not in client.get(f"{address}{'&' if '?' in address else '?'}lang=en").headers
