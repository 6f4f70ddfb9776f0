"""The SQLite engine: an open database with an answer to every port."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.decisions import Decisions
from dialpact.store.sqlite.optout import OptOuts
from dialpact.store.sqlite.registers.change import Changes
from dialpact.store.sqlite.registers.suspension import Suspensions


class Store(Database):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def changes(self) -> Changes:
        return Changes(self)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self)

    @cached_property
    def opt_outs(self) -> OptOuts:
        return OptOuts(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        return Suspensions(self)
