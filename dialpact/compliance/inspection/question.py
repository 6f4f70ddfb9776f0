"""What the figures are asked with, and what several of them need: the mask, the exempt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dialpact.compliance.inspection.figures import Cdr
from dialpact.compliance.inspection.period import Period
from dialpact.compliance.model import PURPOSES
from dialpact.compliance.numbers import masked
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.carrier_list import ListedNumber

_NUMBER = re.compile(r"\+?[0-9]{7,}")


@dataclass(frozen=True, kw_only=True)
class Question:
    """``holders``: every trunk and the business that holds it, empty where any may use it. ``listed``: what
    carriers list, where it is to be compared for this report; ``lists``: from which files.
    """

    period: Period
    policy: Policy
    holders: Mapping[str, str]
    mode: str
    node: str
    now: datetime
    by: str
    full: bool = False
    listed: Mapping[str, ListedNumber] | None = None
    lists: str = ""
    cdr: Cdr | None = None
    # Read from the store before all else: every purpose that each campaign ever had, the caller IDs.
    campaigns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    registered: frozenset[str] = frozenset()
    trials: tuple[
        str, ...
    ] = ()  # as which campaigns trial calls are listed: the tester's own, and listed apart

    @property
    def today(self) -> date:
        return self.now.astimezone(self.policy.profiles[0].zone).date()

    def number(self, e164: str) -> str:
        return e164 if self.full else masked(e164)

    def caller_id(self, number: str) -> str:
        """One that is in no register and on no list may be a person's: it is masked like a callee's."""
        issued = number in self.registered or number in (self.listed or ())
        return number if self.full or issued else masked(number)

    def words(self, text: str) -> str:
        """What an officer wrote, without the numbers in it."""
        return text if self.full else _NUMBER.sub(lambda match: masked(match[0]), text)

    def exempt(self, purposes: Iterable[str]) -> list[str]:
        """The campaigns that never had one of ``purposes``. One that nobody knows has."""
        bound = frozenset(purposes)
        return [id for id, had in self.campaigns.items() if not had & bound]

    def beside_trials(self, purposes: Iterable[str]) -> list[str]:
        """The exempt, and the trial calls: of what their own profile stands in place of."""
        return [*self.exempt(purposes), *self.trials]

    def bound(self, rule: str) -> frozenset[str]:
        """The purposes that any profile's ``rule`` binds."""
        sections = [getattr(profile, rule) for profile in self.policy.profiles]
        return frozenset(
            purpose for section in sections if section for purpose in PURPOSES if section.binds(purpose)
        )
