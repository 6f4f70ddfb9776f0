"""The SQLite engine: an open database with an answer to every port."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.sqlite.calls import Calls
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.evidence import Evidence
from dialpact.store.sqlite.incidents import Incidents
from dialpact.store.sqlite.registers.change import Changes
from dialpact.store.sqlite.registers.suspension import Suspensions


class Store(Database):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def calls(self) -> Calls:
        return Calls(self)

    @cached_property
    def changes(self) -> Changes:
        return Changes(self)

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        return Suspensions(self)
