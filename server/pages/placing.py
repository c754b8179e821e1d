"""Where a file would lie in each coordinate system that it might be in: thumbnails over the city's outline."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from server.crs84 import from_crs84
from server.intake.crs import way_to_crs84
from server.intake.points import columns_of, ordinates
from server.pages.candidate import SYSTEMS, collection_of, folder_of
from server.pages.reading import features
from server.reference import load_city
from workflow.sop import Kind
from workflow.store import SubmissionRecord

SAMPLED, DOTS = 400, 120
INDONESIA = shapely.box(94.9, -11.1, 141.1, 6.2)

XY = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """`code` is the choice: "EPSG:32749", or "EPSG:4326 swapped". `percent` of the vertices lie in the city, `dots` are
    some of those, in a box of 100 by 100; `near` says that most lie in Indonesia at least."""

    code: str
    word: str
    percent: int
    dots: list[tuple[float, float]]
    near: bool


@dataclass(frozen=True)
class Placing:
    """Why somebody is asked (a key of words.toml), and what there is to choose from, the likeliest first. `x` and `y`
    are columns of a table."""

    why: str
    systems: list[System]
    x: str = ""
    y: str = ""


def placing(record: SubmissionRecord, told: Collection[str]) -> Placing | None:
    """None where nobody need be asked. `told` are the codes of what the checks found."""
    error = record.job.error or {}
    collection = collection_of(record)
    if points := (error.get("where") or {}).get("points"):
        return _offered("refused", np.array(points, dtype=np.float64))
    if error or collection is None:
        return None
    if not collection["geometry_type"]:
        return _of_columns(record, collection) if record.move.kind is Kind.GEOSPATIAL else None
    if collection["source_crs"] and not {"ELSEWHERE", "COORD_SWAPPED"} & set(told):
        return None
    sampled = [json.dumps(one["geometry"]) for one in _some(record) if one["geometry"]]
    raw = shapely.get_coordinates(shapely.from_geojson(sampled))
    if collection["source_crs"]:
        way = from_crs84(CRS.from_user_input(collection["source_crs"]), always_xy=True)
        raw = np.column_stack(way.transform(raw[:, 0], raw[:, 1]))
    raw = raw[:, ::-1] if record.reading.get("axes") else raw
    return _offered("elsewhere" if collection["source_crs"] else "missing", raw)


def _of_columns(record: SubmissionRecord, collection: Mapping[str, Any]) -> Placing | None:
    names = {field["label"]: field["name"] for field in collection["fields"]}
    if (pair := columns_of(names)) is None:
        return None
    rows = [one["properties"] for one in _some(record)]
    raw = np.column_stack([ordinates(row.get(names[label]) for row in rows) for label in pair])
    return _offered("columns", raw[np.isfinite(raw).all(axis=1)], *pair)


def _some(record: SubmissionRecord) -> Iterator[dict[str, Any]]:
    return islice(features(folder_of(record)), SAMPLED)


def _offered(why: str, raw: XY, x: str = "", y: str = "") -> Placing | None:
    """Those in which half as much lies in the city as in the best; where nothing lies there in any, those in which it
    lies in Indonesia, else all."""
    raw = raw[:: len(raw) // (DOTS * 20) + 1]
    tried = [_placed(code, raw, swapped) for swapped in (False, True) for code in SYSTEMS]
    best = max((system.percent for system in tried), default=0)
    if not len(raw) or (why == "elsewhere" and not best):
        return None
    if not best:
        return Placing(why, [system for system in tried if system.near] or tried[: len(SYSTEMS)], x, y)
    likely = [system for system in tried if system.percent and system.percent * 2 >= best]
    return Placing(why, sorted(likely, key=lambda system: -system.percent), x, y)


def _placed(code: str, raw: XY, swapped: bool) -> System:
    turn, raw = way_to_crs84(code), raw[:, ::-1] if swapped else raw
    with np.errstate(all="ignore"):
        xy = turn(raw) if turn else raw
    inside = shapely.contains_xy(load_city().extent, xy[:, 0], xy[:, 1])
    some = xy[inside][:: max(1, int(inside.sum()) // DOTS)]
    percent = round(100 * float(inside.mean())) if len(inside) else 0
    more = (" swapped", ", sumbu ditukar") if swapped else ("", "")
    near = bool(shapely.contains_xy(INDONESIA, xy[:, 0], xy[:, 1]).mean() > 0.5) if len(xy) else False
    return System(code + more[0], SYSTEMS[code] + more[1], percent, _in_box(some), near)


def _in_box(points: Iterable[Sequence[float]]) -> list[tuple[float, float]]:
    """The city's extent as a box of 100 by 100, y downwards."""
    west, south, east, north = load_city().extent.bounds
    return [
        (round(float((x - west) / (east - west)) * 100, 1), round(float((north - y) / (north - south)) * 100, 1))
        for x, y in points
    ]


def city_outline() -> str:
    """As the points of an SVG polygon."""
    return " ".join(f"{x},{y}" for x, y in _in_box(load_city().extent.exterior.coords))
