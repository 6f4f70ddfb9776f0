"""Checks of Asterisk's own configuration: its files as text, not what is loaded.

They are read as Asterisk reads them (includes, templates, comments), as far as such a file goes; what is made
by #exec, by a database or at run time is not seen. So most of what is said here is a warning; it is a failure
where nothing of ours is there at all, or the secret is the one of the example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from console.doctor.conf import Section, sections
from console.doctor.found import Found, Site, fail, ok, skip, warn
from console.doctor.host import EXAMPLE

SHOWN = 10
CONTEXT = "dialpact-outbound"
_OURS = re.compile(rf"Gosub\(\s*{CONTEXT}\s*,", re.IGNORECASE)
_OPEN = re.compile(r"_.*[.!]")
_TOO_MUCH = frozenset({"all", "command", "originate"})


def looked_at(site: Site) -> Iterator[Found]:
    if site.etc.is_dir():
        yield ok("etc", folder=site.etc)
    else:
        yield skip("etc-missing", folder=site.etc)


def manager(site: Site) -> Iterator[Found]:
    yield from _absent(site, "manager.conf")
    user = site.config.ami.username
    for section in _read(site.etc, "manager.conf"):
        if section.name == user:
            yield from _user(section, user)
            return
    if (site.etc / "manager.conf").is_file():
        yield fail("manager-no-user", user=user)


def _user(section: Section, user: str) -> Iterator[Found]:
    given = section.values
    bad = False
    if EXAMPLE in given("secret"):
        bad = True
        yield fail("manager-example", user=user)
    if not given("eventfilter"):
        bad = True
        yield warn("manager-no-filter", user=user)
    rights = {right.strip() for line in given("write") for right in line.split(",")}
    if rights & _TOO_MUCH:
        bad = True
        yield warn("manager-rights", user=user, rights=", ".join(sorted(rights & _TOO_MUCH)))
    if not bad:
        yield ok("manager", user=user)


def dialplan(site: Site) -> Iterator[Found]:
    yield from _absent(site, "extensions.conf")
    if not (site.etc / "extensions.conf").is_file():
        return
    found = _read(site.etc, "extensions.conf")
    if not any(section.name == CONTEXT for section in found):
        yield fail("dialplan-missing")
        return
    asking = [
        section
        for section in found
        if any(_OURS.search(value) for _, value in section.lines) and not section.name.startswith("dialpact-")
    ]
    if not asking:
        yield fail("dialplan-unused")
        return
    yield ok("dialplan", contexts=_some(section.name for section in asking))
    wide = [f"{section.name} {pattern}" for section in asking for pattern in _open_ended(section)]
    if wide:
        yield warn("dialplan-open", patterns=_some(wide))


def _open_ended(section: Section) -> Iterator[str]:
    """Patterns of any length whose call is put to the gate."""
    pattern = ""
    seen = set()
    for name, value in section.lines:
        if name == "exten":
            pattern = value.partition(",")[0].strip()
        if (
            name in ("exten", "same")
            and _OURS.search(value)
            and _OPEN.fullmatch(pattern)
            and pattern not in seen
        ):
            seen.add(pattern)
            yield pattern


def endpoints(site: Site) -> Iterator[Found]:
    yield from _absent(site, "pjsip.conf")
    ours = {
        trunk.leaves_by.peer for trunk in site.config.trunks.values() if trunk.leaves_by.technology == "PJSIP"
    }
    found = [section for section in _read(site.etc, "pjsip.conf") if "endpoint" in section.values("type")]
    phones = [section for section in found if section.name not in ours]
    free = [section.name for section in phones if not section.values("callerid")]
    if free:
        yield warn("endpoints-free", count=len(free), names=_some(free))
    elif phones:
        yield ok("endpoints", count=len(phones))


def _absent(site: Site, name: str) -> Iterator[Found]:
    """A folder without the file: made by other means, which are not seen from here."""
    if site.etc.is_dir() and not (site.etc / name).is_file():
        yield skip("file-missing", file=site.etc / name)


def _read(etc: Path, name: str) -> list[Section]:
    return sections(etc, name) if etc.is_dir() else []


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:SHOWN]) + (" …" if len(listed) > SHOWN else "")
