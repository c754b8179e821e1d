"""What other datasets have published, as far as a check compares data with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio

from server.release.dictionary import fields_of
from workflow.checks.claims import Other
from workflow.checks.other_data import is_of_population, is_of_same_concept
from workflow.checks.releases import MOST_ROWS
from workflow.dataset import Submission
from workflow.layer import Layer
from workflow.store import Registry, Release

MOST_OTHERS = 8


def others_for(
    registry: Registry, home: Path, move: Submission, metadata: Mapping[str, Any], agencies: Mapping[str, str]
) -> tuple[Other, ...]:
    """The newest releases of other datasets that count the city's people, or that another agency has of the same
    concept. `agencies` names each."""
    others: list[Other] = []
    for release in sorted(registry.current, key=lambda release: release.published_at, reverse=True):
        said, foreign = release.manifest.get("metadata", {}), release.agency != move.agency
        again = foreign and is_of_same_concept({**metadata, "kind": move.kind}, said)
        if release.dataset != move.dataset and (again or is_of_population(said)) and len(others) < MOST_OTHERS:
            title, owner = str(release.manifest["title"]), agencies.get(release.agency, release.agency)
            others += [Other(title, owner if foreign else "", said, layer) for layer in _layers(release, home)]
    return tuple(others)


def _layers(release: Release, home: Path) -> list[Layer]:
    """Its table without geometry; none where it is too large to be compared."""
    main = release.manifest["collections"][0]
    if not 0 < main["count"] <= MOST_ROWS:
        return []
    table = pyogrio.raw.read_arrow(home / release.folder / "data.gpkg", layer="data", read_geometry=False)[1]
    fields, rows = tuple(fields_of(main)), np.arange(1, len(table) + 1)
    return [Layer(release.dataset, fields, table.select([field.name for field in fields]), rows)]
