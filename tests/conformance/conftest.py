from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from flask import Flask

from tests.conformance.service import published, settings_at
from tests.conftest import STORES
from tests.postgis import fresh_database


@pytest.fixture(scope="session", params=STORES)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with ExitStack() as stack:
        settings = settings_at(tmp_path_factory.mktemp("service") / "home", url="http://localhost")
        if request.param == "postgis":
            settings = replace(settings, database_url=stack.enter_context(fresh_database()))
        yield stack.enter_context(published(settings))
