"""One call record, whatever form it was written in."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, NamedTuple

from dialpact.compliance.registers.fault import Fault, shown

_SECONDS = re.compile(r"[0-9]{1,9}")
UNIQUEID = re.compile(r"(?:.*-)?([0-9]{9,11})\.[0-9]+")

CdrWay = Literal["", "out", "in", "house"]


class CdrRecord(NamedTuple):
    """One line. Texts are as the PBX wrote them; ``start`` is in UTC.

    ``duration`` (from the start) and ``billsec`` (from the answer) are still text, to be read with
    :func:`seconds`: a line without them is one all the same. ``way`` and ``trunk`` are what a form says that
    names no channels; ``stamp`` is a unique id that a spreadsheet has changed: good for its second alone.
    """

    line: int
    accountcode: str
    src: str
    dst: str
    dcontext: str
    clid: str
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    start: datetime
    duration: str
    billsec: str
    disposition: str
    uniqueid: str
    userfield: str
    way: CdrWay = ""
    trunk: str = ""
    stamp: str = ""


def seconds(cell: str) -> int:
    """A duration of a CDR. Fault for what is none."""
    if _SECONDS.fullmatch(cell):
        return int(cell)
    raise Fault("cdr-seconds", value=shown(cell))


def born(uniqueid: str) -> int | None:
    """The second since 1970 (UTC) in which the channel came into being; None: no unique id of Asterisk's."""
    return int(found[1]) if (found := UNIQUEID.fullmatch(uniqueid)) else None
