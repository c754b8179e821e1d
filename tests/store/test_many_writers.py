"""Fifty writers in five processes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from server.store import Records
from tests.store.conftest import Settings
from tests.store.sample import add, build, settle
from workflow.ledger import first_broken

ROOT = Path(__file__).parents[2]
PROCESSES, WRITERS, ACTS = 5, 10, 6


def test_fifty_writers_leave_one_unbroken_ledger_and_one_of_them_submits(store: Settings, records: Records) -> None:
    settle(records)
    add(records)
    build(records)
    before = len(list(records.ledger()))
    command = [sys.executable, "-W", "error", "-m", "tests.store.writers", str(store.home), store.database_url or ""]
    running = [
        subprocess.Popen([*command, str(number), str(WRITERS), str(ACTS)], cwd=ROOT, stdout=-1, stderr=-1)
        for number in range(PROCESSES)
    ]
    answers = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, [said.decode() for _, said in answers]

    entries = list(records.ledger())
    assert first_broken(entries) is None
    assert len(entries) == before + PROCESSES * WRITERS * ACTS * 2 + 1
    assert sum(int(won) for won, _ in answers) == 1
    assert [event.step for event in records.events(submission="s1")] == ["submit"]
    each = Counter(entry.actor for entry in entries if entry.action == "note.add")
    assert set(each.values()) == {ACTS}
    assert len(each) == PROCESSES * WRITERS
