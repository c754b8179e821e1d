"""A city whose data are published: real release folders built from data/sample, records in memory."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyogrio
from flask import Flask, Response, render_template_string, request
from werkzeug.serving import make_server

from server.ogc.metadata import metadata_files
from server.pages.portal import create_portal
from server.pages.words import equip
from server.problems import install_problems
from server.release.candidate import build_candidate
from server.release.publishing import stage
from server.settings import ROOT, Settings
from workflow.area_codes import digits
from workflow.dataset import Event, Submission
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind, Status
from workflow.statistics import Boundary
from workflow.store import Agency, Dataset, Holiday, Registry, Release, SubmissionRecord

SAMPLE = ROOT / "data" / "sample"
NOON = datetime(2026, 3, 12, 5, 0, tzinfo=UTC)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FINDINGS = """{% extends "base.html" %}{% set with_map = true %}{% from "parts.html" import map, finding %}
{% block main %}
{{ map("peta", "Peta", src="/data/lokasi-sekolah/2/data.geojson", legend="Sekolah", findings="/uji/temuan.geojson") }}
{% set found = {"key": "a2", "severity": "warns", "message": "Temuan a2.", "geometry": {"type": "Point"}} %}
<ul>{{ finding(found, "peta") }}</ul>
{% endblock %}"""
TYPES = {"int": FieldType.INTEGER, "double": FieldType.NUMBER, "bool": FieldType.BOOLEAN}
AGENCIES = (
    Agency("setda", "Sekretariat Daerah", "Setda"),
    Agency("dindik", "Dinas Pendidikan", "Dindik"),
    Agency("bpbd", "Badan Penanggulangan Bencana Daerah", "BPBD"),
    Agency("dpupr", "Dinas Pekerjaan Umum dan Penataan Ruang", "DPUPR"),
    Agency("dindukcapil", "Dinas Kependudukan dan Pencatatan Sipil", "Dindukcapil"),
    Agency("dlh", "Dinas Lingkungan Hidup", "DLH"),
)


def _field(name: str, column: pa.ChunkedArray) -> Field:
    return Field(name, next((kind for word, kind in TYPES.items() if word in str(column.type)), FieldType.STRING), name)


def _layer(name: str, columns: pa.Table, geometry: Any = None, **more: Any) -> Layer:
    fields = tuple(_field(name, columns.column(name)) for name in columns.column_names)
    rows = np.arange(1, columns.num_rows + 1, dtype=np.int64)
    crs = "OGC:CRS84" if geometry is not None else None
    return Layer(name, fields, columns, rows, geometry, crs, **more)


def spatial(file: str) -> Layer:
    frame = pyogrio.read_dataframe(SAMPLE / file).to_crs(4326)
    texts = {name: [None if v is None else v for v in frame[name].tolist()] for name in frame.columns[:-1]}
    columns = pa.table({name: pa.array(_plain(values)) for name, values in texts.items()})
    return _layer(Path(file).stem, columns, frame.geometry.to_numpy())


def _plain(values: list[Any]) -> list[Any]:
    return [str(value.date()) if isinstance(value, datetime) else value for value in values]


def tabular(file: str) -> Layer:
    with (SAMPLE / file).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";" if ";" in lines.readline() * (not lines.seek(0)) else ","))
    columns = {name: [_number(row[name]) for row in rows] for name in rows[0]}
    return _layer(Path(file).stem, pa.table(columns))


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 10 else text


@dataclass
class City:
    """Answers what the portal asks of Records."""

    home: Path
    settings: Settings
    kept: dict[str, Dataset] = field(default_factory=dict)
    made: list[Release] = field(default_factory=list)
    happened: list[Event] = field(default_factory=list)
    waiting: list[SubmissionRecord] = field(default_factory=list)
    count: int = 0

    def agencies(self) -> Sequence[Agency]:
        return AGENCIES

    def holidays(self) -> Sequence[Holiday]:
        return ()

    def dataset(self, id: str) -> Dataset | None:
        return self.kept.get(id)

    def releases(self, dataset: str) -> Sequence[Release]:
        return [release for release in self.made if release.dataset == dataset]

    def release(self, dataset: str, number: int) -> Release | None:
        return next((release for release in self.releases(dataset) if release.number == number), None)

    def events(self, *, submission: str | None = None, dataset: str | None = None) -> Sequence[Event]:
        return [event for event in self.happened if event.dataset == dataset]

    def submissions(self, *, statuses: Sequence[Status] = ()) -> Sequence[SubmissionRecord]:
        return [record for record in self.waiting if record.move.status in statuses]

    def revision(self) -> int:
        return self.count

    def registry(self) -> Registry:
        current = tuple(one for one in self.made if self.kept[one.dataset].current == one.number)
        gone = {id: dataset.withdrawn_at for id, dataset in self.kept.items() if dataset.withdrawn_at}
        return Registry(self.count, current, gone)

    def publish(
        self, id: str, layer: Layer, agency: str, at: datetime, boundary: Boundary | None = None, **said: Any
    ) -> Release:
        """Builds the next release of this dataset, as the publishing step leaves it."""
        stem = said.pop("said_of", layer.name)
        metadata = json.loads((SAMPLE / f"{stem}.metadata.json").read_text()) | said
        number = len(self.releases(id)) + 1
        submission = f"{id}-{number}"
        candidate = self.home / "candidates" / submission
        build_candidate(
            layer,
            candidate,
            dataset=id,
            kind=metadata["kind"],
            metadata=metadata,
            berita_acara={"sha256": "e" * 64, **metadata["berita_acara"]},
            upload={"name": "berkas", "sha256": "d" * 64, "bytes": 1},
            boundary=boundary,
        )
        folder = stage(
            self.home,
            candidate,
            id,
            number,
            published_at=at,
            ledger_entries=[],
            write_metadata=lambda manifest: metadata_files(manifest, self.settings, at),
        )
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        self.made = [replace(one, status=Status.SUPERSEDED) if one.dataset == id else one for one in self.made]
        release = Release(
            id,
            number,
            submission,
            manifest["content_hash"],
            str(folder.relative_to(self.home)),
            Status.PUBLISHED,
            at,
            "w",
            agency,
            manifest,
        )
        self.made.append(release)
        self.kept[id] = Dataset(id, agency, manifest["title"], Kind(manifest["kind"]), at, current=number)
        self._walk(submission, id, at)
        self.count += 1
        return release

    def _walk(self, submission: str, id: str, at: datetime) -> None:
        ways = (("submit", "draft", "submitted", 15), ("verify", "submitted", "verified", 10))
        ways += (("approve", "verified", "approved", 4), ("publish", "approved", "published", 0))
        for step, source, target, days in ways:
            when = at - timedelta(days=days)
            event = Event(submission, id, step, Status(source), Status(target), "orang-7", when, "Rahasia.", "c", 1)
            self.happened.append(event)

    def withdraw(self, id: str, why: str) -> None:
        self.kept[id] = replace(self.kept[id], current=None, withdrawn_at=NOON, withdrawn_why=why)
        self.made = [replace(one, status=Status.WITHDRAWN) if one.dataset == id else one for one in self.made]
        self.count += 1

    def approve(self, id: str, title: str, publish_at: datetime | None = None) -> None:
        move = Submission(
            f"{id}-1", id, "b", "dlh", Kind.GEOSPATIAL, Status.APPROVED, publish_at=publish_at, entered_at=NOON
        )
        self.kept[id] = Dataset(id, "dlh", title, Kind.GEOSPATIAL, NOON)
        self.waiting.append(SubmissionRecord(move, title, {"access": "terbuka"}, {}, "", "", 0, "p", NOON, "p", NOON))


def boundary_of(layer: Layer, release: Release) -> Boundary:
    codes = tuple(layer.columns.column("kode_kemendagri").to_pylist())
    names = tuple(layer.columns.column("nama_kelurahan").to_pylist())
    aliases = {digits(code): at for at, code in enumerate(layer.columns.column("kode_bps").to_pylist())}
    return Boundary(release.dataset, release.number, release.content_hash, codes, names, layer.geometry, aliases)


def empty_city(home: Path) -> City:
    return City(home, Settings(home=home, url="https://data.example.id", secret_key="x" * 32))


def published_city(home: Path) -> City:
    """Boundaries, schools (two releases), streets, floods, people; one withdrawn, two approved and not published."""
    city = empty_city(home)
    kelurahan = spatial("kelurahan.gpkg")
    boundary = boundary_of(kelurahan, city.publish("batas-kelurahan", kelurahan, "setda", NOON))
    schools = spatial("sekolah.gpkg")
    city.publish("lokasi-sekolah", schools, "dindik", NOON + timedelta(days=1))
    city.publish("lokasi-sekolah", schools, "dindik", NOON + timedelta(days=20), period="2026")
    city.publish("jaringan-jalan", spatial("jalan.zip"), "dpupr", NOON + timedelta(days=3))
    people = tabular("penduduk.csv")
    city.publish("jumlah-penduduk", people, "dindukcapil", NOON + timedelta(days=8), boundary)
    city.publish("genangan-rob", spatial("genangan-rob.geojson"), "bpbd", NOON + timedelta(days=24))
    city.publish("taman-kota", spatial("tps.geojson"), "dlh", NOON, title="Taman Kota")
    city.withdraw("taman-kota", "Letak dua taman tertukar; rilis perbaikan sedang disiapkan.")
    city.approve("rumah-pompa", "Rumah Pompa", NOON + timedelta(days=40))
    city.approve("ikm-batik", "Industri Kecil Batik")
    return city


def application(city: City) -> Flask:
    app = Flask("server", static_folder="static", template_folder="pages/templates")
    app.config.update(SECRET_KEY="x", TESTING=True)
    app.register_blueprint(create_portal(city, city.settings))  # type: ignore[arg-type]
    equip(app)
    install_problems(app)

    @app.get("/ogc/collections/<id>/items")
    def items(id: str) -> Response:
        """The collection with its equality filters; the real one has paging and much more."""
        release = next(one for one in city.registry().current if id in (one.dataset, f"{one.dataset}-peta"))
        folder = city.home / release.folder / ("peta" if id.endswith("-peta") else ".")
        answer = orjson.loads((folder / "data.geojson").read_bytes())
        wanted = {name: value for name, value in request.args.items() if name not in ("f", "limit")}
        answer["features"] = [
            one for one in answer["features"] if all(str(one["properties"][n]) == v for n, v in wanted.items())
        ]
        return Response(orjson.dumps(answer), mimetype="application/geo+json")

    @app.get("/uji/temuan.geojson")
    def findings() -> Response:
        """Two findings with a place and one without."""
        schools = orjson.loads((city.home / "releases/lokasi-sekolah/1/data.geojson").read_bytes())["features"]
        said = [("a1", "blocks", schools[0]), ("a2", "warns", schools[1]), ("a3", "warns", {"geometry": None})]
        return Response(
            orjson.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [
                        {
                            "type": "Feature",
                            "geometry": one["geometry"],
                            "properties": {"key": key, "severity": severity, "message": f"Temuan {key}."},
                        }
                        for key, severity, one in said
                    ],
                }
            ),
            mimetype="application/geo+json",
        )

    @app.get("/uji/temuan")
    def desk() -> str:
        return render_template_string(FINDINGS)

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)
        return response

    return app


@contextmanager
def answering(app: Flask) -> Iterator[str]:
    """The application on a port of its own, and its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
