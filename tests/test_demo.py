"""The sample city on its way: everything that a visitor of the desks should find."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyogrio
import pytest

from server.app import create_journey
from server.build import build_now
from server.clock import calendar_of
from server.demo import PLAN, SAMPLE, seed_demo, seed_folder
from server.journey import Journey
from server.planned import lines_of
from server.settings import Settings, completed
from server.store import migrate, open_records
from tests.processes import environment
from workflow.deadlines import days_late, due_of
from workflow.ledger import first_broken
from workflow.planned import State
from workflow.sop import Status
from workflow.store import SubmissionRecord

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def journey_in(home: Path) -> Journey:
    settings = completed(Settings(home=home, url="http://localhost", demo_password="kata sandi untuk uji"))
    migrate(settings)
    return create_journey(settings, open_records(settings), lambda: NOW)


def build_in(journey: Journey, submission: str) -> None:
    build_now(journey.records, journey.settings, submission)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    journey = journey_in(tmp_path_factory.mktemp("demo") / "home")
    seed_demo(journey, build=lambda submission: build_in(journey, submission))
    yield journey
    journey.records.close()


def by_file(journey: Journey) -> dict[str, SubmissionRecord]:
    return {record.upload_name: record for record in journey.records.submissions()}


def test_every_file_has_come_as_far_as_planned(seeded: Journey) -> None:
    found = by_file(seeded)
    statuses = {file: "scheduled" if record.move.publish_at else record.move.status for file, record in found.items()}
    assert statuses == {planned.file: planned.stage for planned in PLAN}


def test_the_agreed_list_misses_two_and_one_was_not_on_it(seeded: Journey) -> None:
    lines = lines_of(seeded, "2026")
    missing = {line.title: line.late for line in lines if line.state is State.MISSING}
    assert missing == {"Kualitas Air Sungai": True, "Kasus Demam Berdarah": False}
    assert [line.title for line in lines if line.state is State.EXTRA] == ["Rumah Pompa"]


def test_what_cannot_go_on_says_why(seeded: Journey) -> None:
    found = by_file(seeded)
    schools = {finding.check for finding in seeded.records.findings(found["sekolah-2026.gpkg"].move.id)}
    alleys = {finding.check for finding in seeded.records.findings(found["jalan-lingkungan.geojson"].move.id)}
    assert {"AREA_CODE_NAME", "AREA_CODE_UNKNOWN", "KEY_DUPLICATE"} <= schools
    assert {"METADATA_MISSING", "GEOM_INVALID", "GEOM_NULL"} <= alleys
    assert found["jalan-2026.zip"].move.findings.warns > 0


def test_one_is_late_at_the_walidata_and_one_is_approved_too_long(seeded: Journey) -> None:
    calendar = calendar_of(seeded)
    late = {
        file
        for file, record in by_file(seeded).items()
        if record.move.status in (Status.SUBMITTED, Status.VERIFIED, Status.APPROVED)
        and (due := due_of(record.move, calendar))
        and days_late(due, NOW, calendar) > 0
    }
    assert {"timbulan-sampah.csv", "ikm-batik.xlsx"} <= late
    assert not late & {"ruang-terbuka-hijau.zip", "jalan-2026.zip", "fasilitas-kesehatan.geojson"}


def test_the_population_is_drawn_on_the_published_kelurahan(seeded: Journey) -> None:
    manifest = by_file(seeded)["penduduk.csv"].manifest or {}
    counts = {collection["id"]: collection["count"] for collection in manifest["collections"]}
    assert counts == {"jumlah-penduduk": 270, "jumlah-penduduk-peta": 27 * 5}
    assert manifest["boundary"]["dataset"] == "batas-kelurahan"


def test_the_ledger_is_whole_and_tells_it_in_the_order_of_time(seeded: Journey) -> None:
    entries = list(seeded.records.ledger())
    steps = [entry.at for entry in entries if entry.action.rpartition(":")[2] in ("submit", "verify", "approve")]
    assert first_broken(entries) is None
    assert steps == sorted(steps)


def test_filling_it_again_changes_nothing(seeded: Journey) -> None:
    before = len(list(seeded.records.ledger()))
    seed_demo(seeded, build=lambda submission: build_in(seeded, submission))
    assert len(list(seeded.records.ledger())) == before


def test_a_folder_of_layers_is_published_as_far_as_it_is_sound(tmp_path: Path) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    for name in ("tps.geojson", "jalan-lingkungan.geojson"):
        shutil.copy(SAMPLE / name, folder)
    (folder / "rusak.geojson").write_text('{"type": "FeatureCollection", "features": [')
    (folder / "catatan.txt").write_text("bukan data")
    pyogrio.write_dataframe(pyogrio.read_dataframe(SAMPLE / "tps.geojson")[["geometry"]], folder / "terbuka.shp")
    journey = journey_in(tmp_path / "home")
    found = {
        record.upload_name: record
        for record in seed_folder(journey, folder, build=lambda submission: build_in(journey, submission))
    }
    assert {name: record.move.status for name, record in found.items()} == {
        "tps.geojson": Status.PUBLISHED,
        "jalan-lingkungan.geojson": Status.DRAFT,
        "rusak.geojson": Status.DRAFT,
        "terbuka.zip": Status.PUBLISHED,
    }
    assert "metadata diisi otomatis" in found["tps.geojson"].metadata["abstract"]
    assert found["rusak.geojson"].job.status == "failed"
    journey.records.close()


def test_layers_can_be_taken_in_before_anything_was_ever_started(tmp_path: Path) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    shutil.copy(SAMPLE / "tps.geojson", folder)
    settings = Settings(home=tmp_path / "home", demo_password="kata sandi untuk uji")
    command = [sys.executable, "-m", "server.cli", "demo", "--from", str(folder)]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    records = open_records(settings)
    assert [record.move.status for record in records.submissions()] == [Status.PUBLISHED]
    records.close()
