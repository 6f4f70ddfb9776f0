"""The SQLite engine: an open database with an answer to every port.

A noun is imported when it is asked for: a command needs one or two of them. A daemon calls :func:`warm`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dialpact.store.sqlite.connection import Database

if TYPE_CHECKING:
    from dialpact.store.sqlite.acts import Acts
    from dialpact.store.sqlite.backups import Backups
    from dialpact.store.sqlite.browsing import Browsing
    from dialpact.store.sqlite.calls import Calls
    from dialpact.store.sqlite.carrier_legs import CarrierLegs
    from dialpact.store.sqlite.checkpoints import Checkpoints
    from dialpact.store.sqlite.clocks import Clocks
    from dialpact.store.sqlite.custody import Custody
    from dialpact.store.sqlite.decisions import Decisions
    from dialpact.store.sqlite.differences import Differences
    from dialpact.store.sqlite.disposals import Disposals
    from dialpact.store.sqlite.erasure import Erasure
    from dialpact.store.sqlite.evidence import Evidence
    from dialpact.store.sqlite.facts_as_of import FactsAsOf
    from dialpact.store.sqlite.holds import Holds
    from dialpact.store.sqlite.idempotency import Idempotency
    from dialpact.store.sqlite.imports import Imports
    from dialpact.store.sqlite.incidents import Incidents
    from dialpact.store.sqlite.inspections import Inspections
    from dialpact.store.sqlite.jobs import Jobs
    from dialpact.store.sqlite.ledger_entries import Ledger
    from dialpact.store.sqlite.list_facts import Lists
    from dialpact.store.sqlite.listings import Listings
    from dialpact.store.sqlite.live import Live
    from dialpact.store.sqlite.optout import OptOuts
    from dialpact.store.sqlite.outside import Installation
    from dialpact.store.sqlite.reconciliations import Reconciliations
    from dialpact.store.sqlite.recording_list import RecordingList
    from dialpact.store.sqlite.recording_search import RecordingSearch
    from dialpact.store.sqlite.recordings import RecorderLeases, Recordings
    from dialpact.store.sqlite.registers.account import Accounts
    from dialpact.store.sqlite.registers.account_session import Sessions
    from dialpact.store.sqlite.registers.api_key import ApiKeys
    from dialpact.store.sqlite.registers.approval import Approvals
    from dialpact.store.sqlite.registers.business import Businesses
    from dialpact.store.sqlite.registers.caller_id import CallerIds
    from dialpact.store.sqlite.registers.campaign import Campaigns
    from dialpact.store.sqlite.registers.change import Changes
    from dialpact.store.sqlite.registers.complaint import Complaints
    from dialpact.store.sqlite.registers.consent import Consents
    from dialpact.store.sqlite.registers.consent_evidence import ConsentEvidences
    from dialpact.store.sqlite.registers.do_not_call import DoNotCall
    from dialpact.store.sqlite.registers.leads import Leads
    from dialpact.store.sqlite.registers.plain import Entries
    from dialpact.store.sqlite.registers.profile import Profiles
    from dialpact.store.sqlite.registers.registration import Registrations
    from dialpact.store.sqlite.registers.script import Scripts
    from dialpact.store.sqlite.registers.suspension import Suspensions
    from dialpact.store.sqlite.registers.trial import Trials
    from dialpact.store.sqlite.retention import Retention
    from dialpact.store.sqlite.snapshot import Audits
    from dialpact.store.sqlite.supervised import Supervised
    from dialpact.store.sqlite.webhooks import Webhooks
    from dialpact.store.sqlite.witnesses import Witnesses


class Store(Database):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def accounts(self) -> Accounts:
        from dialpact.store.sqlite.registers.account import Accounts

        return Accounts(self)

    @cached_property
    def acts(self) -> Acts:
        from dialpact.store.sqlite.acts import Acts

        return Acts(self)

    @cached_property
    def api_keys(self) -> ApiKeys:
        from dialpact.store.sqlite.registers.api_key import ApiKeys

        return ApiKeys(self)

    @cached_property
    def approvals(self) -> Approvals:
        from dialpact.store.sqlite.registers.approval import Approvals

        return Approvals(self)

    @cached_property
    def audits(self) -> Audits:
        from dialpact.store.sqlite.snapshot import Audits

        return Audits(self)

    @cached_property
    def backups(self) -> Backups:
        from dialpact.store.sqlite.backups import Backups

        return Backups(self)

    @cached_property
    def browsing(self) -> Browsing:
        from dialpact.store.sqlite.browsing import Browsing

        return Browsing(self)

    @cached_property
    def businesses(self) -> Businesses:
        from dialpact.store.sqlite.registers.business import Businesses

        return Businesses(self)

    @cached_property
    def caller_ids(self) -> CallerIds:
        from dialpact.store.sqlite.registers.caller_id import CallerIds

        return CallerIds(self)

    @cached_property
    def calls(self) -> Calls:
        from dialpact.store.sqlite.calls import Calls

        return Calls(self)

    @cached_property
    def campaigns(self) -> Campaigns:
        from dialpact.store.sqlite.registers.campaign import Campaigns

        return Campaigns(self)

    @cached_property
    def carrier_legs(self) -> CarrierLegs:
        from dialpact.store.sqlite.carrier_legs import CarrierLegs

        return CarrierLegs(self)

    @cached_property
    def changes(self) -> Changes:
        from dialpact.store.sqlite.registers.change import Changes

        return Changes(self)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        from dialpact.store.sqlite.checkpoints import Checkpoints

        return Checkpoints(self)

    @cached_property
    def clocks(self) -> Clocks:
        from dialpact.store.sqlite.clocks import Clocks

        return Clocks(self)

    @cached_property
    def complaints(self) -> Complaints:
        from dialpact.store.sqlite.registers.complaint import Complaints

        return Complaints(self)

    @cached_property
    def consent_evidence(self) -> ConsentEvidences:
        from dialpact.store.sqlite.registers.consent_evidence import ConsentEvidences

        return ConsentEvidences(self)

    @cached_property
    def consents(self) -> Consents:
        from dialpact.store.sqlite.registers.consent import Consents

        return Consents(self)

    @cached_property
    def custody(self) -> Custody:
        from dialpact.store.sqlite.custody import Custody

        return Custody(self)

    @cached_property
    def decisions(self) -> Decisions:
        from dialpact.store.sqlite.decisions import Decisions

        return Decisions(self)

    @cached_property
    def differences(self) -> Differences:
        from dialpact.store.sqlite.differences import Differences

        return Differences(self)

    @cached_property
    def disposals(self) -> Disposals:
        from dialpact.store.sqlite.disposals import Disposals

        return Disposals(self)

    @cached_property
    def dnc(self) -> DoNotCall:
        from dialpact.store.sqlite.registers.do_not_call import DoNotCall

        return DoNotCall(self)

    @cached_property
    def entries(self) -> Entries:
        from dialpact.store.sqlite.registers.plain import Entries

        return Entries(self)

    @cached_property
    def erasure(self) -> Erasure:
        from dialpact.store.sqlite.erasure import Erasure

        return Erasure(self)

    @cached_property
    def evidence(self) -> Evidence:
        from dialpact.store.sqlite.evidence import Evidence

        return Evidence(self)

    @cached_property
    def facts_as_of(self) -> FactsAsOf:
        from dialpact.store.sqlite.facts_as_of import FactsAsOf

        return FactsAsOf(self)

    @cached_property
    def holds(self) -> Holds:
        from dialpact.store.sqlite.holds import Holds

        return Holds(self)

    @cached_property
    def idempotency(self) -> Idempotency:
        from dialpact.store.sqlite.idempotency import Idempotency

        return Idempotency(self)

    @cached_property
    def imports(self) -> Imports:
        from dialpact.store.sqlite.imports import Imports

        return Imports(self)

    @cached_property
    def incidents(self) -> Incidents:
        from dialpact.store.sqlite.incidents import Incidents

        return Incidents(self)

    @cached_property
    def inspections(self) -> Inspections:
        from dialpact.store.sqlite.inspections import Inspections

        return Inspections(self)

    @cached_property
    def installation(self) -> Installation:
        from dialpact.store.sqlite.outside import Installation

        return Installation(self)

    @cached_property
    def jobs(self) -> Jobs:
        from dialpact.store.sqlite.jobs import Jobs

        return Jobs(self)

    @cached_property
    def leads(self) -> Leads:
        from dialpact.store.sqlite.registers.leads import Leads

        return Leads(self)

    @cached_property
    def ledger(self) -> Ledger:
        from dialpact.store.sqlite.ledger_entries import Ledger

        return Ledger(self)

    @cached_property
    def lists(self) -> Lists:
        from dialpact.store.sqlite.list_facts import Lists

        return Lists(self)

    @cached_property
    def listings(self) -> Listings:
        from dialpact.store.sqlite.listings import Listings

        return Listings(self)

    @cached_property
    def live(self) -> Live:
        from dialpact.store.sqlite.live import Live

        return Live(self)

    @cached_property
    def opt_outs(self) -> OptOuts:
        from dialpact.store.sqlite.optout import OptOuts

        return OptOuts(self)

    @cached_property
    def profiles(self) -> Profiles:
        from dialpact.store.sqlite.registers.profile import Profiles

        return Profiles(self)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        from dialpact.store.sqlite.reconciliations import Reconciliations

        return Reconciliations(self)

    @cached_property
    def recorder_leases(self) -> RecorderLeases:
        from dialpact.store.sqlite.recordings import RecorderLeases

        return RecorderLeases(self)

    @cached_property
    def recording_list(self) -> RecordingList:
        from dialpact.store.sqlite.recording_list import RecordingList

        return RecordingList(self)

    @cached_property
    def recording_search(self) -> RecordingSearch:
        from dialpact.store.sqlite.recording_search import RecordingSearch

        return RecordingSearch(self)

    @cached_property
    def recordings(self) -> Recordings:
        from dialpact.store.sqlite.recordings import Recordings

        return Recordings(self)

    @cached_property
    def registrations(self) -> Registrations:
        from dialpact.store.sqlite.registers.registration import Registrations

        return Registrations(self)

    @cached_property
    def retention(self) -> Retention:
        from dialpact.store.sqlite.retention import Retention

        return Retention(self)

    @cached_property
    def scripts(self) -> Scripts:
        from dialpact.store.sqlite.registers.script import Scripts

        return Scripts(self)

    @cached_property
    def sessions(self) -> Sessions:
        from dialpact.store.sqlite.registers.account_session import Sessions

        return Sessions(self)

    @cached_property
    def supervised(self) -> Supervised:
        from dialpact.store.sqlite.supervised import Supervised

        return Supervised(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        from dialpact.store.sqlite.registers.suspension import Suspensions

        return Suspensions(self)

    @cached_property
    def trials(self) -> Trials:
        from dialpact.store.sqlite.registers.trial import Trials

        return Trials(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        from dialpact.store.sqlite.webhooks import Webhooks

        return Webhooks(self)

    @cached_property
    def witnesses(self) -> Witnesses:
        from dialpact.store.sqlite.witnesses import Witnesses

        return Witnesses(self)


def warm() -> None:
    """Load every noun now: not during the first call, and of this version, whatever is installed later."""
    store = Store(Path())
    for name, noun in vars(Store).items():
        if isinstance(noun, cached_property):
            getattr(store, name)
