"""Which coordinate system a file is in, and the way from there to CRS84."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from server.crs84 import CRS84, epsg_number, from_crs84
from server.intake.refusals import refused

_EPSG = re.compile(
    r"(?:EPSG:|urn:(?:x-)?ogc:def:crs:EPSG:[\d.]*:|http://www\.opengis\.net/gml/srs/epsg\.xml#|https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/)(\d{4,6})",
    re.I,
)
_CRS84 = re.compile(
    r"(?:OGC:|urn:(?:x-)?ogc:def:crs:OGC:[\d.]*:|https?://www\.opengis\.net/def/crs/OGC/[\d.]+/)CRS84h?", re.I
)
_WKT = re.compile(r"\s*[A-Z_0-9]+\s*\[", re.I)
_LONGEST = 20_000
_AS_CRS84 = (CRS84, "EPSG:4326", "EPSG:9469", "EPSG:9470")

Coordinates = NDArray[np.float64]


def identify(text: str) -> str:
    """The name of a CRS given as code or WKT: "OGC:CRS84", "EPSG:n" of its horizontal part, or WKT.

    Never looks anything up: raises BadUpload CRS_LINK for any other address, CRS_UNKNOWN for what PROJ does not know.
    """
    text = text.strip()
    if _CRS84.fullmatch(text):
        return CRS84
    code = _EPSG.fullmatch(text)
    if not code and (not _WKT.match(text) or len(text) > _LONGEST):
        raise refused("CRS_LINK" if "/" in text or "\\" in text else "CRS_UNKNOWN", text=text)
    try:
        crs = _horizontal(CRS.from_epsg(int(code[1])) if code else CRS.from_wkt(text))
    except CRSError:
        crs = None
    if not crs or not (crs.is_geographic or crs.is_projected):
        raise refused("CRS_UNKNOWN", text=text)
    number = epsg_number(crs)
    return f"EPSG:{number}" if number else crs.to_wkt()


def of_projjson(said: Mapping[str, Any]) -> str:
    """The name of a CRS that is written out as PROJJSON. Raises BadUpload CRS_UNKNOWN."""
    try:
        return identify(CRS.from_json_dict(dict(said)).to_wkt())
    except CRSError:
        raise refused("CRS_UNKNOWN", text=str(said.get("name"))[:80]) from None


def _horizontal(crs: CRS) -> CRS:
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return crs.to_2d() if len(crs.axis_info) > 2 else crs


def way_to_crs84(name: str) -> Callable[[Coordinates], Coordinates] | None:
    """Turns an n x 2 array of x, y (east, north) into longitude, latitude; None where they are that already."""
    if name in _AS_CRS84:
        return None
    back = from_crs84(CRS.from_user_input(name), always_xy=True)
    return lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
