"""Notes written, answered and settled on the pages, and their pins on the map."""

import json
from collections.abc import Callable

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.journey import Journey
from server.notes import answer, settle, threads, write
from server.pages.note_pane import asked_place
from server.pages.review import State
from server.pages.submission import refused
from server.pages.submission_files import GEOJSON
from workflow.dataset import Actor
from workflow.errors import Forbidden, NotFound, SebarError
from workflow.labels import NOTE_KINDS
from workflow.store import Note

desk = Room("notes", "/meja/pengajuan")


@desk.get("/<id>/catatan.geojson")
def pins(id: str) -> ResponseReturnValue:
    """The open notes that have a place on the map."""
    record = journey().visible(current_user.actor, id)
    features = [
        {
            "type": "Feature",
            "id": one.note.id,
            "geometry": {"type": "Point", "coordinates": one.spot.point},
            "properties": {
                "key": one.note.id,
                "kind": one.note.kind,
                "message": f"{NOTE_KINDS[one.note.kind]}: {one.note.text}",
                "place": one.spot.words,
                "doubt": one.spot.doubt,
            },
        }
        for one in threads(journey(), current_user.actor, record)
        if one.spot.point and not one.note.resolved_at
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, mimetype=GEOJSON, headers={"Cache-Control": "no-store"})


@desk.post("/<id>/catatan")
def add(id: str) -> ResponseReturnValue:
    form = request.form
    return _done(id, lambda: write(*_who(id), form.get("text", ""), form.get("kind", "question"), asked_place()))


@desk.post("/<id>/catatan/<note>/jawaban")
def reply(id: str, note: str) -> ResponseReturnValue:
    form = request.form
    return _done(id, lambda: answer(*_who(id), note, form.get("answer", ""), fixed="fixed" in form))


@desk.post("/<id>/catatan/<note>/<any(selesai, buka):what>")
def close(id: str, note: str, what: str) -> ResponseReturnValue:
    return _done(id, lambda: settle(*_who(id), note, resolved=what == "selesai"))


def _who(id: str) -> tuple[Journey, Actor, str]:
    return journey(), current_user.actor, id


def _done(id: str, act: Callable[[], Note]) -> ResponseReturnValue:
    """The same page with the note on it, or with the fault and what was typed."""
    try:
        note = act()
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        return refused(id, fault, "catatan")
    here = State.asked(id) if request.referrer else State(id, sisi="catatan")
    return redirect(f"{here.address()}#catatan-{note.answers_to or note.id}")
