"""What a site dials for an outside line, as somebody has said it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.compliance.registers.fault import Fault, shown

_PREFIX = re.compile(r"[0-9*#]{1,16}")


def the_prefixes(given: Iterable[str]) -> DialPrefixes:
    """Fault for what is none."""
    prefixes = tuple(given)
    for one in prefixes:
        if not _PREFIX.fullmatch(one):
            raise Fault("bad-prefix", value=shown(one))
    return DialPrefixes(prefixes)
