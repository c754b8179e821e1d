"""A staged release is the candidate's bytes, and every worker learns of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from server.release.publishing import RevisionFile, bump_revision, stage
from tests.release.layers import NOW, ROOT, build, read_revision, squares, verify_folder

LEDGER = [{"seq": 3, "hash": "f" * 64, "action": "approve", "at": "2026-03-12T03:00:00Z"}]


def staged(home, number=1):
    return stage(
        home,
        home / "candidates" / "s1" / "1",
        "jalan",
        number,
        published_at=NOW,
        ledger_entries=LEDGER,
        write_metadata=lambda manifest: {"metadata.xml": f"<nomor>{manifest['number']}</nomor>".encode()},
    )


@pytest.fixture
def home(tmp_path):
    build(squares(3), tmp_path / "candidates" / "s1" / "1")
    return tmp_path


def test_a_release_is_the_candidate_with_number_moment_and_ledger(home):
    folder = staged(home)
    candidate = json.loads((home / "candidates/s1/1/manifest.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    assert folder == home / "releases" / "jalan" / "1"
    assert (manifest["number"], manifest["published_at"], manifest["ledger"]) == (1, "2026-03-12T03:00:00Z", LEDGER)
    assert manifest["content_hash"] == candidate["content_hash"]
    assert candidate["number"] is None
    assert {name: manifest["files"][name] for name in candidate["files"]} == candidate["files"]
    assert os.path.samefile(folder / "data.gpkg", home / "candidates/s1/1/data.gpkg")
    assert (folder / "metadata.xml").read_text() == "<nomor>1</nomor>"
    assert verify_folder(folder) == []


def test_staging_again_replaces_what_an_aborted_attempt_left(home):
    (home / "releases" / "jalan" / "1").mkdir(parents=True)
    (home / "releases" / "jalan" / "1" / "data.gpkg").write_text("separuh")
    assert verify_folder(staged(home)) == []
    assert verify_folder(staged(home)) == []
    assert [path.name for path in (home / "releases" / "jalan").iterdir()] == ["1"]


def test_where_there_are_no_hard_links_there_are_copies(home, monkeypatch):
    def refused(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    folder = staged(home)
    assert verify_folder(folder) == []
    assert not os.path.samefile(folder / "data.gpkg", home / "candidates/s1/1/data.gpkg")


KILLED = """
from pathlib import Path
from server import failpoints
from tests.release.test_publishing import staged
failpoints.FAILPOINT = {name!r}
staged(Path({home!r}))
"""


@pytest.mark.parametrize("name", ["stage.linked", "stage.before_rename"])
def test_a_killed_staging_shows_nothing_and_the_next_one_is_whole(home, name):
    script = KILLED.format(name=name, home=str(home))
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -9
    assert not (home / "releases" / "jalan" / "1").exists()
    assert verify_folder(staged(home)) == []
    assert [path.name for path in (home / "releases" / "jalan").iterdir()] == ["1"]


def test_a_changed_and_a_missing_file_are_found(home):
    folder = staged(home)
    (folder / "data.csv").unlink()
    content = (folder / "data.geojson").read_bytes()
    (folder / "data.geojson").unlink()
    (folder / "data.geojson").write_bytes(content.replace(b"109.6", b"109.7", 1))
    assert sorted(verify_folder(folder)) == ["data.csv", "data.geojson"]


def test_the_revision_begins_at_nought_and_is_eight_little_endian_bytes(tmp_path):
    assert read_revision(tmp_path) == 0
    bump_revision(tmp_path, 258)
    assert (tmp_path / "revision").read_bytes() == b"\x02\x01\0\0\0\0\0\0"
    assert read_revision(tmp_path) == 258


def test_another_process_sees_the_revision_at_once(tmp_path):
    file = RevisionFile(tmp_path)
    script = "import sys; from pathlib import Path; from server.release.publishing import bump_revision;"
    script += "bump_revision(Path(sys.argv[1]), 7)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=True)
    assert file.read() == 7
    file.close()


def test_the_revision_never_goes_back(tmp_path):
    bump_revision(tmp_path, 7)
    bump_revision(tmp_path, 6)
    assert read_revision(tmp_path) == 7


def test_a_worker_that_starts_takes_the_revision_of_the_records(tmp_path):
    class Kept:
        def revision(self) -> int:
            return 41

    RevisionFile(tmp_path, Kept()).close()
    assert read_revision(tmp_path) == 41
