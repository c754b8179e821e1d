"""The chain of acts, and the hash that binds an approval to its content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


def canonical_json(value: object) -> bytes:
    """UTF-8, sorted keys, no blanks (RFC 8785 without floats). Raises TypeError for a float."""
    _refuse_floats(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a canonical value holds no floats: write the number as text")
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        _refuse_floats(inner)


def without_floats(value: Any) -> Any:
    """The same value with every float as its shortest text, so that it has one canonical form."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): without_floats(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_floats(inner) for inner in value]
    return value


def content_hash(
    *,
    features_sha256: str,
    fields: list[dict[str, Any]],
    metadata: Mapping[str, Any],
    reading: Mapping[str, Any],
    berita_acara_sha256: str,
) -> str:
    """What the Walidata verifies and the Pembina Data ratifies: 64 hexadecimal digits.

    Anyone can compute it again from manifest.json and features.geojsonl of a release.
    """
    parts = {
        "berita_acara": berita_acara_sha256,
        "features": features_sha256,
        "fields": fields,
        "metadata": dict(metadata),
        "reading": dict(reading),
    }
    return hashlib.sha256(canonical_json(without_floats(parts))).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One link. `at` is ISO 8601 in UTC; `detail` holds no floats."""

    seq: int
    at: str
    actor: str
    action: str
    object: str
    detail: Mapping[str, Any]
    prev: str
    hash: str


def entry_hash(seq: int, at: str, actor: str, action: str, object: str, detail: Mapping[str, Any], prev: str) -> str:
    body = {"seq": seq, "at": at, "actor": actor, "action": action, "object": object, "detail": dict(detail)}
    return hashlib.sha256(prev.encode() + canonical_json(body)).hexdigest()


def next_entry(
    last: Entry | None, *, at: str, actor: str, action: str, object: str, detail: Mapping[str, Any]
) -> Entry:
    seq = last.seq + 1 if last else 1
    prev = last.hash if last else GENESIS
    return Entry(seq, at, actor, action, object, detail, prev, entry_hash(seq, at, actor, action, object, detail, prev))


def first_broken(entries: Iterable[Entry]) -> int | None:
    """The sequence number that is wrong or missing first; None where the chain is whole."""
    prev = GENESIS
    for seq, entry in enumerate(entries, start=1):
        if (entry.seq, entry.prev) != (seq, prev) or not _holds(entry):
            return seq
        prev = entry.hash
    return None


def _holds(entry: Entry) -> bool:
    try:
        return entry.hash == entry_hash(**{name: value for name, value in vars(entry).items() if name != "hash"})
    except TypeError:  # a detail with a float, which nobody can have written
        return False
