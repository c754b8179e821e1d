"""What is asked, and what a right answer holds: computed from the source data, not from any server."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError
from shapely.geometry import shape

from bench import data
from bench.data import Layer
from bench.peers import Peer

DRAWN = 50_000
"""Addresses of a row that draws at random: more than are asked before anybody could remember them all."""
TRIED = 5
ZONE, LARGE = "Z07", 150
FAR = 100_000
ESTIMATED = 1e-3
"""How far a total may lie from the truth, as a share: QGIS Server takes it from PostgreSQL's statistics."""
PATIENCE = 60
MOST_READ = 500_000

Check = Callable[[bytes], str]
"""Says what is wrong with an answer; nothing where it is right."""


@dataclass(frozen=True)
class City:
    buildings: Layer
    areas: Layer


@dataclass(frozen=True)
class Row:
    """One line of the table: a peer's paths, none where it has no such thing, and the checks of the first few."""

    key: str
    title: str
    ask: Callable[[City, Peer], tuple[list[str], list[Check]]]
    whole: bool = False
    encoding: str = "identity"


@dataclass(frozen=True)
class Tried:
    """What one answer looked like before the load."""

    wrong: str = ""
    seconds: float = 0.0
    bytes: int = 0
    body: bytes = b""


def try_out(
    row: Row, city: City, peer: Peer, fetch: Callable[[str, str], tuple[bytes, float]]
) -> tuple[list[str], Tried]:
    paths, checks = row.ask(city, peer)
    tried = Tried(wrong="not offered")
    for path, check in zip(paths, checks, strict=False):
        try:
            body, seconds = fetch(peer.url + path, row.encoding)
        except urllib.error.HTTPError as error:
            return paths, Tried(f"wrong: {error.code} {error.read()[:80]!r} at {path}")
        except OSError as error:
            late = "timed out" in str(error)
            return paths, Tried(f"no answer within {PATIENCE} s", PATIENCE) if late else Tried(f"wrong: {error}")
        try:
            wrong = check(body)
        except (ValueError, KeyError, TypeError, IndexError, DataSourceError) as error:
            wrong = f"{type(error).__name__} {error}"
        tried = Tried(f"wrong: {wrong} at {path}" if wrong else "", seconds, len(body), body)
        if wrong:
            break
    return paths, tried


def fetch(url: str, encoding: str) -> tuple[bytes, float]:
    """The answer's body as it comes, and the seconds it took the second time."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})  # noqa: S310 - loopback
    for _ in range(2):
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            body = answer.read()
        spent = time.perf_counter() - started
    return body, spent


# checks


def page(layer: Layer, expected: Sequence[int], limit: int, body: bytes, start: int = 0) -> str:
    """Exactly `limit` of `expected` from `start` on, in this order; the right total, if one is said."""
    answer = json.loads(body)
    found = [_id(feature) for feature in answer["features"]]
    wanted = list(expected[start : start + limit])
    if len(found) != len(wanted):
        return f"{len(found)} features, not {len(wanted)}"
    if found != wanted:
        place = next(n for n, (id, other) in enumerate(zip(found, wanted, strict=True)) if id != other)
        return f"feature {found[place]} at place {place + 1}, not {wanted[place]}"
    return _total(answer, len(expected)) or _same(layer, answer["features"])


def everything(layer: Layer, body: bytes) -> str:
    """What is too large to be read as JSON is counted."""
    if len(layer) <= MOST_READ:
        return page(layer, range(1, len(layer) + 1), len(layer), body)
    found = body.count(b'"type":"Feature"') + body.count(b'"type": "Feature"')
    return "" if found == len(layer) else f"{found} features, not {len(layer)}"


def in_box(layer: Layer, box: tuple[float, ...], body: bytes) -> str:
    answer = json.loads(body)
    found = {_id(feature) for feature in answer["features"]}
    exact, loose = layer.in_box(box)
    if not exact <= found <= loose or len(found) != len(answer["features"]):
        return f"{len(answer['features'])} features, not {len(exact)} (or up to {len(loose)} whose boxes are near)"
    return _total(answer, len(found)) or _same(layer, answer["features"])


def one(layer: Layer, id: int, body: bytes) -> str:
    feature = json.loads(body)
    return "" if _id(feature) == id and not _same(layer, [feature]) else f"not feature {id}"


def tile(expected: int, whole: bool, body: bytes) -> str:
    """Margins bring some more; an overview may be thinned, and the report tells by how much."""
    found = features_in_tile(body)
    if not (0.7 * expected if whole else 1) <= found <= 1.5 * expected:
        return f"{found} features in the tile, not about {expected}"
    return ""


def holds(word: str, number: int, body: bytes) -> str:
    found = json.loads(body).get(word, [])
    return "" if len(found) >= number else f"{len(found)} {word}, not {number}"


def _id(feature: dict[str, Any]) -> int:
    """QGIS Server writes `layer.1`."""
    return int(str(feature["id"]).rpartition(".")[2])


def _total(answer: dict[str, Any], expected: int) -> str:
    said = answer.get("numberMatched", expected)
    return "" if abs(said - expected) <= ESTIMATED * expected else f"numberMatched {said}, not {expected}"


def _same(layer: Layer, features: list[dict[str, Any]]) -> str:
    """First and last: all attributes, with their values, and the geometry to 6 decimals (what QGIS Server writes)."""
    for feature in features[:: max(1, len(features) - 1)]:
        row = _id(feature) - 1
        given = {name.lower(): value for name, value in feature["properties"].items()} | {"nomor": row + 1}
        for name, column in layer.columns.items():
            source = column[row].item() if hasattr(column[row], "item") else column[row]
            value = given.get(name)
            same = str(value)[:10] == str(source)[:10] if name == "didata" else value in (source, str(source))
            if not same and not (isinstance(source, float) and abs(float(value) - source) < 1e-6 * source):
                return f"{name} of {row + 1} is {value!r}, not {source!r}"
        if shapely.hausdorff_distance(shape(feature["geometry"]), layer.geometry[row]) > 2e-6:
            return f"other coordinates in {row + 1}"
    return ""


def what_it_writes(page: bytes) -> str:
    """What makes the features of one program longer than those of another."""
    features = json.loads(page, parse_float=str)["features"]
    rings = (ring for feature in features for ring in feature["geometry"]["coordinates"])
    decimals = max(len(number.partition(".")[2]) for ring in rings for point in ring for number in point)
    return f"{decimals} decimals" + "".join(
        f", {name} in each feature" for name in ("links", "bbox") if name in features[0]
    )


def features_in_tile(tile: bytes) -> int:
    """Features of all layers of a vector tile, gzipped or not."""
    with NamedTemporaryFile(suffix=".pbf") as file:
        file.write(tile)
        file.flush()
        layers = [name for name, _ in pyogrio.list_layers(file.name)]
        return sum(pyogrio.read_info(file.name, layer=name, force_feature_count=True)["features"] for name in layers)


# rows


def _first(limit: int, city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    ids = range(1, len(city.buildings) + 1)
    return [peer.items("bangunan", limit=limit)], [partial(page, city.buildings, ids, limit)]


def _box(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    boxes = data.boxes(city.buildings, DRAWN, seed=1)
    paths = [peer.items("bangunan", bbox=",".join(f"{edge:.6f}" for edge in box), limit=1000) for box in boxes]
    return paths, [partial(in_box, city.buildings, box) for box in boxes[:TRIED]]


def _item(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    ids = np.random.default_rng(2).integers(1, len(city.buildings) + 1, DRAWN).tolist()
    end = "&".join(f"{name}={value}" for name, value in peer.json.items())
    paths = [f"{peer.collection('bangunan')}/items/{id}?{end}" for id in ids]
    return paths, [partial(one, city.buildings, id) for id in ids[:TRIED]]


def _equal(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    expected = city.buildings.where(ZONE)
    return [peer.items("bangunan", zona=ZONE, limit=100)], [partial(page, city.buildings, expected, 100)]


def _cql2(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    if peer.cql is None:
        return [], []
    expected = city.buildings.where(ZONE, LARGE)
    asked = {"filter": f"zona='{ZONE}' AND luas>{LARGE}", "limit": 100, **peer.cql}
    return [peer.items("bangunan", **asked)], [partial(page, city.buildings, expected, 100)]


def _offset(drawn: int, city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    most = len(city.buildings) - 100
    offsets = np.random.default_rng(3).integers(0, most, drawn).tolist() if drawn else [min(FAR, most // 2)]
    ids = range(1, len(city.buildings) + 1)
    paths = [peer.items("bangunan", offset=start, limit=100) for start in offsets]
    return paths, [partial(page, city.buildings, ids, 100, start=start) for start in offsets[:TRIED]]


def _areas(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    expected = range(1, len(city.areas) + 1)
    return [peer.items("kelurahan", limit=100)], [partial(page, city.areas, expected, 100)]


def _tile(zoom: int, city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    if peer.tiles is None:
        return [], []
    column, row = data.tile_at(zoom)
    expected = len(city.buildings.in_box(data.tile_box(zoom, column, row))[0])
    return [peer.tiles.format(z=zoom, x=column, y=row)], [partial(tile, expected, zoom >= 16)]


def _landing(_city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    return [f"{peer.root or '/'}?f=json"], [partial(holds, "links", 3)]


def _collections(_city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    return [f"{peer.root}/collections?f=json"], [partial(holds, "collections", 2)]


def _everything(city: City, peer: Peer) -> tuple[list[str], list[Check]]:
    if len(city.buildings) > MOST_READ and not peer.whole:
        return [], []  # pygeoapi, tipg, QGIS Server and MapServer take 4 to 5 kB of memory per feature, and keep it
    path = peer.whole or peer.items("bangunan", limit=len(city.buildings))
    return [path], [partial(everything, city.buildings)]


ROWS = (
    Row("limit10", "items, limit 10", partial(_first, 10)),
    Row("limit1000", "items, limit 1,000", partial(_first, 1000)),
    Row("limit10000", "items, limit 10,000", partial(_first, 10_000)),
    Row("bbox", f"bbox, about {data.HITS} hits, at random", _box),
    Row("item", "item by id, at random", _item),
    Row("equal", "equality filter, limit 100", _equal),
    Row("cql2", "CQL2 filter, limit 100", _cql2),
    Row("offset", f"offset {FAR:,}, limit 100", partial(_offset, 0)),
    Row("offsets", "offset at random, limit 100", partial(_offset, DRAWN)),
    Row("areas", "27 large polygons", _areas),
    Row("z10", "z10 tile (gzip, as maps ask)", partial(_tile, 10), encoding="gzip"),
    Row("z14", "z14 tile (gzip, as maps ask)", partial(_tile, 14), encoding="gzip"),
    Row("z16", "z16 tile (gzip, as maps ask)", partial(_tile, 16), encoding="gzip"),
    Row("landing", "landing page", _landing),
    Row("collections", "collections list", _collections),
    Row("whole", "all features, one client", _everything, whole=True),
)
