"""Metadata: the data is described, and its examination is on record."""

import re
from collections.abc import Iterator, Mapping

from workflow.checks.claims import Context, Fault
from workflow.labels import METADATA_FIELDS
from workflow.layer import Layer
from workflow.periods import interval
from workflow.sop import Kind
from workflow.statistics import period_field

ABSTRACT_LENGTH = 80

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


def abstract_says_enough(layer: Layer, context: Context) -> Iterator[Fault]:
    said = str(context.metadata.get("abstract") or "").strip()
    if 0 < len(said) < ABSTRACT_LENGTH:
        yield Fault({"count": len(said), "least": ABSTRACT_LENGTH})


def contact_can_be_reached(layer: Layer, context: Context) -> Iterator[Fault]:
    contact = context.metadata.get("contact")
    email = str(contact.get("email") or "").strip() if isinstance(contact, Mapping) else ""
    if email and not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", email):
        yield Fault({"email": email[:80]})


def concept_is_no_measure(layer: Layer, context: Context) -> Iterator[Fault]:
    """As INDAH names concepts: without the measure before, without a period within."""
    said = str(context.metadata.get("concept") or "")
    if match := re.match(r"(jumlah|rata-rata|persentase|banyaknya|rasio|indeks)\b", said, re.I) or re.search(
        r"\b(19|20)\d\d\b", said
    ):
        yield Fault({"value": said[:80], "word": match[0]}, suggestion=said.replace(match[0], "").strip().capitalize())


def declared_period_is_in_the_data(layer: Layer, context: Context) -> Iterator[Fault]:
    name, said = period_field(layer), interval(context.metadata.get("period"))
    if context.kind is Kind.STATISTICS and name and said:
        spans = [span for value in layer.columns[name].drop_null().unique().to_pylist() if (span := interval(value))]
        if spans and not any(first <= said[1] and last >= said[0] for first, last in spans):
            years = sorted({first.year for first, _ in spans})
            found = f"{years[0]}–{years[-1]}" if years[1:] else str(years[0])
            yield Fault({"value": str(context.metadata["period"]), "found": found}, field=layer.field(name))


def berita_acara_is_attached(layer: Layer, context: Context) -> Iterator[Fault]:
    if not context.has_berita_acara:
        yield Fault()
