"""What a check is given, and what it says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from workflow.area_codes import AreaCodes, City
from workflow.findings import Principle, Severity
from workflow.layer import Field, Layer
from workflow.sop import Kind
from workflow.statistics import Boundary

MOST = 200
"""Findings of one check that are listed; the rest is counted."""

Params = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Other:
    """The current release of another dataset, without its geometry; `agency` is the name of another agency, "" where
    it is the same."""

    title: str
    agency: str
    metadata: Mapping[str, object]
    layer: Layer


@dataclass(frozen=True)
class Context:
    """What is known of a submission beside its layer. Without `city`, `area_codes` or the
    published `boundary` nothing is said of places. `previous` holds the columns of the current release,
    `twins` the titles of other datasets with the same content, `others` what is published beside it of people or of the
    same concept; `severities` those that the city has chosen."""

    kind: Kind
    metadata: Mapping[str, object] = field(default_factory=dict)
    has_berita_acara: bool = False
    area_codes: AreaCodes = field(default_factory=AreaCodes)
    city: City | None = None
    boundary: Boundary | None = None
    previous: pa.Table | None = None
    twins: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def key_of(self, layer: Layer) -> str:
        """The declared key column; "" where none is."""
        return layer.key or str(self.metadata.get("key") or "")


@dataclass(frozen=True)
class Fault:
    """One place where a claim does not hold. The registry adds code, severity and what people call row and column.

    `n` is the row's position in the layer, from 0; `place` lies in the layer's coordinates.
    """

    params: Params = field(default_factory=dict)
    n: int | None = None
    field: Field | None = None
    place: BaseGeometry | None = None
    suggestion: str | None = None


@dataclass(frozen=True)
class Check:
    """One line of the registry. `on_maps` is the severity for geospatial data where it is another."""

    code: str
    principle: Principle
    severity: Severity
    claim: Callable[[Layer, Context], Iterator[Fault]]
    on_maps: Severity | None = None
