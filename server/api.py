"""The SOP for programs: /api/v1."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, json, jsonify, request
from flask.typing import ResponseReturnValue

from server.access import caller, journey, new_token, public, signed_in
from server.access import only as for_roles
from server.api_description import SCHEMAS, Call, describe
from server.clock import due_date
from server.comparing import KINDS, LISTED, MOST_LISTED, compare_with_current
from server.journey import Upload
from server.json_input import understood
from server.mending import masked
from server.notes import Thread, answer, settle, threads, write
from server.severity import REGISTRY, check_again, choose, stale
from server.severity import described as severity_of
from workflow.checks import RULES
from workflow.dataset import Act, Actor, Event
from workflow.errors import BadRequest, NotFound
from workflow.review import open_before, steps_from
from workflow.sop import Role, Status
from workflow.store import FindingRecord, Note, SubmissionRecord

View = Callable[..., ResponseReturnValue]

api = Blueprint("api", __name__, url_prefix="/api/v1")
CALLS: list[Call] = []
JSON_LIMIT = 2 * 1024 * 1024
COUNTS = range(2**31)
"""Versions, releases and entries, as PostgreSQL counts them."""
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
EXPECTED = {
    list: "sebuah daftar",
    dict: "sebuah objek JSON",
    int: "bilangan bulat",
    str: "teks",
    bool: "true atau false",
}
SUBMISSION_STEPS = ("submit", "verify", "return", "approve", "approve_on_paper", "publish", "schedule", "recall")


def call(
    method: str, path: str, sentence: str, rule: Callable[[View], View] = signed_in, success: int = 200
) -> Callable[[View], View]:
    """A view for those who have signed in (or whom `rule` names), and its place in the OpenAPI document."""

    def listed(view: View) -> View:
        CALLS.append(Call(method, path, sentence, view.__name__, success))
        return api.route(path, methods=[method])(rule(view))

    return listed


@api.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    return jsonify(describe(CALLS, journey().settings.url))


@call("POST", "/tokens", "Token baru, ditunjukkan sekali.", success=201)
def add_token() -> ResponseReturnValue:
    name = (_text(_body(), "name") or "token")[:80]
    secret, token = new_token(journey(), caller(), name)
    return jsonify({"token": secret, "name": name, "expires": token.expires_at.isoformat()}), 201


@call("POST", "/batches", "Daftar Data baru dengan Berita Acaranya.", success=201)
def add_batch() -> ResponseReturnValue:
    batch = journey().create_batch(
        caller(),
        berita_acara=_file("berita_acara", "Berita Acara (PDF atau gambar) belum dilampirkan.", "BERITA-ACARA"),
        number=_required("number"),
        day=_day(_required("date")),
        period=_required("period"),
    )
    return jsonify({"id": batch.id, "agency": batch.agency, "period": batch.period}), 201


@call("POST", "/submissions", "Pengajuan baru; dibaca dan diperiksa sebagai pekerjaan.", success=201)
def add_submission() -> ResponseReturnValue:
    record = journey().create_submission(
        caller(),
        file=_data_file(),
        metadata=_json_part("metadata"),
        batch=request.form.get("batch") or None,
        berita_acara=uploaded("berita_acara"),
        dataset=request.form.get("dataset") or None,
        reading=_optional_json("reading"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    body = only(record.move, "id", "dataset", "batch", "status")
    return jsonify(body), 201, {"Location": f"/api/v1/submissions/{record.move.id}"}


@call("GET", "/submissions", "Pengajuan yang boleh Anda lihat, menurut tenggat.")
def submissions() -> ResponseReturnValue:
    filters: dict[str, Any] = {}
    if wanted := request.args.get("status"):
        filters["statuses"] = _statuses(wanted)
    if batch := request.args.get("batch"):
        filters["batch"] = journey().visible_batch(caller(), batch).id
    found = [described(record, caller()) for record in journey().visible_ones(caller(), **filters)]
    found.sort(key=lambda body: (body["due"] is None, body["due"] or ""))
    return jsonify({"submissions": found, "count": len(found)})


@call("GET", "/submissions/<id>", "Satu pengajuan.")
def submission(id: str) -> ResponseReturnValue:
    return jsonify(described(journey().visible(caller(), id), caller()))


@call("PATCH", "/submissions/<id>", "Metadata atau cara baca lain, selama konsep atau dikembalikan.")
def change(id: str) -> ResponseReturnValue:
    body = _parts_or_body()
    if unknown := sorted(set(body) - set(SCHEMAS["calls"]["change"]["json"])):
        raise BadRequest.of("members_unknown", names=", ".join(unknown), where={"field": unknown[0]})
    record = journey().change(
        caller(),
        id,
        metadata=_member(body, "metadata", dict),
        reading=_member(body, "reading", dict),
        crs=_member(body, "crs", str),
        berita_acara=uploaded("berita_acara"),
        expected_version=_member(body, "version", int),
    )
    return jsonify(described(record, caller()))


@call("PUT", "/submissions/<id>/file", "Berkas yang lain, selama konsep atau dikembalikan.")
def replace_file(id: str) -> ResponseReturnValue:
    record = journey().change(caller(), id, file=_data_file(), reading=_optional_json("reading"))
    return jsonify(described(record, caller()))


@call("PUT", "/submissions/<id>/edits", "Yang diperbaiki selain berkasnya; menggantikan yang sebelumnya.")
def mend(id: str) -> ResponseReturnValue:
    body = _body()
    said = {name: _member(body, name, list) or [] for name in ("edits", "repair")} | {"axes": _text(body, "axes")}
    record = journey().change(caller(), id, reading=said, expected_version=_member(body, "version", int))
    return jsonify(described(record, caller()))


@call("GET", "/submissions/<id>/findings", "Temuan sebagai GeoJSON.")
def findings(id: str) -> ResponseReturnValue:
    record = journey().visible(caller(), id)
    features = [feature(finding) for finding in journey().records.findings(id)]
    body = {"type": "FeatureCollection", "features": features, "numberReturned": len(features)}
    return Response(json.dumps(body | only(record.move, "content_hash")), mimetype="application/geo+json")


@call("POST", "/submissions/<id>/findings/<key>/waive", "Kesampingkan satu peringatan.")
def waive(id: str, key: str) -> ResponseReturnValue:
    finding = journey().waive(caller(), id, key, _text(_body(), "reason"))
    return jsonify(feature(finding)["properties"])


@call("GET", "/submissions/<id>/comparison", "Beda dengan rilis yang berlaku.")
def comparison(id: str) -> ResponseReturnValue:
    record = journey().visible(caller(), id)
    kinds = tuple(filter(None, request.args.get("change", "").split(","))) or KINDS
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        said = {"change": unknown[0][:40], "known": ", ".join(KINDS)}
        raise BadRequest.of("change_unknown", where={"parameter": "change"}, **said)
    offset, limit = _natural("offset", 0), min(_natural("limit", LISTED), MOST_LISTED)
    return jsonify(compare_with_current(journey(), record, kinds, offset, limit))


@call("GET", "/submissions/<id>/notes", "Catatan dengan jawabannya, juga yang belum selesai dari pengajuan sebelumnya.")
def notes(id: str) -> ResponseReturnValue:
    found = threads(journey(), caller(), journey().visible(caller(), id))
    return jsonify({"notes": [thread(one) for one in found], "count": len(found)})


@call("POST", "/submissions/<id>/notes", "Catatan baru, disematkan pada suatu letak.", success=201)
def add_note(id: str) -> ResponseReturnValue:
    body = _body()
    kind, place = _text(body, "kind") or "question", _member(body, "place", dict) or {}
    return jsonify(written(write(journey(), caller(), id, _text(body, "text"), kind, place))), 201


@call("POST", "/submissions/<id>/notes/<note>/answers", "Jawab satu catatan.", success=201)
def add_answer(id: str, note: str) -> ResponseReturnValue:
    body = _body()
    said = answer(journey(), caller(), id, note, _text(body, "text"), fixed=bool(_member(body, "fixed", bool)))
    return jsonify(written(said)), 201


@call("POST", "/submissions/<id>/notes/<note>/resolve", "Nyatakan satu catatan selesai.")
def resolve_note(id: str, note: str) -> ResponseReturnValue:
    return jsonify(written(settle(journey(), caller(), id, note, resolved=True)))


@call("POST", "/submissions/<id>/notes/<note>/reopen", "Buka lagi satu catatan, dalam putaran yang sama.")
def reopen_note(id: str, note: str) -> ResponseReturnValue:
    return jsonify(written(settle(journey(), caller(), id, note, resolved=False)))


@call("POST", "/submissions/<id>/steps/<step>", "Ambil satu langkah SOP.")
def take(id: str, step: str) -> ResponseReturnValue:
    if step not in SUBMISSION_STEPS:
        raise NotFound(f"Langkah “{step}” tidak ada.", where={"step": step})
    body = _parts_or_body()
    record = journey().take(
        caller(),
        id,
        step,
        note=_text(body, "note"),
        content_hash=_member(body, "content_hash", str),
        publish_at=_moment(_text(body, "at")),
        scan=uploaded("scan"),
    )
    return jsonify(described(record, caller()))


@call("POST", "/datasets/<id>/steps/<step>", "Tarik, atau berlakukan lagi sebuah rilis.")
def take_on_dataset(id: str, step: str) -> ResponseReturnValue:
    body = _body()
    note, release = _text(body, "note"), _member(body, "release", int)
    if step == "withdraw":
        return jsonify(described(journey().withdraw(caller(), id, note), caller()))
    if step != "restore":
        raise NotFound(f"Langkah “{step}” tidak ada.", where={"step": step})
    if release is None:
        raise _missing("release", "Sebutkan nomor rilisnya.", 'Kirim {"release": 1}.')
    return jsonify(described(journey().restore(caller(), id, release, note), caller()))


@call("GET", "/submissions/<id>/events", "Perjalanan satu pengajuan.")
def events(id: str) -> ResponseReturnValue:
    journey().visible(caller(), id)
    return jsonify({"events": [happened(event) for event in journey().records.events(submission=id)]})


@call("POST", "/submissions/<id>/check", "Isi yang sama dibaca dan diperiksa sekali lagi.")
def check_once_more(id: str) -> ResponseReturnValue:
    record = check_again(journey(), caller(), id, expected_version=_member(_body(), "version", int))
    return jsonify(described(record, caller()))


@call("GET", "/checks", "Semua pemeriksaan: beratnya menurut bawaan dan menurut kota.")
def checks() -> ResponseReturnValue:
    choices = {one.check: one for one in journey().records.severities()}
    return jsonify(
        {"rules": RULES, "checks": [severity_of(check, choices.get(check.code)) for check in REGISTRY.values()]}
    )


@call(
    "PUT",
    "/checks/<code>",
    "Berat temuan satu pemeriksaan; tanpa severity kembali ke bawaan.",
    rule=for_roles(Role.ADMIN),
)
def set_severity(code: str) -> ResponseReturnValue:
    body = _body()
    return jsonify(choose(journey(), caller(), code, _text(body, "severity"), _text(body, "reason")))


@call(
    "GET",
    "/ledger",
    "Buku besar: rantai semua tindakan, juga catatan tentang data semua OPD; bukan untuk Produsen Data.",
    rule=for_roles(Role.WALIDATA, Role.PEMBINA_DATA, Role.ADMIN),
)
def ledger() -> ResponseReturnValue:
    since = max(0, min(request.args.get("since", 0, type=int), COUNTS[-1]))
    entries = [vars(entry) for entry in journey().records.ledger(since)]
    return jsonify({"entries": entries, "count": len(entries)})


def only(noun: object, *names: str) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in names}


def described(record: SubmissionRecord, actor: Actor) -> dict[str, Any]:
    """A submission as programs see it (design, `GET /submissions/{id}`)."""
    move, now = record.move, journey().clock()
    releases = journey().records.releases(move.dataset)
    manifest = record.manifest or {}
    offered = [row.name for row in steps_from(move, actor) if not open_before(row, move, Act(row.name, actor, now))]
    return {
        **only(move, "id", "dataset", "batch", "agency", "kind", "round", "status", "version", "content_hash"),
        **only(record, "title", "metadata"),
        "reading": masked(record.reading),
        "job": only(record.job, "status", "stage", "done", "total", "error"),
        "findings": vars(move.findings),
        "due": _iso(due_date(journey(), move)),
        "publish_at": _iso(move.publish_at),
        "allowed_steps": offered,
        "collections": [{"id": entry["id"], "kind": entry["type"]} for entry in manifest.get("collections", [])],
        "release": next((release.number for release in releases if release.submission == move.id), None),
        "upload": {"name": record.upload_name, "sha256": record.upload, "bytes": record.upload_bytes},
        "without_map": manifest.get("without_map"),
        "checked": manifest.get("checked", {})
        | {"rules": manifest.get("rules"), "stale": stale(journey().records, record)},
    }


def feature(finding: FindingRecord) -> dict[str, Any]:
    said = ("key", "check", "principle", "severity", "message", "why", "mend", "row", "column", "suggestion")
    waived = {"waived": finding.waived_at is not None, "waived_why": finding.waived_why or None}
    properties = only(finding, *said) | waived
    return {"type": "Feature", "id": finding.key, "geometry": finding.geometry or None, "properties": properties}


def written(note: Note) -> dict[str, Any]:
    said = only(note, "id", "submission", "round", "kind", "author", "text", "place", "answers_to", "resolved_by")
    return said | {"at": note.at.isoformat(), "resolved_at": _iso(note.resolved_at)}


def thread(one: Thread) -> dict[str, Any]:
    """A note as programs see it: `where` in words, `doubt` where its place is only estimated or gone."""
    lies = {"where": one.spot.words, "doubt": one.spot.doubt or None, "point": one.spot.point}
    answers = [written(answer) for answer in one.answers]
    return written(one.note) | lies | {"carried": one.carried, "fixed": one.fixed, "answers": answers}


def happened(event: Event) -> dict[str, Any]:
    moved = {"from": event.source, "to": event.target, "at": event.at.isoformat()}
    return only(event, "step", "actor", "note", "round", "content_hash") | moved | event.detail


def _iso(at: date | None) -> str | None:
    return at.isoformat() if at else None


def _body() -> dict[str, Any]:
    request.max_content_length = min(JSON_LIMIT, request.max_content_length or JSON_LIMIT)
    text = request.get_data()
    return understood(text, "Isi permintaan", "body") if text else {}


def _parts_or_body() -> dict[str, Any]:
    if request.mimetype not in FORMS:
        return _body()
    return {
        name: _understood(name, text) if name in ("metadata", "reading") else text
        for name, text in request.form.items()
    }


def _text(body: Mapping[str, Any], name: str) -> str:
    return str(body.get(name) or "")


def _member[T](body: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """Raises BadRequest where this member is there and is something else."""
    value = body.get(name)
    if value is None or (type(value) is kind and (kind is not int or value in COUNTS)):
        return value
    raise BadRequest.of("member_type", name=name, expected=EXPECTED[kind], where={"field": name})


def _natural(name: str, otherwise: int) -> int:
    text = request.args.get(name, str(otherwise))
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise BadRequest.of("no_natural", name=name, text=text[:40], like=otherwise or 100, where={"parameter": name})


def _json_part(name: str) -> Mapping[str, Any]:
    found = _optional_json(name)
    if found is None:
        raise _missing(name, f"Bagian “{name}” tidak ada.", f"Kirim bagian multipart bernama {name} berisi JSON.")
    return found


def _optional_json(name: str) -> Mapping[str, Any] | None:
    text = request.form.get(name)
    if text is None and (part := request.files.get(name)):
        text = part.stream.read(1 << 20).decode("utf-8", "replace")
    return None if text is None else _understood(name, text)


def _understood(name: str, text: str) -> dict[str, Any]:
    return understood(text, f"Bagian “{name}”", name)


def _missing(name: str, sentence: str, mend: str, **more: Any) -> BadRequest:
    return BadRequest(sentence, mend=mend, where={"field": name}, **more)


def data_file() -> Upload | str | None:
    """The file of this request, or the id of one that came in parts before."""
    return request.form.get("upload") or uploaded("file")


def _data_file() -> Upload | str:
    return data_file() or _file("file", "Berkas data belum disertakan.", "BERKAS-KOSONG")


def _file(name: str, sentence: str, code: str) -> Upload:
    upload = uploaded(name)
    if upload is None:
        raise _missing(name, sentence, f"Kirim bagian multipart bernama {name}.", code=code)
    return upload


def uploaded(name: str) -> Upload | None:
    part = request.files.get(name)
    return Upload(part.stream, part.filename or name) if part and part.filename else None


def _required(name: str) -> str:
    value = request.form.get(name, "").strip()
    if not value:
        raise _missing(name, f"Isian “{name}” belum ada.", f"Isi {name}.")
    return value


def _statuses(text: str) -> tuple[Status, ...]:
    try:
        return tuple(Status(name) for name in text.split(","))
    except ValueError:
        known = ", ".join(Status)
        raise BadRequest.of("status_unknown", text=text, known=known, where={"parameter": "status"}) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest.of("no_such_day", text=text, where={"field": "date"}) from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            return moment
    raise BadRequest.of("no_whole_moment", text=text, where={"field": "at"})
