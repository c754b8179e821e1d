"""The rows of an OpenDocument sheet, and how far each reaches, counted in its XML apart from the reader."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from server.intake import archives
from server.intake.refusals import refused

_ROWS_AT_MOST = 1_048_576


@dataclass
class _Rows:
    """Of one sheet: `ends` say of each row from the first in which column its last cell with a value is."""

    title: str
    inside: bool = False
    ends: list[int] = field(default_factory=list)
    empty: int = 0
    row: int = 0
    repeated: int = 1
    at: int = 0
    holds_text: bool = False
    notes: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        said = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if kind == "table":
            self.inside = said.get("name") == self.title
        elif kind == "annotation":
            self.notes += 1
        elif kind == "table-row" and self.inside:
            self.row, self.at, self.repeated = 0, 0, int(said.get("number-rows-repeated", "1"))
        elif kind in ("table-cell", "covered-table-cell") and self.inside:
            self.at += int(said.get("number-columns-repeated", "1"))
            self.holds_text = said.get("value-type") == "string"
            if not self.holds_text and "value-type" in said:
                self.row = self.at

    def text(self, said: str) -> None:
        if self.inside and self.holds_text and not self.notes and said.strip():
            self.row = self.at

    def end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        self.notes -= kind == "annotation"
        self.inside &= kind != "table"
        if kind != "table-row" or not self.inside:
            return
        if not self.row:
            self.empty += self.repeated
        elif len(self.ends) + self.empty + self.repeated > _ROWS_AT_MOST:
            raise refused("ODS_UNREADABLE")
        else:
            self.ends += [0] * self.empty + [self.row] * self.repeated
            self.empty = 0


def counted(path: Path, title: str) -> NDArray[np.int64]:
    """As tables.build wants it. Raises BadUpload ODS_UNREADABLE."""
    rows, parser = _Rows(title), expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = rows.start, rows.text, rows.end
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("content.xml")
        for piece in archives.pieces(path, member):
            parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError, zipfile.BadZipFile, OSError):
        raise refused("ODS_UNREADABLE") from None
    return np.array(rows.ends, np.int64)
