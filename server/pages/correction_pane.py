"""What a page of one submission shows of mending: inputs beside its findings, a row to be changed, what was changed."""

from typing import Any

from server.access import journey
from server.mending import cell_text, cells_of, hidden, previews_beside, suggested
from server.pages.candidate import collection_of, folder_of
from workflow.errors import BadRequest
from workflow.layer import FieldType
from workflow.store import SubmissionRecord


def mendable(record: SubmissionRecord) -> dict[str, dict[str, Any]]:
    """By the key of a finding: what its cell says, what would be written instead and, at the first, how many cells
    of its column have such a suggestion."""
    cell, found = cells_of(journey().settings.home, record), {}
    names = {field["name"] for field in (collection_of(record) or {"fields": []})["fields"]}
    every = [one for one in journey().records.findings(record.move.id) if one.row and one.column in names]
    alike: dict[tuple[str, str | None], int] = {}
    for one in every:
        alike[one.check, one.column] = alike.get((one.check, one.column), 0) + bool(one.suggestion)
    for one in every:
        try:
            kind, now = cell(one.row or 0, one.column or "")
        except BadRequest:  # several rows came of this one: it is mended in the file
            continue
        found[one.key] = {
            "name": f"v:{one.row}:{one.column}",
            "shown": shown(record, kind, now),
            "suggestion": suggested(record, kind, one.suggestion) if one.suggestion else "",
            "alike": alike.pop((one.check, one.column), 0) if one.suggestion else 0,
        }
    return found


def shown(record: SubmissionRecord, kind: FieldType, now: object) -> str:
    """A cell as an input holds it: written as in the file, and nobody's number."""
    return hidden(suggested(record, kind, cell_text(now)))


def row_of(record: SubmissionRecord, row: int) -> list[dict[str, str]]:
    """Every cell of a row, to be mended. Raises BadRequest where there is no such row."""
    cell, fields = cells_of(journey().settings.home, record), (collection_of(record) or {"fields": []})["fields"]
    return [
        {"name": f"v:{row}:{one['name']}", "label": one["label"], "shown": shown(record, *cell(row, one["name"]))}
        for one in fields
    ]


def mended_of(record: SubmissionRecord) -> list[dict[str, Any]]:
    """What was mended in the browser, the newest first, in words."""
    labels = {field["name"]: field["label"] for field in (collection_of(record) or {"fields": []})["fields"]}
    edits = sorted(record.reading.get("edits", ()), key=lambda edit: str(edit.get("at")), reverse=True)
    return [
        {**edit, "label": labels.get(edit["column"], edit["column"])}
        | {part: hidden(edit[part]) for part in ("was", "value")}
        for edit in edits
    ]


def has_previews(record: SubmissionRecord) -> bool:
    return record.candidate is not None and previews_beside(folder_of(record)).exists()
