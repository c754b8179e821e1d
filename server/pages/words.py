"""Words, icons and tones of the pages, and the Jinja environment that knows them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask

from server.pages.language import _, angka, speak
from workflow import labels
from workflow.findings import Severity
from workflow.sop import SOP, Kind, Status


class Look(NamedTuple):
    """How a state is shown: Phosphor icon, tone of sebar.css, and the word where labels.py has none."""

    icon: str
    tone: str
    word: str = ""


WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def looks(name: str) -> dict[str, Look]:
    return {key: Look(*look) for key, look in WORDS[name].items()}


STATUS_LOOK = {Status(status): look for status, look in looks("status_looks").items()}
SEVERITIES = {
    severity: look._replace(word=labels.SEVERITIES[Severity(severity)])
    for severity, look in looks("severity_looks").items()
}
KINDS = {Kind(kind): look for kind, look in looks("kinds").items()}
TOPICS = looks("topics")
FREQUENCIES: dict[str, str] = WORDS["frequencies"]
LICENSES: dict[str, tuple[str, str]] = WORDS["licenses"]
TYPES: dict[str, str] = WORDS["types"]
STAGES = {status: next((row.number for row in SOP if row.number and status in row.sources), 5) for status in Status}
"""The numbered step that is awaited; 5 where the last one is taken."""


def place(where: Mapping[str, Any]) -> str:
    """Where a fault is, in words: "berkas jalan.zip, baris 14, kolom kode_kel"."""
    return ", ".join(
        f"{_(word)} {where[name]}" for name, word in WORDS["places"].items() if where.get(name) not in (None, "")
    )


def ukuran(count: int) -> str:
    """Bytes as people say them: "12,3 MB"."""
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{angka(round(size, 1) if size < 100 and unit != 'B' else round(size))} {unit}"


def equip(app: Flask) -> None:
    """Gives every template of this application the filters and words that base.html and parts.html use."""
    speak(app)
    app.jinja_env.filters.update(ukuran=ukuran, place=place)
    app.jinja_env.globals.update(
        STATUSES=labels.STATUSES,
        STATUS_LOOK=STATUS_LOOK,
        SEVERITIES=SEVERITIES,
        STEP_WORDS=WORDS["stages"],
        STAGES=STAGES,
        KINDS=KINDS,
        TOPICS=TOPICS,
        FREQUENCIES=FREQUENCIES,
        LICENSES=LICENSES,
        TYPES=TYPES,
        METADATA_MORE=labels.METADATA_MORE,
    )
    # The portal knows it; a page outside the whole application draws its map on plain paper.
    app.jinja_env.globals.setdefault("base_map", lambda: None)
