"""What other datasets have published, as far as a check compares data with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio

from server.release.dictionary import fields_of
from workflow.checks.claims import Other
from workflow.checks.other_data import is_of_population, is_of_same_concept
from workflow.checks.releases import MOST_ROWS
from workflow.layer import Layer
from workflow.store import Registry, Release

MOST_OTHERS = 8


def others_for(
    registry: Registry, home: Path, dataset: str, agency: str, metadata: Mapping[str, Any], agencies: Mapping[str, str]
) -> tuple[Other, ...]:
    """Current releases of other datasets that count the city's people, or that another agency has of the same concept;
    the newest of them. `agencies` names each."""
    found = (
        release for release in registry.current if release.dataset != dataset and _compared(release, agency, metadata)
    )
    newest = sorted(found, key=lambda release: release.published_at, reverse=True)[:MOST_OTHERS]
    return tuple(_others(newest, home, agency, agencies))


def _compared(release: Release, agency: str, metadata: Mapping[str, Any]) -> bool:
    said = release.manifest.get("metadata", {})
    again = release.agency != agency and is_of_same_concept(metadata, said)
    return (again or is_of_population(said)) and 0 < release.manifest["collections"][0]["count"] <= MOST_ROWS


def _others(releases: list[Release], home: Path, agency: str, agencies: Mapping[str, str]) -> Iterator[Other]:
    for release in releases:
        fields = tuple(fields_of(release.manifest["collections"][0]))
        names = [field.name for field in fields]
        table = pyogrio.raw.read_arrow(home / release.folder / "data.gpkg", layer="data", read_geometry=False)[1]
        reading = dict(release.manifest.get("reading", {}))
        layer = Layer(release.dataset, fields, table.select(names), np.arange(1, len(table) + 1), reading=reading)
        owner = "" if release.agency == agency else agencies.get(release.agency, release.agency)
        yield Other(str(release.manifest.get("title", release.dataset)), owner, release.manifest["metadata"], layer)
