"""The lines that a dataset's page gives people to copy do what the page says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import geopandas
import pytest
from lxml import html

from tests.interop.conftest import MAP_OF_TABLE, TABLE, Live, call, program

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("without_proxy")]


def lines(sebar: Live, dataset: str, used: str) -> str:
    """As they stand on the page."""
    with urlopen(f"{sebar.url}/data/{dataset}", timeout=60) as page:  # noqa: S310 - loopback
        shown: Any = html.parse(page).getroot()
    uses = {use.findtext("summary"): use.findtext(".//code") for use in shown.find_class("use")}
    return str(uses[used])


@pytest.mark.parametrize(("dataset", "count"), [("lokasi-sekolah", 82), ("jaringan-jalan", 59), (TABLE, 135)])
def test_the_lines_for_python_run(sebar: Live, tmp_path: Path, dataset: str, count: int) -> None:
    script = tmp_path / "salinan.py"
    tell = (
        "\n\nprint(len(data), len(globals().get('semua', data)), 0 < len(globals().get('bagian', data)) <= len(data))\n"
    )
    script.write_text(lines(sebar, dataset, "Python") + tell)
    assert call([sys.executable, str(script)]).split() == [str(count), str(count), "True"]


@pytest.mark.parametrize(
    ("dataset", "layer", "count"), [("lokasi-sekolah", "lokasi-sekolah", 82), (TABLE, MAP_OF_TABLE, 135)]
)
def test_the_lines_for_gdal_run(sebar: Live, tmp_path: Path, dataset: str, layer: str, count: int) -> None:
    """Of a table that is drawn as a map they fetch the map."""
    program("ogr2ogr")
    script = tmp_path / "salinan.sh"
    script.write_text(f"cd {tmp_path}\nset -e\n{lines(sebar, dataset, 'GDAL')}\n")
    call(["bash", str(script)])
    assert len(geopandas.read_file(tmp_path / f"{layer}.gpkg")) == count
    assert 0 < len(geopandas.read_file(tmp_path / "bagian.gpkg")) < count


def test_the_addresses_for_r_excel_and_qgis_answer(sebar: Live) -> None:
    """R itself is not here; sf reads with GDAL, as the lines above do."""
    for dataset in ("lokasi-sekolah", TABLE):
        for used in ("R", "Excel", "QGIS", "ArcGIS Pro"):
            found = [
                part for part in lines(sebar, dataset, used).replace("OAPIF:", "").split('"') if part.startswith("http")
            ]
            assert found, used
            for address in found:
                with urlopen(address, timeout=60) as answer:  # noqa: S310 - loopback
                    assert answer.status == 200
