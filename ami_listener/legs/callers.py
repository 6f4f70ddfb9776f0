"""Who dials a leg: a person, or a machine? The dialplan asks the same for an emergency number.

A machine's channel is one that speaks by itself (AudioSocket, WebSocket, ARI's external media), or a Local
channel of a call that began with such a one or with an Originate: the call's first channel tells, and its
unique id is the call's linkedid. A person who dials through a Local channel began on a telephone, or the
dialplan says that it is one (``DIALPACT_ORIGIN=person``).
"""

from __future__ import annotations

from typing import Literal

from ami_listener.ami.events import Origin
from ami_listener.ami.pbx import NoChannel, Pbx
from dialpact.compliance.endpoints import MACHINES

Who = Literal["person", "machine", "unknown"]
_KIND = "CHANNEL(channeltype)"
_ORIGIN = "DIALPACT_ORIGIN"  # what the site says of the caller's channel: `person` or `dialler`
_LOCAL = "Local"


def is_machine(origin: Origin) -> bool:
    """As far as the caller's own channel tells."""
    return origin.caller.partition("/")[0] in MACHINES


async def who(pbx: Pbx, origin: Origin) -> Who:
    """``unknown``: nobody saw the dialling, an Originate on the trunk, or the call's first channel is gone.

    Raises LinkError (the link is gone).
    """
    if not origin.seen or not origin.caller:
        return "unknown"
    if is_machine(origin):
        return "machine"
    if origin.caller.partition("/")[0] != _LOCAL:
        return "person"
    try:
        first = await pbx.variable(origin.linkedid, _KIND) if origin.linkedid else ""
    except NoChannel:
        first = ""
    if not first:
        return "unknown"
    if first == _LOCAL and await _is_said_to_be_a_person(pbx, origin.caller):
        return "person"
    return "machine" if first in (_LOCAL, *MACHINES) else "person"


async def _is_said_to_be_a_person(pbx: Pbx, channel: str) -> bool:
    """Of an Originate of a Local channel the site's dialplan may know who asked for it."""
    try:
        return await pbx.variable(channel, _ORIGIN) == "person"
    except NoChannel:
        return False
