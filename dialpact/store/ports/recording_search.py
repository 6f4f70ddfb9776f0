"""The recordings as a person looks for them, and what is known of one that a page shows.

A page of the search costs what it shows, whatever else there is: as :mod:`dialpact.store.ports.listings`, it
looks at a bounded number of calls, and may be shorter than was asked for and still have a ``next``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.ledger.entry import Standing
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.hold import Hold
from dialpact.compliance.waveform import Waveform
from dialpact.store.ports.page import Page


class Whose(Value, frozen=True, kw_only=True):
    """Of whose calls: what is in every list that is not empty. None of them: of everybody's."""

    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    def has(self, *, business: str, campaign: str, agent: str) -> bool:
        return (
            (not self.businesses or business in self.businesses)
            and (not self.campaigns or campaign in self.campaigns)
            and (not self.agents or agent in self.agents)
        )


EVERYBODY = Whose()


class Sought(Value, frozen=True, kw_only=True):
    """``number``: the callee (E.164). ``state``: as it is told. ``held``: under a hold. ``complained``: a
    complaint is about its call; ``complaint``: this one is, 0 for any. ``since``, ``until``: of the call,
    from then on, before then. ``due``: those that may go on that day. What is empty is not asked for.
    """

    whose: Whose = EVERYBODY
    campaign: str = ""
    agent: str = ""
    number: str = ""
    state: str = ""
    held: bool = False
    complained: bool = False
    complaint: int = 0
    due: date | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(Value, frozen=True, kw_only=True):
    """A recording, and of its call when it was decided, and whose it was."""

    recording: Recording
    decided_at: datetime
    business: str
    campaign: str
    agent: str


class ProvenFound(Found, frozen=True, kw_only=True):
    """``standing``: of its leaf."""

    standing: Standing

    @property
    def flaw(self) -> str:
        """How it fails its leaf; one that has not ended has none yet."""
        return self.standing.flaw if self.recording.ended_at else ""


class WholeFound(ProvenFound, frozen=True, kw_only=True):
    """``call``: all recordings of its call, the first one first. ``holds``: that bear on it, the newest
    first, also those that were released. ``complaints``: about its call, by number. ``history``: the
    newest acts about it, its call and its callee, the newest first; ``more``: there are older ones.
    """

    call: tuple[Recording, ...]
    holds: tuple[Hold, ...]
    complaints: tuple[int, ...]
    history: tuple[Change, ...]
    more: bool


class RecordingSearch(Protocol):
    async def search(self, sought: Sought, *, after: str = "", most: int) -> Page[Found]:
        """In the order of their calls, the newest first; of one call by their ids. Fault for a cursor that is
        none.
        """

    async def found(self, id: str) -> ProvenFound | None: ...

    async def whole(self, id: str, *, acts: int) -> WholeFound | None:
        """``acts``: so many of its history."""

    async def waveforms(self, id: str) -> Mapping[str, Waveform]:
        """By side, as they are stored: whoever draws them holds them against their digests."""

    async def heard(self, id: str, by: str) -> Sequence[Change]:
        """The newest acts by which its sound was given to this one, the newest first: a few, and of these
        only those that fit their leaves.
        """
