"""Metadata and reading as people and programs send them: only known names, only fitting values."""

import re
from collections.abc import Mapping
from typing import Any

from server.intake.left_out import rows_of
from server.remembering import OF_THE_ROWS, OF_US
from workflow.checks.standar_data import pattern_fault
from workflow.errors import BadRequest
from workflow.labels import METADATA_FIELDS, METADATA_MORE
from workflow.sop import Access, Kind

TEXTS = (
    *("title", "abstract", "topic", "license", "period", "update_frequency", "lineage", "crs", "key", "status"),
    *("concept", "definition", "measure", "unit", "boundary_level", "outside_list", *METADATA_MORE),
)
READING: dict[str, type] = {
    **dict.fromkeys(("header_first", "header_rows"), int),
    **dict.fromkeys(("long", "missing", "drop", "keep"), str),
    "types": dict,
    **dict.fromkeys(("decimal", "thousands", "delimiter", "encoding", "sheet", "layer", "code", "period_column"), str),
    **dict.fromkeys(("crs", "x", "y"), str),
}
TYPES = ("text", "number-comma", "number-point", "date", "left-out")
TITLE_LENGTH, TEXT_LENGTH = 300, 20_000
HEADER_ROWS = range(101)
MENDING = ("edits", "repair", "axes")
"""What is mended beside the file; see server/mending.py."""
MENDED_AT_MOST = 5_000
LIMITS, LIMIT = {"minimum": "terkecil", "maximum": "terbesar"}, re.compile(r"[+-]?\d+([.,]\d+)?")
SCALES = range(1, 1_000_000_001)
TABLE_ENDINGS = (".csv", ".xlsx", ".tsv", ".ods")


def clean_metadata(raw: Mapping[str, Any], filename: str) -> dict[str, Any]:
    """The metadata with `kind` and `access` filled in. Raises BadRequest naming the field.

    What is merely missing is allowed: a draft may be incomplete, the SOP's first step is not.
    """
    if not isinstance(raw, Mapping):
        raise _wrong("metadata", "metadata", "sebuah objek JSON")
    facts = {name: value for name, value in raw.items() if value not in (None, "")}
    for name in TEXTS:
        if name in facts:
            if isinstance(facts[name], int) and not isinstance(facts[name], bool):
                facts[name] = str(facts[name])
            if not isinstance(facts[name], str):
                raise _wrong(name, METADATA_FIELDS.get(name, name), "teks")
            facts[name] = facts[name].strip()
            if len(facts[name]) > (longest := TITLE_LENGTH if name == "title" else TEXT_LENGTH):
                raise _wrong(name, METADATA_FIELDS.get(name, name), f"teks paling panjang {longest} huruf")
    if not facts.get("title"):
        raise BadRequest.of("no_title", where={"field": "title"})
    guessed = Kind.STATISTICS if filename.lower().endswith(TABLE_ENDINGS) else Kind.GEOSPATIAL
    facts["kind"] = _one_of(Kind, "kind", facts.get("kind", guessed))
    facts["access"] = _one_of(Access, "access", facts.get("access", Access.TERBUKA))
    _check_structures(facts)
    return facts


def _check_structures(facts: dict[str, Any]) -> None:
    keywords = facts.get("keywords", [])
    if isinstance(keywords, str):
        keywords = [word.strip() for word in keywords.split(",") if word.strip()]
    if not isinstance(keywords, list) or not all(isinstance(word, str) for word in keywords):
        raise _wrong("keywords", METADATA_FIELDS["keywords"], "daftar teks")
    if keywords:
        facts["keywords"] = keywords
    for name in ("contact", "berita_acara"):
        if name in facts and not (isinstance(facts[name], Mapping) and all(map(_is_plain, facts[name].values()))):
            raise _wrong(name, METADATA_FIELDS.get(name, "Berita Acara"), "sebuah objek JSON berisi teks")
    entries = facts.get("fields", [])
    if not isinstance(entries, list) or not all(map(_is_dictionary_entry, entries)):
        raise _wrong("fields", "kamus kolom", "daftar objek dengan name; nilainya teks, dan codes sebuah daftar")
    for entry in entries:
        _check_rules(entry)
    if "scale" in facts:
        facts["scale"] = _scale(facts["scale"])


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_dictionary_entry(entry: object) -> bool:
    if not isinstance(entry, Mapping) or not (entry.get("name") or entry.get("label")):
        return False
    codes = entry.get("codes") or []
    of_codes = codes.values() if isinstance(codes, Mapping) else codes
    others = (value for name, value in entry.items() if name != "codes")
    return isinstance(codes, list | Mapping) and all(map(_is_plain, (*of_codes, *others)))


def _check_rules(entry: Mapping[str, Any]) -> None:
    """Raises BadRequest for limits that are no numbers or crossed, and for a pattern that is none."""
    column, limits = str(entry.get("label") or entry.get("name")), []
    for part in LIMITS:
        said = str(entry.get(part) if entry.get(part) is not None else "").strip()
        where = {"column": column, "input": f"{part}:{entry.get('name')}"}
        if said and not LIMIT.fullmatch(said):
            raise BadRequest.of("limit_unread", where=where, word=LIMITS[part], column=column, value=said[:40])
        limits += [float(said.replace(",", "."))] if said else []
    if len(limits) == 2 and limits[0] > limits[1]:
        raise BadRequest.of("limits_crossed", where=where, column=column, **{part: entry[part] for part in LIMITS})
    pattern = str(entry.get("pattern") or "")
    if why := pattern_fault(pattern) if pattern else "":
        where = {"column": column, "input": f"pattern:{entry.get('name')}"}
        raise BadRequest.of("pattern_unread", where=where, column=column, value=pattern[:60], why=why)


def _scale(said: object) -> int:
    text = f"{said:.0f}" if isinstance(said, float) else str(said)
    plain = text.strip().removeprefix("1:").replace(".", "")
    if not plain.isdecimal() or int(plain) not in SCALES:
        raise _wrong("scale", METADATA_FIELDS["scale"], "penyebut skala, misalnya 5000")
    return int(plain)


def clean_reading(raw: Mapping[str, Any]) -> dict[str, Any]:
    """How a table is to be read. Raises BadRequest for a name or value that does not fit."""
    if not isinstance(raw, Mapping):
        raise _wrong("reading", "cara membaca", "sebuah objek JSON")
    choices: dict[str, Any] = {}
    for name, value in raw.items():
        if value in (None, "", [], {}) or name in OF_US:
            continue
        if name in MENDING:
            choices[name] = _mending(name, value)
            continue
        if name not in READING:
            known = ", ".join(READING)
            raise BadRequest.of("reading_unknown", where={"field": f"reading.{name}"}, name=name, known=known)
        if READING[name] is int and isinstance(value, str) and value.isdigit():
            value = int(value)
        if not isinstance(value, READING[name]) or isinstance(value, bool):
            raise _wrong(f"reading.{name}", name, {int: "angka", str: "teks"}.get(READING[name], "objek JSON"))
        if isinstance(value, int) and value not in HEADER_ROWS:
            raise _wrong(f"reading.{name}", name, f"angka {HEADER_ROWS[0]} sampai {HEADER_ROWS[-1]}")
        if name in OF_THE_ROWS and not is_rows(str(value)):
            raise _wrong(f"reading.{name}", name, "nomor baris, misalnya 12, 40-45")
        if isinstance(value, dict) and not {*map(str, value.values())} <= set(TYPES):
            raise _wrong("reading.types", name, f"salah satu dari {', '.join(TYPES)} bagi tiap kolom")
        choices[name] = value
    return choices


def is_rows(said: str) -> bool:
    try:
        return bool(rows_of(said))
    except ValueError:
        return False


def _mending(name: str, value: Any) -> Any:
    """Edits of cells, rows to repair, or "swapped"; who and when of an edit is not for the sender to say."""
    if name == "axes":
        if value != "swapped":
            raise _wrong("reading.axes", "axes", "“swapped”")
        return value
    expected = {"edits": "daftar {row, column, was, value}", "repair": "daftar nomor baris"}[name]
    if not isinstance(value, list) or len(value) > MENDED_AT_MOST:
        raise _wrong(f"reading.{name}", name, f"{expected}, paling banyak {MENDED_AT_MOST}")
    if not all(map(_is_row if name == "repair" else _is_edit, value)):
        raise _wrong(f"reading.{name}", name, expected)
    return sorted(set(value)) if name == "repair" else value


def _is_row(value: object) -> bool:
    return type(value) is int and 0 < value < 2**31


def _is_edit(value: object) -> bool:
    if not isinstance(value, Mapping) or not _is_row(value.get("row")):
        return False
    texts = [value.get(part) for part in ("column", "was", "value")]
    return all(isinstance(text, str) and len(text) <= TEXT_LENGTH for text in texts)


def _one_of(kind: type[Kind] | type[Access], field: str, value: Any) -> str:
    try:
        return kind(value).value
    except ValueError:
        said = {"field": field, "value": value, "known": ", ".join(kind)}
        raise BadRequest.of("value_unknown", where={"field": field}, **said) from None


def _wrong(field: str, label: str, expected: str) -> BadRequest:
    return BadRequest.of("metadata_form", where={"field": field}, field=field, label=label, expected=expected)
