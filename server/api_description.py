"""/api/v1 in OpenAPI 3.0: each call as server/api.py declares it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.sop import STEP_NAMES, Access, Kind

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
DAY: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
FILE: Schema = {"type": "string", "format": "binary"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NUMBER: Schema = {"type": "integer"}
DEGREES: Schema = {"type": "number", "description": "in CRS84"}


def texts(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, TEXT)


def thing(properties: Mapping[str, Schema], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


METADATA = thing(
    {
        **texts("title", "abstract", "period", "lineage", "concept", "definition", "measure", "unit"),
        "kind": {**TEXT, "enum": list(Kind)},
        "topic": {**TEXT, "description": "MD_TopicCategoryCode of ISO 19115"},
        "keywords": {"type": "array", "items": TEXT},
        "license": {**TEXT, "description": "SPDX identifier"},
        "update_frequency": {**TEXT, "description": "MD_MaintenanceFrequencyCode of ISO 19115"},
        "scale": {**NUMBER, "description": "denominator"},
        "access": {**TEXT, "enum": list(Access)},
        "contact": thing(texts("name", "organization", "email")),
        "berita_acara": thing({"number": TEXT, "date": DAY}),
        "crs": {**TEXT, "description": "asked only where the file does not say"},
        "key": {**TEXT, "description": "the column that identifies a feature for life"},
        "fields": {"type": "array", "items": {"type": "object"}},
    },
    required=["title"],
    description="What is missing stops the submit step, not the draft.",
)
READING = thing(
    texts("decimal", "thousands", "delimiter", "encoding", "sheet", "layer", "code", "period_column")
    | {"header_rows": NUMBER}
)
VALUES: dict[str, Schema] = {"old": {}, "new": {}}
"""Of any type."""
COMPARISON = thing(
    {
        "release": {**NUMBER, "nullable": True, "description": "the current release; null where there is none"},
        "counts": thing(dict.fromkeys(("added", "removed", "moved", "changed", "unchanged"), NUMBER), nullable=True),
        "by_key": {"type": "boolean", "description": "false where place and content had to identify features"},
        "keys": {"type": "array", "items": TEXT, "description": "the columns that identified them"},
        "moved_metres": {"type": "number", "description": "a feature all of whose vertices lie nearer has not moved"},
        "columns": thing({key: {"type": "array", "items": TEXT} for key in ("added", "removed")}),
        "cells": {"type": "object", "description": "changed cells of each column"},
        "totals": {"type": "array", "items": thing(texts("field", "period", "how") | VALUES)},
        "metadata": {"type": "array", "items": thing(texts("field", "word") | VALUES)},
        "fields": {"type": "array", "items": thing(texts("column", "title", "part", "word") | VALUES)},
        "numberMatched": NUMBER,
        "numberReturned": NUMBER,
        "features": {
            "type": "array",
            "items": {"type": "object"},
            "description": "GeoJSON features with change, metres of what has moved and cells {column: [old, new]} of "
            "what has changed; what has moved and changed is there twice; a table's rows lie at a point in their area",
        },
    },
    description="A GeoJSON FeatureCollection",
)
PLACE = thing(
    {**texts("feature", "column", "field", "finding"), "lon": DEGREES, "lat": DEGREES, "row": NUMBER},
    description="One of feature (with lon and lat or without), lon and lat, row and column, field, finding; or empty.",
)
NOTE = {"text": TEXT, "kind": {**TEXT, "enum": ["must_fix", "question", "suggestion"]}, "place": PLACE}
ANSWER = {"text": TEXT, "fixed": {"type": "boolean", "description": "what the note asked for is done"}}
PROBLEM = thing(texts("code", "detail", "mend"))
FAULTS = {
    "400": "Permintaan tidak dapat dipahami",
    "401": "Belum masuk",
    "403": "Bukan peran ini",
    "404": "Tidak ada, atau milik OPD lain",
    "409": "Berubah sementara itu, atau bukan dari status ini",
    "410": "Sudah ditarik",
    "413": "Melebihi batas",
    "422": "Syarat belum terpenuhi, atau berkas tidak dapat diterima",
    "429": "Terlalu sering mencoba",
}


@dataclass(frozen=True)
class Call:
    """`path` as Flask writes it. What is sent are the members of `json`, or the parts of `form`."""

    method: str
    path: str
    sentence: str
    json: Mapping[str, Schema] | None = None
    form: Mapping[str, Schema] | None = None
    success: int = 200
    query: Mapping[str, Schema] | None = None
    answer: Schema | None = None

    def operation(self) -> dict[str, Any]:
        fault = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers = {status: {"description": text, "content": fault} for status, text in FAULTS.items()}
        content = {"application/json": {"schema": self.answer} if self.answer else {}}
        answers[str(self.success)] = {"description": self.sentence, "content": content}
        operation: dict[str, Any] = {"summary": self.sentence, "responses": answers}
        asked = [{"name": name, "in": "query", "schema": schema} for name, schema in (self.query or {}).items()]
        if parameters := [_parameter(name) for name in re.findall(r"<(\w+)>", self.path)] + asked:
            operation["parameters"] = parameters
        for media_type, body in (("application/json", self.json), ("multipart/form-data", self.form)):
            if body:
                operation["requestBody"] = {"content": {media_type: {"schema": thing(body)}}}
        return operation


def _parameter(name: str) -> dict[str, Any]:
    schema = {**TEXT, "enum": list(STEP_NAMES)} if name == "step" else TEXT
    return {"name": name, "in": "path", "required": True, "schema": schema}


def describe(calls: Iterable[Call], url: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for call in calls:
        path = call.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[call.method.lower()] = call.operation()
    ways = {"token": {"type": "http", "scheme": "bearer"}, "password": {"type": "http", "scheme": "basic"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Sebar: SOP Penyebarluasan Data", "version": "1"},
        "servers": [{"url": f"{url}/api/v1"}],
        "security": [{name: []} for name in ways],
        "paths": paths,
        "components": {"schemas": {"Problem": PROBLEM}, "securitySchemes": ways},
    }
