"""Why a file cannot be taken and how to mend it, in the words of refusals.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from workflow.errors import BadUpload

COLUMNS_AT_MOST = 500

_SAID: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text(encoding="utf-8"))


def refused(
    code: str, which: str = "detail", *, where: Mapping[str, object] | None = None, **words: object
) -> BadUpload:
    """`which` names one of a code's sentences; a `mend_{which}` beside it counts more than `mend`."""
    said = _SAID[code]
    mend = said.get(f"mend_{which}") or said["mend"]
    return BadUpload(said[which].format(**words), code=code, mend=mend.format(**words), where=where)


def one(names: Sequence[str], wanted: str, kind: str) -> str:
    """The wanted one, or the only one. Raises BadUpload LAYER_CHOICE, with their names, where somebody must choose."""
    if wanted in names:
        return wanted
    if len(names) == 1 and not wanted:
        return names[0]
    listed = ", ".join(f"“{name[:60]}”" for name in names[:20])
    where = {"layers": [name[:200] for name in names[:200]]}
    which = "other" if wanted else "several"
    raise refused("LAYER_CHOICE", which, where=where, kind=kind, wanted=wanted, count=len(names), listed=listed)


def refuse_too_many_columns(count: int) -> None:
    if count > COLUMNS_AT_MOST:
        raise refused("COLUMNS", count=count, most=COLUMNS_AT_MOST)
