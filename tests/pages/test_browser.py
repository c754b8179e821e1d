"""The portal in a real browser, at a desk's and at a phone's size, under the strict policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from server.vendor import STATIC

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SIZES = ((1366, 768), (360, 740))
PAGES = ("/", "/data", "/data/lokasi-sekolah", "/data/jumlah-penduduk", "/peta", "/statistik", "/jadwal")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(
        not (STATIC / "vendor" / "icons.svg").exists(), reason="needs server/static/vendor: python -m server.vendor"
    ),
]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *SOFTWARE])
    yield browser
    browser.close()


class Watched:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.faults = page, address, []
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))
        # Windows for files are caught from the beginning: asked for only when one opens, Playwright may come too late.
        page.on("filechooser", lambda _: None)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked {url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        if self.page.locator(".peta").count():
            self.page.wait_for_selector(".peta-ready")
        return self.page


@pytest.fixture
def watched(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    width, height = getattr(request, "param", SIZES[0])
    context = browser.new_context(viewport={"width": width, "height": height})
    yield Watched(context.new_page(), address)
    context.close()


@pytest.mark.parametrize("watched", SIZES, indirect=True, ids=("desk", "phone"))
@pytest.mark.parametrize("path", PAGES)
def test_no_page_complains_asks_elsewhere_or_is_wider_than_the_screen(watched: Watched, path: str) -> None:
    page = watched.open(path)
    assert watched.faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("watched", SIZES[1:], indirect=True, ids=("phone",))
@pytest.mark.parametrize("path", PAGES)
def test_fingers_hit_every_button_and_field(watched: Watched, path: str) -> None:
    page = watched.open(path)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input:not([type=checkbox]), .nav a')]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_the_legend_names_source_period_and_classes(watched: Watched) -> None:
    legend = watched.open("/statistik").locator(".peta-legend").inner_text()
    assert "Jumlah penduduk (jiwa)" in legend
    assert "2024, Dindukcapil" in legend
    assert "14.163 – 21.239" in legend
    assert "indikatif" in legend


def test_a_feature_can_be_read_with_the_keyboard_alone(watched: Watched) -> None:
    page = watched.open("/statistik")
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    panel = page.locator(".peta-panel")
    panel.wait_for()
    name = panel.locator("h3").inner_text()
    assert page.locator(".peta [aria-live]").text_content() == name
    assert page.evaluate("document.activeElement.className") == "peta-panel"
    page.keyboard.press("Escape")
    assert panel.is_hidden()


def test_a_finding_is_shown_where_it_is(watched: Watched) -> None:
    page = watched.open("/uji/temuan")
    assert "Peringatan (2)" in page.locator(".peta-legend").inner_text()
    page.evaluate(
        """document.getElementById('peta').addEventListener('peta:select', ({detail}) => { window.told = detail; })"""
    )
    page.get_by_role("button", name="Lihat di peta").click()
    page.locator(".peta-panel h3", has_text="Temuan a2.").wait_for()
    assert page.evaluate("window.told.key") == "a2"
    assert watched.faults == []


def test_a_desk_may_show_a_selection_itself(watched: Watched) -> None:
    page = watched.open("/uji/temuan")
    page.evaluate(
        """const peta = document.getElementById('peta');
        peta.addEventListener('peta:select', (event) => event.preventDefault());
        peta.dispatchEvent(new CustomEvent('peta:zoom', {detail: {key: 'a1'}}));"""
    )
    assert page.locator(".peta-panel").is_hidden()


def test_layers_of_the_viewer_come_and_go_and_the_address_follows(watched: Watched) -> None:
    page = watched.open("/peta?lapis=lokasi-sekolah")
    page.get_by_role("checkbox", name="Jaringan Jalan").check()
    page.locator(".peta-legend", has_text="Jaringan Jalan").wait_for()
    page.get_by_role("checkbox", name="Lokasi Sekolah").uncheck()
    page.locator(".peta-legend:not(:has-text('Lokasi Sekolah'))").wait_for()
    assert "lapis=jaringan-jalan" in page.url
    assert "lokasi-sekolah" not in page.url


def test_without_webgl_the_table_says_the_same(playwright: Playwright, address: str) -> None:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-3d-apis"])
    page = browser.new_page()
    page.goto(f"{address}/data/lokasi-sekolah")
    page.locator(".peta-none").wait_for()
    assert page.locator(".peta-none a").get_attribute("href") == "#tabel"
    browser.close()


def test_without_javascript_everything_but_the_map_is_there(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/data/lokasi-sekolah")
    assert page.get_by_text("Peta memerlukan JavaScript").is_visible()
    assert page.get_by_role("cell", name="SD Negeri Contoh Medono 01").is_visible()
    page.goto(f"{address}/data?q=sekolah")
    assert page.get_by_role("link", name="Lokasi Sekolah").is_visible()
    context.close()


def test_motion_stops_for_those_who_ask(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/statistik")
    page.wait_for_selector(".peta-ready")
    assert page.evaluate("getComputedStyle(document.querySelector('.peta-panel')).animationName") == "none"
    context.close()
