"""The language of a public page: the code is written in Indonesian, english.po says the same in English."""

import gettext
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, current_app, has_request_context, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from workflow import labels

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
COOKIE, YEAR = "lang", 365 * 24 * 3600
DESKS = ("/meja", "/masuk", "/keluar", "/api/")
"""Addresses that are Indonesian only."""
CATALOGUE = Path(__file__).with_name("english.po")
MARKED, UNMARKED = Markup(' lang="id"'), Markup()
SWAPPED = str.maketrans(",.", ".,")


def language() -> str:
    """`?lang` decides, else the cookie that an earlier one left, else Indonesian; so does what is neither.

    Accept-Language is not asked: many Indonesian phones are set to English, and their owners read Indonesian.
    """
    if not public():
        return "id"
    return "en" if request.args.get("lang", request.cookies.get(COOKIE)) == "en" else "id"


def public() -> bool:
    return has_request_context() and not request.path.startswith(DESKS)


def address_in(other: str) -> str:
    """This page in another language; what it does not look at, the coordinate system, is not kept."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name not in ("lang", "crs")]
    return f"{quote(request.path)}?{urlencode([*asked, ('lang', other)])}"


def indonesian() -> Markup:
    """The attribute of what agencies wrote, on a page in another language."""
    return MARKED if language() == "en" else UNMARKED


@cache
def english() -> gettext.GNUTranslations:
    compiled = BytesIO()
    with CATALOGUE.open("rb") as texts:
        write_mo(compiled, read_po(texts, "en"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(text: str, /, **values: object) -> str:
    """`text` in the language of the request, then with its %(values)s."""
    said = english().gettext(text) if text and language() == "en" else text
    return said % values if values else said


def counted(one: str, more: str, count: int) -> str:
    return english().ngettext(one, more, count) if language() == "en" else more


@pass_context
def translated(_context: Context, text: object) -> object:
    """A word of a table, never as markup; what english.po does not know stays as it is."""
    return _(text) if isinstance(text, str) else text


def tanggal(moment: date | str) -> str:
    """26 Maret 2026 or 26 March 2026"""
    return format_date(labels.day_of(moment), "d MMMM y", "en") if language() == "en" else labels.tanggal(moment)


def hari_tanggal(moment: date | str) -> str:
    if language() == "id":
        return labels.hari_tanggal(moment)
    return format_date(labels.day_of(moment), "EEEE, d MMMM y", "en")


def pukul(moment: datetime | str) -> str:
    """15.42 WIB or 15:42 WIB"""
    said = labels.pukul(moment)
    return said.replace(".", ":") if language() == "en" else said


def angka(number: object) -> str:
    """1.234,5 or 1,234.5"""
    said = labels.angka(number)
    return said.translate(SWAPPED) if isinstance(number, int | float) and language() == "en" else said


def speak(app: Flask) -> None:
    """Gives templates {% trans %}, _() and this module's words, and every public page its headers."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_, counted, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(
        tanggal=tanggal, hari_tanggal=hari_tanggal, pukul=pukul, angka=angka, translated=translated
    )
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES, language=language, public=public, address_in=address_in, indonesian=indonesian
    )
    app.after_request(_told)


def _told(response: Response) -> Response:
    """A page says its language and that it depends on the cookie; a choice is kept and is nobody else's."""
    if response.mimetype != "text/html" or response.location or not public():
        return response
    response.headers["Content-Language"] = language()
    response.vary.add("Cookie")
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and chosen != request.cookies.get(COOKIE):
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, chosen, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
        response.headers["Cache-Control"] = "private, no-cache"
    return response
