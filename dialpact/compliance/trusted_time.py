"""How late it is at most, by what the host's clocks have witnessed. Pure.

Whoever may set the wall clock can set it forward. The time since the host started can not be set, so readings
of both, taken every few minutes and sealed in the ledger, bear out how much time has passed:

1. While the host runs, no more has passed between two readings than the host's uptime has grown.
2. Over a restart of the host no more has passed than the wall clock says, and than the uptime since plus
   ``DARK`` (and no longer than the host had run before): what nobody saw is believed only so far.
3. It never passes what the wall clock says, and a wall clock that goes back does not take it back. But one
   that stays more than ``ASIDE`` behind for ``PATIENCE`` of uptime is believed: then it was the earlier
   readings that were ahead, and a witness that is ahead witnesses nothing.
4. The first reading is believed, but not more than ``DARK`` after the last call that is known from before.

So a clock that lags, a host that was off for long, or readings that were not taken only make it *earlier*
than it is: what is deleted by it is deleted later. The store computes the same in SQL (view
``witness_rule``), where a trigger lets nothing be disposed of before its time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from dialpact.compliance.clock import Uptime

DARK = timedelta(days=1)
ASIDE = timedelta(hours=1)
PATIENCE = timedelta(days=7)
NONE = timedelta()


class Reading(NamedTuple):
    """The wall clock, and the host's time since its start at the same moment."""

    at: datetime
    uptime: Uptime


class Witness(NamedTuple):
    """``time``: how late it is at most. ``behind``: for how much uptime the wall clock has been behind it."""

    time: datetime
    behind: timedelta
    last: Reading

    @property
    def now(self) -> datetime:
        """What may be acted on: the earlier one of trusted time and wall clock."""
        return min(self.time, self.last.at)


class Sealed(NamedTuple):
    """A reading as the store has it. ``flaw``: how it fails its leaf; then nothing else is known of it.

    ``witness``: what was made of it; None: nothing. ``last_call``: before the first reading of all, as
    :func:`begin` takes it.
    """

    seq: int
    flaw: str
    reading: Reading | None
    witness: Witness | None
    last_call: datetime | None = None


def begin(reading: Reading, last_call: datetime | None) -> Witness:
    """``last_call``: the latest time that a call has shown before; None when there was none."""
    time = min(reading.at, last_call + DARK) if last_call else reading.at
    return Witness(time, NONE, reading)


def follow(before: Witness, reading: Reading) -> Witness:
    """After one more reading."""
    last = before.last
    if reading.uptime.boot_id == last.uptime.boot_id:
        seen = most = max(reading.uptime.up - last.uptime.up, NONE)
    else:
        seen = reading.uptime.up
        most = max(min(reading.at - last.at, seen + min(last.uptime.up, DARK)), NONE)
    behind = before.behind + seen if reading.at < before.time - ASIDE else NONE
    if behind >= PATIENCE:
        return Witness(reading.at, NONE, reading)
    return Witness(max(before.time, min(reading.at, before.time + most)), behind, reading)
