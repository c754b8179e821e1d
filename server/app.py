"""The web application, put together from its rooms."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from server.access import guard
from server.failpoints import arm
from server.health import health
from server.intake.sandbox import proven
from server.journey import Journey, now_utc
from server.ogc.adapter import create_ogc, probe
from server.ogc.csw import create_csw
from server.ogc.metadata import metadata_files
from server.pages.desks import desks, equip_desks
from server.pages.portal import create_portal
from server.pages.sign_in import sign_in
from server.pages.verification import create_verification
from server.pages.words import equip
from server.problems import install_problems
from server.release.publishing import RevisionFile
from server.settings import Settings, completed, from_environment
from server.store import Records, open_records
from server.tus import api
from workflow.errors import Broken

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


def create_journey(
    settings: Settings, records: Records | None = None, clock: Callable[[], datetime] = now_utc
) -> Journey:
    return Journey(records or open_records(settings), settings, clock, probe, metadata_files)


def create_app(settings: Settings, records: Records | None = None, clock: Callable[[], datetime] = now_utc) -> Flask:
    """Everything that answers, over one store."""
    app = Flask("server", static_folder="static", template_folder="pages/templates")
    secure = urlsplit(settings.url).scheme == "https"
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.upload_limit,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-sebar" if secure else "sebar",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    if settings.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxy_hops, x_proto=1)  # type: ignore[method-assign]
    journey = create_journey(settings, records, clock)
    app.extensions["journey"] = journey
    guard(app, journey)
    install_problems(app)
    _rooms(app, journey)
    equip(app)
    equip_desks(app, settings)
    app.after_request(_with_headers)
    return app


def _rooms(app: Flask, journey: Journey) -> None:
    settings, records = journey.settings, journey.records
    revision = RevisionFile(settings.home, records)
    app.extensions["revision"] = revision
    app.register_blueprint(create_ogc(records.registry, revision.read, settings, records.release))
    app.register_blueprint(csw := create_csw(records.registry, revision.read, settings))
    app.register_blueprint(create_portal(records, settings, journey.clock))
    app.register_blueprint(create_verification(records, settings))
    for room in (sign_in, *desks(), health, api):
        app.register_blueprint(room)
    csrf = CSRFProtect(app)
    # Programs sign in with each request; where they use a session, access.py asks for the token itself.
    csrf.exempt(api)
    csrf.exempt(csw)


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith(("/meja", "/masuk", "/api/")):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def from_settings() -> Flask:
    """What the web server calls in each of its processes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = completed(from_environment())
    arm(settings.failpoint)
    # Before the first upload comes; what is wrong is said to whoever uploads, and by /readyz.
    with suppress(Broken):
        proven()
    return create_app(settings)
