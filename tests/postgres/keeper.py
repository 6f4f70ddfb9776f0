"""Sees to it that nothing of a folder of servers outlives the test process: run as a program, with a pipe.

When the pipe's other end is closed, by the test's end or by its death of whatever kind, all that runs in
the folder is killed (what was stopped as well), its shared memory given back and the folder removed. A
signal at the parent's death would not do: it is sent at the end of the *thread* that started a server, a
postmaster that Patroni starts is nobody's child, and the folder would stay.

No import of ours: it starts in a few hundredths of a second, and runs without the environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import time
from pathlib import Path

IPC_RMID = 0
INODE = 4  # of a line of /proc/N/maps, from 0: of shared memory, its number
LINE_OF_SEGMENT = 6  # of postmaster.pid, from 0: "key id"


def running_in(folder: Path) -> set[int]:
    """The processes whose working folder is there or below: of a postmaster and its children, its data."""
    place, found = folder.resolve(), set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended, or is another's
                where = str((entry / "cwd").readlink()).removesuffix(" (deleted)")
                if Path(where).is_relative_to(place):
                    found.add(int(entry.name))
    return found - {os.getpid()}


def kill(folder: Path) -> None:
    """All that runs there, at once and without a word to it; its shared memory is gone as with the power."""
    shared = set()
    while there := running_in(folder):
        shared |= _mapped(there)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # first none may start another
            _tell(there, number)
        time.sleep(0.002)
    _give_back(shared)


def freeze(folder: Path) -> None:
    """All that runs there stands still, also what was started meanwhile."""
    stopped: set[int] = set()
    while new := running_in(folder) - stopped:
        _tell(new, signal.SIGSTOP)
        stopped |= new


def thaw(folder: Path) -> None:
    _tell(running_in(folder), signal.SIGCONT)


def _tell(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def segments(folder: Path) -> set[int]:
    """The kernel's numbers of the shared memory of what runs there, or did when it was killed by another."""
    found = _mapped(running_in(folder))
    for file in folder.rglob("postmaster.pid"):
        with contextlib.suppress(OSError, IndexError, ValueError):  # it is being written
            found.add(int(file.read_text().splitlines()[LINE_OF_SEGMENT].split()[1]))
    return found


def _mapped(pids: set[int]) -> set[int]:
    """Also where the data, and what is written there, has been removed."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended
            lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
            found |= {int(line.split()[INODE]) for line in lines if "/SYSV" in line}
    return found


def _give_back(shared: set[int]) -> None:
    for segment in shared:
        ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)


def clear(folder: Path) -> None:
    """Also of what the next postmaster on the same data would find: there is none any more."""
    kill(folder)
    _give_back(segments(folder))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clear(Path(sys.argv[1]))
