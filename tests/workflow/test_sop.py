"""The table in workflow/sop.py against a copy typed by hand from the SOP document and the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from workflow.dataset import Act, Actor, FindingCounts, Submission
from workflow.errors import Changed, Conflict, Forbidden, Unmet
from workflow.review import open_before, steps_from, supersede, take_step
from workflow.sop import SOP, STEP_NAMES, Access, Kind, Role, Status

NOW = datetime(2026, 3, 12, 10, tzinfo=UTC)
P, W, B, A = Role.PRODUSEN_DATA, Role.WALIDATA, Role.PEMBINA_DATA, Role.ADMIN

# SOP 500.14.1/17/2024: number, step, who, days, output
DOCUMENT = (
    (1, "submit", P, 3, "Daftar Data OPD yang sudah terinput"),
    (2, "verify", W, 5, "Daftar Data OPD yang telah terverifikasi"),
    (3, "approve", B, 5, "Daftar Data OPD yang telah disetujui"),
    (4, "publish", W, 2, "Daftar Data OPD yang tersebarluaskan"),
)

# who may take which step from where to where; what is not here cannot happen
MAY = {
    ("submit", P, "draft"): "submitted",
    ("submit", P, "returned"): "submitted",
    ("verify", W, "submitted"): "verified",
    ("approve", B, "verified"): "approved",
    ("approve_on_paper", W, "verified"): "approved",
    ("publish", W, "approved"): "published",
    ("return", W, "submitted"): "returned",
    ("return", B, "verified"): "submitted",
    ("recall", P, "submitted"): "draft",
    ("schedule", W, "approved"): "approved",
    ("withdraw", W, "published"): "withdrawn",
    ("restore", W, "superseded"): "published",
    ("restore", W, "withdrawn"): "published",
}


def ready(status: Status = Status.DRAFT) -> Submission:
    """A submission of which every requirement is met."""
    return Submission(
        "s1",
        "titik-rob",
        "b1",
        "bpbd",
        Kind.GEOSPATIAL,
        status=status,
        content_hash="a" * 64,
        has_berita_acara=True,
        submitted_by="budi",
        verified_by="wati",
        entered_at=NOW,
    )


def person(*roles: Role, id: str = "tono") -> Actor:
    return Actor(id, "Tono", "bpbd", frozenset(roles), frozenset(Kind))


def act(step: str, *roles: Role, **more: object) -> Act:
    everything = {
        "note": "karena datanya belum lengkap",
        "publish_at": NOW + timedelta(days=1),
        "scan": "b" * 64,
        "probed": True,
    }
    return Act(step, person(*roles), NOW, **(everything | more))  # type: ignore[arg-type]


def test_the_numbered_rows_are_the_documents() -> None:
    rows = tuple((row.number, row.name, row.role, row.days, row.output) for row in SOP if row.number)
    assert rows == DOCUMENT
    assert sum(row[3] for row in DOCUMENT) == 15


@pytest.mark.parametrize(("step", "role", "status"), list(product(STEP_NAMES, Role, Status)))
def test_only_the_table_happens(step: str, role: Role, status: Status) -> None:
    expected = MAY.get((step, role, status.value))
    if expected:
        moved, event = take_step(ready(status), act(step, role))
        assert (moved.status.value, event.source, event.target) == (expected, status, moved.status)
        assert (event.step, event.actor, event.at, moved.version) == (step, "tono", NOW, 2)
    else:
        theirs = any((name, who) == (step, role) for name, who, _ in MAY)
        with pytest.raises(Conflict if theirs else Forbidden):
            take_step(ready(status), act(step, role))


@pytest.mark.parametrize(("role", "status"), list(product(Role, Status)))
def test_a_page_offers_what_may_be_taken(role: Role, status: Status) -> None:
    offered = {row.name for row in steps_from(ready(status), person(role))}
    assert offered == {name for name, who, source in MAY if (who, source) == (role, status.value)}


def test_admin_takes_no_step_and_nobody_supersedes() -> None:
    assert not any(row.role is A for row in SOP)
    with pytest.raises(Forbidden):
        take_step(ready(Status.PUBLISHED), act("supersede", P, W, B, A))


def test_a_release_gives_way_to_another_only_while_it_is_published() -> None:
    assert supersede(ready(Status.PUBLISHED), act("supersede"))[0].status is Status.SUPERSEDED
    with pytest.raises(Conflict):
        supersede(ready(Status.WITHDRAWN), act("supersede"))


BLOCKED = {"findings": FindingCounts(blocks=1)}
WARNED = {"findings": FindingCounts(warns=1)}
BY_TONO = {"submitted_by": "tono"}
VERIFIED_BY_TONO = {"verified_by": "tono"}
UNBUILT = {"content_hash": None}
STATISTICS = {"kind": Kind.STATISTICS}
LIMITED = {"access": Access.TERBATAS}
LATER = {"publish_at": NOW + timedelta(minutes=1)}

# step, who, from, what the submission lacks, what the act lacks, the requirement
NEEDS = [
    ("submit", P, "draft", UNBUILT, {}, "candidate_built"),
    ("submit", P, "draft", {"has_berita_acara": False}, {}, "berita_acara_attached"),
    ("submit", P, "returned", {"missing_metadata": ("judul",)}, {}, "metadata_complete"),
    ("submit", P, "returned", BLOCKED, {}, "no_blocking_finding"),
    ("verify", W, "submitted", UNBUILT, {}, "candidate_built"),
    ("verify", W, "submitted", BLOCKED, {}, "no_blocking_finding"),
    ("verify", W, "submitted", WARNED, {}, "warnings_waived"),
    ("verify", W, "submitted", BY_TONO, {}, "not_the_submitter"),
    ("approve", B, "verified", BY_TONO, {}, "not_the_submitter"),
    ("approve", B, "verified", VERIFIED_BY_TONO, {}, "not_the_verifier"),
    ("approve", B, "verified", STATISTICS, {}, "pembina_of_this_kind"),
    ("approve_on_paper", W, "verified", {}, {"scan": None}, "scan_attached"),
    ("approve_on_paper", W, "verified", {}, {"note": " "}, "reason_given"),
    ("approve_on_paper", W, "verified", BY_TONO, {}, "not_the_submitter"),
    ("publish", W, "approved", LIMITED, {}, "access_is_terbuka"),
    ("publish", W, "approved", LATER, {}, "embargo_over"),
    ("publish", W, "approved", {}, {"probed": False}, "probe_answered"),
    ("schedule", W, "approved", LIMITED, {}, "access_is_terbuka"),
    ("schedule", W, "approved", {}, {"publish_at": NOW}, "moment_in_the_future"),
    ("return", W, "submitted", {}, {"note": f" {'x' * 19} "}, "reason_or_must_fix"),
    ("return", B, "verified", {}, {"note": "\n"}, "reason_or_must_fix"),
    ("return", B, "verified", STATISTICS, {}, "pembina_of_this_kind"),
    ("withdraw", W, "published", {}, {"note": ""}, "reason_given"),
    ("restore", W, "withdrawn", {}, {"note": ""}, "reason_given"),
]


@pytest.mark.parametrize(("step", "role", "status", "lacking", "unsaid", "requirement"), NEEDS)
def test_a_step_is_refused_with_its_reason(
    step: str, role: Role, status: str, lacking: dict, unsaid: dict, requirement: str
) -> None:
    submission = replace(ready(Status(status)), **lacking)
    of_geospatial = replace(act(step, role, **unsaid), actor=replace(person(role), kinds=frozenset({Kind.GEOSPATIAL})))
    with pytest.raises(Unmet) as refused:
        take_step(submission, of_geospatial)
    assert [name for name, _ in refused.value.reasons] == [requirement]


@pytest.mark.parametrize(
    ("step", "role", "status"), [("verify", W, "submitted"), ("approve", B, "verified"), ("publish", W, "approved")]
)
def test_what_changed_since_it_was_seen_is_not_moved(step: str, role: Role, status: str) -> None:
    with pytest.raises(Changed):
        take_step(ready(Status(status)), act(step, role, content_hash="c" * 64))


def test_every_requirement_of_every_row_is_tried() -> None:
    tried = {(step, role, requirement) for step, role, _, _, _, requirement in NEEDS}
    written = {(row.name, row.role, name) for row in SOP for name in row.needs if name != "content_unchanged"}
    assert tried == written


def test_a_page_offers_a_step_whose_reason_is_still_to_be_written() -> None:
    (row,) = [row for row in SOP if row.name == "withdraw"]
    assert open_before(row, ready(Status.PUBLISHED), act("withdraw", W, note="")) == ()


def test_a_corrected_submission_enters_its_next_round() -> None:
    returned, _ = take_step(ready(Status.SUBMITTED), act("return", W))
    again, event = take_step(returned, act("submit", P))
    assert (returned.round, again.round, event.round) == (1, 2, 2)
    assert again.submitted_by == "tono"


def test_a_pembina_data_returns_to_the_walidata_who_verifies_afresh() -> None:
    back, _ = take_step(ready(Status.VERIFIED), act("return", B))
    assert (back.status, back.verified_by, back.submitted_by) == (Status.SUBMITTED, None, "budi")


def test_scheduling_moves_nothing_but_the_moment() -> None:
    before = replace(ready(Status.APPROVED), entered_at=NOW - timedelta(days=2))
    after, _ = take_step(before, act("schedule", W))
    assert (after.status, after.entered_at) == (before.status, before.entered_at)
    assert after.publish_at == NOW + timedelta(days=1)


def test_a_ratification_on_paper_names_its_scan() -> None:
    _, event = take_step(ready(Status.VERIFIED), act("approve_on_paper", W))
    assert event.detail == {"scan": "b" * 64}
