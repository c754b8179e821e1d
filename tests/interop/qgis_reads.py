"""Run by QGIS's own Python: loads collections through the OAPIF provider and prints what it got as JSON."""

import json
import sys

from qgis.core import QgsApplication, QgsVectorLayer, QgsWkbTypes


def facts(url: str, collection: str) -> dict:
    layer = QgsVectorLayer(f"url='{url}' typename='{collection}'", collection, "OAPIF")
    if not layer.isValid():
        return {"valid": False, "error": layer.error().summary()}
    rows = list(layer.getFeatures())
    extent = layer.extent()
    return {
        "valid": True,
        "count": layer.featureCount(),
        "read": len(rows),
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "crs": layer.crs().authid(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "numeric": [field.name() for field in layer.fields() if field.isNumeric()],
        "first": {name: str(rows[0][name]) for name in layer.fields().names()} if rows else {},
        "with_geometry": sum(row.hasGeometry() for row in rows),
    }


def main() -> None:
    url, *collections = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    found = {collection: facts(url, collection) for collection in collections}
    sys.stdout.write("JSON:" + json.dumps(found) + "\n")
    sys.stdout.flush()
    application.exitQgis()


main()
