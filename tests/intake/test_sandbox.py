"""The walls around reading, each tried from inside."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from server.intake import prove_sandbox, read_upload, sandbox, walls
from server.intake.sandbox import Limits, ask_child
from tests.intake.conftest import Listener, collection, feature, point
from workflow.errors import BadUpload, Broken

ROOT = Path(__file__).parents[2]
FORBIDDEN = sorted(walls.forbidden_numbers())
NEW = {"io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "mount_setattr": 442, "what comes next": 999}

Inside = Callable[..., dict[str, object]]

PROLOGUE = """
import ctypes, errno, json, os, socket, sys, threading
from pathlib import Path
from server.intake import walls
here = Path(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
def refusal(attempt):
    try:
        attempt()
    except OSError as fault:
        return errno.errorcode[fault.errno]
    return "it worked"
def call(number):
    libc.syscall(*(ctypes.c_long(each) for each in (number, 0, 0, 0, 0, 0, 0)))
    return errno.errorcode.get(ctypes.get_errno(), "it worked")
def seal(**limits):
    chosen = {"memory": 2**31, "seconds": 60, "file_size": 2**20, **limits}
    return walls.seal(readable=[], writable=[here], parent=os.getppid(), **chosen)
said = {}
"""


def run_inside(folder: Path, script: str, **how: object) -> subprocess.CompletedProcess[str]:
    """Runs a script of a reading process's making in `folder`; `said` is what it answers."""
    code = PROLOGUE + textwrap.dedent(script) + "\nprint(json.dumps(said))"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, str(folder)],
        env={"PYTHONPATH": str(ROOT), "JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **how,  # type: ignore[call-overload]
    )


def answer(folder: Path, script: str) -> dict[str, object]:
    done = run_inside(folder, script)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What every forbidden system call answers, all tried in one process."""
    numbers = {**walls.forbidden_numbers(), **NEW}
    # Last, because nothing after them could be told where they worked.
    last = ("fork", "vfork", "kill", "setsid", "execve")
    order = sorted(numbers, key=lambda name: (name in last, name))
    script = f"seal()\nfor name, number in {[(name, numbers[name]) for name in order]!r}: said[name] = call(number)"
    return answer(tmp_path_factory.mktemp("inside"), script)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_reading_process_cannot_call(name: str, calls: dict[str, object]) -> None:
    assert calls[name] == "EPERM"


@pytest.mark.parametrize("name", NEW)
def test_a_new_system_call_does_not_exist_for_a_reading_process(name: str, calls: dict[str, object]) -> None:
    assert calls[name] == "ENOSYS"


def test_a_reading_process_may_start_threads_but_no_process(tmp_path: Path) -> None:
    script = """
    seal()
    thread = threading.Thread(target=lambda: said.update(thread="ran", inside=refusal(os.fork)))
    thread.start(); thread.join()
    said["clone"] = call({"x86_64": 56, "aarch64": 220}[os.uname().machine])
    """
    assert answer(tmp_path, script) == {"thread": "ran", "inside": "EPERM", "clone": "EPERM"}


def test_a_reading_process_reaches_no_other_process(tmp_path: Path) -> None:
    script = """
    import resource, signal
    seal()
    said["signal"] = refusal(lambda: os.kill(os.getppid(), 0))
    said["limits"] = refusal(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU))
    said["own limits"] = resource.getrlimit(resource.RLIMIT_CORE)
    """
    assert answer(tmp_path, script) == {"signal": "EPERM", "limits": "EPERM", "own limits": [0, 0]}


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "os.listdir('/')",
        "open(f'/proc/{os.getppid()}/environ')",
        "open(here.parent / 'other')",
        "open(here.parent / 'new', 'w')",
        "os.unlink(here.parent / 'other')",
        "os.rename(here / 'mine', here.parent / 'mine')",
        "os.symlink('/etc/passwd', here / 'link')",
        "os.mkfifo(here / 'pipe')",
        "os.truncate(here.parent / 'other', 0)",
    ],
)
def test_a_reading_process_sees_and_touches_nothing_but_its_own_folder(attempt: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "mine").write_text("x")
    (tmp_path / "other").write_text("another upload")
    said = answer(
        here, f"seal()\nsaid['mine'] = open(here / 'mine').read()\nsaid['other'] = refusal(lambda: {attempt})"
    )
    assert said["mine"] == "x"
    assert said["other"] in ("EACCES", "EPERM", "EXDEV")
    assert (tmp_path / "other").read_text() == "another upload"


def test_an_upload_can_be_read_but_not_changed(tmp_path: Path) -> None:
    upload, here = tmp_path / "upload", tmp_path / "here"
    upload.write_text("x")
    here.mkdir()
    script = f"""
    upload = Path({str(upload)!r})
    walls.seal(readable=[upload], writable=[here], parent=os.getppid(), memory=2**31, seconds=60, file_size=100)
    said["read"] = upload.read_text()
    said["write"] = refusal(lambda: upload.write_text("y"))
    """
    assert answer(here, script) == {"read": "x", "write": "EACCES"}


def test_without_landlock_nothing_is_read(tmp_path: Path) -> None:
    done = run_inside(tmp_path, "walls._landlock_version = lambda: -1\nseal()")
    assert done.returncode != 0
    assert "no Landlock" in done.stderr


def test_without_a_table_of_system_calls_nothing_is_read(tmp_path: Path) -> None:
    done = run_inside(tmp_path, "walls.platform.machine = lambda: 'riscv64'\nseal()")
    assert done.returncode != 0
    assert "no table of system calls for riscv64" in done.stderr


def test_a_thread_that_would_stay_outside_is_noticed(tmp_path: Path) -> None:
    done = run_inside(tmp_path, "threading.Thread(target=threading.Event().wait, daemon=True).start()\nseal()")
    assert done.returncode != 0
    assert "another thread" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
def test_a_normal_user_has_the_same_walls(tmp_path: Path) -> None:
    pythons = [Path(sys.executable).resolve(), Path("/usr/bin/python3")]
    python = next((each for each in pythons if each.exists() and open_to_all(each)), None)
    if python is None or not open_to_all(Path(walls.__file__)):
        pytest.skip("nobody may not run a Python here, or may not read this repository")
    script = """
import importlib.util, json, os, pathlib, socket, sys, tempfile
spec = importlib.util.spec_from_file_location("walls", sys.argv[1])
walls = importlib.util.module_from_spec(spec)
spec.loader.exec_module(walls)
here = pathlib.Path(tempfile.mkdtemp())
walls.seal(readable=[], writable=[here], parent=os.getppid(), memory=2**31, seconds=60, file_size=99)
tried = {
    "socket": socket.socket,
    "fork": os.fork,
    "passwd": lambda: open("/etc/passwd"),
    "outside": lambda: open(here.parent / "sebar-lolos", "w"),
}
said = {"user": os.getuid()}
for name, attempt in tried.items():
    try:
        attempt()
    except PermissionError:
        said[name] = "refused"
(here / "own").write_text("x")
print(json.dumps(said))
"""
    done = subprocess.run(
        [python, "-B", "-c", script, walls.__file__],
        user=65534,
        group=65534,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    refused = dict.fromkeys(("socket", "fork", "passwd", "outside"), "refused")
    assert json.loads(done.stdout) == {"user": 65534} | refused


def open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.parents) and bool(path.stat().st_mode & 0o004)


@pytest.mark.skipif(os.getuid() != 0, reason="only root has capabilities to lose")
def test_root_keeps_no_capability(tmp_path: Path) -> None:
    said = answer(tmp_path, "status = open('/proc/self/status')\nseal()\nsaid['status'] = status.read()")
    lines = dict(line.split(":\t") for line in str(said["status"]).splitlines() if line.startswith("Cap"))
    assert {lines[kind] for kind in ("CapEff", "CapPrm", "CapInh")} == {"0" * 16}


def test_the_walls_stand_on_this_machine() -> None:
    prove_sandbox()


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reading process's own code, in a copy that a test may damage."""
    root = tmp_path / "salinan"
    for package in ("server", "workflow"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("static", "pages", "__pycache__"))
    monkeypatch.setattr(sandbox, "_ROOT", root)
    return root / "server" / "intake"


@pytest.mark.parametrize("call", ["socket", "ptrace", "unshare"])
def test_a_call_that_is_let_through_is_found_by_the_proof(call: str, copied: Path) -> None:
    table = copied / "system_calls.csv"
    lines = [line for line in table.read_text().splitlines() if not line.startswith(f"{call},")]
    table.write_text("\n".join(lines))
    with pytest.raises(Broken, match=rf"bocor: .*'{call}'"):
        prove_sandbox()


def test_files_that_can_be_opened_are_found_by_the_proof(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (copied / "walls.py").read_text()
    assert "    _set_landlock(readable, writable)\n" in code
    (copied / "walls.py").write_text(code.replace("    _set_landlock(readable, writable)\n", ""))
    with pytest.raises(Broken, match=r"/etc/passwd.*list.*write outside"):
        prove_sandbox()
    assert (tmp_path / "sebar-lolos").exists()


def test_the_parents_open_files_and_settings_stay_with_it(
    tmp_path: Path, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEBAR_SECRET_KEY", "rahasia")
    with open(tmp_path / "rahasia", "w") as secret:
        os.set_inheritable(secret.fileno(), True)
        prove_sandbox()
        monkeypatch.setattr(sandbox.subprocess, "Popen", partial(subprocess.Popen, close_fds=False))
        with pytest.raises(Broken, match="left open"):
            prove_sandbox()
    monkeypatch.undo()
    monkeypatch.setitem(sandbox._ENVIRONMENT, "SEBAR_SECRET_KEY", "rahasia")
    with pytest.raises(Broken, match="left open"):
        prove_sandbox()


def test_a_reader_that_was_fooled_calls_nobody_and_opens_nothing_else(tmp_path: Path, listener: Listener) -> None:
    """With every driver of GDAL, and no look at the content beforehand."""
    service, local, secret = tmp_path / "layanan.xml", tmp_path / "peta.vrt", tmp_path / "lain.geojson"
    service.write_text(f"<OGRWFSDataSource><URL>http://127.0.0.1:{listener.port}/wfs</URL></OGRWFSDataSource>")
    secret.write_text(collection(feature(point(1, 2), nama="isi berkas lain")))
    source = f"<SrcDataSource>{secret}</SrcDataSource>"
    local.write_text(f'<OGRVRTDataSource><OGRVRTLayer name="lain">{source}</OGRVRTLayer></OGRVRTDataSource>')
    here = tmp_path / "here"
    here.mkdir()
    script = f"""
    import pyogrio, warnings
    warnings.simplefilter("ignore")
    from server.intake import spatial
    data = spatial.prepare()
    files = [Path({str(service)!r}), Path({str(local)!r})]
    if SEALED:
        chosen = {{"memory": 2**32, "seconds": 60, "file_size": 100}}
        walls.seal(readable=[*data, *files], writable=[here], parent=os.getppid(), **chosen)
    for file in files:
        try:
            said[file.name] = str(pyogrio.raw.read(file))
        except Exception as fault:
            said[file.name] = str(fault)
    """
    without = answer(here, script.replace("SEALED", "False"))
    assert "isi berkas lain" in str(without["peta.vrt"])
    assert listener.calls
    calls_without = listener.calls
    within = answer(here, script.replace("SEALED", "True"))
    assert listener.calls == calls_without
    assert "isi berkas lain" not in str(within["peta.vrt"])


def test_a_reading_process_gets_no_more_processor_time_than_its_limit(tmp_path: Path) -> None:
    done = run_inside(tmp_path, "seal(seconds=1)\nwhile True: pass")
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_a_reading_process_gets_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    said = answer(
        tmp_path,
        """
        seal(memory=600 * 2**20)
        try:
            bytearray(2**30)
        except MemoryError:
            said["memory"] = "refused"
        """,
    )
    assert said == {"memory": "refused"}


def test_a_reading_process_writes_no_larger_file_than_its_limit(tmp_path: Path) -> None:
    script = """
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    seal(file_size=1000)
    said["write"] = refusal(lambda: (here / "besar").write_bytes(bytes(2000)))
    """
    assert answer(tmp_path, script) == {"write": "EFBIG"}


def test_a_reading_process_that_sleeps_is_ended_by_the_clock(copied: Path) -> None:
    """It uses no processor time, so only its parent can end it."""
    child = copied / "child.py"
    child.write_text(child.read_text().replace('    _progress("Kenali", 0, 0)\n', "    threading.Event().wait()\n", 1))
    child.write_text(child.read_text().replace("import socket\n", "import socket\nimport threading\n", 1))
    spec = {"path": str(child), "filename": "a", "reading": {}}
    with pytest.raises(BadUpload) as ended, ask_child("read", spec, limits=Limits(2**31, 3, 2**20)):
        pass
    assert ended.value.code == "READ_TIME"


def test_a_reading_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = tmp_path / "upload"
    upload.write_text(collection(feature(point(109.6, -6.9))))
    monkeypatch.setattr(Limits, "of", classmethod(lambda cls, size: cls(2**31, 0, 2**20)))
    with pytest.raises(BadUpload) as refused:
        read_upload(upload, "a", reading={}, crs=None, progress=lambda *_: None)
    assert refused.value.code == "READ_TIME"


def test_a_reading_that_needs_too_much_memory_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = tmp_path / "upload"
    upload.write_text("kode;nama\n" + "1;Pekalongan Barat\n" * 2_000_000)
    monkeypatch.setattr(Limits, "of", classmethod(lambda cls, size: cls(500 * 2**20, 300, 2**30)))
    with pytest.raises(BadUpload) as refused:
        read_upload(upload, "a", reading={}, crs=None, progress=lambda *_: None)
    assert refused.value.code in ("READ_MEMORY", "READ_STOPPED")


def test_the_reading_process_ends_with_its_parent(tmp_path: Path) -> None:
    script = f"""
    import subprocess
    code = "import os, sys, time; from pathlib import Path; from server.intake import walls;" \\
        "limits = dict(memory=2**31, seconds=60, file_size=99);" \\
        "walls.seal(readable=[], writable=[Path(sys.argv[1])], parent=os.getppid(), **limits);" \\
        "print('sealed', flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-P", "-c", code, {str(tmp_path)!r}], stdout=subprocess.PIPE)
    child.stdout.readline()
    said["child"] = child.pid
    """
    child = int(str(answer(tmp_path, script)["child"]))
    for _ in range(100):
        if not alive(child):
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_child_knows_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEBAR_SECRET_KEY", "rahasia")
    seen: dict[str, str] = {}

    def start(*_: object, env: dict[str, str], **__: object) -> None:
        seen.update(env)
        raise FileNotFoundError

    monkeypatch.setattr(sandbox.subprocess, "Popen", start)
    with pytest.raises(FileNotFoundError), ask_child("prove", {}, limits=Limits.of(0)):
        pass
    assert "rahasia" not in str(seen)
    assert seen["PROJ_NETWORK"] == "OFF"


def test_there_is_a_table_for_both_architectures() -> None:
    with open(Path(walls.__file__).with_name("system_calls.csv"), encoding="ascii") as file:
        for call in csv.DictReader(file):
            assert set(call) == {"name", "x86_64", "aarch64"}
            assert call["x86_64"] or call["aarch64"], call["name"]
