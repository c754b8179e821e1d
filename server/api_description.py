"""/api/v1 in OpenAPI 3.0: each call as server/api.py declares it, with the schemas of api_description.yml."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workflow.sop import STEP_NAMES

Schema = Mapping[str, Any]

SCHEMAS: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
TEXT, MOMENT, FILE, HASH, NUMBER = (SCHEMAS[name] for name in ("text", "moment", "file", "hash", "number"))
METADATA, READING, COMPARISON = SCHEMAS["metadata"], SCHEMAS["reading"], SCHEMAS["comparison"]
NOTE, ANSWER, EDITS, FAULTS = (SCHEMAS[name] for name in ("note", "answer", "edits", "faults"))


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
                operation["requestBody"] = {"content": {media_type: {"schema": {"type": "object", "properties": body}}}}
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
        "components": {"schemas": {"Problem": SCHEMAS["problem"]}, "securitySchemes": ways},
    }
