"""The records of what is served, in a table that is asked like that of any other collection."""

import json
import re
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import orjson
from pygeofilter import ast
from shapely.geometry import shape

from server.ogc.links import Manifest
from server.ogc.metadata import record
from server.ogc.rendered import Rendered
from server.ogc.words import WORDS
from server.ogc.xml import clean
from server.settings import Settings
from server.store.index import Rows
from server.store.index_gpkg import MemoryIndex
from workflow.layer import FieldType

FIELDS: list[dict[str, str]] = WORDS["record"]
"""What OGC clients may ask of a record, as a manifest describes fields."""
TEXTS = ("anytext", "subject", "format", "language", "publisher", "created_text", "updated_text")
"""What CSW clients may ask beside these. Moments are texts there, which LIKE may be asked of."""
TYPES = {str(field["name"]): FieldType(field["type"]) for field in FIELDS} | dict.fromkeys(TEXTS, FieldType.STRING)
TIME = ("first_day", "last_day")
MANY = ("keywords", "subject", "format")


def catalogue(texts: Sequence[bytes]) -> Rendered:
    """These records, GeoJSON texts each, as a collection."""
    types = TYPES | dict.fromkeys(TIME, FieldType.DATE)
    rows = Rows(types, len(texts), True, "id", *TIME, many=frozenset(MANY))
    records = map(orjson.loads, texts)
    index = MemoryIndex(rows, ((each["geometry"] and shape(each["geometry"]), _row(each)) for each in records))
    ends = array("Q", accumulate((len(text) + 1 for text in texts), initial=0))
    return Rendered({"fields": FIELDS}, rows, memoryview(b",\n".join(texts)), memoryview(ends), index)


def containing(word: str, *, not_: bool = False) -> ast.Like:
    """A word, or some in this order, anywhere in a record, in any case."""
    pattern = "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
    return ast.Like(ast.Attribute("anytext"), pattern, True, "%", "_", "\\", not_)


def text_of(manifest: Manifest, settings: Settings, published_at: datetime) -> bytes:
    return clean(json.dumps(record(manifest, settings, published_at), ensure_ascii=False)).encode()


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    said = record["properties"]
    row = {name: value for name, value in said.items() if isinstance(value, str) and name in TYPES} | {
        "id": record["id"],
        "keywords": said.get("keywords", []),
        "subject": [word for word in (*said.get("keywords", ()), said.get("topic")) if word],
        "format": [one["name"] for one in said.get("formats", ())],
        "language": said["language"]["code"],
        "publisher": next(one["organization"] for one in said["contacts"] if "publisher" in one["roles"]),
    }
    words = [word for value in row.values() for word in (value if isinstance(value, list) else [value])]
    for name in ("created", "updated"):
        row |= {name: datetime.fromisoformat(said[name]), f"{name}_text": said[name]}
    row |= zip(TIME, record["time"]["interval"] if record["time"] else (), strict=False)
    return row | {"anytext": "\n".join(" ".join(word.split()) for word in words)}
