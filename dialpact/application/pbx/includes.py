"""Whether a file of Asterisk's configuration includes another already, by its administrator's own hand."""

from __future__ import annotations

import re

from dialpact.application.pbx import fences
from dialpact.application.pbx.host import Host
from dialpact.compliance.registers.fault import Fault


def included(host: Host, name: str, other: str) -> bool:
    """Whether ``name`` has a line that includes ``other``, outside of our fences."""
    line = re.compile(
        rf"^[ \t]*#(?:try)?include[ \t]+[\"<]?(?:[^\s\"<>]*/)?{re.escape(other)}\b", re.M | re.I
    )
    return bool(line.search(own(host, name)))


def ours(host: Host, name: str) -> frozenset[int]:
    """The numbers of the lines between our fences."""
    found, inside = set(), False
    content = (host.content(host.conf(name)) or b"").removeprefix(b"\xef\xbb\xbf")
    for number, line in enumerate(content.splitlines(), 1):
        inside = inside or line.startswith(b"; >>> dialpact ")
        if inside:
            found.add(number)
        inside = inside and not line.startswith(b"; <<< dialpact")
    return frozenset(found)


def own(host: Host, name: str) -> str:
    """The text of a file without our blocks; empty where there is none."""
    path = host.conf(name)
    content = host.content(path)
    if content is None:
        return ""
    try:
        content = fences.without_blocks(content, path, {}).content
    except Fault:  # (whoever changes the file says so)
        content = re.sub(rb"^; >>> dialpact .*?^; <<< dialpact", b"", content, flags=re.M | re.S)
    return content.decode("utf-8-sig", "replace")
