"""Trial calls: nobody but the tester is called by one, once, and no other call is judged otherwise for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.policy import load_policy
from dialpact.application.report.inspection import InspectionOrder, inspection
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.config import Trunk
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Business, CallerId, Decision, DncEntry
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.campaign import campaign
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.trial import Confirmed
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import waiting

SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)  # 20:00 in Wuhan
NUMBER, OTHER = "+8613800138000", "+8613900139000"
CALLER_ID = "02788880007"
LIMITS = {"per_day": 20, "numbers_per_day": 2}
IDS = ("0123456789abcdef", "fedcba9876543210")
OWN = f"Local/{IDS[0]}@dialpact-try-00000003;2"
RULES = Policy((profile.load("cn-hubei-2018"), profile.load("cn-miit-2020-81")), calendars.load())
TRUNKS = {name: Trunk(endpoint=f"PJSIP/{name}") for name in ("carrier", "second")}


def confirmed(id: str = IDS[0], number: str = NUMBER, at: datetime = SATURDAY) -> Confirmed:
    return Confirmed(
        id=id,
        number=number,
        caller_id=CALLER_ID,
        business="jianghan",
        purpose="marketing",
        ends_at=at + timedelta(minutes=15),
        wording="mine",
    )


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    """A business that may call, a caller ID, a recorder; and one trial that was confirmed."""
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as opened:
        by = {"by": "wang", "at": SATURDAY}
        await opened.businesses.add(Business(id="jianghan", name="江汉", actor="own-business"), **by)
        await opened.caller_ids.put(
            CallerId(
                number=CALLER_ID,
                business="jianghan",
                licence="l",
                carrier="c",
                authenticated=True,
                trunks=("*",),
                purposes=("marketing",),
                valid_from=date(2026, 1, 1),
                valid_to=None,
            ),
            **by,
        )
        await opened.recorder_leases.renew("pbx1", ready=True, why="", seconds=600, at=SATURDAY)
        await opened.trials.confirm(confirmed(), **LIMITS, **by)
        yield opened


class At:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class Asked:
    """Has it decided and recorded, as the gate does."""

    def __init__(self, store: Store, mode: Any = "enforce") -> None:
        self._store, self.judge = store, Judge(RULES, TRUNKS, "pbx1", mode)

    async def __call__(self, number: str = NUMBER, after: float = 60, **given: str) -> Decision:
        words = {
            "campaign": f"dialpact-trial.{IDS[0]}",
            "channel": OWN,
            "trunk": "carrier",
            "uniqueid": "1.1",
        }
        words |= given
        attempt = self.judge.attempt(number, words.pop("campaign"), CALLER_ID, **words)
        clock = At(SATURDAY + timedelta(seconds=after))
        (decided,) = await self._store.decisions.decide([waiting(attempt)], self.judge, clock)
        assert decided.failure is None
        return decided.decision


@pytest.fixture
def ask(store: Store) -> Asked:
    return Asked(store)


def codes(decision: Decision) -> tuple[str, ...]:
    return tuple(map(str, decision.reasons))


async def test_the_tester_is_called_on_a_saturday_and_it_is_said_what_that_was(ask: Asked) -> None:
    decision = await ask()
    assert codes(decision) == ()
    assert decision.verdict == "ALLOW"
    assert [one.profile for one in decision.policy] == ["cn-hubei-2018", "cn-miit-2020-81", "trial"]
    instead = {f.rule for f in decision.findings if f.detail.get("key") == "trial-instead"}
    assert instead == {"actor", "days", "hours", "consent", "leads", "script"}
    binds = {f.rule for f in decision.findings if f.result == "pass"}
    assert {"trial", "number", "do_not_call", "caller_id", "resources", "attempts", "recording"} <= binds
    assert json.decode(json.encode(decision), type=Decision) == decision
    assert ask.judge.holds_until(decision) is not None, "a trial ends"


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({"number": OTHER}, ("no-consent",)),
        ({"after": -1}, ("consent-expired",)),
        ({"after": 15 * 60}, ("consent-expired",)),
        ({"channel": "PJSIP/1001-00000001"}, ("actor-not-permitted",)),
        ({"channel": "Local/x@dialpact-try-00000003;2"}, ("actor-not-permitted",)),
        ({"channel": OWN + "x"}, ("actor-not-permitted",)),
        ({"campaign": f"dialpact-trial.{IDS[1]}"}, ("unknown-campaign", "no-consent")),
        ({"campaign": "dialpact-trial."}, ("unknown-campaign", "no-consent")),
        ({"campaign": f"DIALPACT-TRIAL.{IDS[0]}"}, ("unknown-campaign", "no-consent")),
        ({"number": "10000000000"}, ("invalid-number", "no-consent")),
        ({"number": "110"}, ("emergency-number", "no-consent")),
    ],
)
@pytest.mark.parametrize("mode", ["enforce", "shadow"])
async def test_everybody_and_everything_else_is_refused_in_either_mode(
    store: Store, mode: str, given: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    decision = await Asked(store, mode)(**given)
    assert codes(decision)[:2] == reasons[:2]
    assert not decision.put_through
    assert decision.dial == ""


async def test_one_call_and_another_trunk_is_the_same_one(ask: Asked) -> None:
    first = await ask()
    assert first.allowed
    again = await ask(after=62, trunk="second")
    assert again.allowed
    assert again.facts.continues == first.id
    assert codes(await ask(after=64, uniqueid="1.2")) == ("too-many-attempts",)


async def test_no_other_call_is_judged_otherwise(ask: Asked) -> None:
    """A marketing call to the very same number, at the very same time, over the trial's own channel."""
    decision = await ask(campaign="autumn-loans")
    assert {"unknown-campaign", "not-a-working-day", "outside-hours"} <= set(codes(decision))
    assert [one.profile for one in decision.policy] == ["cn-hubei-2018", "cn-miit-2020-81"]
    assert b'"trial"' not in json.encode(decision)


async def test_who_opted_out_is_not_called_to_try_either(store: Store, ask: Asked) -> None:
    entry = DncEntry(number=NUMBER, scope="all", value="", requested_at=SATURDAY, source="letter")
    await store.dnc.add(entry, by="wang", at=SATURDAY)
    assert codes(await ask()) == ("do-not-call",)


async def test_without_a_recorder_nobody_is_called_to_try(store: Store, ask: Asked) -> None:
    await store.recorder_leases.renew("pbx1", ready=False, why="disk", seconds=60, at=SATURDAY)
    assert codes(await ask()) == ("recording-unavailable",)


async def test_two_numbers_a_day_and_so_many_trials(store: Store) -> None:
    await store.trials.confirm(confirmed(IDS[1], OTHER), **LIMITS, by="wang", at=SATURDAY)
    for number, limits, fault in (
        ("+8613700137000", LIMITS, "trial-numbers-per-day"),
        (NUMBER, {**LIMITS, "per_day": 2}, "trials-per-day"),
    ):
        with pytest.raises(Fault) as raised:
            await store.trials.confirm(confirmed("a" * 16, number), **limits, by="wang", at=SATURDAY)
        assert raised.value.key == fault
    next_day = SATURDAY + timedelta(hours=24, seconds=1)
    await store.trials.confirm(confirmed("a" * 16, "+8613700137000"), **LIMITS, by="wang", at=next_day)


def test_the_name_of_a_trial_is_no_campaign_s() -> None:
    for name in ("dialpact-trial.x", "Dialpact-Trial.0123456789abcdef"):
        with pytest.raises(Fault) as raised:
            campaign(name, "jianghan", "loans", "marketing")
        assert raised.value.key == "trial-name"


@pytest.mark.parametrize("name", ["trial", "ours.toml"])
def test_the_trial_profile_can_not_be_put_in_force(tmp_path: Path, name: str) -> None:
    text = profile.load("trial").text.replace('id = "trial"', 'id = "ours"')
    (tmp_path / "ours.toml").write_text(text, "utf-8")
    file = tmp_path / "dialpact.toml"
    file.write_text(
        f'[policy]\nprofiles = ["cn-hubei-2018", "{name}"]\n[trunks.carrier]\nendpoint = "PJSIP/carrier"\n'
    )
    with pytest.raises(ProfileError, match="trial profile"):
        load_policy(config.load(file))


async def test_where_somebody_put_it_in_force_all_the_same_nobody_is_called(ask: Asked) -> None:
    ask.judge = Judge(RULES.of_trials, TRUNKS, "pbx1")
    assert "no-consent" in codes(await ask(campaign="autumn-loans"))


async def test_the_inspection_report_lists_them_apart(store: Store, ask: Asked, tmp_path: Path) -> None:
    """In the totals, and no call outside hours or without consent."""
    assert (await ask()).allowed
    assert not (await ask(number="10000000000")).allowed
    file = tmp_path / "dialpact.toml"
    file.write_text('[trunks.carrier]\nendpoint = "PJSIP/carrier"\n')
    context = Context(store, Actor(name="wang", door=Door.SHELL), At(SATURDAY + timedelta(hours=1)))
    order = InspectionOrder(first=date(2026, 11, 28), last=date(2026, 11, 28))
    made = await inspection(context, config.load(file), order, explain=str, progress=lambda *_: None)
    (line,) = made.trials
    assert (line.campaign, line.by, line.number) == (f"dialpact-trial.{IDS[0]}", "wang", "+86138****8000")
    assert (line.put_through, line.blocked) == (1, 1)
    assert (made.calls.passed, made.calls.blocked) == (1, 1)
    assert (made.calls.outside_hours, made.consents.without) == (0, 0)
    notices = {found.key for heading in made.headings for found in heading.findings}
    assert "conduct-trials" in notices
