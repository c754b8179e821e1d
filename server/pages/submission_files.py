"""The files of one submission: what its map draws, its findings, its papers and its printed outputs."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas
import pandas
import pyogrio
from flask import Blueprint, Response, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from shapely.geometry import shape

from server.access import journey, only, signed_in
from server.api import feature
from server.documents import daftar
from server.documents.issuing import issue, preview, printed_of
from server.documents.letters import blank_approval
from server.pages.candidate import drawn_features
from server.pages.review import WEIGHT
from workflow.dataset import Act
from workflow.errors import NotFound
from workflow.findings import Severity
from workflow.labels import SEVERITIES
from workflow.sop import Role

desk = Blueprint("submission_files", __name__, url_prefix="/meja/pengajuan")

GEOJSON = "application/geo+json"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DRAWN = 2_000
"""Findings on a map, where they would hide each other."""


@desk.get("/<id>/fitur.geojson")
@signed_in
def features(id: str) -> ResponseReturnValue:
    """The candidate for the desk's map, at most the first 20,000 features."""
    record = journey().visible(current_user.actor, id)
    body = b'{"type":"FeatureCollection","features":[' + b",".join(drawn_features(record)) + b"]}"
    return Response(body, mimetype=GEOJSON, headers={"Cache-Control": "no-store"})


@desk.get("/<id>/temuan.geojson")
@signed_in
def findings(id: str) -> ResponseReturnValue:
    """Those with a place, at most DRAWN, what blocks first; `left` says how many more there are."""
    journey().visible(current_user.actor, id)
    placed = sorted(
        (one for one in journey().records.findings(id) if one.geometry), key=lambda one: WEIGHT[one.severity]
    )
    said = {"features": [feature(one) for one in placed[:DRAWN]], "left": max(0, len(placed) - DRAWN)}
    body = json.dumps({"type": "FeatureCollection"} | said)
    return Response(body, mimetype=GEOJSON, headers={"Cache-Control": "no-store"})


@desk.get("/<id>/temuan.<any(csv, gpkg, xlsx):ending>")
@signed_in
def findings_file(id: str, ending: str) -> ResponseReturnValue:
    """Every finding: as a sheet that Indonesian Excel opens (CSV with semicolons, or XLSX), or as a layer."""
    record = journey().visible(current_user.actor, id)
    head = ("tingkat", "baris", "kolom", "temuan", "saran", "cara memperbaiki", "dikesampingkan", "kode")
    parts = ("row", "column", "message", "suggestion", "mend", "waived_why", "check")
    found, name = journey().records.findings(id), f"temuan-{record.move.dataset}.{ending}"
    rows = [[SEVERITIES[Severity(one.severity)], *(getattr(one, part) for part in parts)] for one in found]
    if ending == "csv":
        return sent(daftar.sheet(head, rows, ";"), name)
    table = pandas.DataFrame(rows, columns=head)
    if ending == "gpkg":
        places = [shape(one.geometry) if one.geometry else None for one in found]
        table = geopandas.GeoDataFrame(table, geometry=places, crs="OGC:CRS84")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        pyogrio.write_dataframe(table, path, driver=ending.upper(), layer="temuan")
        return sent(path.read_bytes(), name)


@desk.get("/<id>/berkas")
@signed_in
def upload(id: str) -> ResponseReturnValue:
    """The file as it was uploaded. It stays with the desks."""
    record = journey().visible(current_user.actor, id)
    path = journey().settings.home / "uploads" / record.upload
    if not path.exists():
        raise NotFound("Berkas asalnya tidak disimpan lagi.")
    return send_file(path, "application/octet-stream", download_name=record.upload_name, as_attachment=True)


@desk.get("/<id>/berita-acara")
@signed_in
def berita_acara(id: str) -> ResponseReturnValue:
    record = journey().visible(current_user.actor, id)
    batch = journey().records.batch(record.move.batch)
    return paper(batch.berita_acara if batch else "")


@desk.get("/<id>/dokumen/<sha256>")
@signed_in
def document(id: str, sha256: str) -> ResponseReturnValue:
    """A scan or printed output of this submission."""
    record = journey().visible(current_user.actor, id)
    own = {kept.sha256 for kept in journey().records.documents(submission=record.move.id)}
    scans = {event.detail.get("scan") for event in journey().records.events(submission=record.move.id)}
    if sha256 not in own | scans:
        raise NotFound("Dokumen itu tidak ada pada pengajuan ini.")
    return paper(sha256)


def paper(sha256: str) -> ResponseReturnValue:
    kept = journey().records.document(sha256) if sha256 else None
    if kept is None:
        raise NotFound("Dokumen itu belum ada.")
    path = journey().settings.home / "documents" / kept.sha256
    return send_file(path, mimetype=kept.media_type, download_name=kept.name)


@desk.get("/<id>/cetak/<int:n>.pdf")
@signed_in
def printed(id: str, n: int) -> ResponseReturnValue:
    """The printed output of the n-th event of the journey."""
    journey().visible(current_user.actor, id)
    events = journey().records.events(submission=id)
    kept = issue(journey().records, journey().settings, events[n - 1]) if 0 < n <= len(events) else None
    if kept is None:
        raise NotFound("Langkah itu tidak mempunyai dokumen.")
    return paper(kept.sha256)


@desk.post("/<id>/pratinjau-surat.pdf")
@signed_in
def letter_before(id: str) -> ResponseReturnValue:
    """The letter of the step in this form, as it would be; nothing is taken, numbered or kept."""
    record, form = journey().visible(current_user.actor, id), request.form
    act = Act(form.get("step", ""), current_user.actor, journey().clock(), form.get("note", ""))
    content = preview(journey().records, journey().settings, record, act)
    return sent(content, f"pratinjau-surat-{record.move.dataset}.pdf")


@desk.get("/<id>/lembar-pengesahan.pdf")
@only(Role.WALIDATA, Role.PEMBINA_DATA)
def sheet(id: str) -> ResponseReturnValue:
    """The sheet to print, sign, scan and record."""
    record = journey().visible(current_user.actor, id)
    if record.move.content_hash is None:
        raise NotFound("Lembar ini baru ada setelah berkas dibaca dan diperiksa.")
    said = printed_of(journey().records, journey().settings, record)
    return sent(blank_approval(record, **said, at=journey().clock()), f"lembar-pengesahan-{record.move.dataset}.pdf")


def sent(content: str | bytes, name: str) -> Response:
    """What was made for this answer: a paper to look at, or a sheet to keep."""
    way, media_type = "inline" if name.endswith(".pdf") else "attachment", MEDIA_TYPES[name.rpartition(".")[2]]
    headers = {"Content-Disposition": f'{way}; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=media_type, headers=headers)
