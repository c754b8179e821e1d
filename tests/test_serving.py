"""`sebar serve` as an operator has it: it starts on nothing, mends what dies, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings, completed
from server.store import open_records
from tests.conftest import PASSWORD, City, Clock, add_people
from tests.processes import ROOT, Forks, environment, is_dead, on_free_port, sebar, wait_for
from tests.test_every_step import submission_at
from tests.test_many_at_once import enter


@pytest.fixture
def port(settings: Settings) -> Settings:
    return on_free_port(settings)


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[Forks]:
    with closing(Forks(tmp_path / "forks.log")) as forks:
        yield forks


def get(url: str, person: str | None = None) -> tuple[int, bytes]:
    headers = {"Authorization": f"Basic {b64encode(f'{person}:{PASSWORD}'.encode()).decode()}"} if person else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def status_of(url: str) -> int:
    """0 where nobody answers, as while the web processes are started again."""
    with suppress(OSError):
        return get(url)[0]
    return 0


def processes(settings: Settings, word: str = "") -> set[int]:
    """Of this SEBAR_HOME, with `word` among their arguments."""
    found = set()
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if (
                folder.name.isdecimal()
                and f"SEBAR_HOME={settings.home}\0".encode() in (folder / "environ").read_bytes()
                and word.encode() in (folder / "cmdline").read_bytes().split(b"\0")
                and not is_dead(int(folder.name))
            ):
                found.add(int(folder.name))
    return found


def test_serve_starts_on_nothing_mends_what_dies_and_ends_whole(port: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with sebar(port, "serve", log=log) as process:
        assert json.loads(get(f"{port.url}/healthz")[1]) == {"status": "ok"}
        status, body = get(f"{port.url}/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ok"), body
        assert b"<html" in get(f"{port.url}/")[1]
        assert json.loads(get(f"{port.url}/ogc/collections?f=json")[1])["collections"][0]["id"] == "katalog"
        with closing(open_records(port)) as records:
            add_people(_People(records))

        for word in ("web", "worker"):
            for killed in processes(port, word):
                with suppress(ProcessLookupError):  # the group of a killed one is ended with it
                    os.kill(killed, signal.SIGKILL)
            wait_for(f"another {word}", lambda word=word, killed=killed: processes(port, word) - {killed})
        wait_for("an answer", lambda: status_of(f"{port.url}/healthz") == 200)

        with closing(City(port, Clock())) as city:
            id = enter(city.app.test_client(), "Titik").json["id"]
        submission = f"{port.url}/api/v1/submissions/{id}"
        wait_for("the job", lambda: json.loads(get(submission, "produsen")[1])["job"]["status"] == "done")

        started = processes(port)
        assert len(started) >= 4
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
        wait_for("an end of all processes", lambda: not processes(port))
    assert "Traceback" not in log.read_text()

    with sebar(port, "serve", log=log):
        assert json.loads(get(submission, "produsen")[1])["job"]["status"] == "done"
    assert not processes(port)


class _People:
    """What add_people wants of a journey."""

    def __init__(self, records: Any) -> None:
        self.records = records
        self.clock = Clock()


def test_nothing_is_left_when_serve_itself_is_killed(tmp_path: Path) -> None:
    settings = on_free_port(completed(Settings(home=tmp_path / "home", secret_key="uji" * 20)))
    with sebar(settings, "serve", log=tmp_path / "log") as process:
        wait_for("a worker", lambda: processes(settings, "worker"))
        process.kill()
        process.wait()
        wait_for("an end of all processes", lambda: not processes(settings))


def test_a_second_server_on_the_same_port_and_a_second_worker_of_the_same_slot_are_refused(tmp_path: Path) -> None:
    settings = on_free_port(completed(Settings(home=tmp_path / "home", secret_key="uji" * 20)))
    with sebar(settings, "serve", log=tmp_path / "log"):
        wait_for("a worker", lambda: processes(settings, "worker"))
        other = replace(settings, home=tmp_path / "lain")
        refused = command(other, "serve")
        assert refused.returncode == 1
        assert f"port {settings.port}" in refused.stderr
        assert "SEBAR_PORT" in refused.stderr
        refused = command(settings, "worker")
        assert refused.returncode == 1
        assert "Pekerja nomor 1 sudah berjalan." in refused.stderr
        assert status_of(f"{settings.url}/healthz") == 200


def command(settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "server.cli", *arguments]
    return subprocess.run(
        program, cwd=ROOT, env=environment(settings, **more), capture_output=True, text=True, check=False, timeout=180
    )


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SEBAR_PROT", "8000", "SEBAR_PROT is not a setting"),
        ("SEBAR_WORKERS", "dua", "SEBAR_WORKERS='dua' does not fit"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_a_sentence(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    refused = command(Settings(home=tmp_path / "home", port=1), "serve", **{variable: value})
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "home").exists()


def test_what_nobody_could_announce_is_announced_by_the_worker(port: Settings, tmp_path: Path, forks: Forks) -> None:
    """The process died between its commit and its announcement; the running server catches up."""
    with closing(City(port, Clock())) as city:
        id = submission_at(city, "approved", "Titik")
        with sebar(port, "serve", log=tmp_path / "log"):
            items = f"{port.url}/ogc/collections/titik/items"
            assert get(items)[0] == 404
            killed = forks.run(port, "take", "walidata", id, "publish", SEBAR_FAILPOINT="publish.committed")
            assert killed == -signal.SIGKILL
            wait_for("the collection", lambda: status_of(items) == 200)
            killed = forks.run(port, "take", "walidata", "titik", "withdraw", SEBAR_FAILPOINT="publish.committed")
            assert killed == -signal.SIGKILL
            wait_for("its withdrawal", lambda: status_of(items) == 410)
            assert get(f"{port.url}/data/titik/1/data.gpkg")[0] == 410


def test_what_was_scheduled_is_published_by_the_worker_also_beside_one_that_cannot_be(city: City, forks: Forks) -> None:
    walidata = city.client("walidata")
    ids = [submission_at(city, "approved", title) for title in ("Terhalang", "Terjadwal")]
    for id in ids:
        at = (city.clock() + timedelta(seconds=1)).isoformat()
        assert walidata.step(id, "schedule", at=at).status_code == 200
    assert city.clock.now < datetime.now(UTC)  # the worker's clock is the real one
    stuck = city.journey.records.submission(ids[0])
    (city.settings.home / str(stuck.candidate) / "features.offsets").unlink()
    with forks.running(city.settings, "worker"):
        wait_for("the publication", lambda: walidata.submission(ids[1])["status"] == "published")
    assert city.client().get("/ogc/collections/terjadwal/items?f=json").json["numberMatched"] == 1
    assert walidata.submission(ids[0])["status"] == "approved"
    assert city.client().get("/ogc/collections/terhalang/items?f=json").status_code == 404
