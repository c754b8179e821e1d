"""What the items of a collection hold, may be asked for and may be sorted by, as OGC API Features 5 writes it."""

import re
from collections.abc import Mapping
from typing import Any

from server.ogc.snapshot import Served
from server.ogc.words import WORDS

UNITS: dict[str, str] = {said: unit for unit, names in WORDS["units"].items() for said in names}


def document(served: Served, url: str, name: str) -> dict[str, Any]:
    """`name` is schema, queryables or sortables, `url` that of the service."""
    properties = {field: _in_ucum(said) for field, said in served.fields.items()}
    if name == "schema":
        # Without it QGIS since 3.44 puts the columns in the order of the alphabet.
        properties = {field: one | {"x-ogc-propertySeq": at} for at, (field, one) in enumerate(properties.items(), 1)}
    if served.spatial and name != "sortables":
        kind = served.entry.get("geometry_type", "Polygon")
        form = "any" if kind == "Geometry" else kind.lower()
        properties["geometry"] = {
            "title": "Geometri", "format": f"geometry-{form}", "x-ogc-role": "primary-geometry"
        }  # fmt: skip
        if name == "queryables":
            # By this alone QGIS up to 3.44 knows the geometry that it may ask S_INTERSECTS of.
            shape = "Geometry" if form == "any" else kind
            properties["geometry"]["$ref"] = f"https://geojson.org/schema/{shape}.json"
    said = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{url}/collections/{served.id}/{name}",
        "type": "object",
        "title": served.resource["title"],
        "properties": properties,
    }
    return said if name == "schema" else said | {"additionalProperties": False}


def of_one_feature(schema: dict[str, Any]) -> dict[str, Any]:
    """The same as the schema of one GeoJSON feature, the only shape that GDAL takes types from."""
    fields = {name: one for name, one in schema["properties"].items() if name != "geometry"}
    members = {
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": schema["properties"].get("geometry", {"type": "null"}),
        "properties": {"type": "object", "properties": fields},
    }
    return schema | {"$id": f"{schema['$id']}?profile=geojson", "properties": members}


def _in_ucum(field: Mapping[str, Any]) -> dict[str, Any]:
    """The unit as UCUM has it; what UCUM does not have, such as people, is a count with a note."""
    said = field.get("x-ogc-unit")
    if not said:
        return dict(field)
    unit = UNITS.get(said.strip().lower()) or "{" + re.sub(r"[^!-z|~]+", "_", said.strip()) + "}"
    return {**field, "x-ogc-unit": unit}
