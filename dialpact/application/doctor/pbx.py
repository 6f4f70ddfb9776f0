"""Checks of Asterisk's own configuration: its files as text, not what is loaded.

They are read as Asterisk reads them (includes, templates, comments), as far as such a file goes; what is made
by #exec, by a database or at run time is not seen. So most of what is said here is a warning; it is a failure
where nothing of ours is there at all, or the secret is the one of the example.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from dialpact.application.doctor.conf import ConfSection, sections
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip, warn
from dialpact.application.doctor.host import EXAMPLE

SHOWN = 10
KEYS = ("dialpact-callee", "dialpact-agent")  # of features_dialpact.conf
_TOO_MUCH = frozenset({"all", "command", "originate"})


def looked_at(site: Site) -> Iterator[DoctorFinding]:
    """One finding: which folder of Asterisk's was looked at, or that there is none."""
    if site.etc.is_dir():
        yield ok("etc", folder=site.etc)
    else:
        yield skip("etc-missing", folder=site.etc)


def manager(site: Site) -> Iterator[DoctorFinding]:
    """Findings about our users in manager.conf: secret, event filter, rights, and who can read it."""
    yield from absent(site, "manager.conf")
    user, doctor = site.config.ami.username, site.config.ami.doctor_username
    found = {section.name: section for section in _read(site.etc, "manager.conf")}
    if user in found:
        yield from _user(site.etc, found[user], user)
    elif (site.etc / "manager.conf").is_file():
        yield fail("manager-no-user", user=user)
    if doctor in found:
        yield from _readable(site.etc, found[doctor], doctor)
        if more := _written(found[doctor]) - {"reporting"}:
            yield warn("manager-doctor-rights", user=doctor, rights=", ".join(sorted(more)))


def _readable(etc: Path, section: ConfSection, user: str) -> Iterator[DoctorFinding]:
    """Whoever reads the secret can record, hang up and, with `system`, reload."""
    for name in dict.fromkeys(entry.place.file for entry in section.entries if entry.key.lower() == "secret"):
        try:
            mode = (etc / name).stat().st_mode
        except OSError:
            continue
        if mode & stat.S_IRWXO:
            yield fail("manager-open", user=user, file=etc / name, mode=f"{stat.S_IMODE(mode):04o}")


def _written(section: ConfSection) -> set[str]:
    return {right.strip() for line in section.values("write") for right in line.split(",")}


def _user(etc: Path, section: ConfSection, user: str) -> Iterator[DoctorFinding]:
    given = section.values
    opened = list(_readable(etc, section, user))
    yield from opened
    bad = bool(opened)
    if EXAMPLE in given("secret"):
        bad = True
        yield fail("manager-example", user=user)
    if not given("eventfilter"):
        bad = True
        yield warn("manager-no-filter", user=user)
    rights = _written(section)
    if rights & _TOO_MUCH:
        bad = True
        yield warn("manager-rights", user=user, rights=", ".join(sorted(rights & _TOO_MUCH)))
    if not bad:
        yield ok("manager", user=user)


def features(site: Site) -> Iterator[DoctorFinding]:
    """The opt-out keys (features_dialpact.conf), and what Asterisk takes before them."""
    if not site.etc.is_dir():
        return
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    for section in _read(site.etc, "features.conf"):
        if section.name == "applicationmap":
            ours |= {name: value.partition(",")[0].strip() for name, value in section.lines if name in KEYS}
        elif section.name == "featuremap":
            theirs |= dict(section.lines)
    if missing := [name for name in KEYS if name not in ours]:
        yield warn("features-missing", names=", ".join(missing))
    else:
        yield ok("features", keys=", ".join(dict.fromkeys(ours.values())))
    for name, key in theirs.items():
        if key and any(own.startswith(key) for own in ours.values()):
            yield warn("features-clash", name=name, taken=key)


def endpoints(site: Site) -> Iterator[DoctorFinding]:
    """One finding: telephones whose endpoint fixes no caller ID, so that they may call by any number."""
    yield from absent(site, "pjsip.conf")
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


def absent(site: Site, name: str) -> Iterator[DoctorFinding]:
    """A folder without the file: made by other means, which are not seen from here."""
    if site.etc.is_dir() and not (site.etc / name).is_file():
        yield skip("file-missing", file=site.etc / name)


def _read(etc: Path, name: str) -> list[ConfSection]:
    return sections(etc, name) if etc.is_dir() else []


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:SHOWN]) + (" …" if len(listed) > SHOWN else "")
