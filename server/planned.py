"""The yearly agreed Daftar Data: read from the sheet of an agency or of the forum, compared with what was entered."""

import difflib
import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from server.files import Kept, keep
from server.intake import read_upload
from server.journey import Journey, Upload, sees_agency
from workflow.dataset import Actor, Event
from workflow.errors import BadRequest, BadUpload, Forbidden, NotFound
from workflow.labels import MONTHS, ROLES, day_of
from workflow.names import plain
from workflow.periods import interval
from workflow.planned import Entry, Line, covers, reconcile
from workflow.sop import Kind, Role, Status
from workflow.store import Agency, PlannedData, SubmissionRecord

LIMIT = 5 * 2**20
LINES_AT_MOST = 3000
HEADER_WITHIN = 60
_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
HEADINGS: dict[str, list[str]] = _WORDS["headings"]
KINDS = {Kind(kind): signs for kind, signs in _WORDS["kinds"].items()}
_DAY = re.compile(r"(\d{1,2})[\s./-]+(\w+)[\s./-]+(\d{4})")


@dataclass(frozen=True)
class Read:
    """One line of the sheet: `row` is its own number, `refused` the sentence why it is left out, `said` the agency as
    the sheet names it."""

    row: int
    said: str
    line: PlannedData
    refused: str = ""


def keep_list(journey: Journey, actor: Actor, upload: Upload) -> Kept:
    _walidata(actor)
    return keep(upload.stream, journey.settings.home / "uploads", upload.name, LIMIT)


def understood(
    journey: Journey, actor: Actor, path: Path, name: str, *, period: str, sheet: str = "", agency: str = ""
) -> list[Read]:
    """What the sheet says, line by line; `agency` is whose list it is where it names none. The file is read in the
    sandboxed child alone. Raises BadUpload."""
    _walidata(actor)
    if not period.strip() or interval(period) is None:
        raise BadRequest.of("no_period", period=period, where={"field": "period"})
    rows = _rows(path, name, sheet)
    start, columns = _heading(rows)
    known = _Agencies(journey.records.agencies(), journey.settings.city)
    found, last = [], agency
    for number, cells in rows[start:]:
        said = {part: cells[at] for part, at in columns.items()}
        if not said.get("title") or all(re.fullmatch(r"\(?\d*\)?", cell) for cell in cells):
            continue
        # A cell merged over several lines names the agency on the first of them.
        last = said.get("agency") or last
        found.append(_read(number, said | {"agency": last}, known, period, name, journey.clock()))
    if not found:
        raise BadUpload.of("no_list_lines", where={"file": name})
    if len(found) > LINES_AT_MOST:
        raise BadUpload.of("list_too_long", count=len(found), most=LINES_AT_MOST, where={"file": name})
    return _without_twins(found)


def _rows(path: Path, name: str, sheet: str) -> list[tuple[int, list[str]]]:
    """The sheet as text, with the rows' own numbers."""
    wanted = {"header_rows": 0} | ({"sheet": sheet} if sheet else {})
    layer = read_upload(path, name, reading=wanted, crs=None, progress=lambda *_: None).layer
    if layer.geometry is not None:
        raise BadUpload.of("list_is_no_table", where={"file": name})
    columns = [column.to_pylist() for column in layer.columns.columns]
    cells = zip(*columns, strict=True)
    return [(int(n), [_text(cell) for cell in row]) for n, row in zip(layer.rows, cells, strict=True)]


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        cell = cell.date()
    return "" if cell is None else " ".join(str(cell).split())


def _heading(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, dict[str, int]]:
    """Where the lines begin, and the columns by what they hold. Raises BadUpload where no row has the words."""
    for at, (_, cells) in enumerate(rows[:HEADER_WITHIN], start=1):
        columns: dict[str, int] = {}
        words = [plain(cell) if len(cell) <= 60 else "" for cell in cells]
        for part, signs in HEADINGS.items():
            fits = [n for sign in signs for n, word in enumerate(words) if sign in word and n not in columns.values()]
            if fits:
                columns[part] = fits[0]
        if "title" in columns and len(columns) > 1 and sum(map(bool, words)) > 2:
            if "dssd" not in columns and "code" in columns:
                columns["dssd"] = columns["code"]
            return at, columns
    raise BadUpload.of("no_list_header")


class _Agencies:
    """Agencies by every name that a sheet may call them."""

    def __init__(self, agencies: Iterable[Agency], city: str) -> None:
        self.city = plain(city)
        self.names: dict[str, Agency] = {}
        for agency in agencies:
            for name in (agency.id, agency.name, agency.short_name):
                self.names.setdefault(self._plain(name), agency)

    def _plain(self, name: str) -> str:
        return plain(name).replace(self.city, "").strip("_")

    def find(self, name: str) -> Agency | None:
        return self.names.get(self._plain(name))

    def nearest(self, name: str) -> str:
        near = difflib.get_close_matches(self._plain(name), self.names, 1)
        return f" Mungkin maksudnya “{self.names[near[0]].name}”." if near else ""


def _read(row: int, said: Mapping[str, str], known: _Agencies, period: str, file: str, now: datetime) -> Read:
    agency = known.find(said["agency"])
    dssd = said.get("dssd", "")
    words = plain(said.get("kind", ""))
    kind = next((kind for kind, signs in KINDS.items() if any(sign in words for sign in signs)), None)
    if kind is None and not words and dssd:
        kind = Kind.STATISTICS
    due = _due(said.get("due", ""), period)
    refused = ""
    if not said["agency"]:
        refused = "OPD-nya belum disebut; isi kolom OPD, atau pilih OPD ketika mengunggah."
    elif agency is None:
        refused = f"“{said['agency'][:80]}” bukan OPD yang terdaftar.{known.nearest(said['agency'])}"
    elif kind is None:
        refused = f"Jenis “{said.get('kind', '')[:40]}” tidak dikenal; tulis statistik atau geospasial."
    elif not re.fullmatch(r"[\w.\-/]{0,40}", dssd):
        refused = f"“{dssd[:60]}” bukan kode DSSD: huruf, angka, titik dan garis saja, tanpa spasi."
    elif said.get("due") and due is None:
        refused = f"Jadwal “{said['due'][:40]}” tidak terbaca; tulis misalnya 31 Maret {period[:4]}."
    line = PlannedData(
        id="",
        agency=agency.id if agency else "",
        period=period,
        title=said["title"][:300],
        kind=kind or "",
        source=file,
        created_by="",
        created_at=now,
        dssd=dssd[:40],
        unit=said.get("unit", "")[:80],
        frequency=said.get("frequency", "")[:80],
        due=due,
    )
    return Read(row, said["agency"], line, refused)


def _due(text: str, period: str) -> date | None:
    """The day, or the last day of the span of time: 31/03/2026, 31 Maret 2026, Maret 2026, TW I, Maret."""
    if match := _DAY.search(text):
        names = {month[:3].casefold(): at for at, month in enumerate(MONTHS, 1)}
        month = int(match[2]) if match[2].isdecimal() else names.get(match[2][:3].casefold(), 0)
        try:
            return date(int(match[3]), month, int(match[1]))
        except ValueError:
            return None
    span = interval(text) or (interval(f"{text} {period[:4]}") if text else None)
    return span[1] if span else None


def _without_twins(found: Sequence[Read]) -> list[Read]:
    """What stands on the list twice is taken once."""
    first: dict[tuple[str, str], int] = {}
    kept = []
    for one in found:
        row = first.setdefault((one.line.agency, plain(one.line.title)), one.row)
        twin = row != one.row and not one.refused
        kept.append(replace(one, refused=f"Judul dan OPD-nya sama dengan baris {row}.") if twin else one)
    return kept


def replace_list(journey: Journey, actor: Actor, found: Sequence[Read], *, period: str, file: str) -> int:
    """The lines that were not refused become their agencies' list; what the Walidata matched before stays matched."""
    _walidata(actor)
    accepted = [one for one in found if not one.refused]
    if not accepted:
        raise BadUpload.of("no_list_lines", where={"file": file})
    now, batch = journey.clock(), uuid.uuid4().hex[:12]
    matched = {
        (one.agency, plain(one.title)): one.dataset for one in journey.records.planned(period=period) if one.dataset
    }
    lines = [
        replace(
            one.line,
            id=f"{batch}-{one.row:06d}",
            created_by=actor.id,
            created_at=now,
            dataset=matched.get((one.line.agency, plain(one.line.title))),
        )
        for one in accepted
    ]
    journey.records.replace_planned(lines, period=period, file=file, actor=actor.id, at=now)
    return len(lines)


def match(journey: Journey, actor: Actor, id: str, dataset: str) -> None:
    """Says which dataset answers to a line; an empty one takes it back. Raises NotFound."""
    _walidata(actor)
    line = next((one for one in journey.records.planned() if one.id == id), None)
    known = journey.records.dataset(dataset) if dataset else None
    if line is None or (dataset and (known is None or known.agency != line.agency)):
        raise NotFound("Baris Daftar Data atau dataset itu tidak ada.", mend="Muat ulang halamannya, lalu pilih lagi.")
    journey.records.match_planned(id, dataset or None, actor=actor.id, at=journey.clock())


def lines_of(journey: Journey, period: str, *, agency: str | None = None, until: datetime | None = None) -> list[Line]:
    """Planned against entered in this period, as it is now or as it was at `until`."""
    records = journey.records
    entries = list(_entries(journey, period, agency, until))
    planned = records.planned(agency=agency, period=period)
    return reconcile(planned, entries, day_of(until or journey.clock()))


def seen_lines(journey: Journey, actor: Actor, period: str) -> list[Line]:
    return [line for line in lines_of(journey, period) if sees_agency(actor, line.agency)]


def outside(journey: Journey, agency: str, period: str, title: str, dataset: str = "") -> str:
    """The year whose agreed list of this agency has neither the title nor the dataset; empty where there is no list."""
    year = period.strip()[:4]
    planned = [line for line in lines_of(journey, year, agency=agency) if line.planned]
    on_it = any(plain(line.title) == plain(title) or (line.entry and line.entry.dataset == dataset) for line in planned)
    return year if planned and not on_it else ""


def _entries(journey: Journey, period: str, agency: str | None, until: datetime | None) -> Iterable[Entry]:
    """Every dataset, with its newest submission in this period."""
    records = journey.records
    periods = {batch.id: batch.period for batch in records.batches(agency=agency)}
    newest: dict[str, SubmissionRecord] = {}
    for record in sorted(records.submissions(agency=agency), key=lambda record: record.created_at):
        if covers(period, periods.get(record.move.batch, "")) and (until is None or record.created_at <= until):
            newest[record.move.dataset] = record
    events = records.events() if until else ()
    for dataset in (one for one in records.datasets() if agency in (None, one.agency)):
        if (found := newest.get(dataset.id)) is None:
            yield Entry(dataset.id, dataset.agency, dataset.title)
            continue
        status = status_at(events, found.move.id, until) if until else found.move.status
        why = str(found.metadata.get("outside_list") or "")
        yield Entry(dataset.id, dataset.agency, found.title, found.move.id, status, why)


def status_at(events: Iterable[Event], submission: str, until: datetime) -> Status:
    past = [event.target for event in events if event.submission == submission and event.at <= until]
    return past[-1] if past else Status.DRAFT


def _walidata(actor: Actor) -> None:
    if Role.WALIDATA not in actor.roles:
        raise Forbidden(f"Hanya {ROLES[Role.WALIDATA]} yang dapat mengubah Daftar Data yang disepakati.")
