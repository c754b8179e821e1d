"""Releases by the calendar and by hand: embargo, moving and cancelling, going back, withdrawing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests.conftest import METADATA, City
from tests.pages.desk import Seat
from tests.test_publishing import layer, walk

SECRET = "KENARI"
# Midnight in WIB.
MOMENT = datetime(2026, 3, 31, 17, 0, tzinfo=UTC)


def at(city: City, moment: datetime) -> None:
    city.clock.now = moment - timedelta(milliseconds=1)


def scheduled(city: City, text: str, **said: str) -> tuple[str, str]:
    """A dataset whose newest submission waits for `text`, a datetime-local; its id and the submission's."""
    dataset = walk(city, layer(SECRET, "dua"), "approved", **said)
    (record,) = city.journey.records.submissions(dataset=dataset, statuses=("approved",))  # type: ignore[arg-type]
    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{record.move.id}")
    walidata.take(record.move.id, "schedule", at=text)
    assert walidata.says("Terbit Rabu, 1 April 2026, pukul 00.00 WIB.")
    return dataset, record.move.id


def addresses(city: City, dataset: str, id: str, number: int) -> Iterator[str]:
    """Everything that somebody could guess of this release: its pages, files, tiles, records and hashes."""
    record = city.journey.records.submission(id)
    assert record is not None
    assert record.manifest is not None
    for name in (dataset, f"{dataset}@{number}"):
        room = f"/ogc/collections/{name}"
        yield from (room, f"{room}/items", f"{room}/items/1", f"{room}/schema", f"{room}/queryables", f"{room}/tiles")
        yield from (f"{room}/tiles/WebMercatorQuad/0/0/0", f"{room}/tiles/WebMercatorQuad?f=tilejson")
    yield f"/ogc/collections/{dataset}/items?release={number}"
    names = ("manifest.json", "metadata.xml", "metadata.json", "tiles.pmtiles", "data.xlsx", *record.manifest["files"])
    for name in names:
        yield from (f"/data/{dataset}/{number}/{name}", f"/data/{dataset}/terkini/{name}")
    yield from (f"/data/{dataset}", f"/data/{dataset}/changes?since={number}", f"/api/v1/submissions/{id}")
    yield f"/ogc/collections/katalog/items/{dataset}"
    yield f"/csw?service=CSW&version=2.0.2&request=GetRecordById&id={dataset}"
    for hash in (
        record.move.content_hash,
        record.upload,
        *(one["sha256"] for one in record.manifest["files"].values()),
    ):
        yield f"/verifikasi/{hash}"
    yield from ("/", "/data?q=kenari", "/peta", "/jadwal", "/ogc/collections", "/ogc/collections/katalog/items")
    yield "/csw?service=CSW&version=2.0.2&request=GetRecords&resultType=results&elementSetName=full"
    yield f"/meja/pengajuan/{id}/fitur.geojson"


def shown(http: FlaskClient, path: str) -> tuple[int, bytes]:
    with http.get(path, headers={"Accept": "application/json"}) as answer:
        return answer.status_code, answer.data


def test_nothing_of_an_embargoed_release_is_reachable_before_midnight_in_wib(city: City) -> None:
    walk(city, layer("lama"), title="Pos pantau")
    dataset, id = scheduled(city, "2026-04-01T00:00", dataset="pos-pantau", title="Pos pantau")
    fresh, other = scheduled(city, "2026-04-01T00:00", title="Pos baru")
    http = city.another_worker()
    at(city, MOMENT - timedelta(seconds=1))
    assert city.journey.publish_due() == {}
    early = {}
    for path in [*addresses(city, dataset, id, 2), *addresses(city, fresh, other, 1)]:
        status, body = shown(http, path)
        early[path] = status
        assert SECRET.encode() not in body, path
        assert status < 500, path
    assert {early[f"/ogc/collections/{name}/items"] for name in ("pos-pantau@2", "pos-baru@1", "pos-baru")} == {404}
    assert {early[f"/data/{name}/data.csv"] for name in ("pos-pantau/2", "pos-baru/1", "pos-baru/terkini")} == {404}
    assert early["/data/pos-baru"] == early["/ogc/collections/pos-baru/tiles/WebMercatorQuad/0/0/0"] == 404
    page = http.get("/jadwal").text
    assert "Pos baru" in page
    assert "Rabu, 1 April 2026, pukul 00.00 WIB" in page

    at(city, MOMENT)
    assert city.journey.publish_due() == {}
    assert shown(http, "/ogc/collections/pos-pantau@2/items")[0] == 200
    for path in (f"/ogc/collections/{dataset}/items", f"/data/{fresh}/1/data.csv", "/ogc/collections/pos-baru@1/items"):
        status, body = shown(http, path)
        assert status == 200, path
        assert SECRET.encode() in body, path


def test_a_schedule_is_moved_and_cancelled_by_the_same_row_of_the_sop(city: City) -> None:
    dataset, id = scheduled(city, "2026-04-01T00:00", title="Pos pantau")
    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{id}")
    assert (
        dict(walidata.form(f"/meja/pengajuan/{id}/langkah", step="schedule").form_values())["at"] == "2026-04-01T00:00"
    )
    for wrong in ("", "besok"):
        assert walidata.take(id, "schedule", at=wrong).status_code == 400
        assert walidata.says("bukan waktu terbit")
    walidata.take(id, "schedule", at="2026-05-01T00:00")
    assert walidata.says("Terbit Jumat, 1 Mei 2026, pukul 00.00 WIB.")
    at(city, MOMENT)
    assert city.journey.publish_due() == {}
    assert city.client().get(f"/data/{dataset}").status_code == 404

    walidata.take(id, "schedule", batal="1")
    assert walidata.says("Jadwal dibatalkan")
    walidata.open(f"/meja/pengajuan/{id}?sisi=perjalanan")
    assert walidata.says("Penyebarluasan dijadwalkan untuk 1 April 2026, pukul 00.00 WIB")
    assert walidata.says("Jadwal penyebarluasan dibatalkan")
    at(city, MOMENT + timedelta(days=40))
    assert city.journey.publish_due() == {}
    assert city.client().get(f"/data/{dataset}").status_code == 404
    assert city.client("walidata").step(id, "schedule").status_code == 422, "there is nothing left to cancel"
    told = [entry.detail for entry in city.journey.records.ledger() if entry.action == "submission.schedule"]
    assert [detail["publish_at"] for detail in told] == [
        "2026-04-01T00:00:00+07:00",
        "2026-05-01T00:00:00+07:00",
        None,
    ]
    walidata.open(f"/meja/pengajuan/{id}")
    walidata.take(id, "publish")
    assert city.client().get(f"/data/{dataset}").status_code == 200


def as_served(http: FlaskClient, dataset: str, number: int) -> dict[str, tuple[str, str]]:
    """ETag and hash of the bytes of items, tiles and files of the current release."""
    found = {}
    with http.get(f"/data/{dataset}/{number}/manifest.json") as manifest:
        names = manifest.json["files"]
    room = f"/ogc/collections/{dataset}"
    tiles = [f"{room}/tiles/WebMercatorQuad/{z}/{y}/{x}" for z, y, x in ((0, 0, 0), (10, 531, 823), (14, 8505, 13183))]
    for path in (f"{room}/items?limit=1", f"{room}/items/1", *tiles, *(f"/data/{dataset}/{number}/{n}" for n in names)):
        with http.get(path) as answer:
            assert answer.status_code in (200, 204), path
            body = answer.data if "items" not in path else answer.data.split(b'"timeStamp"')[0]
            found[path] = (answer.headers.get("ETag", ""), hashlib.sha256(body).hexdigest())
    return found


def test_going_back_to_an_earlier_release_serves_its_exact_old_bytes(city: City) -> None:
    dataset = walk(city, layer("lama"), title="Pos pantau")
    http = city.another_worker()
    before = as_served(http, dataset, 1)
    walk(city, layer("baru"), dataset=dataset, title="Pos pantau")
    newest = city.journey.records.release(dataset, 2)
    assert newest is not None
    assert before.items() - as_served(http, dataset, 2).items() == before.items()

    walidata = Seat(city, "walidata")
    walidata.open(f"/meja/pengajuan/{newest.submission}?sisi=perjalanan")
    first = city.journey.records.release(dataset, 1)
    assert first is not None
    assert walidata.take(first.submission, "restore", note="  ").status_code == 422
    walidata.open(f"/meja/pengajuan/{newest.submission}?sisi=perjalanan")
    walidata.take(first.submission, "restore", note="Rilis 2 salah kirim.")
    assert walidata.says("Rilis ini berlaku lagi.")
    assert as_served(http, dataset, 1) == before
    for path, (etag, _) in before.items():
        if etag:
            with http.get(path, headers={"If-None-Match": etag}) as answer:
                assert answer.status_code == 304, path
    events = city.journey.records.events(dataset=dataset)
    assert [(event.step, event.note) for event in events if event.step == "restore"] == [
        ("restore", "Rilis 2 salah kirim.")
    ]


def test_only_the_walidata_sees_the_way_back(embedded_city: City) -> None:
    dataset = walk(embedded_city, layer("lama"), title="Pos pantau")
    walk(embedded_city, layer("baru"), dataset=dataset, title="Pos pantau")
    newest = embedded_city.journey.records.release(dataset, 2)
    assert newest is not None
    for person, offered in (("walidata", True), ("produsen", False), ("pembina-geospasial", False)):
        seat = Seat(embedded_city, person)
        seat.open(f"/meja/pengajuan/{newest.submission}?sisi=perjalanan")
        assert seat.says("Berlakukan lagi rilis 1") is offered, person


def test_withdrawing_asks_for_the_id_and_leaves_a_tombstone_with_reason_and_date(city: City) -> None:
    dataset = walk(city, layer("satu"), title="Pos pantau")
    release = city.journey.records.release(dataset, 1)
    assert release is not None
    walidata, id = Seat(city, "walidata"), release.submission
    walidata.open(f"/meja/pengajuan/{id}")
    for typed in ("", "1", "Pos pantau"):
        assert walidata.take(id, "withdraw", note="Batas keliru.", sure=typed).status_code == 400
        assert walidata.says("Ketik “pos-pantau” persis seperti itu")
        assert walidata.says("Batas keliru."), "what was typed is still there"
    http = city.another_worker()
    assert http.get(f"/data/{dataset}").status_code == 200
    walidata.take(id, "withdraw", note="Batas keliru.", sure="pos-pantau")
    for path in (f"/data/{dataset}", f"/data/{dataset}/1/data.csv", f"/data/{dataset}/terkini/data.gpkg"):
        gone = http.get(path, headers={"Accept": "text/html"})
        assert gone.status_code == 410
        assert "Batas keliru." in gone.text
        assert "12 Maret 2026" in gone.text


@pytest.mark.parametrize(("days", "said"), [(365, ""), (366, "terlambat diperbarui, 1 hari"), (400, "35 hari")])
def test_the_calendar_says_what_is_late(embedded_city: City, days: int, said: str) -> None:
    walk(embedded_city, layer("satu"), title="Pos pantau", update_frequency="annually")
    embedded_city.clock.now += timedelta(days=days)
    page = " ".join(embedded_city.client().get("/jadwal").text.split())
    assert "12 Maret 2027" in page
    assert ("terlambat diperbarui" in page) is bool(said)
    assert said in page
    assert METADATA["update_frequency"] == "annually"
