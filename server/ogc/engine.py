"""pygeoapi as an engine: its API functions give dictionaries, its errors are ours, nothing is read from disk."""

import logging
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Never

import babel
import orjson
import pygeoapi.api as core
from pygeoapi import l10n
from pygeoapi.api import API, APIRequest, itemtypes
from pygeoapi.util import get_base_url
from werkzeug.datastructures import MultiDict

from server.ogc import coordinates, filters
from server.ogc.words import WORDS
from workflow.errors import BadRequest, Broken, NotFound, SebarError

Function = Callable[..., tuple[dict[str, str], int, Any]]


class Api(API):  # type: ignore[misc]
    """pygeoapi's API object without its log set-up, process manager and copies of the configuration."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = self.tpl_config = config
        self.openapi: dict[str, Any] = {}
        self.asyncapi: dict[str, Any] = {}
        self.api_headers: dict[str, str] = {}
        self.base_url = get_base_url(config)
        self.pubsub_client = None
        self.pretty_print = False
        self.locales = l10n.get_locales(config)
        self.default_locale = self.locales[0]
        self.manager = SimpleNamespace(is_async=False)
        # pygeoapi would ask over the network how long a linked file is.
        self.prefetcher = SimpleNamespace(get_headers=lambda _url: {})

    def get_exception(self, status: int, headers: Any, format_: Any, code: str, description: str) -> Never:
        """Raises the fault instead of writing it, so that one place words all of them."""
        fault = sys.exception()
        for cause in (fault, fault and fault.__cause__):
            if isinstance(cause, SebarError):
                raise cause
        if status == 404:
            raise NotFound("Butir data itu tidak ada di koleksi ini.", mend="Periksa kode atau nomornya.")
        if status >= 500:
            raise Broken(f"pygeoapi: {code}: {description}") from fault
        raise BadRequest(f"Permintaan tidak dapat dipahami: {description}.") from fault


def ask(
    api: Api, function: Function, path: str, args: Mapping[str, str], language: str, *rest: str
) -> tuple[dict[str, str], Any]:
    """The headers and the body, not yet written, of one of pygeoapi's functions. Raises SebarError."""
    # What pygeoapi looks at in a request: parameters and one language, nothing else.
    headers = {"accept-language": language}
    asked = SimpleNamespace(data=b"", path_info=path, args=MultiDict(args), headers=headers)
    request = APIRequest(asked, api.locales)
    said, _status, body = function(api, request, *rest)
    return {name: str(value) for name, value in said.items()}, body


def written(body: Any) -> bytes:
    return orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: object) -> str:
    if isinstance(value, babel.Locale):
        return str(l10n.locale2str(value))
    raise TypeError(type(value).__name__)


def _drawn(bbox: list[float], source: str, target: str) -> Any:
    return bbox if source == target else coordinates.Drawn(tuple(bbox), source)


def adopt_pygeoapi() -> None:
    """Replaces eight names in pygeoapi 0.24 for this process.

    `to_json` escapes < and > in all values and would write text that we edit; its CQL2 grammar gives AND and OR one
    precedence; a datetime outside of the extent is an empty answer, not an error; every box is read as longitude,
    latitude, only two corners of it are brought to CRS84, and SRGI2013 0.2 m beside, also in filters; and link titles
    are looked for in a folder of site-packages, with a cache that never shrinks.
    """
    for module in (core, itemtypes):
        module.to_json = lambda body, pretty=False: body
    itemtypes.parse_cql2_text = filters.parse
    itemtypes.validate_datetime = lambda extents, text=None: text
    itemtypes.validate_bbox = lambda text: [float(edge) for edge in text.split(",")]
    itemtypes.transform_bbox = _drawn
    itemtypes.modify_pygeofilter = coordinates.located
    l10n.translate_gettext = lambda text, language: WORDS["titles"].get(text, text) if language == "id" else text
    logging.getLogger("pygeoapi").setLevel(logging.ERROR)
