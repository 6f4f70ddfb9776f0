"""What the product asks of a database, as protocols: a noun a file. Each engine has its native answers.

Every method is one whole transaction: on disk when it returns, or nothing of it has happened. Raises
StoreRefused (a row that is refused every time), StoreBusy, StoreGone, StoreError; Fault where the entry
itself is at fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # else one noun would bring all others, and what they are made of
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from dialpact.store.ports.accounts import Accounts
    from dialpact.store.ports.acts import Acts
    from dialpact.store.ports.api_keys import ApiKeys
    from dialpact.store.ports.approvals import Approvals
    from dialpact.store.ports.audits import Audits
    from dialpact.store.ports.backups import Backups
    from dialpact.store.ports.browsing import Browsing
    from dialpact.store.ports.businesses import Businesses
    from dialpact.store.ports.caller_ids import CallerIds
    from dialpact.store.ports.calls import Calls
    from dialpact.store.ports.campaigns import Campaigns
    from dialpact.store.ports.carrier_legs import CarrierLegs
    from dialpact.store.ports.changes import Changes
    from dialpact.store.ports.checkpoints import Checkpoints
    from dialpact.store.ports.clocks import Clocks
    from dialpact.store.ports.complaints import Complaints
    from dialpact.store.ports.consent_evidence import ConsentEvidences
    from dialpact.store.ports.consents import Consents
    from dialpact.store.ports.custody import Custody
    from dialpact.store.ports.decisions import Decisions
    from dialpact.store.ports.differences import Differences
    from dialpact.store.ports.disposals import Disposals
    from dialpact.store.ports.dnc import DoNotCall
    from dialpact.store.ports.entries import Entries
    from dialpact.store.ports.erasure import Erasure
    from dialpact.store.ports.evidence import Evidence
    from dialpact.store.ports.facts_as_of import FactsAsOf
    from dialpact.store.ports.holds import Holds
    from dialpact.store.ports.idempotency import Idempotency
    from dialpact.store.ports.imports import Imports
    from dialpact.store.ports.incidents import Incidents
    from dialpact.store.ports.inspections import Inspections
    from dialpact.store.ports.installation import Installation
    from dialpact.store.ports.jobs import Jobs
    from dialpact.store.ports.leads import Leads
    from dialpact.store.ports.ledger import Ledger
    from dialpact.store.ports.listings import Listings
    from dialpact.store.ports.lists import Lists
    from dialpact.store.ports.live import Live
    from dialpact.store.ports.opt_outs import OptOuts
    from dialpact.store.ports.profiles import Profiles
    from dialpact.store.ports.reconciliations import Reconciliations
    from dialpact.store.ports.recorder_leases import RecorderLeases
    from dialpact.store.ports.recording_list import RecordingList
    from dialpact.store.ports.recording_search import RecordingSearch
    from dialpact.store.ports.recordings import Recordings
    from dialpact.store.ports.registrations import Registrations
    from dialpact.store.ports.retention import Retention
    from dialpact.store.ports.scripts import Scripts
    from dialpact.store.ports.sessions import Sessions
    from dialpact.store.ports.supervised import Supervised
    from dialpact.store.ports.suspensions import Suspensions
    from dialpact.store.ports.trials import Trials
    from dialpact.store.ports.webhooks import Webhooks
    from dialpact.store.ports.witnesses import Witnesses


class Store(Protocol):
    """An open database, by its nouns."""

    def looking(self) -> AbstractAsyncContextManager[Store]:
        """The same, read only: for what takes its time, and keeps nobody waiting who writes."""

    def another(self, path: Path) -> AbstractAsyncContextManager[Store]:
        """One of the same kind at another place, brought up to date. StoreGone, StoreError."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def acts(self) -> Acts: ...

    @property
    def api_keys(self) -> ApiKeys: ...

    @property
    def approvals(self) -> Approvals: ...

    @property
    def audits(self) -> Audits: ...

    @property
    def backups(self) -> Backups: ...

    @property
    def browsing(self) -> Browsing: ...

    @property
    def businesses(self) -> Businesses: ...

    @property
    def caller_ids(self) -> CallerIds: ...

    @property
    def calls(self) -> Calls: ...

    @property
    def campaigns(self) -> Campaigns: ...

    @property
    def carrier_legs(self) -> CarrierLegs: ...

    @property
    def changes(self) -> Changes: ...

    @property
    def checkpoints(self) -> Checkpoints: ...

    @property
    def clocks(self) -> Clocks: ...

    @property
    def complaints(self) -> Complaints: ...

    @property
    def consent_evidence(self) -> ConsentEvidences: ...

    @property
    def consents(self) -> Consents: ...

    @property
    def custody(self) -> Custody: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def differences(self) -> Differences: ...

    @property
    def disposals(self) -> Disposals: ...

    @property
    def dnc(self) -> DoNotCall: ...

    @property
    def entries(self) -> Entries: ...

    @property
    def erasure(self) -> Erasure: ...

    @property
    def evidence(self) -> Evidence: ...

    @property
    def facts_as_of(self) -> FactsAsOf: ...

    @property
    def holds(self) -> Holds: ...

    @property
    def idempotency(self) -> Idempotency: ...

    @property
    def imports(self) -> Imports: ...

    @property
    def incidents(self) -> Incidents: ...

    @property
    def inspections(self) -> Inspections: ...

    @property
    def installation(self) -> Installation: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def leads(self) -> Leads: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def lists(self) -> Lists: ...

    @property
    def live(self) -> Live: ...

    @property
    def listings(self) -> Listings: ...

    @property
    def opt_outs(self) -> OptOuts: ...

    @property
    def profiles(self) -> Profiles: ...

    @property
    def reconciliations(self) -> Reconciliations: ...

    @property
    def recorder_leases(self) -> RecorderLeases: ...

    @property
    def recording_list(self) -> RecordingList: ...

    @property
    def recording_search(self) -> RecordingSearch: ...

    @property
    def recordings(self) -> Recordings: ...

    @property
    def registrations(self) -> Registrations: ...

    @property
    def retention(self) -> Retention: ...

    @property
    def scripts(self) -> Scripts: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def supervised(self) -> Supervised: ...

    @property
    def suspensions(self) -> Suspensions: ...

    @property
    def trials(self) -> Trials: ...

    @property
    def webhooks(self) -> Webhooks: ...

    @property
    def witnesses(self) -> Witnesses: ...
