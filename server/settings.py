"""Every setting: name, default and one sentence. Nothing else reads the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class UnknownSetting(Exception):
    """A SEBAR_ variable that no setting has, or a value that does not fit."""


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"help": sentence})


@dataclass(frozen=True)
class Settings:
    """The values of one installation. `home` holds records, uploads, candidates and releases."""

    home: Path = _setting(ROOT / "data" / "local", "Folder of records, uploads, candidates and releases.")  # noqa: RUF009 - makes a field
    host: str = _setting("127.0.0.1", "Address to listen on; a proxy stands in front of anything but loopback.")
    port: int = _setting(8000, "Port to listen on.")
    url: str = _setting("", "Public address, used in every absolute link; default http://HOST:PORT.")
    database_url: str | None = _setting(
        None, "PostgreSQL with PostGIS (postgresql://…); the embedded store without it."
    )
    migration_url: str | None = _setting(None, "The same database as its owner, for migrations only.")
    city: str = _setting("Kota Pekalongan", "Name of the city, in headings, metadata and letters.")
    office: str = _setting(
        "Dinas Komunikasi dan Informatika Kota Pekalongan", "The Walidata's office, in letterheads and metadata."
    )
    office_address: str = _setting("", "Its address.")
    office_email: str = _setting("", "Its mail address.")
    office_phone: str = _setting("", "Its telephone.")
    workers: int = _setting(2, "Web processes.")
    upload_limit: int = _setting(512 * 1024 * 1024, "Largest request in bytes.")
    upload_total: int = _setting(2 * 1024**3, "Largest file in bytes that may be sent in parts.")
    upload_quota: int = _setting(4 * 1024**3, "Bytes of one person's files in parts that are not submitted yet.")
    crs: str = _setting(
        "4326,3857,9470,9489,32749,23879,23835",
        "EPSG codes of the coordinate systems offered beside CRS84, with commas.",
    )
    demo: bool = _setting(False, "1 creates the sample city and its accounts.")
    demo_password: str = _setting("", "Password of the sample city's accounts; made up and printed where it is empty.")
    secret_key: str = _setting("", "Key that signs sessions; made once and kept in SEBAR_HOME where it is empty.")
    proxy_hops: int = _setting(0, "Number of trusted proxies in front.")
    step_days: str = _setting("submit=3,verify=5,approve=5,publish=2", "Days of each step of the SOP.")
    counting: str = _setting("hari kerja", "How days are counted: hari kerja or kalender.")
    cutoff: str = _setting("15:30", "What arrives after this hour (WIB) counts from the next working day.")
    letter_number: str = _setting(
        "{klasifikasi}/{urut}/{kode_unit}/{tahun}",
        "Number of a printed document; knows klasifikasi, urut, kode_unit and tahun.",
    )
    letter_class: str = _setting("500.14.1", "Archive classification that letter numbers start with.")
    unit_code: str = _setting("KOMINFO", "Code of the Walidata's unit in letter numbers.")
    smtp_url: str = _setting(
        "", "Mail server for copies of notices (smtp://user:password@host:587); none goes where it is empty."
    )
    mail_from: str = _setting("", "Sender of the mails; default the office's address.")
    moved_metres: str = _setting(
        "0.5", "A feature moved if a vertex lies further than this from its old shape; 0: by any served digit."
    )
    failpoint: str = _setting("", "Name of the step at which a test kills the process.")


HELP: dict[str, str] = {entry.name: entry.metadata["help"] for entry in fields(Settings)}


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Raises UnknownSetting with the sentence that mends it."""
    environ = os.environ if environ is None else environ
    kinds = {entry.name: entry.type for entry in fields(Settings)}
    given: dict[str, Any] = {}
    for variable, text in environ.items():
        # SEBAR_SHARED belongs to the tests: where the real files are.
        if not variable.startswith("SEBAR_") or variable == "SEBAR_SHARED":
            continue
        name = variable.removeprefix("SEBAR_").lower()
        if name not in kinds:
            known = ", ".join(f"SEBAR_{entry.upper()}" for entry in kinds)
            raise UnknownSetting(f"{variable} is not a setting. Known: {known}")
        given[name] = _value(variable, str(kinds[name]), text)
    return completed(Settings(**given))


def _value(variable: str, kind: str, text: str) -> Any:
    try:
        if kind == "int":
            return int(text)
        if kind == "bool":
            return {"0": False, "": False, "1": True}[text]
        if variable == "SEBAR_MOVED_METRES" and not 0 <= float(text) < 1_000_000:
            raise ValueError(text)
        if variable == "SEBAR_CRS":
            from server.ogc.coordinates import uris  # PROJ is for those who set it

            uris(text)
    except (ValueError, KeyError):
        raise UnknownSetting(f"{variable}={text!r} does not fit: {HELP[variable[6:].lower()]}") from None
    if kind == "Path":
        return Path(text).expanduser().resolve()
    return text or None if "None" in kind else text


def completed(settings: Settings) -> Settings:
    """The same settings with public address and secret key filled in; makes SEBAR_HOME."""
    settings.home.mkdir(parents=True, exist_ok=True)
    url = (settings.url or f"http://{settings.host}:{settings.port}").rstrip("/")
    return replace(settings, url=url, secret_key=settings.secret_key or _kept(settings.home / "secret_key"))


def _kept(path: Path) -> str:
    """The secret in this file, made the first time; several processes agree on one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret
