"""A CDR file that is read: by its name, or from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dialpact.compliance.registers.fault import Fault

STDIN = "-"


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file and its size, where it has one."""
    if str(path) == STDIN:
        yield sys.stdin.buffer, None
        return
    try:
        with path.open("rb") as file:
            yield file, path.stat().st_size or None
    except OSError as error:
        raise Fault("file", file=str(path), error=error.strerror or str(error)) from error
