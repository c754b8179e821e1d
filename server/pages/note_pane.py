"""What the pane of the notes shows, and what a new note is about to be pinned to."""

import json
from contextlib import suppress
from typing import Any

from flask import request
from flask_login import current_user

from server.access import journey
from server.json_input import understood
from server.note_places import checked, ground_of, in_words
from server.notes import KINDS, REVIEWERS, threads
from workflow.errors import BadRequest
from workflow.store import SubmissionRecord


def note_pane(record: SubmissionRecord, feature: str = "") -> dict[str, Any]:
    """`feature` is the one that is selected."""
    actor = current_user.actor
    known = threads(journey(), actor, record)
    return {
        "notes": known,
        "to_fix": [one for one in known if one.note.kind == "must_fix" and not one.note.resolved_at],
        "pinned": _pinned(record, feature),
        "note_kinds": [kind for kind in KINDS if kind != "must_fix" or actor.roles & REVIEWERS],
    }


def asked_place(feature: str = "") -> dict[str, Any]:
    """`pada` as JSON, of a form or an address; else what is selected on the page. Raises BadRequest."""
    if said := request.values.get("pada"):
        return understood(said, "Letak catatan", "pada")
    selected = {"finding": request.args.get("temuan"), "feature": request.args.get("fitur") or feature}
    return next(({name: value} for name, value in selected.items() if value), {})


def _pinned(record: SubmissionRecord, feature: str) -> dict[str, str]:
    """The place as the form carries it, and in words. What is not there (any more) is left out."""
    with suppress(BadRequest):
        ground = ground_of(journey().records, journey().settings, record)
        if place := checked(ground, asked_place(feature)):
            return {"place": json.dumps(place), "words": in_words(ground, place)}
    return {}
