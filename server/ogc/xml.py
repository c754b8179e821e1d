"""XML from the templates in templates/xml: everything that is put into them is escaped."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup


def clean(words: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words)


def _put(value: Any) -> Any:
    return clean(value) if type(value) is str else value


def _said(words: object) -> str:
    """What is left to say; nothing where there is nothing."""
    return clean(str(words or "")).strip()


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "xml"),
    autoescape=True,
    finalize=_put,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["said"] = _said


def rendered(template: str, **values: Any) -> Markup:
    return Markup(TEMPLATES.get_template(template).render(values))  # noqa: S704 - the template has escaped them


def document(element: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element}\n'.encode()
