"""QGIS opens the files, draws them in the portal's colours and names their columns."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import shapely

from server.release.formats import write, write_all
from tests.interop.conftest import absent, call
from tests.release.layers import build, layer_of, schools, squares
from workflow.layer import FieldType

pytestmark = pytest.mark.interop

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("qgis_opens.py")
LAYERS = {
    "titik": (schools(), "SimpleMarker"),
    "bidang": (squares(5), "SimpleFill"),
    "garis": (
        layer_of({"nomor": (FieldType.INTEGER, [1])}, [shapely.LineString([(109, -6), (110, -7)])]),
        "SimpleLine",
    ),
}
TITLE = 'Nomor "urut" <&>'


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What QGIS says of each layer: by itself, in its UTM zone, and in the file of all layers."""
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"]).returncode:
        absent("PyQGIS (python3-qgis)")
    home = tmp_path_factory.mktemp("qgis")
    sources, releases = {}, []
    for id, (layer, _) in LAYERS.items():
        metadata = {"title": id, "fields": [{"name": "nomor", "title": TITLE}]}
        manifest = build(layer, home / id, dataset=id, metadata=metadata)
        write(home / f"{id}-utm.gpkg", "data-utm49s.gpkg", home / id, manifest["collections"][0])
        releases.append((home / id, manifest))
        sources[id] = f"{home / id / 'data.gpkg'}|layername=data"
        sources[f"{id} UTM"] = f"{home / id}-utm.gpkg|layername={id}"
        sources[f"{id} semua"] = f"{home / 'semua.gpkg'}|layername={id}"
    write_all(home / "semua.gpkg", releases)
    said = call(
        [SYSTEM_PYTHON, str(SCRIPT), *sources.values()],
        QT_QPA_PLATFORM="offscreen",
        HOME=str(home),
        XDG_RUNTIME_DIR=str(home),
        PYTHONPATH="",
    )
    found = json.loads(next(line for line in said.splitlines() if line.startswith("JSON:"))[5:])
    return dict(zip(sources, found, strict=True))


@pytest.mark.parametrize("where", ["", " UTM", " semua"])
@pytest.mark.parametrize("id", LAYERS)
def test_a_layer_opens_with_its_style(looks: dict[str, dict[str, Any]], id: str, where: str) -> None:
    look = looks[id + where]
    assert look["valid"]
    assert look["count"] == len(LAYERS[id][0])
    assert look["crs"] == ("EPSG:32749" if where == " UTM" else "EPSG:4326")
    assert look["style"][1] is True
    assert (look["symbol"], look["colour"]) == (LAYERS[id][1], "#20407a")


@pytest.mark.parametrize("where", ["", " UTM", " semua"])
def test_columns_have_their_titles_as_aliases(looks: dict[str, dict[str, Any]], where: str) -> None:
    assert looks["bidang" + where]["aliases"]["nomor"] == TITLE
