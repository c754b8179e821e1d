"""Run by QGIS's own Python: loads layers through the OAPIF provider and prints what it got as JSON.

Called with the address of /ogc and a JSON list of what to load: collection, and perhaps `box` or `filter`.
"""

import json
import sys

from qgis.core import Qgis, QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer, QgsWkbTypes


def facts(url: str, asked: dict) -> dict:
    source = f"url='{url}' typename='{asked['collection']}' pagingEnabled='true'"
    source += " restrictToRequestBBOX='1'" if "box" in asked else ""
    layer = QgsVectorLayer(source, asked["collection"], "OAPIF")
    if not layer.isValid():
        return {"valid": False, "error": layer.error().summary()}
    if "filter" in asked and not layer.setSubsetString(asked["filter"]):
        return {"valid": False, "error": "the filter is refused"}
    request = QgsFeatureRequest()
    if "box" in asked:
        request.setFilterRect(QgsRectangle(*asked["box"]))
    rows = list(layer.getFeatures(request))
    extent = layer.extent()
    names = layer.fields().names()
    return {
        "valid": True,
        "count": layer.featureCount(),
        "read": len(rows),
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "crs": layer.crs().authid(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "numeric": [field.name() for field in layer.fields() if field.isNumeric()],
        "rows": [{name: str(row[name]) for name in names} for row in rows[:300]],
        "with_geometry": sum(row.hasGeometry() for row in rows),
    }


def main() -> None:
    url, asked = sys.argv[1], json.loads(sys.argv[2])
    application = QgsApplication([], False)
    application.initQgis()
    found = {"version": Qgis.QGIS_VERSION, "layers": [facts(url, one) for one in asked]}
    sys.stdout.write("JSON:" + json.dumps(found) + "\n")
    sys.stdout.flush()
    application.exitQgis()


main()
