"""The sample city's statistics: tables by kelurahan and year. All invented."""

import numpy as np
from city import area_columns, noise

CENTRE = ("Kauman", "Poncol", "Bendan Kergon", "Sapuro Kebulen", "Podosugih", "Noyontaansari", "Klego")
BATIK = ("Buaran Kradenan", "Banyurip", "Jenggot", "Pasirkratonkramat", "Kauman", "Medono", "Kali Baros")


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
