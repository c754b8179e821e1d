"""Whatever is asked, nothing breaks and nothing of the machine is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.ogc.adapter import create_ogc
from server.ogc.answers import ITEMS
from server.settings import Settings
from tests.conftest import City
from tests.ogc.releases import Shelf
from workflow.store import Release

# One piece between two blanks; ~ stands for a blank in it.
SIGNS = r"""
    ' '' " ( ) , -- ; % _ \ ~AND~ ~OR~ NOT~ = < > <> ~LIKE~ ~IN~ ~BETWEEN~ ~IS~NULL TRUE kode nama luas rw aktif tanggal
    diubah geometry S_INTERSECTS S_WITHIN(geometry, BBOX POINT POLYGON (1~1) 1 -2.5 1e999 0 nan inf null .. / 2024-02-30
    999999999999999999999999999999 'x' DATE TIMESTAMP '2024-01-01' T_AFTER CASEI CASEI(nama) é
"""
PIECES = [*(sign.replace("~", " ") for sign in SIGNS.split()), "\x00", "\U0001f5fa"]
words = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
    st.text(max_size=20),
)
names = st.one_of(
    st.sampled_from(sorted(ITEMS | {"kode", "nama", "luas", "rw", "aktif", "tanggal", "diubah", "profile", "q"})), words
)
parts = st.one_of(
    st.sampled_from(
        [
            "collections",
            "desa",
            "katalog",
            "items",
            "schema",
            "queryables",
            "33.75.007",
            "1",
            "..",
            "conformance",
            "openapi",
        ]
    ),
    words,
)
paths = st.one_of(
    st.sampled_from(
        ["/ogc/collections/desa/items", "/ogc/collections/katalog/items", "/ogc/collections/desa/queryables"]
    ),
    st.lists(parts, max_size=5).map(lambda them: "/ogc/" + "/".join(quote(one, safe="") for one in them)),
)
headers = st.dictionaries(
    st.sampled_from(["Accept", "Accept-Language", "If-None-Match", "X-Forwarded-Host", "Range"]),
    st.text('abcdefgh/;q=,.*0123456789 -"W', max_size=30),
    max_size=3,
)


@pytest.fixture(scope="module")
def service(home: Path, desa: Release) -> FlaskClient:
    shelf = Shelf()
    shelf.publish(desa)
    app = Flask("plain")
    app.register_blueprint(
        create_ogc(shelf.registry, lambda: shelf.revision, Settings(home=home, url="https://data.example.id"))
    )
    return app.test_client()


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(paths, st.lists(st.tuples(names, words), max_size=4), headers)
def test_no_request_breaks_the_service(
    service: FlaskClient, path: str, asked: list[tuple[str, str]], sent: dict[str, str]
) -> None:
    answer = service.get(path, query_string=[*asked, ("f", "json")], headers=sent)
    if answer.status_code == 308:
        return
    assert answer.status_code in (200, 304, 400, 404), (path, asked, answer.text)
    if answer.status_code == 400:
        said: dict[str, Any] = orjson.loads(answer.data)
        assert said["detail"]
        assert "sqlite" not in answer.text.lower()
    assert "Traceback" not in answer.text


def test_a_very_deep_or_long_filter_is_refused_not_followed(client: FlaskClient) -> None:
    for text in (
        "(" * 3000 + "rw=1" + ")" * 3000,
        "NOT " * 3000 + "rw=1",
        " AND ".join(["rw=1"] * 5000),
        "'" + "a" * 20_000,
    ):
        assert client.get("/ogc/collections/desa/items", query_string={"filter": text}).status_code in (200, 400)
    many = " OR ".join(f"kode LIKE '%{number}%'" for number in range(500))
    assert client.get("/ogc/collections/desa/items", query_string={"filter": many}).status_code == 200


def test_the_host_header_is_not_believed(client: FlaskClient) -> None:
    answer = client.get("/ogc/collections", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil" not in answer.text


@pytest.mark.parametrize("path", ["/", "/data", "/ogc", "/ogc/collections/katalog/items", "/api/v1/submissions"])
def test_bytes_that_are_no_text_break_nothing(embedded_city: City, path: str) -> None:
    odd = {"QUERY_STRING": "\xe9=\xff%ff%00"}
    assert embedded_city.client().get(path, environ_overrides=odd).status_code < 500


def test_what_is_refused_before_us_is_said_in_our_form(embedded_city: City) -> None:
    answer = embedded_city.client().get("/ogc/colléctions", environ_overrides={"QUERY_STRING": "a=%00"})
    assert answer.status_code == 400
    assert answer.json["description"].startswith(answer.json["detail"])
