"""Time zones by name, kept: the library forgets all but a few and would read their files during a call."""

from __future__ import annotations

import zoneinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo


@cache
def zone(name: str) -> ZoneInfo | None:
    """None for a name that this machine's data does not have: its time is unknown then, not guessed."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # by the name: a directory, an absolute path, an unknown zone
        return None


@cache
def version() -> str:
    """Of the data that :func:`zone` reads: the system's, else the package's. It goes into every decision."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Asia" / "Shanghai").is_file():
            return f"system {_release(folder)}"
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as package_version

    try:
        return f"tzdata {package_version('tzdata')}"
    except PackageNotFoundError:
        return "none"


def _release(folder: Path) -> str:
    """``2026a``; a system that does not say is called unknown, not guessed."""
    for name, mark in (("tzdata.zi", "# version "), ("+VERSION", "")):
        try:
            with (folder / name).open(encoding="ascii") as file:
                first = file.readline(80).strip()
        except (OSError, UnicodeDecodeError):
            continue
        if first.startswith(mark):
            return first.removeprefix(mark)
    return "unknown"
