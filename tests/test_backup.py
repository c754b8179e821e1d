"""A city is lost and comes back."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from server.backup import backup, restore
from server.ledger_files import export_ledger
from server.settings import Settings, completed
from server.store import Records, migrate, open_records
from tests.postgis import fresh_database
from tests.store.layers import release_folder
from tests.store.sample import AT, add, add_batch, published, ratified, settle
from workflow.errors import BadRequest, Conflict
from workflow.store import Agency

UPLOAD, PAPER = "uploads/" + "a" * 64, "documents/" + "f" * 64


class Places:
    """Empty installations on either store."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root, self.stack, self.count = root, stack, 0

    def empty(self, store: str) -> Settings:
        self.count += 1
        home = self.root / f"home-{self.count}"
        url = self.stack.enter_context(fresh_database()) if store == "postgis" else None
        return completed(Settings(home=home, database_url=url))

    def records(self, settings: Settings) -> Records:
        records = open_records(settings)
        self.stack.callback(records.close)
        return records

    def inhabited(self, store: str) -> Settings:
        """A release with its candidate, its upload and its Berita Acara, and another dataset on its way."""
        settings = self.empty(store)
        migrate(settings)
        records = self.records(settings)
        settle(records)
        for number in (1, 2):
            manifest = release_folder(settings.home, f"candidates/s{number}/1")
            manifest["collections"][0]["features_sha256"] = str(number) * 64
            folder = settings.home / f"releases/jalan/{number}"
            folder.mkdir(parents=True)
            os.link(settings.home / f"candidates/s{number}/1/data.gpkg", folder / "data.gpkg")
            ratified(records, f"s{number}", new=number == 1, manifest=manifest)
            published(records, f"s{number}")
        add(records, "s3", "sungai")
        for name in (UPLOAD, PAPER):
            path = settings.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(3000))
        (settings.home / "releases/jalan/.3.half").mkdir()
        (settings.home / "releases/jalan/.3.half/data.gpkg").write_bytes(b"half")
        return settings


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(tmp_path, stack)


def ledger_of(records: Records) -> str:
    stream = io.StringIO()
    export_ledger(records, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("before", "after"),
    [("embedded", "embedded"), ("postgis", "postgis"), ("embedded", "postgis"), ("postgis", "embedded")],
)
def test_what_was_lost_comes_back(places: Places, tmp_path: Path, before: str, after: str) -> None:
    old = places.inhabited(before)
    backup(old, tmp_path / "cadangan")
    new = places.empty(after)
    sentence = restore(new, tmp_path / "cadangan")
    assert sentence.endswith("utuh.")

    was, now = places.records(old), places.records(new)
    assert ledger_of(now) == ledger_of(was)
    assert now.submissions() == was.submissions()
    assert now.registry() == was.registry()
    assert now.people() == was.people()
    assert now.events(dataset="jalan") == was.events(dataset="jalan")
    for name in (UPLOAD, PAPER, "releases/jalan/1/data.gpkg", "releases/jalan/2/data.gpkg"):
        assert (new.home / name).read_bytes() == (old.home / name).read_bytes()
    assert (new.home / "releases/jalan/1/data.gpkg").samefile(new.home / "candidates/s1/1/data.gpkg")
    assert not (new.home / "releases/jalan/.3.half").exists()
    if new.database_url:
        assert tables_of(new.database_url) == [("jalan", 3), ("jalan_1", 3), ("jalan_2", 3)]


def tables_of(url: str) -> list[tuple[str, int]]:
    """What SQL users see, and how many rows of it."""
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE sebar_baca")
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'terbit' ORDER BY table_name"
        ).fetchall()
        count = sql.SQL("SELECT count(*) FROM terbit.{}")
        counts = [connection.execute(count.format(sql.Identifier(name))).fetchone() for (name,) in names]
    return [(name, total) for (name,), (total,) in zip(names, counts, strict=True)]


@pytest.mark.parametrize("store", ["embedded", "postgis"])
def test_a_restored_city_goes_on_working(places: Places, tmp_path: Path, store: str) -> None:
    backup(places.inhabited(store), tmp_path / "cadangan")
    new = places.empty(store)
    restore(new, tmp_path / "cadangan")
    records = places.records(new)
    add_batch(records, "b9")
    ratified(records, "s9", "jalan", new=False)
    published(records, "s9")
    assert [release.number for release in records.releases("jalan")] == [1, 2, 3]


def test_a_city_with_data_is_not_restored_into(places: Places, tmp_path: Path) -> None:
    old = places.inhabited("embedded")
    backup(old, tmp_path / "cadangan")
    with pytest.raises(Conflict):
        restore(old, tmp_path / "cadangan")


def test_a_database_with_data_is_not_restored_into(places: Places, tmp_path: Path) -> None:
    backup(places.inhabited("embedded"), tmp_path / "cadangan")
    other = places.empty("postgis")
    migrate(other)
    records = places.records(other)
    settle(records)
    before = ledger_of(records)
    with pytest.raises(Conflict):
        restore(other, tmp_path / "cadangan")
    assert ledger_of(records) == before


def test_a_backup_is_not_mixed_with_another(places: Places, tmp_path: Path) -> None:
    old = places.inhabited("embedded")
    backup(old, tmp_path / "cadangan")
    with pytest.raises(Conflict):
        backup(old, tmp_path / "cadangan")


def test_a_damaged_backup_restores_nothing(places: Places, tmp_path: Path) -> None:
    backup(places.inhabited("embedded"), tmp_path / "cadangan")
    damaged = tmp_path / "cadangan" / UPLOAD
    damaged.chmod(0o600)
    damaged.write_bytes(b"lain")
    new = places.empty("embedded")
    with pytest.raises(BadRequest, match="uploads/a"):
        restore(new, tmp_path / "cadangan")
    assert not (new.home / "uploads").exists()
    assert not (new.home / "sebar.sqlite").exists()


@pytest.mark.parametrize("name", ["../luar", "uploads/../../luar", "/etc/passwd", "settings.py"])
def test_a_forged_backup_writes_nowhere_else(places: Places, tmp_path: Path, name: str) -> None:
    backup(places.inhabited("embedded"), tmp_path / "cadangan")
    contents = tmp_path / "cadangan" / "backup.json"
    said = json.loads(contents.read_text())
    said["files"][name] = {"bytes": 0, "sha256": ""}
    contents.write_text(json.dumps(said))
    with pytest.raises(BadRequest):
        restore(places.empty("embedded"), tmp_path / "cadangan")


def test_a_folder_without_a_backup_is_refused(places: Places, tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        restore(places.empty("embedded"), tmp_path)


def test_secrets_stay_out_of_a_backup(places: Places, tmp_path: Path) -> None:
    old = places.inhabited("embedded")
    backup(old, tmp_path / "cadangan")
    secret = (old.home / "secret_key").read_text()
    kept = [path for path in (tmp_path / "cadangan").rglob("*") if path.is_file()]
    assert kept
    assert not any(secret.encode() in path.read_bytes() for path in kept)


def test_an_empty_city_can_be_backed_up(places: Places, tmp_path: Path) -> None:
    old = places.empty("embedded")
    migrate(old)
    backup(old, tmp_path / "cadangan")
    new = places.empty("embedded")
    restore(new, tmp_path / "cadangan")
    records = places.records(new)
    records.save_agency(Agency("x", "X", "X"), actor="uji", at=AT)
    assert ledger_of(records).count("\n") == 1
