"""What a Produsen Data mends in the browser: cells, geometries and axes, beside the uploaded file."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from server.build import build_now
from server.mending import parsed, previews_beside, written
from tests.conftest import PDF, STATISTICS, City
from workflow.layer import FieldType
from workflow.store import SubmissionRecord

PEOPLE = "kode;nama;jumlah\n33.75.01.1002;Medono;1.200\n33.75.01.1003;Podosugih;1.23o\n33.75.01.1009;Tirto;990,5\n"


@pytest.fixture
def enter(embedded_city: City) -> Callable[..., Draft]:
    return lambda *said, **metadata: entered(embedded_city, *said, **metadata).build()


def entered(city: City, content: str | bytes, name: str = "penduduk.csv", **metadata: Any) -> Draft:
    raw = content.encode() if isinstance(content, str) else content
    data = {"file": (BytesIO(raw), name), "metadata": json.dumps(STATISTICS | metadata)}
    paper = {"berita_acara": (BytesIO(PDF), "ba.pdf")}
    answer = city.client("produsen").post("/api/v1/submissions", data=data | paper)
    assert answer.status_code == 201, answer.text
    return Draft(city, answer.json["id"])


class Draft:
    """One submission of the Produsen Data, and what it holds once it is built."""

    def __init__(self, city: City, id: str) -> None:
        self.city, self.id = city, id

    def build(self) -> Draft:
        build_now(self.city.journey.records, self.city.settings, self.id)
        assert self.record.job.status == "done", self.record.job.error
        return self

    def mend(self, *edits: tuple[int, str, str, str], status: int = 200, **more: Any) -> Any:
        cells = [dict(zip(("row", "column", "was", "value"), edit, strict=True)) for edit in edits]
        body = {"edits": cells, **more}
        answer = self.city.client("produsen").call("PUT", f"/api/v1/submissions/{self.id}/edits", json=body)
        assert answer.status_code == status, answer.text
        return self.build() if status == 200 else answer.json

    @property
    def record(self) -> SubmissionRecord:
        record = self.city.journey.records.submission(self.id)
        assert record
        return record

    def column(self, name: str) -> list[Any]:
        folder = self.city.settings.home / str(self.record.candidate)
        lines = (folder / "features.geojsonl").read_text().splitlines()
        return [json.loads(line)["properties"][name] for line in lines]

    def type_of(self, name: str) -> str:
        (field,) = [one for one in (self.record.manifest or {})["collections"][0]["fields"] if one["name"] == name]
        return str(field["type"])

    def found(self, check: str) -> list[str]:
        return [one.message for one in self.city.journey.records.findings(self.id) if one.check == check]


def test_a_mended_cell_makes_numbers_of_its_column_and_another_content_hash(enter: Callable[..., Draft]) -> None:
    draft = enter(PEOPLE)
    before, upload = draft.record.move.content_hash, draft.record.upload
    assert (draft.type_of("jumlah"), draft.column("jumlah")[1]) == ("string", "1.23o")
    draft.mend((3, "jumlah", "1.23o", "1.230"))
    assert (draft.type_of("jumlah"), draft.column("jumlah")) == ("number", [1200, 1230, 990.5])
    assert draft.record.move.content_hash != before
    assert draft.record.upload == upload
    assert (draft.record.manifest or {})["reading"]["mended"] == {"cells": 1}


def test_who_mended_what_and_when_is_kept_and_the_ledger_is_told_without_the_values(
    enter: Callable[..., Draft],
) -> None:
    draft = enter(PEOPLE)
    draft.mend((3, "jumlah", "1.23o", "1.230"))
    (edit,) = draft.record.reading["edits"]
    assert {name: edit[name] for name in ("row", "column", "was", "value")} == {
        "row": 3,
        "column": "jumlah",
        "was": "1.23o",
        "value": "1.230",
    }
    assert edit["by"] == draft.record.created_by
    assert edit["at"].startswith("2026-03-12T")
    entry = [one for one in draft.city.journey.records.ledger() if one.action == "submission.change"][-1]
    assert entry.detail["mended"] == ["3:jumlah"]
    assert "1.23o" not in str(entry)


def test_a_cell_mended_twice_remembers_what_the_file_says(enter: Callable[..., Draft]) -> None:
    draft = enter(PEOPLE).mend((3, "jumlah", "1.23o", "1.230"))
    draft.mend((3, "jumlah", "1230", "1.235"))
    (edit,) = draft.record.reading["edits"]
    assert (edit["was"], edit["value"]) == ("1.23o", "1.235")
    assert draft.column("jumlah") == [1200, 1235, 990.5]
    draft.mend()
    assert draft.column("jumlah")[1] == "1.23o"
    assert "edits" not in draft.record.reading


def test_what_is_no_longer_there_is_refused_with_what_is(enter: Callable[..., Draft]) -> None:
    said = enter(PEOPLE).mend((3, "jumlah", "1.24o", "1.240"), status=409)
    assert said["code"] == "SEL-BERUBAH"
    assert "sekarang berisi “1.23o”, bukan “1.24o”" in said["detail"]
    assert enter(PEOPLE, title="Lain").mend((99, "jumlah", "1", "2"), status=400)["code"] == "SEL-TIDAK-ADA"


def test_a_row_that_became_several_is_not_mended_by_guessing(embedded_city: City) -> None:
    draft = entered(
        embedded_city, "kode;nama;2022;2023\n33.75.01.1002;Medono;12;12\n33.75.01.1009;Tirto;9;10\n"
    ).build()
    version = {"reading": {"long": "1"}, "version": draft.record.move.version}
    answer = embedded_city.client("produsen").call("PATCH", f"/api/v1/submissions/{draft.id}", json=version)
    assert answer.status_code == 200, answer.text
    draft.build()
    (entry, *_) = (draft.record.manifest or {})["collections"]
    (measure,) = [field["name"] for field in entry["fields"] if field["name"] not in ("kode", "nama", "tahun")]
    assert draft.column(measure) == [12, 12, 9, 10]
    assert draft.mend((2, measure, "12", "13"), status=400)["code"] == "SEL-BERULANG"


def test_a_number_that_could_be_two_is_refused(enter: Callable[..., Draft]) -> None:
    draft = enter("kode,jumlah\n33.75.01.1002,12\n33.75.01.1003,13\n")
    said = draft.mend((2, "jumlah", "12", "1.230"), status=400)
    assert said["code"] == "SEL-ANGKA"
    assert "1230 atau 12,5" in said["mend"]
    draft.mend((2, "jumlah", "12", "12,5"), (3, "jumlah", "13", "-"))
    assert (draft.type_of("jumlah"), draft.column("jumlah")) == ("number", [12.5, None])


def test_a_workbook_keeps_its_numbers_when_its_one_bad_cell_is_mended(enter: Callable[..., Draft]) -> None:
    book, raw = openpyxl.Workbook(), BytesIO()
    for line in (["kode", "luas"], ["33.75.01.1002", 1.234], ["33.75.01.1003", "0,88 km"], ["33.75.01.1009", 2]):
        book.active.append(line)
    book.save(raw)
    draft = enter(raw.getvalue(), "luas.xlsx").mend((3, "luas", "0,88 km", "0,88"))
    assert draft.column("luas") == [1.234, 0.88, 2]


def test_an_edit_that_another_way_of_reading_makes_void_blocks_and_says_so(enter: Callable[..., Draft]) -> None:
    draft = enter(PEOPLE).mend((3, "nama", "Podosugih", "Poncol"))
    draft.city.client("produsen").call("PATCH", f"/api/v1/submissions/{draft.id}", json={"reading": {"header_rows": 2}})
    draft.build()
    (said,) = draft.found("EDIT_STALE")
    assert "baris 3" in said
    assert draft.record.move.findings.blocks


def test_another_file_drops_what_was_mended_in_the_one_before(enter: Callable[..., Draft]) -> None:
    draft = enter(PEOPLE).mend((3, "jumlah", "1.23o", "1.230"))
    answer = draft.city.client("produsen").call(
        "PUT", f"/api/v1/submissions/{draft.id}/file", data={"file": (BytesIO(PEOPLE.encode()), "baru.csv")}
    )
    assert answer.status_code == 200
    assert "edits" not in draft.record.reading


def test_nobody_mends_while_the_walidata_has_it(enter: Callable[..., Draft]) -> None:
    draft = enter(PEOPLE.replace("1.23o", "1.230"))
    client = draft.city.client("produsen")
    assert client.post(f"/api/v1/submissions/{draft.id}/steps/submit", json={}).status_code == 200, draft.record
    assert draft.mend((3, "nama", "Podosugih", "Poncol"), status=409)["code"] == "TERKUNCI"
    walidata = draft.city.client("walidata")
    body: dict[str, Any] = {"edits": []}
    assert walidata.call("PUT", f"/api/v1/submissions/{draft.id}/edits", json=body).status_code == 403


def test_exchanged_axes_are_turned_back_before_anything_is_refused(embedded_city: City) -> None:
    point = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Point", "coordinates": [-6.9, 109.67]}}
    whole = json.dumps({"type": "FeatureCollection", "features": [point]})
    draft = entered(embedded_city, whole, "titik.geojson", kind="geospatial", scale=5000)
    build_now(embedded_city.journey.records, embedded_city.settings, draft.id)
    assert (draft.record.job.error or {})["code"] == "COORD_SWAPPED"
    draft.mend(axes="swapped")
    assert (draft.record.manifest or {})["collections"][0]["bbox"] == [109.67, -6.9, 109.67, -6.9]
    assert (draft.record.manifest or {})["reading"]["axes"] == "swapped"


@pytest.mark.parametrize("number", [0.0, 12.5, 12.345, 1234567.0, 1e-7, 0.125, -3.001])
@pytest.mark.parametrize("decimal", [None, ",", "."])
def test_a_number_written_into_a_file_is_read_back_as_itself(number: float, decimal: str | None) -> None:
    assert parsed(FieldType.NUMBER, written(number, decimal), (decimal, None)) == number


BOW_TIE = [[109.67, -6.89], [109.68, -6.88], [109.68, -6.89], [109.67, -6.88], [109.67, -6.89]]


def test_an_invalid_polygon_is_repaired_only_when_it_is_asked_for(enter: Callable[..., Draft]) -> None:
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Polygon", "coordinates": [BOW_TIE]}}
    draft = enter(json.dumps({"type": "FeatureCollection", "features": [feature]}), "luas.geojson", kind="geospatial")
    assert draft.found("GEOM_INVALID")
    seen = json.loads(previews_beside(draft.city.settings.home / str(draft.record.candidate)).read_text())
    said = seen["features"][0]["properties"]
    assert {name for name, lines in said.pop("view").items() if lines} == {"before", "after"}
    assert said.pop("hectares") == pytest.approx(61.51, abs=0.01)
    assert said == {"row": 1, "before": 5, "after": 8, "parts": 2, "was": 0.0}
    draft.mend(repair=[1])
    assert not draft.found("GEOM_INVALID")
    assert (draft.record.manifest or {})["collections"][0]["geometry_type"] == "MultiPolygon"
    draft.mend(repair=[1, 7])
    assert draft.found("REPAIR_STALE") == ["Geometri baris 7 tidak dapat diperbaiki otomatis."]


def test_nobodys_number_is_shown_among_what_was_mended(enter: Callable[..., Draft]) -> None:
    draft = enter("kode,pemilik\n33.75.01.1002,3375014107990001\n33.75.01.1003,Sari\n")
    (found,) = draft.found("NIK")
    assert "3375014107990001" not in found
    draft.mend((2, "pemilik", "3375014107990001", ""))
    answer = draft.city.client("produsen").get(f"/api/v1/submissions/{draft.id}").json
    assert answer["reading"]["edits"][0]["was"] == "3375" + "•" * 12
    assert draft.column("pemilik") == [None, "Sari"]
