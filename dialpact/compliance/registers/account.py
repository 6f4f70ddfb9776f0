"""An account of the console: a person, what he may there, of whose data, until when. Pure.

1. An account is one person's. Its id is in the log as who acted, so it is never given twice.
2. A supervisor sees his own: what is in every list of ``businesses``, ``campaigns``, ``agents`` that is not
   empty, and at least one is not. Nobody else has such lists.
3. An auditor's account ends: ``until`` is its last day. Any other may have one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import choice, free_text, identifier
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.moment import HOME, day

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
MOST_NAMED = 500  # in a list of limits
MOST_SUBJECT = 255  # characters (OpenID Connect Core, 2)


class Role(StrEnum):
    """What each may: ``application/accounts/rights``."""

    ADMINISTRATOR = "administrator"  # accounts, keys, what runs: and no recording
    OFFICER = "officer"
    SUPERVISOR = "supervisor"  # his own campaigns, agents, businesses
    AUDITOR = "auditor"  # reads, until a day; what he opens is an act


class Account(Value, frozen=True, kw_only=True):
    """``businesses``, ``campaigns``, ``agents``: of a supervisor; an empty list limits nothing.

    ``until``: its last day. ``subject``: who it is at the identity provider; empty: nobody there.
    """

    id: str
    name: str  # as people call him
    role: Role
    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    until: date | None = None
    language: str = ""  # zh, en; empty: what the browser asks for
    subject: str = ""
    added_at: datetime
    added_by: str
    disabled_at: datetime | None = None
    disabled_by: str = ""
    reason: str = ""  # why it was disabled

    @property
    def limited(self) -> bool:
        return bool(self.businesses or self.campaigns or self.agents)

    def sees(self, *, business: str = "", campaign: str = "", agent: str = "") -> bool:
        """Whether what is of these is his. What says no agent, say, is not of one of his agents."""
        return (
            (not self.businesses or business in self.businesses)
            and (not self.campaigns or campaign in self.campaigns)
            and (not self.agents or agent in self.agents)
        )

    def holds(self, now: datetime) -> bool:
        """Not disabled, and its last day is not over."""
        if self.disabled_at is not None:
            return False
        return self.until is None or now.astimezone(HOME).date() <= self.until


class Wanted(Value, frozen=True, kw_only=True):
    """What is to be of an account, checked."""

    name: str
    role: Role
    businesses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    until: date | None = None
    language: str = ""
    subject: str = ""


def account_id(text: str) -> str:
    """ASCII and lower case: nobody is to be taken for another. Fault."""
    found = text.strip().lower()
    if not found:
        raise Fault("empty", column="id")
    if not _ID.fullmatch(found):
        raise Fault("account-id", value=shown(text))
    return found


def wanted(
    *,
    name: str,
    role: str,
    businesses: Sequence[str] = (),
    campaigns: Sequence[str] = (),
    agents: Sequence[str] = (),
    until: str | date | None = None,
    language: str = "",
    subject: str = "",
) -> Wanted:
    """Fault."""
    found = Wanted(
        name=free_text(name, "name"),
        role=choice(role, "role", tuple(Role)),
        businesses=_names(businesses, "businesses"),
        campaigns=_names(campaigns, "campaigns"),
        agents=_names(agents, "agents"),
        until=_day(until),
        language=choice(language, "language", ("zh", "en")) if language else "",
        subject=free_text(subject, "subject", needed=False),
    )
    if len(found.subject) > MOST_SUBJECT:
        raise Fault("too-long", column="subject", limit=str(MOST_SUBJECT))
    limited = bool(found.businesses or found.campaigns or found.agents)
    if found.role is Role.SUPERVISOR and not limited:
        raise Fault("account-limits")
    if found.role is not Role.SUPERVISOR and limited:
        raise Fault("account-no-limits", value=found.role)
    if found.role is Role.AUDITOR and found.until is None:
        raise Fault("account-until")
    return found


def _day(given: str | date | None) -> date | None:
    """Fault."""
    if isinstance(given, str):
        return day(given, "until") if given.strip() else None
    return given


def _names(given: Sequence[str], column: str) -> tuple[str, ...]:
    """Each once, in the order of their names. Fault."""
    parts = (name for text in given for name in re.split(r"[,;，；、\s]+", text) if name)
    names = tuple(sorted({identifier(name, column) for name in parts}))
    if len(names) > MOST_NAMED:
        raise Fault("too-long", column=column, limit=str(MOST_NAMED))
    return names
