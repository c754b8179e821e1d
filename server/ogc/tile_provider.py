"""pygeoapi's tile provider over a collection's folder, for a pygeoapi without our adapter."""

import gzip
from pathlib import Path
from typing import Any

from pygeoapi.provider.base import ProviderGenericError
from pygeoapi.provider.base_mvt import BaseMVTProvider
from pygeoapi.provider.tile import ProviderTileNotFoundError

from server.ogc import tiles


class PMTilesProvider(BaseMVTProvider):  # type: ignore[misc]
    """`data` is the folder, `options.collection` the id."""

    def get_layer(self) -> str:
        return str(self.options["collection"])

    def get_tiles_service(self, baseurl: str = "", servicepath: str = "", **_ignored: Any) -> dict[str, Any]:
        self._service_url = servicepath
        return {
            "links": [
                {"rel": "item", "type": tiles.MVT, "title": "Ubin vektor", "href": servicepath, "templated": True}
            ]
        }

    def get_tiles(
        self, layer: str = "", tileset: str = "", z: str = "", y: str = "", x: str = "", format_: str = ""
    ) -> bytes | None:
        numbers = (z, x, y)
        found = tiles.archive(Path(self.data))
        if found is None or tileset != tiles.QUAD or not all(map(str.isdecimal, numbers)) or int(z) not in found.zooms:
            raise ProviderTileNotFoundError("no such tile")
        tile = found.get(int(z), int(x), int(y))
        return None if tile is None else gzip.decompress(tile)

    def get_metadata(self, dataset: str, server_url: str, metadata_format: str = "", **said: Any) -> dict[str, Any]:
        found = tiles.archive(Path(self.data))
        if found is None or said.get("tileset") != tiles.QUAD:
            raise ProviderGenericError("no such tileset")
        fields: dict[str, Any] = {name: {} for name in found.layer["fields"]}
        tileset = tiles.Tileset(server_url, dataset, said["title"], said["description"], found, fields)
        return tileset.tilejson() if metadata_format == "tilejson" else tileset.json()
