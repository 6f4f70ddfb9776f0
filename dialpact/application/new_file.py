"""A file that is handed out: made beside its place for its owner alone, and named when it is whole."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dialpact.compliance.registers.fault import Fault


def check(target: Path, *, force: bool) -> None:
    """Before the work is done. Fault ``exists`` or ``no-directory``."""
    if os.path.lexists(target) and not force:
        raise Fault("exists", file=str(target))
    if not target.parent.is_dir():
        raise Fault("no-directory", file=str(target.parent))


@contextmanager
def beside(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside the target, 0600, open for writing; what has no other name at the end goes."""
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    try:
        opened = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    try:
        with os.fdopen(opened, "wb") as file:
            yield temporary, file
    finally:
        temporary.unlink(missing_ok=True)


def durable(file: BinaryIO) -> None:
    """What was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def give_name(temporary: Path, target: Path, *, force: bool) -> None:
    """``force``: over one that is there; else Fault ``exists``."""
    if not force:
        try:
            os.link(temporary, target)  # fails where somebody else has just made it
        except FileExistsError as error:
            raise Fault("exists", file=str(target)) from error
        except OSError:  # a file system without hard links, such as a USB stick's
            if os.path.lexists(target):
                raise Fault("exists", file=str(target)) from None
            temporary.replace(target)
    else:
        temporary.replace(target)
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
