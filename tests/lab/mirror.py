"""Which package mirror this machine uses, read from its own apt sources."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mirror:
    """A mirror's address, and the suite and components to take from it."""

    url: str
    suite: str
    components: tuple[str, ...]


def machine_mirror(apt: Path = Path("/etc/apt"), suite: str = "") -> Mirror:
    """Return the mirror of this machine's distribution.

    Debian takes the suite that has a maintained Asterisk (stable has none since bookworm), Ubuntu its own.
    ``suite``: another one, of Debian's mirror only.
    """
    release = platform.freedesktop_os_release()
    codename = release.get("VERSION_CODENAME", "")
    for url, suites in sources(apt):
        if codename in suites:
            if release["ID"] == "debian":
                return Mirror(url, suite or "forky", ("main",))
            if suite:
                raise LookupError(f"{suite} is Debian's, and this machine's mirror is not")
            return Mirror(url, codename, ("main", "universe"))
    raise LookupError(f"no apt source for {codename or release['ID']} in {apt}")


def sources(apt: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield address and suites of each binary package source, from both file formats."""
    for path in sorted(apt.glob("sources.list.d/*.sources")):
        text = re.sub(r"^#.*\n?", "", path.read_text(), flags=re.MULTILINE)
        for stanza in re.split(r"\n\s*\n", text):
            fields = {
                name.lower(): value.split()
                for name, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE)
            }
            if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
                for url in fields.get("uris", ()):
                    yield url, fields.get("suites", [])
    for path in (apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))):
        if path.exists():
            for url, suite in re.findall(
                r"^\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)", path.read_text(), re.MULTILINE
            ):
                yield url, [suite]
