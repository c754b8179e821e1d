"""The sample city and one layer with every type, as an application and as what a live server serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from server.app import create_app, create_journey
from server.build import build_now
from server.demo import seed_demo, seed_folder
from server.settings import Settings, completed
from server.store import migrate, open_records

ALL_TYPES = "semua-jenis"
NAMES = ("foo", "FOO bar", "Äéö", "aeo", "50% _a", "O'Brien", "baris\nkedua\ttab", "", "日本語", "fooling")


def settings_at(home: Path, port: int = 8000, url: str = "") -> Settings:
    url = url or f"http://127.0.0.1:{port}"
    return completed(Settings(home=home, port=port, url=url, demo_password="kata sandi untuk uji"))


def publish_city(settings: Settings) -> None:
    migrate(settings)
    folder = settings.home.parent / "layers"
    folder.mkdir()
    (folder / f"{ALL_TYPES}.geojson").write_text(json.dumps(all_types()))
    with closing(open_records(settings)) as records:
        journey = create_journey(settings, records)
        seed_demo(journey, build=lambda id: build_now(records, settings, id))
        seed_folder(journey, folder, build=lambda id: build_now(records, settings, id))


@contextmanager
def published(settings: Settings) -> Iterator[Flask]:
    publish_city(settings)
    app = create_app(settings, open_records(settings))
    try:
        yield app
    finally:
        app.extensions["journey"].records.close()
        app.extensions["revision"].close()


def all_types(count: int = 40) -> dict[str, Any]:
    """Points with nulls at the beginning, texts that are hard to write down, dates, moments and two of each number."""
    return {"type": "FeatureCollection", "features": [_feature(n) for n in range(count)]}


def _feature(n: int) -> dict[str, Any]:
    values = {
        "nama": NAMES[n % len(NAMES)],
        "luas": n * 0.785,
        "lebar": 3.14 if n % 4 else n / 2,
        "jumlah": n - 5,
        "lantai": n % 3,
        "aktif": n % 2 == 0,
        "tanggal": f"2022-04-{n % 28 + 1:02}",
        "mulai": f"2021-{n % 12 + 1:02}-14T14:48:46Z",
        "selesai": f"2022-{n % 12 + 1:02}-14T14:48:46Z",
    }
    known = {name: value if n >= 3 else None for name, value in values.items()}
    place = {"type": "Point", "coordinates": [round(109.65 + n / 1000, 3), round(-6.9 + n / 2000, 4)]}
    return {"type": "Feature", "geometry": place, "properties": {"kode": f"K{n:03}"} | known}
