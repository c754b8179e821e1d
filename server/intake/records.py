"""The records of a CSV file, counted in its lines apart from the parser that reads them."""

import re
from collections.abc import Iterable, Iterator

_BLANK = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
_LETTER = "\0"  # no text that was let in holds one


def widths(lines: Iterable[str], sign: str) -> Iterator[int]:
    """Of each record the place of its last cell that holds something, 0 where none does. `sign` parts the cells.

    A quoted cell, which may span lines and hold signs, becomes one letter, or nothing where it is blank.
    """
    here = re.escape(sign)
    quoted = re.compile(rf'(?<![^{here}])"([^"]*(?:""[^"]*)*)"(?![^{here}])')
    opened = re.compile(rf'(?<![^{here}])"')
    closed = re.compile(r'([^"]*(?:""[^"]*)*)"(?!")')
    before, held, inside = "", False, False
    for line in lines:
        text = line.rstrip("\n")
        if inside:
            end = closed.match(text)
            held |= bool((end[1] if end else text).strip())
            if not end:
                continue
            text, inside = before + _LETTER * held + text[end.end() :], False
        if '"' in text:
            text = quoted.sub(_one_letter, text)
            if begins := opened.search(text):
                before, held, inside = text[: begins.start()], bool(text[begins.end() :].strip()), True
                continue
        text = text.rstrip(_BLANK + sign)
        yield text.count(sign) + 1 if text else 0
    if inside:
        yield before.count(sign) + 1


def _one_letter(cell: re.Match[str]) -> str:
    return _LETTER if cell[1].strip() else ""
