"""Which published boundary statistics are drawn on."""

from __future__ import annotations
