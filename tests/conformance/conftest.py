from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
from flask import Flask

from server.app import create_app, create_journey
from server.build import build_now
from server.demo import seed_demo
from server.settings import Settings, completed
from server.store import migrate, open_records
from tests.conftest import STORES
from tests.postgis import fresh_database


@pytest.fixture(scope="session", params=STORES)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with the sample city published."""
    with ExitStack() as stack:
        home = tmp_path_factory.mktemp("service") / "home"
        settings = completed(Settings(home=home, url="http://localhost", demo_password="kata sandi untuk uji"))
        if request.param == "postgis":
            settings = replace(settings, database_url=stack.enter_context(fresh_database()))
        yield stack.enter_context(published(settings))


@contextmanager
def published(settings: Settings) -> Iterator[Flask]:
    migrate(settings)
    with closing(open_records(settings)) as records:
        seed_demo(create_journey(settings, records), build=lambda id: build_now(records, settings, id))
    app = create_app(settings, open_records(settings))
    try:
        yield app
    finally:
        app.extensions["journey"].records.close()
        app.extensions["revision"].close()
