"""Notes in a real browser: from the queue to a return in six clicks; the Produsen Data finds them where they belong."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Page

from tests.conftest import METADATA, City
from tests.pages.test_browser import pytestmark  # noqa: F401 - same reasons to skip
from tests.pages.test_desks_browser import People, address, browser, people  # noqa: F401 - fixtures

TITLE = "Pos Pantau"


@pytest.fixture
def submission(embedded_city: City, address: str) -> str:  # noqa: F811
    """Two posts, the second in the wrong place; read by the worker and submitted."""
    points = (("K1", 109.670, -6.880), ("K2", 109.690, -6.900))
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {"kode": code, "nama": f"Pos {code}"},
        }
        for code, lon, lat in points
    ]
    layer = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    produsen = embedded_city.client("produsen")
    metadata = METADATA | {"title": TITLE, "key": "kode"}
    id = produsen.submit_file("pos.geojson", layer, metadata, build=False).json["id"]
    while produsen.submission(id)["job"]["status"] != "done":
        time.sleep(0.1)
    assert produsen.step(id, "submit").status_code == 200
    return str(id)


class Counted:
    """Every click and shortcut is one; what is typed into a field is none."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, locator: object) -> None:
        self.count += 1
        locator.click()  # type: ignore[attr-defined]

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def on_map(self, lon: float, lat: float) -> None:
        """A click where this place is drawn."""
        self.count += 1
        x, y = self.page.evaluate(
            "place => { const { x, y } = document.getElementById('peta').map.project(place); return [x, y]; }",
            [lon, lat],
        )
        self.page.locator("#peta canvas").click(position={"x": x, "y": y})


def test_a_faulty_layer_is_returned_with_a_note_on_its_feature_in_six_clicks(
    people: People,  # noqa: F811
    submission: str,
    embedded_city: City,
) -> None:
    page = people.at_the_desk_of("walidata", "/meja/walidata/")
    hand = Counted(page)
    hand.click(page.get_by_role("link", name=TITLE))
    page.wait_for_selector(".peta-ready")
    hand.on_map(109.690, -6.900)
    page.locator("[data-note-words]", has_text="Fitur K2").wait_for()
    hand.press("n")
    page.locator(".note-form textarea:focus").wait_for()
    page.keyboard.insert_text("Pos ini ada di luar kelurahannya.")
    hand.press("Control+Enter")
    page.locator(".note", has_text="Pos ini ada di luar kelurahannya.").wait_for()
    hand.click(page.locator("summary", has_text="Kembalikan"))
    hand.click(page.get_by_role("button", name="Kembalikan"))
    page.get_by_role("status").filter(has_text="Dikembalikan").wait_for()
    assert hand.count <= 6
    (event,) = embedded_city.journey.records.events(submission=submission)[1:]
    (note,) = embedded_city.journey.records.notes(submission)
    assert event.detail["must_fix"] == [note.id]
    assert note.place["feature"] == "K2"

    # The Produsen Data sees it first, in words and on the map, and says that it is done.
    page = people.at_the_desk_of("produsen", f"/meja/pengajuan/{submission}")
    asked = page.get_by_role("region", name="Yang harus diperbaiki")
    asked.get_by_text("Fitur K2").wait_for()
    page.wait_for_selector(".peta-ready")
    page.locator(".peta-legend").get_by_text("Catatan: harus diperbaiki (1)").wait_for()
    asked.get_by_role("button", name="Sudah diperbaiki").click()
    asked.get_by_text("sudah diperbaiki, menurut Produsen Data").wait_for()
    asked.get_by_text("1 dari 1 sudah").wait_for()
    assert people.faults == []


def test_a_note_is_pinned_to_a_point_a_cell_and_a_field_and_its_letter_is_seen_first(
    people: People,  # noqa: F811
    submission: str,
    embedded_city: City,
) -> None:
    here = f"/meja/pengajuan/{submission}"
    page = people.at_the_desk_of("walidata", f"{here}?sisi=catatan")
    page.wait_for_selector(".peta-ready")
    hand = Counted(page)

    page.get_by_role("button", name="Pilih letaknya").click()
    page.keyboard.press("Escape")
    assert page.locator(".note-hint").inner_text() == ""
    page.get_by_role("button", name="Pilih letaknya").click()
    hand.on_map(109.680, -6.890)
    page.locator("[data-note-words]", has_text="Titik 109,6").wait_for()
    page.locator(".note-form textarea").fill("Di sini belum ada pos.")
    page.get_by_role("button", name="Simpan catatan").click()
    page.locator(".note", has_text="Di sini belum ada pos.").wait_for()

    page = people.at_the_desk_of("walidata", f"{here}?sisi=tabel")
    page.get_by_role("button", name="Catat pada sel").click()
    page.locator('tr[data-row="2"] td[data-column="nama"]').click()
    page.locator("[data-note-words]", has_text="Baris 2, kolom nama").wait_for()
    page.locator(".note-form textarea").fill("Namanya keliru.")
    page.get_by_role("button", name="Simpan catatan").click()
    page.locator(".note", has_text="Namanya keliru.").wait_for()

    page = people.at_the_desk_of("walidata", f"{here}?sisi=metadata")
    page.get_by_role("link", name="Catat pada riwayat data").click()
    page.locator("[data-note-words]", has_text="Metadata “riwayat data”").wait_for()
    page.locator(".note-form textarea").fill("Sebutkan tahunnya.")
    page.get_by_role("button", name="Simpan catatan").click()
    page.locator(".note", has_text="Sebutkan tahunnya.").wait_for()
    places = [set(note.place) for note in embedded_city.journey.records.notes(submission)]
    assert places == [{"lon", "lat"}, {"row", "column"}, {"field"}]

    page.locator("summary", has_text="Kembalikan").click()
    page.locator(".decision[open] textarea").fill("Mohon diperbaiki sebelum Jumat.")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Lihat suratnya dahulu").click()
    opened.value.close()
    assert page.locator(".decision[open] textarea").input_value() == "Mohon diperbaiki sebelum Jumat."
    assert embedded_city.journey.records.submission(submission).move.status == "submitted"
    assert embedded_city.journey.records.documents(submission=submission) == []
    page.get_by_role("button", name="Kembalikan").click()
    page.get_by_role("status").filter(has_text="Dikembalikan").wait_for()
    assert people.faults == []


def test_the_second_of_two_reviewers_is_told_who_was_first_and_keeps_the_words(
    people: People,  # noqa: F811
    submission: str,
    embedded_city: City,
) -> None:
    here = f"/meja/pengajuan/{submission}"
    page = people.at_the_desk_of("walidata", here)
    page.locator("summary", has_text="Kembalikan").click()
    page.locator(".decision[open] textarea").fill("Sudah saya tulis panjang lebar.")
    assert embedded_city.client("walidata").step(submission, "verify").status_code == 200
    page.get_by_role("button", name="Kembalikan").click()
    problem = page.get_by_role("alert").filter(has_text="mengambil langkah “Nyatakan terverifikasi” pada ")
    problem.wait_for()
    assert "Walidata" in problem.inner_text()
    page.locator(".kept-words").get_by_text("Sudah saya tulis panjang lebar.").wait_for()
