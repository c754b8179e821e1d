"""The OpenAPI document, from openapi.yml and the collections that are served.

pygeoapi's own opens every provider, loses all items where one cannot be opened, tells of POST, and refers to schemas
on other hosts.
"""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from server.ogc.parameters import CRS_PARAMETERS
from server.ogc.words import CRS84

ROOM = "#/components/parameters/"
FAULTS = ("400", "404", "410", "500", "503")


def document(
    config: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]], tiled: Collection[str] = ()
) -> dict[str, Any]:
    """`fields` has each collection's fields as JSON Schema, `config` is pygeoapi's, `tiled` names those with tiles."""
    said, who = deepcopy(_written()), config["metadata"]
    pattern = said.pop("collection")
    title, description = (who["identification"][name]["id"] for name in ("title", "description"))
    resources = {name: config["resources"][name] for name in fields}
    said |= {
        "info": {
            "title": title,
            "description": description,
            "version": "1",
            "contact": {"name": who["contact"]["name"], "url": who["contact"]["url"]},
            "license": {"name": who["license"]["name"], "url": who["license"]["url"]},
        },
        "servers": [{"url": config["server"]["url"]}],
        "tags": [{"name": "layanan"}]
        + [{"name": name, "description": one["title"]} for name, one in resources.items()],
    }
    systems = next((found for one in resources.values() if (found := one["providers"][0].get("crs"))), [CRS84])
    for name in CRS_PARAMETERS:
        said["components"]["parameters"][name]["schema"]["enum"] = systems
    for name, one in resources.items():
        for suffix, part in pattern.items():
            if part.get("only") == "tile" and name not in tiled:
                continue
            said["paths"][f"/collections/{name}{suffix}"] = {"get": _operation(name, suffix, part, one, fields[name])}
    return said


def _operation(
    name: str, suffix: str, part: Mapping[str, Any], resource: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any]:
    """`part` is what openapi.yml says of this kind of address."""
    more = part.get(resource["providers"][0]["type"], {})
    parameters: list[dict[str, Any]] = [
        {"$ref": ROOM + word} for word in (*part["parameters"], *more.get("parameters", ()))
    ]
    parameters += [*part.get("inline", ()), *more.get("inline", ())]
    if suffix == "/items":
        parameters += _of_fields(fields, more.get("parameters", ()))
    responses = {"200": {"$ref": f"#/components/responses/{part['response']}"}}
    if part["response"] == "Tile":
        responses["204"] = {"$ref": "#/components/responses/NoTile"}
    return {
        "tags": [name],
        "operationId": f"{part['response']}_{name}{suffix.partition('{')[0].rstrip('/').replace('/', '_')}",
        "summary": f"{part['summary']} {resource['title']}",
        "parameters": parameters,
        "responses": responses | {fault: {"$ref": "#/components/responses/Problem"} for fault in FAULTS},
    }


def _of_fields(fields: Mapping[str, Any], known: Collection[str]) -> Iterator[dict[str, Any]]:
    names = {"type": "array", "items": {"type": "string", "enum": list(fields)}} if fields else {"type": "array"}
    title = "Kolom yang diminta"
    plain = {"in": "query", "required": False, "style": "form", "explode": False}
    yield {"name": "properties", "description": title, "schema": names, **plain}
    for name, one in fields.items():
        if name in known:
            continue
        schema = {word: one[word] for word in ("type", "format", "enum") if word in one}
        yield {"name": name, "description": one.get("title", name), "schema": schema, **plain}


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("openapi.yml").read_text(encoding="utf-8"))
    return said
