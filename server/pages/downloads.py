"""The files of releases, ready or made on request, and what changed between two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import FileWrapper

from server.pages.language import _, tanggal
from server.problems import wants_html
from server.release.formats import GEOPACKAGE, made_formats, refuse_too_long
from server.release.on_request import Order, made
from server.settings import Settings
from server.store import Records
from workflow.errors import BadRequest, Gone, NotFound
from workflow.sop import READABLE, Status
from workflow.store import Dataset, Release

ALL = "semua.gpkg"
CHUNK = 1 << 20
"""Bytes of a file given to the server at once; Werkzeug's 8 kB cost more in Python than in reading."""
CHANGES, MOST_CHANGES = 100, 10_000
FOR_EVERYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, "
    "Last-Modified, Link, Retry-After",
}


class Downloads:
    def __init__(self, records: Records, settings: Settings) -> None:
        self.records, self.settings = records, settings

    def current(self, id: str, name: str) -> ResponseReturnValue:
        known = known_dataset(self.records, id)
        if known.current is None:
            raise _withdrawn(known)
        return redirect(f"/data/{id}/{known.current}/{quote(name)}", 302)

    def file(self, id: str, number: int, name: str) -> ResponseReturnValue:
        """A file that the release's manifest names, the manifest itself, or one that can be made."""
        release = self._release(known_dataset(self.records, id), number)
        files: dict[str, Any] = {"manifest.json": {"media_type": "application/json"}, **release.manifest["files"]}
        path, said = self.settings.home / release.folder / name, files.get(name)
        if said is None:
            order, type = _order(release, name, self.settings.home)
            path, said = made(self.settings.home, order), {"media_type": type}
        etag = said.get("sha256") or (release.content_hash if name == "manifest.json" else None)
        return _sent(path, str(said.get("media_type")), download_name(release, name), etag)

    def all(self) -> ResponseReturnValue:
        """Every open layer in one GeoPackage, named by exactly the releases that are in it."""
        if not (releases := self.records.registry().current):
            raise NotFound(_("Belum ada data yang terbit."), mend=_("Lihat jadwal rilis."))
        order = order_of_all(releases, self.settings.home)
        return _sent(made(self.settings.home, order), GEOPACKAGE, f"sebar-{ALL}", None)

    def changes(self, id: str) -> ResponseReturnValue:
        known = known_dataset(self.records, id)
        if known.current is None:
            raise _withdrawn(known)
        old = self._release(known, _number("since"))
        new = self._release(known, _number("until", known.current))
        offset, limit = _number("offset", 0), min(_number("limit", CHANGES), MOST_CHANGES)
        with made(self.settings.home, _order_of_changes(old, new, self.settings.home)).open("rb") as file:
            summary, lines = orjson.loads(next(file)), list(islice(file, offset, offset + limit))
        total = sum(summary["counts"][name] for name in ("added", "removed", "changed"))
        said = {"dataset": id, "since": old.number, "until": new.number, **summary}
        said |= {"numberMatched": total, "numberReturned": len(lines)}
        link = partial(_link, f"{self.settings.url}/data/{id}/changes", since=old.number, until=new.number, limit=limit)
        links = [link("self", offset=offset)]
        links += [link("next", offset=offset + limit)] if 0 < limit < total - offset else []
        links += [link("prev", offset=max(0, offset - limit))] if offset else []
        if wants_html():
            shown = [orjson.loads(line) for line in lines]
            page = render_template("portal/changes.html", dataset=known, said=said, changes=shown, links=links)
            answer = Response(page)
        else:
            body = {**said, "links": links, "changes": [orjson.Fragment(line) for line in lines]}
            answer = Response(orjson.dumps(body), mimetype="application/json")
        answer.headers["Vary"] = "Accept"
        answer.add_etag()
        return answer.make_conditional(request)

    def _release(self, dataset: Dataset, number: int) -> Release:
        """Raises Gone where it was withdrawn, NotFound where it is not served."""
        if dataset.current is None:
            raise _withdrawn(dataset)
        release = self.records.release(dataset.id, number)
        named = {"number": number, "title": dataset.title}
        if release is not None and release.status is Status.WITHDRAWN:
            raise Gone(_("Rilis %(number)s dari “%(title)s” ditarik dari penyebarluasan.", **named))
        if release is None or release.status not in READABLE:
            said = _("Rilis %(number)s dari “%(title)s” tidak ada.", **named)
            raise NotFound(said, mend=_("Buka halaman datanya."))
        return release


def create_downloads(records: Records, settings: Settings) -> Blueprint:
    blueprint, downloads = Blueprint("downloads", __name__), Downloads(records, settings)
    for address, view in (
        (f"/data/{ALL}", downloads.all),
        ("/data/<id>/terkini/<path:name>", downloads.current),
        ("/data/<id>/<int:number>/<path:name>", downloads.file),
        ("/data/<id>/changes", downloads.changes),
    ):
        blueprint.add_url_rule(address, view.__name__, view)
    blueprint.after_request(_for_everybody)
    return blueprint


def _for_everybody[Answer: BaseResponse](answer: Answer) -> Answer:
    """Also for scripts of other pages; asked about again after five minutes, because a withdrawal must be seen."""
    answer.headers.update(FOR_EVERYBODY)
    kept = "public, max-age=300, must-revalidate" if answer.status_code < 400 else "no-store"
    answer.headers["Cache-Control"] = kept
    return answer


def known_dataset(records: Records, id: str) -> Dataset:
    """Raises NotFound in the same words for what is not there and for what was never published."""
    dataset = records.dataset(id)
    if dataset is None or (dataset.current is None and dataset.withdrawn_at is None):
        raise nowhere()
    return dataset


def nowhere() -> NotFound:
    mend = _("Periksa alamatnya, atau cari di daftar data.")
    return NotFound(_("Tidak ada data dengan alamat ini."), mend=mend)


def _withdrawn(dataset: Dataset) -> Gone:
    said = {"title": dataset.title, "why": dataset.withdrawn_why}
    if dataset.withdrawn_at is None:
        return Gone(_("“%(title)s” ditarik dari penyebarluasan: %(why)s", **said))
    on = tanggal(dataset.withdrawn_at)
    return Gone(_("“%(title)s” ditarik dari penyebarluasan pada %(on)s: %(why)s", on=on, **said))


def _order(release: Release, name: str, home: Path) -> tuple[Order, str]:
    """What has to be made, and its media type. Raises NotFound for what no collection of the release can be."""
    below, _slash, file = name.rpartition("/")
    for entry in release.manifest["collections"]:
        if entry["folder"] != (below or "."):
            continue
        refuse_too_long(entry, file)
        if format := made_formats(entry).get(file):
            source = str(home / release.folder)
            size = release.manifest["files"][name.removesuffix(file) + "data.gpkg"]["bytes"]
            return Order(made_name(release, name), "format", (source, name), size), format.media_type
    said = _("Rilis ini tidak memuat berkas “%(name)s”.", name=name)
    raise NotFound(said, mend=_("Pilih berkas dari halaman datanya."))


def made_name(release: Release, name: str) -> str:
    return f"{release.dataset}/{release.number}-{release.content_hash}/{name}"


def order_of_all(releases: Sequence[Release], home: Path) -> Order:
    found = sorted(releases, key=lambda release: release.dataset)
    key = hashlib.sha256(repr([(one.dataset, one.number, one.content_hash) for one in found]).encode()).hexdigest()
    folders = tuple(str(home / release.folder) for release in found)
    size = sum(release.manifest["files"].get("data.gpkg", {}).get("bytes", 0) for release in found)
    return Order(f"semua/{key}.gpkg", "all", folders, size)


def _order_of_changes(old: Release, new: Release, home: Path) -> Order:
    key = hashlib.sha256(f"{old.content_hash} {new.content_hash}".encode()).hexdigest()
    folders, size = (str(home / old.folder), str(home / new.folder)), new.manifest["files"]["data.gpkg"]["bytes"]
    return Order(f"{new.dataset}/changes-{old.number}-{new.number}-{key}.jsonl", "changes", folders, size)


def _number(name: str, otherwise: int | None = None) -> int:
    text = request.args.get(name, "" if otherwise is None else str(otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        wrong = _("Parameter %(name)s berisi “%(text)s”, bukan bilangan bulat.", name=name, text=text[:40])
        raise BadRequest(
            wrong if text else _("Parameter %(name)s tidak ada.", name=name),
            mend=_("Tulis nomor rilis yang menjadi awal, misalnya since=1."),
            where={"parameter": name},
        )
    return int(text)


def _link(address: str, rel: str, **said: int) -> dict[str, str]:
    return {"href": f"{address}?{urlencode(said)}", "rel": rel, "type": "application/json"}


def _sent(path: Path, media_type: str, name: str, etag: str | None) -> Response:
    """The file, a part of it, or 304; `etag` is its SHA-256 where that is known."""
    if "," in request.headers.get("Range", ""):
        del request.environ["HTTP_RANGE"]  # several parts at once: the whole file is an answer too
    request.environ["wsgi.file_wrapper"] = lambda file, _size: FileWrapper(file, CHUNK)
    status = path.stat()
    answer = send_file(
        path,
        mimetype=media_type.partition(";")[0],  # Werkzeug adds the charset of texts by itself
        as_attachment=True,
        download_name=name,
        etag=etag or f"{status.st_mtime_ns:x}-{status.st_size:x}",
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def download_name(release: Release, name: str) -> str:
    """data.gpkg → batas-kelurahan-rilis-2.gpkg, peta/data.csv → penduduk-peta-rilis-2.csv."""
    folder, _slash, file = name.rpartition("/")
    stem = f"{release.dataset}{'-' + folder if folder else ''}-rilis-{release.number}"
    return stem + (file.removeprefix("data") if file.startswith("data") else f"-{file}")
