"""What a candidate holds, as the desks show it: its rows, its columns, its map, and how the file was read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from server.access import journey
from server.layers import numbers_of, sheet_beside
from server.metadata_input import READING, TABLE_ENDINGS
from server.ogc.rendered import Rendered, open_collection
from server.pages.reading import MOST_BYTES, MOST_FEATURES, NUMBERS, is_code, measures, said, tiles_of, worded
from server.pages.words import TYPES, WORDS
from workflow.errors import NotFound
from workflow.store import SubmissionRecord

ROWS_SHOWN = 100
CODES_FOUND = 12
MAPPED = 20_000
RULES = ("minimum", "maximum", "pattern")
"""What the dictionary says beside of a column's cells: MS-Var's aturan validasi."""

OF_TABLES = ("sheet", "header_rows", "delimiter", "decimal", "thousands", "encoding")
OF_REFUSED = ("header_first", "drop")
SYSTEMS: dict[str, str] = WORDS["systems"]


@dataclass(frozen=True)
class Content:
    """Some rows of the candidate in words, each after its number in the file; `first` counts from 1, `at` is the
    selected one of `rows`."""

    columns: list[dict[str, Any]]
    rows: list[list[str]]
    first: int
    count: int
    at: int | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True)
class Choice:
    """One way of reading that can be chosen: `found` is what was taken, `chosen` what a person said."""

    name: str
    word: str
    help: str
    found: str
    chosen: str
    options: tuple[tuple[str, str], ...] = ()


def collection_of(record: SubmissionRecord) -> dict[str, Any] | None:
    collections = (record.manifest or {}).get("collections", [])
    return collections[0] if collections else None


def folder_of(record: SubmissionRecord) -> Path:
    if record.candidate is None:
        raise NotFound("Berkas ini belum selesai dibaca.", mend="Muat ulang halamannya sebentar lagi.")
    return journey().settings.home / record.candidate


def drawn_collection(record: SubmissionRecord) -> dict[str, Any] | None:
    """The one that a map can show."""
    collections = (record.manifest or {}).get("collections", [])
    return next((one for one in reversed(collections) if one["geometry_type"] and one["bbox"]), None)


def opened(record: SubmissionRecord, collection: Mapping[str, Any]) -> Rendered:
    return open_collection(folder_of(record), collection["id"])


def content_of(record: SubmissionRecord, first: int | None = None, at: int | None = None) -> Content | None:
    """ROWS_SHOWN rows from the `first` on, by the field dictionary; unasked those of the page that holds row `at`,
    which is counted from 0."""
    collection = collection_of(record)
    if collection is None:
        return None
    first = first or (0 if at is None else at // ROWS_SHOWN * ROWS_SHOWN) + 1
    first = max(1, min(first, collection["count"]))
    rendered, numbers = opened(record, collection), numbers_of(folder_of(record), collection["count"])
    rows = []
    for position in range(first - 1, min(first - 1 + ROWS_SHOWN, collection["count"])):
        cells = orjson.loads(rendered.line(position))["properties"]
        told = (said(cells.get(one["name"]), one, collection) for one in collection["fields"])
        rows.append([str(numbers[position]), *told])
    columns = [
        {
            "name": field["name"],
            "label": field["title"] or field["name"],
            "unit": field.get("unit"),
            "kind": "number" if field["type"] in NUMBERS and not is_code(field, collection) else "",
        }
        for field in collection["fields"]
    ]
    there = None if at is None else at + 1 - first
    chosen = there if there in range(len(rows)) else None
    return Content([{"label": "Baris", "kind": "number"}, *columns], rows, first, collection["count"], chosen)


def features(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "features.geojsonl").open("rb") as lines:
        yield from map(orjson.loads, lines)


def columns_of(record: SubmissionRecord) -> list[dict[str, Any]]:
    """The field dictionary with a type in words, a few values of each column as a sample, and its codes as lines;
    `found_codes` where nobody has said them, but few values come again and again."""
    collection = collection_of(record)
    if collection is None:
        return []
    seen = [one["properties"] for one in islice(features(folder_of(record)), MOST_FEATURES)]
    entries = {
        str(entry.get("name") or entry.get("label")).casefold(): entry for entry in record.metadata.get("fields", [])
    }

    def described(field: Mapping[str, Any]) -> dict[str, Any]:
        values = [said(row.get(field["name"]), field, collection) for row in seen]
        entry = entries.get(field["name"].casefold()) or entries.get(field["label"].casefold()) or {}
        codes = entry.get("codes") or field["codes"]
        lines = [f"{code} = {meaning}" for code, meaning in codes.items()] if isinstance(codes, Mapping) else codes
        found = [] if lines or field["type"] != "string" else few(values)
        return {
            **field,
            "kind": field["type"],
            "type": TYPES.get(field["type"], field["type"]),
            "sample": ", ".join(list(dict.fromkeys(value[:40] for value in values[:ROWS_SHOWN] if value))[:3]),
            "said_codes": "\n".join(map(str, lines or found)),
            "found_codes": bool(found),
            "rules": {part: "" if entry.get(part) is None else str(entry[part]) for part in RULES},
        }

    return [described(field) for field in collection["fields"]]


def few(values: list[str]) -> list[str]:
    """The code list of a text column, where its values are few and come again."""
    distinct = sorted({value for value in values if value})
    return distinct if 1 < len(distinct) <= CODES_FOUND and len(distinct) * 3 <= len(values) else []


def map_of(record: SubmissionRecord) -> dict[str, Any]:
    """The data- attributes of static/map.js; a table by its first number in its latest period. Empty where the
    candidate cannot be drawn: a table without areas, or coordinates in an unknown system."""
    drawn = drawn_collection(record)
    if drawn is None or record.manifest is None:
        return {}
    attributes: dict[str, Any] = {
        "src": f"/meja/pengajuan/{record.move.id}/fitur.geojson?isi={record.build}",
        "bbox": ",".join(str(edge) for edge in drawn["bbox"]),
        "legend": record.title,
        "label": next((field["name"] for field in drawn["fields"] if field["name"].startswith("nama")), None),
        "fields": json.dumps(
            [[field["name"], worded(field), "code" if is_code(field, drawn) else ""] for field in drawn["fields"]]
        ),
    }
    if drawn is not collection_of(record) and (numbers := measures(drawn)):
        shown = {"value": numbers[0]["name"], "legend": worded(numbers[0]), "period": latest_period(record, drawn)}
        return attributes | {"base": None, **shown}
    files = record.manifest["files"]
    if "tiles.pmtiles" in files and (drawn["count"] > MOST_FEATURES or files["data.geojson"]["bytes"] > MOST_BYTES):
        here = f"/meja/pengajuan/{record.move.id}"
        attributes |= tiles_of(drawn, f"{here}/petak.json?isi={record.build}", f"{here}/fitur/")
    return attributes


def latest_period(record: SubmissionRecord, drawn: Mapping[str, Any]) -> str | None:
    field = drawn.get("period_field")
    if not field:
        return None
    return max(
        (str(one["properties"].get(field) or "") for one in features(folder_of(record) / drawn["folder"])), default=None
    )


def drawn_features(record: SubmissionRecord) -> Iterator[bytes]:
    """The rendered features of the map, at most MAPPED; of a table's map those of the latest period."""
    collections = (record.manifest or {}).get("collections", [])
    drawn = next((one for one in reversed(collections) if one["geometry_type"]), None)
    if drawn is None:
        raise NotFound("Data ini tidak mempunyai peta.")
    period, field = (
        (latest_period(record, drawn), drawn.get("period_field")) if drawn is not collections[0] else (None, "")
    )
    with (folder_of(record) / drawn["folder"] / "features.geojsonl").open("rb") as lines:
        wanted = (
            line for line in lines if period is None or str(orjson.loads(line)["properties"].get(field)) == period
        )
        yield from (line.strip() for line in islice(wanted, MAPPED))


def ways_of_reading(record: SubmissionRecord) -> list[Choice]:
    """What of the reading can be chosen for this file, with what was found out."""
    found: Mapping[str, Any] = (record.manifest or {}).get("reading", {})
    error = record.job.error or {}
    names = [str(name) for name in (error.get("where") or {}).get("layers", [])]
    is_table = record.upload_name.lower().endswith(TABLE_ENDINGS) or "header_rows" in found
    wanted = (
        list(OF_TABLES) if is_table else ["layer"] if names or "layer" in found or "layer" in record.reading else []
    )
    if is_table:
        is_workbook = record.upload_name.lower().endswith((".xlsx", ".ods")) or "sheet" in found
        wanted = [
            name
            for name in wanted
            if (name == "sheet") == is_workbook or name not in ("sheet", "delimiter", "encoding")
        ]
        wanted += OF_REFUSED if record.job.status == "failed" else ()
    return [_choice(name, record, found, names) for name in wanted if name in READING]


def refused_sheets(record: SubmissionRecord) -> list[dict[str, Any]]:
    """What stands in a file whose reading was refused, for as many sheets as a person has to look at."""
    path = sheet_beside(journey().settings.home / "candidates" / record.move.id / str(record.build))
    failed = record.job.status == "failed" and path.exists()
    return list(json.loads(path.read_bytes()).get("refused", [])) if failed else []


def _choice(name: str, record: SubmissionRecord, found: Mapping[str, Any], names: list[str]) -> Choice:
    word, help = WORDS["reading"][name]
    options = WORDS["reading_options"].get(name, {})
    if name in ("sheet", "layer"):
        options = {each: each for each in names}
    taken = str(found.get(name, ""))
    chosen = str(record.reading.get(name, ""))
    return Choice(name, word, help, options.get(taken, taken), chosen, tuple(options.items()))


def system_name(crs: str) -> str:
    """WGS 84 / UTM zona 49S (EPSG:32749); of WKT the name alone."""
    if crs == "OGC:CRS84":
        return "Bujur dan lintang (WGS 84)"
    if crs in SYSTEMS:
        return f"{SYSTEMS[crs]}, {crs}"
    return crs.split('"')[1] if '"' in crs else crs
