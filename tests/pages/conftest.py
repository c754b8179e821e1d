from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import City as Installation
from tests.pages.city import City, answering, application, empty_city, published_city
from tests.pages.desk import Seat


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
    with answering(application(city)) as url:
        yield url


@pytest.fixture
def produsen(embedded_city: Installation) -> Seat:
    return Seat(embedded_city, "produsen")


@pytest.fixture
def walidata(embedded_city: Installation) -> Seat:
    return Seat(embedded_city, "walidata")
