"""Files damaged at random, and what reading each of them ends with: `python -m tests.intake.mutations --count 10000`.

Every reading is a process of its own inside the real walls; it is forked from one that has imported everything, where
the server starts a new interpreter. What takes the answer up is the same as in the server.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zlib import crc32

from server.intake import read_upload, sandbox
from workflow.errors import BadUpload

ROOT = Path(__file__).parents[2]
HOSTILE = Path(os.environ.get("SEBAR_SHARED", ROOT.parent / "shared")) / "data" / "08_hostile"
LARGEST = 2 * 2**20
HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", bytes(4), b"\xff" * 8)
WRITTEN = (b"9" * 30, b"-1", b"1e999", b"NaN", b'""', b"\0", b"\xff\xfe", b"[" * 60, b"<" * 60, b"A" * 70_000)


def twins(folder: Path) -> None:
    """One small valid file of every format."""
    import geopandas
    import pyogrio
    from openpyxl import Workbook
    from shapely.geometry import Point

    points = [Point(109.66 + n / 1000, -6.88) for n in range(12)]
    data = geopandas.GeoDataFrame(
        {"kode": [f"33.75.0{n}" for n in range(12)], "nama": ["Café"] * 12, "jumlah": range(12), "luas": [1.5] * 12},
        geometry=points,
        crs=4326,
    )
    drivers = {"gpkg": "GPKG", "geojson": "GeoJSON", "kml": "LIBKML", "gml": "GML", "fgb": "FlatGeobuf"}
    for ending, driver in drivers.items():
        pyogrio.write_dataframe(data, folder / f"twin.{ending}", driver=driver)
    for path in folder.glob("*.xsd"):
        path.unlink()
    data.to_parquet(folder / "twin.parquet")
    shape = folder / "shape"
    shape.mkdir()
    pyogrio.write_dataframe(data, shape / "twin.shp", driver="ESRI Shapefile")
    zipped(folder / "twin.zip", {path.name: path.read_bytes() for path in sorted(shape.iterdir())})
    zipped(folder / "twin.kmz", {"doc.kml": (folder / "twin.kml").read_bytes()})
    for path in (*shape.iterdir(), shape):
        path.rmdir() if path.is_dir() else path.unlink()
    rows = [["Kode", "Nama", "Jumlah"], *([f"33.75.0{n}", "Barat", n * 1.5] for n in range(12))]
    (folder / "twin.csv").write_text("\n".join(";".join(map(str, row)) for row in rows))
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "twin.xlsx")
    zipped(folder / "twin.ods", opendocument(rows))


def opendocument(rows: Sequence[Sequence[object]]) -> dict[str, bytes]:
    def cell(value: object) -> str:
        kind = f'float" office:value="{value}' if isinstance(value, float) else "string"
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    names = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text"))
    names += ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    sheet = f'<table:table table:name="Data">{body}</table:table>'
    content = f"<office:document-content{names}><office:body><office:spreadsheet>{sheet}</office:spreadsheet>"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f"{content}</office:body></office:document-content>".encode(),
        "META-INF/manifest.xml": manifest.encode(),
    }


def zipped(path: Path | BytesIO, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def originals(folder: Path) -> list[Path]:
    """The twins, and the hostile files where they are."""
    found = [*folder.glob("twin.*"), *(HOSTILE.glob("*.*") if HOSTILE.exists() else ())]
    fit = (path for path in found if path.name != "manifest.csv" and 0 < path.stat().st_size < LARGEST)
    return sorted(fit, key=lambda path: path.name)


def flipped(content: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 1, 4, 64))):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)


def cut(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


def without(content: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(content))
    del content[start : start + dice.randint(1, 200)]


def repeated(content: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(content))
    block = content[start : start + dice.randint(1, 2000)]
    content[start:start] = block * dice.choice((1, 3, 200))


def with_huge_length(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(min(len(content), dice.choice((100, 4096, len(content)))))
    content[at : at + 4] = dice.choice(HUGE)


def rewritten(content: bytearray, dice: random.Random) -> None:
    """A number, a name or a text in it becomes something else."""
    found = [each.span() for each in re.finditer(rb"[\w.-]+", bytes(content[:50_000]))]
    start, end = dice.choice(found) if found else (0, 1)
    content[start:end] = dice.choice(WRITTEN)


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flipped,
    flipped,
    cut,
    without,
    repeated,
    with_huge_length,
    with_huge_length,
    rewritten,
    rewritten,
)


def damaged(content: bytes, others: Sequence[Path], dice: random.Random) -> bytes:
    """In one to three ways; half of the archives inside one of their members, so that they still open."""
    if content.startswith(b"PK") and dice.random() < 0.6 and (inside := _inside(content, others, dice)):
        return inside
    changed = bytearray(content)
    for _ in range(dice.randint(1, 3)):
        if dice.random() < 0.1:
            other = dice.choice(others).read_bytes()
            start = dice.randrange(len(other))
            at = dice.randrange(len(changed) + 1)
            changed[at:at] = other[start : start + dice.randint(1, 4000)]
        elif changed:
            dice.choice(DAMAGES)(changed, dice)
    return bytes(changed)


def _inside(content: bytes, others: Sequence[Path], dice: random.Random) -> bytes | None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = {each.filename: archive.read(each) for each in archive.infolist() if each.file_size < LARGEST}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
    filled = [name for name, inner in members.items() if inner]
    if not filled:
        return None
    name = dice.choice(filled)
    members[name] = damaged(members[name], others, dice)
    result = BytesIO()
    zipped(result, members)
    return result.getvalue()


def forked(folder: Path, seconds: int, progress: sandbox.Progress) -> int | None:
    """Stands in for sandbox._run: the same child, limits, folder and pipe, without the start of an interpreter."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _become_child(folder, writing, reading)
    os.close(writing)
    with open(reading, "rb", buffering=0) as pipe:
        in_time = sandbox._listen(pipe, time.monotonic() + seconds, progress)
    until = time.monotonic() + (5 if in_time else 0)
    while (ended := os.waitpid(process, os.WNOHANG))[0] == 0 and time.monotonic() < until:
        time.sleep(0.005)
    if ended[0] == 0:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return None
    return os.waitstatus_to_exitcode(ended[1])


def _become_child(folder: Path, pipe: int, other: int) -> None:
    from server.intake import child

    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.close(other)
        os.dup2(pipe, 1)
        os.close(pipe)
        errors = os.open("stderr", os.O_WRONLY | os.O_CREAT)
        os.dup2(errors, 2)
        os.close(errors)
        os.environ |= {"TMPDIR": str(folder), "HOME": str(folder)}
        sys.argv = ["child", str(folder)]
        code = child.main()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def slot(folder: Path, count: int, seed: int, first: int, every: int) -> None:
    """Reads its share, one JSON line for each: {n, name, outcome, seconds, said}."""
    from server.intake import child  # noqa: F401 - everything is imported once

    sandbox._run = forked
    said: list[str] = []
    sandbox.log.warning = lambda *parts: said.append(str(parts[-1]))
    files = originals(folder)
    with tempfile.TemporaryDirectory() as own:
        upload = Path(own) / "upload"
        for n in range(first, count, every):
            dice = random.Random(crc32(f"{seed}:{n}".encode()))  # noqa: S311 - to be repeated, not to be secret
            original = dice.choice(files)
            upload.write_bytes(damaged(original.read_bytes(), files, dice))
            started = time.monotonic()
            said.clear()
            try:
                read_upload(upload, original.name, reading={}, crs=None, progress=lambda *_: None)
                outcome = "read"
            except BadUpload as refused:
                outcome = refused.code if refused.detail and refused.mend else "without a sentence"
            except Exception:
                outcome = "unforeseen"
                said.append(traceback.format_exc())
            took = time.monotonic() - started
            line = {"n": n, "name": original.name, "outcome": outcome, "seconds": round(took, 2), "said": said}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


@dataclass
class Told:
    """`broken` were refused only because a process ended by itself: a fault of ours or of a library."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slow: str = ""
    late: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    dead: int = 0

    def take(self, line: dict[str, object]) -> None:
        outcome, name, seconds = str(line["outcome"]), f"{line['n']} of {line['name']}", float(str(line["seconds"]))
        self.outcomes[outcome] += 1
        if seconds > self.slowest:
            self.slowest, self.slow = seconds, name
        if outcome == "READ_TIME":
            self.late.append(name)
        if outcome in ("READ_STOPPED", "unforeseen"):
            said = line["said"]
            self.broken.append(f"{name}: {(said[-1] if isinstance(said, list) and said else '')[-900:]}")


def mutate(count: int, seed: int = 1, slots: int = 2) -> Told:
    """Reads `count` damaged files; the same seed and the same originals give the same ones."""
    told = Told()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        twins(folder)
        environment = {**sandbox._ENVIRONMENT, "PYTHONPATH": str(ROOT), "SEBAR_SHARED": str(HOSTILE.parents[1])}
        own = [
            sys.executable,
            "-P",
            "-W",
            "ignore",
            "-m",
            "tests.intake.mutations",
            "--count",
            str(count),
            "--seed",
            str(seed),
        ]
        processes = [
            subprocess.Popen(
                [*own, "--slots", str(slots), "--slot", str(n), name], env=environment, stdout=-1, text=True
            )
            for n in range(slots)
        ]
        for process in processes:
            with process:
                for line in process.stdout or ():
                    told.take(json.loads(line))
            told.dead += process.returncode != 0
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slots", type=int, default=2, help="how many are read side by side")
    parser.add_argument("--slot", type=int, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        slot(given.folder, given.count, given.seed, given.slot, given.slots)
        return 0
    started = time.monotonic()
    told = mutate(given.count, given.seed, given.slots)
    out = sys.stdout.write
    out(f"{told.outcomes.total()} damaged files in {time.monotonic() - started:.0f} s; ")
    out(f"the slowest took {told.slowest:.1f} s ({told.slow})\n")
    for outcome, count in told.outcomes.most_common():
        out(f"  {count:6} {outcome}\n")
    for kind, found in (("out of time", told.late), ("ended by themselves", told.broken)):
        out(f"{kind}: {len(found)}\n" + "".join(f"  {one}\n" for one in found[:40]))
    out(f"parents that died: {told.dead}; memory of a parent: ")
    out(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MB\n")
    return 1 if told.dead or told.outcomes.total() != given.count else 0


if __name__ == "__main__":
    sys.exit(main())
