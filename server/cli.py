"""The `sebar` command."""

import argparse
import getpass
import json
import logging
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from server.settings import Settings, UnknownSetting, completed, from_environment
from workflow.errors import SebarError

Command = Callable[..., int | object | None]
"""Does what was asked for, with the settings and its options; the exit code, or what is to be printed."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; the exit code. Settings that do not fit are said and end with 2."""
    parser, commands = _parser()
    given = vars(parser.parse_args(arguments))
    run = commands[given.pop("command")]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        said = (resolve_name(run) if isinstance(run, str) else run)(from_environment(), **given)
    except UnknownSetting as error:
        return _refused(str(error))
    except SebarError as fault:
        return _refused(f"{fault.detail} {fault.mend}".strip(), 1)
    if isinstance(said, int):
        return said
    if said is not None:
        print(said)
    return 0


def _refused(sentence: str, code: int = 2) -> int:
    print(sentence, file=sys.stderr)
    return code


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Command | str]]:
    """What runs a command is named where loading it takes long."""
    parser = argparse.ArgumentParser(prog="sebar", description="Gives a city's official data away.")
    sub = parser.add_subparsers(dest="command", required=True)
    commands: dict[str, Command | str] = {}

    def command(name: str, run: Command | str, sentence: str) -> argparse.ArgumentParser:
        commands[name] = run
        return sub.add_parser(name, help=sentence, description=sentence)

    serve = command("serve", "server.serving:serve_all", "Migrate, then start web and worker and restart what dies.")
    serve.add_argument("--no-worker", dest="workers", action="store_false", help="only the web processes")
    worker_ = command("worker", worker, "Read, check and build what is submitted; publish what is due.")
    worker_.add_argument("--slot", type=int, default=1, help="number of this worker, stable over restarts")
    command("web", "server.serving:serve_web", "Only the web processes, without supervision.")
    command("migrate", "server.store:migrate", "Bring the store to this version.")
    demo_ = command("demo", demo, "Fill an empty store with the sample city, or with the layers of a folder.")
    demo_.add_argument("--from", dest="folder", type=Path, help="folder with real layers")
    check = command("check", "server.file_check:print_findings", "Print the findings of a file, without a server.")
    check.add_argument("file", type=Path)
    check.add_argument("--crs", help="EPSG code, where the file does not say")
    check.add_argument("--statistics", action="store_true", help="check it as a table of statistics")
    command("checks", checks, "Print every check as the table of the README.")
    command("pygeoapi-config", pygeoapi_config, "Print the whole pygeoapi configuration.")
    ledger_ = command("ledger", ledger, "Export the ledger as JSON lines, or verify such a file.")
    ledger_.add_argument("action", choices=("export", "verify", "anchor"))
    ledger_.add_argument("file", type=Path, nargs="?")
    ledger_.add_argument("--anchors", type=Path, help="folder of anchors kept elsewhere")
    backup = command("backup", "server.backup:backup", "Copy records, uploads, documents and releases into a folder.")
    backup.add_argument("folder", type=Path)
    restore = command("restore", "server.backup:restore", "Fill an empty SEBAR_HOME from a backup and verify it.")
    restore.add_argument("folder", type=Path)
    command("verify", verify, "Ask a Sebar whether every published collection answers.").add_argument("url")
    command("doctor", "server.doctor:examine", "Say what this installation has and what it lacks.")
    user_ = command("user", user, "Add a person, or give one a new password.")
    user_.add_argument("username")
    user_.add_argument("--name")
    user_.add_argument("--agency")
    user_.add_argument("--role", action="append", default=[], help="produsen_data, walidata, pembina_data, admin")
    user_.add_argument("--kind", action="append", default=[], help="of a Pembina Data: geospatial, statistics")
    token_ = command("token", token, "Print a new token of a person.")
    token_.add_argument("username")
    return parser, commands


def worker(settings: Settings, slot: int) -> None:
    from server.app import create_journey
    from server.failpoints import arm
    from server.jobs import Worker

    arm(settings.failpoint)
    Worker(create_journey(settings), slot).run()


def demo(settings: Settings, folder: Path | None) -> None:
    from server.app import create_journey
    from server.demo import seed_demo, seed_folder
    from server.store import migrate

    migrate(settings)
    journey = create_journey(settings)
    if folder:
        seed_folder(journey, folder)
    else:
        seed_demo(journey)


def checks(_settings: Settings) -> str:
    from server.file_check import table_of_checks

    return table_of_checks()


def pygeoapi_config(settings: Settings) -> str:
    import yaml

    from server.ogc.configuration import configuration
    from server.store import open_records

    whole = configuration(open_records(settings).registry(), settings)
    printed: str = yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)
    return printed


def ledger(settings: Settings, action: str, file: Path | None, anchors: Path | None) -> int:
    """export prints; verify answers 0 whole, 2 broken; anchor writes one into --anchors."""
    from server.ledger_files import export_ledger, verify_ledger, write_anchor
    from server.store import open_records

    if action == "export":
        export_ledger(open_records(settings), sys.stdout)
        return 0
    if action == "anchor":
        print(write_anchor(open_records(settings), anchors or settings.home / "anchors"))
        return 0
    if file is None:
        return _refused("sebar ledger verify FILE [--anchors FOLDER]")
    result = verify_ledger(file, anchors)
    print(result.sentence)
    return 0 if result.whole else 2


def verify(_settings: Settings, url: str) -> int:
    """0 where each collection answers with as many features as it says, 1 otherwise."""
    wrong = 0
    root = url.rstrip("/")
    for collection in _get(f"{root}/ogc/collections?f=json")["collections"]:
        id = collection["id"]
        try:
            page = _get(f"{root}/ogc/collections/{id}/items?limit=1&f=json")
            print(f"{id}: {page['numberMatched']}")
        except (urllib.error.URLError, KeyError, ValueError) as error:
            wrong += 1
            print(f"{id}: {error}", file=sys.stderr)
    return 1 if wrong else 0


def _get(url: str) -> Any:
    if not url.startswith(("http://", "https://")):
        raise ValueError("an http address is needed")
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - http only, checked above
        return json.load(response)


def user(
    settings: Settings, username: str, name: str | None, agency: str | None, role: list[str], kind: list[str]
) -> int:
    from dataclasses import replace

    from server.access import HASHER
    from server.store import open_records
    from workflow.sop import Kind, Role
    from workflow.store import Person

    records = open_records(settings)
    known = records.person_by_username(username)
    asked = "Kata sandi (paling sedikit 12 huruf): "
    password = (getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).rstrip("\n")
    if len(password) < 12:
        return _refused("Kata sandi paling sedikit 12 huruf.")
    person = known or Person(str(uuid.uuid4()), username, username, agency or "", frozenset())
    person = replace(
        person,
        name=name or person.name,
        agency=agency or person.agency,
        roles=frozenset(Role(one) for one in role) or person.roles,
        kinds=frozenset(Kind(one) for one in kind) or person.kinds,
        password_hash=HASHER.hash(password),
    )
    records.save_person(person, actor="command-line", at=datetime.now(UTC))
    return 0


def token(settings: Settings, username: str) -> str | int:
    from server.access import new_token
    from server.app import create_journey

    journey = create_journey(completed(settings))
    person = journey.records.person_by_username(username)
    if person is None:
        return _refused(f"{username} tidak dikenal.")
    return new_token(journey, person.as_actor(), "command line")[0]


if __name__ == "__main__":
    sys.exit(main())
