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
METADATA = SCHEMAS["metadata"]


@dataclass(frozen=True)
class Call:
    """`path` as Flask writes it; `view` names what it takes and answers: the members of `json` or the parts of `form`,
    `query` and `answer`."""

    method: str
    path: str
    sentence: str
    view: str
    success: int = 200

    def operation(self) -> dict[str, Any]:
        known: Mapping[str, Schema] = SCHEMAS["calls"].get(self.view, {})
        fault = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers = {status: {"description": text, "content": fault} for status, text in SCHEMAS["faults"].items()}
        content = {"application/json": {"schema": known["answer"]} if "answer" in known else {}}
        answers[str(self.success)] = {"description": self.sentence, "content": content}
        operation: dict[str, Any] = {"summary": self.sentence, "responses": answers}
        asked = [{"name": name, "in": "query", "schema": schema} for name, schema in known.get("query", {}).items()]
        if parameters := [_parameter(name) for name in re.findall(r"<(\w+)>", self.path)] + asked:
            operation["parameters"] = parameters
        for media_type, part in (("application/json", "json"), ("multipart/form-data", "form")):
            if part in known:
                schema = {"type": "object", "properties": known[part]}
                operation["requestBody"] = {"content": {media_type: {"schema": schema}}}
        return operation


def _parameter(name: str) -> dict[str, Any]:
    schema = {**SCHEMAS["text"], "enum": list(STEP_NAMES)} if name == "step" else SCHEMAS["text"]
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
