"""The endpoints of pjsip.conf and pjsip_wizard.conf: the options of each, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dialpact.application.doctor.conf import ConfSection, sections
from dialpact.compliance.hosts import Host, Target, target

FILES = ("pjsip.conf", "pjsip_wizard.conf")
YES = frozenset({"yes", "true", "on", "1", "y", "t"})
NO = frozenset({"no", "false", "off", "0", "n", "f"})


@dataclass
class SipEndpoint:
    """``options``: every line of it, in order. ``targets``: contacts, proxies and registrars of it."""

    name: str
    options: list[tuple[str, str]] = field(default_factory=list)
    targets: set[Target] = field(default_factory=set)

    def option(self, key: str) -> str:
        """The last one counts."""
        return next((value for name, value in reversed(self.options) if name == key), "")

    def says(self, key: str) -> bool:
        return self.option(key).lower() in YES

    @property
    def hosts(self) -> set[Host]:
        """Of its contacts, proxies and registrars."""
        return {one.host for one in self.targets}


def endpoints(etc: Path) -> dict[str, SipEndpoint]:
    """By name. What a database has (realtime) is not there."""
    found: dict[str, SipEndpoint] = {}
    objects = sections(etc, FILES[0])
    for section in _of_type(objects, "endpoint"):
        one = found[section.name] = SipEndpoint(section.name, list(section.lines))
        one.targets |= _targets(section.values("outbound_proxy"))
        for aor in _of_type(objects, "aor"):
            if aor.name in [name.strip() for name in one.option("aors").split(",")]:
                one.targets |= _targets([*aor.values("contact"), *aor.values("outbound_proxy")])
        for registration in _of_type(objects, "registration"):
            if one.name in (registration.name, *registration.values("endpoint")):
                one.targets |= _targets(registration.values("server_uri"))
    for section in _of_type(sections(etc, FILES[1]), "wizard"):
        prefix = "endpoint/"
        options = [
            (name.removeprefix(prefix), value) for name, value in section.lines if name.startswith(prefix)
        ]
        hosts = [host for value in section.values("remote_hosts") for host in value.split(",")]
        proxies = [*section.values("outbound_proxy"), *section.values("endpoint/outbound_proxy")]
        uris = [f"sip:{host.strip()}" for host in hosts] + section.values("aor/contact") + proxies
        found[section.name] = SipEndpoint(section.name, options, _targets(uris))
    return found


def in_a_database(etc: Path) -> bool:
    """Whether Asterisk reads some of them from elsewhere."""
    mapped = [value for section in sections(etc, "sorcery.conf") for value in section.values("endpoint")]
    return any(not value.startswith("config,") for value in mapped)


def _of_type(objects: Iterable[ConfSection], kind: str) -> Iterator[ConfSection]:
    return (section for section in objects if kind in section.values("type"))


def _targets(uris: Iterable[str]) -> set[Target]:
    return {found for uri in uris if (found := target(uri)) is not None}
