"""`sebar pygeoapi-config` is a whole configuration; tests/interop serves it with stock pygeoapi."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pygeoapi.config import validate_config

from server.ogc.configuration import BASE, configuration
from server.settings import Settings
from tests.ogc.releases import Shelf, build, layer


@pytest.fixture
def full(shelf: Shelf, home: Path) -> Shelf:
    shelf.publish(build(home, "tabel", layer(20, spatial=False)), build(home, "kosong", layer(0)))
    return shelf


def test_the_base_file_names_no_collection() -> None:
    assert yaml.safe_load(BASE.read_text(encoding="utf-8"))["resources"] == {}


def test_the_configuration_passes_pygeoapis_own_validator(full: Shelf, settings: Settings) -> None:
    assert validate_config(configuration(full.registry(), settings))


def test_the_configuration_survives_being_written_to_a_file(full: Shelf, settings: Settings) -> None:
    config = configuration(full.registry(), settings)
    assert yaml.safe_load(yaml.safe_dump(config, allow_unicode=True)) == config
