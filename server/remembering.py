"""How a dataset is read, from one version to the next."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from server.intake.reader import Reading
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity
from workflow.labels import READING_WORDS
from workflow.ledger import canonical_json
from workflow.store import SubmissionRecord

OF_US = ("confirmed", "remembered")
"""What a reading says that nobody may send: who made sure of it, and from which version it is."""
OF_THE_ROWS = ("drop", "keep")
OF_THE_FILE = ("edits", "repair", "axes", "crs", *OF_THE_ROWS)
"""Another file makes them meaningless."""
AFTER_READING = ("edits", "repair", *OF_US)
"""What does not change how a file is read."""
OF_THE_LAYOUT = ("header_first", "header_rows", "sheet", "layer", "delimiter", "encoding")
OF_WHAT_WAS_FOUND = ("decimal", "thousands", "sheet", "header_rows")
_LISTED = 8


def choices_kept(earlier: Sequence[SubmissionRecord]) -> dict[str, Any]:
    """The choices of the newest version; with what was found out, where somebody made sure of it."""
    if not earlier:
        return {}
    newest = max(earlier, key=lambda record: record.created_at)
    found = (newest.manifest or {}).get("reading", {}) if made_sure(newest) else {}
    choices = {name: found[name] for name in OF_WHAT_WAS_FOUND if found.get(name)}
    choices |= {name: said for name, said in newest.reading.items() if name not in (*OF_THE_FILE, *OF_US)}
    return choices | {"remembered": newest.move.id}


def made_sure(record: SubmissionRecord) -> bool:
    """Whether somebody has said that this very file is read as it is meant."""
    said = record.reading.get("confirmed")
    return isinstance(said, Mapping) and said.get("of") == _fingerprint(record)


def confirmed(record: SubmissionRecord, by: str, at: datetime) -> dict[str, Any]:
    return {**record.reading, "confirmed": {"of": _fingerprint(record), "by": by, "at": at.isoformat()}}


def _fingerprint(record: SubmissionRecord) -> str:
    chosen = {name: said for name, said in record.reading.items() if name not in AFTER_READING}
    return hashlib.sha256(canonical_json({"reading": chosen, "upload": record.upload})).hexdigest()


def read_as_before(
    read: Callable[[Mapping[str, Any]], Reading], choices: Mapping[str, Any], before: SubmissionRecord | None
) -> tuple[Reading, list[Finding]]:
    """Read with what was remembered; where the columns differ then, the layout is found out anew.

    Raises BadUpload. `choices` are without OF_US; `before` is the version they are from, if they are from one.
    """
    collections = (before.manifest or {}).get("collections", []) if before else []
    known = [field["label"] for field in collections[0]["fields"]] if collections else []
    anew = {name: said for name, said in choices.items() if name not in OF_THE_LAYOUT}
    may_differ = before is not None and len(anew) < len(choices)
    try:
        reading = read(choices)
    except BadUpload:
        if not may_differ:
            raise
        reading = read(anew)
    else:
        if may_differ and known and labels(reading) != known:
            reading = read(anew)
    return reading, _told(labels(reading), known, choices)


def labels(reading: Reading) -> list[str]:
    return [field.label for field in reading.layer.fields]


def _told(now: Sequence[str], known: Sequence[str], choices: Mapping[str, Any]) -> list[Finding]:
    new, gone = [each for each in now if each not in known], [each for each in known if each not in now]
    if known and (new or gone):
        parts = [f"{word} {_listed(names)}" for word, names in (("baru", new), ("hilang", gone)) if names]
        return [Finding("COLUMNS_CHANGED", Severity.WARNS, {"what": "; ".join(parts)})]
    words = ", ".join(READING_WORDS[name] for name in choices if name in READING_WORDS)
    return [Finding("READING_KEPT", Severity.INFORMS, {"choices": words})] if known and words else []


def _listed(names: Sequence[str]) -> str:
    more = f" dan {len(names) - _LISTED} lagi" if len(names) > _LISTED else ""
    return ", ".join(f"“{name[:60]}”" for name in names[:_LISTED]) + more
