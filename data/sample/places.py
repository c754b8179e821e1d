"""The sample city's points and patches: schools, floods, green spaces. All invented."""

import geopandas
import numpy as np
import shapely
from city import area_columns, noise
from shapely import MultiPoint, Point, Polygon

FLOODS = {"2024-05-23": 35, "2024-12-14": 45, "2025-05-26": 40, "2025-12-04": 55, "2026-05-17": 30}
COAST = ("Bandengan", "Kandang Panjang", "Panjang Baru", "Panjang Wetan", "Krapyak", "Degayu", "Padukuhan Kraton")


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
