"""A kernel without Landlock: what would be read without its walls is not taken in, and everybody is told."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings, completed
from tests.conftest import METADATA, PASSWORD, City, Clock
from tests.processes import on_free_port, sebar

# As older kernels and many containers have it: the process and all that it starts are told that there is no such call.
NO_LANDLOCK = """
import ctypes, struct
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050026), (0x06, 0, 0, 0x7FFF0000)]
filter = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(filter)))
prctl = ctypes.CDLL(None).prctl
assert prctl(38, 1, 0, 0, 0) == 0
assert prctl(22, 2, program, 0, 0) == 0
"""
BOUNDARY = "batas"
FORM = (
    "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
        for name, more, value in (
            ("metadata", "", json.dumps(METADATA)),
            ("file", '; filename="titik.geojson"', '{"type": "FeatureCollection", "features": []}'),
        )
    ).encode()
    + f"--{BOUNDARY}--".encode()
)


@pytest.fixture
def unsafe(tmp_path: Path) -> Iterator[Settings]:
    settings = on_free_port(completed(Settings(home=tmp_path / "home", secret_key="uji" * 20)))
    with closing(City(settings, Clock())):
        pass
    with sebar(settings, "serve", log=tmp_path / "log", before=NO_LANDLOCK):
        yield settings


def asked(url: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
    who = {"Authorization": "Basic " + b64encode(f"produsen:{PASSWORD}".encode()).decode()}
    said = {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(url, data=data, headers=who | said)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_nothing_is_taken_in_where_a_wall_is_missing(unsafe: Settings, tmp_path: Path) -> None:
    status, parts = asked(f"{unsafe.url}/readyz")
    assert status == 503
    assert "Landlock" in parts["parts"]["sandbox"]
    api = f"{unsafe.url}/api/v1"
    in_parts = asked(f"{api}/uploads", b"", Tus_Resumable="1.0.0", Upload_Length="10")
    at_once = asked(f"{api}/submissions", FORM, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")
    for status, problem in (in_parts, at_once):
        assert (status, problem["code"]) == (503, "RUANG-BACA")
        assert "Landlock" in problem["detail"]
        assert "doctor" in problem["mend"]
    assert not [*unsafe.home.glob("uploads/*"), *unsafe.home.glob("incoming/*")]
    assert "Unggahan ditolak sampai ini diperbaiki" in (tmp_path / "log").read_text()
