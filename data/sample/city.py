"""The shape of the sample city: an openly stylised coverage of 27 kelurahan. Own work, not a survey.

Codes, names, rough centroids and areas are published figures; every line between them is drawn here.
Metres are EPSG:32749, degrees CRS84 (longitude, latitude).
"""

import itertools

import numpy as np
import pyproj
import shapely
from shapely import Polygon, affinity
from shapely.ops import polygonize, transform

KELURAHAN = """
33.75.01.1002;3375010004;Medono;109.6658;-6.9030;1.23
33.75.01.1003;3375010007;Podosugih;109.6655;-6.8981;0.88
33.75.01.1004;3375010015;Sapuro Kebulen;109.6736;-6.9006;0.88
33.75.01.1006;3375010016;Bendan Kergon;109.6668;-6.8908;1.23
33.75.01.1008;3375010017;Pasirkratonkramat;109.6567;-6.8839;1.87
33.75.01.1009;3375010010;Tirto;109.6515;-6.8928;1.46
33.75.01.1012;3375010014;Pringrejo;109.6546;-6.9056;2.37
33.75.02.1002;3375020014;Noyontaansari;109.6811;-6.9002;0.95
33.75.02.1004;3375020007;Kauman;109.6760;-6.8887;1.27
33.75.02.1007;3375020010;Poncol;109.6829;-6.8897;0.80
33.75.02.1008;3375020011;Klego;109.6847;-6.8823;0.89
33.75.02.1009;3375020013;Gamer;109.7006;-6.8928;1.76
33.75.02.1010;3375020015;Setono;109.6909;-6.8948;2.07
33.75.02.1012;3375020016;Kali Baros;109.6939;-6.9044;1.95
33.75.03.1002;3375040011;Krapyak;109.6900;-6.8723;3.42
33.75.03.1003;3375040005;Kandang Panjang;109.6714;-6.8655;1.84
33.75.03.1004;3375040006;Panjang Wetan;109.6830;-6.8680;1.60
33.75.03.1006;3375040012;Padukuhan Kraton;109.6649;-6.8795;1.41
33.75.03.1007;3375040009;Degayu;109.7031;-6.8770;3.48
33.75.03.1009;3375040004;Bandengan;109.6641;-6.8639;2.21
33.75.03.1010;3375040010;Panjang Baru;109.6790;-6.8632;1.11
33.75.04.1002;3375030012;Banyurip;109.6506;-6.9178;1.70
33.75.04.1003;3375030013;Buaran Kradenan;109.6567;-6.9127;0.77
33.75.04.1004;3375030005;Jenggot;109.6674;-6.9172;1.81
33.75.04.1006;3375030014;Kuripan Kertoharjo;109.6762;-6.9271;1.90
33.75.04.1008;3375030015;Kuripan Yosorejo;109.6798;-6.9134;2.35
33.75.04.1010;3375030016;Sokoduwet;109.6898;-6.9233;3.00
"""
KECAMATAN = {
    "33.75.01": ("3375010", "Pekalongan Barat"),
    "33.75.02": ("3375020", "Pekalongan Timur"),
    "33.75.03": ("3375040", "Pekalongan Utara"),
    "33.75.04": ("3375030", "Pekalongan Selatan"),
}
STATUS = "indikatif, bukan batas resmi"

# The outline, clockwise from the coast's western end; drawn by hand.
OUTLINE = [
    (109.6525, -6.8610), (109.6565, -6.8578), (109.6640, -6.8556), (109.6725, -6.8548), (109.6795, -6.8560),
    (109.6860, -6.8584), (109.6930, -6.8610), (109.7000, -6.8642), (109.7065, -6.8672), (109.7112, -6.8700),
    (109.7120, -6.8790), (109.7098, -6.8870), (109.7085, -6.8950), (109.7040, -6.9010), (109.7005, -6.9085),
    (109.6985, -6.9160), (109.6995, -6.9245), (109.6945, -6.9310), (109.6865, -6.9335), (109.6800, -6.9362),
    (109.6715, -6.9352), (109.6690, -6.9270), (109.6615, -6.9238), (109.6545, -6.9256), (109.6460, -6.9240),
    (109.6437, -6.9165), (109.6468, -6.9080), (109.6455, -6.8990), (109.6440, -6.8900), (109.6478, -6.8830),
    (109.6520, -6.8770), (109.6545, -6.8690),
]  # fmt: skip

_to_metres = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:32749", always_xy=True).transform
_to_degrees = pyproj.Transformer.from_crs("EPSG:32749", "OGC:CRS84", always_xy=True).transform


def metres(geometry):
    return transform(_to_metres, geometry)


def degrees(geometry, digits: int = 7):
    """In CRS84, rounded: equal points stay equal."""
    return shapely.transform(transform(_to_degrees, geometry), lambda xy: np.round(xy, digits))


def kelurahan_rows() -> list[dict[str, object]]:
    rows = []
    for line in KELURAHAN.strip().splitlines():
        code, bps, name, lon, lat, km2 = line.split(";")
        district = code[:8]
        rows.append(
            {
                "kode_kemendagri": code,
                "kode_bps": bps,
                "nama_kelurahan": name,
                "kode_kecamatan": district,
                "nama_kecamatan": KECAMATAN[district][1],
                "centre": _to_metres(float(lon), float(lat)),
                "km2": float(km2),
            }
        )
    return rows


def power_cells(sites: np.ndarray, weights: np.ndarray, outline: Polygon) -> list[Polygon]:
    """The power diagram: every point belongs to the site with the least distance² − weight."""
    cells = []
    for i, site in enumerate(sites):
        cell = outline
        for j, other in enumerate(sites):
            if i == j:
                continue
            away = other - site
            length = np.hypot(*away)
            reach = (length**2 + weights[i] - weights[j]) / (2 * length)
            cell = cell & _half_plane(site + away / length * reach, away / length)
        cells.append(cell)
    return cells


def _half_plane(point: np.ndarray, normal: np.ndarray, far: float = 50_000) -> Polygon:
    along = np.array([-normal[1], normal[0]]) * far
    return Polygon([point + along, point - along, point - along - normal * far, point + along - normal * far])


def fitted_cells(outline: Polygon, sites: np.ndarray, areas: np.ndarray, rounds: int = 80) -> list[Polygon]:
    """The power diagram whose weights were moved until every cell is about as large as it should be."""
    weights = areas / np.pi
    for _ in range(rounds):
        cells = power_cells(sites, weights, outline)
        weights = weights + (areas - np.array([cell.area for cell in cells])) * 0.06
    return cells


def wobbly(line: np.ndarray, rng: np.random.Generator, *, step: float = 90, sway: float = 0.07) -> np.ndarray:
    """The same ends, a hand-drawn way between them: midpoints pushed aside again and again."""
    points = [line[0]]
    for start, end in itertools.pairwise(line):
        points += _displaced(start, end, rng, step, sway)[1:]
    return np.array(points)


def _displaced(start, end, rng, step: float, sway: float) -> list[np.ndarray]:
    way = end - start
    length = np.hypot(*way)
    if length < step:
        return [start, end]
    middle = (start + end) / 2 + np.array([-way[1], way[0]]) * rng.normal(0, sway)
    return _displaced(start, middle, rng, step, sway * 0.9)[:-1] + _displaced(middle, end, rng, step, sway * 0.9)


def _of_area(shape: Polygon, area: float) -> Polygon:
    factor = (area / shape.area) ** 0.5
    return affinity.scale(shape, factor, factor)


def coverage(rng: np.random.Generator) -> list[dict[str, object]]:
    """27 kelurahan with `geometry` in CRS84; neighbours share every vertex of their common edge."""
    rows = kelurahan_rows()
    outline = _of_area(metres(Polygon(OUTLINE)), sum(row["km2"] for row in rows) * 1e6)
    centres = np.array([row["centre"] for row in rows])
    cells = fitted_cells(outline, centres, np.array([row["km2"] for row in rows]) * 1e6)
    edges = shapely.line_merge(shapely.union_all([cell.boundary for cell in cells], grid_size=1))
    drawn = [degrees(shapely.LineString(wobbly(np.array(edge.coords), rng))) for edge in edges.geoms]
    faces = list(polygonize(drawn))
    for row, cell in zip(rows, cells, strict=True):
        row["geometry"] = max(faces, key=lambda face: metres(face).intersection(cell).area)
        row["luas_km2"] = round(metres(row["geometry"]).area / 1e6, 3)
    return rows


def noise(rng, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def area_columns(rows, name: str) -> dict[str, str]:
    code = next(row["kode_kemendagri"] for row in rows if row["nama_kelurahan"] == name)
    return {"kode_kelurahan": str(code), "nama_kelurahan": name}
