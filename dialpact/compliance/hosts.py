"""Where SIP requests go: host and port of a URI, compared as they are written (nobody asks DNS). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

_URI = re.compile(r"(sips?):(?:(.*)@)?(\[[0-9A-Fa-f:.]+\]|[^@:;?&>\\\s]+)(?::([0-9]{1,5}))?(.*)", re.DOTALL)
PLAIN, SECURE = 5060, 5061


class Host(msgspec.Struct, frozen=True, order=True):
    name: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


class Target(msgspec.Struct, frozen=True):
    """A URI: who is asked for, and where."""

    user: str
    host: Host


def target(uri: str) -> Target | None:
    """``uri`` with or without brackets, parameters and what comes before it; None when it is none.

    >>> target("sip:138@10.0.0.1")
    Target(user='138', host=Host(name='10.0.0.1', port=5060))
    >>> target("PJSIP/carrier/sip:[::1];transport=tls")
    Target(user='', host=Host(name='[::1]', port=5061))
    """
    found = _URI.search(uri)
    if found is None:
        return None
    scheme, user, name, port, rest = found.groups()
    secure = scheme == "sips" or "transport=tls" in rest.lower()
    return Target(user or "", Host(name.lower(), int(port) if port else SECURE if secure else PLAIN))


def targets(dial: str) -> frozenset[Target]:
    """Of ``PJSIP/carrier/sip:10.0.0.1&PJSIP/carrier/sip:10.0.0.2``: an endpoint's contacts."""
    return frozenset(found for one in re.split(r"&(?=PJSIP/)", dial) if (found := target(one)))


def near(host: Host, others: Collection[Host]) -> bool:
    """The same machine, whatever the port."""
    return any(host.name == other.name for other in others)
