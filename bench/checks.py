"""How long each check takes on a map of many polygons, beside shapely's own validity and self-join: run by
`python -m bench.checks [ROWS]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

import numpy as np
import pyarrow as pa
import shapely

from bench.data import buildings
from server.demo import SAMPLE
from server.intake import read_upload
from server.reference import load_area_codes, load_city
from workflow.checks import CHECKS, Context
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind
from workflow.statistics import Boundary

TYPES = {"i": FieldType.INTEGER, "f": FieldType.NUMBER, "O": FieldType.STRING, "M": FieldType.DATE}

OF_MAPS = tuple(f"workflow.checks.{one}" for one in ("interoperabilitas", "shapes", "networks", "places", "events"))


def city(rows: int) -> Layer:
    """The bench's buildings as the checks get them."""
    made = buildings(rows)
    fields = tuple(Field(name, TYPES[cells.dtype.kind], label=name) for name, cells in made.columns.items())
    numbers = np.arange(1, rows + 1)
    return Layer("bangunan", fields, pa.table(made.columns), numbers, made.geometry, "EPSG:4326")


def boundary() -> Boundary:
    """The kelurahan of the sample city."""
    read = read_upload(SAMPLE / "kelurahan.gpkg", "kelurahan.gpkg", reading={}, crs=None, progress=lambda *_: None)
    codes, names = (tuple(read.layer.columns[name].to_pylist()) for name in ("kode_kemendagri", "nama_kelurahan"))
    assert read.layer.geometry is not None
    return Boundary("batas", 1, "0" * 64, codes, names, read.layer.geometry)


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def yardstick(layer: Layer) -> None:
    """What a careful person would do with shapely alone."""
    assert layer.geometry is not None
    shapely.is_valid(layer.geometry)
    shapely.STRtree(layer.geometry).query(layer.geometry, predicate="intersects")


def main(rows: int) -> str:
    layer = city(rows)
    context = Context(Kind.GEOSPATIAL, {}, True, load_area_codes(), load_city(), boundary())
    own = min(seconds(lambda: yardstick(layer)) for _ in range(2))
    lines = [f"{rows:,} polygons; shapely's is_valid and self-join {own:.2f} s"]
    whole = dict.fromkeys(("map checks", "all checks"), 0.0)
    for check in CHECKS:
        took = seconds(lambda claim=check.claim: sum(1 for _ in claim(layer, context)))  # type: ignore[misc]
        lines.append(f"{check.code:22}{took:7.2f} s{took / own:7.2f} x")
        whole["all checks"] += took
        whole["map checks"] += took if check.claim.__module__ in OF_MAPS else 0.0
    lines += [f"{name:22}{took:7.2f} s{took / own:7.2f} x" for name, took in whole.items()]
    return "\n".join([*lines, f"at most {getrusage(RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB of memory"])


if __name__ == "__main__":
    print(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
