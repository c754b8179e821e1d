"""What a GIS client meets at /ogc/collections/{id}/items."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

ITEMS = "/ogc/collections/desa/items"


def every_page(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """All features by following next, with the pages counted."""
    found: list[dict[str, Any]] = []
    for _ in count():
        page = client.get(address)
        assert page.status_code == 200, page.text
        body = orjson.loads(page.data)
        assert body["numberReturned"] == len(body["features"])
        found += body["features"]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        if not following:
            assert len(found) == body["numberMatched"]
            return found
        address = following[0].removeprefix("https://data.example.id")
    raise AssertionError


@pytest.mark.parametrize("size", [7, 20, 60, 100])
@pytest.mark.parametrize(
    "question",
    [
        "",
        "bbox=109.6,-6.95,109.65,-6.9",
        "filter=rw > 3 OR aktif = true",
        "sortby=-luas,nama",
        "aktif=true&sortby=nama",
    ],
)
def test_the_pages_put_together_are_the_whole_set(client: FlaskClient, size: int, question: str) -> None:
    whole = orjson.loads(client.get(f"{ITEMS}?limit=10000&{question}").data)["features"]
    assert every_page(client, f"{ITEMS}?limit={size}&{question}") == whole
    assert whole
