from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests.pages.city import City, application, empty_city, published_city


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return published_city(tmp_path_factory.mktemp("kota"))


@pytest.fixture
def web(city: City) -> FlaskClient:
    return application(city).test_client()


@pytest.fixture
def empty_web(tmp_path: Path) -> FlaskClient:
    return application(empty_city(tmp_path)).test_client()


@pytest.fixture(scope="session")
def address(city: City) -> Iterator[str]:
    """The portal on a port of its own."""
    server = make_server("127.0.0.1", 0, application(city), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
