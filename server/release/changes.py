"""What one release of a dataset changed against another, one line of JSON for each feature."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from server.comparing import layer_of
from server.ogc.rendered import open_collection
from workflow.comparison import Comparison, compare

Release = tuple[Path, Mapping[str, Any]]
"""Folder and manifest."""
Feature = dict[str, Any]


def write_changes(target: Path, old: Release, new: Release) -> None:
    """First a line with the counts; then what was removed, and what was added or changed in the new order."""
    found = compare(layer_of(*old), layer_of(*new))
    pairs = {int(now): int(before) for before, now in [*found.moved, *found.changed]}
    counts = {"added": len(found.added), "removed": len(found.removed), "changed": len(pairs)}
    summary = {
        "key": ", ".join(found.keys) or None,
        "counts": counts | {"moved": len(found.moved), "unchanged": found.unchanged},
        "columns": {"added": found.new_columns, "removed": found.lost_columns},
    }
    with target.open("wb") as file:
        for said in chain([summary], _changes(_features(old), _features(new), found, pairs)):
            file.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))


def _changes(
    old: Callable[[int], Feature], new: Callable[[int], Feature], found: Comparison, pairs: Mapping[int, int]
) -> Iterator[Feature]:
    for at in found.removed.tolist():
        yield {"change": "removed", **old(at)}
    for at in sorted([*found.added.tolist(), *pairs]):
        if at not in pairs:
            yield {"change": "added", **new(at)}
        else:
            yield {"change": "changed", **_difference(old(pairs[at]), new(at))}


def _difference(old: Feature, new: Feature) -> Feature:
    """Only what differs, before and now."""
    before, now = old["properties"], new["properties"]
    cells = {
        name: {"old": before[name], "new": now[name]} for name in now if name in before and before[name] != now[name]
    }
    said = {"id": new["id"], "properties": cells}
    if old["id"] != new["id"]:
        said["old_id"] = old["id"]
    if old["geometry"] != new["geometry"]:
        said["geometry"] = {"old": old["geometry"], "new": new["geometry"]}
    return said


def _features(release: Release) -> Callable[[int], Feature]:
    folder, manifest = release
    rendered = open_collection(folder, manifest["collections"][0]["id"])

    def feature(at: int) -> Feature:
        return {name: value for name, value in orjson.loads(rendered.line(at)).items() if name != "type"}

    return feature
