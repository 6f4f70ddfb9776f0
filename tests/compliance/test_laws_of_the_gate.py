"""What holds for every register and every attempt, on the store that the gate itself reads.

Registers and calls are generated as a history: entries come and go, time passes, calls are tried. Each call
is decided as the gate decides it, recorded, and what follows from it follows.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dialpact.compliance import calendars, profile
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import SUSPENDABLE, CallAttempt, Decision
from dialpact.compliance.profile import Policy
from dialpact.compliance.sections import Cap
from dialpact.store.sqlite import create
from dialpact.store.units import decisions, enforcement
from dialpact.store.units.facts import facts
from dialpact.store.units.registers.suspension import suspend
from tests import registers

HUBEI, MIIT = profile.load("cn-hubei-2018"), profile.load("cn-miit-2020-81")
assert HUBEI.attempts and HUBEI.suspension and HUBEI.hours
# Stricter in what the shipped one leaves open, so that caps and suspensions are met within a few calls.
STRICT = msgspec.structs.replace(
    HUBEI,
    id="strict",
    attempts=msgspec.structs.replace(
        HUBEI.attempts,
        caps=(Cap(per="callee", limit=2, hours=5), Cap(per="caller-id", limit=4, hours=1)),
    ),
    suspension=msgspec.structs.replace(HUBEI.suspension, refused={"agent": 3, "campaign": 6, "caller-id": 5}),
)
LOOSE = msgspec.structs.replace(
    HUBEI, id="loose", hours=None, days=None, consent=None, leads=None, script=None, attempts=None
)
PROFILES = {"hubei": HUBEI, "miit": MIIT, "strict": STRICT, "loose": LOOSE}
TRUNKS = {"carrier": Trunk(endpoint="carrier"), "backup": Trunk(endpoint="backup", business="other")}
START = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 8:30 in Shanghai, a Tuesday
CALLERS = ("02788880007", "02788880008", "95xxx")
NUMBERS = ("13800138000", "13800138001", "13912345678", "02787654321")
AGENTS, CAMPAIGNS = ("1001", "1002", ""), ("spring", "summer", "mystery")


@functools.cache
def template() -> sqlite3.Connection:
    """Two businesses, two campaigns; three of the numbers may be called."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        create(path)
        registers.fill(path, caller_ids=CALLERS[:2], numbers=NUMBERS[:2], profiles=["cn-hubei-2018"])
        whole = sqlite3.connect(":memory:", check_same_thread=False)
        with contextlib.closing(sqlite3.connect(path)) as db:
            registers.campaign(db, "summer", "other", "loans")
            registers.agree(db, NUMBERS[3][1:])
            registers.lead(db, NUMBERS[3][1:])
            db.commit()
            db.backup(whole)
    return whole


@contextlib.contextmanager
def history() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        template().backup(db)
        db.row_factory = sqlite3.Row
        yield db


def e164(number: str) -> int:
    return int("86" + number.removeprefix("0"))


instants = st.timedeltas(-timedelta(days=300), timedelta(days=1)).map(lambda passed: START + passed)
opt_out = st.tuples(
    st.just("refuse"),
    st.sampled_from(NUMBERS),
    st.sampled_from([("all", ""), ("industry", "loans"), ("business", "acme"), ("business", "other")]),
    instants,
)
suspension = st.sampled_from(
    [
        ("suspend", kind, key)
        for kind, keys in zip(SUSPENDABLE, (AGENTS[:2], CAMPAIGNS[:2], CALLERS[:2]), strict=True)
        for key in keys
    ]
)
changes = st.one_of(
    opt_out,
    suspension,
    st.tuples(st.just("sql"), st.just("DELETE FROM do_not_call")),
    st.tuples(st.just("sql"), st.just("UPDATE suspension SET lifted_at = since, lift_reason = 'x'")),
    st.tuples(st.just("sql"), st.just("UPDATE batch SET held = 'looks counted up'")),
    st.tuples(st.just("sql"), st.just("UPDATE batch SET held = ''")),
    st.tuples(st.just("sql"), st.just("UPDATE script SET approved_by = '', approved_at = NULL")),
    st.tuples(st.just("sql"), st.just("UPDATE business SET actor = 'licensed-call-centre'")),
    st.tuples(st.just("sql"), st.just("UPDATE campaign SET purpose = 'service' WHERE id = 'summer'")),
    st.tuples(st.just("sql"), st.just("UPDATE consent SET withdrawn_at = '2026-11-24T03:00:00.000000Z'")),
    st.tuples(st.just("sql"), st.just("UPDATE caller_id SET valid_to = '2026-11-23'")),
    st.tuples(st.just("sql"), st.just("UPDATE recorder_lease SET ready = 1 - ready")),
)
calls = st.tuples(
    st.just("call"),
    st.sampled_from([*NUMBERS, NUMBERS[0], NUMBERS[0], "110", "x"]),
    st.sampled_from(["spring", *CAMPAIGNS]),
    st.sampled_from([CALLERS[0], *CALLERS]),
    st.sampled_from(["carrier", "carrier", "backup", "nowhere"]),
    st.sampled_from(AGENTS),
)
waits = st.tuples(st.just("wait"), st.integers(0, 5 * 3600).map(lambda seconds: timedelta(seconds=seconds)))
steps = st.lists(st.one_of(calls, calls, calls, changes, waits), min_size=1, max_size=15)


def change(db: sqlite3.Connection, step: tuple[Any, ...], now: datetime) -> None:
    if step[0] == "sql":
        db.execute(step[1])
    elif step[0] == "suspend":
        suspend(db, step[1], step[2], cause="complaints", evidence=[], by="chen", at=now)
    else:
        _, number, (scope, value), at = step
        values = (e164(number), scope, value, stamp(at), "key", stamp(now))
        db.execute("INSERT OR IGNORE INTO do_not_call VALUES (?, ?, ?, ?, ?, ?)", values)


def ask(db: sqlite3.Connection, judge: Judge, step: tuple[Any, ...], now: datetime) -> Decision:
    _, number, campaign, caller_id, trunk, agent = step
    attempt: CallAttempt = judge.attempt(number, campaign, caller_id, trunk=trunk, agent=agent)
    return judge.decide(attempt, facts(db, attempt, judge.asked, now, live=True), now)


def live(db: sqlite3.Connection, judge: Judge, happened: list[tuple[Any, ...]]) -> datetime:
    """The history as the gate would have it; returns the instant at its end."""
    now = START
    for step in happened:
        if step[0] == "wait":
            now += step[1]
        elif step[0] == "call":
            decision = ask(db, judge, step, now)
            decisions.record(db, [decision])
            enforcement.enforce(db, decision, judge.asked)
        else:
            change(db, step, now)
    return now


@functools.cache
def judge_of(*names: str) -> Judge:
    return Judge(Policy(tuple(PROFILES[name] for name in names), calendars.load()), TRUNKS, "pbx1")


stacks = st.sampled_from([("hubei",), ("strict",), ("loose",), ("loose", "miit")])
WITHOUT_LIMIT = settings(max_examples=150, deadline=None)


@WITHOUT_LIMIT
@given(stacks, steps, calls, st.one_of(opt_out, suspension))
def test_a_refusal_or_a_suspension_never_turns_block_into_allow(
    stack: tuple[str, ...], happened: list[Any], call: Any, more: Any
) -> None:
    with history() as db:
        judge = judge_of(*stack)
        now = live(db, judge, happened)
        before = ask(db, judge, call, now)
        change(db, more, now)
        after = ask(db, judge, call, now)
        event(f"{before.verdict} then {after.verdict}")
        assert before.allowed or not after.allowed
        assert set(before.reasons) <= set(after.reasons) | {
            "no-consent",
            "consent-expired",
            "consent-withdrawn",
        }


@WITHOUT_LIMIT
@given(stacks, steps, calls, st.sampled_from(["strict", "miit"]), st.booleans())
def test_one_more_profile_never_turns_block_into_allow(
    stack: tuple[str, ...], happened: list[Any], call: Any, more: str, first: bool
) -> None:
    if more in stack:
        return
    with history() as db:
        now = live(db, judge_of(*stack), happened)
        before = ask(db, judge_of(*stack), call, now)
        after = ask(db, judge_of(*((more, *stack) if first else (*stack, more))), call, now)
        event(f"{before.verdict} then {after.verdict}")
        assert before.allowed or not after.allowed
        assert set(before.reasons) <= set(after.reasons)


@WITHOUT_LIMIT
@given(stacks, steps)
def test_every_stored_decision_replays_to_its_verdict(stack: tuple[str, ...], happened: list[Any]) -> None:
    """From its row alone: neither registers nor earlier rows are looked at again."""
    judge = judge_of(*stack)
    with history() as db:
        live(db, judge, happened)
        stored = db.execute("SELECT verdict, reasons, dial, record FROM decision ORDER BY seq").fetchall()
    for verdict, reasons, dial, record in stored:
        decision = msgspec.json.decode(record, type=Decision)
        again = judge.decide(decision.attempt, decision.facts, decision.decided_at)
        event(verdict)
        assert msgspec.structs.replace(again, id=decision.id) == decision
        assert (again.verdict, list(again.reasons), again.dial) == (
            verdict,
            msgspec.json.decode(reasons),
            dial,
        )


@WITHOUT_LIMIT
@given(stacks, steps, calls)
def test_check_says_what_the_gate_says(stack: tuple[str, ...], happened: list[Any], call: Any) -> None:
    """``dialpact check`` leaves out the recorder's lease, unless it is asked to look (``--live``)."""
    judge = judge_of(*stack)
    with history() as db:
        now = live(db, judge, happened)
        told = ask(db, judge, call, now)
        checked = judge.decide(
            told.attempt, facts(db, told.attempt, judge.asked, now, live=False), now, recorder_required=False
        )
        others = [finding for finding in told.findings if finding.rule != "recording"]
        assert [finding for finding in checked.findings if finding.rule != "recording"] == others
        assert set(told.reasons) - set(checked.reasons) <= {"recording-unavailable"}


@WITHOUT_LIMIT
@given(steps)
def test_shadow_puts_through_what_enforcement_would_refuse_and_says_so(happened: list[Any]) -> None:
    enforcing = judge_of("hubei")
    shadow = Judge(enforcing.policy, TRUNKS, "pbx1", mode="shadow")
    with history() as db:
        now = live(db, enforcing, happened)
        for call in (step for step in happened if step[0] == "call"):
            refused, marked = ask(db, enforcing, call, now), ask(db, shadow, call, now)
            assert marked.findings == refused.findings and marked.verdict == refused.verdict
            assert marked.mode == "shadow"
            assert marked.put_through == (call[1] not in ("x", "110"))
            assert refused.put_through == refused.allowed


def test_the_histories_are_worth_something() -> None:
    """Caps and suspensions do occur in them: a law over calls that are all refused alike says nothing."""
    call = ("call", NUMBERS[0], "spring", CALLERS[0], "carrier", "1001")
    refused = ("call", NUMBERS[2], "spring", CALLERS[0], "carrier", "1001")
    with history() as db:
        live(db, judge_of("strict"), [call, call, call, refused, refused, refused, call])
        found = [row[0] for row in db.execute("SELECT reasons FROM decision ORDER BY seq")]
    assert found[:3] == ["[]", "[]", '["too-many-attempts"]']
    assert "suspended" in found[-1]
