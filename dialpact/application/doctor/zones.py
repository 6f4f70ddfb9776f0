"""Checks of what tells a callee's hour: the data of time zones, and the table of area codes."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from dialpact.application.doctor.finding import DoctorFinding, Site, ok, warn
from dialpact.compliance import zones

MOST_DAYS = 365  # a table of area codes older than that misses some that are in service


def data(site: Site, folders: str | None = None) -> Iterator[DoctorFinding]:
    """One finding: which data of time zones is read, and from where; a newer one that is not is a warning.

    ``folders``: those of the system.
    """
    ours = {"version": zones.version(), "release": zones.release()}
    system = newest(folders)
    yield warn("zones-old", **ours, system=system) if system > zones.release() else ok("zones", **ours)


def newest(folders: str | None = None) -> str:
    """The release of the newest data that the system has: ``2025b``; empty where none says.

    ``folders``: where Python looks for it, by default.
    """
    listed = folders if folders is not None else sysconfig.get_config_var("TZPATH") or ""
    return max((_release(Path(folder)) for folder in listed.split(os.pathsep) if folder), default="")


def _release(folder: Path) -> str:
    for name, mark in (("tzdata.zi", "# version "), ("+VERSION", "")):
        try:
            with (folder / name).open(encoding="ascii") as file:
                first = file.readline(80).strip()
        except (OSError, UnicodeDecodeError):
            continue
        if first.startswith(mark):
            return first.removeprefix(mark)
    return ""


def areas(site: Site) -> Iterator[DoctorFinding]:
    """One finding: how old the table of area codes is, and what the operator adds; none without a policy."""
    if site.policy is None:
        return
    if not site.policy.areas_version:
        yield ok("areas-unused")
        return
    known = site.policy.areas
    values = {"day": known.document, "codes": ", ".join(sorted(known.more)) or "-"}
    days = (site.today - date.fromisoformat(known.document)).days
    yield warn("areas-old", **values, days=days) if days > MOST_DAYS else ok("areas", **values)
