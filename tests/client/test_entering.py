"""The client enters what people want, and each act is done once."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialpact.client import Problem
from dialpact.testing import Api
from dialpact.testing.registers import BUSINESS, CALLER_ID, CAMPAIGN, NUMBER
from dialpact.web.api.consents import Consent
from dialpact.web.api.opt_outs import OptOut

CALL = {"campaign": CAMPAIGN, "caller_id": CALLER_ID}
OTHER = "13900139000"
LIST = {"campaign": CAMPAIGN, "partner": "bank", "contract": "K-2", "basis": "consent"}


def test_an_opt_out_counts_from_the_next_question_on(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    assert crm.check(NUMBER, **CALL).verdict == "ALLOW"
    done = crm.opt_out(NUMBER, scope="business", value=BUSINESS, source="hotline")
    assert (done.result, done.value, done.source) == ("added", BUSINESS, "hotline")
    assert set(crm.check(NUMBER, **CALL).reasons) == {"do-not-call", "no-consent"}
    assert crm.opt_out(NUMBER, scope="business", value=BUSINESS).result == "already"
    many = crm.opt_outs([OptOut(number=NUMBER), OptOut(number=OTHER)])
    assert [one.result for one in many.items] == ["added", "added"]


def test_one_whose_answer_was_lost_is_entered_once(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    dialpact_api.drops()
    assert crm.opt_out(NUMBER, key="ticket-1").result == "added"
    assert crm.opt_out(NUMBER, key="ticket-1").result == "added", "the same act"
    assert crm.opt_out(NUMBER).result == "already"


def test_a_consent_with_its_proof_and_its_withdrawal(dialpact_api: Api, tmp_path: Path) -> None:
    crm = dialpact_api.client()
    (tmp_path / "form.pdf").write_bytes(b"%PDF-1.4 a form")
    proof = crm.evidence(tmp_path / "form.pdf", "application/pdf")
    given = {"business": BUSINESS, "industry": CAMPAIGN, "evidence": "form 2"}
    done = crm.consent(
        OTHER, **given, granted_at=datetime(2026, 11, 1, tzinfo=UTC), evidence_sha256=proof.sha256
    )
    assert (done.result, done.evidence_sha256) == ("added", proof.sha256)
    many = crm.consents([Consent(number="13700137000", **given)])
    assert [one.result for one in many.items] == ["added"]
    assert crm.withdraw(OTHER, business=BUSINESS).withdrawn == 1
    with pytest.raises(Problem) as raised:
        crm.withdraw("13600136000", business=BUSINESS)
    assert (raised.value.status, raised.value.code) == (422, "no-consent")
    assert dialpact_api.refused() == ["no-consent"]


def test_leads_as_numbers_and_as_a_file(dialpact_api: Api, tmp_path: Path) -> None:
    crm = dialpact_api.client()
    taken = crm.leads([OTHER, "13700137000"], **LIST)
    assert (taken.rows, taken.numbers, taken.held) == (2, 2, "")
    (tmp_path / "may.csv").write_text("number\n13600136000\n12\n")
    taken = crm.lead_file(tmp_path / "may.csv", **LIST, title="may.csv", skip_bad=True)
    assert (taken.file, taken.bad, taken.errors[0].row) == ("may.csv", 1, 3)
    assert crm.lead_batch(taken.id).sha256 == taken.sha256
    with pytest.raises(Problem) as raised:
        crm.leads(["12"], **LIST)
    assert [one.pointer for one in raised.value.errors] == ["#/numbers/0"]
    assert "; #/numbers/0: " in str(raised.value)
    (tmp_path / "june.csv").write_text("number\n13600136001\n12\n")
    with pytest.raises(Problem) as raised:
        crm.lead_file(tmp_path / "june.csv", **LIST)
    assert [one.row for one in raised.value.errors] == [3]
    assert "; row 3: " in str(raised.value)
    assert dialpact_api.refused() == ["bad-rows", "bad-rows"]


def test_a_complaint_and_a_script(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    filed = crm.complaint(OTHER, called_at=datetime(2026, 11, 23, 7, 0, tzinfo=UTC), note="unwanted")
    assert (filed.result, filed.status, filed.opt_out.scope) == ("added", "open", "all")
    assert crm.script("pitch-2", "Good day, this is Acme.").result == "added"
    assert crm.script_state("pitch-2").state == "not-approved"


def test_what_is_too_large_is_said_to_be(dialpact_api: Api) -> None:
    """It is refused before all of it was sent."""
    crm = dialpact_api.client()
    with pytest.raises(Problem) as raised:
        crm.evidence(io.BytesIO(bytes(21 << 20)), "application/pdf")
    assert (raised.value.status, raised.value.code) == (413, "too-large")
    assert set(dialpact_api.refused()) == {"too-large"}
