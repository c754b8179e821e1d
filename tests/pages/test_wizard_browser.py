"""The whole way of a new table in a real browser, by keyboard alone: from the file to “Ajukan ke Walidata”."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.pages.desk import METADATA_FORM
from tests.pages.test_browser import SIZES, pytestmark  # noqa: F401 - same reasons to skip
from tests.pages.test_desks_browser import PAPER, People, address, browser, people  # noqa: F401 - fixtures

PEOPLE = "kode;nama;jumlah\n33.75.01.9002;Medono;1.200\n33.75.01.1003;Podosugih;1.230\n33.75.01.1009;Tirto;990,5\n"
STATISTICS = {"concept": "Penduduk", "definition": "Yang tinggal setahun.", "measure": "Jumlah", "unit": "jiwa"}


def reach(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Goes there with the keyboard, as somebody without a mouse does."""
    wanted = page.locator(selector).first
    wanted.wait_for()
    for _ in range(200):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by {key} on {page.url}")


def press(page: Page, selector: str) -> None:
    reach(page, selector)
    page.keyboard.press("Enter")


def fill(page: Page, name: str, value: str) -> None:
    reach(page, f'[name="{name}"]')
    field = page.locator(f'[name="{name}"]')
    if field.evaluate("one => one.tagName") == "SELECT":
        word = field.locator(f'option[value="{value}"]').inner_text()
        page.keyboard.type(word)
        assert field.input_value() == value
        return
    page.keyboard.press("Control+A")
    page.keyboard.type(value)


def choose(page: Page, name: str, file: Path) -> None:
    """The system's own window for files is opened from the keyboard; what is chosen in it is not the page's."""
    reach(page, f'input[name="{name}"]')
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)


def done(page: Page) -> None:
    page.locator('.todo:not(:has-text("sedang dibaca"))').wait_for(timeout=60_000)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_a_table_goes_from_the_file_to_the_walidata_by_keyboard_alone(
    people: People,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    people.size = size
    file = tmp_path / "penduduk.csv"
    file.write_text(PEOPLE)
    page = people.at_the_desk_of("produsen", "/meja/produsen-data/ajukan")
    fill(page, "title", "Jumlah Penduduk")
    reach(page, '[name="kind"]')
    page.keyboard.press("ArrowDown")
    choose(page, "file", file)
    choose(page, "berita_acara", PAPER)
    fill(page, "number", "500/12/2026")
    press(page, 'button:has-text("Unggah dan periksa")')
    page.wait_for_url("**/meja/pengajuan/*?sisi=isi")

    # 3. Baca & pastikan
    done(page)
    press(page, 'a.button:has-text("Baca & pastikan")')
    page.wait_for_url("**/baca")
    press(page, 'form.understood button.primary[type="submit"]')
    page.wait_for_url(lambda url: not url.endswith("/baca"))

    # 4. Metadata & Berita Acara
    press(page, '.wizard a:has-text("Metadata & Berita Acara")')
    page.wait_for_url("**?sisi=metadata")
    assert "Terisi otomatis" in page.locator("main").inner_text()
    named = [one.get_attribute("name") for one in page.locator("form [name]").all()]
    said = METADATA_FORM | STATISTICS
    for name in (name for name in named if name in said):
        fill(page, str(name), said[str(name)])
    press(page, 'button:has-text("Simpan metadata")')
    page.wait_for_url(lambda url: "sisi" not in url)

    # 5. Hasil pemeriksaan: a code that is wrong is mended by its suggestion.
    done(page)
    press(page, 'button[name="saran"]')
    page.locator(".mended").wait_for(timeout=60_000)
    assert "33.75.01.9002 menjadi 33.75.01.1002" in page.locator(".mended").inner_text()
    done(page)
    bar = page.locator(".decision-bar")
    assert "Walidata" in bar.inner_text()
    assert "sampai" in bar.inner_text()
    press(page, '.decision-bar button:has-text("Ajukan ke Walidata")')
    page.locator(".locked").wait_for()
    assert not people.faults
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
