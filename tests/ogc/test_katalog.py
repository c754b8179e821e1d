"""The collection `katalog` through pygeoapi itself."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pygeoapi.api import API, APIRequest
from pygeoapi.api.itemtypes import get_collection_item, get_collection_items
from pygeoapi.config import validate_config
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from server.ogc.filters import parse
from server.ogc.records import ReleaseRecords, catalogue_resource
from tests.ogc.sample_releases import PUBLISHED, SETTINGS, manifest, registry, table

BASE = """
server: {bind: {host: 127.0.0.1, port: 5000}, url: "http://localhost/ogc", mimetype: application/json; charset=UTF-8,
         encoding: utf-8, languages: [id-ID], limits: {default_items: 10, max_items: 100},
         map: {url: x, attribution: x}}
logging: {level: ERROR}
metadata:
    identification: {title: x, description: x, keywords: [x], terms_of_service: x, url: "http://localhost"}
    license: {name: x}
    provider: {name: x, url: "http://localhost"}
    contact: {name: x}
"""


class Katalog:
    def __init__(self, resource: dict[str, Any]) -> None:
        config = yaml.safe_load(BASE) | {"resources": {"katalog": resource}}
        self.written = yaml.safe_dump(config)
        self.api = API(yaml.safe_load(self.written), {"openapi": "3.0.2"})

    def get(self, path: str = "", **names: str) -> tuple[int, dict[str, Any]]:
        request = APIRequest.from_flask(Request(EnvironBuilder(query_string=names).get_environ()), ["id-ID"])
        call = get_collection_item if path else get_collection_items
        _, status, body = call(self.api, request, "katalog", *([path] if path else []))
        # Where the application was made in this process, pygeoapi leaves the writing of JSON to it.
        return int(status), body if isinstance(body, dict) else json.loads(body)

    def found(self, **names: str) -> list[str]:
        status, answer = self.get(**names)
        assert status == 200, answer
        return [feature["id"] for feature in answer["features"]]


@pytest.fixture
def katalog(tmp_path: Path) -> Katalog:
    rob = manifest("genangan-rob", metadata={"title": "Genangan rob", "period": "2022", "keywords": ["banjir"]})
    rob["collections"][0]["bbox"] = [109.66, -6.87, 109.70, -6.85]
    served = registry(manifest(), rob, table(), home=tmp_path)
    return Katalog(catalogue_resource(served, replace(SETTINGS, home=tmp_path)))


def test_the_configuration_is_valid_and_written_as_it_is(katalog: Katalog) -> None:
    assert validate_config(yaml.safe_load(katalog.written))


def test_there_is_one_record_for_each_dataset(katalog: Katalog) -> None:
    status, answer = katalog.get()
    assert (status, answer["numberMatched"]) == (200, 3)
    assert [feature["properties"]["type"] for feature in answer["features"]] == ["dataset"] * 3


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({"q": "rob"}, ["genangan-rob"]),
        ({"q": "genangan   ROB"}, ["genangan-rob"]),
        ({"q": "rob genangan"}, []),
        ({"ids": "genangan-rob,jumlah-penduduk,x"}, ["genangan-rob", "jumlah-penduduk"]),
        ({"ids": ""}, []),
        ({"externalIds": "doi:10.1234"}, []),
        ({"type": "service,dataset", "q": "rob"}, ["genangan-rob"]),
        ({"id": "genangan-rob"}, ["genangan-rob"]),
        ({"q": "penduduk,banjir"}, ["genangan-rob", "jumlah-penduduk"]),
        ({"q": "tidakada"}, []),
        ({"bbox": "109.65,-6.93,109.66,-6.92"}, ["batas-kelurahan"]),
        ({"bbox": "100,0,101,1"}, []),
        ({"datetime": "2022-06-01/2022-06-30"}, ["genangan-rob", "jumlah-penduduk"]),
        ({"datetime": "../2021-01-01"}, ["jumlah-penduduk"]),
        ({"datetime": "2024-12-31T00:00:00Z"}, ["batas-kelurahan", "jumlah-penduduk"]),
        ({"type": "dataset", "kind": "statistics"}, ["jumlah-penduduk"]),
        ({"type": "service"}, []),
        ({"keywords": "banjir"}, ["genangan-rob"]),
        ({"sortby": "-title"}, ["jumlah-penduduk", "genangan-rob", "batas-kelurahan"]),
        ({"limit": "1", "offset": "1"}, ["genangan-rob"]),
        ({"offset": "90"}, []),
        ({"filter": "title LIKE 'Genangan%'"}, ["genangan-rob"]),
    ],
)
def test_records_are_found(katalog: Katalog, names: dict[str, str], found: list[str]) -> None:
    assert katalog.found(**names) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("title LIKE 'Genangan%'", ["genangan-rob"]),
        ("title LIKE 'genangan%'", []),
        ("CASEI(title) LIKE CASEI('GENANGAN%')", ["genangan-rob"]),
        ("keywords = 'banjir' OR keywords IN ('penduduk', 'x')", ["genangan-rob", "jumlah-penduduk"]),
        ("NOT keywords = 'banjir' AND keywords NOT LIKE 'pend%'", ["batas-kelurahan"]),
        ("T_AFTER(updated, TIMESTAMP('2026-03-27T04:00:00Z'))", []),
        ("updated > DATE('2026-03-27') AND S_WITHIN(geometry, BBOX(109.65,-6.88,109.71,-6.84))", ["genangan-rob"]),
        ("S_TOUCHES(geometry, BBOX(109.70,-6.87,109.71,-6.86))", ["genangan-rob"]),
        ("S_CROSSES(geometry, LINESTRING(109.60 -6.90, 109.65 -6.90))", ["batas-kelurahan"]),
        ("S_OVERLAPS(geometry, BBOX(109.60,-6.90,109.66,-6.88))", ["batas-kelurahan"]),
        ("S_EQUALS(geometry, BBOX(109.66,-6.87,109.70,-6.85))", ["genangan-rob"]),
    ],
)
def test_every_declared_filter_can_be_asked_of_records(katalog: Katalog, said: str, found: list[str]) -> None:
    provider = ReleaseRecords(yaml.safe_load(katalog.written)["resources"]["katalog"]["providers"][0])
    assert [record["id"] for record in provider.query(filterq=parse(said))["features"]] == found


def test_a_record_is_read_by_the_id_of_its_dataset(katalog: Katalog) -> None:
    status, answer = katalog.get("jumlah-penduduk")
    assert status == 200
    assert answer["properties"]["title"] == "Jumlah penduduk"
    assert katalog.get("tidak-ada")[0] == 404


def test_reading_a_record_twice_gives_the_same(katalog: Katalog) -> None:
    first = deepcopy(katalog.get("batas-kelurahan"))
    assert katalog.get("batas-kelurahan") == first


def test_an_unknown_property_in_a_filter_is_refused(katalog: Katalog) -> None:
    assert katalog.get(filter="warna = 'biru'")[0] == 400


def test_a_withdrawn_dataset_has_no_record(tmp_path: Path) -> None:
    served = replace(registry(table(), home=tmp_path), withdrawn={"batas-kelurahan": PUBLISHED})
    left = Katalog(catalogue_resource(served, replace(SETTINGS, home=tmp_path)))
    assert left.found() == ["jumlah-penduduk"]
    assert left.get("batas-kelurahan")[0] == 410


def test_an_empty_catalogue_answers(tmp_path: Path) -> None:
    assert Katalog(catalogue_resource(registry(), replace(SETTINGS, home=tmp_path))).found() == []
