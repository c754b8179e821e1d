"""Data that lie in the wrong place: the likely systems are drawn over the city, and a person picks."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pyproj
import pytest
from lxml import html

from tests.conftest import City
from tests.pages.desk import Seat
from tests.pages.test_desks import HERE, SAMPLE, points


@pytest.fixture
def produsen(embedded_city: City) -> Seat:
    return Seat(embedded_city, "produsen")


def offered(seat: Seat) -> dict[str, str]:
    """Each choice with its words."""
    choices: list[html.HtmlElement] = seat.page.xpath('//input[@name="system"]')
    return {choice.get("value"): " ".join(choice.getparent().text_content().split()) for choice in choices}


def collection(seat: Seat, id: str) -> dict[str, Any]:
    record = seat.city.journey.records.submission(id)
    assert record is not None
    assert record.manifest is not None
    found: dict[str, Any] = record.manifest["collections"][0]
    return found


def pick(seat: Seat, id: str, system: str) -> None:
    seat.press(f"/meja/pengajuan/{id}/cara-baca", system=system)
    seat.read(id)


def table(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_swapped_axes_are_offered_where_the_file_is_refused_and_put_right_by_a_pick(produsen: Seat) -> None:
    swapped = points(*[(lat, lon) for lon, lat in (HERE, (109.68, -6.88))])
    id = produsen.enter("Tertukar", swapped, "tertukar.geojson")
    assert produsen.says("Bujur dan lintang tampaknya tertukar")
    assert "100 % di Kota Pekalongan" in offered(produsen)["EPSG:4326 swapped"]
    assert "EPSG:4326" not in offered(produsen)
    pick(produsen, id, "EPSG:4326 swapped")
    assert collection(produsen, id)["bbox"] == [109.675, -6.889, 109.68, -6.88]
    assert offered(produsen) == {}


def test_swapped_axes_of_another_city_are_offered_too(produsen: Seat) -> None:
    produsen.enter("Jakarta Tertukar", points((-6.2, 106.8), (-6.17, 106.82)), "jakarta.geojson")
    choices = offered(produsen)
    assert "di tempat lain di Indonesia" in choices["EPSG:4326 swapped"]
    assert "EPSG:4326" not in choices


def test_a_wrong_zone_is_seen_and_the_right_one_offered(produsen: Seat, tmp_path: Path) -> None:
    frame = geopandas.read_file(SAMPLE / "tps.geojson").to_crs(32749)[["geometry"]]
    frame.set_crs(32748, allow_override=True).to_file(tmp_path / "tps.gpkg")
    id = produsen.enter("Salah Zona", (tmp_path / "tps.gpkg").read_bytes(), "tps.gpkg")
    assert produsen.says("Hampir semua data jatuh di luar Kota Pekalongan")
    assert {"EPSG:32749", "EPSG:9489", "EPSG:23879"} <= set(offered(produsen))
    assert not any(choice.endswith("swapped") for choice in offered(produsen))
    pick(produsen, id, "EPSG:9489")
    assert offered(produsen) == {}
    assert collection(produsen, id)["source_crs"] == "EPSG:9489"
    assert produsen.says("dibaca sebagai EPSG:9489, seperti yang dipilih")
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    produsen.press(f"/meja/pengajuan/{id}/cara-baca", crs="")
    produsen.read(id)
    assert produsen.says("Hampir semua data jatuh di luar Kota Pekalongan")


@pytest.mark.parametrize(("system", "name"), [("EPSG:23835", "TM-3 zona 49.1"), ("EPSG:3857", "Web Mercator")])
def test_a_shapefile_without_prj_is_placed_by_its_coordinates(
    produsen: Seat, tmp_path: Path, system: str, name: str
) -> None:
    frame = geopandas.read_file(SAMPLE / "tps.geojson").to_crs(system)[["geometry"]]
    frame.to_file(tmp_path / "tps.shp")
    with zipfile.ZipFile(tmp_path / "tps.zip", "w") as archive:
        for part in ("shp", "shx", "dbf"):
            archive.write(tmp_path / f"tps.{part}", f"tps.{part}")
    produsen.enter("Tanpa Prj", (tmp_path / "tps.zip").read_bytes(), "tps.zip")
    assert list(offered(produsen)) == [system]
    assert f"{name} {system} 100 % di Kota Pekalongan" in offered(produsen)[system]
    assert produsen.page.xpath('//input[@name="system" and @checked]')


UTM = pyproj.Transformer.from_crs(4326, 32749, always_xy=True).transform(*HERE)


@pytest.mark.parametrize(
    ("row", "system"),
    [
        ({"nama": "Pos", "lintang": "-6,889", "bujur": "109,675"}, "EPSG:4326"),
        ({"nama": "Pos", "LAT": "6° 53' 20,4\" LS", "LON": "109° 40' 30\" BT"}, "EPSG:4326"),
        ({"nama": "Pos", "Koordinat X": f"{UTM[0]:.1f}", "Koordinat Y": f"{UTM[1]:.1f}"}, "EPSG:32749"),
        ({"nama": "Pos", "lat": "109.67501", "lon": "-6.88901"}, "EPSG:4326 swapped"),
    ],
    ids=["koma", "derajat-menit-detik", "utm", "tertukar"],
)
def test_coordinates_in_columns_become_a_map_when_somebody_picks(
    produsen: Seat, row: dict[str, object], system: str
) -> None:
    content = table([row, row | {"nama": "Pos 2"}])
    id = produsen.enter("Titik Tabel", content, "titik.csv", kind="geospatial")
    assert produsen.says("berisi koordinat")
    assert "100 %" in offered(produsen)[system]
    pick(produsen, id, system)
    found = collection(produsen, id)
    assert found["geometry_type"] == "Point"
    assert found["bbox"] == pytest.approx([*HERE, *HERE], abs=2e-5)
    assert {field["label"] for field in found["fields"]} == set(row)
    assert offered(produsen) == {}
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    produsen.press(f"/meja/pengajuan/{id}/cara-baca", x="", y="", crs="")
    produsen.read(id)
    assert collection(produsen, id)["geometry_type"] is None


def test_a_statistical_table_is_not_asked_for_points(produsen: Seat) -> None:
    produsen.enter("Jumlah", table([{"nama": "A", "lat": -6.889, "lon": 109.675}]), "a.csv", kind="statistics")
    assert offered(produsen) == {}


def test_data_of_another_place_are_not_asked_about(produsen: Seat) -> None:
    produsen.enter("Jakarta", points((106.82, -6.17), (106.83, -6.18)), "jakarta.geojson")
    assert produsen.says("terletak di luar Kota Pekalongan")
    assert offered(produsen) == {}
