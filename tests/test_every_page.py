"""Every page of the sample city in a real browser, as each person, at a desk's and at a phone's size."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from server.settings import Settings
from tests.conformance.service import publish_city, settings_at
from tests.interop.conftest import free_port, running
from tests.pages.test_browser import QUIET, SOFTWARE, pytestmark  # noqa: F401 - the same reasons to skip

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((1366, 768), (360, 740))
PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/",
        "/data",
        "/data?q=tidak+ada+yang+begini",
        "/data/batas-kelurahan",
        "/data/jumlah-penduduk",
        "/peta",
        "/statistik",
        "/jadwal",
        "/masuk",
        "/ogc",
        "/ogc/conformance",
        "/ogc/openapi",
        "/ogc/collections",
        "/ogc/collections/genangan-rob",
        "/ogc/collections/genangan-rob/items",
        "/ogc/collections/genangan-rob/schema",
        "/ogc/collections/katalog",
        "/ogc/collections/katalog/items",
    ),
    "produsen": (
        *("/meja/produsen-data/", "/meja/produsen-data/ajukan", "draft", "draft/baca", "submitted"),
        *("draft?sisi=isi&ubah=2", "draft?sisi=metadata", "draft?sisi=kolom", "draft/perbaiki?cek=AREA_NAME_UNKNOWN"),
    ),
    "walidata": (
        *("/meja/walidata/", "submitted", "verified", "approved", "published", "submitted/pesan"),
        *("returned", "returned?sisi=catatan", "submitted?sisi=metadata"),
        *("submitted?sisi=tabel&baris=2", "submitted?mode=tematik&baris=1", "submitted?mode=banding&cara=geser"),
        *("/meja/daftar-data/", "/meja/daftar-data/rencana/", "/meja/daftar-data/rencana/unggah"),
        "/meja/daftar-data/laporan-mingguan",
    ),
    "pembina-geospasial": ("/meja/pembina-data/", "/meja/pemberitahuan", "geospatial", "geospatial?sisi=temuan"),
    "admin": (
        "/meja/admin/",
        "/meja/admin/opd",
        "/meja/admin/kalender",
        "/meja/admin/perwakilan",
        "/meja/admin/pemeriksaan?cek=PHONE",
        "/meja/pemberitahuan",
    ),
}
PUBLIC = [path for path in PAGES[""] if path != "/masuk"]
INDONESIAN = (
    *("Unduh", "Cari", "Jadwal", "Baris", "Diperbarui", "Lihat", "Legenda", "Sumber", "Butir", "Rilis", "Salin"),
    *("Perbesar", "Perkecil", "Memuat", "Masuk", "Tersebarluaskan", "tidak ada data", "perangkat daerah"),
)
SAID_IN_ENGLISH = """() => {
  const shown = [...document.querySelectorAll("body *:not(script, pre, code, pre *)")];
  const said = shown.filter((one) => one.closest("[lang]").lang === "en");
  return said.flatMap((one) => [
    ...[...one.childNodes].filter((part) => part.nodeType === Node.TEXT_NODE).map((part) => part.data),
    ...["aria-label", "title", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""),
  ]).join("\\n");
}"""
CASES = [(person, page) for person, pages in PAGES.items() for page in pages]


@dataclass(frozen=True)
class Live:
    url: str
    settings: Settings


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("pages") / "home"
    settings = settings_at(home, free_port())
    publish_city(settings)
    environment = {"SEBAR_HOME": str(home), "SEBAR_PORT": str(settings.port), "SEBAR_WORKERS": "1"}
    command = [sys.executable, "-m", "server.cli", "web"]
    with running(command, f"{settings.url}/healthz", environment, home.parent / "web.log"):
        yield Live(settings.url, settings)


@pytest.fixture(scope="module")
def contexts(live: Live) -> Iterator[dict[tuple[str, int], BrowserContext]]:
    """One signed-in browser for each person and size."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*QUIET, *SOFTWARE])
        opened = {}
        for person in PAGES:
            for width, height in SIZES:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, reduced_motion="reduce", has_touch=width < 720
                )
                if person:
                    page = context.new_page()
                    page.goto(f"{live.url}/masuk")
                    page.get_by_label("Nama pengguna").fill(person)
                    page.get_by_label("Kata sandi").fill(live.settings.demo_password)
                    page.get_by_role("button", name="Masuk").click()
                    page.wait_for_url("**/meja/**")
                    page.close()
                opened[person, width] = context
        opened["in English", 360] = browser.new_context(
            viewport={"width": 360, "height": 740}, reduced_motion="reduce", has_touch=True
        )
        opened["in English", 360].add_cookies([{"name": "lang", "value": "en", "url": live.url}])
        yield opened
        browser.close()


def address(live: Live, person: str, page: str) -> str:
    """A path, or the page of a submission that is at this status (or of this kind)."""
    if page.startswith("/"):
        return live.url + page
    page, slash, rest = page.partition("/")
    page, mark, asked = page.partition("?")
    agency = {"produsen": "dpupr"}.get(person, "%")
    with closing(sqlite3.connect(live.settings.home / "sebar.sqlite")) as records:
        if page == "geospatial":
            found = records.execute("SELECT id FROM submissions WHERE status = 'verified' AND kind = ?", (page,))
        else:
            found = records.execute(
                "SELECT id FROM submissions WHERE status = ? AND agency LIKE ? ORDER BY id", (page, agency)
            )
        return f"{live.url}/meja/pengajuan/{found.fetchone()[0]}{slash}{rest}{mark}{asked}"


@pytest.mark.parametrize(("person", "path"), CASES)
@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_a_page_is_whole_readable_and_our_own(
    live: Live, contexts: dict[tuple[str, int], BrowserContext], person: str, path: str, width: int
) -> None:
    """Status 200, no console error, no request to another host, no sideways scrolling, nothing serious for axe."""
    page = contexts[person, width].new_page()
    assert faults_of(page, live, address(live, person, path), width) == []
    page.close()


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_whole_in_english_on_a_phone(
    live: Live, contexts: dict[tuple[str, int], BrowserContext], path: str
) -> None:
    """What stays Indonesian is what agencies wrote, and is marked so."""
    page = contexts["in English", 360].new_page()
    assert faults_of(page, live, live.url + path, 360) == []
    assert page.locator("html").get_attribute("lang") == "en"
    said = page.evaluate(SAID_IN_ENGLISH)
    assert re.findall(rf"\b(?:{'|'.join(INDONESIAN)})\b", said) == []
    page.close()


def faults_of(page: Page, live: Live, address: str, width: int) -> list[str]:
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(own(live)) else None)
    answer = page.goto(address, wait_until="networkidle")
    assert answer is not None
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    serious = [
        f"{fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    return faults + serious


def own(live: Live) -> tuple[str, ...]:
    return (live.url, "data:", "blob:")


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_the_api_is_tried_out_on_its_own_page(
    live: Live, contexts: dict[tuple[str, int], BrowserContext], width: int
) -> None:
    """In Swagger UI under the policy of every page: nothing is blocked, and the answer comes from this site."""
    faults: list[str] = []
    page = contexts["", width].new_page()
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(own(live)) else None)
    page.goto(f"{live.url}/ogc/openapi")
    assert page.get_by_role("heading", name="Definisi OpenAPI").is_visible()
    page.click("#operations-tag-lokasi-sekolah")
    page.locator("#operations-lokasi-sekolah-Features_lokasi-sekolah_items .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("limit").fill("3")
    with page.expect_response(lambda answer: "/collections/lokasi-sekolah/items" in answer.url) as asked:
        page.get_by_role("button", name="Execute").click()
    assert asked.value.status == 200
    assert len(asked.value.json()["features"]) == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert faults == []


def test_without_scripts_the_addresses_of_the_api_are_a_list(
    live: Live, contexts: dict[tuple[str, int], BrowserContext]
) -> None:
    browser = contexts["", 1366].browser
    assert browser
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{live.url}/ogc/openapi")
    assert page.get_by_text("/ogc/collections/lokasi-sekolah/items", exact=True).is_visible()
    plain.close()
