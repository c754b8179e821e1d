"""From plain values to PDF/A-2a: for the archive, with tags for screen readers.

Values reach the templates as JSON, so no text of anybody is read as markup.
"""

import io
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

from server.settings import Settings

TEMPLATES = Path(__file__).with_name("templates")

SHOWN = re.compile(
    "[\x20-\x7e\xa0-\u024f\u02b0-\u02ff\u0370-\u045f\u1e00-\u1eff\u2010-\u2027\u2030-\u2040\u20a0-\u20bf\u2190-\u22ff]"
)
LENGTH = 4000
LONG_WORD = re.compile(r"\S{30}")


def pdf(template: str, data: Mapping[str, Any], *, at: datetime, qr: str = "") -> bytes:
    """PDF/A, byte for byte the same for the same values. `at` is its date of creation, `qr` an SVG drawing."""
    return typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"data": json.dumps(printable(data), ensure_ascii=False), "qr": qr},
        pdf_standards="a-2a",
        timestamp=int(at.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    """Those that typst brings along: the same on every machine, without the internet."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def printable(value: Any) -> Any:
    """The same value with every text as the fonts can show it: PDF/A refuses letters that have no glyph."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: printable(inner) for key, inner in value.items()}
    return [printable(inner) for inner in value] if isinstance(value, list | tuple) else value


def shown(text: str) -> str:
    """Letters that no font of ours has become □, directions and controls vanish, long words may break."""
    letters = unicodedata.normalize("NFC", text.replace("\r\n", "\n")[:LENGTH])
    kept = "".join(_letter(letter) for letter in letters) + ("…" if len(text) > LENGTH else "")
    return LONG_WORD.sub(lambda found: found.group() + "\u200b", kept)


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if letter in "\n\t":
        return letter if letter == "\n" else " "
    if category.startswith("C") and category != "Co":
        return "" if category in ("Cc", "Cf") else "□"
    return letter if SHOWN.match(letter) else "□"


def qr_code(address: str) -> str:
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawing, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawing.getvalue().decode().strip()


def letterhead(settings: Settings) -> dict[str, str]:
    office = settings.office.removesuffix(settings.city).strip(" ,")
    contact = " · ".join(filter(None, (settings.office_address, settings.office_phone, settings.office_email)))
    return {"government": f"Pemerintah {settings.city}".upper(), "office": office.upper(), "contact": contact}


def place_name(settings: Settings) -> str:
    """Where letters are signed: Pekalongan, not Kota Pekalongan."""
    return re.sub("^(Kota|Kabupaten) ", "", settings.city)
