"""The web processes: granian serving server.app."""

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from server.settings import Settings


def serve_web(settings: Settings) -> None:
    """Serves until it is told to stop; a process that dies is started again."""
    Granian(
        "server.app:from_settings",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        # More of them fight for the interpreter's lock: the slowest answers then take ten times as long.
        blocking_threads=2,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()
