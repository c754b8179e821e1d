"""The metadata form and the field dictionary: filled in where the data, the agency or the version before answer."""

from __future__ import annotations

import pytest

from tests.pages.desk import Seat

ROWS = "\n".join(f"33.75.01.10{n:02},{'L' if n % 2 else 'P'},{n},{year}" for year in (2024, 2025) for n in (2, 3, 4, 6))
SCHOOLS = f"Kode Kelurahan,jk,Luas (km²),tahun\n{ROWS}\n"


def entered(seat: Seat) -> str:
    return seat.enter("Sekolah", SCHOOLS.encode(), "sekolah.csv", kind="statistics")


def value(seat: Seat, name: str) -> str:
    (found,) = seat.page.xpath(f'//*[@name="{name}"]')
    return str(found.value if found.tag == "select" else found.get("value") or found.text or "").strip()


def test_what_the_data_and_the_agency_know_is_filled_in_and_said_so(produsen: Seat) -> None:
    id = entered(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    assert value(produsen, "contact_organization")
    assert value(produsen, "license") == ""  # that is for a person to say
    assert value(produsen, "update_frequency") == "annually"
    assert value(produsen, "estimation_level") == "kelurahan"
    assert value(produsen, "collection_method") == "kompilasi produk administrasi"
    assert produsen.says("Terisi otomatis; periksa, lalu simpan.")
    assert produsen.says("Bagaimana angkanya dihitung. (MS-Ind 5)")


def test_what_is_missing_is_named_one_by_one_until_it_is_saved(produsen: Seat) -> None:
    id = entered(produsen)
    said = {one.message for one in produsen.city.journey.records.findings(id) if one.check == "METADATA_MISSING"}
    assert any("lisensi" in message for message in said)
    produsen.complete(id, concept="Sekolah", definition="Satuan pendidikan.", measure="Jumlah", unit="unit", method="Σ")
    assert not [one for one in produsen.city.journey.records.findings(id) if one.check == "METADATA_MISSING"]
    record = produsen.city.journey.records.submission(id)
    assert record
    assert record.metadata["method"] == "Σ"
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    assert not produsen.says("Belum diisi.")


def test_the_dictionary_is_prefilled_from_the_data_and_kept_with_codes_and_meanings(produsen: Seat) -> None:
    id = entered(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    assert value(produsen, "codes:jk") == "L\nP"
    assert produsen.says("di API: kode_kelurahan")
    typed = {"codes:jk": "L = Laki-laki\nP = Perempuan", "null_meaning:jk": "tidak dicatat", "type:tahun": "string"}
    produsen.press(f"/meja/pengajuan/{id}/kolom", **typed)
    produsen.read(id)
    record = produsen.city.journey.records.submission(id)
    assert record
    fields = {field["name"]: field for field in (record.manifest or {})["collections"][0]["fields"]}
    assert fields["jk"]["codes"] == ["L", "P"]
    assert fields["jk"]["definition"] == "L = Laki-laki; P = Perempuan"
    assert fields["jk"]["null_meaning"] == "tidak dicatat"
    assert fields["tahun"]["type"] == "string"
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    assert value(produsen, "codes:jk") == "L = Laki-laki\nP = Perempuan"


def test_limits_and_a_pattern_are_said_in_the_dictionary_and_kept(produsen: Seat) -> None:
    id = entered(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    typed = {
        "minimum:tahun": "2025",
        "maximum:tahun": "2025,5",
        "pattern:kode_kelurahan": "33[.]75[.][0-9]{2}[.][0-9]{4}",
    }
    produsen.press(f"/meja/pengajuan/{id}/kolom", **typed)
    produsen.read(id)
    broken = [one.message for one in produsen.city.journey.records.findings(id) if one.check == "RULE_BROKEN"]
    assert len(broken) == 1
    assert "paling sedikit 2025" in broken[0]
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    assert {name: value(produsen, name) for name in typed} == typed


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("pattern:jk", "[LP", "kurung [ tidak ditutup"),
        ("pattern:jk", "(?=L)", "tidak didukung"),
        ("pattern:jk", "(L{100}){100}", "dikalikan paling banyak 300"),
        ("minimum:tahun", "dua ribu", "Nilai terkecil kolom tahun bukan angka"),
    ],
)
def test_a_rule_that_is_none_is_refused_beside_its_field(produsen: Seat, name: str, typed: str, said: str) -> None:
    id = entered(produsen)
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    answer = produsen.press(f"/meja/pengajuan/{id}/kolom", **{name: typed})
    assert answer.status_code == 400
    assert produsen.says(said)
    (box,) = produsen.page.xpath(f"//input[@name='{name}']")
    assert (box.get("value"), box.get("aria-invalid")) == (typed, "true")
    assert produsen.page.get_element_by_id(box.get("aria-describedby")) is not None
    assert box.xpath("ancestor::details[@open]")
