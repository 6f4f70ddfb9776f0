"""What an override repeats: a context as the PBX has generated it, and its checksum."""

from __future__ import annotations

import hashlib

from dialpact.application.pbx.host import Host


def lines(host: Host, name: str, context: str) -> tuple[str, ...]:
    """``key = value`` of each line of ``context`` in ``name`` (of Asterisk's configuration), in order.

    Comments, empty lines and blanks at the ends are gone, so that none of them counts as a change.
    """
    return tuple(
        f"{line.key} = {line.value}"
        for section in host.sections(name)
        if section.name == context
        for line in section.entries
    )


def checksum(found: tuple[str, ...]) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256("\n".join(found).encode("utf-8", "surrogatepass")).hexdigest()
