"""How long reading a table of many rows and each check of it takes, and with how much memory, beside
pandas.read_csv: run by `python -m bench.tables [ROWS]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

import numpy as np
import openpyxl
import pandas as pd

from bench.checks import seconds
from server.intake.reader import Reading, read_upload
from server.reference import load_area_codes, load_city
from server.release.dictionary import described
from workflow.area_codes import Level
from workflow.checks import CHECKS, Context
from workflow.sop import Kind

PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1], sep=';', decimal=',', thousands='.', dtype={0: str})"


def made(rows: int) -> pd.DataFrame:
    """Ten columns by kelurahan, year, month, sex and age, as BPS would ask for them."""
    random, at = np.random.default_rng(1), np.arange(rows)
    areas = load_area_codes().at(Level.KELURAHAN)
    people = random.integers(20, 400, rows)
    return pd.DataFrame(
        {
            "kode_kelurahan": np.array([area.bps for area in areas])[at % len(areas)],
            "nama_kelurahan": np.array([area.name for area in areas])[at % len(areas)],
            "tahun": 2015 + at // len(areas) % 10,
            "bulan": 1 + at // (len(areas) * 10) % 12,
            "jenis_kelamin": np.array(["Laki-laki", "Perempuan"])[at // (len(areas) * 120) % 2],
            "kelompok_umur": np.char.add((at // (len(areas) * 240)).astype(str), " bulan"),
            "jumlah": people,
            "persen": (random.random(rows) * 100).round(2),
            "luas_ha": (people * 1.25).round(3),
            "keterangan": np.where(at % 9, "-", "sementara"),
        }
    )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, sep=";", decimal=",", index=False)


def write_xlsx(table: pd.DataFrame, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(list(table.columns))
    for row in table.astype(object).itertuples(index=False):
        sheet.append(row)
    book.save(path)


def alone(*order: str) -> tuple[float, float]:
    """Seconds and gigabytes that a process of its own needs, or the largest of those that it starts."""
    start = perf_counter()
    process = subprocess.Popen([sys.executable, *order])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{order[:2]} failed")
    return perf_counter() - start, used.ru_maxrss / 1e6


def main(rows: int) -> str:
    table = made(rows)
    with tempfile.TemporaryDirectory() as folder:
        path, workbook = Path(folder, "tabel.csv"), Path(folder, "tabel.xlsx")
        write_csv(table, path)
        write_xlsx(table, workbook)
        del table
        own, gigabytes = alone("-c", PANDAS, str(path))
        lines = [f"{rows:,} rows; pandas.read_csv in a process of its own {own:.2f} s, {gigabytes:.1f} GB"]
        for file in (path, workbook):
            took, gigabytes = alone("-m", "bench.tables", str(file))
            lines.append(f"{'reading ' + file.suffix:22}{took:7.2f} s{took / own:7.2f} x, {gigabytes:.1f} GB")
        read = read_table(path)
    layer = described(read.layer, {"kind": Kind.STATISTICS}, {})
    context = Context(Kind.STATISTICS, has_berita_acara=True, area_codes=load_area_codes(), city=load_city())
    whole = 0.0
    for check in CHECKS:
        took = seconds(lambda claim=check.claim: sum(1 for _ in claim(layer, context)))  # type: ignore[misc]
        lines.append(f"{check.code:22}{took:7.2f} s{took / own:7.2f} x")
        whole += took
    return "\n".join(
        [
            *lines,
            f"{'all checks':22}{whole:7.2f} s{whole / own:7.2f} x, {getrusage(RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB",
        ]
    )


def read_table(path: Path) -> Reading:
    """Through the walls, as any upload."""
    return read_upload(path, path.name, reading={}, crs=None, progress=lambda *_: None)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    if given.isdigit():
        print(main(int(given)))
    else:
        read_table(Path(given))
