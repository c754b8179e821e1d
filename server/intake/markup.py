"""KML and GML, gone through once with expat before GDAL sees them: no declarations, no depth, nothing elsewhere."""

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


@dataclass
class _Seen:
    """What stands in the file. `crs` are the names of coordinate systems in their order, without repetition."""

    stack: list[str] = field(default_factory=list)
    root: str = ""
    features: int = 0
    crs: dict[str, None] = field(default_factory=dict)
    elsewhere: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        if len(self.stack) >= _DEPTH_AT_MOST:
            raise refused("GEOM_DEPTH", most=_DEPTH_AT_MOST)
        is_member = len(self.stack) == 2 and self.stack[-1] in _MEMBERS
        is_placemark = local in ("Placemark", "GroundOverlay") and "Placemark" not in self.stack
        self.features += is_placemark if self.root == "kml" else is_member
        for said, value in attributes.items():
            if said == "srsName" and len(self.crs) < 10:
                self.crs[value] = None
            self.elsewhere |= said.endswith(":href") and "://" in value
        self.elsewhere |= local == "NetworkLink"
        self.stack.append(local)

    def end(self, _: str) -> None:
        self.stack.pop()


def look_at(path: Path, link: Path, layer: str) -> Content:
    """`link` is the file under its proper ending. Raises BadUpload: XML_DTD, XML_BROKEN, GEOM_DEPTH, EMPTY, CRS_LINK,
    CRS_UNKNOWN, TYPE_MISMATCH."""
    seen = _gone_through(path)
    if seen.root != "kml" and not seen.features:
        raise refused("TYPE_MISMATCH", "xml") if "FeatureCollection" not in seen.root else refused("EMPTY", "features")
    if not seen.features:
        raise refused("EMPTY", "features")
    remarks = (Finding("REMOTE_REF_IGNORED", Severity.WARNS),) if seen.elsewhere else ()
    if seen.root == "kml":
        return Content(Format.KML, link, seen.features, CRS84, layer=layer, remarks=remarks)
    named = crs.identify(next(iter(seen.crs))) if seen.crs else None
    return Content(Format.GML, link, seen.features, named, layer=layer, remarks=remarks)


def _gone_through(path: Path) -> _Seen:
    seen, parser = _Seen(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = seen.start, seen.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
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
