"""A wav file that was never closed: Asterisk was killed, and its header says that it holds nothing.

1. Only the header's two sizes are written, in place: no byte of sound is touched, copied or moved, whatever
   happens meanwhile.
2. A file that somebody has open for writing is left alone. The kernel tells (a lease, fcntl(2)) root and the
   file's owner; to anybody else nothing is writable here either, as a recording has mode 0640.
3. The file's SHA-256 before the repair is in the incident, which is on disk before the file is touched.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
from pathlib import Path
from typing import BinaryIO

import msgspec

from ami_listener.recording import wav
from ami_listener.recording.files import Identity, Replaced, open_kept
from dialpact.compliance.errors import RecordingError

_CHUNK = 1 << 20


class Damage(msgspec.Struct, frozen=True):
    """A header to be mended, and what the file was before."""

    path: Path
    identity: Identity
    size: int
    header: bytes
    sha256: str

    @property
    def detail(self) -> str:
        audio = self.size - wav.BYTES
        return f"{self.path.name}: header set to {audio} bytes of sound; SHA-256 before {self.sha256}"


def is_being_written(path: Path) -> bool | None:
    """Whether anybody has it open for writing; None when the kernel does not tell us, or it is not there."""
    try:
        with open_kept(path) as file:
            return _has_writer(file)
    except (OSError, Replaced):
        return None


def _has_writer(file: BinaryIO) -> bool | None:
    descriptor = file.fileno()
    try:
        # Should the lease be broken in this instant: SIGURG is ignored, SIGIO would end the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:  # not ours (CAP_LEASE), or a file system without leases
        return None
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def find(path: Path, identity: Identity | None = None) -> Damage | None:
    """What there is to mend; None also when it may not be touched. Blocking; reads the whole file."""
    try:
        with open_kept(path, identity) as file:
            found = os.fstat(file.fileno())
            header = wav.repaired(wav.head(file), found.st_size)
            if header is None or found.st_nlink != 1 or _has_writer(file) is not False:
                return None
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        open_kept(path, identity, write=True).close()  # before anybody is told that it is mended
    except (OSError, RecordingError):
        return None  # what is wrong is said when it is measured
    return Damage(path, (found.st_dev, found.st_ino), found.st_size, header, digest.hexdigest())


def mend(damage: Damage) -> None:
    """Writes the header and has it on disk. Raises OSError, RecordingError (it has changed since)."""
    with open_kept(damage.path, damage.identity) as file:
        if _has_writer(file) is not False:
            raise RecordingError(f"{damage.path.name} is being written")
    with open_kept(damage.path, damage.identity, write=True) as file:
        if os.fstat(file.fileno()).st_size != damage.size:
            raise RecordingError(f"{damage.path.name} has changed")
        os.pwrite(file.fileno(), damage.header, 0)
        os.fsync(file.fileno())
