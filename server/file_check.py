"""`sebar check FILE`: the findings of a file, without a server."""

import re
import sys
from pathlib import Path

from server.build import finding_record
from server.intake.reader import read_upload
from server.reference import load_area_codes, load_city
from server.release.dictionary import described
from server.settings import Settings
from workflow.checks import CHECKS, Context, run_checks
from workflow.checks.remarks import REMARKS
from workflow.errors import BadUpload
from workflow.findings import Severity
from workflow.labels import CHECKS as WORDS
from workflow.labels import FIXED_CHECKS, PRINCIPLES, SEVERITIES
from workflow.sop import Kind

# What only a submission has, not a file.
BESIDE_THE_FILE = frozenset({"METADATA_MISSING", "BERITA_ACARA_MISSING"})


def table_of_checks() -> str:
    """In Markdown; where a map's severity is another, it stands behind the stroke; what is "tetap" no city lowers."""
    lines = ["| code | principle | severity | finds |", "|---|---|---|---|"]
    for check in (*CHECKS, *REMARKS):
        grave = " / ".join(SEVERITIES[one] for one in (check.severity, check.on_maps) if one)
        grave += ", tetap" if check.code in FIXED_CHECKS else ""
        said = re.sub(r"\{\w+\}", "…", WORDS[check.code].sentence).replace("|", "\\|")
        said = re.sub(r"^(Kolom …)? ?([Bb]aris …)?: ", "", said)
        lines.append(f"| `{check.code}` | {PRINCIPLES[check.principle]} | {grave} | {said[:1].upper()}{said[1:]} |")
    return "\n".join(lines)


def print_findings(_settings: Settings, file: Path, crs: str | None, statistics: bool) -> int:
    """0 without blocking findings, 1 with some, 2 where the file cannot be read."""
    out = sys.stdout.write
    try:
        reading = read_upload(file.resolve(), file.name, reading={}, crs=crs, progress=lambda *_: None)
    except BadUpload as error:
        out(f"{error.code}: {error.detail} {error.mend}\n")
        return 2
    layer = described(reading.layer, {}, {})
    kind = Kind.STATISTICS if statistics else Kind.GEOSPATIAL
    context = Context(kind=kind, has_berita_acara=True, area_codes=load_area_codes(), city=load_city())
    found = [*reading.remarks, *(one for one in run_checks(layer, context) if one.check not in BESIDE_THE_FILE)]
    crs_said = layer.source_crs or "tidak disebut"
    out(f"{file.name}: {len(layer)} fitur atau baris, {len(layer.fields)} kolom, CRS {crs_said}\n")
    for finding in found:
        said = finding_record(finding)
        place = "".join(
            (f" baris {finding.row}" if finding.row else "", f" kolom {finding.column}" if finding.column else "")
        )
        out(f"{SEVERITIES[finding.severity]}{place}: {said.message} ({finding.check})\n")
    return int(any(finding.severity is Severity.BLOCKS for finding in found))
