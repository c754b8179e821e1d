"""Load on one address or many, and what the server spent on it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "templates" / "wrk.lua"
TICK = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Figures:
    """Requests per second, milliseconds, milliseconds of processor per request, share of failed requests.

    `first` is the milliseconds to the first byte of a whole download, which has no `p99`.
    """

    rate: float
    p50: float
    cpu: float
    p99: float = 0.0
    first: float = 0.0
    failed: float = 0.0


def drive(
    url: str,
    paths: Sequence[str],
    *,
    encoding: str,
    seconds: float,
    clients: int,
    seed: int,
    processes: Iterable[int],
) -> Figures:
    """`clients` at once draw from `paths` at random. `processes` are the roots of what works for the answer."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths))
        file.flush()
        roots = list(processes)
        before = cpu_seconds(roots)
        done = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "120s", "-s", SCRIPT, url],
            env={**os.environ, "BENCH_PATHS": file.name, "BENCH_SEED": str(seed), "BENCH_ENCODING": encoding},
            capture_output=True,
            text=True,
            check=True,
        )
        spent = cpu_seconds(roots) - before
    settle(roots)
    said = json.loads(done.stdout[done.stdout.index("BENCH{") + 5 :])
    answered = max(1, said["requests"])
    return Figures(
        rate=(said["requests"] - said["failed"]) / said["seconds"],
        p50=said["p50"],
        p99=said["p99"],
        cpu=1000 * spent / answered,
        failed=said["failed"] / answered,
    )


def fetch_whole(url: str, processes: Iterable[int]) -> Figures:
    """One download by one client."""
    roots = list(processes)
    before = cpu_seconds(roots)
    wanted = "%{time_total} %{time_starttransfer}"
    done = subprocess.run(
        ["curl", "-sf", "-m", "300", "-o", "/dev/null", "-w", wanted, url], capture_output=True, text=True, check=True
    )
    total, first = map(float, done.stdout.split())
    return Figures(1 / total, 1000 * total, 1000 * (cpu_seconds(roots) - before), first=1000 * first)


def settle(roots: list[int], patience: float = 60) -> None:
    """Waits until nobody works any more for clients that have left: that time would be taken from the next program."""
    until = time.monotonic() + patience
    spent, before = 1.0, cpu_seconds(roots)
    while spent > 0.02 and time.monotonic() < until:
        time.sleep(0.2)
        now = cpu_seconds(roots)
        spent, before = now - before, now


def tree(roots: Iterable[int]) -> set[int]:
    """These processes and all below them."""
    parents = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    found = set(roots) & parents.keys()
    while more := {pid for pid, stat in parents.items() if stat and int(stat[1]) in found and pid not in found}:
        found |= more
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time, of children that have ended too."""
    stats = (_stat(Path(f"/proc/{pid}")) for pid in tree(roots))
    return sum(sum(map(int, stat[11:15])) for stat in stats if stat) / TICK


def private_megabytes(roots: Iterable[int]) -> tuple[float, float]:
    """Memory that nothing else shares: of all, and of the largest process."""
    sizes = [_private(pid) for pid in tree(roots)] or [0]
    return sum(sizes) / MEGABYTE, max(sizes) / MEGABYTE


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (ProcessLookupError, FileNotFoundError, PermissionError):
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def _stat(folder: Path) -> list[str]:
    """The fields after the name, from the state on."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (ProcessLookupError, FileNotFoundError):
        return []
