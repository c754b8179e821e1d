"""Files that come in parts: exactly the bytes that were sent, in order and for their owner alone, through any break."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lxml import html
from werkzeug.test import TestResponse

from server import incoming
from server.incoming import LIFE, Incoming
from server.settings import Settings, completed
from tests.conftest import METADATA, PASSWORD, PDF, Caller, City, Clock
from tests.test_every_step import LAYER
from workflow.errors import SebarError

TUS = {"Tus-Resumable": "1.0.0"}
PART = TUS | {"Content-Type": "application/offset+octet-stream"}


def begin(caller: Caller, size: int, name: str = "batas kelurahan.geojson", **headers: str) -> TestResponse:
    said = {"Upload-Length": str(size), "Upload-Metadata": f"filename {b64encode(name.encode()).decode()}"}
    return caller.post("/api/v1/uploads", headers=TUS | said | headers)


def send(caller: Caller, place: str, offset: int | str, part: bytes, **headers: str) -> TestResponse:
    said = PART | {"Upload-Offset": str(offset)} | {name.replace("_", "-"): text for name, text in headers.items()}
    return caller.call("PATCH", place, data=part, headers=said)


def whole(caller: Caller, content: bytes, name: str = "batas.geojson") -> str:
    """A finished upload's address."""
    place = str(begin(caller, len(content), name).location)
    assert send(caller, place, 0, content).status_code == 204
    return place


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.json["detail"].endswith(".")
    assert answer.json["mend"].endswith(".")
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def offset_of(caller: Caller, place: str) -> int:
    return int(caller.call("HEAD", place, headers=TUS).headers["Upload-Offset"])


@pytest.fixture
def produsen(embedded_city: City) -> Caller:
    return embedded_city.client("produsen")


def test_a_file_in_parts_becomes_a_submission_with_its_hash(produsen: Caller) -> None:
    began = begin(produsen, len(LAYER))
    assert began.status_code == 201
    assert began.headers["Upload-Offset"] == "0"
    place = str(began.location)
    assert send(produsen, place, 0, LAYER[:100]).headers["Upload-Offset"] == "100"
    half = produsen.get(place).json
    assert (half["received"], half["bytes"], half["sha256"]) == (100, len(LAYER), None)
    last = send(produsen, place, 100, LAYER[100:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(LAYER)))
    done = produsen.get(place).json
    assert done["sha256"] == hashlib.sha256(LAYER).hexdigest()
    assert done["name"] == "batas kelurahan.geojson"
    made = submitted(produsen, done["id"], key="sekali")
    assert made.status_code == 201, made.text
    produsen.rebuild(made.json["id"])
    seen = produsen.submission(made.json["id"])
    assert seen["upload"] == {"name": "batas kelurahan.geojson", "sha256": done["sha256"], "bytes": len(LAYER)}
    assert seen["job"]["status"] == "done"


def submitted(caller: Caller, upload: str, key: str = "", **form: str) -> TestResponse:
    data: dict[str, Any] = {"upload": upload, "metadata": json.dumps(METADATA), **form}
    data["berita_acara"] = (BytesIO(PDF), "ba.pdf")
    return caller.post("/api/v1/submissions", data=data, headers={"Idempotency-Key": key} if key else {})


def test_the_same_submission_sent_again_makes_one(produsen: Caller) -> None:
    id = produsen.get(whole(produsen, LAYER)).json["id"]
    first, second = submitted(produsen, id, key="sekali"), submitted(produsen, id, key="sekali")
    assert first.json["id"] == second.json["id"]
    assert produsen.get("/api/v1/submissions").json["count"] == 1


def test_a_refused_submission_keeps_the_upload_for_the_next_try(produsen: Caller) -> None:
    id = produsen.get(whole(produsen, LAYER)).json["id"]
    assert submitted(produsen, id, metadata=json.dumps(METADATA | {"title": ""})).status_code == 400
    assert submitted(produsen, id, dataset="tidak-ada").status_code == 404
    assert submitted(produsen, id).status_code == 201


def test_an_unfinished_file_is_not_submitted(produsen: Caller) -> None:
    place = str(begin(produsen, len(LAYER)).location)
    send(produsen, place, 0, LAYER[:-1])
    answer = submitted(produsen, place.rpartition("/")[2])
    assert (answer.status_code, answer.json["code"]) == (400, "UNGGAHAN-BELUM-LENGKAP")
    assert not [*produsen.city.settings.home.glob("uploads/*")]


def test_another_file_for_a_draft_comes_in_parts_too(produsen: Caller) -> None:
    made = produsen.submit_file("titik.geojson", LAYER).json["id"]
    other = LAYER.replace(b"}", b" }", 1)
    id = produsen.get(whole(produsen, other)).json["id"]
    changed = produsen.call("PUT", f"/api/v1/submissions/{made}/file", data={"upload": id})
    assert changed.json["upload"]["sha256"] == hashlib.sha256(other).hexdigest()


def test_what_the_server_speaks_is_said_without_asking_who(embedded_city: City) -> None:
    answer = embedded_city.client().call("OPTIONS", "/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "termination", "expiration", "checksum"}
    assert answer.headers["Tus-Max-Size"] == str(2 * 1024**3)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_what_does_not_fit_the_protocol_is_refused_with_a_sentence(produsen: Caller) -> None:
    place = str(begin(produsen, 10).location)
    refused(produsen.post("/api/v1/uploads", headers={"Upload-Length": "1"}), 412, "TUS-VERSI")
    refused(send(produsen, place, 0, b"x", Tus_Resumable="0.2.2"), 412, "TUS-VERSI")
    refused(send(produsen, place, 0, b"x", Content_Type="text/plain"), 415, "TUS-JENIS")
    for length in ("", "-1", "1.5", "٣", "9" * 20, "0x10"):
        refused(produsen.post("/api/v1/uploads", headers=TUS | {"Upload-Length": length}), 400, "NILAI")
    refused(send(produsen, place, "", b"x"), 400, "NILAI")
    refused(begin(produsen, 0), 400, "EMPTY")
    refused(begin(produsen, 2 * 1024**3 + 1), 413, "TERLALU-BESAR")
    refused(begin(produsen, 1, **{"Upload-Metadata": "filename ===="}), 400, "NILAI")
    refused(send(produsen, place, 0, b"x", Upload_Checksum="md5 AAAA"), 400, "NILAI")
    refused(send(produsen, place, 3, b"x"), 409, "UNGGAHAN-LETAK")
    refused(send(produsen, place, 0, b"x" * 11), 413, "UNGGAHAN-LEBIH")
    refused(produsen.get("/api/v1/uploads/" + "0" * 32), 404, "TIDAK-ADA")
    assert produsen.get("/api/v1/uploads/..%2f..%2fsecret_key").status_code == 404
    refused(produsen.get("/api/v1/uploads/..secret"), 404, "TIDAK-ADA")
    assert offset_of(produsen, place) == 0


def test_a_part_that_was_altered_on_its_way_is_not_kept(produsen: Caller) -> None:
    place = str(begin(produsen, 5).location)
    right = b64encode(hashlib.sha256(b"halo").digest()).decode()
    refused(send(produsen, place, 0, b"halp", Upload_Checksum=f"sha256 {right}"), 460, "UNGGAHAN-BERUBAH")
    assert offset_of(produsen, place) == 0
    assert send(produsen, place, 0, b"halo", Upload_Checksum=f"sha256 {right}").status_code == 204
    sha1 = b64encode(hashlib.sha1(b"!", usedforsecurity=False).digest()).decode()
    assert send(produsen, place, 4, b"!", Upload_Checksum=f"sha1 {sha1}").status_code == 204


def test_a_name_of_any_kind_is_only_a_name(produsen: Caller) -> None:
    answer = produsen.get(str(begin(produsen, 1, "../../etc/passwd\0\r\nX: y").location))
    assert answer.json["name"] == "passwdX: y"


def test_a_method_may_be_named_in_a_header(produsen: Caller) -> None:
    place = str(begin(produsen, 2).location)
    said = PART | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert produsen.post(place, data=b"ab", headers=said).status_code == 204
    assert produsen.post(place, headers=TUS | {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert produsen.post(place, headers=TUS).status_code in (404, 405)
    assert produsen.get(place).status_code == 404


def test_nobody_else_sees_continues_submits_or_deletes_it(produsen: Caller) -> None:
    place = str(begin(produsen, 4).location)
    send(produsen, place, 0, b"rah")
    other = produsen.city.client("produsen2")
    for answer in (other.get(place), send(other, place, 3, b"!"), other.call("DELETE", place, headers=TUS)):
        refused(answer, 404, "TIDAK-ADA")
    assert other.call("HEAD", place, headers=TUS).status_code == 404
    assert submitted(other, place.rpartition("/")[2]).status_code == 404
    assert produsen.city.client("walidata").get(place).status_code == 403
    assert begin(produsen.city.client("walidata"), 1).status_code == 403
    assert produsen.city.client().get(place).status_code == 401
    assert send(produsen, place, 3, b"!").status_code == 204
    folder = produsen.city.settings.home / "incoming"
    assert folder.stat().st_mode & 0o077 == 0


def test_a_session_needs_the_token_of_its_page(produsen: Caller) -> None:
    http = produsen.city.app.test_client()
    token = html.fromstring(http.get("/masuk").text).xpath('//input[@name="csrf_token"]/@value')[0]
    http.post("/masuk", data={"username": "produsen", "password": PASSWORD, "csrf_token": token})
    page = html.fromstring(http.get("/meja/produsen-data/ajukan").text)
    said = TUS | {"Upload-Length": "3"}
    refused(http.post("/api/v1/uploads", headers=said), 400, "CSRF")
    own = {"X-CSRFToken": str(page.xpath('//input[@name="csrf_token"]/@value')[0])}
    place = http.post("/api/v1/uploads", headers=said | own).location
    assert place
    refused(http.patch(place, data=b"abc", headers=PART | {"Upload-Offset": "0"}), 400, "CSRF")
    assert http.patch(place, data=b"abc", headers=PART | own | {"Upload-Offset": "0"}).status_code == 204
    refused(http.delete(place, headers=TUS), 400, "CSRF")


def test_a_deleted_upload_leaves_nothing(produsen: Caller) -> None:
    place = whole(produsen, b"isi")
    assert produsen.call("DELETE", place, headers=TUS).status_code == 204
    assert produsen.get(place).status_code == 404
    assert [path.name for path in (produsen.city.settings.home / "incoming").iterdir()] == [".lock"]


def test_an_upload_goes_on_after_a_restart(produsen: Caller) -> None:
    place = str(begin(produsen, 6).location)
    send(produsen, place, 0, b"seb")
    again = replace(produsen, http=produsen.city.another_worker())
    assert offset_of(again, place) == 3
    assert send(again, place, 3, b"ar!").status_code == 204
    assert again.get(place).json["sha256"] == hashlib.sha256(b"sebar!").hexdigest()


def test_a_hash_that_was_not_reached_before_the_end_is_made_up_for(produsen: Caller) -> None:
    """Every byte has come, and the process ended before it had hashed them."""
    place = str(begin(produsen, 3).location)
    part = produsen.city.settings.home / "incoming" / f"{place.rpartition('/')[2]}.part"
    part.write_bytes(b"abc")
    assert produsen.get(place).json["sha256"] == hashlib.sha256(b"abc").hexdigest()


def test_an_upload_expires_and_is_swept(produsen: Caller) -> None:
    place = str(begin(produsen, 6).location)
    left = produsen.call("HEAD", place, headers=TUS)
    assert left.headers["Upload-Expires"] == "Sat, 14 Mar 2026 03:00:00 GMT"
    assert left.headers["Cache-Control"] == "no-store"
    clock: Clock = produsen.city.clock
    clock.now += LIFE
    refused(produsen.get(place), 410, "UNGGAHAN-KEDALUWARSA")
    refused(send(produsen, place, 0, b"x"), 410, "UNGGAHAN-KEDALUWARSA")
    other = str(begin(produsen, 6).location)
    produsen.city.journey.incoming.sweep(clock())
    refused(produsen.get(place), 404, "TIDAK-ADA")
    assert offset_of(produsen, other) == 0


@pytest.fixture
def narrow_city(tmp_path: Path) -> Iterator[City]:
    plain = Settings(home=tmp_path / "home", url="http://localhost", secret_key="uji" * 20)
    with closing(City(completed(replace(plain, upload_total=1000, upload_quota=1500)), Clock())) as whole:
        yield whole


def test_a_person_has_a_quota_that_submitting_and_deleting_free(narrow_city: City) -> None:
    caller = narrow_city.client("produsen")
    refused(begin(caller, 1001), 413, "TERLALU-BESAR")
    content = LAYER.ljust(1000)
    assert len(content) == 1000
    place = whole(caller, content)
    refused(begin(caller, 501), 413, "KUOTA-UNGGAHAN")
    assert begin(narrow_city.client("produsen2"), 1000).status_code == 201
    small = str(begin(caller, 500).location)
    assert caller.call("DELETE", small, headers=TUS).status_code == 204
    assert submitted(caller, place.rpartition("/")[2]).status_code == 201
    assert begin(caller, 1000).status_code == 201


def test_a_full_disk_is_said_and_nothing_half_is_kept(produsen: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(begin(produsen, 6).location)
    send(produsen, place, 0, b"seb")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(incoming.os, "fsync", full)
        refused(send(produsen, place, 3, b"ar!"), 507, "PENYIMPANAN-PENUH")
    assert offset_of(produsen, place) == 3
    assert send(produsen, place, 3, b"ar!").status_code == 204


class Broken(BytesIO):
    """A connection that breaks after so many bytes."""

    def __init__(self, content: bytes, after: int) -> None:
        super().__init__(content[:after])

    def read(self, size: int | None = -1) -> bytes:
        if piece := super().read(size):
            return piece
        raise OSError(errno.ECONNRESET, "reset")


class Uploads(RuleBasedStateMachine):
    """Any order of parts, breaks, wrong offsets and repetitions: the file is what was sent, in order, never more."""

    root: Path

    @initialize(content=st.binary(min_size=1, max_size=400))
    def start(self, content: bytes) -> None:
        self.content, self.sent, self.clock, self.refused = content, 0, Clock(), set[str]()
        self.incoming = Incoming(self.root, 1000, 10**9)
        self.arrival = self.incoming.begin("sari", "a", len(content), self.clock())

    def take(self, offset: int, stream: BytesIO) -> None:
        try:
            self.incoming.take(self.incoming.find(self.arrival.id, "sari", self.clock()), offset, stream, None)
        except SebarError as fault:
            self.refused.add(fault.code)

    @rule(size=st.integers(0, 120))
    def next_part(self, size: int) -> None:
        part = self.content[self.sent : self.sent + size]
        self.take(self.sent, BytesIO(part))
        self.sent += len(part)

    @rule(size=st.integers(0, 120), after=st.integers(0, 120))
    def part_that_breaks(self, size: int, after: int) -> None:
        part = self.content[self.sent : self.sent + size]
        self.take(self.sent, Broken(part, after))
        self.sent += min(len(part), after)

    @rule(offset=st.integers(0, 500), part=st.binary(min_size=1, max_size=50))
    def part_elsewhere(self, offset: int, part: bytes) -> None:
        if offset != self.sent:
            self.take(offset, BytesIO(part))

    @precondition(lambda self: self.sent > 0)
    @rule()
    def the_last_part_again(self) -> None:
        self.take(self.sent - 1, BytesIO(self.content[self.sent - 1 : self.sent]))

    @rule(more=st.binary(min_size=1, max_size=20))
    def more_than_was_promised(self, more: bytes) -> None:
        self.take(self.sent, BytesIO(self.content[self.sent :] + more))

    @rule()
    def another_process(self) -> None:
        self.incoming = replace(self.incoming)

    @invariant()
    def the_file_is_what_was_sent(self) -> None:
        assert self.refused <= {"UNGGAHAN-LETAK", "UNGGAHAN-LEBIH"}
        part = self.root / "incoming" / f"{self.arrival.id}.part"
        assert part.read_bytes() == self.content[: self.sent]
        found = self.incoming.find(self.arrival.id, "sari", self.clock())
        assert self.incoming.received(found) == self.sent
        digest = hashlib.sha256(self.content).hexdigest()
        assert found.sha256 == (digest if self.sent == len(self.content) else "")


def test_the_bytes_are_what_was_sent_whatever_happens_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "ROUND", 32)
    machine = type("Here", (Uploads,), {"root": tmp_path})
    machine.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
    machine.TestCase("runTest").runTest()


@given(cuts=st.lists(st.integers(1, 5000), max_size=12), size=st.integers(1, 5000))
@settings(max_examples=20, deadline=None)
def test_any_way_of_cutting_gives_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], size: int
) -> None:
    content = os.urandom(size)
    here = Incoming(tmp_path_factory.mktemp("sebar"), 10**6, 10**9)
    now = Clock()()
    arrival = here.begin("sari", "a", size, now)
    edges = sorted({0, size, *(cut for cut in cuts if cut < size)})
    for start, end in pairwise(edges):
        arrival = here.take(arrival, start, BytesIO(content[start:end]), None)
    assert arrival.sha256 == hashlib.sha256(content).hexdigest()
    kept = here.keep(arrival, here.home / "uploads")
    assert kept.path.read_bytes() == content
    assert here.keep(arrival, here.home / "uploads") == kept
