"""One submission: as its Produsen Data mends it, the Walidata reviews it, the Pembina Data ratifies it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import signed_in
from server.api import feature
from server.journey import Journey, Upload
from server.pages.desk_rows import agency_names, journey, person_names, row
from server.pages.words import WIB
from workflow.checks import missing_metadata
from workflow.dataset import Act
from workflow.errors import Changed, NotFound, SebarError
from workflow.findings import Principle
from workflow.labels import PRINCIPLES
from workflow.review import open_before, steps_from
from workflow.sop import Role, Status
from workflow.store import SubmissionRecord

desk = Blueprint("submission", __name__, url_prefix="/meja/pengajuan")

ROWS_SHOWN = 200
MAPPED = 20_000
EDITED = (
    "title",
    "abstract",
    "topic",
    "keywords",
    "license",
    "period",
    "update_frequency",
    "lineage",
    "scale",
    "access",
    "key",
    "crs",
    "concept",
    "definition",
    "measure",
    "unit",
)


@desk.get("/<id>")
@signed_in
def page(id: str) -> ResponseReturnValue:
    return _page(journey().visible(current_user.actor, id))


def _page(record: SubmissionRecord, fault: SebarError | None = None) -> str:
    actor, desk_journey = current_user.actor, journey()
    move = record.move
    findings = desk_journey.records.findings(move.id)
    template = (
        "desk/pembina_summary.html"
        if Role.PEMBINA_DATA in actor.roles
        else "desk/review.html"
        if Role.WALIDATA in actor.roles
        else "desk/submission.html"
    )
    return render_template(
        template,
        record=record,
        move=move,
        line=row(record),
        agency=agency_names().get(move.agency, move.agency),
        names=person_names(),
        batch=desk_journey.records.batch(move.batch),
        dataset=desk_journey.records.dataset(move.dataset),
        findings=findings,
        grouped=[(PRINCIPLES[p], [f for f in findings if f.principle == p.value]) for p in Principle],
        steps=_steps(desk_journey, record),
        events=desk_journey.records.events(submission=move.id),
        notes=desk_journey.records.notes(move.id),
        documents=desk_journey.records.documents(submission=move.id),
        releases=desk_journey.records.releases(move.dataset),
        collection=_collection(record),
        table=_table(record),
        missing=missing_metadata(record.metadata, move.kind),
        editable=Role.PRODUSEN_DATA in actor.roles and move.status in (Status.DRAFT, Status.RETURNED),
        pane=request.args.get("sisi", "temuan"),
        fault=fault,
        with_map=True,
        with_htmx=record.job.status in ("queued", "running"),
    )


def _steps(desk_journey: Journey, record: SubmissionRecord) -> list[tuple[Any, tuple[str, ...]]]:
    """Each step of this person with what keeps it closed."""
    actor, now = current_user.actor, desk_journey.clock()
    return [
        (step, tuple(reason for _, reason in open_before(step, record.move, Act(step.name, actor, now))))
        for step in steps_from(record.move, actor)
    ]


def _collection(record: SubmissionRecord) -> dict[str, Any] | None:
    collections = (record.manifest or {}).get("collections", [])
    return collections[0] if collections else None


def _table(record: SubmissionRecord) -> dict[str, Any] | None:
    """The first rows of the candidate, by the field dictionary."""
    collection = _collection(record)
    if collection is None:
        return None
    fields = collection["fields"]
    numbers = ("integer", "number")
    columns = [
        {
            "label": field["title"] or field["name"],
            "unit": field.get("unit"),
            "kind": "number" if field["type"] in numbers else "",
        }
        for field in fields
    ]
    lines = [
        [feature_["properties"].get(field["name"]) for field in fields]
        for feature_ in islice(_features(record), ROWS_SHOWN)
    ]
    return {"columns": columns, "rows": lines, "count": collection["count"]}


def _features(record: SubmissionRecord) -> Iterator[dict[str, Any]]:
    with (_folder(record) / "features.geojsonl").open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _folder(record: SubmissionRecord) -> Path:
    if record.candidate is None:
        raise NotFound("Berkas ini belum selesai dibaca.")
    return journey().settings.home / record.candidate


@desk.get("/<id>/pekerjaan")
@signed_in
def job(id: str) -> ResponseReturnValue:
    """Where the job is, for the page that waits for it; the page is fetched anew when it is done."""
    record = journey().visible(current_user.actor, id)
    response = Response(render_template("desk/job.html", record=record))
    if record.job.status not in ("queued", "running"):
        response.headers["HX-Refresh"] = "true"
    return response


@desk.get("/<id>/fitur.geojson")
@signed_in
def features(id: str) -> ResponseReturnValue:
    """The candidate for the desk's map, at most the first 20,000 features."""
    record = journey().visible(current_user.actor, id)
    with (_folder(record) / "features.geojsonl").open("rb") as lines:
        body = b'{"type":"FeatureCollection","features":[' + b",".join(
            line.strip() for line in islice(lines, MAPPED)
        )
    return Response(body + b"]}", mimetype="application/geo+json", headers={"Cache-Control": "no-store"})


@desk.get("/<id>/temuan.geojson")
@signed_in
def findings(id: str) -> ResponseReturnValue:
    journey().visible(current_user.actor, id)
    found = [feature(finding) for finding in journey().records.findings(id) if finding.geometry]
    body = json.dumps({"type": "FeatureCollection", "features": found})
    return Response(body, mimetype="application/geo+json", headers={"Cache-Control": "no-store"})


@desk.get("/<id>/temuan.csv")
@signed_in
def findings_sheet(id: str) -> ResponseReturnValue:
    """The findings as a sheet that Indonesian Excel opens: semicolons, UTF-8 with BOM."""
    record = journey().visible(current_user.actor, id)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(("tingkat", "baris", "kolom", "temuan", "saran", "cara memperbaiki", "kode"))
    for found in journey().records.findings(id):
        cells = (found.severity, found.row, found.column, found.message, found.suggestion, found.mend, found.check)
        writer.writerow(["'" + cell if str(cell or "")[:1] in "=+-@" and cell else cell for cell in cells])
    name = f"temuan-{record.move.dataset}.csv"
    return Response(
        "﻿" + out.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@desk.get("/<id>/berita-acara")
@signed_in
def berita_acara(id: str) -> ResponseReturnValue:
    record = journey().visible(current_user.actor, id)
    batch = journey().records.batch(record.move.batch)
    return _paper(batch.berita_acara if batch else "")


@desk.get("/<id>/dokumen/<sha256>")
@signed_in
def paper(id: str, sha256: str) -> ResponseReturnValue:
    """A scan or printed output of this submission."""
    record = journey().visible(current_user.actor, id)
    own = {document.sha256 for document in journey().records.documents(submission=record.move.id)}
    scans = {event.detail.get("scan") for event in journey().records.events(submission=record.move.id)}
    if sha256 not in own | scans:
        raise NotFound("Dokumen itu tidak ada pada pengajuan ini.")
    return _paper(sha256)


def _paper(sha256: str) -> ResponseReturnValue:
    document = journey().records.document(sha256) if sha256 else None
    if document is None:
        raise NotFound("Dokumen itu belum ada.")
    return send_file(
        journey().settings.home / "documents" / document.sha256,
        mimetype=document.media_type,
        download_name=document.name,
        as_attachment=False,
    )


@desk.get("/<id>/cetak/<int:n>.pdf")
@signed_in
def printed(id: str, n: int) -> ResponseReturnValue:
    """The printed output of the n-th event of the journey."""
    record = journey().visible(current_user.actor, id)
    events = journey().records.events(submission=id)
    if not 0 < n <= len(events):
        raise NotFound("Langkah itu tidak ada.")
    event = events[n - 1]
    return _pdf(document_for(journey(), record, event), f"{event.step}-{record.move.dataset}.pdf")


@desk.get("/<id>/lembar-pengesahan.pdf")
@signed_in
def sheet(id: str) -> ResponseReturnValue:
    """The sheet to print, sign, scan and record."""
    record = journey().visible(current_user.actor, id)
    return _pdf(sheet_to_sign(journey(), record), f"lembar-pengesahan-{record.move.dataset}.pdf")


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)


@desk.post("/<id>/langkah")
@signed_in
def take(id: str) -> ResponseReturnValue:
    """Takes the step whose button was pressed; what the person saw goes with it as its hash."""
    form = request.form
    scan = request.files.get("scan")
    try:
        record = journey().take(
            current_user.actor,
            id,
            form.get("step", ""),
            note=form.get("note", ""),
            content_hash=form.get("content_hash") or None,
            publish_at=_moment(form.get("at")),
            scan=Upload(scan.stream, scan.filename) if scan and scan.filename else None,
        )
    except Changed as fault:
        return _page(journey().visible(current_user.actor, id), fault), 409
    except SebarError as fault:
        if isinstance(fault, NotFound):
            raise
        return _page(journey().visible(current_user.actor, id), fault), 422
    flash(_what_happened(form.get("step", ""), record))
    return redirect(url_for("submission.page", id=id))


def _what_happened(step: str, record: SubmissionRecord) -> str:
    """What the step did and who has how long now."""
    line = row(record)
    words = {
        "submit": "Terkirim. Walidata memeriksanya",
        "verify": "Terverifikasi. Pembina Data mengesahkannya",
        "approve": "Disetujui. Walidata menyebarluaskannya",
        "approve_on_paper": "Pengesahan di atas kertas tercatat. Data siap disebarluaskan",
        "publish": "Tersebarluaskan: data ini sekarang dapat dilihat dan diunduh siapa saja",
        "return": "Dikembalikan dengan catatan Anda",
        "recall": "Ditarik kembali; Anda dapat mengubahnya lagi",
        "schedule": "Penyebarluasan dijadwalkan",
        "withdraw": "Ditarik: alamatnya sekarang menjawab bahwa data ini sudah ditarik",
        "restore": "Rilis ini berlaku lagi",
    }
    from server.pages.words import hari_tanggal

    until = f" sampai {hari_tanggal(line.due)}" if line.due and step in ("submit", "verify", "approve") else ""
    return f"{words.get(step, 'Tersimpan')}{until}."


def _moment(text: str | None) -> datetime | None:
    """What the form's datetime-local says, in WIB."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=WIB) if text else None
    except ValueError:
        return None


@desk.post("/<id>/temuan/<key>/kesampingkan")
@signed_in
def waive(id: str, key: str) -> ResponseReturnValue:
    try:
        journey().waive(current_user.actor, id, key, request.form.get("reason", ""))
    except NotFound:
        raise
    except SebarError as fault:
        return _page(journey().visible(current_user.actor, id), fault), 422
    return redirect(url_for("submission.page", id=id, _anchor=f"temuan-{key}"))


@desk.post("/<id>/catatan")
@signed_in
def note(id: str) -> ResponseReturnValue:
    try:
        journey().add_note(current_user.actor, id, request.form.get("text", ""), {})
    except NotFound:
        raise
    except SebarError as fault:
        return _page(journey().visible(current_user.actor, id), fault), 422
    return redirect(url_for("submission.page", id=id, _anchor="catatan"))


@desk.post("/<id>/metadata")
@signed_in
def metadata(id: str) -> ResponseReturnValue:
    form = request.form
    facts: dict[str, Any] = {name: form[name].strip() or None for name in EDITED if name in form}
    if "contact_name" in form:
        facts["contact"] = {part: form.get(f"contact_{part}", "") for part in ("name", "organization", "email")}
    reading = {name: form[name] for name in ("code", "period_column", "layer", "sheet") if form.get(name)}
    return _changed(id, metadata=facts, reading=reading)


@desk.post("/<id>/berkas")
@signed_in
def file(id: str) -> ResponseReturnValue:
    given: dict[str, Any] = {}
    for name in ("file", "berita_acara"):
        part = request.files.get(name)
        if part and part.filename:
            given[name] = Upload(part.stream, part.filename)
    if "berita_acara" in given:
        given["metadata"] = {
            "berita_acara": {"number": request.form.get("number", ""), "date": request.form.get("date", "")}
        }
    return _changed(id, **given)


def _changed(id: str, **given: Any) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    try:
        journey().change(current_user.actor, id, expected_version=version, **given)
    except NotFound:
        raise
    except SebarError as fault:
        return _page(journey().visible(current_user.actor, id), fault), 409 if isinstance(fault, Changed) else 422
    flash("Tersimpan. Berkas dibaca dan diperiksa lagi.")
    return redirect(url_for("submission.page", id=id))
