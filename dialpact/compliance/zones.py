"""Time zones by name, always from the pinned package ``tzdata``: the one place that knows ``zoneinfo``.

The data of an old system would win over the package otherwise, and call by the hour of a law that has
changed. So the way to it is set here, before the first zone is made, and everybody else takes zones from
here. They are kept: the library forgets all but a few and would read their files during a call.
"""

from __future__ import annotations

import zoneinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

__all__ = ["ZoneInfo", "of_region", "release", "version", "zone"]

_FOLDER = Path(tzdata.__file__).parent / "zoneinfo"
# Of a package that is no folder (a zip) the library finds the data itself, only slower.
zoneinfo.reset_tzpath((str(_FOLDER),) if _FOLDER.is_dir() else ())
ZoneInfo.clear_cache()  # what somebody made before


@cache
def zone(name: str) -> ZoneInfo | None:
    """None for a name that the data does not have: its time is unknown then, not guessed."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # by the name: a directory, an absolute path, an unknown zone
        return None


@cache
def of_region(region: str) -> tuple[str, ...]:
    """The zones of a country (ISO 3166), as IANA lists them; empty: the data has none."""
    found = []
    for line in (_FOLDER / "zone.tab").read_text("utf-8").splitlines():
        regions, _, name, *_ = line.split("\t") if not line.startswith("#") else ("", "", "")
        if regions == region:
            found.append(name)
    return tuple(found)


def version() -> str:
    """Of the data that :func:`zone` reads. It goes into every decision."""
    return f"tzdata {tzdata.__version__}"


def release() -> str:
    """What IANA calls this data: ``2026f``."""
    return str(tzdata.IANA_VERSION)
