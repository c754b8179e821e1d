"""The way between a coordinate system and CRS84."""

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

CRS84 = "OGC:CRS84"

_SRGI2013 = {"9470", "9469"}


def from_crs84(crs: CRS, *, always_xy: bool) -> Transformer:
    """Longitude, latitude become east, north, or what the authority has as first and second axis.

    SRGI2013 and WGS 84 are taken as one (the null transformation): PROJ's own choice would shift by 0.2 m.
    """
    geodetic = crs.geodetic_crs
    if geodetic is None or epsg_number(geodetic) not in _SRGI2013:
        return Transformer.from_crs(CRS84, crs, always_xy=always_xy)
    base = geodetic.to_2d().to_json_dict()
    base["coordinate_system"]["axis"].sort(key=lambda axis: axis["direction"] != "east")
    base.pop("id", None)
    return Transformer.from_crs(CRS.from_json_dict(base), crs.to_2d(), always_xy=always_xy)


def epsg_number(crs: CRS) -> str | None:
    """Its number even where axes are in another order than EPSG's: files hold x, y in either case."""
    authority = crs.to_authority("EPSG", min_confidence=70)
    if not authority and crs.is_geographic:
        try:
            authority = CRS.from_wkt(crs.to_wkt("WKT1_GDAL")).to_authority("EPSG", min_confidence=70)
        except CRSError:
            return None
    return authority[1] if authority else None
