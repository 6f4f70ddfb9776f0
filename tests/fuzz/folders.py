"""Folders of a run: they go with the process. What breaks something is kept in the corpus, never here."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

_made: list[Path] = []


def folder(what: str = "") -> Path:
    """A new one."""
    _made.append(Path(tempfile.mkdtemp(prefix=f"dialpact-fuzz-{what}")))
    return _made[-1]


@atexit.register  # first, so that it comes last: what writes into one has been stopped then
def _remove() -> None:
    for each in _made:
        shutil.rmtree(each, ignore_errors=True)
