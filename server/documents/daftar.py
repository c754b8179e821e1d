"""The four Daftar Data of the SOP, by agency and period: on paper and as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.documents.letters import contents
from server.documents.typesetting import letterhead, pdf, place_name
from server.settings import Settings
from server.store import Records
from workflow.labels import ROLES, STATUSES, day_of, tanggal
from workflow.sop import SOP, Kind, Role, Status
from workflow.store import Batch, Person, SubmissionRecord

_PATH = (
    Status.SUBMITTED, Status.VERIFIED, Status.APPROVED, Status.PUBLISHED, Status.SUPERSEDED, Status.WITHDRAWN,
)  # fmt: skip
REACHED: dict[str, tuple[Status, ...]] = {
    "submit": _PATH,
    "verify": _PATH[1:],
    "approve": _PATH[2:],
    "publish": (Status.PUBLISHED,),
}
"""Which submissions stand on the list of each step: those that came this far and were not sent back."""
TITLES: dict[str, str] = {step.name: step.output for step in SOP if step.output}
SIGNERS: dict[str, Role] = {step.name: step.role for step in SOP if step.output and step.role}
STEP_OF_TITLE = {title: name for name, title in TITLES.items()}
SAME = {"approve": ("approve", "approve_on_paper"), "publish": ("publish", "restore")}
COLUMNS = ("No.", "Judul dan nama tetap", "Jenis", "Isi", "Berita Acara", "Tanggal", "Oleh", "Status", "Sidik isi")
KINDS = {Kind.GEOSPATIAL: "Geospasial", Kind.STATISTICS: "Statistik"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """One dataset on a Daftar Data; `at` and `by` are of the step that brought it there."""

    title: str
    dataset: str
    kind: str
    contents: str
    berita_acara: str
    at: datetime | None
    by: str
    status: str
    content_hash: str


def rows_of(records: Records, step: str, agency: str, period: str) -> list[Row]:
    """The list of one step, by title."""
    batches = {batch.id: batch for batch in records.batches(agency=agency) if batch.period == period}
    people = {person.id: person for person in records.people()}
    found = records.submissions(agency=agency, statuses=REACHED[step])
    listed = [_row(records, record, step, batches, people) for record in found if record.move.batch in batches]
    return sorted(listed, key=lambda row: (row.title.casefold(), row.dataset))


def _row(
    records: Records, record: SubmissionRecord, step: str, batches: Mapping[str, Batch], people: Mapping[str, Person]
) -> Row:
    events = [event for event in records.events(submission=record.move.id) if event.step in SAME.get(step, (step,))]
    person = people.get(events[-1].actor) if events else None
    return Row(
        title=record.title,
        dataset=record.move.dataset,
        kind=KINDS[record.move.kind],
        contents=contents(record),
        berita_acara=batches[record.move.batch].number,
        at=events[-1].at if events else None,
        by=person.name if person else "",
        status=STATUSES[record.move.status],
        content_hash=record.move.content_hash or "",
    )


def daftar_data(
    title: str, agency: str, period: str, rows: Sequence[Row], settings: Settings, *, at: datetime
) -> bytes:
    """The printed list. `title` is one of TITLES, `agency` the agency's name."""
    signer = SIGNERS.get(STEP_OF_TITLE.get(title, ""), Role.WALIDATA)
    offices = {Role.PRODUSEN_DATA: agency, Role.WALIDATA: settings.office}
    data = {
        "kop": letterhead(settings),
        "title": title,
        "number": "",
        "hash": "",
        "footer": " · ".join(filter(None, (title, agency, period))),
        "facts": [("Produsen Data", agency), ("Periode", period), ("Jumlah data", str(len(rows)))],
        "columns": COLUMNS,
        "rows": [_cells(index, row) for index, row in enumerate(rows, start=1)],
        "place": f"{place_name(settings)}, {tanggal(at)}",
        "signature": {"role": ROLES[signer], "agency": offices.get(signer, "")},
    }
    return pdf("daftar.typ", data, at=at)


def _cells(index: int, row: Row) -> list[str]:
    day = tanggal(row.at) if row.at else "–"
    said = (row.kind, row.contents, row.berita_acara, day, row.by, row.status, row.content_hash[:12])
    return [str(index), row.title, row.dataset, *said]


def daftar_csv(rows: Sequence[Row]) -> str:
    head = ("judul", "dataset", "jenis", "isi", "berita_acara", "tanggal", "oleh", "status", "sidik_isi")
    dated = (vars(row) | {"at": day_of(row.at).isoformat() if row.at else ""} for row in rows)
    return sheet(head, (row.values() for row in dated))


def sheet(head: Iterable[str], rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """With a byte order mark, so that Excel reads the letters."""
    return "\ufeff" + sheet_rows([head, *rows], delimiter)


def sheet_rows(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """No cell can begin a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in row] for row in rows)
    return stream.getvalue()
