"""The files of one submission: what its map draws, its findings, its papers and its printed outputs."""

import csv
import io
import json

from flask import Blueprint, Response, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import only, signed_in
from server.api import feature
from server.documents.issuing import issue, people_to_print
from server.documents.letters import blank_approval
from server.pages.candidate import drawn_features
from server.pages.desk_rows import journey
from workflow.errors import NotFound
from workflow.findings import Severity
from workflow.labels import SEVERITIES
from workflow.sop import Role

desk = Blueprint("submission_files", __name__, url_prefix="/meja/pengajuan")

GEOJSON = "application/geo+json"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    journey().visible(current_user.actor, id)
    found = [feature(finding) for finding in journey().records.findings(id) if finding.geometry]
    body = json.dumps({"type": "FeatureCollection", "features": found})
    return Response(body, mimetype=GEOJSON, headers={"Cache-Control": "no-store"})


@desk.get("/<id>/temuan.csv")
@signed_in
def findings_sheet(id: str) -> ResponseReturnValue:
    """The findings as a sheet that Indonesian Excel opens: semicolons, UTF-8 with a byte order mark."""
    record = journey().visible(current_user.actor, id)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(("tingkat", "baris", "kolom", "temuan", "saran", "cara memperbaiki", "dikesampingkan", "kode"))
    for found in journey().records.findings(id):
        level = SEVERITIES[Severity(found.severity)]
        cells = (
            level,
            found.row,
            found.column,
            found.message,
            found.suggestion,
            found.mend,
            found.waived_why,
            found.check,
        )
        writer.writerow([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells])
    headers = {
        "Content-Disposition": f'attachment; filename="temuan-{record.move.dataset}.csv"',
        "Cache-Control": "no-store",
    }
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


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
    return send_file(
        journey().settings.home / "documents" / kept.sha256,
        mimetype=kept.media_type,
        download_name=kept.name,
        as_attachment=False,
    )


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


@desk.get("/<id>/lembar-pengesahan.pdf")
@only(Role.WALIDATA, Role.PEMBINA_DATA)
def sheet(id: str) -> ResponseReturnValue:
    """The sheet to print, sign, scan and record."""
    record = journey().visible(current_user.actor, id)
    records = journey().records
    agency = next((one for one in records.agencies() if one.id == record.move.agency), None)
    batch = records.batch(record.move.batch)
    if agency is None or batch is None or record.move.content_hash is None:
        raise NotFound("Lembar ini baru ada setelah berkas dibaca dan diperiksa.")
    content = blank_approval(
        record,
        people=people_to_print(records),
        agency=agency,
        batch=batch,
        findings=records.findings(id),
        settings=journey().settings,
        at=journey().clock(),
    )
    return pdf(content, f"lembar-pengesahan-{record.move.dataset}.pdf")


def pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)
