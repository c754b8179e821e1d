"""The web processes: granian serving server.app."""

import os

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
        blocking_threads=min(8, 2 * (os.cpu_count() or 1)),
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()
