"""What the records keep, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import exc, insert, update

from server.store import Records
from server.store.schema import releases, submissions
from tests.store import sample
from tests.store.sample import AT, add, build, finding, kept, later, published, ratified, settle, take, wish
from workflow.dataset import FindingCounts
from workflow.errors import Changed, Conflict, NotFound
from workflow.sop import Access, Kind, Role, Status
from workflow.store import Agency, Dataset, Document, Holiday, Job, Note, Person, Token


@pytest.fixture
def city(records: Records) -> Records:
    settle(records)
    return records


def test_a_new_store_has_published_nothing(records: Records) -> None:
    assert records.revision() == 0
    assert records.registry().current == ()


def test_people_and_agencies_come_back_as_they_were_saved(city: Records) -> None:
    admin = Person("x1", "admin", "Admin", "", frozenset({Role.ADMIN}), password_hash="argon", email="a@b.test")
    city.save_person(admin, actor="admin", at=AT)
    assert city.person("x1") == city.person_by_username("admin") == admin
    city.save_person(replace(admin, active=False), actor="admin", at=AT)
    assert next((person.username, person.active) for person in city.people()) == ("admin", False)
    city.save_agency(Agency("dpu", "Dinas PUPR", "DPUPR"), actor="admin", at=AT)
    assert city.agencies() == [Agency("dpu", "Dinas PUPR", "DPUPR")]
    assert city.person("nobody") is city.person_by_username("nobody") is None


def test_a_username_belongs_to_one_person(city: Records) -> None:
    with pytest.raises(Conflict, match="sudah dipakai"):
        city.save_person(Person("other", "sari", "Lain", "dpu", frozenset()), actor="admin", at=AT)


def test_passwords_never_reach_the_ledger(city: Records) -> None:
    city.save_person(Person("p", "p", "Nama", "dpu", frozenset(), password_hash="$argon2"), actor="admin", at=AT)
    assert not any("$argon2" in str(entry) or "Nama" in str(entry) for entry in city.ledger())


def test_tokens_and_failed_logins_are_kept(city: Records) -> None:
    token = Token("t1", "budi", "skrip", "h" * 64, AT, later(60))
    city.add_token(token)
    assert city.token_by_hash("h" * 64) == token
    assert city.token_by_hash("x") is None
    for minute in range(3):
        city.add_login_failure("budi", later(minute))
    assert city.login_failures("budi", later(1)) == 2
    assert city.login_failures("sari", AT) == 0
    city.add_login_failure("sari", AT + timedelta(days=3))
    assert city.login_failures("budi", AT) == 0


def test_the_calendar_can_be_edited(city: Records) -> None:
    day = Holiday(date(2026, 3, 20), "Idulfitri", "libur_nasional", "SKB")
    city.save_holiday(day, actor="admin", at=AT)
    city.save_holiday(replace(day, name="Idulfitri 1447 H"), actor="admin", at=AT)
    assert [holiday.name for holiday in city.holidays()] == ["Idulfitri 1447 H"]
    city.remove_holiday(day.day, actor="admin", at=AT)
    city.remove_holiday(day.day, actor="admin", at=AT)
    assert city.holidays() == []
    assert [entry.action for entry in city.ledger()][-3:] == ["holiday.save", "holiday.save", "holiday.remove"]


def test_moments_come_back_in_utc_whatever_zone_they_were_said_in(city: Records) -> None:
    wib = timezone(timedelta(hours=7))
    city.save_person(Person("p", "p", "P", "dpu", frozenset()), actor="admin", at=AT)
    city.add_token(Token("t", "p", "", "h", AT.astimezone(wib), AT.astimezone(wib)))
    token = city.token_by_hash("h")
    assert token is not None
    assert token.created_at == AT
    assert token.created_at.utcoffset() == timedelta(0)
    with pytest.raises(exc.StatementError, match="time zone"):
        city.add_login_failure("p", datetime(2026, 1, 1))  # noqa: DTZ001


def test_one_file_can_serve_two_batches_and_is_kept_once_in_each(city: Records) -> None:
    sample.add_batch(city, "b2")
    scan = Document("d" * 64, "berita_acara", "ba.pdf", "application/pdf", 5, AT, "budi", number="1", batch="b1")
    for document in (scan, scan, replace(scan, batch="b2")):
        city.add_document(document)
    assert city.documents(batch="b1") == [scan]
    assert len(city.documents()) == 2
    assert city.document("d" * 64) == scan
    assert city.document("e" * 64) is None


def test_batches_are_listed_by_agency(city: Records) -> None:
    sample.add_batch(city, "b2")
    assert [batch.id for batch in city.batches(agency="dpu")] == ["b1", "b2"]
    assert city.batches(agency="other") == []
    batch = city.batch("b2")
    assert batch is not None
    assert batch.date == date(2026, 3, 10)


def test_a_submission_comes_back_whole(city: Records) -> None:
    given = sample.draft(missing_metadata=("title", "scale"), access=Access.TERBATAS)
    dataset = Dataset("jalan", "dpu", "Jalan", Kind.GEOSPATIAL, AT)
    saved = city.add_submission(given, new_dataset=dataset, idempotency_key=None)
    whole = replace(given, move=replace(given.move, has_berita_acara=True, berita_acara_date=date(2026, 3, 10)))
    assert saved == kept(city) == whole
    assert city.dataset("jalan") == dataset
    assert city.datasets() == [dataset]


def test_the_same_idempotency_key_makes_one_submission(city: Records) -> None:
    dataset = Dataset("jalan", "dpu", "Jalan", Kind.GEOSPATIAL, AT)
    first = city.add_submission(sample.draft("s1"), new_dataset=dataset, idempotency_key="k")
    again = city.add_submission(sample.draft("s2"), new_dataset=dataset, idempotency_key="k")
    assert again == first
    assert city.submission_made_with("budi", "k") == first
    assert city.submission_made_with("wati", "k") is city.submission_made_with("budi", None) is None
    somebody_else = replace(sample.draft("s3", "trotoar"), created_by="wati")
    other = replace(dataset, id="trotoar")
    assert city.add_submission(somebody_else, new_dataset=other, idempotency_key="k").move.id == "s3"
    assert [entry.action for entry in city.ledger()].count("submission.add") == 2


def test_the_id_of_a_dataset_is_for_life(city: Records) -> None:
    add(city, "s1")
    with pytest.raises(Conflict, match="“jalan” sudah ada"):
        add(city, "s2")
    assert city.submission("s2") is None


def test_a_dataset_has_one_submission_under_way(city: Records) -> None:
    add(city, "s1")
    with pytest.raises(Conflict, match="belum selesai"):
        add(city, "s2", new=False)
    assert city.submission("s2") is None


def test_submissions_are_found_by_status_batch_agency_and_dataset_newest_first(city: Records) -> None:
    for number, (id, dataset) in enumerate((("s1", "jalan"), ("s2", "taman"), ("s3", "pasar"))):
        city.add_submission(
            replace(sample.draft(id, dataset), created_at=later(number)),
            new_dataset=Dataset(dataset, "dpu", "Jalan", Kind.GEOSPATIAL, AT),
            idempotency_key=None,
        )
    build(city, "s1")
    take(city, "s1", "submit", "budi", later(30))
    assert [record.move.id for record in city.submissions()] == ["s1", "s3", "s2"]
    assert [record.move.id for record in city.submissions(dataset="taman")] == ["s2"]
    assert [record.move.id for record in city.submissions(statuses=[Status.SUBMITTED, Status.VERIFIED])] == ["s1"]
    assert len(city.submissions(batch="b1", agency="dpu")) == 3
    assert city.submissions(agency="other") == city.submissions(batch="other") == []


def test_a_build_writes_candidate_hash_and_findings_at_once(city: Records) -> None:
    add(city)
    city.set_job("s1", 1, Job("running", "Baca berkas", 3, 10, updated_at=AT))
    assert kept(city).job == Job("running", "Baca berkas", 3, 10, updated_at=AT)
    assert city.unfinished_builds() == [("s1", 1)]
    assert build(city, "s1", finding("k1"), finding("k2", "blocks"), finding("k3", "informs"))
    record = kept(city)
    assert record.job.status == "done"
    assert record.candidate == "candidates/s1/1"
    assert record.move.content_hash == sample.hash_of("s1", 1)
    assert record.move.findings == FindingCounts(blocks=1, warns=1, informs=1)
    assert city.findings("s1")[0] == finding("k1")
    assert city.unfinished_builds() == []


def test_an_older_build_changes_nothing(city: Records) -> None:
    add(city)
    record = city.change_submission(kept(city), expected_version=1, actor="budi", at=AT)
    city.set_job("s1", 1, Job("failed"))
    finished = city.finish_build("s1", 1, content_hash="c", candidate="c", manifest={}, findings=(), at=AT)
    assert not finished
    assert kept(city) == record
    assert record.build == 2


def test_a_build_that_runs_twice_cannot_change_the_hash_that_people_saw(city: Records) -> None:
    add(city)
    assert build(city)
    assert build(city)
    assert not city.finish_build("s1", 1, content_hash="other", candidate="c", manifest={}, findings=(), at=AT)
    assert kept(city).move.content_hash == sample.hash_of("s1", 1)


def test_changed_content_loses_hash_candidate_and_findings(city: Records) -> None:
    add(city)
    build(city, "s1", finding())
    before = kept(city)
    other = replace(before, upload="b" * 64, title="Jalan kota", move=replace(before.move, access=Access.TERTUTUP))
    changed = city.change_submission(other, expected_version=1, actor="budi", at=later(5))
    assert (changed.upload, changed.title, changed.move.access) == ("b" * 64, "Jalan kota", Access.TERTUTUP)
    assert (changed.build, changed.move.version, changed.job.status) == (2, 2, "queued")
    assert (changed.move.content_hash, changed.candidate, changed.manifest) == (None, None, None)
    assert city.findings("s1") == []
    with pytest.raises(Changed, match="Produsen Data Budi"):
        city.change_submission(other, expected_version=1, actor="budi", at=AT)


def test_a_waiver_outlives_a_new_build_with_the_same_finding(city: Records) -> None:
    add(city)
    build(city, "s1", finding("k1"), finding("k2"))
    waived = city.waive("s1", "k1", actor="sari", at=later(2), reason="memang begitu")
    assert (waived.waived_by, waived.waived_at, waived.waived_why) == ("sari", later(2), "memang begitu")
    assert kept(city).move.findings == FindingCounts(warns=1, waived=1)
    city.change_submission(kept(city), expected_version=1, actor="budi", at=AT)
    build(city, "s1", finding("k1"), finding("k3"))
    assert kept(city).move.findings == FindingCounts(warns=1, waived=1)
    assert city.findings("s1")[0] == waived


def test_a_waiver_never_opens_a_blocking_finding(city: Records) -> None:
    add(city)
    build(city, "s1", finding("k1"))
    city.waive("s1", "k1", actor="sari", at=AT, reason="x")
    city.change_submission(kept(city), expected_version=1, actor="budi", at=AT)
    build(city, "s1", finding("k1", "blocks"))
    assert kept(city).move.findings == FindingCounts(blocks=1)


def test_a_finding_that_is_gone_cannot_be_waived(city: Records) -> None:
    add(city)
    with pytest.raises(NotFound, match="Temuan ini tidak ada"):
        city.waive("s1", "k1", actor="sari", at=AT, reason="x")


def test_notes_are_kept_in_order_and_can_be_resolved(city: Records) -> None:
    add(city)
    question = Note("n1", "s1", "sari", AT, "Mengapa?\x00", place={"row": 3})
    city.add_note(question)
    city.add_note(Note("n2", "s1", "budi", later(1), "Karena.", kind="answer"))
    city.settle_note(question, resolved=True, actor="sari", at=later(2))
    asked = replace(question, text="Mengapa?", resolved_at=later(2), resolved_by="sari")
    assert [note.id for note in city.notes("s1")] == ["n1", "n2"]
    assert city.notes("s1")[0] == asked


def test_a_move_saves_status_event_and_ledger_entry_together(city: Records) -> None:
    add(city)
    build(city)
    before, after, event = wish(city, "s1", "submit", "budi", later(3))
    city.record(before, after, event)
    assert kept(city).move == after
    assert city.events(submission="s1") == city.events(dataset="jalan") == [event]
    (entry,) = (entry for entry in city.ledger() if entry.action == "submission.submit")
    assert entry.object == "s1"
    assert entry.detail == {
        "dataset": "jalan",
        "source": "draft",
        "target": "submitted",
        "content_hash": sample.hash_of("s1", 1),
        "note": "sebab",
        "round": 1,
    }


def test_two_people_moving_one_submission_one_wins(city: Records) -> None:
    add(city)
    build(city)
    take(city, "s1", "submit", "budi")
    hers, his = (
        wish(city, "s1", "verify", "sari"),
        wish(city, "s1", "return", "wati", later(4), note="sebab yang cukup panjang"),
    )
    city.record(*hers)
    whole = (kept(city), city.events(submission="s1"), list(city.ledger()))
    with pytest.raises(Changed) as late:
        city.record(*his)
    said = "Walidata Sari sudah mengubahnya pada 12 Maret 2026 pukul 10.32 WIB; muat ulang halaman ini."
    assert late.value.detail == said
    assert late.value.where == {"by": "Walidata Sari", "at": "2026-03-12T03:32:00.000000Z"}
    assert (kept(city), city.events(submission="s1"), list(city.ledger())) == whole


def test_the_journey_of_a_submission_that_is_not_there_cannot_be_told(city: Records) -> None:
    add(city)
    build(city)
    before, after, event = wish(city, "s1", "submit", "budi")
    with pytest.raises(NotFound):
        city.record(replace(before, id="s9"), after, event)


@pytest.mark.parametrize(
    "duties",
    [
        {"submitted_by": "budi", "verified_by": "budi"},
        {"submitted_by": "budi", "approved_by": "budi"},
        {"verified_by": "sari", "approved_by": "sari"},
    ],
    ids=["verify", "approve", "verify and approve"],
)
def test_the_database_itself_separates_duties(city: Records, duties: dict[str, str]) -> None:
    add(city)
    with pytest.raises(exc.IntegrityError), city._write() as connection:
        connection.execute(update(submissions).values(duties))


def test_publishing_moves_everything_or_nothing(city: Records) -> None:
    ratified(city)
    assert city.registry().current == ()
    assert city.next_number("jalan") == 1
    assert published(city) == city.revision() == 1
    served = city.registry()
    assert (served.revision, [(release.dataset, release.number) for release in served.current]) == (1, [("jalan", 1)])
    assert served.current[0] == city.release("jalan", 1) == city.releases("jalan")[0]
    assert (served.current[0].status, served.current[0].agency) == (Status.PUBLISHED, "dpu")
    dataset = city.dataset("jalan")
    assert dataset is not None
    assert (dataset.current, dataset.version) == (1, 2)
    assert next(reversed(list(city.ledger()))).detail["release"] == 1


def test_a_stale_publication_changes_nothing(city: Records) -> None:
    ratified(city, "s1")
    published(city, "s1")
    ratified(city, "s2", new=False)
    stale = wish(city, "s2", "publish", "sari")
    earlier = sample.superseding(city, "jalan")
    take(city, "s2", "schedule", "wati", publish_at=later(9))
    whole = (city.registry(), city.submissions(), list(city.ledger()))
    with pytest.raises(Changed, match="Walidata Wati"):
        city.publish([stale, *earlier], release=None, dataset="jalan", current=1)
    assert (city.registry(), city.submissions(), list(city.ledger())) == whole


def test_a_newer_release_supersedes_and_the_older_one_can_be_restored(city: Records) -> None:
    ratified(city, "s1")
    published(city, "s1")
    ratified(city, "s2", new=False)
    assert published(city, "s2") == 2
    assert [(release.number, release.status) for release in city.releases("jalan")] == [
        (1, Status.SUPERSEDED),
        (2, Status.PUBLISHED),
    ]
    moves = [wish(city, "s1", "restore", "sari"), *sample.superseding(city, "jalan")]
    assert city.publish(moves, release=None, dataset="jalan", current=1) == 3
    assert [release.number for release in city.registry().current] == [1]
    assert city.next_number("jalan") == 3


def test_what_is_withdrawn_is_not_served_and_says_when(city: Records) -> None:
    ratified(city)
    published(city)
    move = wish(city, "s1", "withdraw", "sari", later(8))
    city.publish([move], release=None, dataset="jalan", current=None, withdrawn=(later(8), "salah"))
    served = city.registry()
    assert (served.current, served.withdrawn, served.revision) == ((), {"jalan": later(8)}, 2)
    dataset = city.dataset("jalan")
    assert dataset is not None
    assert (dataset.withdrawn_at, dataset.withdrawn_why) == (later(8), "salah")
    city.publish([wish(city, "s1", "restore", "sari")], release=None, dataset="jalan", current=1)
    assert city.registry().withdrawn == {}


def test_a_release_that_was_never_made_cannot_be_current(city: Records) -> None:
    ratified(city)
    with pytest.raises(NotFound, match="rilis 7"):
        city.publish([wish(city, "s1", "publish", "sari")], release=None, dataset="jalan", current=7)
    assert kept(city).move.status is Status.APPROVED


def test_a_submission_is_published_once(city: Records) -> None:
    ratified(city)
    published(city)
    first = {column.name: getattr(city.releases("jalan")[0], column.name) for column in releases.c}
    with pytest.raises(exc.IntegrityError), city._write() as connection:
        connection.execute(insert(releases).values(first | {"number": 2}))


def test_two_releases_cannot_have_one_number(city: Records) -> None:
    ratified(city, "s1")
    published(city, "s1")
    ratified(city, "s2", new=False)
    release = replace(city.releases("jalan")[0], submission="s2")
    with pytest.raises(Changed, match="Walidata Sari sudah"):
        city.publish([wish(city, "s2", "publish", "sari")], release=release, dataset="jalan", current=1)


def test_what_is_scheduled_is_due_when_its_moment_has_come(city: Records) -> None:
    ratified(city)
    take(city, "s1", "schedule", "sari", publish_at=later(60))
    assert city.due_publications(later(59)) == []
    assert [record.move.id for record in city.due_publications(later(60))] == ["s1"]


def test_what_only_reads_cannot_write(city: Records) -> None:
    with pytest.raises(exc.DBAPIError, match=r"read-?only"), city._read() as connection:
        connection.execute(update(submissions).values(title="x"))


def test_ids_sort_the_same_on_both_databases(city: Records) -> None:
    for number, id in enumerate(("a-b", "ab", "B", "a_c")):
        add(city, f"s{number}", id)
    assert [dataset.id for dataset in city.datasets()] == sorted(["a-b", "ab", "B", "a_c"])


@pytest.fixture
def long_ledger(records: Records, monkeypatch: pytest.MonkeyPatch) -> Records:
    monkeypatch.setattr("server.store.chain.PAGE", 3)
    for number in range(8):
        records.save_agency(Agency(f"a{number}", "A", "A"), actor="admin", at=AT)
    return records


def test_the_ledger_can_be_read_from_any_entry_on(long_ledger: Records) -> None:
    assert [entry.seq for entry in long_ledger.ledger()] == list(range(1, 9))
    assert [entry.seq for entry in long_ledger.ledger(since=5)] == [6, 7, 8]
