"""The register of complaints."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.registers.complaint import Complaint, Correction
from dialpact.compliance.registers.filing import Filed, Filing
from dialpact.store.ports.page import ALL, Page


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

    async def list(
        self, *, id: int = 0, number: str = "", status: str = "", after: str = "", most: int = ALL
    ) -> Page[Complaint]:
        """The newest first. ``after``: a page's ``next``."""
