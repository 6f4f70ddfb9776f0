"""Keys of JSON that have a new name: for one version the old name is said beside it, with the same value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def beside(told: Any, old: Mapping[str, str]) -> Any:
    """``told``, plain values, with each key of ``old`` also under the name it had, at any depth."""
    if isinstance(told, list | tuple):
        return [beside(one, old) for one in told]
    if not isinstance(told, dict):
        return told
    both: dict[str, Any] = {}
    for key, value in told.items():
        both[key] = inner = beside(value, old)
        if key in old:
            both[old[key]] = inner
    return both
