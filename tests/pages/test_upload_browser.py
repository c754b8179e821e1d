"""A large file over a connection that breaks, in a real browser: by keyboard alone on a telephone, and dropped."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from server.settings import Settings, completed
from server.store import open_records
from tests.conftest import PASSWORD, City, Clock
from tests.pages.test_browser import pytestmark  # noqa: F401 - same reasons to skip
from tests.pages.test_desks_browser import PAPER, browser, sign_in  # noqa: F401 - the same browser
from tests.processes import on_free_port, sebar, wait_for

SIZE = 200 * 10**6
PATIENCE = 120_000


class Cable:
    """Between browser and server: stands still after so many bytes, or is cut after so many more."""

    def __init__(self, port: int) -> None:
        self.port, self.sent = port, 0
        self.holds_at = self.breaks_at = SIZE * 10
        self.held, self.goes_on, self.broken, self.mended = (threading.Event() for _ in range(4))
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.door.accept()
                if self.broken.is_set() and not self.mended.is_set():
                    self._tear(near)
                    continue
                far = socket.create_connection(("127.0.0.1", self.port))
                for ends in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, there: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(2**16):
                if there:
                    self._count(len(piece))
                if self.broken.is_set() and not self.mended.is_set():
                    break
                target.sendall(piece)
        for end in (source, target):
            self._tear(end)

    def _count(self, size: int) -> None:
        self.sent += size
        if self.sent >= self.holds_at and not self.goes_on.is_set():
            self.held.set()
            self.goes_on.wait()
        if self.sent >= self.breaks_at:
            self.broken.set()

    def _tear(self, end: socket.socket) -> None:
        """Without a word of goodbye."""
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Settings]:
    """Web and worker as processes of their own."""
    home = completed(Settings(home=tmp_path / "home", secret_key="uji" * 20))
    settings = on_free_port(home)
    with closing(City(settings, Clock())):
        pass
    with sebar(settings, "serve", log=tmp_path / "log"):
        yield settings


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """200 MB that can be read: far apart, as a careless export writes them."""
    return written(tmp_path / "pos-pemantauan.geojson", SIZE)


def written(path: Path, size: int) -> Path:
    points = [
        {
            "type": "Feature",
            "properties": {"nama": f"Pos {n}"},
            "geometry": {"type": "Point", "coordinates": [109.66 + n / 10_000, -6.88]},
        }
        for n in range(100)
    ]
    gap = b" " * (size // len(points))
    with path.open("wb") as file:
        file.write(b'{"type": "FeatureCollection", "features": [')
        file.write((b"," + gap).join(json.dumps(point).encode() for point in points) + gap + b"]}")
    return path


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(80):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def test_a_large_upload_is_paused_torn_and_gone_on_with_by_keyboard_on_a_telephone(
    installed: Settings,
    large: Path,
    browser: Browser,  # noqa: F811 - a fixture
) -> None:
    cable = Cable(installed.port)
    cable.holds_at, cable.breaks_at = SIZE // 4, SIZE * 6 // 10
    page = browser.new_context(viewport={"width": 360, "height": 740}, locale="id-ID").new_page()
    page.on("filechooser", lambda _: None)  # as in Watched
    page.goto(f"{cable.address}/masuk")
    tab_to(page, page.get_by_label("Nama pengguna"))
    page.keyboard.type("produsen")
    tab_to(page, page.get_by_label("Kata sandi"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/meja/**")
    page.goto(f"{cable.address}/meja/produsen-data/ajukan")
    tab_to(page, page.get_by_label("Judul"))
    page.keyboard.type("Pos Pemantauan")
    tab_to(page, page.get_by_label("Berkas data"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(large)

    wait_for("a quarter of the file", cable.held.is_set)
    said = page.locator(".arriving [role=status]")
    tab_to(page, page.get_by_role("button", name="Jeda"))
    page.keyboard.press("Enter")
    said.filter(has_text="Dijeda").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cable.goes_on.set()
    page.keyboard.press("Enter")
    said.filter(has_text="Sedang diunggah").wait_for()

    wait_for("a torn cable", cable.broken.is_set)
    said.filter(has_text="Sambungan terputus").wait_for(timeout=PATIENCE)
    sent_before = cable.sent
    cable.mended.set()
    said.filter(has_text="isinya sama dengan berkas di komputer Anda").wait_for(timeout=PATIENCE)
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    assert page.locator(".arriving .hash").inner_text() == digest
    assert cable.sent - sent_before < SIZE * 6 // 10

    tab_to(page, page.get_by_role("button", name="Unggah dan periksa"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/meja/pengajuan/*")
    page.locator(".todo", has_text="Sebelum diajukan").wait_for(timeout=PATIENCE)
    page.context.close()
    cable.door.close()
    with closing(open_records(installed)) as records:
        (record,) = records.submissions()
    assert (record.upload, record.upload_bytes) == (digest, large.stat().st_size)
    assert record.candidate


def drag(page: Page, over: Locator, *files: Path, drop: bool = True) -> None:
    """As a hand does it, with files from outside the browser."""
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    at = {"x": box["x"] + box["width"] - 12, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", *(["drop"] if drop else [])):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    session.detach()


def test_a_dropped_file_is_taken_as_a_chosen_one_over_a_connection_that_breaks(
    installed: Settings,
    tmp_path: Path,
    browser: Browser,  # noqa: F811 - a fixture
) -> None:
    size = SIZE // 5
    file = written(tmp_path / "pos.geojson", size)
    cable = Cable(installed.port)
    cable.breaks_at = size * 6 // 10
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID")
    page = sign_in(context.new_page(), cable.address, "produsen")
    page.goto(f"{cable.address}/meja/produsen-data/ajukan")
    page.get_by_label("Judul").fill("Pos Pemantauan")
    area = page.locator(".drop", has=page.get_by_label("Berkas data"))
    chosen = page.get_by_label("Berkas data")

    (tmp_path / "folder").mkdir()
    (tmp_path / "rumah.shp").touch()
    for files, words in (
        ([file, PAPER], "Anda menyeret 2 berkas"),
        ([tmp_path / "folder"], "“folder” adalah folder"),
        ([tmp_path / "rumah.shp"], "dijadikan satu zip dahulu"),
        ([PAPER], "bukan jenis berkas yang diminta di sini"),
    ):
        drag(page, area, *files)
        assert words in page.locator(".drop-said").inner_text()
        assert chosen.evaluate("one => one.files.length") == 0
    drag(page, page.locator("h1"), file)
    assert page.get_by_label("Judul").input_value() == "Pos Pemantauan"
    drag(page, area, file, drop=False)
    assert "drop-over" in (area.get_attribute("class") or "")

    drag(page, area, file)
    assert page.locator(".drop-over, .drop-said").count() == 0
    page.locator(".arriving progress").wait_for()
    said = page.locator(".arriving [role=status]")
    wait_for("a torn cable", cable.broken.is_set)
    said.filter(has_text="Sambungan terputus").wait_for(timeout=PATIENCE)
    cable.mended.set()
    said.filter(has_text="isinya sama dengan berkas di komputer Anda").wait_for(timeout=PATIENCE)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert page.locator(".arriving .hash").inner_text() == digest
    assert cable.sent < size * 1.6

    drag(page, page.locator(".drop", has=page.get_by_label("Pindaian Berita Acara")), PAPER)
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.locator(".todo", has_text="Sebelum diajukan").wait_for(timeout=PATIENCE)
    context.close()
    cable.door.close()
    with closing(open_records(installed)) as records:
        (record,) = records.submissions()
    assert record.upload == digest
    assert record.move.has_berita_acara
