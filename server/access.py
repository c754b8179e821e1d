"""Who may call what. A route without a rule answers nobody."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from flask import Blueprint, Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from server.deputies import actor_of
from server.files import CHUNK
from server.journey import Journey
from server.json_input import refuse_unstorable_texts
from workflow.dataset import Actor
from workflow.errors import BadRequest, Forbidden, SebarError, Unauthenticated
from workflow.sop import Role
from workflow.store import Person, Token

PUBLIC_BLUEPRINTS = frozenset({"ogc", "csw", "portal", "verification"})
"""Rooms in which everything is for everyone."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY = HASHER.hash(secrets.token_hex(16))
FAILURES, WINDOW = 10, timedelta(minutes=15)
TOKEN_LIFE = timedelta(days=90)
HEARD = 1 << 30
"""Bytes of a refused request that are waited for."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TooManyAttempts(SebarError):
    code = "TERLALU-SERING"
    title = "Terlalu banyak percobaan masuk"


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of this request, as Flask-Login wants to see them."""

    def __init__(self, person: Person, actor: Actor) -> None:
        self.id = person.id
        self.name = person.name
        self.person = person
        self.actor = actor


def public[View: Callable[..., Any]](view: View) -> View:
    view.access = "public"  # type: ignore[attr-defined]
    return view


def only[View: Callable[..., Any]](*roles: Role) -> Callable[[View], View]:
    def ruled(view: View) -> View:
        view.access = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return ruled


signed_in = only(*Role)


class Room(Blueprint):
    """Pages for those who have one of these roles, or have signed in where none is named; a view may say otherwise."""

    def __init__(self, name: str, address: str, *roles: Role) -> None:
        super().__init__(name, __name__, url_prefix=address)
        self.access = frozenset(roles or Role)


def rule_of(app: Flask, endpoint: str) -> Literal["public"] | frozenset[Role] | None:
    """ "public", the roles that may call it, or None: nobody."""
    if endpoint == "static" or endpoint.partition(".")[0] in PUBLIC_BLUEPRINTS:
        return "public"
    room = app.blueprints.get(endpoint.partition(".")[0])
    return getattr(app.view_functions[endpoint], "access", getattr(room, "access", None))


def guard(app: Flask, journey: Journey) -> None:
    """Installs sign-in and the check that runs before every view."""
    manager = LoginManager(app)
    manager.session_protection = "basic"

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(id: str) -> SignedIn | None:
        person = journey.records.person(id)
        return SignedIn(person, actor_of(journey, person)) if person and person.active else None

    app.after_request(heard_out)

    @app.before_request
    def refuse_strangers() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        refuse_unstorable_texts([*request.args.items(multi=True), *(request.view_args or {}).items()])
        rule = rule_of(app, request.endpoint)
        if rule == "public":
            return None
        if rule is None:
            raise Forbidden("Alamat ini tidak dibuka untuk siapa pun.")
        if request.blueprint != "api" and not current_user.is_authenticated:
            return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))
        if not (caller().roles & rule):
            raise Forbidden("Halaman ini untuk peran lain.")
        refuse_unstorable_texts(request.form.items(multi=True))
        return None


def heard_out(response: Response) -> Response:
    """Reads what is left of a refused upload: who still sends would meet a closed connection, not our answer."""
    source, left = request.environ["wsgi.input"], HEARD
    if request.method not in SAFE and request.environ.get("wsgi.input_terminated"):
        while left > 0 and (chunk := source.read(CHUNK)):
            left -= len(chunk)
    return response


def journey() -> Journey:
    return current_app.extensions["journey"]  # type: ignore[no-any-return]


def caller() -> Actor:
    """The person who calls: by token, by name and password, or by session. Raises Unauthenticated."""
    if "actor" not in g:
        g.actor = _identified()
    return g.actor  # type: ignore[no-any-return]


def _identified() -> Actor:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_token(value.strip())
    if scheme.lower() == "basic":
        return _by_basic(value.strip())
    if not current_user.is_authenticated:
        raise Unauthenticated("Masuk dahulu, atau kirim token.")
    if request.blueprint == "api" and request.method not in SAFE:
        _same_site()
    return current_user.actor  # type: ignore[no-any-return]


def _same_site() -> None:
    try:
        validate_csrf(request.headers.get("X-CSRFToken", ""))
    except ValidationError:
        raise BadRequest("Permintaan ini tidak datang dari halaman Sebar.", code="CSRF") from None


def _by_token(secret: str) -> Actor:
    records = journey().records
    token = records.token_by_hash(hashlib.sha256(secret.encode()).hexdigest())
    if token is None or token.expires_at <= journey().clock():
        raise Unauthenticated("Token tidak dikenal atau sudah kedaluwarsa.")
    person = records.person(token.person)
    if person is None or not person.active:
        raise Unauthenticated("Pemilik token ini tidak aktif lagi.")
    return actor_of(journey(), person)


def _by_basic(value: str) -> Actor:
    try:
        username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("Nama dan kata sandi tidak terbaca.") from None
    return actor_of(journey(), authenticate(username, password))


def authenticate(username: str, password: str) -> Person:
    """Raises Unauthenticated, and TooManyAttempts after ten failures in a quarter of an hour."""
    records, now = journey().records, journey().clock()
    if records.login_failures(username, now - WINDOW) >= FAILURES:
        raise TooManyAttempts("Terlalu banyak percobaan masuk dengan nama ini.", mend="Coba lagi 15 menit kemudian.")
    person = records.person_by_username(username)
    # An unknown name costs as much time as a known one.
    if not _fits(person.password_hash if person else NOBODY, password) or person is None or not person.active:
        records.add_login_failure(username, now)
        raise Unauthenticated("Nama pengguna atau kata sandi tidak cocok.")
    return person


def _fits(hashed: str, password: str) -> bool:
    known = _VERIFIED.get(hashed)
    given = hashlib.sha256(_SALT + password.encode()).digest()
    if known is not None and secrets.compare_digest(known, given):
        return True
    try:
        HASHER.verify(hashed, password)
    except (Argon2Error, ValueError):
        return False
    if len(_VERIFIED) > 1000:
        _VERIFIED.clear()
    _VERIFIED[hashed] = given
    return True


# A program that sends its password with each request pays argon2 once per process, not each time.
_VERIFIED: dict[str, bytes] = {}
_SALT = secrets.token_bytes(16)


def new_token(journey: Journey, actor: Actor, name: str) -> tuple[str, Token]:
    """The secret, shown once, and the token that is kept."""
    secret = secrets.token_urlsafe(32)
    now = journey.clock()
    token = Token(
        secrets.token_hex(8), actor.id, name, hashlib.sha256(secret.encode()).hexdigest(), now, now + TOKEN_LIFE
    )
    journey.records.add_token(token)
    return secret, token
