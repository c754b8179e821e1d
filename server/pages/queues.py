"""What is done to a line of a queue: taken, put back, reminded of."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.journey import awaits
from server.notices import remind as reminded
from server.pages.desk_rows import person_names
from server.pages.sign_in import own_address
from workflow.errors import Conflict, Forbidden

desk = Room("queues", "/meja/pengajuan")


@desk.post("/<id>/ambil")
def take(id: str) -> ResponseReturnValue:
    """To one's own desk. What another has is taken over only where the form names them."""
    record, actor = journey().visible(current_user.actor, id), current_user.actor
    if not awaits(actor, record.move):
        raise Forbidden("Data ini tidak sedang menunggu Anda, jadi tidak dapat diambil.")
    if (record.assigned_to or "") != request.form.get("dari", "") and record.assigned_to != actor.id:
        name = person_names().get(record.assigned_to or "", "")
        raise Conflict.of("taken_by_another" if name else "taken_meanwhile", name=name, where={"submission": id})
    journey().records.assign(record, actor.id, actor=actor.id, at=journey().clock())
    flash(f"“{record.title}” Anda ambil; yang lain melihat bahwa Anda mengerjakannya.")
    return _back()


@desk.post("/<id>/lepaskan")
def put_back(id: str) -> ResponseReturnValue:
    record, actor = journey().visible(current_user.actor, id), current_user.actor
    if record.assigned_to != actor.id:
        raise Conflict.of("taken_meanwhile", where={"submission": id})
    journey().records.assign(record, None, actor=actor.id, at=journey().clock())
    flash(f"“{record.title}” Anda lepaskan; siapa saja yang berwenang dapat mengambilnya.")
    return _back()


@desk.post("/<id>/ingatkan")
def remind(id: str) -> ResponseReturnValue:
    told = reminded(journey(), current_user.actor, id)
    if told:
        flash(f"Pengingat dikirim kepada {told} orang.")
    else:
        flash("Hari kerja ini sudah diingatkan; sekali sehari cukup.", "error")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(own_address(request.form.get("kembali")) or url_for("sign_in.desk"))
