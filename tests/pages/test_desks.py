"""The desks through their pages: every step as a form, every refusal on the page where it happened."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jinja2
import pyogrio
import pytest
import shapely
from jinja2 import meta, nodes

from tests.conftest import PDF, City
from tests.pages.desk import Seat

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TEMPLATES = Path(__file__).parents[2] / "server" / "pages" / "templates"


def points(*places: tuple[float, float], **more: object) -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": {"nama": f"T{n}", "tahun": 2026},
        }
        for n, place in enumerate(places, start=1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features} | more).encode()


HERE = (109.675, -6.889)
AWAY = (109.2, -6.9)


@pytest.fixture
def pembina(embedded_city: City) -> Seat:
    return Seat(embedded_city, "pembina-geospasial")


def submitted(produsen: Seat, title: str = "Titik Uji", *places: tuple[float, float]) -> str:
    id = produsen.enter(title, points(*(places or (HERE,))), "titik.geojson")
    produsen.complete(id)
    produsen.take(id, "submit")
    assert produsen.says("Diajukan")
    return id


def verified(produsen: Seat, walidata: Seat, title: str = "Titik Uji") -> str:
    id = submitted(produsen, title)
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "verify")
    return id


def test_data_walk_the_whole_sop_through_the_pages(produsen: Seat, walidata: Seat, pembina: Seat) -> None:
    id = produsen.enter("Titik Uji", points(HERE, (109.6751, -6.8891), AWAY), "titik.geojson")
    assert produsen.offers(id) == set()
    assert produsen.says("Sebelum diajukan: lengkapi")
    produsen.complete(id)
    assert produsen.says("Walidata punya 5 hari kerja, sampai ")
    produsen.take(id, "submit")
    assert produsen.says("Diajukan. Walidata punya 5 hari kerja, sampai ")
    assert produsen.offers(id) == {"recall"}

    walidata.open("/meja/walidata/")
    assert walidata.says("Titik Uji")
    walidata.open(f"/meja/pengajuan/{id}")
    assert walidata.offers(id) == {"return"}
    assert walidata.says("peringatan yang belum dikesampingkan")
    for action in [form.get("action") for form in walidata.page.forms if "/kesampingkan" in form.get("action", "")]:
        walidata.press(action, reason="Titik itu pos pantau di luar kota.")
    walidata.take(id, "verify", note="Sudah dicocokkan.")
    assert walidata.says("Terverifikasi. Pembina Data punya 5 hari kerja, sampai ")

    pembina.open("/meja/pembina-data/")
    assert pembina.says("1 data sudah diverifikasi")
    pembina.open(f"/meja/pengajuan/{id}")
    assert pembina.says("Titik itu pos pantau di luar kota.")
    assert pembina.says("“Sudah dicocokkan.”")
    pembina.take(id, "approve", seen="1")
    assert pembina.says("Disetujui. Walidata punya 2 hari kerja")

    walidata.open("/meja/walidata/?antrian=sebar")
    assert walidata.says("Disetujui, belum tersebar: 1 data")
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "publish")
    assert walidata.says("Tersebarluaskan")
    assert walidata.open("/data/titik-uji").status_code == 200
    assert walidata.http.get("/ogc/collections/titik-uji/items?f=json").json["numberMatched"] == 3

    produsen.open("/meja/produsen-data/")
    assert produsen.says("Ajukan versi baru")
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "withdraw", note="Letaknya keliru.", sure="titik-uji")
    assert walidata.http.get("/ogc/collections/titik-uji/items").status_code == 410
    assert walidata.offers(id) == {"restore"}
    walidata.take(id, "restore", note="Ternyata benar.")
    assert walidata.http.get("/ogc/collections/titik-uji/items").status_code == 200


def test_a_returned_dataset_comes_first_with_the_words_of_the_one_who_returned_it(
    produsen: Seat, walidata: Seat
) -> None:
    produsen.enter("Konsep Lain", points(HERE), "lain.geojson")
    id = submitted(produsen, "Titik Uji")
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "return", note="Nama titik nomor 4 keliru.")
    produsen.open("/meja/produsen-data/")
    headings = [heading.text_content() for heading in produsen.page.xpath("//main//h2")]
    assert headings[:2] == ["Dikembalikan kepada Anda", "Konsep"]
    assert produsen.says("“Nama titik nomor 4 keliru.”")
    produsen.open(f"/meja/pengajuan/{id}")
    assert produsen.says("Nama titik nomor 4 keliru.")
    produsen.open(f"/meja/pengajuan/{id}?sisi=berkas")
    produsen.press(f"/meja/pengajuan/{id}/berkas", files={"file": (points(HERE, (109.68, -6.89)), "titik-2.geojson")})
    produsen.read(id)
    produsen.take(id, "submit")
    assert produsen.says("putaran ke-2")


def test_what_a_pembina_data_returns_reaches_the_walidata_with_their_words(
    produsen: Seat, walidata: Seat, pembina: Seat
) -> None:
    id = verified(produsen, walidata)
    pembina.open(f"/meja/pengajuan/{id}")
    pembina.take(id, "return", note="Satuannya belum disebut.")
    assert pembina.says("Walidata punya 5 hari kerja")
    walidata.open(f"/meja/pengajuan/{id}")
    assert walidata.says("Satuannya belum disebut.")
    assert walidata.offers(id) == {"verify", "return"}


def test_what_is_missing_is_marked_at_its_field_once_somebody_has_saved(produsen: Seat) -> None:
    id = produsen.enter("Titik Uji", points(HERE), "titik.geojson", paper=None)
    assert produsen.says("lampirkan Berita Acara")
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    assert not produsen.page.xpath('//*[@aria-invalid="true"]'), "nobody has left anything out yet"
    produsen.press(f"/meja/pengajuan/{id}/metadata", abstract="Isi. " * 20)
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    marked = {field.get("name") for field in produsen.page.xpath('//*[@aria-invalid="true"]')}
    assert {"topic", "license", "lineage", "scale", "contact_email"} <= marked
    assert not marked & {"abstract", "title", "access", "period"}


def test_nothing_typed_is_lost_when_a_form_is_refused(produsen: Seat) -> None:
    id = produsen.enter("Titik Uji", points(HERE), "titik.geojson")
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    answer = produsen.press(f"/meja/pengajuan/{id}/metadata", abstract="Sudah panjang ditulis.", scale="lima ribu")
    assert answer.status_code == 400
    assert produsen.says("penyebut skala")
    assert "Sudah panjang ditulis." in answer.text
    assert 'value="lima ribu"' in answer.text

    produsen.open("/meja/produsen-data/ajukan")
    answer = produsen.press(
        "/meja/produsen-data/ajukan", title="Judul yang sudah diketik", number="1/2/3", date="2026-03-12"
    )
    assert answer.status_code == 400
    assert produsen.says("Anda belum memilih berkas data.")
    assert 'value="Judul yang sudah diketik"' in answer.text


def test_a_file_that_cannot_be_read_is_explained_and_mended_on_its_page(produsen: Seat) -> None:
    id = produsen.enter("Rusak", b'{"type": "FeatureCollection", "features": [', "rusak.geojson")
    problem = produsen.page.xpath('//*[@class="problem"]')[0].text_content()
    assert "Cara memperbaiki" in problem
    assert "JSON_BROKEN" in problem
    assert produsen.offers(id) == set()
    produsen.press(f"/meja/pengajuan/{id}/berkas", files={"file": (points(HERE), "utuh.geojson")})
    assert produsen.says("Berkas sedang dibaca")
    produsen.read(id)
    assert not produsen.page.xpath('//*[@class="problem"]')
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    assert produsen.says("Isi yang terbaca")


def test_which_layer_is_meant_can_be_chosen(produsen: Seat, tmp_path: Path) -> None:
    import geopandas

    file = tmp_path / "dua.gpkg"
    frame = geopandas.read_file(SAMPLE / "tps.geojson")
    for layer in ("utara", "selatan"):
        frame.to_file(file, layer=layer, driver="GPKG")
    id = produsen.enter("Dua Lapis", file.read_bytes(), "dua.gpkg")
    assert produsen.says("“utara”")
    produsen.press(f"/meja/pengajuan/{id}/cara-baca", layer="selatan")
    produsen.read(id)
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    assert produsen.says("selatan (pilihan Anda)")


def test_an_unnamed_coordinate_system_is_chosen_by_where_the_data_then_lie(produsen: Seat, tmp_path: Path) -> None:
    import zipfile

    import geopandas

    frame = geopandas.read_file(SAMPLE / "tps.geojson").to_crs(32749)[["geometry"]]
    frame.to_file(tmp_path / "tps.shp")
    with zipfile.ZipFile(tmp_path / "tps.zip", "w") as archive:
        for part in ("shp", "shx", "dbf"):
            archive.write(tmp_path / f"tps.{part}", f"tps.{part}")
    id = produsen.enter("Tanpa Sistem", (tmp_path / "tps.zip").read_bytes(), "tps.zip")
    offered = {
        choice.get("value"): choice.getparent().text_content()
        for choice in produsen.page.xpath('//input[@name="system"]')
    }
    assert set(offered) == {"EPSG:32749", "EPSG:9489", "EPSG:23879"}
    assert "100 % di Kota Pekalongan" in offered["EPSG:32749"]
    assert not produsen.page.xpath('//*[@id="peta"]')
    produsen.press(f"/meja/pengajuan/{id}/cara-baca", system="EPSG:32749")
    produsen.read(id)
    assert produsen.page.xpath('//*[@id="peta"]')
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    assert produsen.says("WGS 84 / UTM zona 49S, EPSG:32749")


def test_how_a_table_was_read_is_shown_and_can_be_corrected(produsen: Seat) -> None:
    table = b"kode;nama;nilai\n33.75.01.1002;Medono;1.250\n33.75.01.1003;Podosugih;2.500\n"
    id = produsen.enter("Nilai", table, "nilai.csv", kind="statistics")
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    assert produsen.says("Pemisah kolom titik koma (;)")
    produsen.press(f"/meja/pengajuan/{id}/cara-baca", decimal=",", thousands=".")
    produsen.read(id)
    produsen.open(f"/meja/pengajuan/{id}?sisi=isi")
    assert produsen.says("Tanda ribuan titik (.) (pilihan Anda)")
    assert "1.250" in [cell.text_content() for cell in produsen.page.xpath('//td[@class="number"]')]


def test_the_field_dictionary_is_edited_column_by_column(produsen: Seat) -> None:
    id = produsen.enter("Titik Uji", points(HERE), "titik.geojson")
    produsen.open(f"/meja/pengajuan/{id}?sisi=kolom")
    typed = {"title:nama": "Nama titik", "definition:nama": "Nama di papan.", "key": "nama"}
    produsen.press(f"/meja/pengajuan/{id}/kolom", **typed)
    produsen.read(id)
    collection = produsen.city.journey.records.submission(id).manifest["collections"][0]
    assert collection["key"] == "nama"
    field = next(field for field in collection["fields"] if field["name"] == "nama")
    assert (field["title"], field["definition"]) == ("Nama titik", "Nama di papan.")


def test_a_new_version_starts_from_what_was_said_of_the_one_before(
    produsen: Seat, walidata: Seat, pembina: Seat
) -> None:
    id = verified(produsen, walidata)
    pembina.open(f"/meja/pengajuan/{id}")
    pembina.take(id, "approve")
    produsen.open("/meja/produsen-data/ajukan?dataset=titik-uji")
    assert produsen.says("Titik Uji masih berjalan")
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "publish")
    produsen.open("/meja/produsen-data/ajukan?dataset=titik-uji")
    files = {"file": (points(HERE, (109.68, -6.89)), "titik.geojson"), "berita_acara": (PDF, "ba.pdf")}
    answer = produsen.press("/meja/produsen-data/ajukan", files=files, number="2")
    again = produsen.read(answer.request.path.rpartition("/")[2])
    assert produsen.city.journey.records.submission(again).move.dataset == "titik-uji"
    assert produsen.says("Lengkap.")
    produsen.take(again, "submit")
    walidata.open(f"/meja/pengajuan/{again}?sisi=perubahan")
    assert walidata.says("1 baru")
    assert walidata.open(f"/api/v1/submissions/{again}/comparison").json["counts"]["added"] == 1


def test_a_conflict_says_who_changed_it_and_when(produsen: Seat, walidata: Seat, embedded_city: City) -> None:
    id = submitted(produsen)
    walidata.open(f"/meja/pengajuan/{id}")
    produsen.open(f"/meja/pengajuan/{id}")
    produsen.take(id, "recall")
    answer = walidata.take(id, "return", note="Sudah saya tulis panjang lebar.")
    assert answer.status_code == 409
    assert walidata.says("Produsen Data Produsen mengambil langkah “Tarik kembali untuk diubah” pada 12 Maret 2026")
    assert walidata.says("Sudah saya tulis panjang lebar.")

    colleague = Seat(embedded_city, "produsen")
    produsen.open(f"/meja/pengajuan/{id}?sisi=metadata")
    colleague.open(f"/meja/pengajuan/{id}?sisi=metadata")
    colleague.press(f"/meja/pengajuan/{id}/metadata", title="Judul Rekan")
    answer = produsen.press(f"/meja/pengajuan/{id}/metadata", abstract="Tulisan saya.")
    assert answer.status_code == 409
    assert re.search(r"sudah mengubahnya pada 12 Maret 2026 pukul \d\d\.\d\d WIB", produsen.page.text_content())


def test_warnings_of_one_kind_are_set_aside_together_with_one_reason(produsen: Seat, walidata: Seat) -> None:
    table = b"no,surel\n1,a@kota.go.id\n2,b@kota.go.id\n3,c@kota.go.id\n4,d@kota.go.id\n"
    id = produsen.enter("Surel Kantor", table, "surel.csv", kind="statistics")
    said = {
        "concept": "Surel",
        "definition": "Surel kantor.",
        "measure": "Jumlah",
        "unit": "surel",
        "kind": "statistics",
    }
    produsen.complete(id, **said)
    produsen.take(id, "submit")
    walidata.open(f"/meja/pengajuan/{id}")
    records = walidata.city.journey.records
    keys = [found.key for found in records.findings(id) if found.check == "EMAIL"]
    assert len(keys) == 4
    answer = walidata.press(f"/meja/pengajuan/{id}/temuan/{keys[0]}/kesampingkan", reason="Surel kantor.", alike="1")
    assert answer.status_code == 200
    assert all(found.waived_why == "Surel kantor." for found in records.findings(id) if found.check == "EMAIL")


def test_findings_go_home_as_a_sheet_or_as_a_layer(produsen: Seat, walidata: Seat, tmp_path: Path) -> None:
    id = submitted(produsen, "Titik Uji", HERE, AWAY)
    there = f"/meja/pengajuan/{id}/temuan"
    expected = walidata.http.get(f"{there}.csv").get_data(as_text=True).count("\n") - 1
    for ending in ("xlsx", "gpkg"):
        path = tmp_path / f"temuan.{ending}"
        path.write_bytes(walidata.http.get(f"{there}.{ending}").data)
        table = pyogrio.read_dataframe(path, layer="temuan")
        assert len(table) == expected > 1
        assert "OUTSIDE_CITY" in set(table["kode"])
    placed = pyogrio.read_dataframe(path).set_index("kode").geometry["OUTSIDE_CITY"]
    assert shapely.get_coordinates(placed).tolist() == [list(AWAY)]


def test_ratification_on_paper_is_printed_signed_scanned_and_recorded(produsen: Seat, walidata: Seat) -> None:
    id = verified(produsen, walidata)
    assert walidata.fetch(f"/meja/pengajuan/{id}/lembar-pengesahan.pdf").startswith(b"%PDF")
    walidata.take(id, "approve_on_paper", note="Kepala BPS, 16 Maret 2026", files={"scan": (PDF, "sah.pdf")})
    assert walidata.says("Pengesahan di atas kertas tercatat.")
    walidata.open(f"/meja/pengajuan/{id}?sisi=perjalanan")
    (scan,) = walidata.page.xpath('//a[contains(@href, "/dokumen/")]/@href')
    assert walidata.fetch(scan) == PDF
    prints = walidata.page.xpath('//a[contains(@href, "/cetak/")]/@href')
    assert len(prints) == 3
    assert walidata.fetch(prints[0]).startswith(b"%PDF")


def test_publishing_can_be_scheduled(produsen: Seat, walidata: Seat, pembina: Seat) -> None:
    id = verified(produsen, walidata)
    pembina.open(f"/meja/pengajuan/{id}")
    pembina.take(id, "approve")
    walidata.open(f"/meja/pengajuan/{id}")
    answer = walidata.take(id, "schedule", at="2026-03-01T08:00")
    assert answer.status_code == 422
    assert walidata.says("Tentukan waktu terbit yang akan datang.")
    walidata.take(id, "schedule", at="2026-03-20T08:00")
    assert walidata.says("terbit 20 Maret 2026, pukul 08.00 WIB")
    assert walidata.offers(id) == {"schedule"}


def test_daftar_data_show_each_batch_and_print_the_four_lists(produsen: Seat, embedded_city: City) -> None:
    submitted(produsen)
    produsen.open("/meja/daftar-data/")
    assert produsen.says("500/12/2026")
    assert produsen.says("Titik Uji")
    prints = produsen.page.xpath('//a[contains(@href, ".pdf?") or contains(@href, ".csv?")]/@href')
    assert len(prints) == 8
    assert produsen.fetch(prints[0]).startswith(b"%PDF")
    assert "Titik Uji" in produsen.http.get(prints[1]).text
    other = Seat(embedded_city, "produsen2")
    assert not other.open("/meja/daftar-data/").text.count("Titik Uji")
    assert other.http.get(prints[0]).status_code == 404


def test_the_queue_is_filtered_by_its_address(produsen: Seat, walidata: Seat) -> None:
    submitted(produsen, "Titik Rob")
    submitted(produsen, "Titik Pasar")
    walidata.open("/meja/walidata/?cari=rob&jenis=geospatial&opd=dpupr")
    assert walidata.says("Titik Rob")
    assert not walidata.says("Titik Pasar")
    links = walidata.page.xpath('//nav[@class="tabs"]/a/@href')
    assert all("cari=rob" in link for link in links)
    walidata.open("/meja/walidata/?jenis=statistics")
    assert walidata.says("Tidak ada yang cocok dengan saringan ini")


def test_notes_are_read_by_the_other_side(produsen: Seat, walidata: Seat) -> None:
    id = submitted(produsen)
    walidata.open(f"/meja/pengajuan/{id}?sisi=catatan")
    walidata.press(f"/meja/pengajuan/{id}/catatan", text="Apakah titik ini masih ada?")
    produsen.open(f"/meja/pengajuan/{id}?sisi=catatan")
    assert produsen.says("Apakah titik ini masih ada?")


def test_empty_desks_say_what_to_do_next(produsen: Seat, walidata: Seat, pembina: Seat) -> None:
    produsen.open("/meja/produsen-data/")
    assert produsen.page.xpath('//a[@href="/meja/produsen-data/ajukan"]')
    assert produsen.says("Belum ada data dari OPD Anda")
    walidata.open("/meja/walidata/")
    assert walidata.says("Tidak ada data yang menunggu Anda periksa")
    pembina.open("/meja/pembina-data/")
    assert pembina.says("Tidak ada yang menunggu pengesahan Anda")


def test_a_form_sent_twice_is_one_submission(produsen: Seat) -> None:
    produsen.open("/meja/produsen-data/ajukan")
    form = dict(produsen.form("/meja/produsen-data/ajukan").form_values())
    ids = set()
    for _ in range(2):
        from io import BytesIO

        data = form | {"title": "Dua Kali", "file": (BytesIO(points(HERE)), "t.geojson")}
        ids.add(produsen.http.post("/meja/produsen-data/ajukan", data=data).location)
    assert len(ids) == 1


def test_pages_reload_themselves_without_javascript_while_a_file_is_read(produsen: Seat) -> None:
    produsen.open("/meja/produsen-data/ajukan")
    answer = produsen.press("/meja/produsen-data/ajukan", title="Sedang", files={"file": (points(HERE), "t.geojson")})
    assert '<noscript><meta http-equiv="refresh"' in answer.text
    id = answer.request.path.rpartition("/")[2]
    assert 'http-equiv="refresh"' not in produsen.open(f"/meja/pengajuan/{id}?sisi=metadata").text
    assert "HX-Refresh" not in produsen.http.get(f"/meja/pengajuan/{id}/pekerjaan").headers
    produsen.read(id)
    assert produsen.http.get(f"/meja/pengajuan/{id}/pekerjaan").headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in produsen.http.get(f"/meja/pengajuan/{id}/pekerjaan?tetap=1").headers


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("desk/*.html")), ids=lambda path: path.stem)
def test_no_imported_piece_hides_a_value_of_the_page(path: Path) -> None:
    environment = jinja2.Environment(autoescape=True)
    environment.filters |= dict.fromkeys(("angka", "tanggal", "hari_tanggal", "pukul", "ukuran", "crs"), str)
    tree = environment.parse(path.read_text())
    imported = {
        name[1] if isinstance(name, tuple) else name
        for found in tree.find_all(nodes.FromImport)
        for name in found.names
    }
    given = {
        "record",
        "move",
        "line",
        "agency",
        "names",
        "batch",
        "dataset",
        "findings",
        "steps",
        "events",
        "notes",
        "releases",
    }
    given |= {
        "collection",
        "content",
        "columns",
        "changes",
        "missing",
        "fault",
        "typed",
        "next",
        "drawn",
        "ways",
        "placing",
    }
    assert not imported & given
    for included in tree.find_all(nodes.Include):
        source = (TEMPLATES / included.template.value).read_text()
        assert not imported & meta.find_undeclared_variables(environment.parse(source))
