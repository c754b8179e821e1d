"""The programs that are compared: how each is installed, configured, started, asked and ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from urllib.parse import quote, urlencode

CACHE = Path(os.environ.get("BENCH_CACHE", "~/.cache/sebar-bench")).expanduser()
TEMPLATES = Path(__file__).parent / "templates"
ROOT = Path(__file__).parents[1]
PROCESSES = 2
"""Of each server that has worker processes; the FastCGI programs, which answer one request each, have twice as many."""
PROGRAMS = tomllib.loads(Path(__file__).with_name("programs.toml").read_text())
PIP: dict[str, list[str]] = PROGRAMS["pip"]
DEBIAN: dict[str, list[str]] = PROGRAMS["debian"]


class Absent(SystemExit):
    """A program that cannot be measured here, and why; nobody can go on whom it was all about."""


@dataclass(frozen=True)
class Place:
    """Where the peers' data lies and where they may write."""

    folder: Path
    postgres_port: int
    rows: int

    @property
    def most(self) -> int:
        """Features that may be asked for at once."""
        return max(self.rows, 10_000)


@dataclass
class Peer:
    """A running program. `names` are its names of our layers, `cql` what it wants beside a filter in CQL2 text."""

    name: str
    url: str
    version: str
    root: str = ""
    json: Mapping[str, str] = field(default_factory=lambda: {"f": "json"})
    names: Mapping[str, str] = field(default_factory=dict)
    cql: Mapping[str, str] | None = None
    tiles: str | None = None
    whole: str | None = None
    processes: list[int] = field(default_factory=list)
    uses_postgres: bool = True

    def collection(self, layer: str) -> str:
        return f"{self.root}/collections/{self.names.get(layer, layer)}"

    def items(self, layer: str, **asked: object) -> str:
        return f"{self.collection(layer)}/items?{urlencode({**asked, **self.json}, safe=',', quote_via=quote)}"


def install(log: Callable[[str], None]) -> None:
    """What is missing and can be had: Debian's programs as root, the Python ones in environments of their own."""
    missing = [package for proof, package in DEBIAN.values() if not there(proof)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        log(f"installing {', '.join(missing)}")
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], check=False, **quiet)
    for name, packages in PIP.items():
        if not (CACHE / name / ".ready").exists():
            log(f"installing {' '.join(packages)}")
            subprocess.run([sys.executable, "-m", "venv", "--clear", CACHE / name], check=True)
            if not subprocess.run([CACHE / name / "bin" / "pip", "install", "-q", *packages], check=False).returncode:
                (CACHE / name / ".ready").touch()


def there(proof: str) -> bool:
    return Path(proof).exists() if proof.startswith("/") else shutil.which(proof) is not None


def need(*programs: str) -> None:
    for program in programs:
        proof, package = DEBIAN[program]
        if not there(proof):
            raise Absent(f"{program} is not installed (Debian: {package})")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[object], log: Path, ready: str = "", **environment: str) -> Iterator[int]:
    """The program's process id, once it answers at `ready`; it ends with the block, at the latest with this process."""
    with log.open("ab") as said:
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", *map(str, command)],
            cwd=ROOT,
            env=kept | environment,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            if ready:
                _wait(ready, process, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # multiwatch leaves what it watches to itself.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=30):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Absent(f"nothing answers at {url}: {log.read_text(errors='replace')[-1500:]}")


def filled(name: str, into: Path, **values: object) -> Path:
    into.write_text(Template((TEMPLATES / name).read_text()).substitute(values))
    return into


def said(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def _version(name: str, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return f"{package} {said(CACHE / name / 'bin' / 'python', '-c', code)}"


def _environment_of(name: str) -> Path:
    if not (CACHE / name / ".ready").exists():
        raise Absent(f"{name} could not be installed from the Python registry")
    return CACHE / name / "bin"


@contextmanager
def pygeoapi(place: Place) -> Iterator[Peer]:
    programs, port = _environment_of("pygeoapi"), free_port()
    url, folder = f"http://127.0.0.1:{port}", place.folder
    config = filled(
        "pygeoapi.yml", folder / "pygeoapi.yml", port=port, url=url, pg_port=place.postgres_port, most=place.most
    )
    where = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(folder / "pygeoapi-openapi.yml")}
    made = [programs / "pygeoapi", "openapi", "generate", config, "--output-file", where["PYGEOAPI_OPENAPI"]]
    subprocess.run(made, env={**os.environ, **where}, check=True, capture_output=True)
    command = (programs / "gunicorn", "-w", PROCESSES, "--threads", 4, "-b", f"127.0.0.1:{port}", "-t", 300)
    with running((*command, "pygeoapi.flask_app:APP"), folder / "pygeoapi.log", f"{url}/?f=json", **where) as pid:
        versions = f"{_version('pygeoapi', 'pygeoapi')}, {_version('pygeoapi', 'gunicorn')}"
        tiles = "/collections/bangunan/tiles/WebMercatorQuad/{z}/{y}/{x}?f=pbf"
        yield Peer("pygeoapi", url, versions, cql={"filter-lang": "cql2-text"}, tiles=tiles, processes=[pid])


@contextmanager
def tipg(place: Place) -> Iterator[Peer]:
    programs, port = _environment_of("tipg"), free_port()
    url = f"http://127.0.0.1:{port}"
    command = (programs / "uvicorn", "tipg.main:app", "--port", port, "--workers", PROCESSES, "--no-access-log")
    command += ("--timeout-worker-healthcheck", 300)  # a worker at work on a long answer would be ended
    settings = {
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{place.postgres_port}/bench",
        "TIPG_MAX_FEATURES_PER_QUERY": str(place.most),
        "TIPG_MAX_FEATURES_PER_TILE": str(place.most),
    }
    with running(command, place.folder / "tipg.log", f"{url}/?f=json", **settings) as pid:
        yield Peer(
            "tipg",
            url,
            f"{_version('tipg', 'tipg')}, {_version('tipg', 'uvicorn')}",
            json={"f": "geojson"},
            names={"bangunan": "public.bangunan", "kelurahan": "public.kelurahan"},
            cql={"filter-lang": "cql2-text"},
            tiles="/collections/public.bangunan/tiles/WebMercatorQuad/{z}/{x}/{y}",
            processes=[pid],
        )


@contextmanager
def qgis_server(place: Place) -> Iterator[Peer]:
    need("QGIS Server", "PyQGIS", "nginx", "spawn-fcgi", "multiwatch")
    folder = place.folder / "qgis"
    folder.mkdir()
    project, quiet = folder / "bench.qgs", {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder)}
    made = ["/usr/bin/python3", Path(__file__).with_name("qgis_project.py"), project, str(place.postgres_port)]
    subprocess.run(made, env={**os.environ, **quiet}, check=True, capture_output=True)
    settings = quiet | {
        "QGIS_PROJECT_FILE": str(project),
        "QGIS_SERVER_API_WFS3_MAX_LIMIT": str(place.most),
        "QGIS_SERVER_LOG_LEVEL": "2",
        "QGIS_SERVER_TRUST_LAYER_METADATA": "1",
    }
    with _fastcgi(folder, DEBIAN["QGIS Server"][0], "/wfs3.json", settings) as (url, processes):
        version = "QGIS Server " + said("dpkg-query", "-W", "-f", "${Version}", "qgis-server")
        yield Peer("QGIS Server", url, version, root="/wfs3", json={"f": "geojson"}, processes=processes)


@contextmanager
def mapserver(place: Place) -> Iterator[Peer]:
    need("MapServer", "nginx", "spawn-fcgi", "multiwatch")
    folder = place.folder / "mapserver"
    folder.mkdir()
    port = free_port()
    layer = Template((TEMPLATES / "mapserver-layer.map").read_text())
    layers = "".join(layer.substitute(name=name, pg_port=place.postgres_port) for name in ("bangunan", "kelurahan"))
    made = filled("mapserver.map", folder / "bench.map", url=f"http://127.0.0.1:{port}", most=place.most, layers=layers)
    config = folder / "mapserver.conf"
    config.write_text(f'CONFIG\n  ENV\n    MS_MAP_NO_PATH "1"\n  END\n  MAPS\n    bench "{made}"\n  END\nEND\n')
    program, root = shutil.which("mapserv"), "/mapserv/bench/ogcapi"
    settings = {"MAPSERVER_CONFIG_FILE": str(config)}
    with _fastcgi(folder, str(program), f"{root}/collections?f=json", settings, port) as (url, processes):
        version = "MapServer " + said("dpkg-query", "-W", "-f", "${Version}", "cgi-mapserver")
        yield Peer("MapServer", url, version, root=root, processes=processes)


@contextmanager
def _fastcgi(
    folder: Path, program: str, ready: str, settings: Mapping[str, str], port: int = 0
) -> Iterator[tuple[str, list[int]]]:
    """The program in as many processes as wait for PostgreSQL and work at once, behind nginx."""
    port = port or free_port()
    command = ["spawn-fcgi", "-n", "-s", folder / "socket", "--", shutil.which("multiwatch"), "-f", 2 * PROCESSES]
    with ExitStack() as stack:
        workers = stack.enter_context(running([*command, "--", program], folder / "log", **settings))
        for _ in range(100):
            if (folder / "socket").exists():
                break
            time.sleep(0.1)
        front = stack.enter_context(nginx(folder, port, ready))
        yield f"http://127.0.0.1:{port}", [workers, front]


@contextmanager
def nginx(folder: Path, port: int, ready: str) -> Iterator[int]:
    """Its process id; serves what lies in `folder`/files."""
    need("nginx")
    (folder / "files").mkdir(parents=True, exist_ok=True)
    user = "user root;" if os.geteuid() == 0 else ""
    config = filled("nginx.conf", folder / "nginx.conf", folder=folder, files=folder / "files", port=port, user=user)
    command = [shutil.which("nginx"), "-e", folder / "nginx.log", "-c", config]
    with running(command, folder / "nginx.log", f"http://127.0.0.1:{port}{ready}") as pid:
        yield pid


@contextmanager
def static(place: Place) -> Iterator[Peer]:
    """The limit: nginx and files; the bytes are put there when Sebar has answered."""
    folder, port = place.folder / "limit", free_port()
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "ready").write_text("")
    with nginx(folder, port, "/ready") as pid:
        version = said("nginx", "-v").removeprefix("nginx version: ")
        yield Peer("nginx", f"http://127.0.0.1:{port}", version, processes=[pid], uses_postgres=False)
