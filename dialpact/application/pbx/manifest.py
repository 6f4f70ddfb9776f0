"""What an installation has changed, and what was there before: kept beside dialpact.toml, never in the PBX.

It is on the disk before anything is changed, so that whatever a cut-off installation has left is known. The
folder is the installer's (root's) alone: whoever could write into it would have root write into Asterisk.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from dialpact.compliance.registers.fault import Fault

FOLDER = "pbx-backup"
FILE = "manifest.json"
KEPT = "kept"  # what somebody had changed in files of ours
VERSION = 1
MOST = 64 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file. ``before``, ``after``: SHA-256 of its content; ``before`` is empty where there was none.

    ``temporary``: its name while it is written. ``made``: folders that were made for it. ``blocks``: the
    texts that were written between fences; none: the file is wholly ours.
    """

    path: str
    before: str
    after: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    temporary: str
    made: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


class RowEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value in a table of the PBX."""

    table: str
    key: dict[str, str]
    column: str
    before: str
    after: str


class Original(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an override repeats: a context of the PBX, and its checksum then."""

    path: str
    context: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``state``: ``writing`` until all is written and in force, then ``installed``. ``campaign``, ``chosen``:
    what the administrator said, which holds until he says otherwise.
    """

    version: int
    adapter: str
    pbx_version: str
    dialpact: str
    etc: str
    state: Literal["writing", "installed"]
    files: tuple[Entry, ...] = ()
    rows: tuple[RowEntry, ...] = ()
    originals: tuple[Original, ...] = ()
    campaign: str = ""
    chosen: dict[str, str] = {}

    def entry(self, path: str) -> Entry | None:
        return next((one for one in self.files if one.path == path), None)


class Backup:
    """The folder. ``with backup.held():`` one at a time.

    What lies above it may be another user's, who could put a folder of his own in its place at any moment: so
    it is opened once for each act, looked at by that handle, and nothing is reached but through it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def look(self) -> Manifest | None:
        """None: nothing is installed. Fault: it can not be relied on."""
        try:
            with self._opened() as folder:
                raw = _read(FILE, folder)
        except FileNotFoundError:
            return None
        try:
            found = msgspec.json.decode(raw, type=Manifest)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise Fault("pbx-manifest", file=str(self.folder / FILE), error=str(error)) from error
        if found.version != VERSION:
            raise Fault("pbx-manifest", file=str(self.folder / FILE), error=f"version {found.version}")
        return found

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes the folder if it is missing. Fault: another installation is under way."""
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(0o700)
        with self._opened() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Fault("pbx-busy", folder=str(self.folder)) from error
            yield

    def write(self, manifest: Manifest) -> None:
        with self._opened() as folder:
            _put(FILE, msgspec.json.format(msgspec.json.encode(manifest), indent=1), folder)

    def keep(self, content: bytes) -> str:
        """An original, by its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        with self._opened() as folder:
            if not _is_there(sha256, folder):
                _put(sha256, content, folder)
        return sha256

    def original(self, sha256: str) -> bytes:
        """Fault: it is not there, or no longer what it was."""
        try:
            with self._opened() as folder:
                content = _read(sha256, folder)
        except OSError as error:
            raise Fault("pbx-backup", file=str(self.folder / sha256)) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Fault("pbx-backup", file=str(self.folder / sha256))
        return content

    def set_aside(self, name: str, content: bytes) -> Path:
        """What somebody has changed, before it goes from its place."""
        file = self.aside(name, content)
        with self._opened() as folder:
            with contextlib.suppress(FileExistsError):
                os.mkdir(KEPT, 0o700, dir_fd=folder)
            kept = os.open(KEPT, _FOLDER, dir_fd=folder)
            try:
                if not _is_there(file.name, kept):
                    _put(file.name, content, kept)
            finally:
                os.close(kept)
        return file

    def aside(self, name: str, content: bytes) -> Path:
        """Where :meth:`set_aside` puts it."""
        return self.folder / KEPT / f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"

    def forget(self) -> None:
        """All is as it was: the manifest goes first, for without it nothing else means anything."""
        with self._opened() as folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(FILE, dir_fd=folder)
            os.fsync(folder)
            for name in os.listdir(folder):  # noqa: PTH208 - of a handle
                if _SHA256.fullmatch(name) or name.startswith("."):
                    os.unlink(name, dir_fd=folder)
        with contextlib.suppress(OSError):  # what somebody has changed is in it
            self.folder.rmdir()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """FileNotFoundError; Fault: it is a link, another's, or others may write to it."""
        try:
            handle = os.open(self.folder, _FOLDER)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Fault("pbx-backup-open", folder=str(self.folder)) from error
        try:
            about = os.fstat(handle)
            if about.st_uid != os.geteuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise Fault("pbx-backup-open", folder=str(self.folder))
            yield handle
        finally:
            os.close(handle)


def _put(name: str, content: bytes, folder: int) -> None:
    temporary = f".{secrets.token_hex(8)}"
    made = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(temporary, made, 0o600, dir_fd=folder)
    with open(handle, "wb") as file:  # noqa: PTH123 - of a handle
        file.write(content)
        file.flush()
        os.fsync(handle)
    os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _read(name: str, folder: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=folder), "rb") as opened:  # noqa: PTH123 - of a handle
        return opened.read(MOST)
