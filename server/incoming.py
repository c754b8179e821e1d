"""Files that arrive in parts: each belongs to a person and lies below SEBAR_HOME until it is submitted or expires.

`<id>.json` says what was promised and `<id>.part` holds what has come: there is nothing else to lose in a restart.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from io import BufferedRandom
from pathlib import Path
from typing import IO

from werkzeug.exceptions import ClientDisconnected

from server.files import CHUNK, Kept, alone, plain_name, sync_folder
from workflow.errors import BadRequest, BadUpload, Conflict, Gone, NotFound, SebarError, TooLarge

LIFE = timedelta(days=2)
ROUND = 16 * 2**20
"""Bytes that are read before they are written: a request that stalls holds no lock and loses no more than these."""
FREE_AT_LEAST = 20
"""One part in this many of the disk stays free."""


class NoRoom(SebarError):
    code, title = "PENYIMPANAN-PENUH", "Tidak ada tempat"
    usual_mend = "Coba lagi nanti, atau sampaikan kepada admin."


class Altered(BadUpload):
    """What came is not what was sent."""


class WrongVersion(BadRequest):
    """Not the protocol that is spoken here."""


class WrongType(BadRequest):
    """Not a part of a file."""


@dataclass(frozen=True)
class Arrival:
    """One file on its way. `bytes` are promised; `sha256` is there once all have come."""

    id: str
    person: str
    name: str
    bytes: int
    expires: datetime
    sha256: str = ""


@dataclass(frozen=True)
class Incoming:
    """All files on their way, in `home`/incoming. `limit` is for each, `quota` for those of one person, in bytes."""

    home: Path
    limit: int
    quota: int

    @property
    def folder(self) -> Path:
        return self.home / "incoming"

    def begin(self, person: str, name: str, size: int, now: datetime) -> Arrival:
        """Raises BadRequest, TooLarge over limit or quota, NoRoom."""
        if size < 1:
            raise BadRequest.of("file_empty", name=plain_name(name), where={"file": plain_name(name)})
        if size > self.limit:
            raise TooLarge.of("upload_too_large", megabytes=self.limit // 2**20, where={"field": "Upload-Length"})
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.folder / ".lock"):
            held = sum(each.bytes for each in self._all() if each.person == person and self._part(each.id).exists())
            if held + size > self.quota:
                raise TooLarge.of("upload_quota", megabytes=self.quota // 2**20, held=held // 2**20)
            disk = shutil.disk_usage(self.folder)
            if disk.free - size < disk.total // FREE_AT_LEAST:
                raise NoRoom.of("no_room")
            arrival = Arrival(secrets.token_hex(16), person, plain_name(name), size, now + LIFE)
            self._save(arrival)
            os.close(os.open(self._part(arrival.id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            sync_folder(self.folder)
        return arrival

    def find(self, id: str, person: str, now: datetime) -> Arrival:
        """Raises NotFound, also for what belongs to somebody else, and Gone where it has expired."""
        arrival = self._read(id) if re.fullmatch(r"[0-9a-f]{32}", id) else None
        if arrival is None or arrival.person != person or not (arrival.sha256 or self._part(id).exists()):
            raise NotFound.of("upload_unknown", where={"upload": id[:40]})
        if arrival.expires <= now:
            raise Gone.of("upload_expired", name=arrival.name, where={"upload": id})
        return self._completed(arrival)

    def received(self, arrival: Arrival) -> int:
        return arrival.bytes if arrival.sha256 else self._part(arrival.id).stat().st_size

    def take(self, arrival: Arrival, offset: int, stream: IO[bytes], checksum: tuple[str, bytes] | None) -> Arrival:
        """Writes what the stream gives at this offset, durably. What came before a connection broke is kept.

        Raises Conflict where the file does not end at `offset`, TooLarge over what was promised, Altered, NoRoom.
        """
        self._refuse_elsewhere(self.received(arrival), offset)
        for piece in _rounds(stream, arrival.bytes - offset, checksum):
            with self._alone_with(arrival.id) as file:
                self._refuse_elsewhere(file.seek(0, os.SEEK_END), offset)
                _append(file, piece)
            offset += len(piece)
        return self._completed(arrival)

    def _refuse_elsewhere(self, received: int, offset: int) -> None:
        if received != offset:
            raise Conflict.of("upload_offset", offset=offset, received=received, where={"field": "Upload-Offset"})

    def _completed(self, arrival: Arrival) -> Arrival:
        """With its hash where every byte has come."""
        if arrival.sha256 or self.received(arrival) < arrival.bytes:
            return arrival
        with self._alone_with(arrival.id) as file:
            known = self._read(arrival.id)
            if known and known.sha256:
                return known
            arrival = replace(arrival, sha256=hashlib.file_digest(file, "sha256").hexdigest())
            os.fchmod(file.fileno(), 0o400)
            self._save(arrival)
            sync_folder(self.folder)
        return arrival

    @contextmanager
    def _alone_with(self, id: str) -> Iterator[BufferedRandom]:
        try:
            file = self._part(id).open("r+b")
        except FileNotFoundError:
            raise NotFound.of("upload_unknown", where={"upload": id}) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def keep(self, arrival: Arrival, folder: Path) -> Kept:
        """Moves a whole file to where originals are kept; a second time it is there already. Raises BadRequest."""
        if not arrival.sha256:
            raise BadRequest.of("upload_unfinished", name=arrival.name, where={"upload": arrival.id})
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / arrival.sha256
        with suppress(FileNotFoundError):
            os.replace(self._part(arrival.id), path)
            sync_folder(folder)
        return Kept(arrival.sha256, arrival.bytes, path, arrival.name)

    def drop(self, id: str) -> None:
        for path in (self.folder / f"{id}.json", self._part(id)):
            path.unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """Removes what has expired."""
        for arrival in self._all():
            if arrival.expires <= now:
                self.drop(arrival.id)

    def _all(self) -> Iterator[Arrival]:
        for path in self.folder.glob("*.json"):
            if arrival := self._read(path.stem):
                yield arrival

    def _read(self, id: str) -> Arrival | None:
        try:
            said = json.loads((self.folder / f"{id}.json").read_bytes())
        except FileNotFoundError:
            return None
        return Arrival(**{**said, "expires": datetime.fromisoformat(said["expires"])})

    def _save(self, arrival: Arrival) -> None:
        path = self.folder / f"{arrival.id}.json"
        part = path.with_suffix(".new")
        with part.open("w") as file:
            json.dump(asdict(arrival) | {"expires": arrival.expires.isoformat()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)

    def _part(self, id: str) -> Path:
        return self.folder / f"{id}.part"


def _append(file: IO[bytes], piece: bytes) -> None:
    """All of it or nothing."""
    end = file.tell()
    try:
        file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    except OSError as fault:
        with suppress(OSError):
            os.ftruncate(file.fileno(), end)
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom.of("no_room") from None
        raise


def _rounds(stream: IO[bytes], left: int, checksum: tuple[str, bytes] | None) -> Iterator[bytes]:
    """What comes, in pieces of ROUND bytes. Raises TooLarge where more comes than `left`."""
    whole = False
    while not whole:
        piece = bytearray()
        try:
            while len(piece) < ROUND and (more := stream.read(min(CHUNK, ROUND - len(piece)))):
                piece += more
        except (ClientDisconnected, OSError):
            whole = True
        whole = whole or len(piece) < ROUND
        left -= len(piece)
        if left < 0:
            raise TooLarge.of("upload_beyond", where={"field": "Upload-Offset"})
        if checksum:
            if not whole and stream.read(1):
                raise TooLarge.of("upload_checked_part", megabytes=ROUND // 2**20)
            if hashlib.new(checksum[0], piece).digest() != checksum[1]:
                raise Altered.of("upload_altered", where={"field": "Upload-Checksum"})
            whole = True
        if piece:
            yield bytes(piece)
