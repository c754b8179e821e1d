"""Uploads in parts by the tus protocol, 1.0: creation, termination, expiration, checksum (https://tus.io)."""

import base64
import binascii
from datetime import UTC
from email.utils import format_datetime

from flask import Response, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from server.access import caller, journey, only, public
from server.api import api, call
from server.incoming import Arrival, Incoming, WrongType, WrongVersion
from server.intake.sandbox import refuse_unproven
from workflow.errors import BadRequest
from workflow.sop import Role

__all__ = ["api"]

VERSION = "1.0.0"
PART = "application/offset+octet-stream"
ALGORITHMS = ("sha256", "sha1")
DIGITS = 15


@api.after_request
def say_version(response: Response) -> Response:
    if request.path.startswith("/api/v1/uploads"):
        response.headers["Tus-Resumable"] = response.headers["Tus-Version"] = VERSION
    return response


@api.route("/uploads", methods=["OPTIONS"])
@public
def what_uploads_can() -> ResponseReturnValue:
    said = {"Tus-Extension": "creation,termination,expiration,checksum", "Tus-Checksum-Algorithm": ",".join(ALGORITHMS)}
    return "", 204, said | {"Tus-Max-Size": str(_incoming().limit)}


@call("POST", "/uploads", "Unggahan baru dalam bagian-bagian (tus 1.0).", only(Role.PRODUSEN_DATA), success=201)
def begin_upload() -> ResponseReturnValue:
    _speaks_tus()
    refuse_unproven()
    arrival = _incoming().begin(caller().id, _file_name(), _natural("Upload-Length"), journey().clock())
    place = url_for("api.upload_state", upload=arrival.id)
    return "", 201, {"Location": place, **_headers(arrival)}


@call(
    "GET",
    "/uploads/<upload>",
    "Sejauh mana unggahan ini, dan SHA-256-nya bila sudah lengkap; HEAD menurut tus.",
    only(Role.PRODUSEN_DATA),
)
def upload_state(upload: str) -> ResponseReturnValue:
    if request.method == "HEAD":
        _speaks_tus()
    arrival = _found(upload)
    said = {"id": arrival.id, "name": arrival.name, "bytes": arrival.bytes, "sha256": arrival.sha256 or None}
    more = {"received": _incoming().received(arrival), "expires": arrival.expires.isoformat()}
    return jsonify(said | more), _headers(arrival)


@call("PATCH", "/uploads/<upload>", "Bagian berikutnya, dari Upload-Offset.", only(Role.PRODUSEN_DATA), success=204)
def take_part(upload: str) -> ResponseReturnValue:
    _speaks_tus()
    if request.mimetype != PART:
        raise WrongType.of("upload_type", kind=PART, where={"field": "Content-Type"})
    refuse_unproven()
    arrival = _found(upload)
    arrival = _incoming().take(arrival, _natural("Upload-Offset"), request.stream, _checksum())
    return "", 204, _headers(arrival)


@call("DELETE", "/uploads/<upload>", "Hentikan dan hapus unggahan ini.", only(Role.PRODUSEN_DATA), success=204)
def drop_upload(upload: str) -> ResponseReturnValue:
    _speaks_tus()
    _incoming().drop(_found(upload).id)
    return "", 204


@call("POST", "/uploads/<upload>", "PATCH atau DELETE lewat X-HTTP-Method-Override.", only(Role.PRODUSEN_DATA))
def overridden(upload: str) -> ResponseReturnValue:
    meant = {"PATCH": take_part, "DELETE": drop_upload}.get(request.headers.get("X-HTTP-Method-Override", ""))
    return meant(upload) if meant else abort(405)


def _incoming() -> Incoming:
    return journey().incoming


def _found(id: str) -> Arrival:
    return _incoming().find(id, caller().id, journey().clock())


def _headers(arrival: Arrival) -> dict[str, str]:
    return {
        "Upload-Offset": str(_incoming().received(arrival)),
        "Upload-Length": str(arrival.bytes),
        "Upload-Expires": format_datetime(arrival.expires.astimezone(UTC), usegmt=True),
    }


def _speaks_tus() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion.of("upload_version", version=VERSION, where={"field": "Tus-Resumable"})


def _natural(name: str) -> int:
    text = request.headers.get(name, "")
    if text.isascii() and text.isdecimal() and len(text) <= DIGITS:
        return int(text)
    raise BadRequest.of("upload_number", name=name, where={"field": name})


def _file_name() -> str:
    """`filename` of Upload-Metadata: pairs of a name and base64, with commas between."""
    pairs = dict(pair.strip().partition(" ")[::2] for pair in request.headers.get("Upload-Metadata", "").split(","))
    return _unpacked(pairs.get("filename", ""), "Upload-Metadata").decode("utf-8", "replace")


def _checksum() -> tuple[str, bytes] | None:
    if not (said := request.headers.get("Upload-Checksum")):
        return None
    algorithm, _, digest = said.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadRequest.of("upload_algorithm", known=" atau ".join(ALGORITHMS), where={"field": "Upload-Checksum"})
    return algorithm, _unpacked(digest, "Upload-Checksum")


def _unpacked(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest.of("upload_base64", name=field, where={"field": field}) from None
