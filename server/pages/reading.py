"""The rows of a release as pages and maps show them, read from its own files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from server.pages.catalogue import BOUNDARIES, Catalogue, Entry
from server.pages.language import _, angka, tanggal
from workflow.checks.columns import NO_MEASURE
from workflow.sop import Kind

LARGEST_ON_A_MAP = 50_000_000
MOST_FEATURES, MOST_BYTES = 2_000, 2_000_000
"""Up to which a map loads a layer whole; larger ones are drawn from vector tiles."""
NUMBERS = ("integer", "number")
CODE_LIKE = ("kode", "tahun", "nomor", "nik", "npsn")

Field = Mapping[str, Any]
Collection = Mapping[str, Any]


def features(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "features.geojsonl").open("rb") as lines:
        for line in lines:
            if line.strip():
                yield orjson.loads(line)


def rows(folder: Path, collection: Collection, count: int) -> list[list[str]]:
    """The first rows, in words, in the order of the dictionary."""
    found = islice(features(folder / collection["folder"]), count)
    return [
        [said(feature["properties"].get(field["name"]), field, collection) for field in collection["fields"]]
        for feature in found
    ]


def said(value: object, field: Field, collection: Collection) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("ya") if value else _("tidak")
    if isinstance(value, int | float):
        return str(value) if is_code(field, collection) else angka(value)
    return tanggal(str(value)) if field["type"] == "date" else str(value)


def is_code(field: Field, collection: Collection) -> bool:
    """Digits that are no quantity: keys, codes, years."""
    name = str(field["name"])
    known = name in (collection.get("key"), collection.get("period_field"))
    return known or name.startswith(CODE_LIKE) or name.partition("_")[0] in NO_MEASURE


def measures(collection: Collection) -> list[Field]:
    return [field for field in collection["fields"] if field["type"] in NUMBERS and not is_code(field, collection)]


def worded(field: Field) -> str:
    title = str(field.get("title") or field["name"])
    return f"{title} ({field['unit']})" if field.get("unit") else title


def map_of(entry: Entry, catalogue: Catalogue, **changes: object) -> dict[str, Any]:
    """The data- attributes of static/map.js for this dataset; empty where it cannot be drawn."""
    collection = entry.drawn
    if collection is None:
        return {}
    path = "" if collection["folder"] == "." else f"{collection['folder']}/"
    size = entry.manifest["files"].get(f"{path}data.geojson", {}).get("bytes", 0)
    period = collection.get("period_field")
    attributes: dict[str, Any] = {
        "src": f"/data/{entry.id}/{entry.release.number}/{path}data.geojson" if size < LARGEST_ON_A_MAP else None,
        "bbox": ",".join(str(edge) for edge in collection["bbox"]) if collection.get("bbox") else None,
        "base": None if entry.id == BOUNDARIES else catalogue.base_map(),
        "legend": entry.title,
        "period": entry.period,
        "source": entry.agency_short,
        "label": next((field["name"] for field in collection["fields"] if field["name"].startswith("nama")), None),
        "fields": json.dumps(
            [[field["name"], worded(field), _kind(field, collection)] for field in collection["fields"]]
        ),
        "indicative": _indicative(entry, catalogue),
    }
    if "src" not in changes and (size > MOST_BYTES or collection["count"] > MOST_FEATURES):
        address = f"/ogc/collections/{collection['id']}"
        if f"{path}tiles.pmtiles" in entry.manifest["files"]:
            attributes |= tiles_of(collection, f"{address}/tiles/WebMercatorQuad?f=tilejson", f"{address}/items/")
    return attributes | ({"period_field": period} if period else {}) | changes


def tiles_of(collection: Collection, tileset: str, items: str) -> dict[str, Any]:
    """Where map.js finds the layer's tiles, and whole features below `items` by the field that names them."""
    shape = collection["geometry_type"].removeprefix("Multi")
    tiles = {"layer": collection["id"], "items": items, "key": collection["key"], "shape": shape}
    return {"src": tileset, "tiles": json.dumps(tiles)}


def _kind(field: Field, collection: Collection) -> str:
    return "code" if is_code(field, collection) else "date" if field["type"] == "date" else ""


def _indicative(entry: Entry, catalogue: Catalogue) -> str | None:
    """What of the map is indicative, in words."""
    if entry.indicative:
        return _("bukan batas resmi") if entry.topic == "boundaries" else "1"
    boundary = catalogue.entry(str((entry.manifest.get("boundary") or {}).get("dataset", "")))
    return _("batas wilayahnya bukan batas resmi") if boundary and boundary.indicative else None


def shown(home: Path, entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The map of a dataset's page: statistics by their first number in their latest period."""
    if entry.kind is Kind.STATISTICS and (view := statistics(home, entry, {}, catalogue)):
        return view.map
    return map_of(entry, catalogue)


def layer_of(home: Path, entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The same for one layer of the map viewer, as its data-layer says it."""
    attributes = shown(home, entry, catalogue)
    parsed = {name: json.loads(attributes[name]) for name in ("fields", "tiles") if name in attributes}
    return attributes | parsed | {"id": entry.id}


@dataclass(frozen=True)
class Statistics:
    """One field of a statistical dataset in one period, by area, largest first."""

    fields: list[Field]
    field: Field
    periods: list[str]
    period: str
    areas: list[tuple[str, float | None]]
    most: float
    map: dict[str, Any]


def statistics(home: Path, entry: Entry, asked: Mapping[str, str], catalogue: Catalogue) -> Statistics | None:
    """None where the dataset has no `-peta` collection or nothing to measure."""
    collection = entry.drawn
    fields = measures(collection) if collection else []
    if collection is None or not fields:
        return None
    every = _properties(home / entry.release.folder / collection["folder"], entry.release.content_hash)
    period_field = collection.get("period_field")
    periods = sorted({str(row[period_field]) for row in every}, reverse=True) if period_field else []
    period = asked.get("periode", "") if asked.get("periode") in periods else next(iter(periods), "")
    field = next((field for field in fields if field["name"] == asked.get("kolom")), fields[0])
    here = [row for row in every if not period_field or str(row[period_field]) == period]
    name = next(
        (known["name"] for known in collection["fields"] if known["name"].startswith("nama")), collection["key"]
    )
    areas = [(str(row.get(name) or "–"), row.get(field["name"])) for row in here]
    areas.sort(key=lambda area: (area[1] is None, -(area[1] or 0), area[0]))
    return Statistics(
        fields,
        field,
        periods,
        period,
        areas,
        max((value for _, value in areas if value is not None), default=0) or 1,
        map_of(
            entry,
            catalogue,
            src=f"/ogc/collections/{collection['id']}/items?"
            + urlencode({"f": "json", "limit": 10_000} | ({period_field: period} if period_field else {})),
            base=None,
            value=field["name"],
            legend=str(field.get("title") or field["name"]),
            unit=field.get("unit"),
            period=period,
        ),
    )


@lru_cache(maxsize=16)
def _properties(folder: Path, content_hash: str) -> tuple[dict[str, Any], ...]:
    """Every row of a release: its files never change while its content hash is the same."""
    return tuple(feature["properties"] for feature in features(folder))
