"""The entries of the plain registers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.plain import PlainRegister, T
from dialpact.store.ports.page import ALL, Page


class Entries(Protocol):
    async def add(self, register: PlainRegister[T], new: T, *, by: str, at: datetime) -> Outcome:
        """Fault when the id is taken by another one."""

    async def remove(self, register: PlainRegister[T], id: str, *, reason: str, by: str, at: datetime) -> T:
        """What it was; the log keeps it. Fault when it is not registered."""

    async def get(self, register: PlainRegister[T], id: str) -> T | None:
        """None when it is not registered."""

    async def list(self, register: PlainRegister[T], *, after: str = "", most: int = ALL) -> Page[T]:
        """By their ids. ``after``: a page's ``next``."""
