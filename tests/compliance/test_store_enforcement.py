"""What follows from a decision: counts that can not be raced, suspensions, alarms."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Decision
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.moment import HOME
from dialpact.store.sqlite import Store
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office, SetClock
from tests.compliance.store_values import waiting

TEXT = files("dialpact.compliance").joinpath("profiles", "cn-hubei-2018.toml").read_text("utf-8")
ALARM = '{ per = "caller-id", limit = 60, hours = 1, action = "alarm" }'
REFUSED = "refused = { agent = 200, caller-id = 500, campaign = 1000 }"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)


def judge(folder: Path, *changes: tuple[str, str], **options: Any) -> Judge:
    """The shipped profile with some text of it replaced."""
    text = TEXT.replace('id = "cn-hubei-2018"', 'id = "ours"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "ours.toml"
    file.write_text(text, "utf-8")
    rules = Policy((profile.load(file),), calendars.load())
    return Judge(
        rules, {"carrier": Trunk(endpoint="carrier"), "backup": Trunk(endpoint="b")}, "pbx1", **options
    )


async def ask(
    office: Office, judge: Judge, number: str = NUMBER, campaign: str = "spring", **words: str
) -> Decision:
    """As the gate does it, without its queue."""
    words = {"caller_id": CALLER_ID, "agent": "1001", "trunk": "carrier"} | words
    attempt = judge.attempt(number, campaign, words.pop("caller_id"), **words)
    async with await Store.open(office.database) as store:
        ((made, failure),) = await store.decisions.decide([waiting(attempt)], judge, office.clock)
    assert failure is None
    return made


def pass_by(office: Office, **time: float) -> None:
    later = office.clock.now() + timedelta(**time)
    office.clock.set(later.astimezone(HOME).replace(tzinfo=None).isoformat(" "))


# Caps


def racer(folder: str, name: str, count: int, answers: Any) -> None:
    async def run() -> int:
        office_judge = judge(Path(folder) / name, (ALARM, '{ per = "callee", limit = 3, hours = 24 }'))
        allowed = 0
        async with await Store.open(Path(folder) / "dialpact.db", busy_ms=30_000) as store:
            for place in range(count):
                trunk = "carrier" if place % 2 else "backup"
                attempt = office_judge.attempt(NUMBER, "spring", CALLER_ID, agent=name, trunk=trunk)
                ((made, _),) = await store.decisions.decide([waiting(attempt)], office_judge, SetClock())
                allowed += made.allowed
        return allowed

    answers.put(asyncio.run(run()))


def test_two_processes_racing_for_the_same_callee_let_exactly_the_cap_through(
    office: Office, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    processes = [
        context.Process(target=racer, args=(str(tmp_path), name, 500, answers)) for name in ("one", "two")
    ]
    for process in processes:
        process.start()
    allowed = sum(answers.get(timeout=100) for _ in processes)
    for process in processes:
        process.join(10)
        assert process.exitcode == 0
    assert allowed == 3
    assert office.sql("SELECT verdict, count(*) FROM decision GROUP BY 1 ORDER BY 1") == [
        ("ALLOW", 3),
        ("BLOCK", 997),
    ]
    assert set(office.reasons()) <= {"", "too-many-attempts", "too-many-attempts,suspended", "suspended"}


async def test_a_cap_counts_over_caller_ids_and_campaigns_of_the_business_and_of_no_other(
    office: Office, tmp_path: Path
) -> None:
    capped = judge(tmp_path, (ALARM, '{ per = "callee", limit = 2, hours = 24 }'))
    office.add_campaign("summer")
    office.add_campaign("autumn", business="other")
    office.add_caller_id("02788880008")
    office.add_caller_id("02788880009", business="other")
    office.sql(
        "INSERT INTO consent SELECT number, 'other', industry, granted_at, NULL, 'f', NULL, '', '', '' "
        "FROM consent"
    )
    assert (await ask(office, capped)).allowed
    assert (await ask(office, capped, campaign="summer", caller_id="02788880008")).allowed
    refused = await ask(office, capped)
    assert refused.reasons == (Reason.TOO_MANY_ATTEMPTS,)
    assert refused.retry_at == office.clock.now() + timedelta(hours=24)
    assert (await ask(office, capped, campaign="autumn", caller_id="02788880009")).allowed
    pass_by(office, hours=23, minutes=59, seconds=59)
    assert not (await ask(office, capped)).allowed
    pass_by(office, seconds=1)
    assert (await ask(office, capped)).allowed


async def test_what_was_not_put_through_is_no_attempt(office: Office, tmp_path: Path) -> None:
    capped = judge(tmp_path, (ALARM, '{ per = "callee", limit = 1, hours = 24 }'))
    assert not (await ask(office, capped, caller_id="1")).allowed
    given = await ask(office, capped)
    assert given.allowed
    assert not (await ask(office, capped)).allowed
    office.sql("INSERT INTO undelivered VALUES (?, ?, 'deadline')", given.id, "2026-11-24T02:00:00.000000Z")
    assert (await ask(office, capped)).allowed


async def test_a_cap_on_the_caller_id(office: Office, tmp_path: Path) -> None:
    capped = judge(tmp_path, (ALARM, '{ per = "caller-id", limit = 2, hours = 1 }'))
    for number in ("13800138001", "13800138003"):
        office.add_consent(number)
    assert (await ask(office, capped)).allowed
    assert (await ask(office, capped, "13800138001")).allowed
    assert (await ask(office, capped, "13800138003")).reasons == (Reason.TOO_MANY_ATTEMPTS,)


async def test_an_alarm_is_one_incident_in_its_period(office: Office, tmp_path: Path) -> None:
    loud = judge(tmp_path, ("limit = 60", "limit = 2"))
    for _ in range(5):
        assert (await ask(office, loud)).allowed
    incidents = "SELECT kind, channel, detail FROM incident"
    assert office.sql(incidents) == [("busy-caller-id", CALLER_ID, "more than 2 calls within 1 h")]
    pass_by(office, hours=1, seconds=1)
    for _ in range(3):
        await ask(office, loud)
    assert len(office.sql(incidents)) == 2


async def test_an_alarm_on_the_callee_names_nobody(office: Office, tmp_path: Path) -> None:
    loud = judge(tmp_path, (ALARM, '{ per = "callee", limit = 1, hours = 24, action = "alarm" }'))
    for _ in range(3):
        assert (await ask(office, loud)).allowed
    [(kind, channel)] = office.sql("SELECT kind, channel FROM incident")
    assert (kind, channel) == ("busy-callee", "+86138****8000")


# Suspension


async def test_refused_attempts_suspend_whom_they_are_blamed_on(office: Office, tmp_path: Path) -> None:
    strict = judge(tmp_path, (REFUSED, "refused = { agent = 3 }"))
    for _ in range(3):
        assert (await ask(office, strict, STRANGER)).reasons == (Reason.NO_CONSENT,)
    blamed = await ask(office, strict)
    assert blamed.reasons == (Reason.SUSPENDED,)
    assert (await ask(office, strict, agent="1002")).allowed
    [(kind, key, by, cause, evidence)] = office.sql("SELECT kind, key, by, cause, evidence FROM suspension")
    assert (kind, key, by) == ("agent", "1001", "dialpact")
    assert cause == "3 refused attempts within 1 h (profile ours)"
    led_to_it = office.sql("SELECT id FROM decision ORDER BY seq LIMIT 3")
    assert sorted(json.loads(evidence)) == sorted(id for (id,) in led_to_it)
    [logged] = office.sql("SELECT actor, action, key FROM register_change WHERE register = 'suspension'")
    assert logged[0] == "dialpact" and "1001" in logged[2]


async def test_the_count_starts_anew_when_a_suspension_is_lifted(office: Office, tmp_path: Path) -> None:
    strict = judge(tmp_path, (REFUSED, "refused = { campaign = 2 }"))
    for _ in range(2):
        await ask(office, strict, STRANGER)
    pass_by(office, minutes=1)
    office.sql(
        "UPDATE suspension SET lifted_at = ?, lifted_by = 'chen', lift_reason = 'trained'",
        office.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )
    pass_by(office, minutes=1)
    assert (await ask(office, strict)).allowed
    await ask(office, strict, STRANGER)
    assert (await ask(office, strict)).allowed
    await ask(office, strict, STRANGER)
    assert (await ask(office, strict)).reasons == (Reason.SUSPENDED,)


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ({"campaign": "mystery"}, "a campaign that nobody registered is nobody's"),
        ({"number": "110"}, "a reason that the profile does not count"),
    ],
)
async def test_what_does_not_count(office: Office, tmp_path: Path, refused: Any, why: str) -> None:
    strict = judge(tmp_path, (REFUSED, "refused = { campaign = 1 }"))
    await ask(office, strict, **refused)
    assert office.sql("SELECT * FROM suspension") == [], why


async def test_old_refusals_are_forgotten(office: Office, tmp_path: Path) -> None:
    strict = judge(tmp_path, (REFUSED, "refused = { agent = 2 }"))
    await ask(office, strict, STRANGER)
    pass_by(office, hours=1, seconds=1)
    await ask(office, strict, STRANGER)
    assert office.sql("SELECT count(*) FROM suspension") == [(0,)]
    assert office.sql("SELECT count(*) FROM refused") == [(1,)]


async def test_shadow_suspends_nobody(office: Office, tmp_path: Path) -> None:
    shadow = judge(tmp_path, (REFUSED, "refused = { agent = 1 }"), mode="shadow")
    told = await ask(office, shadow, STRANGER)
    assert (told.verdict, told.dial, told.put_through) == ("BLOCK", STRANGER, True)
    assert office.sql("SELECT count(*) FROM suspension") == [(0,)]
    assert office.sql("SELECT verdict, mode, dial FROM decision") == [("BLOCK", "shadow", STRANGER)]
