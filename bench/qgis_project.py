"""Run by QGIS's own Python: writes the project that QGIS Server serves. Arguments: project, port of PostgreSQL."""

import sys

from qgis.core import QgsApplication, QgsDataSourceUri, QgsProject, QgsVectorLayer

path, port = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
qgis = QgsApplication([], False)
qgis.initQgis()
project = QgsProject.instance()
ids = []
for name in ("bangunan", "kelurahan"):
    uri = QgsDataSourceUri()
    uri.setConnection("127.0.0.1", port, "bench", "postgres", "")
    uri.setDataSource("public", name, "geom", "", "nomor")
    uri.setUseEstimatedMetadata(True)
    layer = QgsVectorLayer(uri.uri(), name, "postgres")
    if not layer.isValid():
        sys.exit(f"{name}: {layer.error().message()}")
    layer.setShortName(name)
    project.addMapLayer(layer)
    ids.append(layer.id())
    project.writeEntry("WFSLayersPrecision", f"/{layer.id()}", 7)
project.writeEntry("WFSLayers", "/", ids)
if not project.write(path):
    sys.exit(project.error())
qgis.exitQgis()
