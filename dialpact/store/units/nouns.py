"""The nouns that are answered alike on every engine.

Each is imported when it is asked for: a command needs one or two of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dialpact.store.units.database import Database

if TYPE_CHECKING:
    from dialpact.store.units.acts import Acts
    from dialpact.store.units.browsing import Browsing
    from dialpact.store.units.calls import Calls
    from dialpact.store.units.carrier_legs import CarrierLegs
    from dialpact.store.units.checkpoints import Checkpoints
    from dialpact.store.units.clocks import Clocks
    from dialpact.store.units.custody import Custody
    from dialpact.store.units.decisions import Decisions
    from dialpact.store.units.differences import Differences
    from dialpact.store.units.disposals import Disposals
    from dialpact.store.units.evidence import Evidence
    from dialpact.store.units.facts_as_of import FactsAsOf
    from dialpact.store.units.holds import Holds
    from dialpact.store.units.idempotency import Idempotency
    from dialpact.store.units.imports import Imports
    from dialpact.store.units.incidents import Incidents
    from dialpact.store.units.inspections import Inspections
    from dialpact.store.units.jobs import Jobs
    from dialpact.store.units.ledger_entries import Ledger
    from dialpact.store.units.listings import Listings
    from dialpact.store.units.live import Live
    from dialpact.store.units.optout import OptOuts
    from dialpact.store.units.outside import Installation
    from dialpact.store.units.reconciliations import Reconciliations
    from dialpact.store.units.recording_list import RecordingList
    from dialpact.store.units.recording_search import RecordingSearch
    from dialpact.store.units.recordings import RecorderLeases, Recordings
    from dialpact.store.units.registers.account import Accounts
    from dialpact.store.units.registers.account_session import Sessions
    from dialpact.store.units.registers.api_key import ApiKeys
    from dialpact.store.units.registers.approval import Approvals
    from dialpact.store.units.registers.business import Businesses
    from dialpact.store.units.registers.caller_id import CallerIds
    from dialpact.store.units.registers.campaign import Campaigns
    from dialpact.store.units.registers.change import Changes
    from dialpact.store.units.registers.complaint import Complaints
    from dialpact.store.units.registers.consent import Consents
    from dialpact.store.units.registers.consent_evidence import ConsentEvidences
    from dialpact.store.units.registers.do_not_call import DoNotCall
    from dialpact.store.units.registers.leads import Leads
    from dialpact.store.units.registers.plain import Entries
    from dialpact.store.units.registers.profile import Profiles
    from dialpact.store.units.registers.registration import Registrations
    from dialpact.store.units.registers.script import Scripts
    from dialpact.store.units.registers.suspension import Suspensions
    from dialpact.store.units.registers.trial import Trials
    from dialpact.store.units.retention import Retention
    from dialpact.store.units.supervised import Supervised
    from dialpact.store.units.webhooks import Webhooks
    from dialpact.store.units.witnesses import Witnesses


class Nouns(Database):
    """Of an open database. The engine's own class comes before this one where both are mixed."""

    @cached_property
    def accounts(self) -> Accounts:
        from dialpact.store.units.registers.account import Accounts

        return Accounts(self)

    @cached_property
    def acts(self) -> Acts:
        from dialpact.store.units.acts import Acts

        return Acts(self)

    @cached_property
    def api_keys(self) -> ApiKeys:
        from dialpact.store.units.registers.api_key import ApiKeys

        return ApiKeys(self)

    @cached_property
    def approvals(self) -> Approvals:
        from dialpact.store.units.registers.approval import Approvals

        return Approvals(self)

    @cached_property
    def browsing(self) -> Browsing:
        from dialpact.store.units.browsing import Browsing

        return Browsing(self)

    @cached_property
    def businesses(self) -> Businesses:
        from dialpact.store.units.registers.business import Businesses

        return Businesses(self)

    @cached_property
    def caller_ids(self) -> CallerIds:
        from dialpact.store.units.registers.caller_id import CallerIds

        return CallerIds(self)

    @cached_property
    def calls(self) -> Calls:
        from dialpact.store.units.calls import Calls

        return Calls(self)

    @cached_property
    def campaigns(self) -> Campaigns:
        from dialpact.store.units.registers.campaign import Campaigns

        return Campaigns(self)

    @cached_property
    def carrier_legs(self) -> CarrierLegs:
        from dialpact.store.units.carrier_legs import CarrierLegs

        return CarrierLegs(self)

    @cached_property
    def changes(self) -> Changes:
        from dialpact.store.units.registers.change import Changes

        return Changes(self)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        from dialpact.store.units.checkpoints import Checkpoints

        return Checkpoints(self)

    @cached_property
    def clocks(self) -> Clocks:
        from dialpact.store.units.clocks import Clocks

        return Clocks(self)

    @cached_property
    def complaints(self) -> Complaints:
        from dialpact.store.units.registers.complaint import Complaints

        return Complaints(self)

    @cached_property
    def consent_evidence(self) -> ConsentEvidences:
        from dialpact.store.units.registers.consent_evidence import ConsentEvidences

        return ConsentEvidences(self)

    @cached_property
    def consents(self) -> Consents:
        from dialpact.store.units.registers.consent import Consents

        return Consents(self)

    @cached_property
    def custody(self) -> Custody:
        from dialpact.store.units.custody import Custody

        return Custody(self)

    @cached_property
    def decisions(self) -> Decisions:
        from dialpact.store.units.decisions import Decisions

        return Decisions(self)

    @cached_property
    def differences(self) -> Differences:
        from dialpact.store.units.differences import Differences

        return Differences(self)

    @cached_property
    def disposals(self) -> Disposals:
        from dialpact.store.units.disposals import Disposals

        return Disposals(self)

    @cached_property
    def dnc(self) -> DoNotCall:
        from dialpact.store.units.registers.do_not_call import DoNotCall

        return DoNotCall(self)

    @cached_property
    def entries(self) -> Entries:
        from dialpact.store.units.registers.plain import Entries

        return Entries(self)

    @cached_property
    def evidence(self) -> Evidence:
        from dialpact.store.units.evidence import Evidence

        return Evidence(self)

    @cached_property
    def facts_as_of(self) -> FactsAsOf:
        from dialpact.store.units.facts_as_of import FactsAsOf

        return FactsAsOf(self)

    @cached_property
    def holds(self) -> Holds:
        from dialpact.store.units.holds import Holds

        return Holds(self)

    @cached_property
    def idempotency(self) -> Idempotency:
        from dialpact.store.units.idempotency import Idempotency

        return Idempotency(self)

    @cached_property
    def imports(self) -> Imports:
        from dialpact.store.units.imports import Imports

        return Imports(self)

    @cached_property
    def incidents(self) -> Incidents:
        from dialpact.store.units.incidents import Incidents

        return Incidents(self)

    @cached_property
    def inspections(self) -> Inspections:
        from dialpact.store.units.inspections import Inspections

        return Inspections(self)

    @cached_property
    def installation(self) -> Installation:
        from dialpact.store.units.outside import Installation

        return Installation(self)

    @cached_property
    def jobs(self) -> Jobs:
        from dialpact.store.units.jobs import Jobs

        return Jobs(self)

    @cached_property
    def leads(self) -> Leads:
        from dialpact.store.units.registers.leads import Leads

        return Leads(self)

    @cached_property
    def ledger(self) -> Ledger:
        from dialpact.store.units.ledger_entries import Ledger

        return Ledger(self)

    @cached_property
    def listings(self) -> Listings:
        from dialpact.store.units.listings import Listings

        return Listings(self)

    @cached_property
    def live(self) -> Live:
        from dialpact.store.units.live import Live

        return Live(self)

    @cached_property
    def opt_outs(self) -> OptOuts:
        from dialpact.store.units.optout import OptOuts

        return OptOuts(self)

    @cached_property
    def profiles(self) -> Profiles:
        from dialpact.store.units.registers.profile import Profiles

        return Profiles(self)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        from dialpact.store.units.reconciliations import Reconciliations

        return Reconciliations(self)

    @cached_property
    def recorder_leases(self) -> RecorderLeases:
        from dialpact.store.units.recordings import RecorderLeases

        return RecorderLeases(self)

    @cached_property
    def recording_list(self) -> RecordingList:
        from dialpact.store.units.recording_list import RecordingList

        return RecordingList(self)

    @cached_property
    def recording_search(self) -> RecordingSearch:
        from dialpact.store.units.recording_search import RecordingSearch

        return RecordingSearch(self)

    @cached_property
    def recordings(self) -> Recordings:
        from dialpact.store.units.recordings import Recordings

        return Recordings(self)

    @cached_property
    def registrations(self) -> Registrations:
        from dialpact.store.units.registers.registration import Registrations

        return Registrations(self)

    @cached_property
    def retention(self) -> Retention:
        from dialpact.store.units.retention import Retention

        return Retention(self)

    @cached_property
    def scripts(self) -> Scripts:
        from dialpact.store.units.registers.script import Scripts

        return Scripts(self)

    @cached_property
    def sessions(self) -> Sessions:
        from dialpact.store.units.registers.account_session import Sessions

        return Sessions(self)

    @cached_property
    def supervised(self) -> Supervised:
        from dialpact.store.units.supervised import Supervised

        return Supervised(self)

    @cached_property
    def suspensions(self) -> Suspensions:
        from dialpact.store.units.registers.suspension import Suspensions

        return Suspensions(self)

    @cached_property
    def trials(self) -> Trials:
        from dialpact.store.units.registers.trial import Trials

        return Trials(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        from dialpact.store.units.webhooks import Webhooks

        return Webhooks(self)

    @cached_property
    def witnesses(self) -> Witnesses:
        from dialpact.store.units.witnesses import Witnesses

        return Witnesses(self)


def warm(nouns: Nouns) -> None:
    """Load every noun now: not during the first call, and of this version, whatever is installed later."""
    for kind in type(nouns).__mro__:
        for name, noun in vars(kind).items():
            if isinstance(noun, cached_property):
                getattr(nouns, name)
