"""Files that never change, as memory."""

import mmap
from pathlib import Path

SMALL = 1 << 16
"""Bytes up to which a file is read: a mapping costs a file descriptor and a page at least."""


def mapped(path: Path) -> memoryview:
    """The bytes of a file; a large one is mapped and shared by all processes."""
    with path.open("rb") as file:
        if path.stat().st_size <= SMALL:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
