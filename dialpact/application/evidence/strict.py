"""JSON that can be read in one way only: what two readers could take for two things proves nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def strict(data: bytes | str) -> Any:
    """ValueError or RecursionError: no JSON, a member twice, half a character, a number without end."""
    value = json.loads(data if isinstance(data, str) else data.decode(), object_pairs_hook=_members)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member is there twice")
    return found
