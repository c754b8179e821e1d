"""A copy of everything that makes this Sebar, and the way back from it."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from server.ledger_files import last_entry
from server.release.disk import sha256_of, whole_folder
from server.settings import Settings
from server.store import migrate, open_records
from server.store.copying import dump_records, load_records, show_releases
from workflow.errors import BadRequest, Broken, Conflict
from workflow.ledger import first_broken

AREAS = ("uploads", "documents", "candidates", "releases")
RECORDS = "records"
CONTENTS = "backup.json"


def backup(settings: Settings, folder: Path) -> str:
    """Copies records and files into a new folder; a sentence about it. Sebar may go on working meanwhile.

    Records first: every file that they name is written before them and never changed. Sessions, jobs and the key
    that signs sessions are left behind: builds that were under way are asked for again.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"Folder {folder} tidak kosong.", mend="Sebutkan folder baru untuk setiap cadangan.")
    with whole_folder(folder.absolute()) as work:
        contents = _write(settings, work)
    # Everybody's password hashes and what is not published lie in it.
    folder.chmod(0o700)
    return f"Cadangan di {folder}: {len(contents['files'])} berkas, {contents['ledger']['seq']} catatan buku besar."


def _write(settings: Settings, work: Path) -> dict[str, Any]:
    dump_records(settings, work / RECORDS)
    files = {name: _described(work / name) for name in _files(work)}
    copied: dict[tuple[int, int], Path] = {}
    for area in AREAS:
        for name in _files(settings.home, area):
            files[name] = _copy_once(settings.home / name, work / name, copied)
    contents = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ledger": _ledger_end(work / RECORDS / "ledger.jsonl"),
        "files": files,
    }
    (work / CONTENTS).write_text(json.dumps(contents, indent=1))
    return contents


def _files(root: Path, area: str = "") -> Iterator[str]:
    """Names below `root`, without what is still being written."""
    for path in sorted((root / area).rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _ledger_end(path: Path) -> dict[str, Any]:
    lines = path.read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1]) if lines else {"seq": 0, "hash": ""}
    return {"seq": last["seq"], "hash": last["hash"]}


def _copy_once(source: Path, target: Path, copied: dict[tuple[int, int], Path]) -> dict[str, Any]:
    """A release shares its files with its candidate; so do their copies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    status = source.stat()
    first = copied.setdefault((status.st_dev, status.st_ino), target)
    if first is target:
        shutil.copyfile(source, target)
    else:
        os.link(first, target)
    return _described(target)


def _described(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def restore(settings: Settings, folder: Path) -> str:
    """Fills an empty SEBAR_HOME and an empty database, then verifies files and ledger; a sentence about it.

    Raises Conflict where something is there already, BadRequest where the backup is not whole.
    """
    _refuse_inhabited(settings)
    contents = _checked(folder)
    copied: dict[tuple[int, int], Path] = {}
    for name, said in contents["files"].items():
        if name.startswith(RECORDS):
            continue
        if _copy_once(folder / name, settings.home / name, copied) != said:
            raise Broken(f"{name} tidak sama setelah disalin.")
        (settings.home / name).chmod(0o440)
    migrate(settings)
    load_records(settings, folder / RECORDS)
    show_releases(settings)
    _check_ledger(settings, contents["ledger"])
    count, last = len(contents["files"]), contents["ledger"]["seq"]
    return f"Pulih dari {folder}: {count} berkas, {last} catatan buku besar, utuh."


def _refuse_inhabited(settings: Settings) -> None:
    there = [name for name in (*AREAS, "sebar.sqlite") if (settings.home / name).exists()]
    if any(not (settings.home / name).is_dir() or any((settings.home / name).iterdir()) for name in there):
        raise Conflict.of("home_inhabited", home=settings.home)


def _checked(folder: Path) -> Mapping[str, Any]:
    """What the backup holds, after every file of it was hashed."""
    try:
        contents = json.loads((folder / CONTENTS).read_bytes())
        files = contents["files"]
        wrong = [name for name, said in files.items() if not _same(folder, name, said)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadRequest(f"{folder} bukan cadangan Sebar: {CONTENTS} tidak dapat dibaca.") from None
    if wrong:
        raise BadRequest.of("backup_damaged", count=len(wrong), first=wrong[0])
    return contents  # type: ignore[no-any-return]


def _same(folder: Path, name: str, said: Mapping[str, Any]) -> bool:
    parts = PurePosixPath(name).parts
    inside = parts[0] in (*AREAS, RECORDS) and ".." not in parts
    path = folder / name
    return inside and path.is_file() and not path.is_symlink() and _described(path) == said


def _check_ledger(settings: Settings, end: Mapping[str, Any]) -> None:
    with closing(open_records(settings)) as records:
        broken, last = first_broken(records.ledger()), last_entry(records)
    if broken is not None:
        raise Broken(f"Buku besar putus pada catatan nomor {broken}.")
    if (last.seq, last.hash) != (end["seq"], end["hash"]) if last else end["seq"] != 0:
        raise Broken("Buku besar yang pulih tidak berakhir seperti pada cadangan.")
