"""The ledger outside the database: as a file that anyone can check, and as anchors kept elsewhere."""

import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from server.store import Records
from workflow.ledger import Entry, first_broken

FIELDS = frozenset(Entry.__dataclass_fields__)


@dataclass(frozen=True)
class Verdict:
    """What a ledger file turned out to be; `broken` is the sequence number at which it is wrong or ends too early."""

    count: int
    broken: int | None
    sentence: str

    @property
    def whole(self) -> bool:
        return self.broken is None


def export_ledger(records: Records, stream: TextIO) -> None:
    """One entry per line as JSON, in the order of the chain."""
    for entry in records.ledger():
        stream.write(json.dumps(vars(entry), ensure_ascii=False, sort_keys=True) + "\n")


def verify_ledger(file: Path, anchors: Path | None = None) -> Verdict:
    """Whether the chain in a file is whole and holds every anchor.

    The chain alone cannot tell that its end was cut off, or that all of it was written anew: the anchors can.
    """
    entries: list[Entry] = []
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                entries.append(_entry(line))
    except UnicodeDecodeError:
        return Verdict(0, 1, "Berkas ini bukan teks UTF-8.")
    except (ValueError, TypeError):
        wrong = len(entries) + 1
        return Verdict(len(entries), wrong, f"Baris {wrong} bukan catatan buku besar.")
    count, broken = len(entries), first_broken(entries)
    if broken is not None:
        return Verdict(count, broken, f"Rantai putus pada catatan nomor {broken}.")
    if anchors is not None:
        return _against_anchors(entries, anchors)
    return Verdict(count, None, f"Utuh: {count} catatan. Tanpa jangkar, ujung yang dipotong tidak terlihat.")


def _entry(line: str) -> Entry:
    """Raises ValueError or TypeError for a line that is no ledger entry."""
    said = json.loads(line)
    entry = Entry(**said)
    texts = all(isinstance(said[name], str) for name in FIELDS - {"seq", "detail"})
    if type(entry.seq) is not int or not isinstance(entry.detail, dict) or not texts:
        raise ValueError(line)
    return entry


def _against_anchors(entries: list[Entry], folder: Path) -> Verdict:
    count, anchors = len(entries), sorted(folder.glob("*.json"))
    for anchor in anchors:
        try:
            said = json.loads(anchor.read_text())
            seq, kept = int(said["seq"]), said["hash"]
        except (ValueError, TypeError, KeyError):
            return Verdict(count, 1, f"Jangkar {anchor.name} tidak dapat dibaca.")
        if not 1 <= seq <= count:
            return Verdict(count, count + 1, f"Ujungnya terpotong: jangkar {anchor.name} mencatat nomor {seq}.")
        if entries[seq - 1].hash != kept:
            return Verdict(count, seq, f"Catatan nomor {seq} bukan yang dijangkarkan oleh {anchor.name}.")
    if not anchors:
        return Verdict(count, 1, f"Tidak ada jangkar di {folder}.")
    return Verdict(count, None, f"Utuh: {count} catatan, cocok dengan {len(anchors)} jangkar.")


def write_anchor(records: Records, folder: Path) -> Path | None:
    """The ledger's end as a small file to be kept where the database's owner cannot write; None for an empty ledger."""
    last = last_entry(records)
    if last is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    anchor = folder / f"{last.seq:010}.json"
    part = anchor.with_suffix(".part")
    with part.open("w") as file:
        json.dump({"seq": last.seq, "hash": last.hash, "at": last.at}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, anchor)
    return anchor


def last_entry(records: Records) -> Entry | None:
    return next(iter(deque(records.ledger(), maxlen=1)), None)
