"""The OGC's own test suite for OGC API – Features 1.0 against a live Sebar with the sample city.

    ETS=ets-ogcapi-features10-1.9-aio.jar python -m tests.conformance.ets

`ETS` is a Java class path that holds the suite with TEAM Engine's SPI (the all-in-one jar of a release, or the jars of
the `ogccite/ets-ogcapi-features10` image). The suite is not in Maven Central. Its result is written to RESULTS.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.conformance.service import publish_city, settings_at
from tests.interop.conftest import FEATURES, free_port, running

RESULTS = Path(__file__).with_name("RESULTS.md")
CONTROLLER = "org.opengis.cite.ogcapifeatures10.TestNGController"
KNOWN_TO_THE_SUITE = "4326,3857,32749,23879,23835"
"""All systems that are offered but SRGI2013 (9470, 9489), which the suite's PROJ4J cannot compare with."""
ARGUMENTS = """<?xml version="1.0" encoding="UTF-8"?>
<properties version="1.0"><entry key="iut">{address}</entry><entry key="noofcollections">-1</entry></properties>
"""


class Test(NamedTuple):
    """One test method: how often it was passed, failed and skipped, and why it was not passed."""

    group: str
    name: str
    counts: Counter[str]
    why: tuple[str, ...]


def main() -> int:
    class_path = os.environ.get("ETS")
    if not class_path or not shutil.which("java"):
        sys.stderr.write(__doc__ or "")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tests = list(read(run(Path(folder), class_path)))
    RESULTS.write_text(table(tests, version(class_path)), encoding="utf-8")
    total = total_of(tests)
    sys.stdout.write(", ".join(f"{what} {count}" for what, count in sorted(total.items())) + "\n")
    for test in tests:
        for why in test.why if test.counts["FAIL"] else ():
            sys.stdout.write(f"{test.group} {test.name}: {why}\n")
    return 1 if total["FAIL"] or not total["PASS"] else 0


def run(folder: Path, class_path: str) -> Path:
    """Where the suite wrote its testng-results.xml."""
    settings = settings_at(folder / "home", free_port())
    publish_city(settings)
    served = [path.parent.name for path in (settings.home / "releases").glob("*/1")]
    assert set(FEATURES) <= set(served), f"the sample city is not whole: {served}"
    environment = {
        "SEBAR_HOME": str(settings.home),
        "SEBAR_PORT": str(settings.port),
        "SEBAR_WORKERS": "1",
        "SEBAR_CRS": KNOWN_TO_THE_SUITE,
    }
    arguments = folder / "arguments.xml"
    arguments.write_text(ARGUMENTS.format(address=f"{settings.url}/ogc"))
    java = ["java", "-cp", class_path, CONTROLLER, "-o", str(folder / "results"), str(arguments)]
    with running([sys.executable, "-m", "server.cli", "web"], f"{settings.url}/healthz", environment, folder / "log"):
        subprocess.run(java, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    return next((folder / "results").rglob("testng-results.xml"))


def read(results: Path) -> Iterator[Test]:
    for group in ElementTree.parse(results).iter("test"):  # noqa: S314 - written by the suite that we started
        for one in group.iter("class"):
            methods: dict[str, list[ElementTree.Element]] = {}
            for method in one.iter("test-method"):
                if method.get("is-config") != "true":
                    methods.setdefault(str(method.get("name")), []).append(method)
            for name, found in methods.items():
                why = {reason(method.findtext(".//message") or "") for method in found}
                yield Test(
                    str(group.get("name")),
                    f"{str(one.get('name')).rpartition('.')[2]}.{name}",
                    Counter(str(method.get("status")) for method in found),
                    tuple(sorted(why - {""})),
                )


def reason(message: str) -> str:
    """In one line; that a test waits for another one without the names of all its arguments."""
    said = " ".join(message.split())
    return "waits for a test that was not passed" if said.startswith("Method ") else said[:200]


def version(class_path: str) -> str:
    """As the suite says it of itself."""
    name = "org/opengis/cite/ogcapifeatures10/ets.properties"
    for place in map(Path, class_path.split(":")):
        if place.is_dir() and (place / name).exists():
            text = (place / name).read_text()
        elif place.is_file() and name in zipfile.ZipFile(place).namelist():
            text = zipfile.ZipFile(place).read(name).decode()
        else:
            continue
        return next(line.partition("=")[2].strip() for line in text.splitlines() if line.startswith("ets-version"))
    return "?"


def total_of(tests: Sequence[Test]) -> Counter[str]:
    return sum((test.counts for test in tests), Counter())


def table(tests: Sequence[Test], release: str) -> str:
    total = total_of(tests)
    lines = [
        "# What the OGC's test suite says",
        "",
        f"ets-ogcapi-features10 {release}, {datetime.now(UTC):%Y-%m-%d}, all collections of the sample city: "
        f"**{total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} skipped**. Written by `make ets`.",
        "",
        f"Coordinate systems: CRS84, {KNOWN_TO_THE_SUITE}; SRGI2013 (9470, 9489) is not known to the suite's PROJ4J.",
        "",
        "| conformance class | test | passed | failed | skipped | why |",
        "|---|---|---|---|---|---|",
    ]
    for group, name, counts, why in tests:
        said = "; ".join(why).replace("|", "\\|")
        lines.append(f"| {group} | {name} | {counts['PASS']} | {counts['FAIL']} | {counts['SKIP']} | {said} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
