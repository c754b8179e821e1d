"""How grave findings are: each check's own say, the city's choice, and whether a result is still of today's rules."""

from collections.abc import Mapping
from typing import Any

from server.journey import EDITABLE, Journey
from server.reference import load_area_codes
from server.store import Records
from workflow.checks import CHECKS, RULES, Check
from workflow.checks.remarks import REMARKS
from workflow.dataset import Actor
from workflow.errors import BadRequest, Conflict, Forbidden, NotFound
from workflow.findings import Severity
from workflow.labels import FIXED_CHECKS, STALE, STATUSES, tanggal
from workflow.sop import OPEN, Role, Status
from workflow.store import SeverityChoice, SubmissionRecord

REGISTRY = {check.code: check for check in (*CHECKS, *REMARKS)}
OF_READING = frozenset(check.code for check in REMARKS)


def chosen(records: Records) -> dict[str, Severity]:
    return {one.check: one.severity for one in records.severities() if one.check in REGISTRY}


def described(check: Check, choice: SeverityChoice | None) -> dict[str, Any]:
    return {
        "check": check.code,
        "principle": check.principle.value,
        "usual": check.severity.value,
        "usual_on_maps": (check.on_maps or check.severity).value,
        "severity": choice.severity.value if choice else None,
        "reason": choice.reason if choice else None,
        "fixed": FIXED_CHECKS.get(check.code),
    }


def choose(journey: Journey, actor: Actor, code: str, severity: str, reason: str) -> dict[str, Any]:
    """The city's severity of one check from the next result on; none is the check's own again.

    Raises NotFound, BadRequest without a reason, Conflict for what the law has block.
    """
    if Role.ADMIN not in actor.roles:
        raise Forbidden("Hanya admin yang dapat mengubah berat temuan.")
    if code not in REGISTRY:
        raise NotFound(f"Pemeriksaan “{code[:40]}” tidak ada.", where={"check": code[:40]})
    if severity not in ("", *Severity):
        said = {"value": severity[:40], "known": ", ".join(Severity)}
        raise BadRequest.of("severity_unknown", where={"input": "severity"}, **said)
    if why := FIXED_CHECKS.get(code) if severity not in ("", Severity.BLOCKS) else "":
        raise Conflict.of("severity_fixed", check=code, why=why, where={"input": "severity"})
    if code in OF_READING and severity == Severity.BLOCKS and not FIXED_CHECKS.get(code):
        raise Conflict.of("severity_of_reading", check=code, where={"input": "severity"})
    if not reason.strip():
        raise BadRequest.of("severity_reason", where={"input": "reason"})
    records, now = journey.records, journey.clock()
    before = chosen(records).get(code, REGISTRY[code].severity).value
    if not severity:
        records.remove_severity(code, before=before, reason=reason.strip(), actor=actor.id, at=now)
        return described(REGISTRY[code], None)
    choice = SeverityChoice(code, Severity(severity), reason.strip(), actor.id, now)
    records.save_severity(choice, before=before)
    return described(REGISTRY[code], choice)


def basis(severities: Mapping[str, Severity]) -> dict[str, Any]:
    """What a result rests on beside the content: kept in the manifest with it."""
    said = {code: severity.value for code, severity in severities.items()}
    return {"rules": RULES, "area_codes": load_area_codes().version, "severities": said}


def stale(records: Records, record: SubmissionRecord) -> str:
    """One sentence where a result is of other rules than today's; "" where it is not, or is of the past for good."""
    manifest = record.manifest
    if manifest is None or record.move.status not in OPEN:
        return ""
    before, now = {"rules": manifest.get("rules"), **manifest.get("checked", {})}, basis(chosen(records))
    changed = [name for name in ("rules", "area_codes", "severities") if before.get(name, now[name]) != now[name]]
    was, told = before.get("severities", {}), now["severities"]
    checks = ", ".join(sorted(code for code in {*was, *told} if was.get(code) != told.get(code)))
    what = [STALE[name].format(before=before["rules"], now=RULES, checks=checks) for name in changed]
    return STALE["sentence"].format(when=tanggal(manifest["built_at"]), what=" dan ".join(what)) if what else ""


def check_again(journey: Journey, actor: Actor, id: str, *, expected_version: int | None = None) -> SubmissionRecord:
    """The same content, read and checked once more: by its Produsen Data, or by the Walidata who examines it."""
    record = journey.visible(actor, id)
    if Role.WALIDATA not in actor.roles:
        return journey.change(actor, id, expected_version=expected_version)
    if record.move.status is not Status.SUBMITTED:
        raise journey.records.told(Conflict.of("locked", status=STATUSES[record.move.status]), id)
    return journey.records.change_submission(
        record,
        expected_version=record.move.version if expected_version is None else expected_version,
        actor=actor.id,
        at=journey.clock(),
        detail={"checked_again": True},
    )


def may_check_again(actor: Actor, record: SubmissionRecord) -> bool:
    status = record.move.status
    return (Role.PRODUSEN_DATA in actor.roles and status in EDITABLE) or (
        Role.WALIDATA in actor.roles and status is Status.SUBMITTED
    )
