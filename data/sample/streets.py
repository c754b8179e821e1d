"""The sample city's roads: a grid bent by two waves. Own work, metres of EPSG:32749."""

import itertools

import geopandas
import numpy as np
import shapely
from city import noise
from shapely import LineString, Point, Polygon

ROAD_NAMES = """
Parang Kusuma,Kawung,Truntum,Sekar Jagad,Sidomukti,Mega Mendung,Wahyu Tumurun,Cakar Ayam,Buketan,Semen Rama,
Liris,Sawunggaling,Tambal,Gringsing,Udan Liris,Ceplok,Nitik,Lereng Tirta,Tumpal,Isen,Canting,Malam,Gawangan,Prada,
Melati,Kenanga,Cempaka,Kemuning,Flamboyan,Bougenvil,Anggrek,Teratai,Dahlia,Kamboja,Seruni,Wijayakusuma,
Camar,Bangau,Cendrawasih,Kutilang,Merak,Jalak,Walet,Kepodang,Pipit,Rajawali,Blekok,Kuntul,
Tenggiri,Layang,Tongkol,Kakap,Bandeng,Udang,Kerang,Lodan,Tambak,Bakau,Api-Api,Cemara,Dermaga,Menara,Saluran,Tanggul
"""


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
