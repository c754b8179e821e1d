"""The XML namespaces of the catalogue, and makers of elements in them (lxml escapes what they hold)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from lxml import etree
from lxml.builder import ElementMaker

CSW = "http://www.opengis.net/cat/csw/2.0.2"
DC = "http://purl.org/dc/elements/1.1/"
DCT = "http://purl.org/dc/terms/"
GCO = "http://www.isotc211.org/2005/gco"
GMD = "http://www.isotc211.org/2005/gmd"
GML = "http://www.opengis.net/gml"
GML32 = "http://www.opengis.net/gml/3.2"
OGC = "http://www.opengis.net/ogc"
OWS = "http://www.opengis.net/ows"
XLINK = "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

Node = etree._Element
Parts = list[Node]


def maker(namespace: str, **prefixes: str) -> Callable[..., Node]:
    return cast("Callable[..., Node]", ElementMaker(namespace=namespace, nsmap=prefixes))
