"""Which coordinate system a file is in, and the way from there to CRS84."""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError

from server.intake.refusals import refused

CRS84 = "OGC:CRS84"

_EPSG = re.compile(
    r"(?:EPSG:|urn:(?:x-)?ogc:def:crs:EPSG:[\d.]*:|https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/)(\d{4,6})", re.I
)
_CRS84 = re.compile(
    r"(?:OGC:|urn:(?:x-)?ogc:def:crs:OGC:[\d.]*:|https?://www\.opengis\.net/def/crs/OGC/[\d.]+/)CRS84h?", re.I
)
_WKT = re.compile(r"\s*[A-Z_0-9]+\s*\[", re.I)
_LONGEST = 20_000
_SRGI2013 = {"9470", "9469"}

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
    number = _epsg_number(crs)
    return f"EPSG:{number}" if number else crs.to_wkt()


def _epsg_number(crs: CRS) -> str | None:
    """Its number even where axes are in another order than EPSG's: files hold x, y in either case."""
    authority = crs.to_authority("EPSG", min_confidence=70)
    if not authority and crs.is_geographic:
        try:
            authority = CRS.from_wkt(crs.to_wkt("WKT1_GDAL")).to_authority("EPSG", min_confidence=70)
        except CRSError:
            return None
    return authority[1] if authority else None


def _horizontal(crs: CRS) -> CRS:
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return crs.to_2d() if len(crs.axis_info) > 2 else crs


def way_to_crs84(name: str) -> Callable[[Coordinates], Coordinates] | None:
    """Turns an n x 2 array of x, y (east, north) into longitude, latitude; None where they are that already.

    SRGI2013 and WGS 84 are taken as one (the null transformation): PROJ's own choice would shift by 0.2 m.
    """
    if name in (CRS84, "EPSG:4326"):
        return None
    crs = CRS.from_user_input(name)
    if crs.geodetic_crs and _epsg_number(crs.geodetic_crs) in _SRGI2013:
        if crs.is_geographic:
            return None
        projection = Proj(crs)
        return lambda xy: np.column_stack(projection(xy[:, 0], xy[:, 1], inverse=True))
    transformer = Transformer.from_crs(crs, CRS84, always_xy=True)
    return lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
