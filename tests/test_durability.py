"""kill -9 at every named point of intake and publishing: nothing is lost, doubled or half there."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg import sql

from server.failpoints import FAILPOINTS
from server.settings import ROOT, Settings, completed
from server.store import migrate
from tests.conftest import METADATA, City, Clock
from tests.postgis import fresh_database
from tests.processes import Forks, environment, is_dead, wait_for
from tests.release.layers import verify_folder
from tests.test_every_step import submission_at
from workflow.ledger import first_broken

INTAKE = [name for name in FAILPOINTS if name.startswith(("build.", "candidate."))]
PUBLISHING = [name for name in FAILPOINTS if name.startswith(("publish.", "stage."))]
COMMITTED = ("publish.committed", "publish.announced")
LAYER = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [109.66 + n / 1000, -6.889]},
                "properties": {"nama": f"Pos {n}", "tahun": 2026, "petugas": "" if n % 5 else f"{n}"},
            }
            for n in range(40)
        ],
    }
).encode()


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with closing(Forks(tmp_path_factory.mktemp("processes") / "log")) as forks:
        yield forks


def test_every_point_where_a_test_may_kill_is_listed_and_every_listed_one_is_passed() -> None:
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "server").rglob("*.py")]
    passed = Counter(name for text in code for name in re.findall(r'(?<!def )failpoint\("([^"]+)"\)', text))
    assert sorted(passed) == sorted(FAILPOINTS)
    assert sum(text.count("failpoint(") for text in code) == passed.total() + 1, "a failpoint without a plain name"
    assert {*INTAKE, *PUBLISHING} == set(FAILPOINTS)


def enter(city: City, *, build: bool = False) -> str:
    answer = city.client("produsen").submit_file("pos.geojson", LAYER, METADATA | {"title": "Pos pantau"}, build=build)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def findings(city: City, id: str) -> list[dict[str, object]]:
    features = city.client("produsen").get(f"/api/v1/submissions/{id}/findings").json["features"]
    return [feature["properties"] for feature in features]


def ended(city: City, id: str) -> bool:
    return city.client("produsen").submission(id)["job"]["status"] in ("done", "failed")


def test_a_worker_killed_anywhere_in_intake_leaves_the_submission_as_if_nothing_had_happened(
    city: City, forks: Forks
) -> None:
    # The first has no twin: each of the others is told that its content is there already.
    _, undisturbed = enter(city, build=True), enter(city, build=True)
    expected = city.client("produsen").submission(undisturbed)
    assert findings(city, undisturbed)
    # The points named candidate.* lie inside one stage and touch files alone: one store is enough for them.
    embedded = city.settings.database_url is None
    for name in INTAKE if embedded else [name for name in INTAKE if name.startswith("build.")]:
        id = enter(city)
        assert forks.run(city.settings, "worker", SEBAR_FAILPOINT=name) == -signal.SIGKILL, name
        # A job that was recorded looks done already: what stands behind it in the queue shows that it was taken up.
        last = enter(city) if ended(city, id) else id
        with forks.running(city.settings, "worker"):
            wait_for(f"an end after a kill at {name}", lambda last=last: ended(city, last))
            wait_for(f"a tidy worker after a kill at {name}", lambda: not any((city.settings.home / "work").iterdir()))
        after = city.client("produsen").submission(id)
        assert (after["job"]["status"], after["job"]["error"]) == ("done", None), name
        assert after["content_hash"] == expected["content_hash"], name
        assert after["findings"] == expected["findings"], name
        assert findings(city, id) == findings(city, undisturbed), name
        (candidate,) = (city.settings.home / "candidates" / id).iterdir()
        assert verify_folder(candidate) == [], name
    assert city.journey.records.unfinished_builds() == []


KILLED_WHILE_READING = """
import os, signal, sys
from pathlib import Path
from server.intake.reader import read_upload
read_upload(Path(sys.argv[1]), "x", reading={}, crs=None, progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_reading_whose_process_was_killed_leaves_nothing_behind(embedded_city: City, tmp_path: Path) -> None:
    upload = tmp_path / "pos.geojson"
    upload.write_bytes(LAYER)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    there = environment(embedded_city.settings, TMPDIR=str(temporary))
    command = [sys.executable, "-c", KILLED_WHILE_READING, str(upload)]
    assert subprocess.run(command, cwd=ROOT, env=there, check=False).returncode == -signal.SIGKILL
    assert list(temporary.iterdir())
    with subprocess.Popen([sys.executable, "-m", "server.cli", "worker"], cwd=ROOT, env=there) as worker:
        wait_for("a tidy folder", lambda: not list(temporary.iterdir()) or is_dead(worker.pid))
        worker.terminate()
    assert not list(temporary.iterdir())


def test_a_file_that_kills_every_worker_is_given_up_with_a_sentence(embedded_city: City, forks: Forks) -> None:
    city = embedded_city
    poison = enter(city)
    for _ in range(20):
        process = forks.start(city.settings, "worker", SEBAR_FAILPOINT="build.read")
        wait_for("the worker's death, or the end of the job", lambda p=process: ended(city, poison) or is_dead(p))
        if ended(city, poison):
            break
        assert forks.wait(process) == -signal.SIGKILL
    job = city.client("produsen").submission(poison)["job"]
    assert job["status"] == "failed"
    assert job["error"]["code"] == "PEKERJAAN"
    assert {"detail", "mend"} <= job["error"].keys()
    assert forks.stop(process) == 0

    healthy = enter(city)
    with forks.running(city.settings, "worker"):
        wait_for("the next job", lambda: ended(city, healthy))
    assert city.client("produsen").submission(healthy)["job"]["status"] == "done"


def test_a_web_process_killed_anywhere_before_the_commit_has_published_nothing(city: City, forks: Forks) -> None:
    walidata = city.client("walidata")
    id = submission_at(city, "approved", "Belum terbit")
    dataset = walidata.submission(id)["dataset"]
    for name in PUBLISHING:
        if name in COMMITTED:
            continue
        killed = forks.run(city.settings, "take", "walidata", id, "publish", SEBAR_FAILPOINT=name)
        assert killed == -signal.SIGKILL, name
        assert walidata.submission(id)["status"] == "approved", name
        for http in (restarted := city.another_worker(), city.client().http):
            assert http.get(f"/ogc/collections/{dataset}/items?f=json").status_code == 404, name
            assert http.get(f"/data/{dataset}/1/data.gpkg").status_code == 404, name
    assert walidata.step(id, "publish").status_code == 200
    published_once(city, id, restarted)


@pytest.mark.parametrize("name", COMMITTED)
def test_a_web_process_killed_after_the_commit_has_published_once(city: City, forks: Forks, name: str) -> None:
    id = submission_at(city, "approved", "Sudah terbit")
    killed = forks.run(city.settings, "take", "walidata", id, "publish", SEBAR_FAILPOINT=name)
    assert killed == -signal.SIGKILL
    restarted = city.another_worker()
    published_once(city, id, restarted)
    assert city.client("walidata").step(id, "publish").status_code == 409
    published_once(city, id, restarted)


def published_once(city: City, id: str, restarted: FlaskClient) -> None:
    """On record, on disk and for readers."""
    walidata = city.client("walidata")
    dataset = walidata.submission(id)["dataset"]
    (release,) = city.journey.records.releases(dataset)
    assert release.number == 1
    assert [path.name for path in (city.settings.home / "releases" / dataset).iterdir()] == ["1"]
    assert verify_folder(city.settings.home / release.folder) == []
    for http in (restarted, city.client().http):
        assert http.get(f"/ogc/collections/{dataset}/items?f=json").json["numberMatched"] == 1
    events = walidata.get(f"/api/v1/submissions/{id}/events").json["events"]
    assert [event["step"] for event in events].count("publish") == 1
    assert first_broken(city.journey.records.ledger()) is None


def test_a_withdrawal_that_nobody_could_announce_holds_after_a_restart(city: City, forks: Forks) -> None:
    id = submission_at(city, "published", "Ditarik")
    dataset = city.client("walidata").submission(id)["dataset"]
    killed = forks.run(city.settings, "take", "walidata", dataset, "withdraw", SEBAR_FAILPOINT="publish.committed")
    assert killed == -signal.SIGKILL
    restarted = city.another_worker()
    for http in (restarted, city.client().http):
        assert http.get(f"/ogc/collections/{dataset}/items?f=json").status_code == 410


def test_a_build_goes_on_when_the_database_comes_back(tmp_path: Path, forks: Forks) -> None:
    plain = completed(Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20))
    with fresh_database() as url, closing(City(replace(plain, database_url=url), Clock())) as city:
        expected = city.client("produsen").submission(enter(city, build=True))["content_hash"]
        id = enter(city)
        with forks.running(city.settings, "worker"):
            wait_for("a stage", lambda: (tmp_path / "home" / "work" / f"{id}-1" / "layer.arrow").exists())
            before = len(forks.log.read_text())
            with nobody_let_in(url):
                wait_for("a worker that notices", lambda: "database" in forks.log.read_text()[before:])
            wait_for("the job", lambda: ended(city, id))
        after = city.client("produsen").submission(id)
        assert (after["job"]["status"], after["content_hash"]) == ("done", expected)


def test_while_the_database_is_away_readers_read_on_and_desks_are_told_to_wait(tmp_path: Path) -> None:
    plain = completed(Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20))
    with fresh_database() as url, closing(City(replace(plain, database_url=url), Clock())) as city:
        submission_at(city, "published", "Terbit")
        items = "/ogc/collections/terbit/items?f=json"
        assert city.client().get(items).status_code == 200
        with nobody_let_in(url):
            assert city.client().get(items).json["numberMatched"] == 1
            answer = city.client("walidata").get("/api/v1/submissions")
            assert (answer.status_code, answer.json["code"]) == (503, "BASIS-DATA")
            assert answer.headers["Retry-After"]
            assert city.client().get("/healthz").status_code == 200
            ready = city.client().get("/readyz")
            assert (ready.status_code, ready.json["parts"]["sandbox"]) == (503, "ok")
            assert ready.json["parts"]["records"] != "ok"
        assert city.client("walidata").get("/api/v1/submissions").json["count"] == 1
        assert city.client().get("/readyz").status_code == 200


@contextmanager
def nobody_let_in(url: str) -> Iterator[None]:
    """The database as it is while its server is down: everybody is thrown out and nobody gets in."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url.removesuffix(name) + "postgres", autocommit=True) as connection:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def test_a_worker_that_does_not_own_the_database_does_its_work(tmp_path: Path, forks: Forks) -> None:
    with fresh_database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            role = f"pekerja_{connection.info.dbname}"
            connection.execute(f"CREATE ROLE {role} LOGIN")
        plain = completed(Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20))
        settings = replace(plain, database_url=url.replace("postgres@", f"{role}@"), migration_url=url)
        migrate(settings)
        with closing(City(settings, Clock())) as city:
            id = enter(city)
            assert forks.run(settings, "worker", SEBAR_FAILPOINT="build.checked") == -signal.SIGKILL
            with forks.running(settings, "worker"):
                wait_for("the job", lambda: ended(city, id))
            assert city.client("produsen").submission(id)["job"]["status"] == "done"
