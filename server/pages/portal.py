"""The public portal: what anybody may read, without an account and without JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from server.journey import now_utc
from server.pages import reading
from server.pages.catalogue import BOUNDARIES, Catalogue, Entry, Question, facets, search, suggestion
from server.pages.downloads import create_downloads, known_dataset, nowhere
from server.pages.journey_page import journey_of
from server.pages.language import _
from server.pages.usage import citation, downloads, everything, snippets
from server.pages.words import WORDS
from server.settings import Settings
from server.store import Records
from workflow.labels import day_of
from workflow.sop import Access, Kind, Status

PAGE = 20
ROWS = 100

EVERY: dict[str, int] = WORDS["every"]


class Portal:
    """The pages over one store."""

    def __init__(self, records: Records, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.records, self.settings, self.clock = records, settings, clock
        self.catalogue = Catalogue(records)

    def home(self) -> ResponseReturnValue:
        entries = self.catalogue.entries()
        topics = Counter((entry.topic, entry.topic_look) for entry in entries if entry.topic)
        shown = next((entry for entry in entries if entry.kind is Kind.GEOSPATIAL and entry.id != BOUNDARIES), None)
        return render_template(
            "portal/home.html",
            entries=entries,
            agencies=len({entry.release.agency for entry in entries}),
            topics=sorted(topics.items(), key=lambda item: (-item[1], _(item[0][1].word))),
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
            everything=everything(entries, self.settings.home),
        )

    def dataset(self, id: str) -> ResponseReturnValue:
        known = known_dataset(self.records, id)
        if known.withdrawn_at and known.current is None:
            return render_template("portal/withdrawn.html", dataset=known), 410
        entry = self.catalogue.entry(id)
        if entry is None:
            raise nowhere()
        home, records = self.settings.home, self.records
        return render_template(
            "portal/dataset.html",
            entry=entry,
            map=reading.shown(home, entry, self.catalogue),
            rows=reading.rows(home / entry.release.folder, entry.table, ROWS),
            downloads=downloads(entry, home),
            snippets=snippets(entry, self.settings.url),
            citation=citation(entry, self.settings),
            journey=journey_of(records, entry.release, self.settings),
            expected=next_release(entry),
            today=day_of(self.clock()),
            releases=sorted(records.releases(id), key=lambda release: -release.number),
            is_code=reading.is_code,
        )

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
            today=day_of(self.clock()),
            names={agency.id: agency.name for agency in self.records.agencies()},
        )


def create_portal(records: Records, settings: Settings, clock: Callable[[], datetime] = now_utc) -> Blueprint:
    """Rooms for everyone; every other page draws its maps on the boundaries that this catalogue knows."""
    blueprint, portal = Blueprint("portal", __name__), Portal(records, settings, clock)
    blueprint.record_once(
        lambda state: state.app.jinja_env.globals.update(city=settings.city, base_map=portal.catalogue.base_map)
    )
    for address, view in (
        ("/", portal.home),
        ("/data", portal.data),
        ("/data/<id>", portal.dataset),
        ("/peta", portal.map_viewer),
        ("/statistik", portal.statistics),
        ("/jadwal", portal.calendar),
    ):
        blueprint.add_url_rule(address, view.__name__, view)
    blueprint.register_blueprint(create_downloads(records, settings))
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


def next_release(entry: Entry) -> date | None:
    """When the producer's own frequency promises a newer release."""
    days = EVERY.get(str(entry.metadata.get("update_frequency")))
    return day_of(entry.published_at) + timedelta(days=days) if days else None
