"""The files that the registers take: a line here is a register that can be imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from dialpact.compliance.registers import caller_id, carrier_list, consent, dnc, leads
from dialpact.compliance.registers.carrier_list import ListedNumber
from dialpact.compliance.registers.table import Format

REGISTERS: Mapping[str, Format[Any]] = {
    "caller-id": Format(
        caller_id.COLUMNS, caller_id.read, caller_id.OPTIONAL, "caller-id", write=caller_id.written
    ),
    "consent": Format(
        consent.COLUMNS, consent.read, consent.OPTIONAL, "consent", consent.WATCHED, consent.written
    ),
    "dnc": Format(dnc.COLUMNS, dnc.read, kind="dnc", write=dnc.written),
}
LEADS: Format[str] = Format(
    leads.COLUMNS, leads.read, kind="leads", watched=leads.WATCHED, write=leads.written
)
CALLEES = frozenset({"consent", "dnc"})  # registers whose rows are about a person's number
CARRIER_LIST: Format[ListedNumber] = Format(
    carrier_list.COLUMNS, carrier_list.read, carrier_list.OPTIONAL, carrier_list.KIND
)
IMPORTED: Mapping[str, Format[Any]] = {**REGISTERS, "leads": LEADS}  # whatever is filled from a file


def at_home(format: Format[Any], regions: Sequence[str]) -> Format[Any]:
    """``format``, of a file with people's numbers, that reads them as of these regions, home first."""
    read: Callable[..., Any] = format.read
    return replace(format, read=partial(read, regions=regions))
