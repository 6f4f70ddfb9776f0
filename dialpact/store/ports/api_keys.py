"""The keys of the API, and when each was last used."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.registers.api_key import ApiKey, Scope, ShownKey
from dialpact.store.ports.page import ALL, Page


class KeptKey(NamedTuple):
    """``mac``: of its token. ``bound``: it is as the acts in the log made it; one that is not is none."""

    key: ApiKey
    mac: str
    bound: bool


class ApiKeys(Protocol):
    async def add(
        self,
        id: str,
        *,
        scopes: tuple[Scope, ...],
        businesses: tuple[str, ...],
        expires: date,
        mac: str,
        by: str,
        at: datetime,
    ) -> ApiKey:
        """Fault for an id that any key had before, also one that was revoked, and for unknown businesses."""

    async def rotate(self, id: str, *, mac: str, by: str, at: datetime) -> ApiKey:
        """Another token in the place of the one before. Fault for a key that is not there, or was revoked."""

    async def revoke(self, id: str, *, reason: str, by: str, at: datetime) -> ApiKey:
        """Fault for a key that is not there, or was revoked already."""

    async def find(self, id: str) -> KeptKey | None:
        """For whoever says to be it."""

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[ShownKey]:
        """By their ids, those that hold no longer as well."""

    async def used(self, id: str, *, at: datetime) -> None:
        """Its last use, which is no evidence of anything."""
