"""The client asks the API as it is: may this number be called?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialpact.client import Client, Problem
from dialpact.testing import Api, FixedClock
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER

CALL = {"campaign": CAMPAIGN, "caller_id": CALLER_ID}
LUNCH = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_a_check_says_what_the_gate_would(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    now = crm.check(NUMBER, **CALL)
    assert (now.verdict, now.reasons, now.number) == ("ALLOW", (), "+8613800138000")
    assert now.holds_until is not None and now.holds_until <= LUNCH
    assert crm.check(NUMBER, **CALL, at=now.holds_until - timedelta(seconds=1)).verdict == "ALLOW"
    assert crm.check(NUMBER, **CALL, at=now.holds_until).verdict == "BLOCK"
    later = crm.check(NUMBER, **CALL, at=LUNCH)
    assert (later.verdict, later.reasons, later.retry_at) == (
        "BLOCK",
        ("outside-hours",),
        datetime(2026, 11, 24, 6, 0, tzinfo=UTC),
    )
    assert list(crm.calls()) == []


def test_texts_come_in_the_asked_language(dialpact_api: Api) -> None:
    token = dialpact_api.key("crm")
    said = {}
    for language in ("en", "zh"):
        with Client(dialpact_api.url, token, language=language) as crm:
            found = crm.check(NUMBER, **CALL, at=LUNCH).findings
            said[language] = next(one.text for one in found if one.code)
    assert said["en"].isascii() and not said["zh"].isascii()


def test_a_decision_is_recorded_and_says_what_to_dial(dialpact_api: Api, dialpact_clock: FixedClock) -> None:
    crm = dialpact_api.client()
    allowed = crm.predial(NUMBER, **CALL, agent="1001")
    assert (allowed.verdict, allowed.dial) == ("ALLOW", NUMBER)
    dialpact_clock.forward(seconds=1)
    blocked = crm.predial("13900139000", **CALL)
    assert (blocked.verdict, blocked.dial) == ("BLOCK", "")
    assert set(blocked.reasons) == {"no-consent", "not-on-lead-list"}
    assert [one.id for one in crm.calls()] == [blocked.decision, allowed.decision]


def test_a_decision_whose_answer_was_lost_is_asked_for_again_and_made_once(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    dialpact_api.drops()
    answer = crm.predial(NUMBER, **CALL)
    assert answer.dial == NUMBER
    assert [one.id for one in crm.calls()] == [answer.decision]
    assert [one.status for one in dialpact_api.asked if one.path == "/v1/predial"] == [0, 200]


def test_a_key_without_the_scope_is_a_problem_and_no_answer(dialpact_api: Api) -> None:
    crm = dialpact_api.client(scopes=["opt-out"])
    with pytest.raises(Problem) as raised:
        crm.predial(NUMBER, **CALL)
    assert (raised.value.status, raised.value.code) == (403, "not-permitted")
    assert dialpact_api.refused() == ["not-permitted"]
