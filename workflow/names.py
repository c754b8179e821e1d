"""Names that are safe everywhere: in SQL, in addresses, in every format."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 50


def plain(text: str, joint: str = "_") -> str:
    """Small letters and digits of ASCII; whatever stands between them becomes the joint."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, ascii_only).strip(joint)


def distinct(names: Iterable[str]) -> list[str]:
    """The same names, a number at the end of those that were there before."""
    found: dict[str, None] = {}
    for name in names:
        candidate, number = name, 2
        while candidate in found:
            ending = f"_{number}"
            candidate, number = name[: LONGEST - len(ending)] + ending, number + 1
        found[candidate] = None
    return list(found)
