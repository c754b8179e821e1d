"""pygeoapi's provider over a release folder."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

import orjson
import pyproj
from pygeoapi.crs import CrsTransformSpec
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderGenericError,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
)
from pygeofilter import ast, values
from shapely.geometry import mapping

from server.ogc.coordinates import STRAIGHT, Drawn, areas, in_system
from server.ogc.periods import period_of
from server.ogc.rendered import Rendered, chosen, open_collection
from server.store.index import Box, Question, ReleaseIndex
from workflow.errors import BadRequest, SebarError
from workflow.layer import FieldType

JSON_TYPES = {FieldType.DATE: ("string", "date"), FieldType.DATETIME: ("string", "date-time")}


class ReleaseProvider(BaseProvider):  # type: ignore[misc]
    """`data` is the release folder, `options.collection` the id of the collection in its manifest.

    `index` may be given in the process itself; without it the folder's data.gpkg is asked.
    """

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__({**provider_def, "storage_crs": _crs84()})
        try:
            self.release = self.opened()
        except SebarError as error:
            raise ProviderGenericError(str(error), user_msg=error.detail) from error
        self.index: ReleaseIndex = provider_def.get("index") or self.release.index
        self._fields = schema_fields(self.release.entry)

    def opened(self) -> Rendered:
        return open_collection(Path(self.data), self.options["collection"])

    def get_fields(self) -> dict[str, Any]:
        return deepcopy(self._fields)

    @property
    def fields(self) -> dict[str, Any]:
        """A copy, because pygeoapi writes into what it gets."""
        return self.get_fields()

    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: Sequence[float] = (),
        datetime_: str | None = None,
        properties: Sequence[tuple[str, str]] = (),
        sortby: Sequence[dict[str, str]] = (),
        select_properties: Sequence[str] = (),
        skip_geometry: bool = False,
        filterq: ast.Node | None = None,
        crs_transform_spec: CrsTransformSpec | None = None,
        **_ignored: Any,
    ) -> dict[str, Any]:
        try:
            boxes, place = place_of(bbox, self.release.entry)
            where = [one for one in (place, where_of(properties, filterq, self.release)) if one is not None]
            question = Question(
                boxes,
                period_of(datetime_),
                ast.And.from_items(*where) if where else None,
                tuple((item["property"], item["order"] == "-") for item in sortby),
            )
            total = self.index.total(question)
            wanted = 0 if resulttype == "hits" else limit
            rows = self.index.rows(question, offset=offset, limit=wanted) if wanted else ()
        except SebarError as error:
            raise ProviderInvalidQueryError(error.detail, user_msg=error.detail) from error
        lines = self._lines(rows, None if skip_geometry else crs_transform_spec)
        if skip_geometry or select_properties:
            features = [chosen(line, skip_geometry=skip_geometry, fields=select_properties) for line in lines]
        else:
            features = [self._feature(line) for line in lines]
        counted = {"numberMatched": total, "numberReturned": len(features)}
        return {"type": "FeatureCollection", "features": features, **counted}

    def get(
        self, identifier: str, crs_transform_spec: CrsTransformSpec | None = None, **_ignored: Any
    ) -> dict[str, Any]:
        row = self.index.row_of(identifier)
        if row is None:
            raise ProviderItemNotFoundError(f"{identifier} not found")
        return chosen(self._lines([row], crs_transform_spec)[0], skip_geometry=False, fields=())

    def _lines(self, rows: Sequence[int], asked: CrsTransformSpec | None) -> list[bytes]:
        """The rendered features, with coordinates from the full doubles where another system is asked for."""
        lines = [self.release.line(row) for row in rows]
        if asked is None or not self.release.rows.spatial:
            return lines
        return in_system(lines, self.release.index.geometries(rows), asked.target_crs_uri)

    def _feature(self, line: bytes) -> Any:
        return orjson.loads(line)


class FragmentProvider(ReleaseProvider):
    """The same for our own adapter, which writes with orjson: features stay the text that they are."""

    def _feature(self, line: bytes) -> Any:
        return orjson.Fragment(line)


def schema_fields(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The field dictionary of a collection's manifest entry as JSON Schema properties; units as people write them."""
    found = {}
    for field in entry["fields"]:
        type_, format_ = JSON_TYPES.get(FieldType(field["type"]), (field["type"], None))
        codes = field.get("codes") or ()
        if type_ == "integer":
            codes = [int(code) for code in codes if code.lstrip("-").isdecimal()]
        said = {
            "type": type_,
            "format": format_,
            "title": field.get("title") or field.get("label") or field["name"],
            "description": field.get("definition"),
            "x-ogc-unit": field.get("unit"),
            "enum": list(codes) if type_ in ("string", "integer") else None,
            "x-ogc-role": _role(field["name"], type_, format_, entry),
        }
        found[field["name"]] = {name: value for name, value in said.items() if value}
    return found


def _role(name: str, kind: str, form: str | None, entry: Mapping[str, Any]) -> str | None:
    if name == entry.get("key") and kind in ("string", "integer"):
        return "id"
    return "primary-instant" if name == entry.get("period_field") and form else None


def boxes_of(bbox: Sequence[float]) -> tuple[Box, ...]:
    """The box without heights; one across the antimeridian is two."""
    if not bbox:
        return ()
    half = len(bbox) // 2
    west, south, east, north = bbox[0], bbox[1], bbox[half], bbox[half + 1]
    if west <= east:
        return ((west, south, east, north),)
    return ((west, south, 180.0, north), (-180.0, south, east, north))


def place_of(bbox: Sequence[float] | Drawn, entry: Mapping[str, Any]) -> tuple[tuple[Box, ...], ast.Node | bool | None]:
    """A box as boxes in CRS84, or as a filter where its edges bend there."""
    if not isinstance(bbox, Drawn):
        return boxes_of(bbox), None
    parts = areas(bbox, entry["bbox"])
    if parts and all(part.equals_exact(part.envelope, STRAIGHT, normalize=True) for part in parts):
        return tuple(part.bounds for part in parts), None
    place = ast.Attribute("geometry")
    met = [ast.GeometryIntersects(place, values.Geometry(mapping(part))) for part in parts]
    return (), ast.Or.from_items(*met) if met else False


def where_of(properties: Sequence[tuple[str, str]], filterq: ast.Node | None, release: Rendered) -> ast.Node | None:
    """Equality parameters and the filter as one filter."""
    parts: list[ast.Node] = [
        ast.Equal(ast.Attribute(name), literal(name, text, release.rows.types[name])) for name, text in properties
    ]
    if filterq is not None:
        parts.append(filterq)
    return ast.And.from_items(*parts) if parts else None


def literal(name: str, text: str, kind: FieldType) -> Any:
    """The text of an equality parameter as a value of the field. Raises BadRequest naming it."""
    read, word = READERS.get(kind, (str, ""))
    try:
        return read(text)
    except (ValueError, KeyError):
        raise BadRequest(f"Parameter {name} berisi “{text[:60]}”, bukan {word}.", where={"parameter": name}) from None


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


READERS: dict[FieldType, tuple[Callable[[str], Any], str]] = {
    FieldType.INTEGER: (int, "bilangan bulat"),
    FieldType.NUMBER: (_finite, "bilangan"),
    FieldType.BOOLEAN: (lambda text: {"true": True, "false": False}[text.lower()], "true atau false"),
    FieldType.DATE: (datetime.fromisoformat, "tanggal atau waktu"),
    FieldType.DATETIME: (datetime.fromisoformat, "tanggal atau waktu"),
}


@lru_cache(maxsize=1)
def _crs84() -> pyproj.CRS:
    return pyproj.CRS.from_authority("OGC", "CRS84")
