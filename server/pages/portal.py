"""The public portal: what anybody may read, without an account and without JavaScript."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from server.pages import reading
from server.pages.catalogue import BOUNDARIES, Catalogue, Entry, Question, facets, search, suggestion
from server.pages.journey_page import journey_of
from server.pages.usage import citation, downloads, snippets
from server.settings import Settings
from workflow.errors import Gone, NotFound
from workflow.sop import Kind, Status
from workflow.store import Dataset, Records, Release

PAGE = 20
ROWS = 100
SERVED = (Status.PUBLISHED, Status.SUPERSEDED)

# Days until the next release is due, by MD_MaintenanceFrequencyCode.
EVERY = {
    "daily": 1,
    "weekly": 7,
    "fortnightly": 14,
    "monthly": 31,
    "quarterly": 92,
    "biannually": 183,
    "annually": 365,
    "biennially": 731,
}


def create_portal(records: Records, settings: Settings) -> Blueprint:
    portal = Blueprint("portal", __name__)
    catalogue = Catalogue(records)
    portal.record_once(
        lambda state: state.app.jinja_env.globals.update(city=settings.city, base_map=catalogue.base_map)
    )

    @portal.get("/")
    def home() -> ResponseReturnValue:
        entries = catalogue.entries()
        topics = Counter((entry.topic, entry.topic_look) for entry in entries if entry.topic)
        shown = next((entry for entry in entries if entry.kind is Kind.GEOSPATIAL and entry.id != BOUNDARIES), None)
        return render_template(
            "portal/home.html",
            entries=entries,
            agencies=len({entry.release.agency for entry in entries}),
            topics=sorted(topics.items(), key=lambda item: (-item[1], item[0][1].word)),
            shown=shown,
            map=reading.map_of(shown, catalogue) if shown else {},
        )

    @portal.get("/data")
    def data() -> ResponseReturnValue:
        entries, asked = catalogue.entries(), _question()
        found = search(entries, asked)
        return render_template(
            "portal/data.html",
            asked=asked,
            q=asked.q,
            found=found[(asked.hal - 1) * PAGE : asked.hal * PAGE],
            count=len(found),
            pages=-(-len(found) // PAGE),
            facets=facets(entries, asked),
            better=suggestion(entries, asked) if asked.q and not found else None,
            empty=not entries,
        )

    @portal.get("/data/<id>")
    def dataset(id: str) -> ResponseReturnValue:
        entry = catalogue.entry(id)
        known = _served(records.dataset(id))
        if known.withdrawn_at and not known.current:
            return render_template("portal/withdrawn.html", dataset=known), 410
        if entry is None:
            raise NotFound(f"Data “{id}” belum diterbitkan.", mend="Cari di daftar data.")
        return render_template(
            "portal/dataset.html",
            entry=entry,
            map=reading.map_of(entry, catalogue),
            rows=reading.rows(settings.home / entry.release.folder, entry.table, ROWS),
            downloads=downloads(entry),
            snippets=snippets(entry, settings.url),
            citation=citation(entry, settings),
            journey=journey_of(records, entry.release, settings),
            releases=sorted(records.releases(id), key=lambda release: -release.number),
            is_code=reading.is_code,
        )

    @portal.get("/data/<id>/terkini/<path:name>")
    def current(id: str, name: str) -> ResponseReturnValue:
        known = _served(records.dataset(id))
        if known.current is None:
            raise _not_served(known)
        answer = redirect(f"/data/{id}/{known.current}/{name}", 302)
        answer.headers["Cache-Control"] = "public, max-age=300, must-revalidate"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    @portal.get("/data/<id>/<int:number>/<path:name>")
    def file(id: str, number: int, name: str) -> ResponseReturnValue:
        known = _served(records.dataset(id))
        release = records.release(id, number)
        if known.current is None:
            raise _not_served(known)
        if release is None or release.status not in SERVED:
            raise NotFound(f"Rilis {number} dari “{known.title}” tidak ada.", mend="Buka halaman datanya.")
        return _file(release, name, settings)

    @portal.get("/peta")
    def map_viewer() -> ResponseReturnValue:
        drawn = [entry for entry in catalogue.entries() if entry.drawn]
        asked = request.args.getlist("lapis")
        return render_template(
            "portal/map.html",
            layers=[(entry, reading.layer_of(entry, catalogue), entry.id in asked) for entry in drawn],
            fit=next((entry.drawn["bbox"] for entry in drawn if entry.drawn and entry.id == BOUNDARIES), None),
        )

    @portal.get("/statistik")
    def statistics() -> ResponseReturnValue:
        tables = [entry for entry in catalogue.entries() if entry.kind is Kind.STATISTICS]
        chosen = next((entry for entry in tables if entry.id == request.args.get("data")), next(iter(tables), None))
        view = reading.statistics(settings.home, chosen, request.args, catalogue) if chosen else None
        return render_template("portal/statistics.html", tables=tables, chosen=chosen, view=view)

    @portal.get("/jadwal")
    def calendar() -> ResponseReturnValue:
        waiting = [
            record
            for record in records.submissions(statuses=(Status.APPROVED,))
            if record.metadata.get("access", "terbuka") == "terbuka"
        ]
        names = {agency.id: agency.name for agency in records.agencies()}
        return render_template(
            "portal/calendar.html",
            entries=catalogue.entries(),
            scheduled=sorted(
                (record for record in waiting if record.move.publish_at), key=lambda record: str(record.move.publish_at)
            ),
            approved=[record for record in waiting if not record.move.publish_at],
            expected=sorted(
                ((day, entry) for entry in catalogue.entries() if (day := next_release(entry))),
                key=lambda pair: pair[0],
            ),
            names=names,
        )

    return portal


def _question() -> Question:
    said = request.args
    page = said.get("hal", "1")
    return Question(
        q=said.get("q", "").strip()[:200],
        tema=said.get("tema", ""),
        opd=said.get("opd", ""),
        jenis=said.get("jenis", ""),
        hal=min(10_000, max(1, int(page))) if page.isdecimal() else 1,
    )


def _served(dataset: Dataset | None) -> Dataset:
    if dataset is None:
        raise NotFound("Tidak ada data dengan alamat ini.", mend="Periksa alamatnya, atau cari di daftar data.")
    return dataset


def _not_served(dataset: Dataset) -> Gone | NotFound:
    if dataset.withdrawn_at:
        return Gone(f"“{dataset.title}” ditarik dari penyebarluasan: {dataset.withdrawn_why}")
    return NotFound(f"“{dataset.title}” belum diterbitkan.", mend="Cari di daftar data.")


def _file(release: Release, name: str, settings: Settings) -> Response:
    """A file that the release's manifest names, and the manifest itself."""
    known: dict[str, Any] = dict(release.manifest["files"])
    described = {"media_type": "application/json"} if name == "manifest.json" else known.get(name)
    if described is None:
        raise NotFound(f"Rilis ini tidak memuat berkas “{name}”.", mend="Pilih berkas dari halaman datanya.")
    answer = send_file(
        settings.home / release.folder / name,
        mimetype=described.get("media_type") or "application/octet-stream",
        as_attachment=True,
        download_name=download_name(release, name),
        etag=str(described.get("sha256") or release.content_hash),
        last_modified=release.published_at,
        conditional=True,
    )
    answer.headers["Cache-Control"] = "public, max-age=300, must-revalidate"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def download_name(release: Release, name: str) -> str:
    """data.gpkg → batas-kelurahan-rilis-2.gpkg, peta/data.csv → penduduk-peta-rilis-2.csv."""
    folder, _, file = name.rpartition("/")
    stem = f"{release.dataset}{'-' + folder if folder else ''}-rilis-{release.number}"
    return stem + (file.removeprefix("data") if file.startswith("data") else f"-{file}")


def next_release(entry: Entry) -> date | None:
    """When the producer's own frequency promises a newer release."""
    days = EVERY.get(str(entry.metadata.get("update_frequency")))
    return (entry.published_at + timedelta(days=days)).date() if days else None

