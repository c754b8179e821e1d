"""`python -m tests.map_layers`: what the checks say of real maps, and how often they were wrong to say it.

tests/map_layers.toml holds, layer by layer, how many findings each check of maps has, and what somebody saw who looked
at the places, or at a sample where they are many: [count, true or false, what is there].
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from server.intake import Reading, read_upload
from server.reference import load_city
from tests.conftest import SHARED
from workflow.checks import CHECKS, Context, run_checks
from workflow.findings import Severity
from workflow.layer import Layer
from workflow.sop import Kind

LAYERS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
OF_MAPS = tuple(f"workflow.checks.{one}" for one in ("interoperabilitas", "shapes", "networks", "places", "events"))
CODES = {check.code for check in CHECKS if check.claim.__module__ in OF_MAPS} - {"KEY_ABSENT"}
_ROW = re.compile(r"^\s*\('([\d.]+)','((?:[^'\\]|\\.|'')*)',[^']*'(\[.*\])'\)", re.M)


def uploaded(name: str, folder: Path) -> Path:
    """The layer as a file that an agency could send: as it is, out of its archive, with its companions in a ZIP, or, of
    a table of SQL, as GeoJSON whose coordinates stand in the order of the table."""
    archive, _, member = name.partition("!")
    path = SHARED / "data" / archive
    if member:
        inside = zipfile.ZipFile(path).read(member)
        (path := folder / Path(member).name).write_bytes(inside)
    if path.suffix == ".sql":
        (made := folder / f"{path.stem}.geojson").write_text(_as_geojson(path.read_text(encoding="utf-8")))
        return made
    if path.suffix == ".shp":
        with zipfile.ZipFile(made := folder / f"{path.stem}.zip", "w") as parts:
            for part in path.parent.glob(f"{path.stem}.*"):
                parts.write(part, part.name)
        return made
    return path


def _as_geojson(sql: str) -> str:
    features = [
        {"type": "Feature", "properties": {"kode": code, "nama": name}, "geometry": _shape(json.loads(path))}
        for code, name, path in _ROW.findall(sql)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def _shape(path: list[Any]) -> dict[str, Any]:
    """Rings of one area, or those of several."""
    is_one = isinstance(path[0][0][0], int | float)
    return {"type": "Polygon", "coordinates": path} if is_one else {"type": "MultiPolygon", "coordinates": path}


def read(name: str, folder: Path, **reading: object) -> Reading:
    path = uploaded(name, folder)
    return read_upload(path, path.name, reading=reading, crs=None, progress=lambda *_: None)


def found_in(layer: Layer) -> Counter[str]:
    """How often each check of maps says something that blocks, warns or informs."""
    found: Counter[str] = Counter()
    for one in run_checks(layer, Context(Kind.GEOSPATIAL, has_berita_acara=True, city=load_city())):
        found[one.check] += int(one.params.get("more", 1)) if one.check in CODES else 0
    return +found


def expected(name: str) -> dict[str, int]:
    return {code: said[0] for code, said in LAYERS[name].items() if isinstance(said, list)}


def alarms() -> str:
    """Of the findings in the table that block or warn, those that were wrong, per 1,000 features and by check."""
    features = sum(said["features"] for said in LAYERS.values())
    silent = {check.code for check in CHECKS if check.severity is Severity.INFORMS}
    told = [
        (code, *said)
        for layer in LAYERS.values()
        for code, said in layer.items()
        if isinstance(said, list) and code not in silent
    ]
    lines = []
    for code in sorted({code for code, *_ in told}):
        counts = [
            sum(count for each, count, true, _ in told if each == code and true is wanted) for wanted in (True, False)
        ]
        lines.append(f"{code:18}{counts[0]:6} benar{counts[1]:6} keliru")
    wrong = sum(count for _, count, true, _ in told if not true)
    return "\n".join(
        [*lines, f"{features} fitur, {wrong} peringatan keliru: {wrong / features * 1000:.2f} per 1.000 fitur"]
    )


def look() -> str:
    """What is found now, in the form of the table."""
    lines = []
    for name, said in LAYERS.items():
        with TemporaryDirectory() as folder:
            layer = read(name, Path(folder), **({"axes": "swapped"} if said.get("swapped") else {})).layer
            lines.append(f"{name} {len(layer)} {dict(found_in(layer))}")
            sys.stderr.write(lines[-1] + "\n")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write((look() if "look" in sys.argv else alarms()) + "\n")
