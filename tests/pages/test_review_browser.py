"""Meja Pemeriksaan in a real browser: what is selected is in the address, on the map, in the list and in the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.pages.test_browser import SIZES, pytestmark  # noqa: F401 - the same reasons to skip
from tests.pages.test_desks_browser import SAMPLE, People, address, browser, complete, enter

__all__ = ["address", "browser"]

STREETS = SAMPLE / "jalan-lingkungan.geojson"


@pytest.fixture
def people(browser, address: str) -> Iterator[People]:
    people = People(browser, address)
    yield people
    people.leave()


def desk_of(people: People, file: Path = STREETS) -> Page:
    """The walidata's desk on what the produsen data entered."""
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    here = enter(page, "Jalan Lingkungan", file).removeprefix(people.address)
    return people.at_the_desk_of("walidata", here)


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def row(page: Page) -> str | None:
    return page.locator("#sisi").get_attribute("data-row")


def width(page: Page) -> float:
    box = page.locator(".bench-map").bounding_box()
    assert box
    return box["width"]


def test_a_finding_selects_its_row_and_the_address_says_it_all(people: People) -> None:
    page = desk_of(people)
    assert page.locator("#sisi").is_hidden()
    assert width(page) >= 700
    first = page.locator(".finding", has_text="baris").first
    first.locator(".finding-message a").click()
    expect(first).to_have_attribute("aria-current", "true")
    side = page.locator("#sisi")
    expect(side).to_be_visible()
    expect(side).to_have_attribute("data-row", first.locator(".finding-place").inner_text().split()[1].rstrip(","))
    assert width(page) >= 700
    assert page.locator("#kabar").text_content().startswith(f"Temuan {first.get_attribute('data-number')} dari ")
    number = row(page)
    page.locator("#rincian a", has_text="Tabel").click()
    expect(page.locator('#isi-tabel tr[aria-current="true"]')).to_have_attribute("data-row", str(number))
    page.locator("#ragam a", has_text="Data").click()
    expect(page.locator("#ragam")).to_have_attribute("data-mode", "data")
    page.wait_for_timeout(500)
    whole = page.url
    assert asked(page)["sisi"] == "tabel"
    assert asked(page)["temuan"] == first.get_attribute("data-key")
    assert "#" in whole

    page.reload()
    page.wait_for_selector(".peta-ready")
    expect(page.locator('#isi-tabel tr[aria-current="true"]')).to_have_attribute("data-row", str(number))
    expect(page.locator("#ragam")).to_have_attribute("data-mode", "data")
    assert page.url == whole
    page.go_back()
    expect(page.locator("#ragam")).to_have_attribute("data-mode", "temuan")
    page.locator("#sisi").press("Escape")
    expect(page.locator("#sisi")).to_be_hidden()
    assert people.faults == []


def test_the_map_selects_what_is_clicked_and_its_row(people: People) -> None:
    page = desk_of(people, SAMPLE / "tps.geojson")
    page.locator("#ragam a", has_text="Data").click()
    expect(page.locator("#ragam")).to_have_attribute("data-mode", "data")
    page.locator("#rincian a", has_text="Tabel").click()
    page.locator('#isi-tabel tr[data-row="3"] a').click()
    expect(page.locator("#sisi")).to_have_attribute("data-row", "3")
    page.wait_for_timeout(600)
    spot = page.evaluate("peta.map.project(JSON.parse(document.getElementById('sisi').dataset.place).coordinates)")
    page.go_back()
    expect(page.locator("#sisi")).to_have_attribute("data-row", "")
    page.go_forward()
    expect(page.locator("#sisi")).to_have_attribute("data-row", "3")
    page.evaluate("history.replaceState(null, '', '?mode=data&sisi=tabel' + location.hash)")
    page.reload()
    page.wait_for_selector(".peta-ready")
    page.locator("canvas.maplibregl-canvas").click(position=spot)
    expect(page.locator('#isi-tabel tr[aria-current="true"]')).to_have_attribute("data-row", "3")
    assert "fitur" in asked(page)
    assert page.locator(".peta-panel").is_hidden()
    assert people.faults == []


def test_the_keyboard_does_it_all_unless_it_is_turned_off(people: People) -> None:
    page = desk_of(people)
    page.keyboard.press("j")
    expect(page.locator("#sisi")).to_be_visible()
    first = page.locator('.finding[aria-current="true"]').get_attribute("id")
    page.keyboard.press("j")
    expect(page.locator('.finding[aria-current="true"]')).not_to_have_attribute("id", str(first))
    page.keyboard.press("k")
    expect(page.locator('.finding[aria-current="true"]')).to_have_attribute("id", str(first))
    page.keyboard.press("n")
    expect(page.locator("#catatan textarea").first).to_be_focused()
    page.keyboard.type("jauh dari jalan")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("#isi-tabel")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("n")
    expect(page.locator("#catatan textarea").first).to_have_value("jauh dari jalan")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**sisi=catatan**")
    expect(page.locator("#sisi")).to_contain_text("jauh dari jalan")
    page.keyboard.press("?")
    page.get_by_label("Pintasan satu huruf hidup").uncheck()
    page.keyboard.press("Escape")
    before = page.url
    page.keyboard.press("t")
    page.wait_for_timeout(300)
    assert page.url == before
    assert people.faults == []


def published(people: People) -> str:
    """Schools that the public has, and the same again from the produsen data; the page of the second."""
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    here = enter(page, "Lokasi Sekolah", SAMPLE / "sekolah.gpkg").removeprefix(people.address)
    complete(page)
    page.get_by_role("button", name="Ajukan ke Walidata").click()
    page.get_by_role("status").filter(has_text="Diajukan.").wait_for()
    page = people.at_the_desk_of("walidata", here)
    while page.get_by_text("Kesampingkan dengan alasan").count():
        page.get_by_text("Kesampingkan dengan alasan").first.click()
        page.get_by_label("Alasan").first.fill("Sudah ditanyakan kepada DPUPR.")
        page.get_by_role("button", name="Kesampingkan").first.click()
        page.wait_for_load_state()
    for person, step in (
        ("walidata", "Nyatakan terverifikasi"),
        ("pembina-geospasial", "Setujui"),
        ("walidata", "Sebarluaskan"),
    ):
        page = people.at_the_desk_of(person, here)
        page.locator("summary", has_text=step).click()
        if step == "Setujui":
            page.get_by_label("Saya telah memeriksa ringkasan data ini.").check()
        page.get_by_role("button", name=step).click()
        page.locator(".flash").wait_for()
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan?dataset=lokasi-sekolah")
    page.get_by_label("Berkas data").set_input_files(SAMPLE / "sekolah.gpkg")
    page.get_by_label("Pindaian Berita Acara").set_input_files(SAMPLE / "berita-acara.pdf")
    page.get_by_label("Nomor").fill("501/12/2026")
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.wait_for_url("**/meja/pengajuan/*")
    page.locator(".todo", has_text="Lengkap.").wait_for(timeout=60_000)
    return page.url.removeprefix(people.address)


def test_the_old_release_is_swiped_over_the_new_one_with_the_keyboard(people: People) -> None:
    page = people.at_the_desk_of("walidata", published(people))
    assert page.locator("h1.sentence").inner_text().startswith("Versi 2: ")
    expect(page.locator("#ragam")).to_have_attribute("data-mode", "banding")
    page.locator("#ragam a", has_text="Geser").click()
    page.wait_for_selector("#peta-lama.peta-ready")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "52"
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "rilis lama 100 %"
    page.locator("#ragam a", has_text="Berdampingan").click()
    expect(slider).to_be_hidden()
    middle = page.evaluate("[peta, document.getElementById('peta-lama')].map((one) => one.map.getCenter().lng)")
    page.locator("#peta .maplibregl-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(700)
    moved = page.evaluate("[peta, document.getElementById('peta-lama')].map((one) => one.map.getCenter().lng)")
    assert middle[0] == pytest.approx(middle[1])
    assert moved[0] > middle[0]
    assert moved[0] == pytest.approx(moved[1])
    assert people.faults == []


def test_a_phone_has_the_map_above_and_one_sheet_below(browser, address: str) -> None:
    people = People(browser, address, SIZES[1])
    page = desk_of(people)
    page.locator(".finding-message a").first.click()
    expect(page.locator("#sisi")).to_be_visible()
    expect(page.locator("#daftar")).to_be_hidden()
    boxes = [page.locator(one).bounding_box() for one in (".bench-map", "#rincian", "#sisi")]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    page.locator("#rincian a", has_text="Temuan").click()
    expect(page.locator("#daftar")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[1][0]
    assert people.faults == []
    people.leave()
