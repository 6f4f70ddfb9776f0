"""Refusals taken with real keys on the real Asterisk: in force from the next attempt on, and never lost."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import sqlite3
import time
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.call import Call
from tests.lab.carrier import Carrier, Invite
from tests.lab.demo import finished
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import TONE as AGENT
from tests.lab.phone import Phone
from tests.lab.site import Site, install_classic, product

pytestmark = pytest.mark.lab

CALL: dict[str, Any] = {"campaign": "autumn-loans", "caller_id": "02788880007"}
LINE = "02788889999"
QUESTION, FAILED = "Playing 'if-correct-press.gsm'", "Playing 'beeperr.gsm'"


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


@contextlib.contextmanager
def locked(site: Site) -> Iterator[None]:
    """Another process has the database."""
    with contextlib.closing(sqlite3.connect(site.database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


@contextlib.contextmanager
def deaf(site: Site) -> Iterator[None]:
    """No listener hears the keys: what is done is the gate's work alone. Calls that are up go on."""
    site.stop("listener")
    try:
        yield
    finally:
        site.start("listener")
        site.ready()


def may_be_called(site: Site, number: str) -> None:
    """One that the samples do not have."""
    site.dialpact(
        *("consent", "add", number, "--business", "jianghan", "--industry", "loans"),
        *("--evidence", "form", "--granted-at", "2026-06-01"),
    )
    leads = site.folder / f"leads-{number}.csv"
    leads.write_text(f"number\n{number}\n", "ascii")
    site.dialpact(
        *("leads", "import", str(leads), "--campaign", "autumn-loans", "--partner", "p"),
        *("--contract", "c", "--basis", "b"),
    )


def rows(site: Site, number: str) -> list[dict[str, Any]]:
    """What is on disk, without a process's start in between."""
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        db.row_factory = sqlite3.Row
        found = db.execute("SELECT * FROM opt_out WHERE number = ? ORDER BY seq", (int("86" + number[-11:]),))
        return [dict(row) for row in found]


async def said(pbx: Pbx, what: str, before: int, seconds: float = 20) -> None:
    """Waits until ``what`` is in Asterisk's log once more than ``before``."""
    until = time.monotonic() + seconds
    while pbx.log().count(what) == before:
        assert time.monotonic() < until, f"not said again: {what}"
        await asyncio.sleep(0.05)


async def taken(site: Site, number: str, count: int = 1, seconds: float = 20) -> dict[str, Any]:
    """Waits for the row number ``count`` and gives it, with the moment at which it was seen."""
    until = time.monotonic() + seconds
    while len(found := rows(site, number)) < count:
        assert time.monotonic() < until, f"no row {count} of {number}"
        await asyncio.sleep(0.002)
    return found[count - 1] | {"seen": time.monotonic()}


@contextlib.asynccontextmanager
async def talking(phone: Phone, carrier: Carrier, number: str) -> AsyncIterator[tuple[Call, Invite]]:
    """A call that is being recorded and talked in."""
    before = len(carrier.invites())
    async with phone.calling(number, hangup_by="test", **CALL) as call:
        await call.answered()
        await call.heard(0.5)
        yield call, carrier.invites()[before]


async def refused(site: Site, carrier: Carrier, phone: Phone, number: str) -> None:
    """The next attempt never reaches the carrier."""
    before = len(carrier.invites())
    result = await phone.call(number, **CALL)
    assert (result.answered, result.status) == (False, 403)
    assert len(carrier.invites()) == before
    assert site.last_call()["reasons"][0] == "do-not-call"


def cut_off(path: str, frequency: float = AGENT) -> float:
    """Seconds into a wav file at which ``frequency`` is heard no more."""
    samples = array("h", Path(path).read_bytes()[44:])
    block, turn, last = 160, 2 * math.cos(2 * math.pi * frequency / 8000), 0
    for start in range(0, len(samples) - block + 1, block):
        one = two = 0.0
        for value in samples[start : start + block]:
            one, two = value + turn * one - two, one
        power = one * one + two * two - turn * one * two
        if power > (block * 1000 / 2) ** 2:  # its amplitude is 11,600
            last = start + block
        elif last and start - last > 10 * block:
            break
    return last / 8000


async def test_callee_presses_the_key(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138333"
    async with talking(phone, carrier, number) as (call, invite):
        await asyncio.sleep(1)
        await carrier.dial(invite, "*9")
        pressed = time.monotonic()
        row = await taken(site, number)
        assert row["seen"] - pressed < 1
        await pbx.logged("Playing 'do-not-disturb.*\n(.*\n)*.*Playing 'activated")
        # They talk on: each side hears the other again.
        await asyncio.sleep(1.5)
        heard = carrier.heard(invite).seconds
        await call.heard(call.sound.seconds + 0.5)
        assert carrier.heard(invite).seconds > heard + 0.3
        await refused(site, carrier, Phone(pbx, "agent1002"), number)  # while the call is still going on
        result = await call.hang_up()
    assert result.hung_up_by == "phone"
    await finished(site, 1)
    (kept,) = [entry for entry in site.dialpact("recordings", "list") if entry["number"] == "+86" + number]
    assert kept["seconds"] == pytest.approx(result.talk_seconds, rel=0.1)
    assert (row["how"], row["by"], row["node"]) == ("callee-key", "+86" + number, "lab")
    assert (row["scope"], row["value"]) == ("business", "jianghan")
    assert (row["decision"], row["recording"]) == (kept["decision"], kept["id"])
    assert row["channel"].startswith("PJSIP/carrier-")
    (shown,) = site.dialpact("dnc", "show", number)["opt_outs"]
    assert shown["path"] == kept["path"]
    real = cut_off(kept["agent_path"])  # the callee stops hearing the agent when his key is taken
    late = 1000 * (row["seen"] - pressed)
    print(f"row {late:.0f} ms after the key; in the file {real}, shown", shown)
    assert row["position"] is None, "the instant is kept: the recording's index says where it is in the file"
    assert shown["position"] - 0.3 < real < shown["position_to"] + 0.3
    assert shown["position_to"] - shown["position"] < 0.3


async def test_agent_presses_the_key(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138444"
    async with talking(phone, carrier, number) as (call, invite):
        await call.dial("*9")
        row = await taken(site, number)
        await pbx.logged("<PJSIP/agent1001-.*Playing 'beep.gsm'")
        heard = carrier.heard(invite).seconds
        await asyncio.sleep(1)
        assert carrier.heard(invite).seconds > heard + 0.5
        assert (await call.hang_up()).hung_up_by == "phone"
    assert (row["how"], row["by"]) == ("agent-key", "agent1001")
    assert row["decision"] == site.last_call()["id"]
    assert row["recording"]
    assert row["channel"].startswith("PJSIP/agent1001-")
    await refused(site, carrier, phone, number)


async def test_other_keys_refuse_nothing_and_reach_the_other_side(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    number = "13800138000"
    async with talking(phone, carrier, number) as (call, invite):
        for keys in ("9", "1", "*1", "#9"):
            await carrier.dial(invite, keys)
            await asyncio.sleep(0.2)
        await carrier.press(invite, "5")
        await pbx.logged("DTMF end '5' received on PJSIP/carrier-")
        await asyncio.sleep(0.3)
        assert (await call.hang_up()).hung_up_by == "phone"
    assert rows(site, number) == []
    assert "dialpact-optout," not in pbx.log().split(invite.number)[-1]


async def test_early_media_and_a_key_in_a_sip_message(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    """The sound before the answer is in the file too: once the file is complete its length tells where."""
    number = "13800138003"
    may_be_called(site, number)
    async with talking(phone, carrier, number) as (call, invite):
        await asyncio.sleep(0.7)
        for key in "*9":
            await carrier.press(invite, key)
        await taken(site, number)
        await asyncio.sleep(3)
        await call.hang_up()
    await asyncio.sleep(1)
    (kept,) = [entry for entry in site.dialpact("recordings", "list") if entry["number"] == "+86" + number]
    (shown,) = site.dialpact("dnc", "show", number)["opt_outs"]
    real = cut_off(kept["agent_path"])
    print(f"early media: real {real}, {shown['position']} to {shown['position_to']}")
    assert shown["position"] - 0.3 < real < shown["position_to"] + 0.3


async def test_one_who_presses_and_hangs_up_at_once_has_refused(
    site: Site, carrier: Carrier, phone: Phone
) -> None:
    number = "13800138777"
    async with talking(phone, carrier, number) as (call, invite):
        await carrier.dial(invite, "*9")
        await asyncio.sleep(0.05)  # nobody is faster
        carrier.hang_up(invite)
        await call.ended()
    await taken(site, number)
    await refused(site, carrier, phone, number)


async def test_store_is_locked(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138555"
    async with talking(phone, carrier, number) as (call, invite):
        with locked(site):
            await carrier.dial(invite, "*9")
            await pbx.logged("opt-out not stored yet: callee_")
            await pbx.logged("Playing 'im-sorry.gsm'")
            assert rows(site, number) == []
        row = await taken(site, number)
        await asyncio.sleep(0.2)
        assert (await call.hang_up()).hung_up_by == "phone"
    assert row["recording"]
    assert "kept until the store is back" in site.log("gate")
    assert number not in site.log("gate")
    await refused(site, carrier, phone, number)


async def test_gate_is_down(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138666"
    async with talking(phone, carrier, number) as (call, _):
        decision = site.last_call()["id"]
        site.stop("gate")
        try:
            with deaf(site):
                await call.dial("*9")
                await pbx.logged(f"ERROR.*opt-out not taken: agent_{decision}_business_")
                await pbx.logged("<PJSIP/agent1001-.*Playing 'beeperr.gsm'")
                await asyncio.sleep(0.5)
                assert rows(site, number) == []
            assert (await call.hang_up()).hung_up_by == "phone"
        finally:
            site.start("gate")
    assert rows(site, number) == []
    # What the log says is enough to make good for it.
    site.dialpact("dnc", "add", number, "--call", decision, "--by", "officer")
    await refused(site, carrier, phone, number)
    (row,) = rows(site, number)
    assert (row["how"], row["by"], row["decision"]) == ("command", "officer", decision)
    assert row["recording"]


async def test_gate_hangs(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    """The call goes on, the agent hears that it failed; the gate takes it when it is well again."""
    number = "13800138888"
    async with talking(phone, carrier, number) as (call, _):
        process = site.process("gate")
        process.send_signal(signal.SIGSTOP)
        try:
            with deaf(site):
                errors = pbx.log().count(FAILED)
                await call.dial("*9")
                await said(pbx, FAILED, errors)
                assert rows(site, number) == []
        finally:
            process.send_signal(signal.SIGCONT)
        await taken(site, number)
        heard = call.sound.seconds
        await call.heard(heard + 0.3)
        assert (await call.hang_up()).hung_up_by == "phone"
    await refused(site, carrier, phone, number)


@pytest.mark.parametrize("forged", ["0" * 32, "", "x' OR '1'='1", "../etc"], ids=repr)
async def test_decision_id_that_is_none(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx, forged: str
) -> None:
    number = "13800138000"
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        before = db.execute("SELECT count(*) FROM opt_out").fetchone()
    async with talking(phone, carrier, number) as (call, _):
        channels = [line.split("!")[0] for line in pbx.cli("core show channels concise").splitlines()]
        channel, leg = (
            next(one for one in channels if one.startswith(f"PJSIP/{end}-"))
            for end in ("agent1001", "carrier")
        )
        act(pbx, "Setvar", Channel=channel, Variable="DIALPACT_ID", Value=forged)
        act(pbx, "Setvar", Channel=leg, Variable="DIALPACT_LEG", Value=forged)
        errors = pbx.log().count(FAILED)
        with deaf(site):
            await call.dial("*9")
            await said(pbx, FAILED, errors)
        assert (await call.hang_up()).hung_up_by == "phone"
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        assert db.execute("SELECT count(*) FROM opt_out").fetchone() == before


async def test_line(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138999"
    async with Phone(pbx, "carrier").calling(LINE, caller_id=number, hangup_by="carrier") as call:
        await call.answered()
        await pbx.logged("Playing 'if-correct-press.gsm'", 20)
        await call.dial("1")
        row = await taken(site, number)
        assert (await call.ended()).hung_up_by == "pbx"
    assert (row["how"], row["by"], row["scope"], row["value"]) == ("line", "+86" + number, "all", "")
    assert (row["decision"], row["recording"]) == ("", "")
    assert row["channel"].startswith("PJSIP/carrier-")
    await refused(site, carrier, phone, number)


@pytest.mark.parametrize(
    ("caller", "key"),
    [("13912345678", ""), ("13912345678", "2"), ("anonymous", ""), ("13912%0A345678", ""), ("10086", "1")],
)
async def test_line_without_a_number_or_a_yes(site: Site, pbx: Pbx, caller: str, key: str) -> None:
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        before = db.execute("SELECT count(*) FROM opt_out").fetchone()
    questions = pbx.log().count(QUESTION)
    async with Phone(pbx, "carrier").calling(LINE, caller_id=caller, hangup_by="carrier") as call:
        await call.answered()
        if key:
            await said(pbx, QUESTION, questions, 15)
            await call.dial(key)
        result = await call.ended(40)
    assert result.hung_up_by == "pbx"
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        assert db.execute("SELECT count(*) FROM opt_out").fetchone() == before


async def test_refusal_of_every_business(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13800138006"
    may_be_called(site, number)
    pbx.cli("dialplan set global DIALPACT_OPTOUT_SCOPE all")
    async with talking(phone, carrier, number) as (call, _):
        await call.dial("*9")
        row = await taken(site, number)
        await call.hang_up()
    assert (row["scope"], row["value"]) == ("all", "")


async def test_classic_agi_takes_them_too(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    number = "13912345678"
    may_be_called(site, number)
    install_classic(pbx)
    async with talking(phone, carrier, number) as (call, invite):
        pbx.cli("dialplan set global DIALPACT_AGI dialpact-agi")
        try:
            await carrier.dial(invite, "*9")
            row = await taken(site, number)
        finally:
            pbx.cli('dialplan set global DIALPACT_AGI ""')
        await call.hang_up()
    assert row["how"] == "callee-key"
    assert row["channel"].startswith("PJSIP/carrier-")


def test_nothing_was_warned_of(pbx: Pbx) -> None:
    """After all these calls."""
    said = [line for line in pbx.log().splitlines() if " WARNING[" in line]
    print(*said, sep="\n")
    assert not [line for line in said if "DYNAMIC_FEATURES" in line or "Local/" in line or "AST_EXPR" in line]
