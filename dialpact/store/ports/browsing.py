"""The registers as a person looks through them.

1. A part of a list costs what it shows, however long the register is: it looks at a bounded number of
   entries behind the cursor, in the order of their keys. So it may be shorter than was asked for, even empty,
   and still have a ``next``: nothing behind that was looked at yet.
2. ``find``: a piece of what names an entry; small and capital letters of the alphabet are alike. What is
   empty is not asked for.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

from dialpact.compliance.model import Business, CallerId, Consent, DncEntry, Registration, Script, Value
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.change import Sealed
from dialpact.compliance.registers.leads import Delivered
from dialpact.compliance.registers.suspension import SuspensionEntry
from dialpact.store.ports.page import Page

Validity = Literal["", "valid", "ended", "coming"]
ConsentState = Literal["", "valid", "expired", "withdrawn"]
BatchState = Literal["", "counting", "held", "withdrawn"]


class Within(Value, frozen=True, kw_only=True):
    """What alone an actor may see: these businesses, campaigns and agents. Of a kind that is empty: all."""

    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()


ANYTHING = Within()


class Imports(NamedTuple):
    """``whole``: False: older ones were not searched."""

    acts: tuple[Sealed, ...]
    whole: bool


class Browsing(Protocol):
    async def businesses(
        self, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
    ) -> Page[Business]:
        """By their ids. ``find``: in the id and the name."""

    async def campaigns(
        self,
        *,
        find: str = "",
        business: str = "",
        purpose: str = "",
        within: Within = ANYTHING,
        after: str = "",
        most: int,
    ) -> Page[CampaignEntry]:
        """By their ids. ``find``: in the id, the industry and the script."""

    async def caller_ids(
        self,
        *,
        find: str = "",
        business: str = "",
        state: Validity = "",
        today: date,
        after: str = "",
        most: int,
    ) -> Page[CallerId]:
        """By their numbers. ``find``: in the number, the licence and the carrier."""

    async def scripts(
        self, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
    ) -> Page[Script]:
        """The newest version of each, by their ids. ``within``: those that its campaigns read."""

    async def consents(
        self,
        *,
        number: str = "",
        business: str = "",
        industry: str = "",
        state: ConsentState = "",
        now: datetime,
        after: str = "",
        most: int,
    ) -> Page[Consent]:
        """By number (E.164), business, industry and age."""

    async def opt_outs(
        self, *, number: str = "", scope: str = "", value: str = "", after: str = "", most: int
    ) -> Page[DncEntry]:
        """Those in force, by number (E.164), scope and value."""

    async def batches(
        self,
        *,
        find: str = "",
        number: str = "",
        campaign: str = "",
        state: BatchState = "",
        after: str = "",
        most: int,
    ) -> Page[Delivered]:
        """The newest first, without what the range detector found. ``find``: in the partner, the contract and
        the file. ``number`` (E.164): those that it is on.
        """

    async def suspensions(
        self,
        *,
        kind: str = "",
        find: str = "",
        lifted: bool = False,
        within: Within = ANYTHING,
        after: str = "",
        most: int,
    ) -> Page[SuspensionEntry]:
        """The newest first; ``lifted``: also those that are no longer in force. ``find``: in what is
        suspended. ``within``: of the campaigns and agents; one of a caller ID sees who may see everything.
        """

    async def registrations(
        self,
        *,
        find: str = "",
        holder: str = "",
        kind: str = "",
        state: Validity = "",
        today: date,
        after: str = "",
        most: int,
    ) -> Page[Registration]:
        """By holder, id, kind and first day. ``find``: in the holder's id and the certificate's number."""

    async def script_versions(self, id: str) -> list[Script]:
        """All of one, the newest first, without their texts."""

    async def script_text(self, id: str, version: int) -> str | None:
        """None: there is no such version."""

    async def acts(self, register: str, key: str, *, after: str = "", most: int) -> Page[Sealed]:
        """What was done to one entry, the newest first. What came with a file: ``imports_of``."""

    async def imports_of(self, register: str, key: str) -> Imports:
        """The files by which a person's entries came in, or that name a caller ID; the newest first."""

    async def act(self, leaf: int) -> Sealed | None:
        """The one of that leaf; None: the leaf is of something else, or there is none."""

    async def leaves_of_said(self, number: str) -> list[int | None]:
        """Of each time that a person opted out, in the order of ``DoNotCall.said``; None: it has none."""

    async def differs(self, register: str, key: str) -> bool:
        """Whether the housekeeping has found the entry different from what the log says."""
