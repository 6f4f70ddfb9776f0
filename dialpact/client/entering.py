"""What a program enters: what people want and agreed to, leads, complaints, scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from dialpact.client.questions import File, Questions
from dialpact.compliance.model import Scope
from dialpact.web.api.complaints import Complaint, FiledComplaint
from dialpact.web.api.consent_evidence import KeptEvidence
from dialpact.web.api.consents import (
    Consent,
    Consents,
    ConsentWithdrawal,
    EnteredConsent,
    EnteredConsents,
    WithdrawnConsent,
)
from dialpact.web.api.leads import LeadBatch, NumberList, TakenLeads
from dialpact.web.api.opt_outs import EnteredOptOut, EnteredOptOuts, OptOut, OptOuts
from dialpact.web.api.scripts import EnteredScript, ScriptShown, ScriptText

CSV = "text/csv"


class Entering(Questions):
    """Each takes ``key``, an Idempotency-Key, for who asks again even after a restart; None: a new one."""

    def opt_out(
        self,
        number: str,
        *,
        scope: Scope = "all",
        value: str = "",
        requested_at: datetime | None = None,
        source: str = "",
        call: str = "",
        key: str | None = None,
    ) -> EnteredOptOut:
        """A person's no, which counts from the next attempt on when this returns. ``value``: the industry or
        the business of that ``scope``; ``call``: the decision of the call in which it was said.
        """
        body = OptOut(
            number=number, scope=scope, value=value, requested_at=requested_at, source=source, call=call
        )
        return self._post("/v1/opt-outs", body, EnteredOptOut, key=key)

    def opt_outs(self, entries: Sequence[OptOut], *, key: str | None = None) -> EnteredOptOuts:
        """Up to 1,000: all of them, or none."""
        return self._post("/v1/opt-outs/batch", OptOuts(entries=tuple(entries)), EnteredOptOuts, key=key)

    def consent(
        self,
        number: str,
        *,
        business: str,
        industry: str,
        evidence: str,
        granted_at: datetime | None = None,
        expires_at: datetime | None = None,
        evidence_sha256: str = "",
        wording: str = "",
        key: str | None = None,
    ) -> EnteredConsent:
        """Somebody agreed to be called. ``evidence``: where the proof is; ``evidence_sha256``: of a file that
        ``evidence`` has sent; ``wording``: version of the text that was agreed to.
        """
        body = Consent(
            number=number,
            business=business,
            industry=industry,
            evidence=evidence,
            granted_at=granted_at,
            expires_at=expires_at,
            evidence_sha256=evidence_sha256,
            wording=wording,
        )
        return self._post("/v1/consents", body, EnteredConsent, key=key)

    def consents(self, entries: Sequence[Consent], *, key: str | None = None) -> EnteredConsents:
        """Up to 1,000: all of them, or none."""
        return self._post("/v1/consents/batch", Consents(entries=tuple(entries)), EnteredConsents, key=key)

    def evidence(self, file: File, media_type: str, *, key: str | None = None) -> KeptEvidence:
        """A file that proves consents; a consent then names its ``sha256``."""
        return self._send("/v1/consents/evidence", file, media_type, KeptEvidence, key)

    def withdraw(
        self, number: str, *, business: str, industry: str = "", reason: str = "", key: str | None = None
    ) -> WithdrawnConsent:
        """Somebody agrees no longer; without an industry: to nothing of this business."""
        body = ConsentWithdrawal(number=number, business=business, industry=industry, reason=reason)
        return self._post("/v1/consents/withdrawals", body, WithdrawnConsent, key=key)

    def leads(
        self,
        numbers: Sequence[str],
        *,
        campaign: str,
        partner: str,
        contract: str,
        basis: str,
        title: str = "numbers.json",
        skip_bad: bool = False,
        key: str | None = None,
    ) -> TakenLeads:
        """A partner's list for a campaign. ``skip_bad``: the good rows where others are bad; else none."""
        body = NumberList(
            campaign=campaign,
            partner=partner,
            contract=contract,
            basis=basis,
            numbers=tuple(numbers),
            title=title,
            skip_bad=skip_bad,
        )
        return self._post("/v1/leads", body, TakenLeads, key=key)

    def lead_file(
        self,
        file: File,
        *,
        campaign: str,
        partner: str,
        contract: str,
        basis: str,
        media_type: str = CSV,
        title: str = "",
        skip_bad: bool = False,
        mapping: str = "",
        key: str | None = None,
    ) -> TakenLeads:
        """The same, from a CSV file or a workbook. ``title``: what it goes by; ``mapping``: a saved one of
        its columns' names.
        """
        query = {"campaign": campaign, "partner": partner, "contract": contract, "basis": basis}
        query |= {"title": title, "mapping": mapping, "skip_bad": "true" if skip_bad else ""}
        return self._send("/v1/leads", file, media_type, TakenLeads, key, **query)

    def lead_batch(self, id: int) -> LeadBatch:
        """What became of a list: whether it is held, and why."""
        return self._get(f"/v1/leads/{id}", LeadBatch)

    def complaint(
        self,
        number: str,
        *,
        called_at: datetime,
        source: str = "12321",
        caller_id: str = "",
        note: str = "",
        received_at: datetime | None = None,
        opt_out: Literal["business", "all"] = "business",
        key: str | None = None,
    ) -> FiledComplaint:
        """Who complains about which call. It is an opt-out too, and enough of them suspend."""
        body = Complaint(
            number=number,
            called_at=called_at,
            source=source,
            caller_id=caller_id,
            note=note,
            received_at=received_at,
            opt_out=opt_out,
        )
        return self._post("/v1/complaints", body, FiledComplaint, key=key)

    def script(self, id: str, text: str, *, key: str | None = None) -> EnteredScript:
        """A script, or its new text; a person approves it."""
        return self._post("/v1/scripts", ScriptText(id=id, text=text), EnteredScript, key=key)

    def script_state(self, id: str) -> ScriptShown:
        """Whether it is approved, and which forbidden phrases are in it."""
        return self._get(f"/v1/scripts/{quote(id, safe='')}", ScriptShown)
