"""The SQLite engine: an open database with an answer to every port."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.sqlite.calls import Calls
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.facts_as_of import FactsAsOf
from dialpact.store.sqlite.incidents import Incidents
from dialpact.store.sqlite.inspections import Inspections
from dialpact.store.sqlite.outside import Installation
from dialpact.store.sqlite.reconciliations import Reconciliations
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
    def incidents(self) -> Incidents:
        return Incidents(self)

    @cached_property
    def facts_as_of(self) -> FactsAsOf:
        return FactsAsOf(self)

    @cached_property
    def inspections(self) -> Inspections:
        return Inspections(self)

    @cached_property
    def installation(self) -> Installation:
        return Installation(self)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        return Reconciliations(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        return Suspensions(self)
