"""The OpenAPI document: pygeoapi's, corrected to what is true here."""

from __future__ import annotations

from typing import Any

from pygeoapi.openapi import get_oas


def document(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = get_oas(config, fail_on_invalid_collection=False)
    return found
