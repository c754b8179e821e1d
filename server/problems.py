"""Faults as answers: problem+json (RFC 9457) for programs, a page for people."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Flask, Response, json, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from server.access import TooManyAttempts
from server.incoming import Altered, NoRoom, WrongType, WrongVersion
from server.intake.sandbox import Unproven
from server.release.on_request import StillMaking
from workflow import errors

type View[**Asked] = Callable[Asked, ResponseReturnValue]

LOG = logging.getLogger(__name__)

STATUS: dict[type[errors.SebarError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Unauthenticated: 401,
    errors.Conflict: 409,
    errors.Changed: 409,
    errors.Unmet: 422,
    errors.BadRequest: 400,
    errors.BadUpload: 422,
    errors.TooLarge: 413,
    errors.Gone: 410,
    errors.Broken: 500,
    TooManyAttempts: 429,
    StillMaking: 503,
    Unproven: 503,
    NoRoom: 507,
    Altered: 460,
    WrongVersion: 412,
    WrongType: 415,
}
SENTENCES: dict[int, tuple[str, str]] = {
    400: ("Permintaan tidak dapat dipahami", "Periksa lagi alamat atau isiannya."),
    404: ("Halaman tidak ditemukan", "Periksa alamatnya, atau cari data dari beranda."),
    405: ("Cara memanggil ini tidak didukung", "Alamat ini hanya menjawab cara yang disebut di Allow."),
    415: ("Jenis isi ini tidak didukung", "Kirim sebagai multipart/form-data atau application/json."),
    416: ("Bagian yang diminta di luar berkas", "Ambil berkasnya dari awal."),
    500: ("Terjadi kesalahan di server", "Coba lagi; bila terulang, sampaikan kodenya kepada admin."),
}


def problem_of(error: errors.SebarError) -> dict[str, Any]:
    """type, title, status, code, detail, mend and where the fault is."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.mend:
        body["mend"] = error.mend
    if error.where:
        body["where"] = error.where
    # The place again as members of its own, as RFC 9457 has extensions.
    return error.where | body


def or_again[**Asked](page: Callable[[dict[str, Any]], str]) -> Callable[[View[Asked]], View[Asked]]:
    """What is wrong with a form is said on its page, with what was typed; what is not there or not allowed is not."""

    def decorated(view: View[Asked]) -> View[Asked]:
        @wraps(view)
        def asked(*args: Asked.args, **names: Asked.kwargs) -> ResponseReturnValue:
            try:
                return view(*args, **names)
            except (errors.NotFound, errors.Forbidden):
                raise
            except errors.SebarError as fault:
                said = problem_of(fault)
                return page(said), said["status"]

        return asked

    return decorated


def install_problems(app: Flask) -> None:
    @app.errorhandler(errors.SebarError)
    def said(error: errors.SebarError) -> Response:
        body = problem_of(error)
        if body["status"] == 500:
            LOG.error("%s: %s", error.code, error.detail)
        return answer(body)

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        limit, size = request.max_content_length or 0, request.content_length or 0
        said_limit = f" {round(limit / 2**20, 1):g} MB".replace(".", ",") if size > limit else ""
        return said(errors.TooLarge(f"Permintaan ini lebih besar daripada batas{said_limit}."))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        response = _answer_of(status, f"HTTP-{status}", error.name)
        for name, value in error.get_headers():
            if name.lower() in ("allow", "location", "retry-after", "content-range"):
                response.headers[name] = value
        return response

    @app.errorhandler(OperationalError)
    def away(error: OperationalError) -> Response:
        LOG.error("the database is away: %s", error)
        fault = errors.Broken("Basis data sedang tidak dapat dihubungi.", code="BASIS-DATA", mend="Coba lagi sebentar.")
        return answer(problem_of(fault) | {"status": 503})

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        LOG.exception("unexpected fault at %s", request.path)
        return _answer_of(500, "SERVER")


def _answer_of(status: int, code: str, name: str = "") -> Response:
    title, mend = SENTENCES.get(status, (name, ""))
    said = {"title": title, "status": status, "code": code, "detail": f"{title}.", "mend": mend}
    return answer({"type": "about:blank", **said})


def answer(body: Mapping[str, Any]) -> Response:
    """The problem in the form that the caller reads."""
    status = int(body["status"])
    if request.path.startswith(("/api/", "/ogc")) or not wants_html():
        response = Response(json.dumps(body), status, mimetype="application/problem+json")
    else:
        response = Response(render_template("problem.html", problem=body), status, mimetype="text/html")
    if status == 401 and request.path.startswith("/api/"):
        response.headers["WWW-Authenticate"] = 'Basic realm="Sebar", charset="UTF-8"'
    if status in (429, 503):
        response.headers["Retry-After"] = "900" if status == 429 else "5"
    return response


def wants_html() -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json")
    return best == "text/html" and request.args.get("f") != "json"
