"""A value as JSON has it where times stand as they are stored, with all their microseconds.

What was given out in that form (lists of calls and incidents, evidence packages) stays in it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from dialpact.compliance.clock import stamp


def stamped(value: msgspec.Struct) -> dict[str, Any]:
    """Field by field, in their order; structs inside it likewise, and without what is left out by default."""
    return {
        field.name: _stamped(found)
        for field in msgspec.structs.fields(value)
        if not ((found := getattr(value, field.name)) is None and field.default is None)
    }


def _stamped(value: object) -> object:
    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case msgspec.Struct():
            return stamped(value)
        case tuple():
            return [_stamped(each) for each in value]
    return value
