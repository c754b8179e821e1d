"""Many writers in one process: `python -m tests.store.writers HOME URL PROCESS WRITERS ACTS`.

Prints how many of them were the one that submitted s1.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.store import Records, open_records
from tests.store.conftest import Settings
from tests.store.sample import AT, take
from workflow.errors import Conflict
from workflow.store import Note, Person


def write(records: Records, name: str, acts: int) -> bool:
    won = submits(records)
    for number in range(acts):
        records.add_note(Note(f"{name}-{number}", "s1", name, AT, "?"))
        records.save_person(Person(name, name, str(number), "dpu", frozenset()), actor=name, at=AT)
    return won


def submits(records: Records) -> bool:
    try:
        take(records, "s1", "submit", "budi")
    except Conflict:
        return False
    return True


def main(home: str, url: str, process: str, writers: str, acts: str) -> None:
    records = open_records(Settings(Path(home), url or None))
    with ThreadPoolExecutor(int(writers)) as pool:
        won = pool.map(lambda number: write(records, f"p{process}w{number}", int(acts)), range(int(writers)))
        sys.stdout.write(str(sum(won)))
    records.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
