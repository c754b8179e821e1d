"""The walls a reading process puts around itself before it opens an upload: Landlock, seccomp, limits.

Everything here is one-way: what was given up cannot be taken back, not even by root.
"""

import csv
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from pathlib import Path

# Forbidden, with their numbers; the last ones because Landlock does not watch over modes, owners, times and attributes.
_CALLS = list(csv.DictReader(Path(__file__).with_name("system_calls.csv").read_text(encoding="ascii").splitlines()))

# From 424 on, numbers are the same everywhere and only KNOWN_NEW is let through: io_uring, pidfd, clone3,
# mount_setattr and what is yet to come are not.
FIRST_NEW = 424
KNOWN_NEW = {"close_range": 436, "openat2": 437, "faccessat2": 439, "epoll_pwait2": 441, "futex_waitv": 449}

_ARCHITECTURES = {  # machine: (AUDIT_ARCH, clone, tgkill, prlimit64)
    "x86_64": (0xC000003E, 56, 234, 302),
    "aarch64": (0xC00000B7, 220, 131, 261),
}
_LD, _JEQ, _JGE, _AND, _RET = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_NR_OFFSET, _ARCH_OFFSET, _FIRST_ARGUMENT_OFFSET = 0, 4, 16

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_EXECUTE, _MAKE_CHAR, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 0, 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 12

_libc = ctypes.CDLL(None, use_errno=True)


class WallMissing(OSError):
    """A wall could not be put up; the reading process must not go on."""


class _RulesetAttr(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def seal(
    *, readable: Iterable[Path], writable: Iterable[Path], parent: int, memory: int, seconds: int, file_size: int
) -> None:
    """Gives up everything but reading `readable` and writing in `writable`.

    Raises WallMissing where a wall cannot be put up or another thread would stay outside the walls.
    """
    if len(os.listdir("/proc/self/task")) != 1:
        raise WallMissing("another thread is running and would stay outside the walls")
    _set_limits(memory, seconds, file_size)
    _die_with(parent)
    _call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    _set_landlock(readable, writable)
    _drop_capabilities()
    _set_seccomp()


def _call(name: str, *arguments: object) -> int:
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(getattr(_libc, name)(*wide))
    if result < 0:
        raise WallMissing(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def _set_limits(memory: int, seconds: int, file_size: int) -> None:
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (lowest, lowest))


def _die_with(parent: int) -> None:
    _call("prctl", 1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        raise WallMissing("the parent is gone already")


def _landlock_version() -> int:
    """0 or less where the kernel has no Landlock."""
    return int(_libc.syscall(444, None, 0, 1))  # landlock_create_ruleset, LANDLOCK_CREATE_RULESET_VERSION


def _set_landlock(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    abi = _landlock_version()
    if abi < 1:
        raise WallMissing("this kernel has no Landlock (Linux 5.13 or newer, and not forbidden to a container)")
    rights = 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)  # refer, truncate, ioctl on devices
    everything = (1 << rights) - 1
    asked = _RulesetAttr(everything, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call("syscall", 444, ctypes.byref(asked), size, 0)
    special = _EXECUTE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_FIFO | _MAKE_BLOCK | _MAKE_SYM
    for path in readable:
        _allow(ruleset, path, _READ_FILE | _READ_DIR)
    for path in writable:
        _allow(ruleset, path, everything & ~special)
    _call("syscall", 446, ruleset, 0)  # landlock_restrict_self
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & _READ_FILE, beneath)
        _call("syscall", 445, ruleset, 1, ctypes.byref(rule), 0)  # landlock_add_rule
    finally:
        os.close(beneath)


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _call("capset", header, nothing)


def forbidden_numbers() -> dict[str, int]:
    """The forbidden calls of this machine's architecture, of system_calls.csv."""
    numbers = {call["name"]: call[platform.machine()] for call in _CALLS}
    return {name: int(number) for name, number in numbers.items() if number}


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)


def _seccomp_filter() -> bytes:
    if platform.machine() not in _ARCHITECTURES:
        raise WallMissing(f"no table of system calls for {platform.machine()}")
    arch, clone, tgkill, prlimit = _ARCHITECTURES[platform.machine()]
    refuse, unknown = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    load_nr, load_argument = _instruction(_LD, _NR_OFFSET), _instruction(_LD, _FIRST_ARGUMENT_OFFSET)
    steps = [
        _instruction(_LD, _ARCH_OFFSET),
        _instruction(_JEQ, arch, 1, 0),
        _instruction(_RET, _KILL),
        load_nr,
        _instruction(_JGE, 0x40000000, 0, 1),  # the x32 calls of x86_64
        _instruction(_RET, _KILL),
    ]
    for number in forbidden_numbers().values():
        steps += [_instruction(_JEQ, number, 0, 1), _instruction(_RET, refuse)]
    # A thread may start, another process may not.
    steps += [
        _instruction(_JEQ, clone, 0, 5),
        load_argument,
        _instruction(_AND, _CLONE_THREAD),
        _instruction(_JEQ, 0, 0, 1),
        _instruction(_RET, refuse),
        _instruction(_RET, _ALLOW),
    ]
    # Signals to its own threads and its own limits, nobody else's.
    for number, own in ((tgkill, os.getpid()), (prlimit, 0)):
        steps += [
            _instruction(_JEQ, number, 0, 4),
            load_argument,
            _instruction(_JEQ, own, 1, 0),
            _instruction(_RET, refuse),
            _instruction(_RET, _ALLOW),
        ]
    for number in KNOWN_NEW.values():
        steps += [_instruction(_JEQ, number, 0, 1), _instruction(_RET, _ALLOW)]
    steps += [_instruction(_JGE, FIRST_NEW, 0, 1), _instruction(_RET, unknown), _instruction(_RET, _ALLOW)]
    return b"".join(steps)


def _set_seccomp() -> None:
    program = ctypes.create_string_buffer(_seccomp_filter())
    asked = _Program((len(program) - 1) // 8, ctypes.addressof(program))
    _call("prctl", 22, 2, ctypes.byref(asked), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
