"""Whether the opt-out keys reach the listener, and are the same for Asterisk."""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.application.doctor.conf import ConfSection, sections
from dialpact.application.doctor.finding import DoctorFinding, Site, ok, warn

EVENT = "DTMFEnd"
FEATURES = {"dialpact-callee": "callee_key", "dialpact-agent": "agent_key"}  # and their names in [opt_out]


def keys(site: Site) -> Iterator[DoctorFinding]:
    """Looks at the files alone; what is not there other checks tell."""
    user = site.config.ami.username
    found = [section for section in _read(site, "manager.conf") if section.name == user]
    bad = [warn("keys-unheard", user=user) for section in found if not _heard(section)]
    for section in _read(site, "features.conf"):
        if section.name == "applicationmap":
            bad += _different(site, section)
    yield from bad
    if found and not bad:
        own = site.config.opt_out
        yield ok("keys", callee=own.callee_key, agent=own.agent_key)


def _heard(section: ConfSection) -> bool:
    rights = {right.strip() for line in section.values("read") for right in line.split(",")}
    filters = [text for text in section.values("eventfilter") if not text.startswith("!")]
    return bool(rights & {"dtmf", "all"}) and (not filters or any(EVENT in text for text in filters))


def _different(site: Site, section: ConfSection) -> Iterator[DoctorFinding]:
    for name, setting in FEATURES.items():
        ours = getattr(site.config.opt_out, setting)
        for value in section.values(name):
            if (theirs := value.partition(",")[0].strip()) != ours:
                yield warn("keys-differ", feature=name, theirs=theirs, setting=setting, ours=ours)


def _read(site: Site, name: str) -> list[ConfSection]:
    return sections(site.etc, name) if site.etc.is_dir() else []
