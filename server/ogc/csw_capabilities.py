"""What the catalogue service says of itself."""

from __future__ import annotations

from server.ogc.elements import CSW, GMD, GML, OGC, OWS, XLINK, Node, maker
from server.settings import Settings

QUERYABLES = (
    "csw:AnyText dc:identifier dc:title dc:subject dct:abstract dc:type dc:format dct:modified dc:creator dc:publisher "
    "dc:language dc:rights ows:BoundingBox"
)

NAMESPACES = {"csw": CSW, "ows": OWS, "ogc": OGC, "xlink": XLINK, "gml": GML, "gmd": GMD}
csw = maker(CSW, **NAMESPACES)
ows = maker(OWS, **NAMESPACES)
ogc = maker(OGC, **NAMESPACES)


def document(settings: Settings, update_sequence: str) -> Node:
    return csw(
        "Capabilities",
        _identification(settings),
        _provider(settings),
        _operations(f"{settings.url}/csw"),
        _filters(),
        version="2.0.2",
        updateSequence=update_sequence,
    )


def _identification(settings: Settings) -> Node:
    return ows(
        "ServiceIdentification",
        ows("Title", f"Katalog data {settings.city}"),
        ows(
            "Abstract", "Metadata data resmi kota yang telah disetujui dan disebarluaskan, untuk simpul jaringan JIGN."
        ),
        ows("Keywords", *(ows("Keyword", word) for word in ("JIGN", "Satu Data Indonesia", settings.city))),
        ows("ServiceType", "CSW"),
        ows("ServiceTypeVersion", "2.0.2"),
        ows("Fees", "NONE"),
        ows("AccessConstraints", "NONE"),
    )


def _provider(settings: Settings) -> Node:
    address = ows("Address", *([ows("DeliveryPoint", settings.office_address)] if settings.office_address else ()))
    address.append(ows("City", settings.city))
    address.append(ows("Country", "Indonesia"))
    site = ows("OnlineResource", {f"{{{XLINK}}}href": settings.url})
    return ows(
        "ServiceProvider",
        ows("ProviderName", settings.office),
        ows("ProviderSite", {f"{{{XLINK}}}href": settings.url}),
        ows("ServiceContact", ows("ContactInfo", address, site), ows("Role", "pointOfContact")),
    )


def _operations(address: str) -> Node:
    output = {"outputFormat": "application/xml", "outputSchema": f"{CSW} {GMD}", "ElementSetName": "brief summary full"}
    search = {
        "resultType": "hits results",
        "typeNames": "csw:Record gmd:MD_Metadata",
        "CONSTRAINTLANGUAGE": "FILTER CQL_TEXT",
    }
    return ows(
        "OperationsMetadata",
        _operation("GetCapabilities", address, {}),
        _operation("DescribeRecord", address, {"typeName": "csw:Record", "outputFormat": "application/xml"}),
        _operation("GetRecords", address, {**search, **output}, {"SupportedDublinCoreQueryables": QUERYABLES}),
        _operation("GetRecordById", address, output),
        _values("Parameter", "service", "CSW"),
        _values("Parameter", "version", "2.0.2"),
        _values("Constraint", "PostEncoding", "XML"),
    )


def _operation(name: str, address: str, parameters: dict[str, str], constraints: dict[str, str] | None = None) -> Node:
    href = {f"{{{XLINK}}}href": address}
    return ows(
        "Operation",
        ows("DCP", ows("HTTP", ows("Get", href), ows("Post", href))),
        *(_values("Parameter", each, words) for each, words in parameters.items()),
        *(_values("Constraint", each, words) for each, words in (constraints or {}).items()),
        name=name,
    )


def _values(tag: str, name: str, words: str) -> Node:
    return ows(tag, *(ows("Value", word) for word in words.split()), name=name)


def _filters() -> Node:
    comparisons = "LessThan GreaterThan LessThanEqualTo GreaterThanEqualTo EqualTo NotEqualTo Like Between NullCheck"
    spatial = "BBOX Intersects Disjoint Within Contains"
    operands = ogc("GeometryOperands", ogc("GeometryOperand", "gml:Envelope"))
    return ogc(
        "Filter_Capabilities",
        ogc(
            "Spatial_Capabilities",
            operands,
            ogc("SpatialOperators", *(ogc("SpatialOperator", name=name) for name in spatial.split())),
        ),
        ogc(
            "Scalar_Capabilities",
            ogc("LogicalOperators"),
            ogc("ComparisonOperators", *(ogc("ComparisonOperator", name) for name in comparisons.split())),
        ),
        ogc("Id_Capabilities", ogc("EID")),
    )
