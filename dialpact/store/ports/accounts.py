"""The accounts of the console, and what each signs in by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.registers.account import Account, Wanted
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.store.ports.page import ALL, Page


class KeptAccount(NamedTuple):
    """``bound``: account and factors are as the acts in the log made them; one that is not opens nothing."""

    account: Account
    factors: tuple[Factor, ...]
    bound: bool

    def factor(self, kind: Kind, id: str = "") -> Factor | None:
        return next((each for each in self.factors if each.place == (kind, id)), None)

    def all(self, kind: Kind) -> tuple[Factor, ...]:
        return tuple(each for each in self.factors if each.kind is kind)


class ShownAccount(NamedTuple):
    """``kinds``: what it signs in by. ``seen_at``: when it last was there; None: never, or long ago."""

    account: Account
    kinds: tuple[Kind, ...]
    seen_at: datetime | None


class Accounts(Protocol):
    async def any(self) -> bool:
        """Whether there is one, or ever was."""

    async def add(
        self,
        id: str,
        wanted: Wanted,
        factors: Sequence[Factor],
        *,
        first: bool = False,
        by: str,
        at: datetime,
    ) -> Account:
        """Fault for an id that any account had before, a subject that another has, unknown businesses or
        campaigns; ``first``: and where there is any account.
        """

    async def change(
        self, id: str, wanted: Wanted, *, expected: Account | None = None, by: str, at: datetime
    ) -> Account:
        """Fault as ``add``, for an account that is not there or is not as ``expected`` (None: however it is),
        and where no administrator would be left.
        """

    async def disable(self, id: str, *, reason: str, by: str, at: datetime) -> Account:
        """Its sessions end with it. Fault where it is not there, is disabled already, or no administrator
        would be left.
        """

    async def enable(self, id: str, *, reason: str, by: str, at: datetime) -> Account:
        """Fault where it is not there, or is not disabled."""

    async def refactor(
        self,
        id: str,
        *,
        expected: Sequence[Factor] = (),
        new: Sequence[Factor] = (),
        gone: Sequence[tuple[Kind, str]] = (),
        reason: str,
        by: str,
        at: datetime,
    ) -> None:
        """What it signs in by, all in one. ``new`` takes the place of what is there of its kind and id. Fault
        where one of ``expected`` is not there as it is: somebody was faster; or a passkey is another's.
        """

    async def find(self, id: str) -> KeptAccount | None: ...

    async def find_subject(self, subject: str) -> KeptAccount | None:
        """Who it is that the identity provider knows so."""

    async def find_passkey(self, id: str) -> KeptAccount | None:
        """Whose passkey it is."""

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[ShownAccount]:
        """By their ids, those that hold no longer as well."""

    async def history(self, id: str, *, after: str = "", most: int = ALL) -> Page[Made]:
        """All acts about it, the newest first: what it became, what it signs in by, when it did."""

    async def use_step(self, id: str, step: int) -> bool:
        """That a code of the authenticator was used, by its step of time. False: it was before, or a later
        one was.
        """
