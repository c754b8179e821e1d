"""The public portal: what anybody may read, without an account and without JavaScript."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from server.pages import reading
from server.pages.catalogue import BOUNDARIES, Catalogue, Entry, Question, facets, search, suggestion
from server.pages.journey_page import journey_of
from server.pages.usage import citation, downloads, snippets
from server.settings import Settings
from server.store import Records
from workflow.errors import Gone, NotFound
from workflow.sop import Access, Kind, Status
from workflow.store import Dataset, Release

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


class Portal:
    """The pages over one store."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self.records, self.settings = records, settings
        self.catalogue = Catalogue(records)

    def home(self) -> ResponseReturnValue:
        entries = self.catalogue.entries()
        topics = Counter((entry.topic, entry.topic_look) for entry in entries if entry.topic)
        shown = next((entry for entry in entries if entry.kind is Kind.GEOSPATIAL and entry.id != BOUNDARIES), None)
        return render_template(
            "portal/home.html",
            entries=entries,
            agencies=len({entry.release.agency for entry in entries}),
            topics=sorted(topics.items(), key=lambda item: (-item[1], item[0][1].word)),
            shown=shown,
            map=reading.map_of(shown, self.catalogue) if shown else {},
        )

    def data(self) -> ResponseReturnValue:
        entries, asked = self.catalogue.entries(), _question()
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

    def dataset(self, id: str) -> ResponseReturnValue:
        known = self._known(id)
        if known.withdrawn_at and known.current is None:
            return render_template("portal/withdrawn.html", dataset=known), 410
        entry = self.catalogue.entry(id)
        if entry is None:
            raise _nowhere()
        home, records = self.settings.home, self.records
        return render_template(
            "portal/dataset.html",
            entry=entry,
            map=reading.shown(home, entry, self.catalogue),
            rows=reading.rows(home / entry.release.folder, entry.table, ROWS),
            downloads=downloads(entry),
            snippets=snippets(entry, self.settings.url),
            citation=citation(entry, self.settings),
            journey=journey_of(records, entry.release, self.settings),
            releases=sorted(records.releases(id), key=lambda release: -release.number),
            is_code=reading.is_code,
        )

    def current(self, id: str, name: str) -> ResponseReturnValue:
        known = self._known(id)
        if known.current is None:
            raise _withdrawn(known)
        return _revalidated(redirect(f"/data/{id}/{known.current}/{quote(name)}", 302))

    def file(self, id: str, number: int, name: str) -> ResponseReturnValue:
        known = self._known(id)
        if known.current is None:
            raise _withdrawn(known)
        release = self.records.release(id, number)
        if release is not None and release.status is Status.WITHDRAWN:
            raise Gone(f"Rilis {number} dari “{known.title}” ditarik dari penyebarluasan.")
        if release is None or release.status not in SERVED:
            raise NotFound(f"Rilis {number} dari “{known.title}” tidak ada.", mend="Buka halaman datanya.")
        return _file(release, name, self.settings)

    def map_viewer(self) -> ResponseReturnValue:
        drawn = [entry for entry in self.catalogue.entries() if entry.drawn]
        asked = request.args.getlist("lapis")
        layers = [reading.layer_of(self.settings.home, entry, self.catalogue) for entry in drawn]
        return render_template(
            "portal/map.html",
            layers=[(entry, layer, entry.id in asked) for entry, layer in zip(drawn, layers, strict=True)],
            fit=next((layer["bbox"] for layer in layers if layer["id"] == BOUNDARIES), None),
        )

    def statistics(self) -> ResponseReturnValue:
        tables = [entry for entry in self.catalogue.entries() if entry.kind is Kind.STATISTICS]
        chosen = next((entry for entry in tables if entry.id == request.args.get("data")), next(iter(tables), None))
        view = reading.statistics(self.settings.home, chosen, request.args, self.catalogue) if chosen else None
        return render_template("portal/statistics.html", tables=tables, chosen=chosen, view=view)

    def calendar(self) -> ResponseReturnValue:
        approved = self.records.submissions(statuses=(Status.APPROVED,))
        waiting = [record for record in approved if record.move.access is Access.TERBUKA]
        expected = [(day, entry) for entry in self.catalogue.entries() if (day := next_release(entry))]
        return render_template(
            "portal/calendar.html",
            entries=self.catalogue.entries(),
            waiting=sorted(waiting, key=lambda record: (record.move.publish_at is None, str(record.move.publish_at))),
            expected=sorted(expected, key=lambda pair: pair[0]),
            names={agency.id: agency.name for agency in self.records.agencies()},
        )

    def _known(self, id: str) -> Dataset:
        """Raises NotFound in the same words for what is not there and for what was never published."""
        dataset = self.records.dataset(id)
        if dataset is None or (dataset.current is None and dataset.withdrawn_at is None):
            raise _nowhere()
        return dataset


def create_portal(records: Records, settings: Settings) -> Blueprint:
    """Rooms for everyone; every other page draws its maps on the boundaries that this catalogue knows."""
    blueprint, portal = Blueprint("portal", __name__), Portal(records, settings)
    blueprint.record_once(
        lambda state: state.app.jinja_env.globals.update(city=settings.city, base_map=portal.catalogue.base_map)
    )
    for address, view in (
        ("/", portal.home),
        ("/data", portal.data),
        ("/data/<id>", portal.dataset),
        ("/data/<id>/terkini/<path:name>", portal.current),
        ("/data/<id>/<int:number>/<path:name>", portal.file),
        ("/peta", portal.map_viewer),
        ("/statistik", portal.statistics),
        ("/jadwal", portal.calendar),
    ):
        blueprint.add_url_rule(address, view.__name__, view)
    return blueprint


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


def _nowhere() -> NotFound:
    return NotFound("Tidak ada data dengan alamat ini.", mend="Periksa alamatnya, atau cari di daftar data.")


def _withdrawn(dataset: Dataset) -> Gone:
    return Gone(f"“{dataset.title}” ditarik dari penyebarluasan: {dataset.withdrawn_why}")


def _file(release: Release, name: str, settings: Settings) -> Response:
    """A file that the release's manifest names, and the manifest itself."""
    known: dict[str, Any] = dict(release.manifest["files"])
    described = {"media_type": "application/json"} if name == "manifest.json" else known.get(name)
    if described is None:
        raise NotFound(f"Rilis ini tidak memuat berkas “{name}”.", mend="Pilih berkas dari halaman datanya.")
    answer = send_file(
        settings.home / release.folder / name,
        # Werkzeug adds the charset of texts by itself.
        mimetype=str(described.get("media_type") or "application/octet-stream").partition(";")[0],
        as_attachment=True,
        download_name=download_name(release, name),
        etag=str(described.get("sha256") or release.content_hash),
        last_modified=release.published_at,
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return _revalidated(answer)


def _revalidated[Answer: BaseResponse](answer: Answer) -> Answer:
    """For everybody, and asked about again after five minutes: a withdrawal must be seen."""
    answer.headers["Cache-Control"] = "public, max-age=300, must-revalidate"
    answer.headers["Access-Control-Allow-Origin"] = "*"
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
