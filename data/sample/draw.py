"""Draws the sample city's files again: .venv/bin/python data/sample/draw.py

Nothing here is measured: schools, roads, floods and counts are invented, from one fixed seed.
"""

import csv
import io
import os
import re
import tempfile
import zipfile
from pathlib import Path

os.environ["OGR_CURRENT_DATE"] = "2026-01-05T00:00:00.000Z"


import city
import counts
import geopandas
import numpy as np
import openpyxl
import places
import shapely
import streets
import typst
from shapely import Polygon

HERE = Path(__file__).parent
SEED = 3375


def kelurahan_layer(rows) -> geopandas.GeoDataFrame:
    kept = ("kode_kemendagri", "kode_bps", "nama_kelurahan", "kode_kecamatan", "nama_kecamatan", "luas_km2")
    data = [{name: row[name] for name in kept} | {"status": city.STATUS} for row in rows]
    return geopandas.GeoDataFrame(data, geometry=[row["geometry"] for row in rows], crs="EPSG:4326")


def kecamatan_layer(kelurahan) -> geopandas.GeoDataFrame:
    data = []
    for code, (bps, name) in city.KECAMATAN.items():
        parts = kelurahan[kelurahan.kode_kecamatan == code]
        data.append(
            {
                "kode_kemendagri": code,
                "kode_bps": bps,
                "nama_kecamatan": name,
                "jumlah_kelurahan": len(parts),
                "luas_km2": round(float(parts.luas_km2.sum()), 3),
                "status": city.STATUS,
                "geometry": shapely.coverage_union_all(parts.geometry.values),
            }
        )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")


def in_metres(kelurahan) -> dict[str, Polygon]:
    return dict(zip(kelurahan.nama_kelurahan, kelurahan.to_crs("EPSG:32749").geometry, strict=True))


def write_gpkg(layer: geopandas.GeoDataFrame, name: str) -> None:
    path = HERE / f"{name}.gpkg"
    path.unlink(missing_ok=True)
    layer.to_file(path, layer=name.replace("-", "_"), driver="GPKG", engine="pyogrio", SPATIAL_INDEX="YES")


def write_geojson(layer: geopandas.GeoDataFrame, name: str) -> None:
    path = HERE / f"{name}.geojson"
    path.unlink(missing_ok=True)
    layer.to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES", COORDINATE_PRECISION=7)


def write_shapefile(layer: geopandas.GeoDataFrame, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layer.to_file(
            Path(folder) / f"{name}.shp", engine="pyogrio", ENCODING="UTF-8", DBF_DATE_LAST_UPDATE="2026-01-05"
        )
        write_zip(HERE / f"{name}.zip", {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())})


def write_csv(table: list[list[object]], name: str) -> None:
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(table)


def write_xlsx(table: list[list[object]], name: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for row in table:
        book.active.append(row)
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    core = "docProps/core.xml"
    parts[core] = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", b"2026-01-05T00:00:00Z", parts[core])
    write_zip(HERE / f"{name}.xlsx", parts)


def write_zip(path: Path, parts: dict[str, bytes]) -> None:
    """With one moment for every part, so that the same city gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 5, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def main() -> None:
    rows = city.coverage(np.random.default_rng(SEED))
    kelurahan = kelurahan_layer(rows)
    shapes = in_metres(kelurahan)
    outline = shapely.union_all(list(shapes.values()), grid_size=0.1).buffer(0)

    def rng(offset: int) -> np.random.Generator:
        return np.random.default_rng(SEED + offset)

    write_gpkg(kelurahan, "kelurahan")
    write_geojson(kecamatan_layer(kelurahan), "kecamatan")
    roads = streets.roads(outline, rng(1))
    write_shapefile(roads, "jalan")
    write_shapefile(streets.roads_a_year_later(roads, rng(2)), "jalan-2026")
    write_geojson(streets.alleys_with_faults(outline, rng(3)), "jalan-lingkungan")
    buildings = places.schools(rows, shapes, rng(4))
    write_gpkg(buildings, "sekolah")
    write_gpkg(places.schools_with_faults(buildings), "sekolah-2026")
    write_geojson(places.floods(rows, shapes, rng(5)), "genangan-rob")
    write_geojson(places.health_places(rows, shapes, rng(6)), "fasilitas-kesehatan")
    write_gpkg(places.pump_houses(rows, shapes, rng(7)), "rumah-pompa")
    write_geojson(places.waste_places(rows, shapes, rng(8)), "tps")
    write_shapefile(places.green_spaces(rows, shapes, rng(9)), "ruang-terbuka-hijau")
    write_csv(counts.population(rows, rng(10)), "penduduk")
    write_xlsx(counts.batik_makers(rows, rng(11)), "ikm-batik")
    write_csv(counts.pupils(rows, rng(12)), "murid")
    write_csv(counts.waste(rows, rng(13)), "timbulan-sampah")
    (HERE / "berita-acara.pdf").write_bytes(typst.compile(str(HERE / "berita-acara.typ")))


if __name__ == "__main__":
    main()
