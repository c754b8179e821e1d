"""A city to test with: an empty store, six people, an application and its clients."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.access import HASHER
from server.app import create_app
from server.build import build_now
from server.journey import Journey
from server.settings import Settings, completed
from server.store import migrate, open_records
from tests.postgis import fresh_database
from workflow.sop import Kind, Role
from workflow.store import Agency, Person

SHARED = Path(os.environ.get("SEBAR_SHARED", Path(__file__).parents[2] / "shared"))
SI_INVESTA = SHARED / "data" / "01_pekalongan" / "si-investa"
PASSWORD = "kata sandi untuk uji"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
STORES = ("embedded", "postgis")
# username, agency, role, kinds
PEOPLE = (
    ("produsen", "dpupr", Role.PRODUSEN_DATA, ()),
    ("produsen2", "dinkes", Role.PRODUSEN_DATA, ()),
    ("walidata", "dinkominfo", Role.WALIDATA, ()),
    ("pembina-statistik", "bps", Role.PEMBINA_DATA, (Kind.STATISTICS,)),
    ("pembina-geospasial", "bapperida", Role.PEMBINA_DATA, (Kind.GEOSPATIAL,)),
    ("admin", "dinkominfo", Role.ADMIN, ()),
)

METADATA: dict[str, Any] = {
    "title": "Batas Kelurahan",
    "abstract": "Batas kelurahan Kota Pekalongan untuk uji coba, digambar dari peta indikatif; bukan batas resmi.",
    "kind": "geospatial",
    "topic": "boundaries",
    "keywords": ["batas", "kelurahan"],
    "license": "CC-BY-4.0",
    "period": "2026",
    "update_frequency": "annually",
    "lineage": "Didigit dari peta kerja tahun 2019 dan diperiksa di lapangan pada tahun 2025.",
    "scale": 5000,
    "access": "terbuka",
    "contact": {"name": "Sari", "organization": "DPUPR Kota Pekalongan", "email": "sari@example.test"},
    "berita_acara": {"number": "500/12/2026", "date": "2026-03-12"},
}
STATISTICS = METADATA | {
    "title": "Jumlah Penduduk",
    "kind": "statistics",
    "topic": "society",
    "concept": "Penduduk",
    "definition": "Semua orang yang tinggal di wilayah kota paling sedikit satu tahun.",
    "measure": "Jumlah",
    "unit": "jiwa",
}


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = datetime(2026, 3, 12, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class City:
    """A whole Sebar in this process."""

    settings: Settings
    clock: Clock
    apps: list[Flask] = field(default_factory=list)

    def __post_init__(self) -> None:
        migrate(self.settings)
        self._new_app()
        add_people(self.journey)

    def _new_app(self) -> Flask:
        app = create_app(self.settings, open_records(self.settings), self.clock)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        self.apps.append(app)
        return app

    def close(self) -> None:
        for app in self.apps:
            app.extensions["journey"].records.close()
            app.extensions["revision"].close()

    @property
    def app(self) -> Flask:
        return self.apps[0]

    @property
    def journey(self) -> Journey:
        return self.app.extensions["journey"]

    def client(self, username: str | None = None) -> Caller:
        return Caller(self.app.test_client(), username, self)

    def another_worker(self) -> FlaskClient:
        """The application as another web process has it: own connections, own snapshot."""
        return self._new_app().test_client()


@dataclass
class Caller:
    """A program that calls as one person."""

    http: FlaskClient
    username: str | None
    city: City

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        if self.username:
            more["auth"] = (self.username, PASSWORD)
        return self.http.open(path, method=method, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def submit_file(
        self,
        name: str,
        content: bytes,
        metadata: dict[str, Any] = METADATA,
        *,
        berita_acara: bytes | None = PDF,
        build: bool = True,
        headers: dict[str, str] | None = None,
        **form: str,
    ) -> TestResponse:
        """POST /submissions with an inline Berita Acara; the candidate is built at once where `build`."""
        data: dict[str, Any] = {"file": (BytesIO(content), name), "metadata": json.dumps(metadata), **form}
        if berita_acara is not None:
            data["berita_acara"] = (BytesIO(berita_acara), "ba.pdf")
        answer = self.post("/api/v1/submissions", data=data, headers=headers or {})
        if build and answer.status_code == 201:
            build_now(self.city.journey.records, self.city.settings, answer.json["id"])
        return answer

    def step(self, id: str, name: str, **body: Any) -> TestResponse:
        return self.post(f"/api/v1/submissions/{id}/steps/{name}", json=body)

    def submission(self, id: str) -> dict[str, Any]:
        return self.get(f"/api/v1/submissions/{id}").json

    def rebuild(self, id: str) -> None:
        build_now(self.city.journey.records, self.city.settings, id)


def add_people(journey: Journey) -> None:
    """The accounts of the design, each with PASSWORD."""
    now = journey.clock()
    hashed = HASHER.hash(PASSWORD)
    for agency in dict.fromkeys(row[1] for row in PEOPLE):
        journey.records.save_agency(Agency(agency, agency.upper(), agency.upper()), actor="test", at=now)
    for username, agency, role, kinds in PEOPLE:
        roles, of = frozenset({role}), frozenset(kinds)
        person = Person(f"id-{username}", username, username.title(), agency, roles, of, hashed)
        journey.records.save_person(person, actor="test", at=now)


@pytest.fixture(params=STORES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    plain = completed(Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20))
    if request.param == "embedded":
        yield plain
    else:
        with fresh_database() as url:
            yield replace(plain, database_url=url)


@pytest.fixture
def city(settings: Settings) -> Iterator[City]:
    with closing(City(settings, Clock())) as whole:
        yield whole


@pytest.fixture
def embedded_city(tmp_path: Path) -> Iterator[City]:
    """Where the store makes no difference."""
    plain = completed(Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20))
    with closing(City(plain, Clock())) as whole:
        yield whole


@pytest.fixture(scope="session")
def real() -> Callable[[str], bytes]:
    """Reads a real layer of Kota Pekalongan; skips, with the reason, where the folder is absent."""

    def read(name: str) -> bytes:
        path = SI_INVESTA / name
        if not path.exists():
            pytest.skip(f"no real files here: {SI_INVESTA} (SEBAR_SHARED)")
        return path.read_bytes()

    return read


def pytest_report_header() -> str:
    return f"real files: {SHARED if SHARED.exists() else 'absent (SEBAR_SHARED)'}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counts = _counts(terminalreporter)
    terminalreporter.write_line("tests per store: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and exitstatus == 0 and len(set(_counts(reporter).values())) > 1:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _counts(reporter: Any) -> dict[str, int]:
    """How many tests really ran on each store."""
    ran = [report.nodeid for outcome in ("passed", "failed") for report in reporter.stats.get(outcome, [])]
    return {store: sum(store in nodeid.partition("[")[2] for nodeid in ran) for store in STORES}
