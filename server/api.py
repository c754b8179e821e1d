"""The SOP for programs: /api/v1."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, current_app, json, jsonify, request
from flask.typing import ResponseReturnValue

from server.access import caller, new_token, public, signed_in
from server.api_description import describe
from server.clock import due_date
from server.comparing import compare_with_current
from server.journey import Journey, Upload
from server.json_input import LARGEST, understood
from workflow.dataset import Act, Actor, Event
from workflow.errors import BadRequest, NotFound
from workflow.review import open_before, steps_from
from workflow.sop import Status
from workflow.store import FindingRecord, SubmissionRecord

api = Blueprint("api", __name__, url_prefix="/api/v1")

SUBMISSION_STEPS = ("submit", "verify", "return", "approve", "approve_on_paper", "publish", "schedule", "recall")
DATASET_STEPS = ("withdraw", "restore")
JSON_LIMIT = 2 * 1024 * 1024


def journey() -> Journey:
    return current_app.extensions["journey"]  # type: ignore[no-any-return]


@api.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    return jsonify(describe(journey().settings.url))


@api.post("/tokens")
@signed_in
def add_token() -> ResponseReturnValue:
    name = str(_body().get("name") or "token")[:80]
    secret, token = new_token(journey(), caller(), name)
    return jsonify({"token": secret, "name": name, "expires": token.expires_at.isoformat()}), 201


@api.post("/batches")
@signed_in
def add_batch() -> ResponseReturnValue:
    form = request.form
    paper = request.files.get("berita_acara")
    if paper is None:
        raise BadRequest(
            "Berita Acara belum dilampirkan.",
            code="BERITA-ACARA",
            mend="Kirim bagian multipart bernama berita_acara (PDF atau gambar).",
            where={"field": "berita_acara"},
        )
    batch = journey().create_batch(
        caller(),
        number=_required(form, "number"),
        day=_day(_required(form, "date"), "date"),
        period=_required(form, "period"),
        berita_acara=Upload(paper.stream, paper.filename or "berita-acara"),
    )
    return jsonify({"id": batch.id, "agency": batch.agency, "period": batch.period}), 201


@api.post("/submissions")
@signed_in
def add_submission() -> ResponseReturnValue:
    record = journey().create_submission(
        caller(),
        file=_file("file"),
        metadata=_json_part("metadata"),
        batch=request.form.get("batch") or None,
        berita_acara=_optional_file("berita_acara"),
        dataset=request.form.get("dataset") or None,
        reading=_json_part("reading") if "reading" in request.form or "reading" in request.files else None,
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    body = {
        "id": record.move.id,
        "dataset": record.move.dataset,
        "batch": record.move.batch,
        "status": record.move.status.value,
    }
    return jsonify(body), 201, {"Location": f"/api/v1/submissions/{record.move.id}"}


@api.get("/submissions")
@signed_in
def submissions() -> ResponseReturnValue:
    filters: dict[str, Any] = {}
    if wanted := request.args.get("status"):
        try:
            filters["statuses"] = tuple(Status(name) for name in wanted.split(","))
        except ValueError:
            raise BadRequest(
                f"Status “{wanted}” tidak dikenal.",
                mend=f"Pakai salah satu dari: {', '.join(Status)}.",
                where={"parameter": "status"},
            ) from None
    if batch := request.args.get("batch"):
        filters["batch"] = journey().visible_batch(caller(), batch).id
    found = [described(record, caller()) for record in journey().visible_ones(caller(), **filters)]
    found.sort(key=lambda body: (body["due"] is None, body["due"] or ""))
    return jsonify({"submissions": found, "count": len(found)})


@api.get("/submissions/<id>")
@signed_in
def submission(id: str) -> ResponseReturnValue:
    return jsonify(described(journey().visible(caller(), id), caller()))


@api.patch("/submissions/<id>")
@signed_in
def change(id: str) -> ResponseReturnValue:
    body = _json_form() if request.form or request.files else _body()
    unknown = set(body) - {"metadata", "reading", "crs", "version"}
    if unknown:
        raise BadRequest(
            f"Tidak dikenal: {', '.join(sorted(unknown))}.",
            mend="Yang dapat diubah: metadata, reading, crs.",
            where={"field": sorted(unknown)[0]},
        )
    _fitting(body, "metadata", dict, "sebuah objek JSON")
    _fitting(body, "reading", dict, "sebuah objek JSON")
    _fitting(body, "version", int, "bilangan bulat")
    record = journey().change(
        caller(),
        id,
        metadata=body.get("metadata"),
        reading=body.get("reading"),
        crs=body.get("crs"),
        berita_acara=_optional_file("berita_acara"),
        expected_version=body.get("version"),
    )
    return jsonify(described(record, caller()))


@api.put("/submissions/<id>/file")
@signed_in
def replace_file(id: str) -> ResponseReturnValue:
    reading = _json_part("reading") if "reading" in request.form else None
    record = journey().change(caller(), id, file=_file("file"), reading=reading)
    return jsonify(described(record, caller()))


@api.get("/submissions/<id>/findings")
@signed_in
def findings(id: str) -> ResponseReturnValue:
    record = journey().visible(caller(), id)
    features = [feature(finding) for finding in journey().records.findings(id)]
    body = {
        "type": "FeatureCollection",
        "features": features,
        "numberReturned": len(features),
        "content_hash": record.move.content_hash,
    }
    return Response(json.dumps(body), mimetype="application/geo+json")


@api.post("/submissions/<id>/findings/<key>/waive")
@signed_in
def waive(id: str, key: str) -> ResponseReturnValue:
    finding = journey().waive(caller(), id, key, str(_body().get("reason") or ""))
    return jsonify(feature(finding)["properties"])


@api.get("/submissions/<id>/comparison")
@signed_in
def comparison(id: str) -> ResponseReturnValue:
    return jsonify(compare_with_current(journey(), journey().visible(caller(), id)))


@api.post("/submissions/<id>/steps/<step>")
@signed_in
def take(id: str, step: str) -> ResponseReturnValue:
    if step not in SUBMISSION_STEPS:
        raise NotFound(f"Langkah “{step}” tidak ada.", where={"step": step})
    body = _json_form() if request.form or request.files else _body()
    _fitting(body, "content_hash", str, "teks")
    record = journey().take(
        caller(),
        id,
        step,
        note=str(body.get("note") or ""),
        content_hash=body.get("content_hash"),
        publish_at=_moment(body["at"]) if body.get("at") else None,
        scan=_optional_file("scan"),
    )
    return jsonify(described(record, caller()))


@api.post("/datasets/<id>/steps/<step>")
@signed_in
def take_on_dataset(id: str, step: str) -> ResponseReturnValue:
    body = _body()
    note = str(body.get("note") or "")
    if step == "withdraw":
        record = journey().withdraw(caller(), id, note)
    elif step == "restore":
        if body.get("release") is None:
            raise BadRequest("Sebutkan nomor rilisnya.", mend='Kirim {"release": 1}.', where={"field": "release"})
        _fitting(body, "release", int, "bilangan bulat")
        record = journey().restore(caller(), id, body["release"], note)
    else:
        raise NotFound(f"Langkah “{step}” tidak ada.", where={"step": step})
    return jsonify(described(record, caller()))


@api.get("/submissions/<id>/events")
@signed_in
def events(id: str) -> ResponseReturnValue:
    journey().visible(caller(), id)
    found = journey().records.events(submission=id)
    return jsonify({"events": [happened(event) for event in found]})


@api.get("/ledger")
@signed_in
def ledger() -> ResponseReturnValue:
    since = min(request.args.get("since", 0, type=int), LARGEST)
    entries = [
        {
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "detail": dict(entry.detail),
            "prev": entry.prev,
            "hash": entry.hash,
        }
        for entry in journey().records.ledger(since)
    ]
    return jsonify({"entries": entries, "count": len(entries)})


def described(record: SubmissionRecord, actor: Actor) -> dict[str, Any]:
    """A submission as programs see it (design, `GET /submissions/{id}`)."""
    move, job = record.move, record.job
    counts = move.findings
    releases = journey().records.releases(move.dataset)
    now = journey().clock()
    return {
        "id": move.id,
        "dataset": move.dataset,
        "batch": move.batch,
        "agency": move.agency,
        "title": record.title,
        "kind": move.kind.value,
        "round": move.round,
        "status": move.status.value,
        "version": move.version,
        "content_hash": move.content_hash,
        "job": {
            "status": job.status,
            "stage": job.stage,
            "done": job.done,
            "total": job.total,
            "error": dict(job.error) if job.error else None,
        },
        "findings": {
            "blocks": counts.blocks,
            "warns": counts.warns,
            "informs": counts.informs,
            "waived": counts.waived,
        },
        "due": _iso(due_date(journey(), move)),
        "publish_at": move.publish_at.isoformat() if move.publish_at else None,
        "allowed_steps": [
            row.name for row in steps_from(move, actor) if not open_before(row, move, Act(row.name, actor, now))
        ],
        "collections": [
            {"id": entry["id"], "kind": entry["type"]} for entry in (record.manifest or {}).get("collections", [])
        ],
        "release": next((release.number for release in releases if release.submission == move.id), None),
        "upload": {"name": record.upload_name, "sha256": record.upload, "bytes": record.upload_bytes},
        "metadata": dict(record.metadata),
        "reading": dict(record.reading),
        "without_map": (record.manifest or {}).get("without_map"),
    }


def feature(finding: FindingRecord) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": finding.key,
        "geometry": dict(finding.geometry) if finding.geometry else None,
        "properties": {
            "key": finding.key,
            "check": finding.check,
            "principle": finding.principle,
            "severity": finding.severity,
            "message": finding.message,
            "why": finding.why,
            "mend": finding.mend,
            "row": finding.row,
            "column": finding.column,
            "suggestion": finding.suggestion,
            "waived": finding.waived_at is not None,
            "waived_why": finding.waived_why or None,
        },
    }


def happened(event: Event) -> dict[str, Any]:
    return {
        "step": event.step,
        "from": event.source.value,
        "to": event.target.value,
        "actor": event.actor,
        "at": event.at.isoformat(),
        "note": event.note,
        "round": event.round,
        "content_hash": event.content_hash,
        **event.detail,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _body() -> dict[str, Any]:
    request.max_content_length = JSON_LIMIT
    text = request.get_data()
    return understood(text, "Isi permintaan", "body") if text else {}


def _json_form() -> dict[str, Any]:
    """The parts of a multipart form, JSON ones understood."""
    body: dict[str, Any] = {}
    for name, text in request.form.items():
        body[name] = _understood(name, text) if name in ("metadata", "reading") else text
    return body


def _fitting(body: Mapping[str, Any], name: str, kind: type, expected: str) -> None:
    """Raises BadRequest where this member is there and is something else."""
    value = body.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise BadRequest(
            f"Nilai {name} harus berupa {expected}.", code="NILAI", mend=f"Perbaiki {name}.", where={"field": name}
        )


def _json_part(name: str) -> Mapping[str, Any]:
    text = request.form.get(name)
    if text is None and (part := request.files.get(name)):
        text = part.stream.read(1 << 20).decode("utf-8", "replace")
    if text is None:
        raise BadRequest(
            f"Bagian “{name}” tidak ada.",
            mend=f"Kirim bagian multipart bernama {name} berisi JSON.",
            where={"field": name},
        )
    return _understood(name, text)


def _understood(name: str, text: str) -> dict[str, Any]:
    return understood(text, f"Bagian “{name}”", name)


def _file(name: str) -> Upload:
    upload = _optional_file(name)
    if upload is None:
        raise BadRequest(
            "Berkas data belum disertakan.",
            code="BERKAS-KOSONG",
            mend=f"Kirim bagian multipart bernama {name}.",
            where={"field": name},
        )
    return upload


def _optional_file(name: str) -> Upload | None:
    part = request.files.get(name)
    return Upload(part.stream, part.filename or name) if part and part.filename else None


def _required(form: Mapping[str, str], name: str) -> str:
    value = (form.get(name) or "").strip()
    if not value:
        raise BadRequest(f"Isian “{name}” belum ada.", mend=f"Isi {name}.", where={"field": name})
    return value


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(
            f"“{text}” bukan tanggal.", code="TANGGAL", mend="Tulis seperti 2026-03-26.", where={"field": field}
        ) from None


def _moment(text: Any) -> datetime:
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(text))
    if moment is None or moment.tzinfo is None:
        raise BadRequest(
            f"“{text}” bukan waktu yang lengkap.",
            code="WAKTU",
            mend="Tulis dengan zona, seperti 2026-03-26T00:00:00+07:00.",
            where={"field": "at"},
        )
    return moment
