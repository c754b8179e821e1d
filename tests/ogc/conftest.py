from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.ogc.adapter import create_ogc
from server.pages.words import equip
from server.settings import Settings
from tests.ogc.releases import Shelf, build, layer
from workflow.store import Release


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sebar")


@pytest.fixture(scope="session")
def desa(home: Path) -> Release:
    return build(home, "desa", layer(60))


@pytest.fixture
def shelf(desa: Release) -> Shelf:
    shelf = Shelf()
    shelf.publish(desa)
    return shelf


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, url="https://data.example.id")


@pytest.fixture
def app(shelf: Shelf, settings: Settings) -> Flask:
    app = Flask(
        "server",
        root_path=str(Path(__file__).parents[2] / "server"),
        static_folder="static",
        template_folder="pages/templates",
    )
    app.secret_key = "rahasia uji"
    app.context_processor(lambda: {"city": settings.city})
    equip(app)
    app.register_blueprint(create_ogc(shelf.registry, lambda: shelf.revision, settings, shelf.release))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
