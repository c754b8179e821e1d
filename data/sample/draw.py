"""Draws the sample city's files again: .venv/bin/python data/sample/draw.py

Nothing here is measured: schools, roads, floods and counts are invented, from one fixed seed.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import tempfile
import zipfile
from pathlib import Path

os.environ["OGR_CURRENT_DATE"] = "2026-01-05T00:00:00.000Z"


import city
import geopandas
import numpy as np
import openpyxl
import shapely
import typst
from shapely import LineString, MultiPoint, Point, Polygon

HERE = Path(__file__).parent
SEED = 3375
FLOODS = {"2024-05-23": 35, "2024-12-14": 45, "2025-05-26": 40, "2025-12-04": 55, "2026-05-17": 30}
COAST = ("Bandengan", "Kandang Panjang", "Panjang Baru", "Panjang Wetan", "Krapyak", "Degayu", "Padukuhan Kraton")
CENTRE = ("Kauman", "Poncol", "Bendan Kergon", "Sapuro Kebulen", "Podosugih", "Noyontaansari", "Klego")
BATIK = ("Buaran Kradenan", "Banyurip", "Jenggot", "Pasirkratonkramat", "Kauman", "Medono", "Kali Baros")
ROAD_NAMES = """
Parang Kusuma,Kawung,Truntum,Sekar Jagad,Sidomukti,Mega Mendung,Wahyu Tumurun,Cakar Ayam,Buketan,Semen Rama,
Liris,Sawunggaling,Tambal,Gringsing,Udan Liris,Ceplok,Nitik,Lereng Tirta,Tumpal,Isen,Canting,Malam,Gawangan,Prada,
Melati,Kenanga,Cempaka,Kemuning,Flamboyan,Bougenvil,Anggrek,Teratai,Dahlia,Kamboja,Seruni,Wijayakusuma,
Camar,Bangau,Cendrawasih,Kutilang,Merak,Jalak,Walet,Kepodang,Pipit,Rajawali,Blekok,Kuntul,
Tenggiri,Layang,Tongkol,Kakap,Bandeng,Udang,Kerang,Lodan,Tambak,Bakau,Api-Api,Cemara,Dermaga,Menara,Saluran,Tanggul
"""


def noise(rng, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


# The city ------------------------------------------------------------------------------------------------------------


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


# Roads ---------------------------------------------------------------------------------------------------------------


def street_lines(outline: Polygon) -> list[tuple[str, LineString]]:
    """A grid bent by two waves, denser in the middle, as (direction, line)."""
    west, south, east, north = outline.bounds
    width, height = east - west, north - south

    def bent(u, v):
        x = west + width * (u + 0.035 * np.sin(5 * v) + 0.02 * np.sin(9 * u * v + 1))
        y = south + height * (v + 0.03 * np.sin(4.4 * u + 0.6) - 0.05 * (u - 0.5))
        return np.column_stack([x, y])

    along = np.linspace(-0.05, 1.05, 90)
    rows = (0.08, 0.19, 0.3, 0.4, 0.475, 0.545, 0.62, 0.72, 0.83, 0.91)
    columns = (0.1, 0.22, 0.34, 0.43, 0.52, 0.63, 0.75, 0.88)
    lines = [("timur-barat", LineString(bent(along, np.full(90, v)))) for v in rows]
    return lines + [("utara-selatan", LineString(bent(np.full(90, u), along))) for u in columns]


def sections(line: LineString, others: list[LineString], inside: Polygon, rng) -> list[LineString]:
    """The line inside the city, cut at every second or third crossing."""
    kept = line & inside
    parts = []
    for piece in (long for long in getattr(kept, "geoms", [kept]) if long.length > 900):
        crossings = sorted(piece.project(point) for point in _points(piece, others))
        cuts = [0.0, *crossings[:: int(rng.integers(2, 4))][1:], piece.length]
        parts += [
            shapely.ops.substring(piece, start, end) for start, end in itertools.pairwise(cuts) if end - start > 180
        ]
    return parts


def _points(piece: LineString, others: list[LineString]) -> list[Point]:
    found = [piece & other for other in others]
    return [point for each in found if not each.is_empty for point in getattr(each, "geoms", [each])]


def roads(outline: Polygon, rng) -> geopandas.GeoDataFrame:
    inside = outline.buffer(-60)
    lines = street_lines(outline)
    names = [name.strip() for name in ROAD_NAMES.replace("\n", "").split(",")]
    order = list(rng.permutation(len(names)))
    data = []
    for number, (direction, line) in enumerate(lines):
        others = [other for way, other in lines if way != direction]
        status = {4: "nasional", 2: "provinsi", 14: "provinsi"}.get(number, "kota" if number % 3 else "lingkungan")
        for section in sections(line, others, inside, rng):
            data.append(_road(len(data) + 1, names[order[len(data) % len(names)]], status, section, rng))
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749")


def _road(number: int, name: str, status: str, line: LineString, rng) -> dict[str, object]:
    line = shapely.set_precision(line.simplify(1.5), 0.001)
    width = {"nasional": (12, 15), "provinsi": (8, 11), "kota": (5, 8), "lingkungan": (3, 5)}[status]
    return {
        "no_ruas": f"33.75.{number:03d}",
        "nama_ruas": name if name.startswith("Gang") else f"Jalan {name}",
        "status": status,
        "lebar_m": round(noise(rng, *width), 1),
        "panjang_m": round(line.length, 1),
        "permukaan": "aspal" if status != "lingkungan" else str(rng.choice(["paving", "beton", "aspal"])),
        "kondisi": str(rng.choice(["baik", "sedang", "rusak ringan", "rusak berat"], p=[0.6, 0.25, 0.1, 0.05])),
        "tahun": 2025,
        "geometry": line,
    }


def roads_a_year_later(roads_2025: geopandas.GeoDataFrame, rng) -> geopandas.GeoDataFrame:
    """Two removed, one rerouted, some repaired, a new one that leaves the city: a comparison and a warning."""
    later = roads_2025.drop(index=[7, 31]).reset_index(drop=True)
    later["tahun"] = 2026
    repaired = later.kondisi == "rusak berat"
    later.loc[repaired, "kondisi"] = "baik"
    line = later.geometry.iloc[20]
    moved = LineString(
        [(x, y + 18 * np.sin(np.pi * i / (len(line.coords) - 1))) for i, (x, y) in enumerate(line.coords)]
    )
    later.loc[20, "geometry"] = moved
    later.loc[20, "panjang_m"] = round(moved.length, 1)
    start = min((end for line in later.geometry for end in (line.coords[0], line.coords[-1])), key=lambda end: end[0])
    bend, end = (start[0] - 900, start[1] + 40), (start[0] - 1500, start[1] - 30)
    new = [
        _road(number, "Lingkar Contoh", "kota", LineString(line), rng) | {"tahun": 2026}
        for number, line in ((90, (start, bend)), (91, (bend, end)))
    ]
    return geopandas.GeoDataFrame([*later.to_dict("records"), *new], geometry="geometry", crs="EPSG:32749")


def alleys_with_faults(outline: Polygon, rng) -> geopandas.GeoDataFrame:
    """Neighbourhood roads as they arrive sometimes: one has no length, one lies in the sea, one has no geometry."""
    middle = np.array(outline.centroid.coords[0])
    data = []
    for number in range(1, 13):
        start = middle + rng.uniform(-900, 900, 2)
        line = LineString([start, start + rng.uniform(-160, 160, 2)])
        data.append(_road(200 + number, f"Gang Contoh {number}", "lingkungan", line, rng))
    data[3]["geometry"] = LineString([middle, middle])
    data[3]["panjang_m"] = 0.0
    data[7]["geometry"] = shapely.affinity.translate(data[7]["geometry"], 0, 15_000)
    data[9]["geometry"] = None
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:4326")


# Points and patches --------------------------------------------------------------------------------------------------


def spots(area: Polygon, count: int, rng, *, apart: float = 120, margin: float = 60) -> list[Point]:
    """Points inside the area, away from its edge and from each other."""
    inside = area.buffer(-margin)
    west, south, east, north = inside.bounds
    found: list[Point] = []
    while len(found) < count:
        point = Point(round(noise(rng, west, east), 2), round(noise(rng, south, north), 2))
        if inside.contains(point) and (not found or MultiPoint(found).distance(point) > apart):
            found.append(point)
    return found


def blob(centre: Point, radius: float, rng) -> Polygon:
    turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    waves = sum(rng.normal(0, 0.16) * np.sin(k * turns + noise(rng, 0, 6)) for k in (2, 3, 4))
    reach = radius * (1 + waves)
    return Polygon(np.column_stack([centre.x + reach * np.cos(turns) * 1.5, centre.y + reach * np.sin(turns)]))


def area_columns(rows, name: str) -> dict[str, str]:
    code = next(row["kode_kemendagri"] for row in rows if row["nama_kelurahan"] == name)
    return {"kode_kelurahan": str(code), "nama_kelurahan": name}


def schools(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data, plan = [], {"SD": 27, "MI": 14, "SMP": 16, "MTs": 9, "SMA": 8, "SMK": 8}
    places = {name: spots(shape, 5, rng) for name, shape in shapes.items()}
    names = list(shapes)
    for level, count in plan.items():
        for number in range(count):
            name = names[(number + len(data)) % 27]
            state = level not in ("MI", "MTs") and rng.random() < 0.7
            size = {"SD": 190, "MI": 160, "SMP": 480, "MTs": 320, "SMA": 720, "SMK": 840}[level]
            title = f"{level} {'Negeri' if state else 'Swasta'} Contoh {name}"
            data.append(
                {
                    "npsn": f"00{33750 + len(data) * 7:06d}",
                    "nama_sekolah": f"{title} {number % 3 + 1:02d}" if level in ("SD", "MI") else title,
                    "jenjang": level,
                    "status": "negeri" if state else "swasta",
                    **area_columns(rows, name),
                    "rombel": int(max(6, size // 30 + rng.integers(-2, 4))),
                    "siswa_l": int(size * noise(rng, 0.42, 0.58)),
                    "siswa_p": int(size * noise(rng, 0.40, 0.57)),
                    "geometry": places[name].pop(),
                }
            )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:9489")


def schools_with_faults(correct: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Next year's list: one code beside another kelurahan's name, one code that does not exist, one NPSN twice."""
    later = correct.drop(index=[11]).reset_index(drop=True)
    later["siswa_l"] = (later.siswa_l * 1.03).round().astype(int)
    later.loc[4, "kode_kelurahan"] = "33.75.04.1002"
    later.loc[17, "kode_kelurahan"] = "33.75.03.1005"
    later.loc[23, "npsn"] = later.loc[22, "npsn"]
    return later


def health_places(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data, kinds = [], ["Puskesmas"] * 14 + ["Klinik"] * 9 + ["Rumah Sakit"] * 3
    for number, kind in enumerate(kinds):
        name = list(shapes)[(number * 5 + 2) % 27]
        beds = {"Puskesmas": int(rng.integers(0, 3)) * 6, "Klinik": 0, "Rumah Sakit": int(rng.integers(60, 180))}[kind]
        data.append(
            {
                "kode_faskes": f"CONTOH-{number + 1:03d}",
                "nama_faskes": f"{kind} Contoh {name}",
                "jenis": kind,
                "rawat_inap": beds > 0,
                "tempat_tidur": beds,
                **area_columns(rows, name),
                "geometry": spots(shapes[name], 1, rng)[0],
            }
        )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:4326")


def pump_houses(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data = []
    for number, name in enumerate((*COAST, "Klego", "Pasirkratonkramat", "Tirto", "Kauman", "Krapyak"), start=1):
        data.append(
            {
                "id_pompa": f"RP-{number:02d}",
                "nama_pompa": f"Rumah Pompa Contoh {name} {number:02d}",
                **area_columns(rows, name),
                "kapasitas_lps": int(rng.choice([250, 500, 750, 1000, 1500])),
                "jumlah_pompa": int(rng.integers(1, 5)),
                "kondisi": str(rng.choice(["baik", "sedang", "rusak ringan"], p=[0.7, 0.2, 0.1])),
                "tahun_bangun": int(rng.integers(2008, 2025)),
                "geometry": spots(shapes[name], 1, rng)[0],
            }
        )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749")


def waste_places(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data = []
    for number in range(34):
        name = list(shapes)[(number * 7) % 27]
        data.append(
            {
                "id_tps": f"TPS-{number + 1:03d}",
                **area_columns(rows, name),
                "jenis": str(rng.choice(["kontainer", "bak", "TPS 3R"], p=[0.5, 0.3, 0.2])),
                "kapasitas_m3": round(noise(rng, 4, 14), 1),
                "ritasi_per_minggu": int(rng.integers(2, 8)),
                "geometry": spots(shapes[name], 1, rng, margin=110)[0],
            }
        )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:4326")


def floods(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data = []
    for day, deepest in FLOODS.items():
        for name in rng.permutation(COAST)[: int(rng.integers(4, 8))]:
            shape = shapes[str(name)]
            water = blob(_northern(shape, rng), noise(rng, 180, 330), rng) & shape.buffer(-8)
            water = max(getattr(water, "geoms", [water]), key=lambda part: part.area)
            low = int(rng.integers(8, 20))
            data.append(
                {
                    "id_genangan": f"ROB-{day.replace('-', '')}-{len(data) + 1:02d}",
                    "tanggal": day,
                    **area_columns(rows, str(name)),
                    "tinggi_min_cm": low,
                    "tinggi_maks_cm": low + int(rng.integers(8, deepest)),
                    "penyebab": str(rng.choice(["rob", "hujan dan rob", "limpasan sungai"], p=[0.7, 0.2, 0.1])),
                    "metode": str(rng.choice(["survei", "laporan", "drone"])),
                    "luas_ha": round(water.area / 10_000, 2),
                    "geometry": shapely.set_precision(water, 0.01),
                }
            )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:4326")


def _northern(shape: Polygon, rng) -> Point:
    _, south, _, north = shape.bounds
    candidates = [point for point in spots(shape, 6, rng, apart=80) if point.y > (south + north) / 2]
    return candidates[0] if candidates else shape.representative_point()


def green_spaces(rows, shapes, rng) -> geopandas.GeoDataFrame:
    data = []
    for number in range(38):
        name = list(shapes)[(number * 4 + 1) % 27]
        shape = shapes[name]
        taken = [row["geometry"] for row in data if row["nama_kel"] == name]
        green = next(
            patch
            for patch in (blob(spots(shape, 1, rng, margin=140)[0], noise(rng, 28, 95), rng) for _ in range(200))
            if shape.contains(patch) and patch.is_valid and not any(patch.intersects(other) for other in taken)
        )
        kind = str(rng.choice(["taman kota", "taman lingkungan", "makam", "lapangan", "hutan kota"]))
        green = shapely.set_precision(green, 0.01)
        data.append(
            {
                "id_rth": f"RTH-{number + 1:03d}",
                "nama_rth": f"{kind.capitalize()} Contoh {number + 1:02d}",
                "jenis": kind,
                "kode_kel": area_columns(rows, name)["kode_kelurahan"],
                "nama_kel": name,
                "luas_m2": round(green.area, 1),
                "geometry": green,
            }
        )
    return geopandas.GeoDataFrame(data, geometry="geometry", crs="EPSG:32749").to_crs("EPSG:9489")


# Tables --------------------------------------------------------------------------------------------------------------


def population(rows, rng) -> list[list[object]]:
    """2020–2024, L and P, about 318,000 in the last year."""
    crowd = np.array(
        [row["luas_km2"] * noise(rng, 0.8, 1.25) * (1.9 if row["nama_kelurahan"] in CENTRE else 1) for row in rows]
    )
    last = crowd / crowd.sum() * 318_000
    table: list[list[object]] = [["tahun", "kode_kelurahan", "nama_kelurahan", "jenis_kelamin", "jumlah"]]
    for year in range(2020, 2025):
        for row, people in zip(rows, last, strict=True):
            now = people * (1 - 0.0078 * (2024 - year)) * noise(rng, 0.997, 1.003)
            men = round(now * noise(rng, 0.503, 0.510))
            where = area_columns(rows, str(row["nama_kelurahan"])).values()
            table += [[year, *where, "L", men], [year, *where, "P", round(now) - men]]
    return table


def batik_makers(rows, rng) -> list[list[object]]:
    table: list[list[object]] = [["tahun", "kode_kelurahan", "nama_kelurahan", "unit_usaha", "tenaga_kerja"]]
    start = {row["nama_kelurahan"]: noise(rng, 12, 30) * (3.5 if row["nama_kelurahan"] in BATIK else 1) for row in rows}
    for year in range(2021, 2026):
        for row in rows:
            name = str(row["nama_kelurahan"])
            units = round(start[name] * (1 + 0.035 * (year - 2021)) * noise(rng, 0.97, 1.03))
            table.append([year, *area_columns(rows, name).values(), units, round(units * noise(rng, 6.5, 7.5))])
    return table


def pupils(rows, rng) -> list[list[object]]:
    table: list[list[object]] = [["tahun", "kode_kelurahan", "nama_kelurahan", "jenjang", "murid", "murid_per_guru"]]
    start = {(row["nama_kelurahan"], level): noise(rng, 0.85, 1.15) for row in rows for level in ("SD", "SMP")}
    for year in range(2022, 2026):
        for row in rows:
            name = str(row["nama_kelurahan"])
            for level, size in (("SD", 980), ("SMP", 460)):
                count = round(size * start[name, level] * (1 + 0.01 * (year - 2022)) * noise(rng, 0.98, 1.02))
                where = area_columns(rows, name).values()
                table.append([year, *where, level, count, f"{noise(rng, 13.2, 18.8):.1f}".replace(".", ",")])
    return table


def waste(rows, rng) -> list[list[object]]:
    table: list[list[object]] = [["tahun", "kode_kelurahan", "nama_kelurahan", "timbulan_ton", "terangkut_ton"]]
    start = {row["nama_kelurahan"]: noise(rng, 1150, 2900) for row in rows}
    for year in range(2022, 2026):
        for row in rows:
            name = str(row["nama_kelurahan"])
            made = start[name] * (1 + 0.015 * (year - 2022)) * noise(rng, 0.98, 1.02)
            carried = made * noise(rng, 0.78, 0.93)
            figures = [f"{value:.2f}".replace(".", ",") for value in (made, carried)]
            table.append([year, *area_columns(rows, name).values(), *figures])
    return table


# Files ---------------------------------------------------------------------------------------------------------------


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
    streets = roads(outline, rng(1))
    write_shapefile(streets, "jalan")
    write_shapefile(roads_a_year_later(streets, rng(2)), "jalan-2026")
    write_geojson(alleys_with_faults(outline, rng(3)), "jalan-lingkungan")
    buildings = schools(rows, shapes, rng(4))
    write_gpkg(buildings, "sekolah")
    write_gpkg(schools_with_faults(buildings), "sekolah-2026")
    write_geojson(floods(rows, shapes, rng(5)), "genangan-rob")
    write_geojson(health_places(rows, shapes, rng(6)), "fasilitas-kesehatan")
    write_gpkg(pump_houses(rows, shapes, rng(7)), "rumah-pompa")
    write_geojson(waste_places(rows, shapes, rng(8)), "tps")
    write_shapefile(green_spaces(rows, shapes, rng(9)), "ruang-terbuka-hijau")
    write_csv(population(rows, rng(10)), "penduduk")
    write_xlsx(batik_makers(rows, rng(11)), "ikm-batik")
    write_csv(pupils(rows, rng(12)), "murid")
    write_csv(waste(rows, rng(13)), "timbulan-sampah")
    (HERE / "berita-acara.pdf").write_bytes(typst.compile(str(HERE / "berita-acara.typ")))


if __name__ == "__main__":
    main()
