"""What a check is given, and what it says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from workflow.area_codes import AreaCodes, City
from workflow.findings import Principle, Severity
from workflow.layer import Layer
from workflow.sop import Kind


@dataclass(frozen=True)
class Context:
    """What is known of a submission beside its layer. Without `city` or `area_codes` nothing is said of places."""

    kind: Kind
    metadata: Mapping[str, object] = field(default_factory=dict)
    has_berita_acara: bool = False
    area_codes: AreaCodes = field(default_factory=AreaCodes)
    city: City | None = None


MOST = 200
"""Findings of one check that are listed; the rest is counted."""

Params = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Fault:
    """One place where a claim does not hold. The registry adds code and severity."""

    params: Params = field(default_factory=dict)
    row: int | None = None
    column: str | None = None
    place: BaseGeometry | None = None
    suggestion: str | None = None


Claim = Callable[[Layer, Context], Iterator[Fault]]


@dataclass(frozen=True)
class Check:
    """One line of the registry. `on_maps` is the severity for geospatial data where it is another."""

    code: str
    principle: Principle
    severity: Severity
    claim: Claim
    on_maps: Severity | None = None

    def severity_for(self, kind: Kind) -> Severity:
        return self.on_maps if self.on_maps and kind is Kind.GEOSPATIAL else self.severity
