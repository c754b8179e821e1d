"""The SOP in a real browser: four people, one dataset, under the strict policy and without another host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from server.build import build_now
from server.store import open_records
from tests.conftest import PASSWORD, SHARED, SI_INVESTA, City
from tests.pages.desk import METADATA_FORM
from tests.pages.test_browser import CHROMIUM, QUIET, SIZES, SOFTWARE, Watched, pytestmark  # noqa: F401 - same reasons to skip

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
REAL = SI_INVESTA / "Batas_Administrasi.geojson"
PAPER = SAMPLE / "berita-acara.pdf"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *SOFTWARE])
        yield browser
        browser.close()


@pytest.fixture
def address(embedded_city: City) -> Iterator[str]:
    """The whole application on a port of its own, and a worker that reads what is entered."""
    server = make_server("127.0.0.1", 0, embedded_city.app, threaded=True)
    over = threading.Event()
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work, args=(embedded_city, over))]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    over.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()


def work(city: City, over: threading.Event) -> None:
    records = open_records(city.settings)
    while not over.wait(0.2):
        for submission, _ in records.unfinished_builds():
            build_now(records, city.settings, submission)
    records.close()


def sign_in(page: Page, address: str, username: str) -> Page:
    page.goto(f"{address}/masuk")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/meja/**")
    return page


class People:
    """Each person's own browser window; what goes wrong in any of them is kept."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int] = SIZES[0]) -> None:
        self.browser, self.address, self.size = browser, address, size
        self.windows: dict[str, Watched] = {}

    def at_the_desk_of(self, username: str, path: str = "/meja/") -> Page:
        if username not in self.windows:
            width, height = self.size
            context = self.browser.new_context(viewport={"width": width, "height": height}, locale="id-ID")
            self.windows[username] = Watched(context.new_page(), self.address)
            sign_in(self.windows[username].page, self.address, username)
        return self.windows[username].open(path)

    @property
    def faults(self) -> list[str]:
        return [fault for window in self.windows.values() for fault in window.faults]

    def leave(self) -> None:
        for window in self.windows.values():
            window.page.context.close()


@pytest.fixture
def people(browser: Browser, address: str) -> Iterator[People]:
    people = People(browser, address)
    yield people
    people.leave()


def enter(page: Page, title: str, file: Path) -> str:
    """Through the form, until the file is read; the page's address."""
    page.get_by_label("Judul").fill(title)
    page.get_by_label("Berkas data").set_input_files(file)
    page.get_by_label("Pindaian Berita Acara").set_input_files(PAPER)
    page.get_by_label("Nomor").fill("500/12/2026")
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.wait_for_url("**/meja/pengajuan/*")
    page.locator(".todo", has_text="Sebelum diajukan").wait_for(timeout=60_000)
    here = page.url.partition("?")[0]
    page.goto(here)
    return here


def complete(page: Page) -> None:
    page.locator(".wizard a", has_text="Metadata").click()
    for name, value in METADATA_FORM.items():
        field = page.locator(f'[name="{name}"]')
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Simpan metadata").click()
    page.locator(".todo", has_text="Lengkap.").wait_for(timeout=60_000)


@pytest.mark.parametrize(
    ("title", "file", "count"),
    [
        ("Lokasi Sekolah", SAMPLE / "sekolah.gpkg", 82),
        pytest.param(
            "Batas Kelurahan",
            REAL,
            27,
            marks=pytest.mark.skipif(not REAL.exists(), reason=f"no real files here: {SHARED} (SEBAR_SHARED)"),
        ),
    ],
    ids=("sample", "real"),
)
def test_four_people_bring_a_dataset_to_the_public(people: People, title: str, file: Path, count: int) -> None:
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    enter(page, title, file)
    complete(page)
    assert "Walidata punya 5 hari kerja, sampai " in page.locator(".decision-bar").inner_text()
    page.get_by_role("button", name="Ajukan ke Walidata").click()
    page.get_by_role("status").filter(has_text="Diajukan.").wait_for()

    page = people.at_the_desk_of("walidata")
    page.get_by_role("link", name=title).click()
    page.wait_for_selector(".peta-ready")
    assert page.locator(".bench-map").bounding_box()["width"] >= 700
    while page.get_by_text("Kesampingkan dengan alasan").count():
        page.get_by_text("Kesampingkan dengan alasan").first.click()
        page.get_by_label("Alasan").first.fill("Sudah ditanyakan kepada DPUPR.")
        page.get_by_role("button", name="Kesampingkan").first.click()
        page.wait_for_load_state()
    page.locator("summary", has_text="Nyatakan terverifikasi").click()
    page.get_by_role("button", name="Nyatakan terverifikasi").click()
    page.get_by_role("status").filter(has_text="Terverifikasi.").wait_for()

    page = people.at_the_desk_of("pembina-geospasial")
    page.get_by_role("link", name=title).click()
    page.locator("summary", has_text="Setujui").click()
    page.get_by_label("Saya telah memeriksa ringkasan data ini.").check()
    page.get_by_role("button", name="Setujui").click()
    page.get_by_role("status").filter(has_text="Disetujui.").wait_for()

    page = people.at_the_desk_of("walidata", "/meja/walidata/?antrian=sebar")
    page.get_by_role("link", name=title).click()
    page.locator("summary", has_text="Sebarluaskan").click()
    page.get_by_role("button", name="Sebarluaskan").click()
    page.get_by_role("status").filter(has_text="Tersebarluaskan").wait_for()

    dataset = title.lower().replace(" ", "-")
    page = people.at_the_desk_of("produsen", f"/data/{dataset}")
    page.wait_for_selector(".peta-ready")
    assert page.locator("h1").inner_text() == title
    items = page.request.get(f"{people.address}/ogc/collections/{dataset}/items?f=json&limit=1")
    assert items.json()["numberMatched"] == count
    assert people.faults == []


def test_a_refused_upload_keeps_the_chosen_file_and_what_was_typed(people: People) -> None:
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    page.get_by_label("Judul").fill("Judul yang panjang dan sudah diketik")
    page.get_by_label("Berkas data").set_input_files(SAMPLE / "tps.geojson")
    page.get_by_label("Pindaian Berita Acara").set_input_files(SAMPLE / "README.md")
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.locator(".problem").wait_for()
    assert page.locator(".problem").evaluate("one => one === document.activeElement")
    assert page.get_by_label("Judul").input_value() == "Judul yang panjang dan sudah diketik"
    assert page.get_by_label("Berkas data").evaluate("one => one.files[0].name") == "tps.geojson"


def test_findings_answer_to_the_keyboard(people: People) -> None:
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    enter(page, "Jalan Lingkungan", SAMPLE / "jalan-lingkungan.geojson")
    page.wait_for_selector(".peta-ready")
    page.locator(".findings-list .finding [data-zoom]").first.focus()
    page.keyboard.press("Enter")
    first = page.locator('.finding[aria-current="true"]').get_attribute("id")
    assert page.locator(".peta-panel").is_hidden()
    page.keyboard.press("j")
    assert page.locator('.finding[aria-current="true"]').get_attribute("id") != first
    page.keyboard.press("k")
    assert page.locator('.finding[aria-current="true"]').get_attribute("id") == first
    assert people.faults == []


@pytest.mark.parametrize("size", SIZES, ids=("desk", "phone"))
def test_a_decision_opens_over_the_page_and_closes_with_escape(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    people = People(browser, address, size)
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    here = enter(page, "Sekolah", SAMPLE / "sekolah.gpkg").removeprefix(people.address)
    complete(page)
    page.get_by_role("button", name="Ajukan ke Walidata").click()

    page = people.at_the_desk_of("walidata", here)
    page.locator("summary", has_text="Kembalikan").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Alasan").wait_for()
    # wait_for_function would poll with eval, which the pages' own policy forbids.
    page.locator("[name=note]:focus").wait_for()
    box = page.locator(".decision[open] .decision-form").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    assert box["y"] >= 0
    page.keyboard.press("Escape")
    assert page.get_by_label("Alasan").is_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Kembalikan"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert people.faults == []
    people.leave()
