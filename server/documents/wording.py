"""The words of the printed documents: templates/letters.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow.sop import Role


@dataclass(frozen=True)
class Letter:
    kind: str
    name: str
    title: str
    opening: str
    closing: str
    signers: tuple[tuple[str, Role, str], ...]
    note: str = ""
    summary: bool = True


def _letter(said: dict[str, Any]) -> Letter:
    signers = tuple((word, Role(role), who) for word, role, who in said["signers"])
    return Letter(**said | {"signers": signers})


_WORDS = tomllib.loads((Path(__file__).parent / "templates" / "letters.toml").read_text(encoding="utf-8"))
TO_WALIDATA: str = _WORDS.pop("to_walidata")["closing"]
BLANK = _letter(_WORDS.pop("blank"))
LETTERS: dict[str, Letter] = {step: _letter(said) for step, said in _WORDS.items()}
"""By step of the SOP."""
