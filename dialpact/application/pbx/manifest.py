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
    """The folder. ``with backup.held():`` one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def look(self) -> Manifest | None:
        """None: nothing is installed. Fault: it can not be relied on."""
        if not os.path.lexists(self.folder):
            return None
        self._check()
        try:
            raw = _read(self.folder / FILE)
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
        self._check()
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Fault("pbx-busy", folder=str(self.folder)) from error
            yield
        finally:
            os.close(handle)

    def write(self, manifest: Manifest) -> None:
        self._put(FILE, msgspec.json.format(msgspec.json.encode(manifest), indent=1))

    def keep(self, content: bytes) -> str:
        """An original, by its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not (self.folder / sha256).exists():
            self._put(sha256, content)
        return sha256

    def original(self, sha256: str) -> bytes:
        """Fault: it is not there, or no longer what it was."""
        try:
            content = _read(self.folder / sha256)
        except OSError as error:
            raise Fault("pbx-backup", file=str(self.folder / sha256)) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Fault("pbx-backup", file=str(self.folder / sha256))
        return content

    def set_aside(self, name: str, content: bytes) -> Path:
        """What somebody has changed, before it goes from its place."""
        (self.folder / KEPT).mkdir(0o700, exist_ok=True)
        file = self.aside(name, content)
        if not file.exists():
            self._put(f"{KEPT}/{file.name}", content)
        return file

    def aside(self, name: str, content: bytes) -> Path:
        """Where :meth:`set_aside` puts it."""
        return self.folder / KEPT / f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"

    def forget(self) -> None:
        """All is as it was: the manifest goes first, for without it nothing else means anything."""
        (self.folder / FILE).unlink(missing_ok=True)
        self._sync()
        for one in self.folder.iterdir():
            if _SHA256.fullmatch(one.name) or one.name.startswith("."):
                one.unlink()
        with contextlib.suppress(OSError):  # what somebody has changed is in it
            self.folder.rmdir()

    def _put(self, name: str, content: bytes) -> None:
        target = self.folder / name
        temporary = target.with_name(f".{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(handle, "wb") as file:  # noqa: PTH123 - of a handle
            file.write(content)
            file.flush()
            os.fsync(handle)
        temporary.replace(target)
        self._sync()

    def _sync(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _check(self) -> None:
        about = self.folder.lstat()
        ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
        if not ours or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Fault("pbx-backup-open", folder=str(self.folder))


def _read(file: Path) -> bytes:
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as opened:  # noqa: PTH123 - of a handle
        return opened.read(MOST)
