"""Files to upload, tiny and made here, and what reading them gives."""

from __future__ import annotations

import json
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import geopandas
import pytest
from shapely.geometry import Point

from server.intake import Reading, read_upload
from tests.conftest import SHARED

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a path, bytes or text as an upload: under a name that says nothing, as uploads are kept."""

    def reading(content: Path | bytes | str, *, crs: str | None = None, name: str = "data", **how: object) -> Reading:
        path = content
        if not isinstance(content, Path):
            path = tmp_path / "upload"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_upload(path, name, reading=how, crs=crs, progress=lambda *_: None)

    return reading


def shared(*parts: str) -> Path:
    path = SHARED.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"{path} is absent (SEBAR_SHARED)")
    return path


def collection(*features: Mapping[str, object], **members: object) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": list(features)})


def feature(geometry: Mapping[str, object] | None = None, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(x: float, y: float, *more: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [x, y, *more]}


def frame(crs: str | int | None = 4326, **columns: list[object]) -> geopandas.GeoDataFrame:
    """Three points around Pekalongan, or their like in another CRS."""
    points = geopandas.GeoSeries([Point(109.66, -6.88), Point(109.67, -6.89), Point(109.68, -6.90)], crs=4326)
    points = points.to_crs(crs) if crs else points.set_crs(None, allow_override=True)
    return geopandas.GeoDataFrame(columns or {"nama": ["Barat", "Timur", "Utara"]}, geometry=points)


def zipped(folder: Path, *, leave_out: tuple[str, ...] = (), extra: Mapping[str, bytes] | None = None) -> Path:
    """A shapefile's folder as one ZIP."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for part in sorted(folder.iterdir()):
            if part.suffix not in leave_out:
                target.write(part, part.name)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return archive


@pytest.fixture
def shapefile(tmp_path: Path) -> Callable[..., Path]:
    """Writes a frame as data.shp into a folder of its own."""

    def write(data: geopandas.GeoDataFrame, **options: str) -> Path:
        folder = tmp_path / "peta"
        folder.mkdir()
        data.to_file(folder / "data.shp", engine="pyogrio", **options)
        return folder

    return write


class Listener:
    """Counts who connects to a port on this machine."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.calls = 0
        self.thread = threading.Thread(target=self._count, daemon=True)
        self.thread.start()

    def _count(self) -> None:
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            caller.close()

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    here = Listener()
    yield here
    here.close()
