"""A recording as programs read it: times to the microsecond, as they sort."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import fields

from dialpact.compliance.clock import stamp
from dialpact.compliance.recording import Recording

NAMES = tuple(field.name for field in fields(Recording))


def plain(found: Recording) -> dict[str, object]:
    values = ((name, getattr(found, name)) for name in NAMES)
    told = {name: stamp(value) if isinstance(value, datetime) else value for name, value in values}
    return told | {"unseen": int(found.unseen)}
