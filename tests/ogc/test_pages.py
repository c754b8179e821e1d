"""A browser at /ogc/… gets a page, at the same address, with status 200."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

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
