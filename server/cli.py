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
from typing import Any

from server.settings import Settings, UnknownSetting, completed, from_environment
from workflow.errors import SebarError

Given = argparse.Namespace
Command = Callable[[Settings, Given], int | None]
"""Does what was asked for; the exit code, None for 0."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; the exit code. Settings that do not fit are said and end with 2."""
    parser, commands = _parser()
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return commands[given.command](from_environment(), given) or 0
    except UnknownSetting as error:
        return _refused(str(error))
    except SebarError as fault:
        return _refused(f"{fault.detail} {fault.mend}".strip(), 1)


def _refused(sentence: str, code: int = 2) -> int:
    print(sentence, file=sys.stderr)
    return code


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Command]]:
    parser = argparse.ArgumentParser(prog="sebar", description="Gives a city's official data away.")
    sub = parser.add_subparsers(dest="command", required=True)
    commands: dict[str, Command] = {}

    def command(name: str, run: Command, sentence: str) -> argparse.ArgumentParser:
        commands[name] = run
        return sub.add_parser(name, help=sentence, description=sentence)

    serve_ = command("serve", serve, "Migrate, then start web and worker and restart what dies.")
    serve_.add_argument("--no-worker", action="store_true", help="only the web processes")
    worker_ = command("worker", worker, "Read, check and build what is submitted; publish what is due.")
    worker_.add_argument("--slot", type=int, default=1, help="number of this worker, stable over restarts")
    command("web", web, "Only the web processes, without supervision.")
    command("migrate", migrate_, "Bring the store to this version.")
    demo_ = command("demo", demo, "Fill an empty store with the sample city, or with the layers of a folder.")
    demo_.add_argument("--from", dest="folder", type=Path, help="folder with real layers")
    check_ = command("check", check, "Print the findings of a file, without a server.")
    check_.add_argument("file", type=Path)
    check_.add_argument("--crs", help="EPSG code, where the file does not say")
    check_.add_argument("--statistics", action="store_true", help="check it as a table of statistics")
    command("checks", checks, "Print every check as the table of the README.")
    command("pygeoapi-config", pygeoapi_config, "Print the whole pygeoapi configuration.")
    ledger_ = command("ledger", ledger, "Export the ledger as JSON lines, or verify such a file.")
    ledger_.add_argument("action", choices=("export", "verify", "anchor"))
    ledger_.add_argument("file", type=Path, nargs="?")
    ledger_.add_argument("--anchors", type=Path, help="folder of anchors kept elsewhere")
    backup_to = command("backup", backup_, "Copy records, uploads, documents and releases into a folder.")
    backup_to.add_argument("folder", type=Path)
    restore_from = command("restore", restore_, "Fill an empty SEBAR_HOME from a backup and verify it.")
    restore_from.add_argument("folder", type=Path)
    command("verify", verify, "Ask a Sebar whether every published collection answers.").add_argument("url")
    command("doctor", doctor, "Say what this installation has and what it lacks.")
    user_ = command("user", user, "Add a person, or give one a new password.")
    user_.add_argument("username")
    user_.add_argument("--name")
    user_.add_argument("--agency")
    user_.add_argument("--role", action="append", default=[], help="produsen_data, walidata, pembina_data, admin")
    user_.add_argument("--kind", action="append", default=[], help="of a Pembina Data: geospatial, statistics")
    token_ = command("token", token, "Print a new token of a person.")
    token_.add_argument("username")
    return parser, commands


def serve(settings: Settings, given: Given) -> int:
    from server.serving import serve_all

    return serve_all(settings, workers=not given.no_worker)


def web(settings: Settings, _given: Given) -> None:
    from server.web import serve_web

    serve_web(settings)


def worker(settings: Settings, given: Given) -> None:
    from server.app import create_journey
    from server.failpoints import arm
    from server.jobs import Worker

    arm(settings.failpoint)
    Worker(create_journey(settings), given.slot).run()


def migrate_(settings: Settings, _given: Given) -> None:
    from server.store import migrate

    migrate(settings)


def demo(settings: Settings, given: Given) -> None:
    from server.app import create_journey
    from server.demo import seed_demo, seed_folder

    journey = create_journey(settings)
    if given.folder:
        seed_folder(journey, given.folder)
    else:
        seed_demo(journey)


def check(settings: Settings, given: Given) -> int:
    """0 without blocking findings, 1 with some, 2 where the file cannot be read."""
    from server.file_check import print_findings

    return print_findings(given.file, crs=given.crs, statistics=given.statistics)


def checks(_settings: Settings, _given: Given) -> None:
    from server.file_check import table_of_checks

    print(table_of_checks())


def pygeoapi_config(settings: Settings, _given: Given) -> None:
    import yaml

    from server.ogc.configuration import configuration
    from server.store import open_records

    whole = configuration(open_records(settings).registry(), settings)
    print(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))


def ledger(settings: Settings, given: Given) -> int:
    """export prints; verify answers 0 whole, 2 broken; anchor writes one into --anchors."""
    from server.ledger_files import export_ledger, verify_ledger, write_anchor
    from server.store import open_records

    if given.action == "export":
        export_ledger(open_records(settings), sys.stdout)
        return 0
    if given.action == "anchor":
        print(write_anchor(open_records(settings), given.anchors or settings.home / "anchors"))
        return 0
    if given.file is None:
        return _refused("sebar ledger verify FILE [--anchors FOLDER]")
    result = verify_ledger(given.file, given.anchors)
    print(result.sentence)
    return 0 if result.whole else 2


def backup_(settings: Settings, given: Given) -> None:
    from server.backup import backup

    print(backup(settings, given.folder))


def restore_(settings: Settings, given: Given) -> None:
    from server.backup import restore

    print(restore(settings, given.folder))


def verify(_settings: Settings, given: Given) -> int:
    """0 where each collection answers with as many features as it says, 1 otherwise."""
    wrong = 0
    root = given.url.rstrip("/")
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


def doctor(settings: Settings, _given: Given) -> int:
    from server.doctor import examine

    return examine(settings)


def user(settings: Settings, given: Given) -> int:
    from dataclasses import replace

    from server.access import HASHER
    from server.store import open_records
    from workflow.sop import Kind, Role
    from workflow.store import Person

    records = open_records(settings)
    known = records.person_by_username(given.username)
    asked = "Kata sandi (paling sedikit 12 huruf): "
    password = (getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).rstrip("\n")
    if len(password) < 12:
        return _refused("Kata sandi paling sedikit 12 huruf.")
    person = known or Person(str(uuid.uuid4()), given.username, given.username, given.agency or "", frozenset())
    person = replace(
        person,
        name=given.name or person.name,
        agency=given.agency or person.agency,
        roles=frozenset(Role(name) for name in given.role) or person.roles,
        kinds=frozenset(Kind(name) for name in given.kind) or person.kinds,
        password_hash=HASHER.hash(password),
    )
    records.save_person(person, actor="command-line", at=datetime.now(UTC))
    return 0


def token(settings: Settings, given: Given) -> int:
    from server.access import new_token
    from server.app import create_journey

    journey = create_journey(completed(settings))
    person = journey.records.person_by_username(given.username)
    if person is None:
        return _refused(f"{given.username} tidak dikenal.")
    print(new_token(journey, person.as_actor(), "command line")[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
