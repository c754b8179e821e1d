"""Places where a test may have this process killed, to see that what follows mends it."""

import os
import signal

_PASSED = {
    "build": "read checked rendered loaded before_record recorded cleaned",
    "candidate": "features geopackage downloads tiles before_rename",
    "stage": "linked before_rename",
    "publish": "before_stage staged before_commit committed announced",
}
FAILPOINTS = tuple(f"{part}.{name}" for part, names in _PASSED.items() for name in names.split())

# The one that kills; set from the settings, or by a test.
FAILPOINT: str | None = None


def failpoint(name: str) -> None:
    if name == FAILPOINT:
        os.kill(os.getpid(), signal.SIGKILL)


def arm(name: str) -> None:
    """Raises LookupError for a name that no code passes."""
    global FAILPOINT
    if name and name not in FAILPOINTS:
        raise LookupError(name)
    FAILPOINT = name or None
