"""The public side in English: every text has one, none is bare, and no cache mixes the languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from jinja2 import nodes
from lxml import html
from werkzeug.test import create_environ

from server.access import TooManyAttempts
from server.documents import ISSUED
from server.ogc.words import WORDS as OGC_WORDS
from server.pages import journey_page, verification
from server.pages.catalogue import FACETS
from server.pages.language import CATALOGUE, address_in
from server.pages.usage import PAPERS, USES
from server.pages.words import FREQUENCIES, KINDS, LICENSES, TOPICS, TYPES, WORDS
from server.problems import SENTENCES
from server.release.formats import MADE, READY
from server.release.on_request import StillMaking
from server.settings import ROOT
from tests.conftest import City as Installation
from workflow import errors, labels
from workflow.sop import Status

PAGES, OGC = ROOT / "server" / "pages" / "templates", ROOT / "server" / "ogc" / "templates"
STATIC, PUBLIC_SCRIPTS = ROOT / "server" / "static", ("map.js", "map-data.js", "map-look.js", "page.js", "viewer.js")
DESKS = ("desk/", "sign_in.html")
DESK_PIECES = ("severity", "due", "stepper", "field", "field_words", "finding", "job")
"""Macros of parts.html that no public page uses."""
NAMES = ("CSW 2.0.2", "GeoPackage", "Id", "JSON", "OGC API", "OpenAPI", "Sebar")
OUTSIDE = frozenset({*NAMES, "Multi", "/tiles/WebMercatorQuad?f=tilejson", "desk viewer"})
"""Names, parts of addresses, and a class."""

environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
environment.newstyle_gettext = True  # type: ignore[attr-defined]


def templates() -> Iterator[Path]:
    for path in [*PAGES.rglob("*.html"), *OGC.rglob("*.html")]:
        if not str(path.relative_to(PAGES if path.is_relative_to(PAGES) else OGC)).startswith(DESKS):
            yield path


@cache
def parsed(path: Path) -> nodes.Template:
    """Without what only desks draw."""
    tree = environment.parse(path.read_text())
    tree.body = [part for part in tree.body if not (isinstance(part, nodes.Macro) and part.name in DESK_PIECES)]
    return tree


def in_templates() -> Iterator[str]:
    for path in templates():
        for _line, function, said in jinja2.ext.extract_from_ast(parsed(path), ("_", "gettext", "ngettext")):
            parts = [part for part in (said if isinstance(said, tuple) else (said,)) if part is not None]
            assert parts, (path, function, "a variable goes through |translated, never through _()")
            yield from parts


def in_python() -> Iterator[str]:
    for path in [*(ROOT / "server" / "pages").glob("*.py"), *(ROOT / "server" / "ogc").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "counted"):
                yield from (str(part.value) for part in node.args if isinstance(part, ast.Constant))


def in_tables() -> Iterator[str]:
    """What a page shows through |translated, or _() of a table's word."""
    yield from (labels.STATUSES[status] for status in (Status.PUBLISHED, Status.SUPERSEDED, Status.WITHDRAWN))
    yield from (labels.HAPPENED[step] for step in {*journey_page.LOOKS, *verification.STEPS_SHOWN})
    yield from (look.word for look in (*TOPICS.values(), *KINDS.values()))
    yield from (*FREQUENCIES.values(), *TYPES.values(), *WORDS["places"].values(), "Lain-lain")
    yield from (text for license in LICENSES.values() for text in license)
    yield from (more["word"] for more in labels.METADATA_MORE.values())
    yield from (text for text in labels.WITHOUT_MAP.values() if "{" not in text)
    yield from (*(title for title, _of in FACETS.values()), "Kata kunci", "Kolom")
    yield from (format.use for format in (*READY.values(), *MADE.values(), *PAPERS.values()))
    yield from (text for use in USES for text in use.get("steps", ()))
    yield from (use[name] for use in USES for name in ("code", "map") if "\n# " in use.get(name, ""))
    yield from (*ISSUED.values(), *known_hashes())
    yield from (field["title"] for field in OGC_WORDS["record"])
    for name in ("Daftar set ubin", "Set ubin ini", "Susunan ubin", "WebMercatorQuad"):
        yield from (f"{name} sebagai JSON", f"{name} sebagai halaman web")
    yield from ("Set ubin ini sebagai TileJSON", "Ubin vektor")
    yield from faults()


def known_hashes() -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(verification.__file__).read_text())):
        match node:
            case ast.Call(func=ast.Name("Known"), args=[ast.Constant(value=str(what)), *_]):
                yield what


def faults() -> Iterator[str]:
    """What a problem page says without naming anything."""
    for title, mend in SENTENCES.values():
        yield from (title, f"{title}.", mend)
    kinds = (errors.NotFound, errors.BadRequest, errors.Gone, errors.Broken, errors.TooLarge)
    for kind in (*kinds, StillMaking, TooManyAttempts):
        yield from (kind.title, kind.usual_mend)
    yield from FIXED


FIXED = (
    "Alamat ini tidak ada di layanan OGC API.",
    "Mulai dari /ogc.",
    "Butir data itu tidak ada di koleksi ini.",
    "Periksa kode atau nomornya.",
    "Lihat daftar koleksi di /ogc/collections.",
    "Hapus layer ini dari peta Anda, atau cari penggantinya di daftar koleksi.",
    "Koleksi ini sedang tidak dapat dibaca.",
    "Data ini sudah ditarik dari penyebarluasan.",
    "Berkas ini gagal dibuat.",
    "Berkas sebesar ini butuh waktu beberapa menit untuk dibuat.",
    "Banyak berkas sedang dibuat untuk pembaca lain.",
    "Basis data sedang tidak dapat dihubungi.",
    "Coba lagi sebentar.",
    "Ini bukan sidik SHA-256.",
    "Sidik terdiri atas 64 angka heksadesimal, seperti yang tercetak pada dokumen.",
    "Terlalu banyak percobaan masuk dengan nama ini.",
    "Coba lagi 15 menit kemudian.",
)


@cache
def messages() -> frozenset[str]:
    return frozenset(filter(None, (*in_templates(), *in_python(), *in_tables())))


@cache
def catalogue() -> dict[str, tuple[str, ...]]:
    """English by Indonesian: one text, or those for one and for many."""
    with CATALOGUE.open("rb") as file:
        read = read_po(file, abort_invalid=True)
    texts = {one.id if isinstance(one.id, str) else one.id[0]: one.string for one in read if one.id}
    return {id: (said,) if isinstance(said, str) else tuple(said) for id, said in texts.items()}


def test_every_text_of_the_public_pages_has_an_english_one_and_none_is_left_over() -> None:
    assert messages() - set(catalogue()) == frozenset()
    assert set(catalogue()) - messages() == set()
    assert [id for id, said in catalogue().items() if not all(said)] == []


def test_what_is_filled_in_is_the_same_in_both_languages() -> None:
    holes = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>")
    for id, said in catalogue().items():
        for text in said:
            assert sorted(holes.findall(text)) == sorted(holes.findall(id)), id
            assert "%" not in re.sub(r"%\(\w+\)s", "", text), id


@pytest.mark.parametrize("path", [*templates()], ids=lambda path: path.name)
def test_no_text_of_a_public_template_is_outside_of_gettext(path: Path) -> None:
    """Text between tags, attributes that are read out, and sentences among the expressions."""
    constants = [text for text in sentences(parsed(path)) if text not in OUTSIDE]
    page = html.fromstring("<div>" + "".join(drawn(parsed(path))) + "</div>")
    texts = page.xpath("//*[not(self::code or self::pre or self::kbd)]/text()")
    texts += page.xpath("//@title | //@placeholder | //@aria-label | //@alt | //meta[@name='description']/@content")
    said = [str(text).strip("… \n–") for text in texts if re.search(r"[^\W\d_]{2}", text)]
    assert [text for text in said if text not in OUTSIDE] + constants == []


def test_the_lines_for_python_are_the_same_program_in_english() -> None:
    (code,) = (use["map"] for use in USES if use["program"] == "Python")
    edges = dict.fromkeys(("west", "south", "east", "north"), 1)
    programs = [
        ast.parse(text.format(url="u", collection="c", files="f", **edges)) for text in (code, *catalogue()[code])
    ]
    calls = [[node for node in ast.walk(program) if isinstance(node, ast.Call)] for program in programs]
    assert [ast.unparse(call.func) for call in calls[0]] == [ast.unparse(call.func) for call in calls[1]]


def drawn(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield "…"
    else:
        for child in node.iter_child_nodes():
            yield from drawn(child)


def sentences(node: nodes.Node) -> Iterator[str]:
    """Constants that look like words of a person, and are not given to gettext."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in ("_", "gettext", "ngettext"):
        for value in node.kwargs:
            yield from sentences(value)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield from re.findall(r".*(?:[A-Z][a-z]|[a-z]{2} [a-z]{2}).*", node.value)
    for child in node.iter_child_nodes():
        yield from sentences(child)


def test_every_word_of_the_maps_has_an_english_one_and_none_is_left_over() -> None:
    scripts = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    known = set(re.findall(r'^  "([^"]+)": "[^"]+",$', scripts["language.js"], re.MULTILINE))
    used = {text for name in PUBLIC_SCRIPTS for text in re.findall(r'\b_\("([^"]+)"', scripts[name])}
    assert known == used


def page(web: FlaskClient, path: str, status: int = 200) -> Any:
    answer = web.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["Content-Language"] == html.fromstring(answer.text).get("lang")
    assert "Cookie" in answer.vary
    return html.fromstring(answer.text)


def test_a_choice_of_language_is_kept_and_the_address_counts_more(web: FlaskClient) -> None:
    assert page(web, "/data").get("lang") == "id"
    assert page(web, "/data?lang=en").get("lang") == "en"
    assert page(web, "/jadwal").get("lang") == "en"
    assert page(web, "/jadwal?lang=id").get("lang") == "id"
    assert page(web, "/").get("lang") == "id"


@pytest.mark.parametrize("asked", ["fr", "", "EN", "en-US", "<script>"])
def test_an_unknown_language_is_indonesian_and_is_not_kept(web: FlaskClient, asked: str) -> None:
    answer = web.get("/data", query_string={"lang": asked})
    assert html.fromstring(answer.text).get("lang") == "id"
    assert "Set-Cookie" not in answer.headers


def test_the_language_of_a_phone_is_not_the_language_of_its_reader(web: FlaskClient) -> None:
    assert 'lang="id"' in web.get("/", headers={"Accept-Language": "en-US,en;q=0.9"}).text


def test_the_cookie_says_a_language_and_nothing_of_the_reader(web: FlaskClient) -> None:
    answer = web.get("/?lang=en")
    assert answer.headers["Set-Cookie"].startswith("lang=en; ")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert "private" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in web.get("/?lang=en").headers


def test_the_other_language_is_a_link_that_keeps_the_question(web: FlaskClient) -> None:
    shown = page(web, "/data?q=sekolah+dasar&tema=society&lang=id")
    (other,) = shown.xpath("//header//a[@hreflang]")
    assert (other[0].text_content(), other.get("lang"), other.get("hreflang")) == ("English", "en", "en")
    assert other.get("href") == "/data?q=sekolah+dasar&tema=society&lang=en"
    (back,) = page(web, other.get("href")).xpath("//header//a[@hreflang]")
    assert (back[0].text_content(), back.get("lang")) == ("Bahasa Indonesia", "id")
    alternates = {link.get("hreflang"): link.get("href") for link in shown.xpath("//link[@rel='alternate'][@hreflang]")}
    assert alternates == {code: f"/data?q=sekolah+dasar&tema=society&lang={code}" for code in ("id", "en")}


def test_a_link_to_the_other_language_never_leaves_this_site(web: FlaskClient) -> None:
    asked = create_environ("/?lang=en") | {"PATH_INFO": '//example.org/">'}
    with web.application.request_context(asked):
        assert address_in("id") == "/example.org/%22%3E?lang=id"


def test_a_cache_never_gives_one_language_for_the_other(web: FlaskClient) -> None:
    path = "/data/lokasi-sekolah/changes?since=1"
    first = web.get(path, headers={"Accept": "text/html"})
    web.set_cookie("lang", "en")
    known = {"Accept": "text/html", "If-None-Match": first.headers.get("ETag", "")}
    second = web.get(path, headers=known)
    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.headers["Content-Language"], second.headers["Content-Language"]) == ("id", "en")
    assert {"Accept", "Cookie"} <= set(first.vary) & set(second.vary)
    assert first.headers["ETag"] != second.headers["ETag"]


@pytest.mark.parametrize("path", ["2/data.csv", "terkini/data.csv", "2/manifest.json", "changes?since=1&f=json"])
def test_files_and_json_know_no_cookie(web: FlaskClient, path: str) -> None:
    before = web.get(f"/data/lokasi-sekolah/{path}", buffered=True)
    after = web.get(f"/data/lokasi-sekolah/{path}", buffered=True, headers={"Cookie": "lang=en"})
    chosen = web.get(f"/data/lokasi-sekolah/{path}{'&' if '?' in path else '?'}lang=en", buffered=True)
    assert before.data == after.data == chosen.data
    assert "Cookie" not in before.vary
    assert "Set-Cookie" not in chosen.headers


def test_english_pages_count_and_date_as_english_does(web: FlaskClient) -> None:
    said = english(web, "/data/jumlah-penduduk")
    assert "first 100 of 270 rows" in said
    assert "Approved by the Pembina Data on 28 March 2026" in english(web, "/data/lokasi-sekolah")
    assert "4,362" in said
    assert "5 data sets from 5 city agencies" in english(web, "/")
    assert "1 data set for “genangan”" in english(web, "/data?q=genangan")
    assert "Tuesday, 21 April 2026, 12:00 WIB" in english(web, "/jadwal")


def english(web: FlaskClient, path: str, status: int = 200) -> str:
    web.set_cookie("lang", "en")
    return " ".join(page(web, path, status).xpath("//main")[0].text_content().split())


def test_a_topic_is_found_by_its_english_name(web: FlaskClient) -> None:
    assert "Genangan" in english(web, "/data?q=environment")
    web.delete_cookie("lang")
    assert "Tidak ada data yang cocok" in web.get("/data?q=environment").text


@pytest.mark.parametrize("path", ["/", "/data", "/data/lokasi-sekolah", "/statistik", "/jadwal", "/peta"])
def test_what_agencies_wrote_is_marked_as_indonesian(web: FlaskClient, path: str) -> None:
    web.set_cookie("lang", "en")
    assert page(web, path).xpath("//main//*[@lang='id']")
    web.delete_cookie("lang")
    assert page(web, path).xpath("//main//*[@lang]") == []


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/tidak-ada", 404, "Page not found"),
        ("/data/tidak-ada", 404, "There is no data set at this address."),
        ("/data/taman-kota", 410, "This data set is no longer published"),
        ("/data/taman-kota/1/data.csv", 410, "“Taman Kota” was withdrawn from publication on"),
        ("/data/lokasi-sekolah/changes", 400, "Parameter since is missing."),
    ],
)
def test_a_problem_is_said_in_english(web: FlaskClient, path: str, status: int, said: str) -> None:
    shown = english(web, path, status)
    assert said in shown
    assert "Cara memperbaiki" not in shown


def test_nothing_of_a_reader_becomes_markup_or_a_place_to_fill_in(web: FlaskClient) -> None:
    web.set_cookie("lang", "en")
    asked = "%3Ci%3E%25(q)s%3C/i%3E"
    refused = page(web, f"/data/lokasi-sekolah/changes?since={asked}", 400)
    for shown in (refused, page(web, f"/data?q={asked}")):
        assert "“<i>%(q)s</i>”" in shown.text_content()


def test_desks_are_indonesian_only(embedded_city: Installation) -> None:
    web = embedded_city.app.test_client()
    web.set_cookie("lang", "en")
    answer = web.get("/masuk?lang=en")
    assert 'lang="id"' in answer.text
    assert "hreflang" not in answer.text
    assert "Set-Cookie" not in answer.headers or "lang=" not in answer.headers["Set-Cookie"]
