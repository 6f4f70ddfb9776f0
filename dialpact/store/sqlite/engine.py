"""The SQLite engine: an open database with an answer to every port."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.sqlite.calls import Calls
from dialpact.store.sqlite.carrier_legs import CarrierLegs
from dialpact.store.sqlite.checkpoints import Checkpoints
from dialpact.store.sqlite.clocks import Clocks
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.custody import Custody
from dialpact.store.sqlite.decisions import Decisions
from dialpact.store.sqlite.disposals import Disposals
from dialpact.store.sqlite.erasure import Erasure
from dialpact.store.sqlite.evidence import Evidence
from dialpact.store.sqlite.facts_as_of import FactsAsOf
from dialpact.store.sqlite.holds import Holds
from dialpact.store.sqlite.imports import Imports
from dialpact.store.sqlite.incidents import Incidents
from dialpact.store.sqlite.inspections import Inspections
from dialpact.store.sqlite.ledger_entries import Ledger
from dialpact.store.sqlite.optout import OptOuts
from dialpact.store.sqlite.outside import Installation
from dialpact.store.sqlite.reconciliations import Reconciliations
from dialpact.store.sqlite.recording_list import RecordingList
from dialpact.store.sqlite.recordings import RecorderLeases, Recordings
from dialpact.store.sqlite.registers.business import Businesses
from dialpact.store.sqlite.registers.caller_id import CallerIds
from dialpact.store.sqlite.registers.campaign import Campaigns
from dialpact.store.sqlite.registers.change import Changes
from dialpact.store.sqlite.registers.complaint import Complaints
from dialpact.store.sqlite.registers.consent import Consents
from dialpact.store.sqlite.registers.do_not_call import DoNotCall
from dialpact.store.sqlite.registers.leads import Leads
from dialpact.store.sqlite.registers.plain import Entries
from dialpact.store.sqlite.registers.profile import Profiles
from dialpact.store.sqlite.registers.script import Scripts
from dialpact.store.sqlite.registers.suspension import Suspensions
from dialpact.store.sqlite.retention import Retention
from dialpact.store.sqlite.snapshot import Audits


class Store(Database):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def audits(self) -> Audits:
        return Audits(self)

    @cached_property
    def businesses(self) -> Businesses:
        return Businesses(self)

    @cached_property
    def caller_ids(self) -> CallerIds:
        return CallerIds(self)

    @cached_property
    def calls(self) -> Calls:
        return Calls(self)

    @cached_property
    def campaigns(self) -> Campaigns:
        return Campaigns(self)

    @cached_property
    def carrier_legs(self) -> CarrierLegs:
        return CarrierLegs(self)

    @cached_property
    def changes(self) -> Changes:
        return Changes(self)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self)

    @cached_property
    def clocks(self) -> Clocks:
        return Clocks(self)

    @cached_property
    def complaints(self) -> Complaints:
        return Complaints(self)

    @cached_property
    def consents(self) -> Consents:
        return Consents(self)

    @cached_property
    def custody(self) -> Custody:
        return Custody(self)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self)

    @cached_property
    def disposals(self) -> Disposals:
        return Disposals(self)

    @cached_property
    def dnc(self) -> DoNotCall:
        return DoNotCall(self)

    @cached_property
    def entries(self) -> Entries:
        return Entries(self)

    @cached_property
    def erasure(self) -> Erasure:
        return Erasure(self)

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self)

    @cached_property
    def facts_as_of(self) -> FactsAsOf:
        return FactsAsOf(self)

    @cached_property
    def holds(self) -> Holds:
        return Holds(self)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self)

    @cached_property
    def inspections(self) -> Inspections:
        return Inspections(self)

    @cached_property
    def installation(self) -> Installation:
        return Installation(self)

    @cached_property
    def leads(self) -> Leads:
        return Leads(self)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self)

    @cached_property
    def opt_outs(self) -> OptOuts:
        return OptOuts(self)

    @cached_property
    def profiles(self) -> Profiles:
        return Profiles(self)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        return Reconciliations(self)

    @cached_property
    def recorder_leases(self) -> RecorderLeases:
        return RecorderLeases(self)

    @cached_property
    def recording_list(self) -> RecordingList:
        return RecordingList(self)

    @cached_property
    def recordings(self) -> Recordings:
        return Recordings(self)

    @cached_property
    def retention(self) -> Retention:
        return Retention(self)

    @cached_property
    def scripts(self) -> Scripts:
        return Scripts(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        return Suspensions(self)
