"""One submission: as its Produsen Data mends it, the Walidata reviews it, the Pembina Data ratifies it."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import journey, only, signed_in
from server.api import data_file, uploaded
from server.comparing import sentence
from server.documents.wording import LETTERS
from server.journey import Journey, awaits
from server.metadata_input import READING, TEXTS
from server.pages import candidate
from server.pages.candidate import RULES
from server.pages.changes import changes_pane
from server.pages.correction_pane import has_previews, mendable, mended_of, row_of
from server.pages.decisions import (
    decisions,
    happened,
    next_in_queue,
    reached,
    refuse_unsure,
    restorable,
    suggested_moment,
)
from server.pages.desk_rows import agency_names, last_return, person_names, row
from server.pages.note_pane import note_pane
from server.pages.placing import city_outline, placing
from server.pages.prefilled import prefilled
from server.pages.review import ASKED_FOR, State, findings_of, review
from server.planned import outside
from server.problems import problem_of
from server.severity import check_again
from workflow.checks.metadata import MANDATORY, missing_fields
from workflow.deadlines import WIB
from workflow.errors import BadRequest, Conflict, Forbidden, NotFound, SebarError
from workflow.findings import Severity
from workflow.labels import angka
from workflow.sop import Role
from workflow.store import FindingRecord, SubmissionRecord

desk = Blueprint("submission", __name__, url_prefix="/meja/pengajuan")

RUNNING = ("queued", "running")
STUCK = timedelta(seconds=60)
ASKED = frozenset({*TEXTS, "kind", "keywords", "scale", "access"}) - {"crs", "key", "status", "boundary_level"}
"""What the form of the metadata holds; the rest has forms of its own, or none."""


UNSAID = frozenset(
    {"csrf_token", "step", "content_hash", "version", "key", "alike", "pada", "kind", "at", "seen", "sure", "batal"}
)
"""What a form carries beside what somebody typed."""


@desk.get("/<id>")
@signed_in
def page(id: str) -> ResponseReturnValue:
    return _page(journey().visible(current_user.actor, id))


def _page(record: SubmissionRecord, fault: Mapping[str, Any] | None = None, pane: str = "") -> str:
    """`fault` is said on top of the page, and what was typed with it stands where it was typed, in `pane`."""
    records, move, roles = journey().records, record.move, current_user.actor.roles
    steps = decisions(record)
    names = {decision.step.name for decision in steps}
    batch = records.batch(move.batch)
    state = State.asked(move.id)
    dataset, events, line = records.dataset(move.dataset), records.events(submission=move.id), row(record)
    common: dict[str, Any] = {
        "record": record,
        "move": move,
        "line": line,
        "agency": agency_names().get(move.agency, move.agency),
        "names": person_names(),
        "batch": batch,
        "dataset": dataset,
        "findings": findings_of(record),
        "steps": steps,
        "suggested": suggested_moment(move),
        "events": events,
        "reached": reached(move, line, events),
        "back": last_return(record),
        "printed": frozenset(LETTERS),
        **note_pane(record),
        "releases": sorted(records.releases(move.dataset), key=lambda release: -release.number),
        "restorable": restorable(records.releases(move.dataset)),
        "collection": candidate.collection_of(record),
        "running": record.job.status in RUNNING,
        "stuck": record.job.status in RUNNING and _silent(record),
        "missing": missing_fields(record.metadata, move.kind),
        "editable": "submit" in names,
        "may_waive": "verify" in names,
        "outside": outside(journey(), move.agency, batch.period, record.title, move.dataset) if batch else "",
        "typed": request.form if fault else {},
        "fault": fault,
        "unsent": _unsent(fault, names),
        "mended": mended_of(record),
        "with_htmx": record.job.status in RUNNING,
        "elapsed": _elapsed(record),
        "next": next_in_queue(record)
        if Role.PRODUSEN_DATA not in roles and not awaits(current_user.actor, move)
        else None,
    }
    if Role.PEMBINA_DATA in roles and not (state.mode or state.sisi):
        return _summary(record, common)
    if roles & {Role.WALIDATA, Role.ADMIN, Role.PEMBINA_DATA}:
        return review(record, common, state, pane)
    return _own(record, common, pane or state.sisi or "periksa")


def _own(record: SubmissionRecord, common: Mapping[str, Any], pane: str) -> str:
    """The page of the one who entered it: what is missing until it can be sent, each in its own pane."""
    drawn = candidate.map_of(record) if pane == "periksa" else {}
    return render_template(
        "desk/submission.html",
        **common,
        pane=pane,
        drawn=drawn,
        with_map=bool(drawn),
        content=_content(record) if pane == "isi" else None,
        ways=candidate.ways_of_reading(record) if common["editable"] else [],
        sheets=candidate.refused_sheets(record),
        placing=placing(record, _told(common["findings"])) if common["editable"] else None,
        outline=city_outline(),
        columns=candidate.columns_of(record) if pane == "kolom" else [],
        auto=prefilled(record, journey().records.person(current_user.id)) if pane == "metadata" else {},
        known=_known(common["collection"]) if pane == "metadata" else (),
        wanted=MANDATORY[None] + MANDATORY[record.move.kind],
        faults=_faults(common["findings"]),
        cells=mendable(record) if common["editable"] and record.candidate and pane == "periksa" else {},
        repairable=has_previews(record),
        row=_row(record) if common["editable"] and pane == "isi" else [],
    )


def _known(collection: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Metadata that nobody has to say, in words."""
    if not collection:
        return []
    box, crs = collection["bbox"], collection["source_crs"]
    edges = "barat {}, selatan {}, timur {}, utara {}".format(*map(angka, box)) if box else ""
    count = f"{angka(collection['count'])} {'fitur' if collection['geometry_type'] else 'baris'}"
    system = candidate.system_name(crs) if crs else ""
    return [("Jumlah", count), ("Sistem koordinat", system), ("Cakupan", edges)]


def _row(record: SubmissionRecord) -> list[dict[str, str]]:
    """The row that is to be changed, where the address names one that is there."""
    number = request.args.get("ubah", type=int)
    with suppress(BadRequest, Conflict):
        return row_of(record, number) if number else []
    return []


def _faults(findings: Sequence[tuple[str, list[list[FindingRecord]]]]) -> int:
    """What blocks, but for what the page asks for in forms of their own."""
    every = [one for _, kinds in findings for alike in kinds for one in alike]
    return sum(one.severity == Severity.BLOCKS and one.check not in ASKED_FOR for one in every)


def _told(findings: Sequence[tuple[str, list[list[FindingRecord]]]]) -> set[str]:
    return {one.check for _, kinds in findings for alike in kinds for one in alike}


def _summary(record: SubmissionRecord, common: Mapping[str, Any]) -> str:
    """One page to decide on, and to print."""
    drawn = candidate.map_of(record)
    changes = changes_pane(record)
    return render_template(
        "desk/pembina_summary.html",
        **common,
        drawn=drawn,
        with_map=bool(drawn),
        content=_content(record),
        columns=candidate.columns_of(record),
        changes=changes,
        told=sentence(changes.found if changes else None, record.move.findings),
    )


def _content(record: SubmissionRecord) -> candidate.Content | None:
    return candidate.content_of(record, request.args.get("dari", type=int))


def _silent(record: SubmissionRecord) -> bool:
    told = record.job.updated_at or record.changed_at
    return journey().clock() - told > STUCK


def _elapsed(record: SubmissionRecord) -> int:
    """Seconds since the present content was asked for."""
    return max(0, int((journey().clock() - record.changed_at).total_seconds()))


@desk.get("/<id>/pekerjaan")
@signed_in
def job(id: str) -> ResponseReturnValue:
    """Where the job is, for the page that waits. With `tetap` the page is not fetched anew when it is done: somebody
    is typing there."""
    record = journey().visible(current_user.actor, id)
    running = record.job.status in RUNNING
    said = {"running": running, "stuck": running and _silent(record), "elapsed": _elapsed(record)}
    response = Response(render_template("desk/job.html", record=record, move=record.move, **said))
    if not running and "tetap" not in request.args:
        response.headers["HX-Refresh"] = "true"
    return response


@desk.post("/<id>/langkah")
@signed_in
def take(id: str) -> ResponseReturnValue:
    """Takes the step whose button was pressed; what the person saw goes with it as its hash."""
    form = request.form
    step = form.get("step", "")
    try:
        refuse_unsure(form, journey().visible(current_user.actor, id))
        record = journey().take(
            current_user.actor,
            id,
            step,
            note=form.get("note", ""),
            content_hash=form.get("content_hash") or None,
            publish_at=_moment(form),
            scan=uploaded("scan"),
        )
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        return refused(id, fault)
    flash(happened(step, record))
    return redirect(url_for("submission.page", id=id))


def _moment(form: Mapping[str, str]) -> datetime | None:
    """What the form's datetime-local says, in WIB; None where a schedule is cancelled. Raises BadRequest."""
    if form.get("step") != "schedule" or "batal" in form:
        return None
    try:
        return datetime.fromisoformat(form.get("at", "")).replace(tzinfo=WIB)
    except ValueError:
        raise BadRequest.of("no_moment", text=form.get("at", "")[:40], where={"field": "at"}) from None


def refused(id: str, fault: SebarError, pane: str = "") -> ResponseReturnValue:
    """The same page with the fault on top and what was typed."""
    record = journey().visible(current_user.actor, id)
    said = problem_of(fault)
    if isinstance(fault, Conflict):
        said["mend"] = "Halaman ini sudah menampilkan keadaan yang terbaru; periksa, lalu ulangi bila masih perlu."
    return _page(record, said, pane), said["status"]


def _unsent(fault: Mapping[str, Any] | None, steps: Container[str]) -> list[str]:
    """What somebody typed into a form that is no longer on the page."""
    form = request.form if fault else {}
    late, editable = bool(fault and fault["status"] == 409), "submit" in steps
    there = {"note": form.get("step") in steps, "reason": not late, "text": True, "answer": True}
    lost = (form[name].strip() for name in form if name not in UNSAID and not there.get(name, editable))
    return [words for words in lost if words]


@desk.post("/<id>/temuan/<key>/kesampingkan")
@only(Role.WALIDATA)
def waive(id: str, key: str) -> ResponseReturnValue:
    """Sets one warning aside, or with `alike` every warning of the same check that is still open."""
    reason = request.form.get("reason", "")
    try:
        waived = journey().waive(current_user.actor, id, key, reason)
        for other in journey().records.findings(id) if "alike" in request.form else ():
            if other.check == waived.check and other.severity == Severity.WARNS and not other.waived_at:
                journey().waive(current_user.actor, id, other.key, reason)
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        return refused(id, fault)
    return redirect(State.asked(id).address() + f"#temuan-{key}")


@desk.post("/<id>/metadata")
@only(Role.PRODUSEN_DATA)
def metadata(id: str) -> ResponseReturnValue:
    form = request.form
    facts: dict[str, Any] = {name: form[name].strip() or None for name in form if name in ASKED}
    if "contact_name" in form:
        facts["contact"] = {part: form.get(f"contact_{part}", "").strip() for part in ("name", "organization", "email")}
    return changed(id, "metadata", metadata=facts)


@desk.post("/<id>/kolom")
@only(Role.PRODUSEN_DATA)
def columns(id: str) -> ResponseReturnValue:
    """The field dictionary, the key, and which columns of a table hold area and period."""
    form = request.form
    record = journey().visible(current_user.actor, id)
    facts: dict[str, Any] = {"fields": _dictionary(record)} | ({"key": form["key"] or None} if "key" in form else {})
    reading = {name: form[name] for name in ("code", "period_column") if name in form}
    return changed(id, "kolom", metadata=facts, reading=reading)


def _codes(text: str) -> dict[str, str] | list[str]:
    """A code in each line, with or without what it means."""
    pairs = [line.partition("=") for line in re.split(r"[\n;]", text) if line.strip()]
    if any(meaning.strip() for _, _, meaning in pairs):
        return {code.strip(): meaning.strip() or code.strip() for code, _, meaning in pairs}
    return [code.strip() for code, _, _ in pairs]


def _dictionary(record: SubmissionRecord) -> list[dict[str, Any]]:
    """What was said of the columns before, with what is said now."""
    known = {
        str(entry.get("name") or entry.get("label")).casefold(): entry for entry in record.metadata.get("fields", [])
    }
    said = []
    for field in (candidate.collection_of(record) or {"fields": []})["fields"]:
        before = known.get(field["name"].casefold()) or known.get(field["label"].casefold()) or {}
        now: dict[str, Any] = {
            part: request.form[f"{part}:{field['name']}"].strip()
            for part in ("title", "definition", "unit", "type", "codes", "null_meaning", *RULES)
            if f"{part}:{field['name']}" in request.form
        }
        if "codes" in now:
            now["codes"] = _codes(now["codes"])
        said.append({**before, "name": field["name"], **now})
    return said


@desk.post("/<id>/cara-baca")
@only(Role.PRODUSEN_DATA)
def reading(id: str) -> ResponseReturnValue:
    """How the file is to be read; what is left empty is found out."""
    form = request.form
    said = {name: form[name] for name in (*READING, "axes") if name in form}
    if "system" in form:  # "EPSG:4326 swapped"
        said["crs"], _, said["axes"] = form["system"].partition(" ")
    return changed(id, "isi", metadata={"crs": None} if "crs" in said else {}, reading=said)


@desk.post("/<id>/berkas")
@only(Role.PRODUSEN_DATA)
def file(id: str) -> ResponseReturnValue:
    return _with_file(id, "file", data_file(), "berkas data")


@desk.post("/<id>/berita-acara")
@only(Role.PRODUSEN_DATA)
def attach(id: str) -> ResponseReturnValue:
    papers = {"number": request.form.get("number", "").strip(), "date": request.form.get("date", "")}
    return _with_file(id, "berita_acara", uploaded("berita_acara"), "Berita Acara", metadata={"berita_acara": papers})


def _with_file(id: str, name: str, part: Any, what: str, **given: Any) -> ResponseReturnValue:
    if part:
        reading = journey().visible(current_user.actor, id).reading
        lost = len(reading.get("edits", ())) + len(reading.get("repair", ()))
        answer = changed(id, "berkas", **given | {name: part})
        if lost and name == "file" and not isinstance(answer, tuple):
            flash(f"{lost} perubahan di peramban pada berkas sebelumnya tidak ikut.")
        return answer
    fault = BadRequest(f"Anda belum memilih {what}.", code="BERKAS-KOSONG", mend="Pilih berkasnya dahulu.")
    return refused(id, fault, "berkas")


@desk.post("/<id>/periksa-lagi")
@only(Role.PRODUSEN_DATA, Role.WALIDATA)
def again(id: str) -> ResponseReturnValue:
    """The same content, read and checked once more."""
    return changed(id, "", check_again)


def changed(
    id: str, pane: str, act: Callable[..., SubmissionRecord] = Journey.change, **given: Any
) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    try:
        act(journey(), current_user.actor, id, expected_version=version, **given)
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        return refused(id, fault, pane)
    flash("Tersimpan. Berkas dibaca dan diperiksa lagi.")
    return redirect(url_for("submission.page", id=id))
