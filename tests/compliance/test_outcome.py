"""What became of a call, from what Asterisk told of its legs."""

from __future__ import annotations

from typing import Any

import pytest

from dialpact.compliance.outcome import WORDS, Outcome, outcome
from dialpact.compliance.texts import LANGUAGES
from dialpact.presentation import texts

ANSWERED, ENDED = "2026-11-24T02:00:10.000000Z", "2026-11-24T02:00:52.250000Z"


def leg(**changes: Any) -> dict[str, Any]:
    return {
        "interlock": "",
        "answered_at": None,
        "ended_at": ENDED,
        "dial_status": "",
        "hangup_cause": None,
    } | changes


TALKED = leg(answered_at=ANSWERED, dial_status="ANSWER", hangup_cause=16)
REFUSED = leg(answered_at=ANSWERED, interlock="refused", hangup_cause=16)


@pytest.mark.parametrize(
    ("through", "legs", "expected"),
    [
        (False, [], Outcome("refused")),
        (True, [], Outcome("not-dialled")),
        (True, [leg(dial_status="BUSY")], Outcome("busy")),
        (True, [leg(dial_status="NOANSWER")], Outcome("no-answer")),
        (True, [leg(dial_status="CANCEL", hangup_cause=26)], Outcome("cancelled")),
        (True, [leg(dial_status="CONGESTION", hangup_cause=34)], Outcome("failed")),
        (True, [leg(dial_status="CHANUNAVAIL")], Outcome("failed")),
        (True, [leg(hangup_cause=17)], Outcome("busy")),  # an Originate has no DialEnd
        (True, [leg(hangup_cause=19)], Outcome("no-answer")),
        (True, [leg(hangup_cause=23)], Outcome("redirected")),
        (True, [leg(dial_status="CANCEL", hangup_cause=23)], Outcome("redirected")),
        (True, [leg(ended_at=None)], Outcome("in-progress")),
        (True, [leg(ended_at=None, answered_at=ANSWERED)], Outcome("in-progress")),
        (True, [TALKED], Outcome("answered", 42.2)),
        (True, [REFUSED], Outcome("interlock-refused")),
        (True, [leg(dial_status="CANCEL"), TALKED], Outcome("answered", 42.2)),  # a fork
        (True, [leg(dial_status="BUSY"), leg(dial_status="CONGESTION")], Outcome("busy")),
    ],
)
def test_of_legs(through: bool, legs: list[dict[str, Any]], expected: Outcome) -> None:
    assert outcome(through, legs, []) == expected


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        ({"answered_at": ANSWERED, "ended_at": ENDED}, Outcome("answered", 42.2)),
        ({"answered_at": None, "ended_at": ENDED}, Outcome("no-answer")),
        ({"answered_at": ANSWERED, "ended_at": None}, Outcome("in-progress")),
    ],
)
def test_of_a_call_from_before_legs_were_kept(recording: dict[str, Any], expected: Outcome) -> None:
    assert outcome(True, [], [recording]) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_its_text(language: Any) -> None:
    told = texts.catalogue(language)
    assert {f"outcome.{word}" for word in WORDS} <= set(told)
