"""The calls, their recordings and the incidents as a program pages through them, the newest first.

1. A page costs what it shows, whatever else there is: a list that is filtered looks at a bounded number of
   rows for it. So a page may be shorter than was asked for, even empty, and still have a ``next``.
2. Order and cursors are of the call's time: no row that was there is left out or comes twice, whatever comes
   in meanwhile.
3. ``businesses``, ``campaigns``, ``agents``: only what is theirs, of each that is named; none named:
   everything. What has no business (campaign, agent) is nobody's but theirs who may see everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.calls import CallEntry, LegEntry
from dialpact.compliance.incidents import Incident
from dialpact.compliance.ledger.entry import Standing
from dialpact.compliance.model import Decision, Value
from dialpact.compliance.recording import Recording
from dialpact.store.ports.page import Page


class Wanted(Value, frozen=True, kw_only=True):
    """Which calls, or the recordings and incidents of which. ``since``, ``until``: of the call (or incident),
    from then on, before then. ``verdict``: as it is told. What is empty is not asked for.
    """

    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    campaign: str = ""
    verdict: str = ""
    since: datetime | None = None
    until: datetime | None = None


class WholeCall(Value, frozen=True, kw_only=True):
    """One call. ``decision``: None once its inputs were erased; ``standing`` says whether what is left is
    what was left then. The legs and recordings: the first one first.
    """

    entry: CallEntry
    decision: Decision | None
    standing: Standing
    carrier_legs: tuple[LegEntry, ...]
    recordings: tuple[Recording, ...]


class WholeRecording(Value, frozen=True, kw_only=True):
    """``business``: of its call."""

    recording: Recording
    business: str
    standing: Standing


class IncidentOf(Value, frozen=True, kw_only=True):
    """An incident, and of its call the business and whom it was to; empty where it is about none."""

    incident: Incident
    business: str
    numbers: tuple[str, ...]


class Listings(Protocol):
    async def calls(self, wanted: Wanted, *, after: str = "", most: int) -> Page[CallEntry]:
        """``after``: a page's ``next``. Fault for a cursor that is none."""

    async def calls_to(
        self, number: str, given: Sequence[str], wanted: Wanted, *, after: str = "", most: int
    ) -> Page[CallEntry]:
        """To a callee (E.164), and what was dialled exactly so and is no number; either may be empty."""

    async def call(self, id: str) -> WholeCall | None:
        """LedgerError where what is stored of it can not be read."""

    async def recordings(
        self, wanted: Wanted, *, state: str = "", after: str = "", most: int
    ) -> Page[Recording]:
        """Of these calls, those of one call by their ids."""

    async def recording(self, id: str) -> WholeRecording | None: ...

    async def incidents(
        self, wanted: Wanted, *, kind: str = "", after: str = "", most: int
    ) -> Page[IncidentOf]: ...

    async def ours(self, numbers: Collection[str]) -> frozenset[str]:
        """Those that are, or once were, registered caller IDs."""

    async def erased(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the decisions whose inputs were erased."""
