"""What a check says of a layer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shapely.geometry.base import BaseGeometry


class Severity(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"
    INFORMS = "informs"


class Principle(StrEnum):
    """The four of Perpres 39/2019 Pasal 3."""

    STANDAR_DATA = "standar_data"
    METADATA = "metadata"
    INTEROPERABILITAS = "interoperabilitas"
    KODE_REFERENSI = "kode_referensi"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing.

    `check` is the check's code; `params` fill its Indonesian sentence in LABELS; `row` is the 1-based
    row or feature of the file, `column` the field's name; `place` a geometry in CRS84 to zoom to.
    """

    check: str
    severity: Severity
    params: Mapping[str, str | int | float] = field(default_factory=dict)
    row: int | None = None
    column: str | None = None
    place: BaseGeometry | None = None
    suggestion: str | None = None

    @property
    def key(self) -> str:
        """Stable while the same thing is wrong at the same place: 12 hexadecimal digits."""
        said = repr((self.check, self.row, self.column, sorted((k, str(v)) for k, v in self.params.items())))
        return hashlib.sha256(said.encode()).hexdigest()[:12]
