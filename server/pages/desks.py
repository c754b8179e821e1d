"""The desks together: their rooms, and the words of their templates."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask
from flask_login import current_user
from werkzeug.utils import find_modules, import_string

from server.marked_sheet import markable
from server.pages.candidate import system_name
from server.pages.decisions import REASON_HELP
from server.pages.desk_rows import awaited, day_unit
from server.pages.words import FREQUENCIES, LICENSES, TOPICS, WORDS, looks
from server.remembering import made_sure
from server.settings import Settings
from server.severity import may_check_again, stale
from workflow.labels import HAPPENED, METADATA_FIELDS, NOTE_KINDS, ROLES, STEPS
from workflow.sop import Kind


def desks() -> Iterator[Blueprint]:
    """The rooms of this folder's files."""
    for name in find_modules(__package__):
        if isinstance(room := getattr(import_string(name), "desk", None), Blueprint):
            yield room


def equip_desks(app: Flask, settings: Settings) -> None:
    """Gives the desks' templates their words."""
    app.jinja_env.filters.update(role_name=lambda role: ROLES[role], crs=system_name)
    app.jinja_env.globals.update(
        STEPS=STEPS,
        HAPPENED=HAPPENED,
        ROLES=ROLES,
        METADATA_FIELDS=METADATA_FIELDS,
        NOTE_KINDS=NOTE_KINDS,
        NOTE_LOOKS=looks("note_looks"),
        CHANGES=looks("changes"),
        GEOMETRIES=WORDS["geometries"],
        SYSTEMS=WORDS["systems"],
        PLACING=WORDS["placing"],
        REASON_HELP=REASON_HELP,
        markable=markable,
        stale=lambda record: stale(app.extensions["journey"].records, record),
        may_check_again=lambda record: may_check_again(current_user.actor, record),
        made_sure=made_sure,
        SURE=WORDS["sure"],
        MENDED_AT=WORDS["mended_at"],
        city=settings.city,
        demo=settings.demo,
        day_unit=day_unit(settings),
        kind_options=[(Kind.GEOSPATIAL, "Peta (data geospasial)"), (Kind.STATISTICS, "Tabel statistik")],
        topic_options=[(code, look.word) for code, look in TOPICS.items()],
        license_options=[(code, words[0]) for code, words in LICENSES.items()],
        frequency_options=list(FREQUENCIES.items()),
    )

    @app.context_processor
    def count() -> dict[str, Any]:
        """What waits for the one who is signed in, and what they have not read."""
        if not current_user.is_authenticated:
            return {}
        unread = app.extensions["journey"].records.unread(current_user.id)
        return {"queue_count": len(awaited(current_user.actor)), "unread_count": unread}
