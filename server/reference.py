"""The facts in data/reference, read from the folder that holds them."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from shapely.geometry import shape

from workflow.area_codes import AreaCodes, City
from workflow.store import Agency, Holiday

ROOT = Path(__file__).parents[1]
"""The folder of the repository: what the loaders read unless another is given."""


def load_area_codes(root: Path = ROOT) -> AreaCodes:
    return AreaCodes.from_rows(_rows(root, "kode_wilayah.csv"))


def load_holidays(root: Path = ROOT) -> tuple[Holiday, ...]:
    return tuple(
        Holiday(date.fromisoformat(row["tanggal"]), row["nama"], row["jenis"], row["sumber"])
        for row in _rows(root, "hari_libur.csv")
    )


def load_city(root: Path = ROOT) -> City:
    city = json.loads(_path(root, "kota.json").read_text(encoding="utf-8"))
    return City(city["name"], city["kemendagri"], city["bps"], shape(city["extent"]))


def load_agencies(root: Path = ROOT) -> tuple[Agency, ...]:
    return tuple(Agency(row["id"], row["nama"], row["singkatan"]) for row in _rows(root, "opd.csv"))


def _rows(root: Path, name: str) -> Iterator[dict[str, str]]:
    with _path(root, name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _path(root: Path, name: str) -> Path:
    return root / "data" / "reference" / name
