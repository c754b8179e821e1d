"""What cannot be taken is refused with what, where, why and how to mend it; nothing breaks and nothing changes."""

from __future__ import annotations

import http.client
import json
import zipfile
from base64 import b64encode
from collections import Counter
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from werkzeug.test import TestResponse

from server.settings import Settings, completed
from tests.conftest import METADATA, PASSWORD, PDF, PEOPLE, STATISTICS, City, Clock
from tests.processes import answers, on_free_port, sebar
from tests.test_every_step import LAYER, submission_at

HALF_EMOJI, NUL = "\ud83d", "\0"
DEEP = "[" * 100_000


def said(answer: TestResponse, code: str, status: int, **where: object) -> None:
    """The fault as problem+json, whole, and without anything that is only for us."""
    case = (answer.status_code, answer.text[:500])
    assert (answer.status_code, answer.json["code"]) == (status, code), case
    assert answer.mimetype == "application/problem+json", case
    assert {"type", "title", "status", "detail"} <= answer.json.keys(), case
    assert answer.json["detail"].endswith("."), case
    assert answer.json["mend"], case
    assert where.items() <= answer.json.get("where", {}).items(), case
    assert "Traceback" not in answer.text, case


def entered(city: City, *, name: str = "titik.geojson", metadata: object = METADATA, **form: Any) -> TestResponse:
    """POST /submissions; every part may be given, raw, or None for leaving it out."""
    text = metadata if isinstance(metadata, str) or metadata is None else json.dumps(metadata)
    parts = {"file": (BytesIO(LAYER), name), "metadata": text, "berita_acara": (BytesIO(PDF), "ba.pdf"), **form}
    data = {name: part for name, part in parts.items() if part is not None}
    return city.client("produsen").post("/api/v1/submissions", data=data)


METADATA_FAULTS: list[tuple[object, str, dict[str, object]]] = [
    ('{"title": "x",}', "JSON", {"field": "metadata", "line": 1, "column": 14}),
    ("", "JSON", {"field": "metadata"}),
    ("[]", "JSON", {"field": "metadata"}),
    ("null", "JSON", {}),
    (DEEP, "JSON", {}),
    ('{"title": "x", "scale": ' + "9" * 5000 + "}", "JSON", {}),
    ('{"title": "x", "scale": NaN}', "JSON", {"field": "metadata.scale"}),
    ('{"title": "x", "scale": 1e999}', "JSON", {"field": "metadata.scale"}),
    ('{"title": "x", "scale": -1}', "METADATA-BENTUK", {"field": "scale"}),
    ('{"title": "x", "lain": ' + "9" * 30 + "}", "JSON", {"field": "metadata.lain"}),
    (METADATA | {"title": f"Batas{HALF_EMOJI}"}, "JSON", {"field": "metadata.title"}),
    (METADATA | {"title": f"Batas{NUL}"}, "JSON", {"field": "metadata.title"}),
    (METADATA | {"title": ""}, "JUDUL", {"field": "title"}),
    (METADATA | {"title": "x" * 100_000}, "METADATA-BENTUK", {"field": "title"}),
    (METADATA | {"title": ["x"]}, "METADATA-BENTUK", {"field": "title"}),
    (METADATA | {"keywords": ["a", f"b{HALF_EMOJI}"]}, "JSON", {"field": "metadata.keywords[1]"}),
    (METADATA | {"keywords": [1]}, "METADATA-BENTUK", {"field": "keywords"}),
    (METADATA | {"contact": {"name": f"Sari{NUL}"}}, "JSON", {"field": "metadata.contact.name"}),
    (METADATA | {"contact": {"name": {"a": 1}}}, "METADATA-BENTUK", {"field": "contact"}),
    (METADATA | {"contact": "Sari"}, "METADATA-BENTUK", {"field": "contact"}),
    (METADATA | {HALF_EMOJI: 1}, "JSON", {}),
    (METADATA | {"fields": [{"name": "a", "codes": 5}]}, "METADATA-BENTUK", {"field": "fields"}),
    (METADATA | {"fields": [{"title": "a"}]}, "METADATA-BENTUK", {"field": "fields"}),
    (METADATA | {"kind": "peta"}, "NILAI", {"field": "kind"}),
    (METADATA | {"access": {}}, "NILAI", {"field": "access"}),
    (METADATA | {"berita_acara": {"number": "1", "date": "kemarin"}}, "TANGGAL", {"field": "berita_acara.date"}),
    (METADATA | {"berita_acara": {"number": "1", "date": "9999-12-31"}}, "TANGGAL", {"field": "berita_acara.date"}),
]
READING_FAULTS = [
    ("{", "JSON", {"field": "reading"}),
    ('{"kepala": 1}', "READING", {"field": "reading.kepala"}),
    ('{"header_rows": "dua"}', "METADATA-BENTUK", {"field": "reading.header_rows"}),
    ('{"header_rows": 1e6}', "METADATA-BENTUK", {"field": "reading.header_rows"}),
    ('{"header_rows": 1000000}', "METADATA-BENTUK", {"field": "reading.header_rows"}),
    ('{"sheet": "\\ud800"}', "JSON", {"field": "reading.sheet"}),
]


def state(city: City) -> tuple[object, ...]:
    records = city.journey.records
    return [entry.hash for entry in records.ledger()], len(records.submissions()), len(records.datasets())


def test_a_submission_that_cannot_be_understood_says_where_and_leaves_nothing(city: City) -> None:
    assert entered(city).status_code == 201
    before = state(city)
    for metadata, code, where in METADATA_FAULTS:
        said(entered(city, metadata=metadata), code, 400, **where)
    for reading, code, where in READING_FAULTS:
        said(entered(city, reading=reading), code, 400, **where)
    said(entered(city, metadata=None), "PERMINTAAN", 400, field="metadata")
    said(entered(city, file=None), "BERKAS-KOSONG", 400, field="file")
    said(entered(city, file=(BytesIO(b""), "kosong.geojson")), "EMPTY", 400, file="kosong.geojson")
    said(entered(city, berita_acara=(BytesIO(b"PK\x03\x04"), "ba.pdf")), "DOKUMEN-JENIS", 422, file="ba.pdf")
    said(entered(city, berita_acara=(BytesIO(b""), "ba.pdf")), "DOKUMEN-JENIS", 422, field="berita_acara")
    said(entered(city, dataset="tidak-ada"), "TIDAK-ADA", 404, dataset="tidak-ada")
    said(entered(city, dataset=f"a{NUL}"), "JSON", 400, field="dataset")
    said(entered(city, batch="tidak-ada"), "TIDAK-ADA", 404, batch="tidak-ada")
    assert state(city) == before
    assert city.client("produsen").get("/api/v1/submissions").json["count"] == 1


def test_other_calls_that_cannot_be_understood_say_where_too(city: City) -> None:
    produsen, walidata = city.client("produsen"), city.client("walidata")
    id = submission_at(city, "draft", "Titik")
    path = f"/api/v1/submissions/{id}"
    before = state(city)
    for body, where in (
        ({"metadata": [1]}, "metadata"),
        ({"metadata": {"title": HALF_EMOJI}}, "body.metadata.title"),
        ({"reading": "baris"}, "reading"),
        ({"version": "satu"}, "version"),
        ({"version": True}, "version"),
        ({"version": 2**70}, "body.version"),
        ({"judul": "x"}, "judul"),
    ):
        answer = produsen.call("PATCH", path, json=body)
        said(answer, answer.json["code"], 400, field=where)
    for raw in (b"{", b"[]", b'"x"', b"\xff\xfe", DEEP.encode()):
        said(produsen.call("PATCH", path, data=raw, content_type="application/json"), "JSON", 400, field="body")
        said(produsen.post(f"{path}/steps/submit", data=raw, content_type="application/json"), "JSON", 400)
        said(produsen.post("/api/v1/tokens", data=raw, content_type="text/plain"), "JSON", 400)
    said(produsen.post(f"{path}/steps/submit", json={"note": NUL}), "JSON", 400, field="body.note")
    said(produsen.post(f"{path}/steps/submit", json={"content_hash": 5}), "NILAI", 400, field="content_hash")
    said(walidata.post(f"{path}/steps/schedule", json={"at": "besok"}), "WAKTU", 400, field="at")
    said(walidata.post(f"{path}/steps/schedule", json={"at": "2026-05-01T00:00:00"}), "WAKTU", 400, field="at")
    said(walidata.post("/api/v1/datasets/titik/steps/restore", json={"release": "1"}), "NILAI", 400, field="release")
    said(walidata.post("/api/v1/datasets/titik/steps/restore", json={}), "PERMINTAAN", 400, field="release")
    said(produsen.call("PUT", f"{path}/file", json={}), "BERKAS-KOSONG", 400, field="file")
    said(produsen.post("/api/v1/batches", json={}), "BERITA-ACARA", 400, field="berita_acara")
    said(produsen.get("/api/v1/submissions?status=lama"), "PERMINTAAN", 400, parameter="status")
    for nothing in (f"/api/v1/submissions/{'x' * 5000}", "/api/v1/submissions/..%2f..%2fetc", f"{path}/steps/terbang"):
        assert produsen.post(nothing).status_code in (404, 405)
        assert produsen.get(nothing).mimetype == "application/problem+json"
    assert state(city) == before


def test_a_berita_acara_needs_a_paper_a_number_and_a_possible_day(embedded_city: City) -> None:
    produsen = embedded_city.client("produsen")
    whole = {"number": "1", "date": "2026-03-01", "period": "2026"}
    for change, field, code in (
        ({"number": ""}, "number", "PERMINTAAN"),
        ({"date": "01/03/2026"}, "date", "TANGGAL"),
        ({"date": "0001-01-01"}, "berita_acara.date", "TANGGAL"),
        ({"period": f"x{NUL}"}, "period", "JSON"),
    ):
        data = whole | change | {"berita_acara": (BytesIO(PDF), "ba.pdf")}
        said(produsen.post("/api/v1/batches", data=data), code, 400, field=field)


def test_a_file_name_is_a_name_and_nothing_else(embedded_city: City) -> None:
    home, produsen = embedded_city.settings.home, embedded_city.client("produsen")
    for name, kept in (
        ("/etc/cron.d/x.geojson", "x.geojson"),
        ("..", "berkas"),
        ("x" * 5000 + ".geojson", "x" * 192 + ".geojson"),
        ("\u202egepj.nosjoeg", "gepj.nosjoeg"),
        ("<script>alert(1)</script>.geojson", "script>.geojson"),
        ("../../etc/passwd.geojson", "passwd.geojson"),
    ):
        id = entered(embedded_city, name=name).json["id"]
        assert produsen.submission(id)["upload"]["name"] == kept
    produsen.rebuild(id)
    assert produsen.submission(id)["job"]["status"] == "done"
    assert all(len(path.name) == 64 for path in (home / "uploads").iterdir())
    assert not list(home.parent.rglob("*passwd*"))


def without_dbf() -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for ending, content in (("shp", b"\0\0'\n" + b"\0" * 96), ("shx", b"\0\0'\n" + b"\0" * 96), ("prj", b"")):
            file.writestr(f"jalan.{ending}", content)
    return archive.getvalue()


def features(text: str) -> bytes:
    point = '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.67, -6.88]}, "properties": {%s}}'
    return f'{{"type": "FeatureCollection", "features": [{point % text}]}}'.encode()


UNREADABLE = {
    "teks.gpkg": (b"Ini sebuah catatan, bukan GeoPackage.\n" * 9, "TYPE_MISMATCH"),
    "rusak.gpkg": (b"SQLite format 3\0" + b"\0" * 3000, "GPKG_BROKEN"),
    "jalan.zip": (without_dbf(), "SHP_PARTS"),
    "potong.zip": (without_dbf()[:200], "ZIP_BROKEN"),
    "tanpa-kepala.csv": (b"33.75.01,120\n33.75.02,130\n", "HEADER"),
    "kutip.csv": (b'nama,nilai\n"Medono,1\n', "CSV_QUOTES"),
    "sel-lebih.csv": (b"nama,nilai\nMedono,1\nTirto,1,2\n", "CSV_RAGGED"),
    "kosong.geojson": (b'{"type": "FeatureCollection", "features": []}', "EMPTY"),
    "potong.geojson": (LAYER[:-20], "JSON_BROKEN"),
    "nul.geojson": (features('"nama": "Alun\\u0000-alun"'), "TEXT_NUL"),
    "besar.geojson": (features('"nilai": 1e400'), "NUMBER_RANGE"),
    "nan.geojson": (features('"nilai": NaN'), "COORD_NONFINITE"),
    "dalam.geojson": (features(f'"nilai": {"[" * 900}{"]" * 900}'), "GEOM_DEPTH"),
    "cetak.pdf": (PDF, "UNSUPPORTED"),
}


def test_a_file_that_cannot_be_read_ends_as_a_sentence_and_can_be_replaced(embedded_city: City) -> None:
    produsen = embedded_city.client("produsen")
    for name, (content, code) in UNREADABLE.items():
        metadata = STATISTICS if name.endswith(".csv") else METADATA
        id = produsen.submit_file(name, content, metadata | {"title": name}).json["id"]
        after = produsen.submission(id)
        assert after["job"]["status"] == "failed", (name, after)
        error = after["job"]["error"]
        assert error["code"] == code, (name, error)
        assert error["where"]["file"] == name, (name, error)
        assert error["detail"].endswith("."), (name, error)
        assert error["mend"], (name, error)
        assert after["status"] == "draft", name
        assert produsen.step(id, "submit").status_code == 422, name
        assert produsen.get(f"/api/v1/submissions/{id}/comparison").status_code < 500, name
    answer = produsen.call("PUT", f"/api/v1/submissions/{id}/file", data={"file": (BytesIO(LAYER), "titik.geojson")})
    assert answer.status_code == 200
    produsen.rebuild(id)
    assert produsen.submission(id)["job"] | {"stage": ""} == {
        "status": "done",
        "stage": "",
        "done": 0,
        "total": 0,
        "error": None,
    }


def test_a_file_that_points_at_another_file_is_not_followed(embedded_city: City, tmp_path: Path) -> None:
    secret = tmp_path / "rahasia.csv"
    secret.write_text("nama,nilai\nKENARI-RAHASIA,1\n")
    layer = f"<OGRVRTLayer name='x'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
    gdalg = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret}"}
    produsen = embedded_city.client("produsen")
    for content in (f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>", json.dumps(gdalg)):
        id = produsen.submit_file("lapisan.geojson", content.encode()).json["id"]
        assert produsen.submission(id)["job"]["error"]["code"] == "TYPE_MISMATCH"
    kept = [path for path in embedded_city.settings.home.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"KENARI" in path.read_bytes()]


def test_a_body_over_the_limit_is_answered_while_it_is_still_being_sent(tmp_path: Path) -> None:
    plain = completed(Settings(home=tmp_path / "home", secret_key="uji" * 20, upload_limit=100_000))
    settings = on_free_port(plain)
    with closing(City(settings, Clock())), sebar(settings, "web", log=tmp_path / "log"):
        for path, kind in (
            ("/api/v1/submissions", "multipart/form-data; boundary=x"),
            ("/api/v1/tokens", "text/plain"),
        ):
            for person in (f"produsen:{PASSWORD}", "siapa:salah"):
                status, body = sent(settings.port, path, kind, person)
                expected = 413 if "produsen" in person else 401
                assert status == expected, body
                assert json.loads(body)["code"] == ("TERLALU-BESAR" if expected == 413 else "BELUM-MASUK")
        assert answers(settings.url)


def sent(port: int, path: str, kind: str, person: str) -> tuple[int, bytes]:
    """40 MB, as a program sends it that reads the answer only when it has sent everything."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\n'
    headers = {"Content-Type": kind, "Authorization": f"Basic {b64encode(person.encode()).decode()}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        connection.request("POST", path, part + b"0" * 40_000_000, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_no_request_that_the_api_describes_or_does_not_describe_breaks_it(city: City) -> None:
    statuses: Counter[int] = Counter()
    known = [submission_at(city, status, f"Data {status}") for status in ("draft", "submitted", "published")]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", city.app)
    for operation in (found.ok() for found in schema.get_all_operations()):
        for mode in GenerationMode:
            _ask_anything(operation, operation.as_strategy(generation_mode=mode), known, statuses)
    assert statuses.total() > 200
    assert {200, 201, 400, 403, 404} <= statuses.keys()
    assert city.client("walidata").get("/api/v1/submissions").status_code == 200


def _ask_anything(operation: Any, cases: Any, known: list[str], statuses: Counter[int]) -> None:
    @hypothesis.settings(
        max_examples=9,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        cases, st.sampled_from([row[0] for row in PEOPLE]), st.sampled_from([None, "data-published", *known])
    )
    def ask(case: Any, person: str, id: str | None) -> None:
        if id and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = id
        answer = case.call(auth=(person, PASSWORD))
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, (operation.label, case, answer.content)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], (operation.label, answer.content)
            assert {"code", "detail"} <= answer.json().keys()

    ask()


PUBLIC = (
    "/data?q=%00",
    "/data?hal=99999999999999999999999",
    "/data/%00",
    "/data/..%2f..%2fetc%2fpasswd",
    "/data/data-published/99999999999999999999999/data.csv",
    "/data/data-published/1/..%2f..%2f..%2fsebar.sqlite",
    "/data/data-published/1/%2e%2e/%2e%2e/manifest.json",
    "/data/data-published/terkini/..%2f..%2fsecret_key",
    "/statistik?data=%00&tahun=x",
    "/verifikasi/%00",
    f"/verifikasi/{'f' * 5000}",
    "/ogc/collections/%00/items",
    "/ogc/collections/data-published/items?limit=99999999999999999999999",
    "/ogc/collections/data-published/items?offset=99999999999999999999999",
    "/ogc/collections/data-published/items?bbox=1,2,3,1e999",
    "/ogc/collections/data-published/items?datetime=9999999999-01-01",
    "/ogc/collections/data-published/items?tahun=99999999999999999999999",
    "/ogc/collections/data-published/items?nama=%00",
    "/ogc/collections/data-published/items?filter=%28%28%28%28",
    f"/ogc/collections/data-published/items?filter={'NOT%20' * 2000}tahun%3D1",
    "/ogc/collections/data-published/items/%00",
    "/ogc/collections/data-published/items/99999999999999999999999",
    "/csw?service=CSW&version=2.0.2&request=GetRecordById&id=%00",
    "/csw?service=CSW&version=2.0.2&request=GetRecords&startPosition=99999999999999999999999",
    "/static/..%2f..%2fsettings.py",
    "/masuk?next=%00",
)


def test_public_addresses_do_not_break_and_give_nothing_away(city: City) -> None:
    submission_at(city, "published", "Data published")
    http = city.client().http
    for path in PUBLIC:
        for accept in ("application/json", "text/html"):
            answer = http.get(path, headers={"Accept": accept})
            assert answer.status_code < 500, (path, accept, answer.text[:300])
            assert city.settings.secret_key not in answer.text, path
            assert b"SQLite" not in answer.data, path
            assert "Traceback" not in answer.text, path
