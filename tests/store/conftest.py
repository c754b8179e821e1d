from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.store import Records, migrate, open_records
from tests.postgis import fresh_database


@dataclass(frozen=True)
class Settings:
    home: Path
    database_url: str | None = None
    migration_url: str | None = None


@pytest.fixture(params=["embedded", "postgis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A place for a store, without tables."""
    if request.param == "embedded":
        yield Settings(tmp_path / "home")
    else:
        with fresh_database() as url:
            yield Settings(tmp_path / "home", url)


@pytest.fixture
def records(store: Settings) -> Iterator[Records]:
    migrate(store)
    opened = open_records(store)
    yield opened
    opened.close()
