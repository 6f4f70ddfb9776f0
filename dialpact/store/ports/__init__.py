"""What the product asks of a database, as protocols: a noun a file. Each engine has its native answers.

Every method is one whole transaction: on disk when it returns, or nothing of it has happened. Raises
StoreRefused (a row that is refused every time), StoreBusy, StoreGone, StoreError; Fault where the entry
itself is at fault.
"""

from __future__ import annotations

from typing import Protocol

from dialpact.store.ports.carrier_legs import CarrierLegs
from dialpact.store.ports.changes import Changes
from dialpact.store.ports.decisions import Decisions
from dialpact.store.ports.incident_log import IncidentLog
from dialpact.store.ports.opt_outs import OptOuts
from dialpact.store.ports.recorder_leases import RecorderLeases
from dialpact.store.ports.recordings import Recordings
from dialpact.store.ports.suspensions import Suspensions


class Store(Protocol):
    """An open database, by its nouns."""

    @property
    def carrier_legs(self) -> CarrierLegs: ...

    @property
    def changes(self) -> Changes: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def incident_log(self) -> IncidentLog: ...

    @property
    def opt_outs(self) -> OptOuts: ...

    @property
    def recorder_leases(self) -> RecorderLeases: ...

    @property
    def recordings(self) -> Recordings: ...

    @property
    def suspensions(self) -> Suspensions: ...
