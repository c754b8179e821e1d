"""From an uploaded file to a candidate: read, check, build, record. Each stage can be done again."""

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from server.comparing import compare_now
from server.failpoints import failpoint
from server.intake.reader import read_upload
from server.layers import load_layer, rows_beside, save_layer, sheet_beside
from server.mending import mended, previews, previews_beside, reading_alone
from server.problems import problem_of
from server.reference import load_area_codes, load_city
from server.release.boundary import boundary_for, current_boundary
from server.release.candidate import build_candidate
from server.release.dictionary import described
from server.release.others import others_for
from server.remembering import read_as_before
from server.settings import ROOT, Settings
from server.severity import basis, chosen
from server.store import Records
from workflow.checks import Context, principle_of, run_checks
from workflow.checks.claims import Other
from workflow.checks.releases import content_of
from workflow.errors import BadUpload, Broken, SebarError, TooLarge
from workflow.findings import Finding
from workflow.labels import mend, sentence, why
from workflow.sop import OPEN, Kind, Status
from workflow.statistics import Boundary
from workflow.store import FindingRecord, Job, Release, SubmissionRecord

LOG = logging.getLogger(__name__)


class Outdated(Exception):
    """A newer build of the same submission was asked for: this one is of no use any more."""


@dataclass
class Build:
    """One attempt to make the candidate of one submission."""

    records: Records
    settings: Settings
    submission: str
    build: int

    stage_names = ("read", "check", "render", "load", "compare", "finish")
    """What is new stands just before the last, which can be done twice: open jobs count the stages they have taken."""

    @property
    def work(self) -> Path:
        return self.settings.home / "work" / f"{self.submission}-{self.build}"

    @cached_property
    def record(self) -> SubmissionRecord:
        """Raises Outdated."""
        record = self.records.submission(self.submission)
        if record is None or record.build != self.build:
            raise Outdated
        return record

    @property
    def candidate(self) -> str:
        return f"candidates/{self.submission}/{self.build}"

    def say(self, stage: str, done: int = 0, total: int = 0) -> None:
        self.records.set_job(self.submission, self.build, self._job("running", stage, done, total))

    def _job(self, status: str, stage: str, done: int = 0, total: int = 0, error: Any = None) -> Job:
        return Job(status, stage, done, total, error, datetime.now(UTC))

    def read(self) -> None:
        """The sandboxed child reads the upload; layer and remarks lie in the work folder after."""
        record = self.record
        self.say("Baca")
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        crs = record.metadata.get("crs")
        before = self.records.submission(str(record.reading.get("remembered")))
        reading, told = read_as_before(
            lambda choices: read_upload(
                self.settings.home / "uploads" / record.upload,
                record.upload_name,
                reading=choices,
                crs=str(crs) if crs else None,
                progress=self.say,
            ),
            reading_alone(record.reading),
            before,
        )
        if reading.sheet:
            (self.work / "sheet.json").write_text(json.dumps(reading.sheet))
        in_workbook = record.upload_name.lower().endswith((".xlsx", ".ods"))
        layer, stale = mended(reading.layer, record.reading, in_workbook=in_workbook)
        save_layer(described(layer, record.metadata, reading_alone(record.reading)), self.work / "layer.arrow")
        self._keep("remarks.json", [finding_record(remark) for remark in (*told, *reading.remarks, *stale)])
        failpoint("build.read")

    def check(self) -> None:
        self.say("Periksa")
        layer = load_layer(self.work / "layer.arrow")
        severities, content = chosen(self.records), content_of(layer)
        context = Context(
            kind=self.record.move.kind,
            metadata=self.record.metadata,
            has_berita_acara=self.record.move.has_berita_acara,
            area_codes=load_area_codes(ROOT),
            city=load_city(),
            boundary=self._other_boundary(),
            previous=self._current_columns(),
            twins=self._twins(content),
            others=self._others(),
            severities=severities,
        )
        found = run_checks(layer, context, lambda _code, done, total: self.say("Periksa", done, total))
        self._keep("findings.json", [finding_record(finding) for finding in found])
        (self.work / "checked.json").write_text(json.dumps(basis(severities) | {"content": content}))
        failpoint("build.checked")

    def _other_boundary(self) -> Boundary | None:
        """The one that is published, for data that is not that boundary's own next release."""
        found = current_boundary(self.records.registry(), self.settings.home, load_area_codes(ROOT))
        return found if found and found.dataset != self.record.move.dataset else None

    def _current_columns(self) -> pa.Table | None:
        """Of the release that this would replace."""
        dataset = self.records.dataset(self.record.move.dataset)
        release = self.records.release(dataset.id, dataset.current) if dataset and dataset.current else None
        path = self.settings.home / release.folder / "data.gpkg" if release else None
        return pyogrio.raw.read_arrow(path, layer="data", read_geometry=False)[1] if path and path.exists() else None

    def _twins(self, content: str) -> tuple[str, ...]:
        """Titles of other datasets, published or on their way, with this content."""
        records, mine = self.records, self.record.move.dataset
        published = [(one.dataset, one.manifest) for one in records.registry().current]
        under_way = [(one.move.dataset, one.manifest or {}) for one in records.submissions(statuses=OPEN)]
        same = {
            dataset: str(manifest.get("title", dataset))
            for dataset, manifest in (*published, *under_way)
            if dataset != mine and content and manifest.get("checked", {}).get("content") == content
        }
        return tuple(same.values())

    def _others(self) -> tuple[Other, ...]:
        record, names = self.record, {agency.id: agency.name for agency in self.records.agencies()}
        return others_for(self.records.registry(), self.settings.home, record.move, record.metadata, names)

    def render(self) -> None:
        """Builds the candidate's folder: the very files that will be published."""
        self.say("Bangun")
        record = self.record
        layer = load_layer(self.work / "layer.arrow")
        batch = self.records.batch(record.move.batch)
        papers = {"sha256": batch.berita_acara, "number": batch.number, "date": batch.date.isoformat()} if batch else {}
        boundary = None
        if record.move.kind is Kind.STATISTICS:
            boundary = boundary_for(layer, self.records.registry(), self.settings.home, load_area_codes(ROOT))
        build_candidate(
            layer,
            self.settings.home / self.candidate,
            dataset=record.move.dataset,
            kind=record.move.kind,
            metadata=record.metadata,
            berita_acara=papers,
            upload={"name": record.upload_name, "sha256": record.upload, "bytes": record.upload_bytes},
            boundary=boundary,
            checked=json.loads((self.work / "checked.json").read_text()),
            progress=self.say,
        )
        if not np.array_equal(layer.rows, np.arange(1, len(layer) + 1)):
            layer.rows.astype("<i8").tofile(rows_beside(self.settings.home / self.candidate))
        broken = [one.row for one in self._kept("findings.json") if one.check == "GEOM_INVALID" and one.row]
        if shapes := previews(layer, broken):
            text = json.dumps({"type": "FeatureCollection", "features": shapes})
            previews_beside(self.settings.home / self.candidate).write_text(text)
        if (sheet := self.work / "sheet.json").exists():
            shutil.copyfile(sheet, sheet_beside(self.settings.home / self.candidate))
        failpoint("build.rendered")

    def load(self) -> None:
        """PostGIS gets its tables here, so that publishing only has to name them."""
        self.say("Muat ke basis data")
        manifest = json.loads((self.settings.home / self.candidate / "manifest.json").read_text())
        move, content = self.record.move, str(manifest["content_hash"])
        built = datetime.now(UTC)
        self.records.stage(
            Release(move.dataset, 0, move.id, content, self.candidate, Status.APPROVED, built, "", manifest=manifest)
        )
        failpoint("build.loaded")

    def compare(self) -> None:
        """Beside the current release, so that a desk need not wait for it."""
        self.say("Bandingkan dengan rilis yang berlaku")
        manifest = json.loads((self.settings.home / self.candidate / "manifest.json").read_text())
        record = replace(self.record, candidate=self.candidate, manifest=manifest)
        try:
            compare_now(self.records, self.settings, record)
        except Exception:  # a desk compares again when it is opened; nobody's data must wait for that
            LOG.exception("%s could not be compared with the current release", self.submission)

    def finish(self) -> None:
        """Candidate, hash and findings become visible at once; a second time nothing changes."""
        if self.record.candidate != self.candidate:
            self._record()
        shutil.rmtree(self.work, ignore_errors=True)
        failpoint("build.cleaned")

    def _record(self) -> None:
        self.say("Catat")
        manifest = json.loads((self.settings.home / self.candidate / "manifest.json").read_text())
        grades = json.loads((self.work / "checked.json").read_text())["severities"]
        told = (replace(one, severity=grades.get(one.check, one.severity)) for one in self._kept("remarks.json"))
        found = [*told, *self._kept("findings.json")]
        failpoint("build.before_record")
        current = self.records.finish_build(
            self.submission,
            self.build,
            content_hash=manifest["content_hash"],
            candidate=self.candidate,
            manifest=manifest,
            findings=list({one.key: one for one in found}.values()),
            at=datetime.now(UTC),
        )
        failpoint("build.recorded")
        if not current:
            raise Outdated

    def drop(self) -> None:
        """Removes what nobody will look at."""
        shutil.rmtree(self.work, ignore_errors=True)
        record = self.records.submission(self.submission)
        if record is None or record.candidate != self.candidate:
            shutil.rmtree(self.settings.home / self.candidate, ignore_errors=True)

    def fail(self, error: SebarError) -> None:
        if isinstance(error, BadUpload | TooLarge):
            error.where.setdefault("file", self.record.upload_name)
        if sheets := error.where.pop("sheets", None):
            beside = sheet_beside(self.settings.home / self.candidate)
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"refused": sheets}))
        problem = problem_of(error)
        self.records.set_job(self.submission, self.build, self._job("failed", "", error=problem))
        shutil.rmtree(self.work, ignore_errors=True)

    def _keep(self, name: str, findings: list[FindingRecord]) -> None:
        (self.work / name).write_text(json.dumps([asdict(finding) for finding in findings]))

    def _kept(self, name: str) -> list[FindingRecord]:
        return [FindingRecord(**entry) for entry in json.loads((self.work / name).read_text())]

    @property
    def steps(self) -> tuple[Callable[[], None], ...]:
        return tuple(getattr(self, name) for name in self.stage_names)


def finding_record(finding: Finding) -> FindingRecord:
    """The finding in words. Places are rounded to 7 decimals."""
    place: Mapping[str, Any] | None = None
    if finding.place is not None and not finding.place.is_empty:
        place = json.loads(shapely.to_geojson(shapely.transform(finding.place, lambda xy: xy.round(7))))
    return FindingRecord(
        key=finding.key,
        check=finding.check,
        principle=principle_of(finding.check).value,
        severity=finding.severity.value,
        message=sentence(finding),
        why=why(finding.check),
        mend=mend(finding.check),
        row=finding.row,
        column=finding.column,
        suggestion=finding.suggestion,
        geometry=place,
    )


def build_now(records: Records, settings: Settings, submission: str) -> SubmissionRecord | None:
    """All stages, here and now: for the sample city and the command line. Faults are kept as the job's error."""
    record = records.submission(submission)
    if record is None:
        return None
    build = Build(records, settings, submission, record.build)
    try:
        for step in build.steps:
            step()
    except SebarError as error:
        build.fail(error)
    except Outdated:
        build.drop()
    return records.submission(submission)


def broken_build() -> Broken:
    return Broken.of("job_broken")
