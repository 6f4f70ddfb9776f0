"""What is known of many numbers at once, in one snapshot: a list is judged by what held at one moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.bound.difference import Named
from dialpact.compliance.model import CallAttempt, Facts
from dialpact.compliance.ranges import LastDialled


class OwnOptOut(NamedTuple):
    scope: str
    value: str
    requested_at: str  # as stored
    source: str


class OwnConsent(NamedTuple):
    business: str
    industry: str
    granted_at: str  # as stored, like the other two
    expires_at: str | None
    evidence: str
    withdrawn_at: str | None
    evidence_sha256: str
    wording: str


class Own(NamedTuple):
    """What is known of one number beside what all have in common. ``leads``: the batches that it is on;
    ``nth``: for each cap on attempts at a callee, when the limit was reached; ``neighbours``: distances.
    """

    opt_outs: tuple[OwnOptOut, ...] = ()
    consents: tuple[OwnConsent, ...] = ()
    leads: tuple[int, ...] = ()
    nth: tuple[str | None, ...] = ()
    neighbours: tuple[int, ...] = ()


NOTHING = Own()  # of an attempt without a number


class ListFacts(Protocol):
    """For attempts of one campaign, caller ID, trunk and agent, at one instant. Used by one thread at a time.

    StoreBusy, StoreError, from each.
    """

    @property
    def shared(self) -> Facts:
        """What an attempt of them is judged by whose callee nobody knows anything of."""

    @property
    def differing(self) -> frozenset[Named]:
        """What of any register is not what the log says."""

    @property
    def forked(self) -> bool:
        """Whether the log may not be signed; also where nobody knows."""

    @property
    def restored(self) -> bool:
        """Whether a backup was put back, and nobody has acknowledged it."""

    def of(self, numbers: Collection[str]) -> Mapping[str, Own]:
        """Of each number in E.164."""

    def facts(self, number: str, own: Own) -> Facts:
        """All that an attempt to call that number is judged by. Without one (the empty text): ``shared``."""

    def last_dialled(self, number: str) -> Sequence[LastDialled]:
        """When the numbers close by were dialled last, each within the window of the rules."""


class ListSnapshot(Protocol):
    """A snapshot of the whole database."""

    def about(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime, *, scrubbed: int = 0
    ) -> ListFacts:
        """Of attempts like this one, whose callee does not matter. ``scrubbed``: a batch of leads that is
        taken to be scrubbed already.
        """

    def leads(self, batch: int) -> Iterator[str]:
        """The numbers of a batch in E.164, in order."""


class Lists(Protocol):
    def snapshot(self, rest: Callable[[], None] | None = None) -> AbstractContextManager[ListSnapshot]:
        """``rest``: called at short intervals in the midst of it. With a connection of its own, which waits
        for nobody and lets nobody wait. It is of the moment when it is entered. Blocks; any one
        thread may go on with it. StoreGone, StoreBusy, StoreError.
        """
