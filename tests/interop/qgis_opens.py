"""Run by QGIS's own Python: opens layers of files and prints how they are drawn and named, as JSON."""

import json
import sys

from qgis.core import QgsApplication, QgsVectorLayer


def look(source: str) -> dict:
    layer = QgsVectorLayer(source, "lapisan", "ogr")
    said, loaded = layer.loadDefaultStyle()
    symbol = layer.renderer().symbol().symbolLayer(0) if layer.isSpatial() else None
    return {
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "style": [said, loaded],
        "symbol": symbol and symbol.layerType(),
        "colour": symbol and symbol.color().name(),
        "aliases": {field.name(): layer.attributeAlias(at) for at, field in enumerate(layer.fields())},
    }


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    found = [look(source) for source in sys.argv[1:]]
    sys.stdout.write("JSON:" + json.dumps(found) + "\n")
    sys.stdout.flush()
    application.exitQgis()


main()
