"""KML and GML, gone through once with expat before GDAL sees them: no declarations, no depth, nothing elsewhere.

Features are counted here, and the columns that hold something: each leaf of a GML feature by its path, and of a KML
placemark its name, its description and its extended data.
"""

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from server.crs84 import CRS84
from server.intake import crs
from server.intake.content import Content, Format
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_DEPTH_AT_MOST = 64
_PIECE = 2**20
_MEMBERS = ("featureMember", "featureMembers", "member")
_NAMES_OF_SHAPES = """
Point MultiPoint LineString MultiLineString LinearRing Polygon MultiPolygon Curve MultiCurve CompositeCurve
OrientableCurve Surface MultiSurface CompositeSurface OrientableSurface PolyhedralSurface TriangulatedSurface Tin
Solid MultiSolid CompositeSolid MultiGeometry GeometryCollection Box Model Track MultiTrack
"""
_SHAPES = frozenset(_NAMES_OF_SHAPES.split())
_FOLDERS = ("kml", "Document", "Folder")
_OF_PLACEMARKS = {("name",): "Name", ("description",): "description"}


@dataclass
class Counted:
    """One layer: its features, and the names of the columns that hold something."""

    features: int = 0
    columns: set[str] = field(default_factory=set)


@dataclass
class _Seen:
    """What stands in the file. `crs` are the names of coordinate systems in their order, without repetition; `layers`
    are the types of GML features, or the folders of KML, in their order. `feature` and `shape` are the depths of those
    that are open, 0 where none is.
    """

    stack: list[str] = field(default_factory=list)
    root: str = ""
    crs: dict[str, None] = field(default_factory=dict)
    elsewhere: bool = False
    layers: dict[str, Counted] = field(default_factory=dict)
    folders: list[Counted] = field(default_factory=list)
    layer: Counted = field(default_factory=Counted)
    feature: int = 0
    shape: int = 0
    named: str = ""
    text: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        if len(self.stack) >= _DEPTH_AT_MOST:
            raise refused("GEOM_DEPTH", most=_DEPTH_AT_MOST)
        is_member = len(self.stack) == 2 and self.stack[-1] in _MEMBERS
        is_placemark = local in ("Placemark", "GroundOverlay") and "Placemark" not in self.stack
        for said, value in attributes.items():
            if said == "srsName" and len(self.crs) < 10:
                self.crs[value] = None
            self.elsewhere |= said.endswith(":href") and "://" in value
        self.elsewhere |= local == "NetworkLink"
        self._tell()
        self.stack.append(local)
        if self.root == "kml" and local in _FOLDERS:
            self.folders.append(self.layers.setdefault(str(len(self.layers)), Counted()))
        if is_placemark if self.root == "kml" else is_member:
            self.layer = self.folders[-1] if self.root == "kml" else self.layers.setdefault(local, Counted())
            self.layer.features += 1
            self.feature = len(self.stack)
        if self.feature and not self.shape:
            self._name(local, attributes)

    def _name(self, local: str, attributes: dict[str, str]) -> None:
        """Of the column that an element will be, with those that GDAL makes of its attributes."""
        if local in _SHAPES:
            self.shape = len(self.stack)
        elif local in ("Data", "SimpleData"):
            self.named = attributes.get("name", "")
        for said, column in (("gml:id", "gml_id"), ("uom", "/".join(self.stack[self.feature :]) + "_uom")):
            if said in attributes and (said == "uom" or len(self.stack) == self.feature):
                self.layer.columns.add(column)

    def end(self, _: str) -> None:
        self._tell()
        self.shape *= self.shape != len(self.stack)
        self.feature *= self.feature != len(self.stack)
        if self.stack.pop() in _FOLDERS and self.folders:
            self.folders.pop()

    def said(self, text: str) -> None:
        if self.feature and not self.shape:
            self.text += text

    def _tell(self) -> None:
        """The text of the element that ends, or inside which another begins, is a value of its column."""
        path = tuple(self.stack[self.feature :])
        if path and self.text.strip():
            if self.root != "kml":
                self.layer.columns.add("/".join(path))
            elif path[-1] == "SimpleData" or path[-2:] == ("Data", "value"):
                self.layer.columns.add(self.named)
            elif path in _OF_PLACEMARKS:
                self.layer.columns.add(_OF_PLACEMARKS[path])
        self.text = ""


def look_at(path: Path, link: Path, layer: str) -> Content:
    """`link` is the file under its proper ending. Raises BadUpload: XML_DTD, XML_BROKEN, GEOM_DEPTH, EMPTY, CRS_LINK,
    CRS_UNKNOWN, TYPE_MISMATCH."""
    seen = _gone_through(path)
    layers = tuple((each.features, frozenset(each.columns)) for each in seen.layers.values() if each.features)
    if seen.root != "kml" and not layers:
        raise refused("TYPE_MISMATCH", "xml") if "FeatureCollection" not in seen.root else refused("EMPTY", "features")
    if not layers:
        raise refused("EMPTY", "features")
    remarks = (Finding("REMOTE_REF_IGNORED", Severity.WARNS),) if seen.elsewhere else ()
    count = sum(features for features, _ in layers)
    if seen.root == "kml":
        return Content(Format.KML, link, count, CRS84, layer=layer, remarks=remarks, layers=layers)
    named = crs.identify(next(iter(seen.crs))) if seen.crs else None
    return Content(Format.GML, link, count, named, layer=layer, remarks=remarks, layers=layers)


def _gone_through(path: Path) -> _Seen:
    seen, parser = _Seen(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = seen.start, seen.end
    parser.StartDoctypeDeclHandler, parser.CharacterDataHandler, parser.buffer_text = _refuse_doctype, seen.said, True
    try:
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as fault:  # LookupError: an encoding that nobody knows
        raise refused("XML_BROKEN", where={"row": parser.ErrorLineNumber}, row=parser.ErrorLineNumber) from fault
    return seen


def _refuse_doctype(*_: object) -> None:
    raise refused("XML_DTD", "file")
