"""``check``: the contract's JSON and exit codes; nothing is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.compliance import profile as profiles
from tests.cli.conftest import NUMBER, Home

CALL = ("--campaign", "renewal", "--caller-id", "02787654321")
TUESDAY = ("--at", "2026-11-24T10:00:00+08:00")


def test_allowed(stocked: Home) -> None:
    answer = stocked("check", NUMBER, *CALL, *TUESDAY)
    assert set(answer) == {
        "verdict",
        "mode",
        "reason",
        "reasons",
        "number",
        "retry_at",
        "holds_until",
        "findings",
    }
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


def test_until_when_it_holds(stocked: Home) -> None:
    assert stocked("check", NUMBER, *CALL, *TUESDAY)["holds_until"] == "2026-11-24T03:59:00Z"
    noon = ("--at", "2026-11-24 12:00")
    assert stocked("check", NUMBER, *CALL, *noon, code=3)["holds_until"] == "2026-11-24T06:00:00Z"
    said = stocked.run("check", NUMBER, *CALL, *noon, code=3).stdout
    assert "Holds until: 2026-11-24 14:00:00+08:00, with the registers as they are now" in said
    said = stocked.run("check", NUMBER, *CALL, *noon, "--lang", "zh", code=3).stdout
    assert "答复有效至: 2026-11-24 14:00:00+08:00" in said


def test_what_time_does_not_change(stocked: Home) -> None:
    """A profile that looks at no clock, and a caller ID without an end."""
    own = (Path(profiles.__file__).parent / "profiles/cn-miit-2020-81.toml").read_text("utf-8")
    (stocked.path / "own.toml").write_text(own.replace('"cn-miit-2020-81"', '"own"'), "utf-8")
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('["cn-hubei-2018"]', '["own.toml"]'), "utf-8")
    assert stocked("check", "13800138009", *CALL, *TUESDAY, code=3)["holds_until"] is None
    said = stocked.run("check", "13800138009", *CALL, *TUESDAY, code=3).stdout
    assert "Holds until: time alone does not change it" in said


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


ABROAD = [
    # Number, profile, instant, local time that the rule looked at, when it could pass on that clock
    ("2192345678", "us-federal", "2026-06-02T12:05:00Z", "2026-06-02 07:05:00-05:00 America/Chicago",
     "2026-06-02 08:00:00-05:00 America/Chicago"),
    ("2192345678", "us-federal", "2026-06-03T01:30:00Z", "2026-06-02 21:30:00-04:00 America/New_York",
     "2026-06-03 09:00:00-04:00 America/New_York"),
    ("2122345678", "us-federal", "2026-06-02T02:00:00Z", "2026-06-01 22:00:00-04:00 America/New_York",
     "2026-06-02 08:00:00-04:00 America/New_York"),
    ("0732345678", "au", "2026-11-30T22:05:00Z", "2026-12-01 08:05:00+10:00 Australia/Brisbane",
     "2026-12-01 09:00:00+10:00 Australia/Brisbane"),
    ("0142345678", "fr", "2026-06-02T11:30:00Z", "2026-06-02 13:30:00+02:00 Europe/Paris",
     "2026-06-02 14:00:00+02:00 Europe/Paris"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "profile", "at", "local", "then"), ABROAD)
def test_times_are_shown_on_the_clock_that_the_rule_looked_at(
    stocked: Home, number: str, profile: str, at: str, local: str, then: str
) -> None:
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('["cn-hubei-2018"]', f'["{profile}"]'), "utf-8")
    said = stocked.run("check", number, *CALL, "--at", at, code=3).stdout
    (hours,) = [card for card in said.split("\n\n") if "Rule: Hours" in card]
    assert local in hours and then in hours
    assert f"At: {local}" in said
    answer = stocked("check", number, *CALL, "--at", at, code=3)
    (found,) = [finding for finding in answer["findings"] if finding["rule"] == "hours"]
    assert found["looked_at"].startswith(local)
    assert found["retry_at"].endswith("Z"), "a program is told the instant"


def test_a_call_that_may_be_made_shows_the_callees_clocks(stocked: Home) -> None:
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('["cn-hubei-2018"]', '["us-federal"]'), "utf-8")
    answer = stocked("check", "2192345678", *CALL, "--at", "2026-06-02T15:00:00Z", code=3)
    (found,) = [finding for finding in answer["findings"] if finding["rule"] == "hours"]
    assert found["result"] == "pass"
    assert found["looked_at"].startswith(
        "2026-06-02 10:00:00-05:00 America/Chicago, 2026-06-02 11:00:00-04:00 America/New_York"
    )
    far = stocked("check", "8002345678", *CALL, "--at", "2026-01-15T22:30:00Z", code=3)
    (found,) = [finding for finding in far["findings"] if finding["rule"] == "hours"]
    assert found["result"] == "pass" and "…" in found["looked_at"]


def test_an_operators_area_code_is_called_and_registered(stocked: Home) -> None:
    number, folder = "+15652345678", stocked.path / "areas"
    text = stocked.config.read_text("utf-8").replace('["cn-hubei-2018"]', '["us-federal"]')
    text = text.replace('areas = ""', 'areas = "areas"')
    stocked.config.write_text(text, "utf-8")
    consent = ("consent", "add", number, "--business", "acme", "--industry", "保险", "--evidence", "form 8")
    folder.mkdir()
    stocked.run(*consent, code=1)
    (folder / "2027.toml").write_text(
        'source = "NANPA"\ndocument = "PL-637"\n[[area]]\ncode = "565"\nregion = "US"\ncovers = ["912"]\n'
    )
    stocked.run(*consent, "--granted-at", "2026-01-05")
    answer = stocked("check", "565-234-5678", *CALL, "--at", "2026-11-24T15:00:00Z", code=3)
    assert answer["number"] == number
    assert {"no-consent", "invalid-number", "outside-hours"}.isdisjoint(answer["reasons"])
    (folder / "2027.toml").write_text("broken")
    stocked.run("dnc", "add", "+12122345678", "--scope", "all")  # nobody's refusal waits for it
    assert "2027.toml" in stocked.run("check", number, *CALL, code=1).stderr


def test_where_only_the_profiles_clock_counts_it_is_shown(stocked: Home) -> None:
    own = (Path(profiles.__file__).parent / "profiles/us-federal.toml").read_text("utf-8")
    own = own.replace('basis = "callee"', 'basis = "fixed"').replace('"us-federal"', '"us-own"')
    (stocked.path / "own.toml").write_text(own, "utf-8")
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('["cn-hubei-2018"]', '["own.toml"]'), "utf-8")
    for at, local in (
        ("2026-06-02T11:59:59Z", "2026-06-02 07:59:59-04:00 America/New_York"),
        ("2026-06-02T12:00:00Z", "2026-06-02 08:00:00-04:00 America/New_York"),
    ):
        answer = stocked("check", "3102345678", *CALL, "--at", at, code=3)
        (found,) = [finding for finding in answer["findings"] if finding["rule"] == "hours"]
        assert found["looked_at"].startswith(f"{local}, callee"), "not Los Angeles"
