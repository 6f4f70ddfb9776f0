"""Who did what: the lines of the log about registers, accounts, settings, recordings.

1. Newest first, by their time and then by their number: no line is left out or comes twice, whatever comes
   in meanwhile.
2. A look for somebody's acts goes through a bounded number of lines. It says how far back it reached, so
   that nobody takes what was not looked at for what is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.model import Value
from dialpact.compliance.registers.change import Made


class ActKind(NamedTuple):
    register: str
    action: str


class ActsWanted(Value, frozen=True, kw_only=True):
    """What is empty is not asked for. ``actor``: a part of the name, capitals or not. ``since``, ``until``:
    from then on, before then.
    """

    actor: str = ""
    register: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


class LoggedAct(Made, frozen=True, kw_only=True):
    """With its leaf; None: it has none yet, which `ledger verify` would name."""

    leaf: int | None


class ActPage(Value, frozen=True, kw_only=True):
    """``next``: the cursor of the rows behind these; empty: these are the last ones. ``reach``: all that was
    asked for and is not older is in this page and those before it; None: there is nothing older.
    """

    rows: tuple[LoggedAct, ...]
    next: str
    reach: datetime | None


class Acts(Protocol):
    async def list(self, wanted: ActsWanted, *, after: str = "", most: int) -> ActPage:
        """``after``: a page's ``next``. Fault for a cursor that is none."""

    async def kinds(self) -> Sequence[ActKind]:
        """Those of which the log has any, in their order."""
