"""Which rows have an id: the hashes of the ids in a sorted file, which asks no database."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np

from server.store.mapped import mapped


def write_ids(ids: Iterable[object], path: Path) -> None:
    """`ids` as features carry them, in the order of the rows."""
    hashes = np.fromiter((_hash(str(id)) for id in ids), "<u8")
    order = np.argsort(hashes, kind="stable")
    path.write_bytes(hashes[order].tobytes() + order.astype("<u8").tobytes())


class Ids:
    def __init__(self, path: Path, count: int) -> None:
        """Raises FileNotFoundError, and ValueError where the file is not one of `count` ids."""
        memory = mapped(path).cast("Q")
        if len(memory) != 2 * count:
            raise ValueError(f"{path.name} does not hold {count} ids")
        self._hashes, self._rows = memory[:count], memory[count:]

    def rows_of(self, identifier: str) -> Iterator[int]:
        """The rows that may have it, from the first one on; another id with the same hash is possible."""
        hashed = _hash(identifier)
        place = bisect_left(self._hashes, hashed)
        while place < len(self._hashes) and self._hashes[place] == hashed:
            yield self._rows[place]
            place += 1


def _hash(identifier: str) -> int:
    return int.from_bytes(blake2b(identifier.encode(errors="surrogatepass"), digest_size=8).digest(), "little")
