"""RESULTS.md out of the figures of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TARGETS: dict[str, tuple[float | None, float | None, float | None]] = {
    "limit10": (200, 80, None),
    "limit1000": (300, 150, 50),
    "bbox": (30, 20, 10),
    "equal": (130, 70, 100),
    "cql2": (60, 28, None),
    "offsets": (700, 1400, 3000),
    "areas": (55, 45, 15),
    "item": (30, 18, None),
    "z14": (500, 10, None),
    "whole": (20, 25, 10),
}
"""× stock pygeoapi, × tipg, × QGIS Server."""
AGAINST = ("pygeoapi", "tipg", "QGIS Server")
NGINX = {"limit10": 0.3, "limit1000": 0.5}
STORES = ("Sebar", "Sebar PostGIS")


def markdown(result: Mapping[str, Any]) -> str:
    """One section about one number of rows."""
    return "\n".join(
        [
            f"## {result['rows']:,} polygons, {result['date']}",
            "",
            f"Machine: {result['machine']}. {result['clients']} clients, {result['rounds']} rounds of "
            f"{result['seconds']:g} s (longer where one answer is slow), programs in turns, medians.",
            "",
            *(f"- {name}: {version}" for name, version in result["peers"].items()),
            *(f"- {name} is **absent**: {why}" for name, why in result["absent"].items()),
            "",
            "Requests per second (“all features”: seconds of one download):",
            "",
            *_table(result, _rate),
            "",
            "Milliseconds, p50 / p99:",
            "",
            *_table(result, _latency),
            "",
            "Milliseconds of processor per request, PostgreSQL's included, and bytes of an answer:",
            "",
            *_table(result, _cost),
            "",
            "Features as written: " + "; ".join(f"{name} {how}" for name, how in result["writes"].items()) + ".",
            "",
            *_tiles(result),
            "Private memory after everything, MB, all processes / the largest: "
            + "; ".join(f"{name} {all:.0f} / {most:.0f}" for name, (all, most) in result["memory"].items())
            + ".",
            "",
            *_ratios(result),
            *_wrong(result),
        ]
    )


def whole(section: str, into: Path, rows: int) -> str:
    """The file with this section new and those of other numbers of rows kept."""
    kept = into.read_text() if into.exists() else ""
    sections = re.split(r"^(?=## )", kept, flags=re.MULTILINE)[1:]
    others = [text for text in sections if not text.startswith(f"## {rows:,} polygons")]
    return PREFACE + "".join([section + "\n", *("\n" + text.strip() + "\n" for text in others)])


PREFACE = """# What the bench measured

Made by `make bench`; every figure of a section is of one run. Figures of different machines or runs do not compare;
ratios inside a section do. The data is made up from a fixed seed: polygons of 5 to 12 vertices in no order, with 10
attributes, coordinates of 7 decimals (so that a program that writes more has nothing more to write), and 27 polygons
of 500 vertices. Peers read them from PostGIS with primary key, GiST and an index on the filtered column; Sebar was
given the same as an upload that took every step to publication. An answer is compared with the source (number,
identity and order of features, total, attributes, coordinates) before anything is timed; **wrong** is not timed.
Rows “at random” draw from 50,000 addresses. nginx serves the very bytes of Sebar's answer as a file.

"""


def _table(result: Mapping[str, Any], cell: Any) -> list[str]:
    names = list(result["peers"])
    lines = [f"| request | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for key, title in result["titles"].items():
        cells = (cell(key, result["figures"][key].get(name)) for name in names)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _rate(key: str, figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    if "rate" not in figures:
        return "–" if figures["wrong"] == "not offered" else figures["wrong"].partition(":")[0]
    return f"{1 / figures['rate']:.2f} s" if key == "whole" else _short(figures["rate"])


def _latency(key: str, figures: Mapping[str, Any] | None) -> str:
    if not figures or "rate" not in figures:
        return ""
    if key == "whole":
        return f"first byte after {_short(figures.get('first', 0))}"
    return f"{_short(figures['p50'])} / {_short(figures['p99'])}"


def _cost(_key: str, figures: Mapping[str, Any] | None) -> str:
    return f"{_short(figures['cpu'])}; {figures['bytes']:,}" if figures and "rate" in figures else ""


def _short(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _tiles(result: Mapping[str, Any]) -> list[str]:
    """Who thins an overview has less to send."""
    if not result["tiles"]:
        return []
    said = (
        f"{zoom} " + ", ".join(f"{name} {count:,}" for name, count in found.items())
        for zoom, found in result["tiles"].items()
    )
    return [f"Features in the tile: {'; '.join(said)}.", ""]


def _ratios(result: Mapping[str, Any]) -> list[str]:
    """Embedded store / PostGIS, and the target where there is one."""
    heads = [f"× {name} (target)" for name in AGAINST] + ["of nginx (target)", "p99 / p50"]
    lines = ["Ratios, Sebar on the embedded store / on PostGIS:", "", f"| request | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for key, title in result["titles"].items():
        targets = [*TARGETS.get(key, (None,) * 3), NGINX.get(key)]
        figures = result["figures"][key]
        cells = [_against(figures, name, target) for name, target in zip((*AGAINST, "nginx"), targets, strict=True)]
        lines.append(f"| {title} | {' | '.join([*cells, _steady(figures)])} |")
    return [*lines, ""]


def _against(figures: Mapping[str, Any], name: str, target: float | None) -> str:
    other = figures.get(name, {})
    more, theirs = "", other.get("rate")
    if str(other.get("wrong", "")).startswith("no answer"):
        more, theirs = "> ", other["at_most"]
    ours = [figures.get(store, {}).get("rate") for store in STORES]
    said = " / ".join(more + _short(rate / theirs) if rate and theirs else "–" for rate in ours)
    if target is None:
        return said
    reached = theirs and all(rate and rate / theirs >= target for rate in ours)
    return f"{said} ({target:g}{' ✓' if reached else ''})"


def _steady(figures: Mapping[str, Any]) -> str:
    found = (figures.get(store, {}) for store in STORES)
    return " / ".join(f"{one['p99'] / one['p50']:.1f}" if one.get("p99") else "–" for one in found)


def _wrong(result: Mapping[str, Any]) -> Sequence[str]:
    lines = [
        f"- {title}: {name}: {figures['wrong']}"
        for key, title in result["titles"].items()
        for name, figures in result["figures"][key].items()
        if figures["wrong"] not in ("", "not offered")
    ]
    return ["Not timed:", "", *lines] if lines else []
