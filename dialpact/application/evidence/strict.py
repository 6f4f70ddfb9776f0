"""JSON that can be read in one way only: what two readers could take for two things proves nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

# What half a character, or a number without end, can be written as.
_SUSPECT = re.compile(r"\\u[dD]|NaN|Infinity|[eE][+]?\d{3}|\d{300}")


def strict(data: bytes | str) -> Any:
    """ValueError or RecursionError: no JSON, a member twice, half a character, a number without end."""
    text = data if isinstance(data, str) else data.decode()
    value = json.loads(text, object_pairs_hook=_members)
    if _SUSPECT.search(text):
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member is there twice")
    return found
