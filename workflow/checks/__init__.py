"""The checks: each one a claim about a layer, one line in CHECKS, one sentence in labels.CHECKS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workflow.checks import metadata
from workflow.checks.claims import Check, Context, Fault
from workflow.checks.metadata import missing_metadata
from workflow.findings import Finding, Principle, Severity
from workflow.layer import Layer
from workflow.sop import Kind

__all__ = ["CHECKS", "Check", "Context", "Fault", "missing_metadata", "principle_of", "run_checks"]

CHECKS: tuple[Check, ...] = (
    Check("METADATA_MISSING", Principle.METADATA, Severity.BLOCKS, metadata.metadata_is_complete),
    Check("BERITA_ACARA_MISSING", Principle.METADATA, Severity.BLOCKS, metadata.berita_acara_is_attached),
)

MOST = 200
"""Findings of one check that are listed; the rest is counted."""


def run_checks(
    layer: Layer, context: Context, progress: Callable[[str, int, int], None] | None = None
) -> list[Finding]:
    """Every finding, in the order of CHECKS; `progress` hears (code, checks done, checks in all)."""
    found: list[Finding] = []
    for done, check in enumerate(CHECKS):
        if progress:
            progress(check.code, done, len(CHECKS))
        found.extend(_findings(check, check.claim(layer, context), context.kind))
    return found


def principle_of(code: str) -> Principle:
    """Of a check, or of a remark of reading (those are all about interoperability)."""
    return next((check.principle for check in CHECKS if check.code == code), Principle.INTEROPERABILITAS)


def _findings(check: Check, faults: Iterator[Fault], kind: Kind) -> Iterator[Finding]:
    severity = check.severity_for(kind)
    more = 0
    for n, fault in enumerate(faults):
        if n >= MOST:
            more += 1
            continue
        yield Finding(check.code, severity, fault.params, fault.row, fault.column, fault.place, fault.suggestion)
    if more:
        yield Finding(check.code, severity, {"more": more})
