"""Requests that /ogc/openapi describes, and requests that it does not, from schemathesis.

python -m tests.conformance.fuzz [HOW MANY, default 20000]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conformance.service import published, settings_at

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def ask_anything(app: Flask, count: int, *, derandomize: bool) -> Counter[int]:
    """At least `count` requests, evenly over all operations; how often each status was answered."""
    statuses: Counter[int] = Counter()
    operations = [
        found.ok() for found in schemathesis.openapi.from_wsgi("/ogc/openapi?f=json", app).get_all_operations()
    ]
    share = -(-count // (len(operations) * len(GenerationMode)))
    for operation in operations:
        for mode in GenerationMode:
            _ask(operation, operation.as_strategy(generation_mode=mode), share, statuses, derandomize=derandomize)
    return statuses


def _ask(operation: Any, cases: Any, share: int, statuses: Counter[int], *, derandomize: bool) -> None:
    @hypothesis.settings(
        max_examples=share,
        derandomize=derandomize,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases, st.none() | st.sampled_from(["1", "2", "33.75.01.1001", "lokasi-sekolah", "0", "a/b"]))
    def ask(case: Any, known: str | None) -> None:
        if known and "featureId" in (case.path_parameters or {}):
            case.path_parameters["featureId"] = known
        # Its WSGI transport does not unpack what it says it takes.
        answer = case.call(headers={"Accept-Encoding": "identity"})
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder, published(settings_at(Path(folder) / "home")) as app:
        statuses = ask_anything(app, count, derandomize=False)
    said = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
    sys.stdout.write(f"{statuses.total()} requests, none unexpected ({said})\n")


if __name__ == "__main__":
    main()
