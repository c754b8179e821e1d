"""A ledger that left the database, checked by somebody who has nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.ledger_files import export_ledger, verify_ledger, write_anchor
from server.settings import Settings, completed
from server.store import Records, migrate, open_records
from workflow.ledger import GENESIS, entry_hash
from workflow.store import Agency


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Records]:
    settings = completed(Settings(home=tmp_path / "home"))
    migrate(settings)
    kept = open_records(settings)
    yield kept
    kept.close()


@pytest.fixture
def records(empty: Records) -> Records:
    for number in range(8):
        _act(empty, number)
    return empty


def _act(records: Records, number: int) -> None:
    at = datetime(2026, 3, 12, 3, 0, tzinfo=UTC) + timedelta(minutes=number)
    records.save_agency(Agency(f"opd-{number}", f"Dinas “{number}”", f"D{number}"), actor="uji", at=at)


@pytest.fixture
def file(records: Records, tmp_path: Path) -> Path:
    path = tmp_path / "ledger.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        export_ledger(records, stream)
    return path


def change(file: Path, how: Callable[[list[dict[str, Any]]], object]) -> None:
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    how(entries)
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def rewrite(entries: list[dict[str, Any]]) -> None:
    """A forger who computes every hash again."""
    entries[3]["actor"] = "orang lain"
    prev = GENESIS
    for entry in entries:
        body = {name: entry[name] for name in ("seq", "at", "actor", "action", "object", "detail")}
        entry["prev"], entry["hash"] = prev, entry_hash(**body, prev=prev)
        prev = entry["hash"]


def test_an_exported_ledger_is_whole(file: Path) -> None:
    verdict = verify_ledger(file)
    assert (verdict.whole, verdict.count) == (True, 8)


@pytest.mark.parametrize(
    ("how", "broken"),
    [
        (lambda entries: entries[3].update(actor="orang lain"), 4),
        (lambda entries: entries[5]["detail"].update(name="lain"), 6),
        (lambda entries: entries.pop(2), 3),
        (lambda entries: entries.insert(2, entries[1]), 3),
        (lambda entries: entries[6].update(hash="0" * 64), 7),
        (lambda entries: entries[4].update(seq="5"), 5),
        (lambda entries: entries[4].update(detail={"x": 1.5}), 5),
        (lambda entries: entries[4].pop("at"), 5),
    ],
)
def test_a_changed_ledger_is_broken_where_it_was_changed(
    file: Path, how: Callable[[list[dict[str, Any]]], object], broken: int
) -> None:
    change(file, how)
    verdict = verify_ledger(file)
    assert (verdict.whole, verdict.broken) == (False, broken)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"bukan JSON\n", b"[1, 2]\n", b"null\n"])
def test_what_is_no_ledger_is_not_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    assert not verify_ledger(file).whole


def test_anchors_find_a_cut_tail(file: Path, records: Records, tmp_path: Path) -> None:
    anchors = tmp_path / "jangkar"
    assert write_anchor(records, anchors)
    assert verify_ledger(file, anchors).whole
    change(file, lambda entries: entries.pop())
    assert verify_ledger(file).whole
    assert verify_ledger(file, anchors).broken == 8


def test_anchors_find_a_ledger_that_was_written_anew(file: Path, records: Records, tmp_path: Path) -> None:
    write_anchor(records, tmp_path / "jangkar")
    change(file, rewrite)
    assert verify_ledger(file).whole
    assert verify_ledger(file, tmp_path / "jangkar").broken == 8


def test_older_anchors_still_hold_when_the_ledger_goes_on(records: Records, tmp_path: Path) -> None:
    write_anchor(records, tmp_path / "jangkar")
    _act(records, 9)
    write_anchor(records, tmp_path / "jangkar")
    grown = tmp_path / "grown.jsonl"
    with grown.open("w", encoding="utf-8") as stream:
        export_ledger(records, stream)
    verdict = verify_ledger(grown, tmp_path / "jangkar")
    assert verdict.sentence == "Utuh: 9 catatan, cocok dengan 2 jangkar."


def test_a_folder_without_anchors_proves_nothing(file: Path, tmp_path: Path) -> None:
    assert not verify_ledger(file, tmp_path / "kosong").whole


def test_an_empty_ledger_has_no_anchor(empty: Records, tmp_path: Path) -> None:
    assert write_anchor(empty, tmp_path / "jangkar") is None
    stream = io.StringIO()
    export_ledger(empty, stream)
    assert stream.getvalue() == ""
