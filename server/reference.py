"""The facts in data/reference, read from the folder of the repository that holds them."""

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path

from shapely.geometry import shape

from server.settings import ROOT
from server.store import Records
from workflow.area_codes import Alias, Area, AreaCodes, City, Level
from workflow.store import Agency, Holiday


@cache
def load_area_codes(root: Path = ROOT) -> AreaCodes:
    past = (
        Alias(row["nama"], Level(row["level"]), row["menjadi"], row["sejak"]) for row in _rows(root, "nama_lama.csv")
    )
    tables = [root / "data" / "reference" / name for name in ("kode_wilayah.csv", "nama_lama.csv")]
    version = hashlib.sha256(b"".join(table.read_bytes() for table in tables)).hexdigest()[:12]
    return AreaCodes(tuple(map(_area, _rows(root, "kode_wilayah.csv"))), tuple(past), version)


def load_holidays(root: Path = ROOT) -> tuple[Holiday, ...]:
    return tuple(
        Holiday(date.fromisoformat(row["tanggal"]), row["nama"], row["jenis"], row["sumber"])
        for row in _rows(root, "hari_libur.csv")
    )


def prefill_holidays(records: Records, at: datetime) -> None:
    """The library's days of each year of which the calendar knows none; what an admin has edited is left alone."""
    known = {holiday.day.year for holiday in records.holidays()}
    for holiday in load_holidays():
        if holiday.day.year not in known:
            records.save_holiday(holiday, actor="sebar", at=at)


def load_city(root: Path = ROOT) -> City:
    city = json.loads((root / "data" / "reference" / "kota.json").read_text(encoding="utf-8"))
    return City(city["name"], shape(city["extent"]))


def load_agencies(root: Path = ROOT) -> tuple[Agency, ...]:
    return tuple(Agency(row["id"], row["nama"], row["singkatan"]) for row in _rows(root, "opd.csv"))


def _area(row: dict[str, str]) -> Area:
    lon, lat, km2 = (float(row[name]) if row.get(name) else None for name in ("lon", "lat", "luas_km2"))
    return Area(Level(row["level"]), row["kemendagri"], row["bps"], row["nama"], row.get("induk", ""), lon, lat, km2)


def _rows(root: Path, name: str) -> Iterator[dict[str, str]]:
    with (root / "data" / "reference" / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
