"""The SQLite engine: an open database with an answer to every port."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.sqlite.carrier_legs import CarrierLegs
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.decisions import Decisions
from dialpact.store.sqlite.incidents import IncidentLog
from dialpact.store.sqlite.optout import OptOuts
from dialpact.store.sqlite.recordings import RecorderLeases, Recordings
from dialpact.store.sqlite.registers.change import Changes
from dialpact.store.sqlite.registers.suspension import Suspensions


class Store(Database):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def carrier_legs(self) -> CarrierLegs:
        return CarrierLegs(self)

    @cached_property
    def changes(self) -> Changes:
        return Changes(self)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self)

    @cached_property
    def incident_log(self) -> IncidentLog:
        return IncidentLog(self)

    @cached_property
    def opt_outs(self) -> OptOuts:
        return OptOuts(self)

    @cached_property
    def recorder_leases(self) -> RecorderLeases:
        return RecorderLeases(self)

    @cached_property
    def recordings(self) -> Recordings:
        return Recordings(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        return Suspensions(self)
