"""RESULTS.md out of the figures of a run, by templates/results.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Template

TARGETS: dict[str, dict[str, float]] = tomllib.loads(Path(__file__).with_name("targets.toml").read_text())
AGAINST = ("pygeoapi", "tipg", "QGIS Server")
STORES = ("Sebar", "Sebar PostGIS")
TEMPLATES = Path(__file__).parent / "templates"


def markdown(result: Mapping[str, Any]) -> str:
    """One section about one number of rows."""
    wrong = [
        (title, name, figures["wrong"])
        for key, title in result["titles"].items()
        for name, figures in result["figures"][key].items()
        if figures["wrong"] not in ("", "not offered")
    ]
    cells = {"rate": _rate, "latency": _latency, "cost": _cost, "ratios": _ratios, "steady": _steady}
    template = Template((TEMPLATES / "results.md").read_text())
    return template.render(result, against=AGAINST, wrong=wrong, **cells).strip()


def whole(section: str, into: Path, rows: int) -> str:
    """The file with this section new and those of other numbers of rows kept."""
    kept = into.read_text() if into.exists() else ""
    sections = re.split(r"^(?=## )", kept, flags=re.MULTILINE)[1:]
    others = [text for text in sections if not text.startswith(f"## {rows:,} polygons")]
    preface = (TEMPLATES / "preface.md").read_text()
    return "\n".join([preface, section + "\n", *(text.strip() + "\n" for text in others)])


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


def _ratios(key: str, figures: Mapping[str, Any]) -> list[str]:
    """Embedded store / PostGIS, and the target where there is one."""
    targets = TARGETS.get(key, {})
    return [_against(figures, name, targets.get(name)) for name in (*AGAINST, "nginx")]


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
