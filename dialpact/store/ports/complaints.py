"""The register of complaints."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.model import Value
from dialpact.compliance.registers.complaint import Complaint, Correction, Stage
from dialpact.compliance.registers.filing import Filed, Filing
from dialpact.store.ports.page import ALL, Page


class Theirs(Value, frozen=True, kw_only=True):
    """Whose complaints alone: those whose call is of one of each; an empty one leaves nobody out."""

    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def everybody(self) -> bool:
        return not (self.businesses or self.campaigns or self.agents)


EVERYBODY = Theirs()


class InboxWanted(Value, frozen=True, kw_only=True):
    """``stage``: None: all of them. ``number``: E.164. ``unmatched``: those without a call. ``overdue_on``:
    open ones whose last day is before then, or is not known.
    """

    stage: Stage | None = "open"
    number: str = ""
    source: str = ""
    caller_id: str = ""
    campaign: str = ""
    agent: str = ""
    unmatched: bool = False
    overdue_on: date | None = None
    theirs: Theirs = EVERYBODY


class Waiting(Value, frozen=True, kw_only=True):
    """Open ones: all, and those of which the last day is over, is today, or is not known."""

    open: int
    overdue: int
    today: int
    unknown: int


class Complaints(Protocol):
    async def file(self, new: Complaint, filing: Filing, *, by: str, at: datetime) -> Filed:
        """Files it with the call nearest to its time, opts the person out, and suspends at a threshold.

        ``filing`` says which calls are looked at and what follows. All of it or nothing; the same complaint
        again changes nothing but a wider opt-out.
        """

    async def correct(
        self, id: int, new: Correction, filing: Filing, *, reason: str, by: str, at: datetime
    ) -> Filed:
        """Looks for its call anew, with all that follows as for ``file``; an opt-out is never narrowed.

        The log has it as it was and as it is. Fault when there is none, and for a call to somebody else.
        """

    async def answer(self, id: int, answer: str, *, by: str, at: datetime) -> Complaint:
        """Fault when there is none, or when it was answered otherwise: an answer is given once."""

    async def close(self, id: int, closing: str, *, by: str, at: datetime) -> Complaint:
        """Fault when there is none, when it was not answered, or was closed otherwise: it ends once."""

    async def inbox(self, wanted: InboxWanted, *, after: str = "", most: int = ALL) -> Page[Complaint]:
        """Open ones by the day by which they must be answered, those of which it is not known before all
        others; else the newest first.
        """

    async def waiting(self, today: date, theirs: Theirs) -> Waiting: ...

    async def one_of(self, id: int, theirs: Theirs) -> Complaint | None:
        """None also where it is nobody's of theirs."""

    async def list(
        self, *, id: int = 0, number: str = "", status: str = "", after: str = "", most: int = ALL
    ) -> Page[Complaint]:
        """The newest first. ``after``: a page's ``next``."""
