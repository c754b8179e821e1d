"""`sebar serve`: migrate, start, say where; and the web processes, granian serving server.app."""

import secrets
import socket
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime

from server.intake.sandbox import prove_sandbox
from server.settings import Settings
from server.supervisor import Child, Supervisor
from workflow.errors import Broken, Conflict

ACCOUNTS = ("produsen", "produsen2", "walidata", "pembina-statistik", "pembina-geospasial", "admin")


def serve_all(settings: Settings, *, workers: bool) -> int:
    from server.reference import prefill_holidays
    from server.store import migrate, open_records

    refuse_taken_port(settings)
    migrate(settings)
    records = open_records(settings)
    prefill_holidays(records, datetime.now(UTC))
    records.close()
    try:
        prove_sandbox()
    except Broken as error:
        sys.stderr.write(f"Unggahan ditolak sampai ini diperbaiki: {error.detail}\n")
    children = [Child(("web",))]
    if workers:
        children.append(Child(("worker", "--slot", "1")))
    if settings.demo:
        demo_password(settings)
        children.append(Child(("demo",), once=True))
    Supervisor(children).run(lambda: _answers(settings), lambda: _tell(settings))
    return 0


def refuse_taken_port(settings: Settings) -> None:
    """Raises Conflict: granian shares its port, and readers would get answers of two servers in turns."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            why = error.strerror
            raise Conflict.of("port_taken", host=settings.host, port=settings.port, why=why) from None


def demo_password(settings: Settings) -> str:
    """The sample city's password: the setting, or one made up once and kept in SEBAR_HOME."""
    path = settings.home / "demo_password"
    if settings.demo_password:
        return settings.demo_password
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text()


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def serve_web(settings: Settings) -> None:
    """Serves until it is told to stop; a process that dies is started again."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

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


def _tell(settings: Settings) -> None:
    out = sys.stdout.write
    out(f"\nSebar menjawab di {settings.url}\n")
    out(f"  portal    {settings.url}/\n")
    out(f"  OGC API   {settings.url}/ogc\n")
    out(f"  meja      {settings.url}/masuk\n")
    if settings.demo:
        out("\nKota contoh sedang diisi; akun (kata sandi sama untuk semua):\n")
        out(f"  {', '.join(ACCOUNTS)}\n  kata sandi: {demo_password(settings)}\n")
    out("\nCtrl-C menghentikan semuanya.\n")
    sys.stdout.flush()
