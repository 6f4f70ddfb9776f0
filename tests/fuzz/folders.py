"""Folders of a run: they go with the process. What breaks something is kept in the corpus, never here."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path


def folder(what: str = "") -> Path:
    """A new one. What writes into it and has to be stopped first, is started after it was made."""
    made = Path(tempfile.mkdtemp(prefix=f"dialpact-fuzz-{what}"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)  # the last one made goes first
    return made
