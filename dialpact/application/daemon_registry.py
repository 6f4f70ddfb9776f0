"""Which daemons run, and what each applies: a file beside the database for each of them.

``.dialpact-NODE-ROLE.PID.json``. The daemon holds a lock of the kernel on it as long as it lives, so that
nobody takes a dead one's word, or sends a signal to a stranger that was given its process id.

Who may send a daemon no signal, as it is another user's (``dialpact web`` has a user of its own), but may
write beside the database, asks by a file that the daemons look for: ``.dialpact-NODE.UID.reload``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import structlog

from dialpact.application.active_config import ActiveConfig
from dialpact.compliance.config import Config

Role = Literal["serve", "gate", "listener", "web"]
MAX_BYTES = 1 << 20
MODE = 0o640  # no secret is in it, and whoever reloads may be another user of the group
TRIES = 5  # of reading a file that is being written
log = structlog.get_logger()


class Daemon(msgspec.Struct, frozen=True):
    """``reloads`` counts the attempts; the last one's outcome is ``last_ok``, ``last_at`` and ``why``."""

    pid: int
    role: Role
    node: str
    origin: str
    started_at: datetime
    in_force: ActiveConfig  # (its name in the file, which daemons of other versions read)
    reloads: int
    last_ok: bool
    last_at: datetime
    why: str


class Board:
    """A daemon's file: there from the first ``write`` to ``close``, after which nothing is written. For any
    thread; what fails is logged: it may stop no call.
    """

    def __init__(self, config: Config, role: Role) -> None:
        self._folder, self._stem = config.database.parent, f".dialpact-{config.node.name}-{role}"
        self._path = self._folder / f"{self._stem}.{os.getpid()}.json"
        self._file = -1
        self._opened = self._closed = False
        self._one_at_a_time = threading.Lock()  # who stops waiting for a thread has not stopped the thread

    def write(self, running: Daemon) -> None:
        content = msgspec.json.encode(running)
        with self._one_at_a_time:
            if self._closed:
                return
            try:
                if not self._opened:
                    self._opened = True
                    self._open()
                if self._file >= 0:
                    os.pwrite(self._file, content, 0)
                    os.ftruncate(self._file, len(content))
            except OSError as error:
                log.warning("`dialpact reload` does not find this daemon as it is", error=str(error))

    def _open(self) -> None:
        for dead in self._folder.glob(f"{self._stem}.*.json"):
            if not _locked(dead):
                dead.unlink(missing_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fresh.rename(self._path)  # whoever sees it sees it locked
        except OSError:
            os.close(file)
            raise
        self._file = file

    def close(self) -> None:
        with self._one_at_a_time:
            self._closed = True
            if self._file >= 0:
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)
                os.close(self._file)
                self._file = -1


def running(config: Config) -> list[Daemon]:
    """The daemons of this node, or of this configuration file, that live. OSError when one's file is closed
    to the user of this process.
    """
    return sorted(_found(config), key=lambda each: (each.role, each.pid))


def _found(config: Config) -> Iterator[Daemon]:
    for path in config.database.parent.glob(".dialpact-*.json"):
        found = _read(path)
        if found is not None and (found.node == config.node.name or found.origin == config.origin):
            yield found


def again(config: Config, before: Daemon) -> Daemon | None:
    """The same daemon now; None when it has ended."""
    return next((each for each in running(config) if each.pid == before.pid), None)


def ask(config: Config) -> None:
    """All daemons of the node, to reload. OSError where this user may not write there."""
    path = config.database.parent / f".dialpact-{config.node.name}.{os.geteuid()}.reload"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, MODE)
    try:
        os.utime(file)
    finally:
        os.close(file)


def asked_at(config: Config) -> int:
    """When that was last done, as the file system has it (nanoseconds); 0: never."""
    found = config.database.parent.glob(f".dialpact-{config.node.name}.*.reload")
    return max((path.lstat().st_mtime_ns for path in found), default=0)


def _read(path: Path) -> Daemon | None:
    for _ in range(TRIES):
        try:
            if not _locked(path):
                return None
            with path.open("rb") as file:
                found = msgspec.json.decode(file.read(MAX_BYTES), type=Daemon)
                owner = os.fstat(file.fileno()).st_uid
            # Nobody makes another user, say root, send a signal to a process that is not his own.
            mine = found.pid > 1 and Path(f"/proc/{found.pid}").stat().st_uid == owner
            return found if mine else None
        except FileNotFoundError:
            return None
        except msgspec.DecodeError:
            continue
    return None


def _locked(path: Path) -> bool:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
