"""Places where a test may have this process killed, to see that what follows mends it."""

import os
import signal

FAILPOINTS = (
    "build.read",
    "build.checked",
    "build.rendered",
    "build.loaded",
    "build.before_record",
    "build.recorded",
    "build.cleaned",
    "candidate.features",
    "candidate.geopackage",
    "candidate.downloads",
    "candidate.tiles",
    "candidate.before_rename",
    "publish.before_stage",
    "stage.linked",
    "stage.before_rename",
    "publish.staged",
    "publish.before_commit",
    "publish.committed",
    "publish.announced",
)

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
