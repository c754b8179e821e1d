"""Every word of the SOP that people read, in Indonesian: labels.toml, and how it is said."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from workflow.area_codes import System
from workflow.deadlines import WIB
from workflow.findings import Finding, Principle, Severity
from workflow.sop import Role, Status


class Said(NamedTuple):
    """What is wrong (a template), why it matters, how to mend it; `hint` is added where there is a suggestion."""

    sentence: str
    why: str
    mend: str
    hint: str = ""


_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))

STATUSES: dict[Status, str] = {status: _WORDS["statuses"][status] for status in Status}
ROLES: dict[Role, str] = {role: _WORDS["roles"][role] for role in Role}
PRINCIPLES: dict[Principle, str] = {principle: _WORDS["principles"][principle] for principle in Principle}
SEVERITIES: dict[Severity, str] = {severity: _WORDS["severities"][severity] for severity in Severity}
NOTE_KINDS: dict[str, str] = _WORDS["note_kinds"]
SYSTEMS: dict[System, str] = {system: _WORDS["systems"][system] for system in System}
STEPS: dict[str, str] = _WORDS["steps"]
HAPPENED: dict[str, str] = _WORDS["happened"]
REASONS: dict[str, str] = _WORDS["reasons"]
METADATA_MORE: dict[str, dict[str, Any]] = {
    name: said | {"choices": [("", "Belum dipilih"), *((each, each) for each in said.get("options", ()))]}
    for name, said in _WORDS["metadata_more"].items()
}
"""What may be said beside: of which kind of data, by which item of SNI 8843-1 or BPS, and which words to choose."""
METADATA_FIELDS: dict[str, str] = _WORDS["metadata_fields"] | {
    name: said["word"].lower() for name, said in METADATA_MORE.items()
}
READING_WORDS: dict[str, str] = _WORDS["reading_words"]
"""What can be chosen of how a file is read."""
WITHOUT_MAP: dict[str, str] = _WORDS["without_map"]
NOTICES: dict[str, dict[Role, str]] = {
    step: {Role(role): text for role, text in said.items()} for step, said in _WORDS["notices"].items()
}
"""Who is told of a step, and in which words."""
ESCALATION: dict[int, tuple[str, tuple[Role, ...]]] = {
    int(percent): (said["text"], tuple(map(Role, said["also"]))) for percent, said in _WORDS["escalation"].items()
}
"""By percent of a step's days: the words, and the roles that are told beside the one awaited."""
FAULTS: dict[str, dict[str, str]] = _WORDS["faults"]
GEOMETRY_FAULTS: dict[str, str] = _WORDS["geometry_faults"]
COMPARED: dict[str, dict[str, str]] = _WORDS["compared"]
"""What two versions may differ in, in their metadata and in their dictionaries."""
PATTERN_FAULTS: dict[str, str] = _WORDS["pattern_faults"]
"""Why a pattern of the field dictionary is none, by what RE2 says of it."""
LINE_ENDS: dict[str, str] = _WORDS["line_ends"]
FIXED_CHECKS: dict[str, str] = _WORDS["fixed_checks"]
"""Checks whose severity no city may lower, and why."""
STALE: dict[str, str] = _WORDS["stale"]
CHECKS: dict[str, Said] = {code: Said(**said) for code, said in _WORDS["checks"].items()}
MONTHS: tuple[str, ...] = tuple(_WORDS["months"])
DAYS: tuple[str, ...] = tuple(_WORDS["days"])


class _Blank(dict[str, object]):
    """A remark may lack a parameter; its sentence is still said."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(finding: Finding) -> str:
    """What a finding says, in one Indonesian sentence."""
    if "more" in finding.params:
        return f"… dan {angka(finding.params['more'])} lainnya dengan temuan yang sama."
    said = CHECKS.get(finding.check)
    if said is None:
        return " ".join(map(str, finding.params.values())) or finding.check
    template = said.sentence + (said.hint if finding.suggestion else "")
    known: dict[str, object] = {"row": finding.row, "column": finding.column, "suggestion": finding.suggestion}
    known |= {name: angka(value) for name, value in finding.params.items() if value is not None}
    return template.format_map(_Blank({name: value for name, value in known.items() if value is not None}))


def why(code: str) -> str:
    return CHECKS[code].why if code in CHECKS else ""


def mend(code: str) -> str:
    return CHECKS[code].mend if code in CHECKS else ""


def day_of(moment: date | str) -> date:
    """The day in WIB of a day, a moment, or either written as ISO 8601."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment.astimezone(WIB) if moment.tzinfo else moment).date()
    return moment


def tanggal(moment: date | str) -> str:
    """26 Maret 2026"""
    day = day_of(moment)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def hari_tanggal(moment: date | str) -> str:
    """Kamis, 26 Maret 2026"""
    return f"{DAYS[day_of(moment).weekday()]}, {tanggal(moment)}"


def pukul(moment: datetime | str) -> str:
    """15.42 WIB, of a moment or of one written as ISO 8601."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{moment.astimezone(WIB):%H.%M} WIB"


_SMALL = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_GREAT = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"), (10, "puluh"))


def terbilang(number: int) -> str:
    """1.250 is "seribu dua ratus lima puluh". Raises ValueError below nought and from a thousand trillion on."""
    if not 0 <= number < 10**15:
        raise ValueError("a number to be spelled lies between 0 and 999,999,999,999,999")
    if number < 12:
        return _SMALL[number]
    if number < 20:
        return f"{_SMALL[number - 10]} belas"
    size, word = next((size, word) for size, word in _GREAT if number >= size)
    many, rest = divmod(number, size)
    said = f"se{word}" if many == 1 and size in (100, 1000) else f"{terbilang(many)} {word}"
    return f"{said} {terbilang(rest)}" if rest else said


def angka(number: object) -> str:
    """1.234,5"""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return f"{number:,}".translate(str.maketrans(",.", ".,"))
