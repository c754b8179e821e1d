"""/verifikasi/{sha256}: is this document or file what was approved?

Only what was published at some time, and documents that were issued here, are known to the public.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from server.documents import ISSUED
from server.settings import Settings
from server.store import Records
from workflow.errors import NotFound
from workflow.labels import HAPPENED, STATUSES
from workflow.ledger import Entry
from workflow.store import Release

STEPS_SHOWN = ("submit", "verify", "approve", "approve_on_paper", "publish", "withdraw", "restore", "supersede")


@dataclass(frozen=True)
class Known:
    """What one hash stands for in one release."""

    what: str
    dataset: str
    number: int
    file: str = ""


@dataclass
class Index:
    """Hashes of all releases, and the ledger by submission; each grows when something new is there."""

    records: Records
    home: Path
    revision: int = -1
    hashes: dict[str, list[Known]] = field(default_factory=dict)
    seq: int = 0
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    reading: Lock = field(default_factory=Lock)

    def known(self, sha256: str) -> list[Known]:
        revision = self.records.revision()
        if revision != self.revision:
            self.hashes, self.revision = self._read(), revision
        return self.hashes.get(sha256, [])

    def _read(self) -> dict[str, list[Known]]:
        hashes: dict[str, list[Known]] = defaultdict(list)
        for dataset in self.records.datasets():
            scans = {event.submission: event.detail.get("scan") for event in self.records.events(dataset=dataset.id)}
            for release in self.records.releases(dataset.id):
                for sha256, known in _hashes_of(release, self._manifest(release), scans.get(release.submission)):
                    hashes[sha256].append(known)
        return hashes

    def _manifest(self, release: Release) -> Mapping[str, Any]:
        """The one that lies with the files, which knows the metadata files too; else the one on record."""
        path = self.home / release.folder / "manifest.json"
        return json.loads(path.read_bytes()) if path.is_file() else release.manifest

    def chain(self, submission: str) -> list[Entry]:
        """The ledger's entries of the steps that this submission took."""
        with self.reading:
            for entry in self.records.ledger(since=self.seq):
                self.seq = entry.seq
                if entry.action.startswith("submission."):
                    self.entries[entry.object].append(entry)
        return [entry for entry in self.entries[submission] if _step(entry) in STEPS_SHOWN]


def _step(entry: Entry) -> str:
    return entry.action.partition(".")[2]


def _hashes_of(release: Release, manifest: Mapping[str, Any], scan: str | None) -> Iterator[tuple[str, Known]]:
    here = (release.dataset, release.number)
    yield release.content_hash, Known("Isi yang disetujui", *here)
    if (upload := manifest.get("upload") or {}).get("sha256"):
        yield upload["sha256"], Known("Berkas asal yang diunggah", *here, upload.get("name", ""))
    if evidence := (manifest.get("berita_acara") or {}).get("sha256"):
        yield evidence, Known("Berita Acara pemeriksaan data", *here)
    if scan:
        yield scan, Known("Pindaian lembar pengesahan", *here)
    for collection in manifest.get("collections", ()):
        if collection.get("features_sha256"):
            yield collection["features_sha256"], Known("Butir-butir data", *here, f"koleksi {collection['id']}")
    for name, file in manifest.get("files", {}).items():
        yield file["sha256"], Known("Berkas rilis", *here, name)


def create_verification(records: Records, settings: Settings) -> Blueprint:
    blueprint = Blueprint("verification", __name__)
    index = Index(records, settings.home)

    @blueprint.get("/verifikasi/<sha256>")
    def verify(sha256: str) -> ResponseReturnValue:
        sha256 = sha256.lower()
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            mend = "Sidik terdiri atas 64 angka heksadesimal, seperti yang tercetak pada dokumen."
            raise NotFound("Ini bukan sidik SHA-256.", mend=mend)
        found = _found(index, records, settings, sha256)
        status = 200 if found["known"] else 404
        answer = jsonify(found) if _wants_json() else Response(render_template("verification.html", found=found))
        answer.status_code = status
        answer.vary.add("Accept")
        return answer

    return blueprint


def _wants_json() -> bool:
    if request.args.get("f"):
        return request.args["f"] == "json"
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _found(index: Index, records: Records, settings: Settings, sha256: str) -> dict[str, Any]:
    """One file may be part of several releases, as where only the metadata changed."""
    releases = [_release(index, records, settings, known) for known in index.known(sha256)]
    paper = _document(records, sha256)
    found: dict[str, Any] = {"sha256": sha256, "known": bool(releases or paper), "releases": releases}
    return found | ({"document": paper} if paper else {})


def _document(records: Records, sha256: str) -> dict[str, Any] | None:
    """A document that this server issued: its kind, number and moment, and no more."""
    document = records.document(sha256)
    if document is None or document.kind not in ISSUED:
        return None
    issued_at = document.created_at.isoformat()
    return {"what": ISSUED[document.kind], "number": document.number, "issued_at": issued_at}


def _release(index: Index, records: Records, settings: Settings, known: Known) -> dict[str, Any]:
    release = records.release(known.dataset, known.number)
    dataset = records.dataset(known.dataset)
    if release is None or dataset is None:
        raise NotFound()
    journey = [
        {"step": _step(entry), "said": HAPPENED[_step(entry)], "at": entry.at, "seq": entry.seq, "hash": entry.hash}
        for entry in index.chain(release.submission)
    ]
    return {
        "what": known.what,
        "file": known.file,
        "dataset": dataset.id,
        "title": dataset.title,
        "release": release.number,
        "current": dataset.current == release.number,
        "status": release.status.value,
        "status_said": STATUSES[release.status],
        "published_at": release.published_at.isoformat(),
        "withdrawn_at": dataset.withdrawn_at.isoformat() if dataset.withdrawn_at else None,
        "content_hash": release.content_hash,
        "href": f"{settings.url}/data/{dataset.id}",
        "journey": journey,
    }
