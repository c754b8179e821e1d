"""What the SOP prints, read as a person with the paper in hand would."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from server.documents import ISSUED
from server.documents.daftar import REACHED, TITLES, daftar_csv, daftar_data, rows_of
from server.documents.issuing import issue, people_to_print, preview
from server.documents.letters import blank_approval, day_in_words, letter_number, step_document
from server.documents.typesetting import shown
from server.documents.wording import LETTERS
from server.settings import Settings, completed
from server.store import Records, migrate, open_records
from tests.store.sample import AT, add, build, finding, kept, published, ratified, settle, take
from workflow.dataset import Act, Event, Submission
from workflow.sop import SOP, Kind, Status
from workflow.store import Agency, Batch, FindingRecord, Note, Person, SubmissionRecord

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MOMENT = datetime(2026, 3, 26, 3, 32, tzinfo=UTC)
SETTINGS = Settings(
    url="https://data.example.id", city="Kota Contoh", office="Dinas Komunikasi dan Informatika Kota Contoh"
)
MOVE = Submission(
    "s1", "batas", "b1", "dpu", Kind.GEOSPATIAL, round=2, content_hash=HASH, submitted_by="sari", verified_by="budi"
)
RECORD = SubmissionRecord(
    MOVE, "Batas Kelurahan", {"period": "2026"}, {}, "a" * 64, "batas.gpkg", 1_843_200, "sari", MOMENT, "sari", MOMENT
)
PEOPLE = {
    "sari": Person("sari", "sari", "Sari Wulandari, S.T.", "Dinas Pekerjaan Umum", frozenset()),
    "budi": Person("budi", "budi", "Budi Santoso, M.T.", "Dinas Kominfo", frozenset()),
    "agus": Person("agus", "agus", "Dr. Agus Prasetyo", "Bapperida", frozenset()),
}
AGENCY = Agency("dpu", "Dinas Pekerjaan Umum", "DPU")
BATCH = Batch("b1", "dpu", "2026", "500/12/BA/2026", date(2026, 3, 12), "f" * 64, "sari", MOMENT)
WAIVED = FindingRecord(
    "k1", "x", "standar_data", "warns", "Luas berbeda 2 %.", waived_by="budi", waived_at=MOMENT, waived_why="Sesuai SK."
)
WRONG = FindingRecord("k2", "x", "metadata", "blocks", "Kolom kode kosong.", row=14, column="kode")
ACTORS = {"submit": "sari", "approve": "agus"}
HOSTILE = (
    '#panic("x") $x^2$ *b* _i_ `c` <l> @r \\u{1} #import "/etc/passwd" [ ] { } "\' // /* \x00\x07\u202e 日本 🌊 \ud800'
)


def event(step: str, note: str = "Mohon dilengkapi.", **detail: str) -> Event:
    source = Status.SUBMITTED
    return Event("s1", "batas", step, source, source, ACTORS.get(step, "budi"), MOMENT, note, HASH, 2, dict(detail))


def printed(what: Event, record: SubmissionRecord = RECORD, **changes: object) -> bytes:
    given = {
        "people": PEOPLE,
        "agency": AGENCY,
        "batch": BATCH,
        "findings": (WAIVED, WRONG),
        "settings": SETTINGS,
        "number": "500.14.1/17/KOMINFO/2026",
    }
    return step_document(what, record, **given | changes)  # type: ignore[arg-type]


def text_of(pdf: bytes) -> str:
    pages = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", pages.replace("\u200b", ""))


@pytest.mark.parametrize("step", LETTERS)
def test_every_step_says_what_was_done_with_which_data_by_whom(step: str) -> None:
    text = text_of(printed(event(step)))
    assert LETTERS[step].title.upper() in text
    assert "Nomor: 500.14.1/17/KOMINFO/2026" in text
    assert "Kamis, tanggal dua puluh enam bulan Maret tahun dua ribu dua puluh enam" in text
    for said in ("Batas Kelurahan", "Dinas Pekerjaan Umum", "500/12/BA/2026 tanggal 12 Maret 2026", "ke-2"):
        assert said in text
    assert PEOPLE[ACTORS.get(step, "budi")].name in text
    assert "Contoh, 26 Maret 2026" in text
    assert HASH in text
    assert "https://data.example.id/verifikasi/" in text
    assert "Halaman 1 dari 1" in text
    assert LETTERS[step].kind in ISSUED


def test_a_verification_lists_what_was_set_aside_and_why() -> None:
    text = text_of(printed(event("verify")))
    assert "Luas berbeda 2 %. Alasan: Sesuai SK. Budi Santoso, M.T., 26 Maret 2026" in text


def test_a_return_lists_what_is_wrong_and_where() -> None:
    text = text_of(printed(event("return")))
    assert "dikembalikan kepada Produsen Data" in text
    assert "Alasan pengembalian Mohon dilengkapi." in text
    assert "Kolom kode kosong. baris 14, kolom kode" in text


def test_a_pembina_data_returns_to_the_walidata() -> None:
    text = text_of(printed(replace(event("return"), source=Status.VERIFIED, actor="agus")))
    assert "dikembalikan kepada Walidata" in text
    assert "Yang mengembalikan, Pembina Data Bapperida Dr. Agus Prasetyo" in text


def test_what_was_ratified_on_paper_names_its_scan() -> None:
    assert "b" * 64 in text_of(printed(event("approve_on_paper", scan="b" * 64)))


def test_a_dissemination_says_where() -> None:
    text = text_of(printed(event("publish"), release=2))
    assert "Rilis : 2" in text
    assert "https://data.example.id/ogc/collections/batas" in text


def test_a_blank_sheet_waits_for_a_signature() -> None:
    sheet = blank_approval(
        RECORD, people=PEOPLE, agency=AGENCY, batch=BATCH, findings=(WAIVED,), settings=SETTINGS, at=MOMENT
    )
    text = text_of(sheet)
    assert "Nomor: ____" in text
    assert "Yang mengesahkan, Pembina Data" in text
    assert "Dr. Agus" not in text
    assert HASH in text


def test_a_document_is_an_archive_file_and_always_the_same() -> None:
    pdf = printed(event("verify"))
    assert printed(event("verify")) == pdf
    reader = PdfReader(io.BytesIO(pdf))
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert reader.metadata is not None
    assert reader.metadata.title == "Berita Acara Verifikasi Data"
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    assert reader.trailer["/Root"]["/Lang"] == "id"


@pytest.mark.parametrize("words", [HOSTILE, "x" * 5000, "", "<svg onload=1>" * 40, "\u200b\u202e\ufeff"])
def test_hostile_words_are_printed_as_words(words: str) -> None:
    record = replace(RECORD, title=words, upload_name=words, metadata={"period": words})
    bad = replace(WAIVED, message=words, waived_why=words)
    people = {id: replace(person, name=words, agency=words) for id, person in PEOPLE.items()}
    text = text_of(
        printed(
            event("verify", note=words),
            record,
            findings=(bad,),
            people=people,
            agency=replace(AGENCY, name=words),
            number=words,
        )
    )
    if words == HOSTILE:
        assert '#panic("x") $x^2$ *b* _i_ `c` <l> @r \\u{1} #import "/etc/passwd"' in text
        assert "□□ □" in text


def test_every_letter_that_is_kept_has_a_glyph() -> None:
    letters = [shown(chr(code)) for code in range(0x20, 0x10000)]
    kept = "".join(letter for letter in letters if letter and letter != "□")
    assert len(kept) > 1200
    for start in range(0, len(kept), 1000):
        printed(event("verify", note=" ".join(kept[start : start + 1000])))


def test_many_findings_do_not_make_a_book() -> None:
    many = tuple(replace(WRONG, key=str(n), message=f"Temuan {n}.") for n in range(300))
    pdf = printed(event("return"), findings=many)
    assert "Dan 260 temuan lain" in text_of(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) <= 3


def test_days_are_said_in_words() -> None:
    assert day_in_words(date(2026, 8, 17)) == "Senin, tanggal tujuh belas bulan Agustus tahun dua ribu dua puluh enam"


def test_a_number_follows_the_template_of_the_city() -> None:
    said = replace(SETTINGS, letter_number="{urut:03}/{kode_unit}/{tahun}", unit_code="KMF")
    assert letter_number(said, 7, datetime(2026, 12, 31, 18, tzinfo=UTC)) == "007/KMF/2027"


# with the records


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return completed(replace(SETTINGS, home=tmp_path / "home"))


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    migrate(settings)
    opened = open_records(settings)
    settle(opened)
    yield opened
    opened.close()


def test_each_step_taken_gets_one_numbered_document(records: Records, settings: Settings) -> None:
    ratified(records)
    published(records)
    issued = [issue(records, settings, happened) for happened in records.events(submission="s1")]
    assert [document.kind for document in issued if document] == [
        "tanda_terima",
        "berita_acara_verifikasi",
        "lembar_pengesahan",
        "bukti_penyebarluasan",
    ]
    assert [document.number for document in issued if document] == [f"500.14.1/{n}/KOMINFO/2026" for n in (1, 2, 3, 4)]
    again = [issue(records, settings, happened) for happened in records.events(submission="s1")]
    assert again == issued
    for document in issued:
        assert document
        assert (settings.home / "documents" / document.sha256).read_bytes().startswith(b"%PDF-1.7")
        assert records.document(document.sha256) == document


def test_a_step_without_a_document_has_none(records: Records, settings: Settings) -> None:
    add(records)
    build(records)
    take(records, "s1", "submit", "budi")
    take(records, "s1", "recall", "budi")
    assert issue(records, settings, records.events(submission="s1")[-1]) is None


def test_a_return_without_words_lists_the_notes_that_must_be_fixed(records: Records, settings: Settings) -> None:
    add(records)
    build(records)
    take(records, "s1", "submit", "budi")
    records.add_note(Note("n1", "s1", "sari", AT, "Luasnya kosong.", "must_fix", {"row": 14, "column": "luas"}))
    records.add_note(Note("n2", "s1", "sari", AT, "Apa sumbernya?", "question"))
    sari = records.person("sari")
    assert sari
    wish = Act("return", sari.as_actor(), AT)
    seen = text_of(preview(records, settings, kept(records), wish))
    assert "PRATINJAU" in seen
    assert "Nomor:" not in seen
    assert records.documents() == []
    assert kept(records).move.status is Status.SUBMITTED
    take(records, "s1", "return", "sari", note="")
    letter = issue(records, settings, records.events(submission="s1")[-1])
    assert letter
    text = text_of((settings.home / "documents" / letter.sha256).read_bytes())
    assert "Catatan yang harus diperbaiki 1. Luasnya kosong. Baris 14, kolom luas" in text
    assert "PRATINJAU" not in text
    assert "Apa sumbernya?" not in text
    numbered = re.sub(r"(Nomor: )?500\.14\.1/1/KOMINFO/2026 (· )?", "", text)
    assert seen.replace("PRATINJAU", "").strip() == numbered.strip()


def test_people_are_printed_with_the_name_of_their_agency(records: Records) -> None:
    assert people_to_print(records)["budi"].agency == "Dinas Pekerjaan Umum"


def test_each_list_holds_what_came_this_far(records: Records) -> None:
    ratified(records)
    published(records)
    add(records, "s2", "sungai")
    build(records, "s2", finding())
    take(records, "s2", "submit", "budi")
    add(records, "s3", "pasar")
    listed = {step: [row.dataset for row in rows_of(records, step, "dpu", "2026")] for step in TITLES}
    assert listed == {"submit": ["jalan", "sungai"], "verify": ["jalan"], "approve": ["jalan"], "publish": ["jalan"]}
    assert rows_of(records, "submit", "dpu", "2025") == []
    row = rows_of(records, "verify", "dpu", "2026")[0]
    assert (row.by, row.at) == ("Sari", AT)
    assert kept(records, "s2").title == row.title


def test_a_printed_list_has_its_rows_and_its_place_for_a_signature(records: Records) -> None:
    ratified(records)
    rows = rows_of(records, "approve", "dpu", "2026") * 30
    pdf = daftar_data(TITLES["approve"], "Dinas Pekerjaan Umum", "2026", rows, SETTINGS, at=MOMENT)
    text = text_of(pdf)
    assert "DAFTAR DATA OPD YANG TELAH DISETUJUI" in text
    assert text.count("BA/b1") == 30
    assert "Contoh, 26 Maret 2026 Pembina Data" in text
    assert "Halaman 3 dari 3" in text
    empty = text_of(daftar_data(TITLES["publish"], "Dinas Pekerjaan Umum", "2026", [], SETTINGS, at=MOMENT))
    assert "Tidak ada data pada tahap ini." in empty


def test_a_list_as_csv_holds_no_formula(records: Records) -> None:
    ratified(records)
    row = replace(rows_of(records, "approve", "dpu", "2026")[0], title='=HYPERLINK("x")', by="+62")
    lines = daftar_csv([row]).splitlines()
    assert lines[0].startswith("\ufeffjudul,dataset")
    assert lines[1].startswith('"\'=HYPERLINK(""x"")",jalan,')
    assert "'+62" in lines[1]


def test_the_lists_are_the_outputs_of_the_sop() -> None:
    assert list(TITLES.values()) == [step.output for step in SOP if step.number]
    assert set(REACHED) == set(TITLES)
