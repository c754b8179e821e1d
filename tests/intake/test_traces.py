"""What a workbook holds of people beside its sheets is told, and nobody's name with it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from openpyxl.comments import Comment

from server.intake.reader import read_upload
from workflow.findings import Finding
from workflow.labels import sentence


def remarks(book: openpyxl.Workbook, folder: Path) -> list[Finding]:
    path = folder / "a.xlsx"
    book.save(path)
    reading = read_upload(path, path.name, reading={}, crs=None, progress=lambda *_: None)
    return [remark for remark in reading.remarks if remark.check == "WORKBOOK_TRACES"]


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in (("nama", "jumlah"), ("Medono", 1), ("Tirto", 2)):
        book.active.append(row)
    return book


def test_an_author_and_a_comment_are_told_without_a_name(tmp_path: Path) -> None:
    book = workbook()
    book.properties.creator = "Budi Santoso"
    book.active["B2"].comment = Comment("tanya Budi", "Budi Santoso")
    (told,) = remarks(book, tmp_path)
    assert sentence(told) == "Buku kerja ini juga memuat komentar sel, nama pembuatnya; itu tidak ikut disebarluaskan."


def test_a_workbook_without_traces_is_left_in_peace(tmp_path: Path) -> None:
    assert remarks(workbook(), tmp_path) == []
