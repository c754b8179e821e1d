"""Vector tiles: one tile out of tiles.pmtiles, and what OGC API Tiles and TileJSON say of all of them."""

import gzip
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pmtiles.tile import Entry, deserialize_directory, deserialize_header, find_tile, zxy_to_tileid

from server.ogc.rendered import OPEN_COLLECTIONS
from server.ogc.words import CRS84
from server.store.mapped import mapped

NAME = "tiles.pmtiles"
QUAD = "WebMercatorQuad"
MVT, JSON = "application/vnd.mapbox-vector-tile", "application/json"
URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
EDGE = 20037508.342789244
DEEPEST = 24
"""Of the zooms that the tile matrix set has."""
SCALES = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
KNOWN = {"id": QUAD, "title": "Google Maps Compatible for the World", "uri": URI, "crs": MERCATOR}
LIMITS = ("tileMatrix", "minTileCol", "minTileRow", "maxTileCol", "maxTileRow")
GEOMETRY = {"Point": 0, "LineString": 1, "Polygon": 2}


@dataclass(frozen=True)
class Archive:
    """A mapped tiles.pmtiles; its directories are read once, when a tile below them is first asked for."""

    data: memoryview
    header: Mapping[str, Any]
    directories: dict[int, list[Entry]] = field(default_factory=dict)

    @cached_property
    def layer(self) -> dict[str, Any]:
        start, size = self.header["metadata_offset"], self.header["metadata_length"]
        said: dict[str, Any] = json.loads(gzip.decompress(self.data[start : start + size]))
        layer: dict[str, Any] = said["vector_layers"][0]
        return layer

    @property
    def zooms(self) -> range:
        return range(self.header["min_zoom"], self.header["max_zoom"] + 1)

    @property
    def bounds(self) -> list[float]:
        """West, south, east, north."""
        return [self.header[f"{edge}_e7"] / 1e7 for edge in ("min_lon", "min_lat", "max_lon", "max_lat")]

    def get(self, z: int, x: int, y: int) -> bytes | None:
        """The gzipped tile; None where nothing is drawn or no such tile can be."""
        if z not in self.zooms or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        wanted, at, size = zxy_to_tileid(z, x, y), self.header["root_offset"], self.header["root_length"]
        while found := find_tile(self._directory(at, size), wanted):
            if found.run_length:
                start = self.header["tile_data_offset"] + found.offset
                return bytes(self.data[start : start + found.length])
            at, size = self.header["leaf_directory_offset"] + found.offset, found.length
        return None

    def _directory(self, at: int, size: int) -> list[Entry]:
        if at not in self.directories:
            self.directories[at] = deserialize_directory(bytes(self.data[at : at + size]))
        return self.directories[at]


def archive(folder: Path) -> Archive | None:
    """The tiles of a collection's folder, kept open while they are asked for; None where it has none."""
    try:
        stat = (folder / NAME).stat()
    except FileNotFoundError:
        return None
    return _opened(folder, stat.st_ino, stat.st_mtime_ns)


@lru_cache(maxsize=OPEN_COLLECTIONS)
def _opened(folder: Path, *_identity: int) -> Archive:
    data = mapped(folder / NAME)
    return Archive(data, deserialize_header(bytes(data[:127])))


@dataclass(frozen=True)
class Tileset:
    """What is said of a collection's tiles; `url` is that of /ogc, `fields` are JSON Schema."""

    url: str
    id: str
    title: str
    description: str
    archive: Archive
    fields: Mapping[str, Mapping[str, Any]]
    geometry: str = ""
    license: str | None = None

    @property
    def own(self) -> str:
        return f"{self.url}/collections/{self.id}/tiles"

    @property
    def kept(self) -> dict[str, Any]:
        """The fields that are in the tiles."""
        return {name: one for name, one in self.fields.items() if name in self.archive.layer["fields"]}

    def list(self) -> dict[str, Any]:
        links = [*forms(self.own, "Daftar set ubin"), self._item()]
        return {"links": links, "tilesets": [self._brief() | {"links": [*self._links()]}]}

    def json(self) -> dict[str, Any]:
        zooms, (west, south, east, north) = self.archive.zooms, self.archive.bounds
        dimension = GEOMETRY.get(self.geometry.removeprefix("Multi"))
        layer = {
            "id": self.archive.layer["id"],
            "title": self.title,
            "dataType": "vector",
            "minTileMatrix": str(zooms[0]),
            "maxTileMatrix": str(zooms[-1]),
            "propertiesSchema": {"type": "object", "properties": self.kept},
        }
        return self._brief() | {
            "description": self.description,
            "layers": [layer if dimension is None else layer | {"geometryDimension": dimension}],
            "boundingBox": {"crs": CRS84, "lowerLeft": [west, south], "upperRight": [east, north]},
            "tileMatrixSetLimits": [*self._limits()],
            "links": [*self._links()],
            **({"license": self.license} if self.license else {}),
        }

    def tilejson(self) -> dict[str, Any]:
        zooms, (west, south, east, north) = self.archive.zooms, self.archive.bounds
        ends = {"minzoom": zooms[0], "maxzoom": zooms[-1]}
        names = {name: one.get("title", name) for name, one in self.kept.items()}
        return {
            "tilejson": "3.0.0",
            "name": self.title,
            "description": self.description,
            "scheme": "xyz",
            "tiles": [f"{self.own}/{QUAD}/{{z}}/{{y}}/{{x}}?f=mvt"],
            **ends,
            "bounds": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2, min(12, zooms[-1])],
            "vector_layers": [{"id": self.archive.layer["id"], "description": self.title, "fields": names, **ends}],
        }

    def _brief(self) -> dict[str, Any]:
        return {"title": self.title, "dataType": "vector", "crs": MERCATOR, "tileMatrixSetURI": URI}

    def _links(self) -> Iterator[dict[str, Any]]:
        yield from forms(f"{self.own}/{QUAD}", "Set ubin ini")
        address = f"{self.own}/{QUAD}?f=tilejson"
        yield {"rel": "describedby", "type": JSON, "title": "Set ubin ini sebagai TileJSON", "href": address}
        yield {"rel": f"{REL}tiling-scheme", "type": JSON, "title": QUAD, "href": f"{self.url}/tileMatrixSets/{QUAD}"}
        yield self._item(QUAD)

    def _item(self, quad: str = "{tileMatrixSetId}") -> dict[str, Any]:
        address = f"{self.own}/{quad}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"
        return {"rel": "item", "type": MVT, "title": "Ubin vektor", "href": address, "templated": True}

    def _limits(self) -> Iterator[dict[str, Any]]:
        west, south, east, north = self.archive.bounds
        for zoom in self.archive.zooms:
            corners = _tile_at(west, north, zoom), _tile_at(east, south, zoom)
            yield dict(zip(LIMITS, (str(zoom), *corners[0], *corners[1]), strict=True))


def _tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    y = 0.5 - math.atanh(math.sin(math.radians(max(-85.0, min(85.0, lat))))) / math.tau
    return min(int((lon / 360 + 0.5) * 2**zoom), 2**zoom - 1), int(y * 2**zoom)


def forms(address: str, title: str) -> Iterator[dict[str, Any]]:
    yield {"rel": "self", "type": JSON, "title": f"{title} sebagai JSON", "href": f"{address}?f=json"}
    yield {
        "rel": "alternate",
        "type": "text/html",
        "title": f"{title} sebagai halaman web",
        "href": f"{address}?f=html",
    }


def matrix_sets(url: str) -> dict[str, Any]:
    own = {"rel": "self", "type": JSON, "title": QUAD, "href": f"{url}/tileMatrixSets/{QUAD}"}
    return {"links": [*forms(f"{url}/tileMatrixSets", "Susunan ubin")], "tileMatrixSets": [KNOWN | {"links": [own]}]}


def matrix_set(url: str) -> dict[str, Any]:
    """OGC 17-083r4, annex D.1, of pixels of 0.28 mm."""
    matrices = [
        {
            "id": str(zoom),
            "scaleDenominator": 2 * EDGE / 256 / 2**zoom / 0.00028,
            "cellSize": 2 * EDGE / 256 / 2**zoom,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-EDGE, EDGE],
            **{"tileWidth": 256, "tileHeight": 256, "matrixWidth": 2**zoom, "matrixHeight": 2**zoom},
        }
        for zoom in range(DEEPEST + 1)
    ]
    links = [*forms(f"{url}/tileMatrixSets/{QUAD}", QUAD)]
    return KNOWN | {"orderedAxes": ["X", "Y"], "wellKnownScaleSet": SCALES, "tileMatrices": matrices, "links": links}
