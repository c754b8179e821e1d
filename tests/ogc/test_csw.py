"""The catalogue as the clients of the JIGN see it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import requests
from flask import Flask
from lxml import etree
from owslib import fes
from owslib.csw import CatalogueServiceWeb
from werkzeug.serving import make_server

from server.ogc.csw import create_csw
from tests.conftest import City
from tests.ogc.sample_releases import SETTINGS, manifest, registry, table
from workflow.store import Registry

GMD = "http://www.isotc211.org/2005/gmd"
CSW = "{http://www.opengis.net/cat/csw/2.0.2}"
OWS = "{http://www.opengis.net/ows}"
KELURAHAN = "batas-kelurahan"


@dataclass
class Served:
    """A running server; what `registry` holds now is what it serves."""

    registry: Registry
    url: str = ""

    def ask(self, **names: str) -> etree._Element:
        answer = requests.get(self.url, params={"service": "CSW", "version": "2.0.2", **names}, timeout=10)
        return etree.fromstring(answer.content)

    def search(self, **names: str) -> list[str]:
        found = self.ask(request="GetRecords", resultType="results", elementSetName="brief", **names)
        assert found.tag == f"{CSW}GetRecordsResponse", etree.tostring(found)
        return [entry.text or "" for entry in found.iter("{http://purl.org/dc/elements/1.1/}identifier")]

    def cql(self, text: str) -> list[str]:
        return self.search(constraint=text, constraintLanguage="CQL_TEXT", constraint_language_version="1.1.0")


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    state = Served(registry())
    app = Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    root = f"http://127.0.0.1:{server.server_port}"
    state.url = f"{root}/csw"
    app.register_blueprint(
        create_csw(lambda: state.registry, lambda: state.registry.revision, replace(SETTINGS, url=root))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(running: Served) -> Served:
    running.registry = registry(
        manifest(),
        manifest(
            "genangan-rob",
            metadata={"title": "Genangan rob & “pasang”", "keywords": ["banjir", "rob"], "topic": "inlandWaters"},
            collection={"bbox": [109.66, -6.87, 109.70, -6.85]},
        ),
        table(),
        revision=running.registry.revision + 2,
    )
    return running


@pytest.fixture
def client(served: Served) -> CatalogueServiceWeb:
    return CatalogueServiceWeb(served.url, timeout=10)


def test_a_client_reads_who_serves_what(client: CatalogueServiceWeb) -> None:
    assert client.identification.title == "Katalog data Kota Contoh"
    assert client.provider.name == "Dinas Komunikasi dan Informatika Kota Contoh"
    assert [entry.name for entry in client.operations] == [
        "GetCapabilities",
        "DescribeRecord",
        "GetRecords",
        "GetRecordById",
    ]
    assert GMD in client.get_operation_by_name("GetRecords").parameters["outputSchema"]["values"]


def test_every_current_release_is_found(client: CatalogueServiceWeb) -> None:
    client.getrecords2(esn="full")
    assert client.results == {"matches": 3, "returned": 3, "nextrecord": 0}
    found = client.records[KELURAHAN]
    assert found.title == "Batas kelurahan"
    assert found.subjects == ["batas wilayah", "kelurahan", "boundaries"]
    assert found.bbox.minx == "109.64"
    assert found.bbox.maxy == "-6.85"
    assert {"OGC:API-Features", "WWW:DOWNLOAD-1.0-http--download"} <= {entry["scheme"] for entry in found.references}
    assert client.records["jumlah-penduduk"].bbox is None


def test_a_harvester_takes_iso_records_page_by_page(client: CatalogueServiceWeb) -> None:
    taken, position = {}, 1
    while position:
        client.getrecords2(outputschema=GMD, esn="full", maxrecords=2, startposition=position)
        taken |= client.records
        position = client.results["nextrecord"]
    assert list(taken) == [KELURAHAN, "genangan-rob", "jumlah-penduduk"]
    assert taken["genangan-rob"].identification[0].title == "Genangan rob & “pasang”"


def test_a_page_beyond_the_end_is_empty(client: CatalogueServiceWeb) -> None:
    client.getrecords2(startposition=400, maxrecords=10)
    assert client.results == {"matches": 3, "returned": 0, "nextrecord": 0}


def test_hits_count_without_records(client: CatalogueServiceWeb) -> None:
    client.getrecords2(resulttype="hits")
    assert (client.results["matches"], client.results["returned"]) == (3, 0)


@pytest.mark.parametrize(
    ("constraint", "found"),
    [
        (fes.PropertyIsLike("csw:AnyText", "banjir"), ["genangan-rob"]),
        (fes.PropertyIsLike("csw:AnyText", "%BANJIR%"), ["genangan-rob"]),
        (fes.PropertyIsLike("csw:AnyText", "100%*[a]"), []),
        (
            fes.PropertyIsLike("dc:title", "*penduduk", wildCard="*", singleChar=".", escapeChar="!"),
            ["jumlah-penduduk"],
        ),
        (fes.PropertyIsLike("dc:title", "penduduk"), []),
        (fes.PropertyIsEqualTo("dc:subject", "kelurahan"), [KELURAHAN]),
        (fes.PropertyIsEqualTo("dc:type", "service"), []),
        (fes.PropertyIsNotEqualTo("dc:identifier", KELURAHAN), ["genangan-rob", "jumlah-penduduk"]),
        (
            fes.PropertyIsGreaterThanOrEqualTo("dct:modified", "2026-03-27"),
            [KELURAHAN, "genangan-rob", "jumlah-penduduk"],
        ),
        (fes.PropertyIsLessThan("dct:modified", "2026-03-27"), []),
        (fes.BBox([-6.86, 109.67, -6.85, 109.68], crs="urn:ogc:def:crs:EPSG::4326"), [KELURAHAN, "genangan-rob"]),
        (fes.BBox([109.65, -6.93, 109.66, -6.92], crs="urn:ogc:def:crs:OGC:1.3:CRS84"), [KELURAHAN]),
        (fes.BBox([109.65, -6.93, 109.66, -6.92]), [KELURAHAN]),
        (fes.Not([fes.PropertyIsLike("csw:AnyText", "%batas%")]), []),
        (fes.PropertyIsNull("dc:subject"), []),
    ],
)
def test_a_filter_finds_what_it_says(client: CatalogueServiceWeb, constraint: object, found: list[str]) -> None:
    client.getrecords2(constraints=[constraint])
    assert list(client.records) == found


def test_filters_are_joined(client: CatalogueServiceWeb) -> None:
    rob, tables = fes.PropertyIsLike("csw:AnyText", "%rob%"), fes.PropertyIsEqualTo("dc:title", "Jumlah penduduk")
    here = fes.BBox([-6.94, 109.64, -6.85, 109.72], crs="urn:ogc:def:crs:EPSG::4326")
    client.getrecords2(constraints=[[here, rob]])
    assert list(client.records) == ["genangan-rob"]
    client.getrecords2(constraints=[rob, tables])
    assert list(client.records) == ["genangan-rob", "jumlah-penduduk"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("csw:AnyText LIKE '%banjir%'", ["genangan-rob"]),
        ("dc:subject = 'rob' OR dc:subject = 'kelurahan' AND dc:title LIKE 'Jumlah%'", ["genangan-rob"]),
        ("(dc:subject = 'rob' or dc:subject = 'kelurahan') and not dc:title like 'Batas%'", ["genangan-rob"]),
        ("BBOX(ows:BoundingBox, 109.65, -6.93, 109.66, -6.92)", [KELURAHAN]),
        ("dc:identifier IN ('genangan-rob', 'tidak-ada')", ["genangan-rob"]),
        ("dct:modified BETWEEN '2026-01-01' AND '2026-03-27'", [KELURAHAN, "genangan-rob", "jumlah-penduduk"]),
        ("dc:title = 'O''Brien'", []),
        ("dct:abstract IS NULL", []),
        (
            "dct:modified > '2026-03-27T02:59:59Z' AND dct:modified LIKE '2026-03%'",
            [KELURAHAN, "genangan-rob", "jumlah-penduduk"],
        ),
        (
            "dct:modified = '2026-03' AND NOT dct:modified IN ('2026-03-26')",
            [KELURAHAN, "genangan-rob", "jumlah-penduduk"],
        ),
        (" OR ".join(["dc:subject = 'ROB'"] * 300), ["genangan-rob"]),
    ],
)
def test_cql_text_finds_what_it_says(served: Served, text: str, found: list[str]) -> None:
    assert served.cql(text) == found


def test_records_are_sorted_as_asked(served: Served) -> None:
    assert served.search(sortBy="dc:title:D") == ["jumlah-penduduk", "genangan-rob", KELURAHAN]


def test_records_are_fetched_by_their_ids(client: CatalogueServiceWeb) -> None:
    client.getrecordbyid(id=[KELURAHAN, "jumlah-penduduk", "tidak-ada"])
    assert list(client.records) == [KELURAHAN, "jumlah-penduduk"]
    client.getrecordbyid(id=[KELURAHAN], outputschema=GMD)
    assert client.records[KELURAHAN].identification[0].bbox.miny == "-6.9400000"


def test_a_withdrawn_dataset_is_gone_with_the_next_request(served: Served) -> None:
    assert KELURAHAN in served.search()
    served.registry = registry(table(), revision=served.registry.revision + 1)
    assert served.search() == ["jumlah-penduduk"]
    assert len(served.ask(request="GetRecordById", id=KELURAHAN)) == 0


@pytest.mark.parametrize(
    ("names", "code", "locator"),
    [
        ({"request": ""}, "MissingParameterValue", "request"),
        ({"request": "Nonsens"}, "InvalidParameterValue", "request"),
        ({"request": "Transaction"}, "OperationNotSupported", "Transaction"),
        ({"request": "GetRecords", "service": "WMS"}, "InvalidParameterValue", "service"),
        ({"request": "GetRecords", "version": "3.0.0"}, "InvalidParameterValue", "version"),
        ({"request": "GetCapabilities", "acceptVersions": "3.0.0"}, "VersionNegotiationFailed", "acceptversions"),
        ({"request": "GetRecords", "maxRecords": "-1"}, "InvalidParameterValue", "maxRecords"),
        ({"request": "GetRecords", "outputSchema": "urn:x"}, "InvalidParameterValue", "outputSchema"),
        ({"request": "GetRecords", "elementSetName": "all"}, "InvalidParameterValue", "ElementSetName"),
        ({"request": "GetRecords", "typeNames": "gpkg"}, "InvalidParameterValue", "typeNames"),
        ({"request": "GetRecords", "sortBy": "warna:A"}, "InvalidParameterValue", "SortBy"),
        ({"request": "GetRecordById"}, "MissingParameterValue", "id"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(served: Served, names: dict[str, str], code: str, locator: str) -> None:
    report = served.ask(**names)
    assert report.tag == f"{OWS}ExceptionReport"
    assert (report[0].get("exceptionCode"), report[0].get("locator")) == (code, locator)


@pytest.mark.parametrize(
    "text",
    ["dc:title", "dc:title LIKE", "(((", "warna = 'biru'", "AnyText > 'a'", "NOT " * 900 + "a = 'b'", "a = 'b' ; DROP"],
)
def test_a_wrong_constraint_is_refused(served: Served, text: str) -> None:
    report = served.ask(request="GetRecords", resultType="results", constraint=text, constraintLanguage="CQL_TEXT")
    assert report[0].get("exceptionCode") == "InvalidParameterValue"


HOSTILE = {
    "entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "bomb": b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
    "no xml": b"bukan XML",
    "another vocabulary": b"<GetRecords/>",
    "deep": b"<a>" * 3000 + b"</a>" * 3000,
    "deep filter": b'<GetRecords xmlns="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2">'
    b"<Query><Constraint>"
    b'<Filter xmlns="http://www.opengis.net/ogc">'
    + b"<Not>" * 200
    + b"</Not>" * 200
    + b"</Filter></Constraint></Query></GetRecords>",
    "large": b" " * 300_000,
}


@pytest.mark.parametrize("form", [{"elementSetName": "full"}, {"outputSchema": GMD}])
def test_hostile_words_stay_words(served: Served, form: dict[str, str]) -> None:
    words = '<csw:x> &amp; "x" ]]> {{ 7*7 }} \x00\x0b\ud800'
    said = {"title": words, "abstract": words, "keywords": [words], "license": words, "topic": words}
    served.registry = registry(manifest(metadata=said), revision=served.registry.revision + 1)
    found = served.ask(request="GetRecords", resultType="results", **form)
    assert [text.strip() for text in found.itertext()].count('<csw:x> &amp; "x" ]]> {{ 7*7 }}') >= 4
    assert served.ask(request='<ows:x locator="1">&')[0].get("locator") == "request"


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_refused(served: Served, body: bytes) -> None:
    answer = requests.post(served.url, data=body, headers={"Content-Type": "text/xml"}, timeout=10)
    assert answer.status_code == 400
    assert etree.fromstring(answer.content).tag == f"{OWS}ExceptionReport"
    assert b"root:" not in answer.content


@pytest.mark.interop
@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo (gdal-bin) is not installed")
def test_gdal_lists_the_records(served: Served) -> None:
    shown = subprocess.run(
        ["ogrinfo", "-al", "-where", "subject LIKE '%banjir%'", f"CSW:{served.url}", "-oo", "ELEMENTSETNAME=full"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "Feature Count: 1" in shown
    assert "identifier (String) = genangan-rob" in shown
    everything = subprocess.run(
        ["ogrinfo", "-al", f"CSW:{served.url}", "-oo", "OUTPUT_SCHEMA=gmd"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert everything.count("OGRFeature(") == 3


def test_the_application_lets_strangers_post_a_search(embedded_city: City) -> None:
    body = b'<GetCapabilities xmlns="http://www.opengis.net/cat/csw/2.0.2" service="CSW"/>'
    answer = embedded_city.client().post("/csw", data=body, content_type="text/xml")
    assert answer.status_code == 200
    assert etree.fromstring(answer.data).tag == f"{CSW}Capabilities"
    assert embedded_city.client().call("DELETE", "/csw").status_code == 405
