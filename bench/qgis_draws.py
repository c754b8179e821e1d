"""Run by QGIS's own Python: draws a collection and times it. Arguments: address, collection, page size or 0."""

import json
import sys
import time

from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsVectorLayer
from qgis.PyQt.QtCore import QSize

url, collection, page = sys.argv[1:]
application = QgsApplication([], False)
application.initQgis()
started = time.monotonic()
size = f" pageSize='{page}'" if page != "0" else ""
layer = QgsVectorLayer(f"url='{url}' typename='{collection}' pagingEnabled='true'{size}", collection, "OAPIF")
if not layer.isValid():
    sys.exit(layer.error().summary())
loaded = time.monotonic()
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setDestinationCrs(layer.crs())
settings.setExtent(layer.extent())
settings.setOutputSize(QSize(1600, 1200))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
drawn = time.monotonic()
image = job.renderedImage()
places = [(x, y) for x in range(0, 1600, 8) for y in range(0, 1200, 8)]
inked = sum(image.pixelColor(x, y).lightness() < 250 for x, y in places) / len(places)
count = sum(1 for _ in layer.getFeatures())
facts = {"load": loaded - started, "draw": drawn - loaded, "inked": inked, "features": count, "errors": job.errors()}
sys.stdout.write("JSON:" + json.dumps(facts, default=str) + "\n")
sys.stdout.flush()
application.exitQgis()
