"""`python -m tests.alarms FOLDER`: what the checks say of real tables, and how often they were wrong to say it.

tests/alarms.toml holds, file by file and check by check, the findings that somebody looked at in the file and found
true, and how many of them were false; every other finding that blocks or warns counts as a false alarm.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from server.intake.reader import read_upload
from server.reference import load_city
from server.release.dictionary import described
from tests.workflow.layers import AREA_CODES
from workflow.area_codes import AreaCodes
from workflow.checks import Context, run_checks
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity
from workflow.labels import sentence
from workflow.sop import Kind

JUDGED: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("alarms.toml").read_text(encoding="utf-8"))
BESIDE_THE_FILE = frozenset({"METADATA_MISSING", "BERITA_ACARA_MISSING"})


def findings_of(path: Path, *, here: bool = False) -> tuple[int, list[Finding]]:
    """Rows and findings of a table. Not `here`: of a city whose codes nobody knows, as the table is of another."""
    reading = read_upload(path, path.name, reading={}, crs=None, progress=lambda *_: None)
    layer = described(reading.layer, {"kind": "statistics"}, {})
    codes = AREA_CODES if here else AreaCodes()
    context = Context(Kind.STATISTICS, {"title": path.stem}, True, codes, load_city())
    return len(layer), [one for one in run_checks(layer, context) if one.check not in BESIDE_THE_FILE]


Read = tuple[str, int, list[Finding]]


def tables(folder: Path) -> Iterator[Read]:
    """Those that can be read: their names below the folder, rows and findings."""
    for path in sorted(folder.rglob("*.*")):
        try:
            yield str(path.relative_to(folder)), *findings_of(path.resolve())
        except BadUpload:
            continue


def false_alarms(read: Iterable[Read]) -> tuple[int, Counter[str], list[str]]:
    """(rows, false alarms by check, one line for each finding)."""
    rows, wrong, lines = 0, Counter[str](), []
    for name, count, found in read:
        rows += count
        for one in found:
            judged = JUDGED.get(name, {}).get(one.check)
            true = judged is not None or one.severity is Severity.INFORMS
            wrong[one.check] += 0 if true else int(one.params.get("more", 1))
            lines.append(f"{'benar' if true else 'SALAH'} {name}: {one.check} {sentence(one)}")
        for check, judged in JUDGED.get(name, {}).items():
            wrong[check] += judged["false"] if isinstance(judged, dict) else 0
    return rows, +wrong, lines


if __name__ == "__main__":
    rows, wrong, lines = false_alarms(tables(Path(sys.argv[1])))
    share = wrong.total() / max(rows, 1) * 1000
    lines.append(f"{rows} baris; {wrong.total()} peringatan keliru: {share:.2f} per 1.000 baris")
    sys.stdout.write("\n".join([*lines, *(f"  {check}: {count}" for check, count in wrong.most_common())]) + "\n")
