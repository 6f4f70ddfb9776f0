"""Two listeners on one node would both record each call and both judge each leg: the second does not start.

The recorder's lease can not tell it: it does not say whose it is, and outlives a listener that was killed by
three seconds in which the next one has to adopt its calls. A lock of the kernel ends with the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from dialpact.compliance.errors import RecordingError


@contextlib.contextmanager
def instance_lock(database: Path, node: str) -> Iterator[None]:
    """Holds ``<database>.<node>.listener``. Raises RecordingError when another process holds it, or when it
    can not be made.
    """
    path = database.with_name(f"{database.name}.{node}.listener")
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode("ascii", "replace").strip() or "unknown"
            raise RecordingError(
                f"another listener of node {node} is running (process {holder}, lock {path}); "
                "one node has one listener"
            ) from None
        except OSError as error:
            raise RecordingError(f"{path}: {error.strerror or error}") from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)
