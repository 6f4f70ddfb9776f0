"""``check``: the contract's JSON and exit codes; nothing is recorded."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NUMBER, Home

CALL = ("--campaign", "renewal", "--caller-id", "02787654321")
TUESDAY = ("--at", "2026-11-24T10:00:00+08:00")


def test_allowed(stocked: Home) -> None:
    answer = stocked("check", NUMBER, *CALL, *TUESDAY)
    assert set(answer) == {"verdict", "mode", "reason", "reasons", "number", "retry_at", "findings"}
    assert (answer["verdict"], answer["reason"], answer["reasons"]) == ("ALLOW", "", [])
    assert answer["number"] == "+8613800138000"
    fields = {"rule", "result", "code", "clause", "text", "looked_at", "retry_at"}
    assert all(set(finding) == fields for finding in answer["findings"])
    assert all(finding["looked_at"] for finding in answer["findings"])
    assert stocked("calls", "list") == []


@pytest.mark.parametrize(
    ("number", "options", "reason"),
    [
        (NUMBER, ("--at", "2026-11-24 12:00"), "outside-hours"),
        (NUMBER, ("--at", "2026-11-21 10:00"), "not-a-working-day"),
        (NUMBER, ("--at", "2027-01-04 10:00"), "calendar-missing"),
        ("13800138001", TUESDAY, "no-consent"),
        ("110", TUESDAY, "emergency-number"),
        ("nonsense", TUESDAY, "invalid-number"),
        (NUMBER, (*TUESDAY, "--trunk", "other"), "caller-id-unauthorised"),
        (NUMBER, (*TUESDAY, "--live"), "recording-unavailable"),
    ],
)
def test_blocked(stocked: Home, number: str, options: tuple[str, ...], reason: str) -> None:
    answer = stocked("check", number, *CALL, *options, code=3)
    assert answer["verdict"] == "BLOCK"
    assert answer["reason"] == reason
    assert reason in answer["reasons"]
    assert reason in [finding["code"] for finding in answer["findings"]]


def test_when_it_could_pass(stocked: Home) -> None:
    answer = stocked("check", NUMBER, *CALL, "--at", "2026-11-24 12:00", code=3)
    assert answer["retry_at"] == "2026-11-24T06:00:00Z"


def test_a_refusal_counts_at_once(stocked: Home) -> None:
    stocked.run("dnc", "add", NUMBER, "--scope", "business", "--value", "acme")
    assert stocked("check", NUMBER, *CALL, *TUESDAY, code=3)["reason"] == "do-not-call"


@pytest.mark.parametrize(("language", "says"), [("en", "Verdict: BLOCK"), ("zh", "结论: BLOCK")])
def test_for_people(stocked: Home, language: str, says: str) -> None:
    result = stocked.run("check", NUMBER, *CALL, "--at", "2026-11-24 12:00", "--lang", language, code=3)
    assert says in result.stdout
    assert "2026-11-24 14:00:00+08:00" in result.stdout
    assert "cn-hubei-2018 recording" in result.stdout  # no column was cut at 80 characters


def test_usage(stocked: Home) -> None:
    stocked.run("check", NUMBER, code=2)
    assert "at" in stocked("check", NUMBER, *CALL, "--at", "noon", code=1)["error"]
