"""The rows of an OpenDocument sheet, counted in its XML apart from the reader."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from server.intake import archives
from server.intake.refusals import refused


@dataclass
class _Rows:
    """Of one sheet: where it stands, and the last row that surely holds a value."""

    title: str
    inside: bool = False
    last: int = 0
    filled: int = 0
    holds_text: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        said = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if kind == "table":
            self.inside = said.get("name") == self.title
        elif kind == "table-row" and self.inside:
            self.last += int(said.get("number-rows-repeated", "1"))
        elif kind == "table-cell" and self.inside:
            self.holds_text = said.get("value-type") == "string"
            if not self.holds_text and "value-type" in said:
                self.filled = self.last

    def text(self, said: str) -> None:
        if self.inside and self.holds_text and said.strip():
            self.filled = self.last


def last_filled_row(path: Path, title: str) -> int:
    """Raises BadUpload ODS_UNREADABLE."""
    rows, parser = _Rows(title), expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = rows.start, rows.text
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("content.xml")
        for piece in archives.pieces(path, member):
            parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError, zipfile.BadZipFile, OSError):
        raise refused("ODS_UNREADABLE") from None
    return rows.filled
