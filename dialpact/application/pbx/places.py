"""Files in Asterisk's folder, written so that nobody who may write there leads us elsewhere.

The folder is often Asterisk's own user's, and who installs is root: each step down is taken by a handle, none
through a link. A file is written beside its place, made durable, and renamed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dialpact.application.pbx.host import MOST_BYTES, Host
from dialpact.compliance.registers.fault import Fault

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_MADE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Present:
    """A file as it is."""

    content: bytes
    mode: int
    uid: int
    gid: int
    mtime_ns: int


@dataclass(frozen=True)
class Kind:
    """What a written file is to be: its mode and whose it is. ``mtime_ns``: None: now."""

    mode: int
    uid: int
    gid: int
    mtime_ns: int | None = None


@dataclass(frozen=True)
class Place:
    """One file: the steps from Asterisk's folder down to it, links resolved. ``path``: as the PBX has it."""

    etc: Path
    steps: tuple[str, ...]
    path: str

    @property
    def name(self) -> str:
        return self.steps[-1]

    @contextmanager
    def folder(self) -> Iterator[int]:
        """A handle of the folder that it is in. OSError: it is not there, or became a link."""
        handle = os.open(self.etc, _FOLDER)
        try:
            for step in self.steps[:-1]:
                below = os.open(step, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    def read(self) -> Present | None:
        """None: it is not there. Fault: it is no file that could be replaced."""
        try:
            with self.folder() as folder:
                handle = os.open(self.name, _READ, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Fault("file", file=self.path, error=error.strerror or str(error)) from error
        with open(handle, "rb") as file:  # noqa: PTH123 - of a handle
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise Fault("pbx-no-file", file=self.path)
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Fault("pbx-large", file=self.path)
        mode = stat.S_IMODE(about.st_mode)
        return Present(content, mode, about.st_uid, about.st_gid, about.st_mtime_ns)

    def write(self, content: bytes, kind: Kind, temporary: str) -> None:
        """Whole or not at all, and durable. ``temporary``: the name beside it until then."""
        with self.folder() as folder:
            _unlink(temporary, folder)
            handle = os.open(temporary, _MADE, 0o600, dir_fd=folder)
            with open(handle, "wb") as file:  # noqa: PTH123 - of a handle
                file.write(content)
                file.flush()
                self._as_it_was(handle, folder)
                now = os.fstat(handle)
                if (now.st_uid, now.st_gid) != (kind.uid, kind.gid):
                    os.fchown(handle, kind.uid, kind.gid)
                os.fchmod(handle, kind.mode)
                if kind.mtime_ns is not None:
                    os.utime(handle, ns=(kind.mtime_ns, kind.mtime_ns))
                os.fsync(handle)
            os.rename(temporary, self.name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def _as_it_was(self, handle: int, folder: int) -> None:
        """Extended attributes (SELinux, access lists) of the file that is replaced, as far as may be."""
        try:
            before = os.open(self.name, _READ, dir_fd=folder)
        except OSError:
            return
        try:
            with contextlib.suppress(OSError):
                for name in os.listxattr(before):
                    with contextlib.suppress(OSError):
                        os.setxattr(handle, name, os.getxattr(before, name))
        finally:
            os.close(before)

    def remove(self) -> None:
        """One that is not there is no fault."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), self.folder() as folder:
            _unlink(self.name, folder)
            os.fsync(folder)

    def sweep(self, temporary: str) -> None:
        """What a cut-off run has left beside it."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), self.folder() as folder:
            _unlink(temporary, folder)

    def make_folders(self, missing: tuple[str, ...]) -> None:
        """``missing``: of the last steps before the file, as :func:`missing_folders` gave them."""
        handle = os.open(self.etc, _FOLDER)
        try:
            whose = os.fstat(handle)
            for depth, step in enumerate(self.steps[:-1], 1):
                if "/".join(self.steps[:depth]) in missing:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(step, 0o755, dir_fd=handle)
                        os.chown(step, whose.st_uid, whose.st_gid, dir_fd=handle, follow_symlinks=False)
                        os.fsync(handle)
                below = os.open(step, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
        finally:
            os.close(handle)

    def remove_folders(self, made: tuple[str, ...]) -> None:
        """Those of ``made`` that are empty."""
        for one in sorted(made, key=len, reverse=True):
            steps = tuple(one.split("/"))
            with contextlib.suppress(OSError), Place(self.etc, steps, self.path).folder() as folder:
                os.rmdir(steps[-1], dir_fd=folder)

    def whose(self) -> os.stat_result:
        """Of the nearest folder above it that is there."""
        for depth in range(len(self.steps) - 1, -1, -1):
            with contextlib.suppress(OSError):
                return self.etc.joinpath(*self.steps[:depth]).stat()
        raise Fault("no-directory", file=str(self.etc))


def missing_folders(place: Place) -> tuple[str, ...]:
    """Those that are not there, each as its steps from Asterisk's folder on."""
    paths = ["/".join(place.steps[:depth]) for depth in range(1, len(place.steps))]
    return tuple(path for path in paths if not (place.etc / path).is_dir())


def place(host: Host, path: str) -> Place:
    """Where a file of the PBX lies. Fault: outside of Asterisk's folder, or a link leads there."""
    etc = host.etc.resolve()
    wanted = host.path(path)
    if not PurePosixPath(wanted).is_relative_to(host.etc):
        raise Fault("pbx-outside", file=path, folder=str(host.etc))
    real = wanted.resolve()
    if not real.is_relative_to(etc) or real == etc:
        raise Fault("pbx-outside", file=path, folder=str(host.etc))
    return Place(etc, real.relative_to(etc).parts, path)


def _unlink(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
