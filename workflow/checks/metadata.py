"""Metadata: the data is described, and its examination is on record."""

from collections.abc import Iterator, Mapping

from workflow.checks.claims import Context, Fault
from workflow.labels import METADATA_FIELDS
from workflow.layer import Layer
from workflow.sop import Kind

MANDATORY: dict[Kind | None, tuple[str, ...]] = {
    None: ("title", "abstract", "topic", "keywords", "license", "period", "update_frequency", "lineage", "contact",
           "access"),
    Kind.GEOSPATIAL: ("scale",),
    Kind.STATISTICS: ("concept", "definition", "measure", "unit"),
}  # fmt: skip
"""Fields of every kind, and of one: ISO 19115's core as SNI 8843-1 has it; Perpres 39/2019 Pasal 4 for statistics."""


def missing_fields(metadata: Mapping[str, object], kind: Kind) -> tuple[str, ...]:
    return tuple(name for name in MANDATORY[None] + MANDATORY[kind] if not _given(name, metadata.get(name)))


def missing_metadata(metadata: Mapping[str, object], kind: Kind) -> tuple[str, ...]:
    """The mandatory fields that are empty, by the names people know."""
    return tuple(METADATA_FIELDS[name] for name in missing_fields(metadata, kind))


def _given(name: str, value: object) -> bool:
    if name == "contact":
        return isinstance(value, Mapping) and all(_given("", value.get(part)) for part in ("name", "email"))
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list | tuple):
        return any(_given("", item) for item in value)
    return bool(value)


def metadata_is_complete(layer: Layer, context: Context) -> Iterator[Fault]:
    for name in missing_fields(context.metadata, context.kind):
        yield Fault({"field": METADATA_FIELDS[name], "name": name})


def berita_acara_is_attached(layer: Layer, context: Context) -> Iterator[Fault]:
    if not context.has_berita_acara:
        yield Fault()
