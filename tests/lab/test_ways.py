"""The ways that a call can leave by: a second trunk, a technical prefix, trunks that are not PJSIP."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ami_listener.scene import until
from tests.lab.bootstrap import Installation
from tests.lab.demo import finished
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.site import PROFILE, Site, load_samples, product
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone
from tests.lab.test_optout import may_be_called

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

CALL = {"campaign": "autumn-loans", "caller_id": "02788880008"}
SITE = """
[agents](+)
exten => _*81X.,1,Goto(ask-again,${EXTEN:3},1)
exten => _*82X.,1,Goto(ask-once,${EXTEN:3},1)
exten => _*83X.,1,Goto(same-again,${EXTEN:3},1)
exten => _*84X.,1,Goto(prefixed,${EXTEN:3},1)
exten => _*85X.,1,Set(N=/n)
 same => n,Goto(by-context,${EXTEN:3},1)
exten => _*89X.,1,Set(N=)
 same => n,Goto(by-context,${EXTEN:3},1)
exten => _*86X.,1,Goto(by-iax,${EXTEN:3},1)
exten => _*87X.,1,Goto(starred,${EXTEN:3},1)
exten => 110,1,Gosub(dialpact-outbound,s,1(110,autumn-loans,agent1001,nine))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,30,iU(dialpact-answered))
exten => _*88X.,1,Set(FOLLOW=yes)
 same => n,Goto(ask-again,${EXTEN:3},1)

[ask-again]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,${IF($["${FOLLOW}"=""]?i)}U(dialpact-answered))
 same => n,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,carrier2))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[same-again]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,iU(dialpact-answered))
 same => n,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[ask-once]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,carrier&carrier2))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,iU(dialpact-answered))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[prefixed]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,nine))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})
[starred]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,starred))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[by-context]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,context))
 same => n,Dial(Local/${DIALPACT_NUMBER}@to-the-world${N},30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})
[to-the-world]
exten => _X.,1,Answer()
 same => n,Milliwatt()

[by-iax]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,agent1001,iax))
 same => n,Dial(IAX2/far/${DIALPACT_NUMBER},30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})
"""
FAR = """
[from-iax]
exten => _X.,1,Answer()
 same => n,Milliwatt()
"""
TRUNKS = """
[trunks.nine]
endpoint = "PJSIP/carrier2"
dial_format = "9{national}"
[trunks.starred]
endpoint = "PJSIP/carrier2"
dial_format = "*8#{e164-digits}"
[trunks.context]
endpoint = "Local/to-the-world"
[trunks.iax]
endpoint = "IAX2/far"
"""
IAX = """
[general]
bindport = {port}
bindaddr = 127.0.0.1
[far]
type = peer
host = 127.0.0.1
port = {far}
qualify = no
[guest]
type = user
context = from-iax
requirecalltoken = no
"""
CONSENT = ("--business", "jianghan", "--industry", "loans", "--evidence", "form 9")
FAILS = Answer(ring=None, delay=0.2, status=503)


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = tmp_path_factory.mktemp("conf") / "ways.conf"
    site.write_text(SITE, "utf-8")
    options = product(DIALPACT_SOUND="beep", DIALPACT_EMERGENCY_PREFIX="9")
    return options | {"dialplan": [*options["dialplan"], site]}


@pytest.fixture(scope="module")
def far(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of another Asterisk that takes calls by IAX2: one cannot call itself."""
    answers = tmp_path_factory.mktemp("far") / "far.conf"
    answers.write_text(FAR, "utf-8")
    with Pbx(installation=installation, dialplan=[answers]) as other:
        port = other.ports.take()
        speak_iax(other, port, port)
        yield port


def speak_iax(pbx: Pbx, port: int, far: int) -> None:
    (pbx.home / "etc" / "iax.conf").write_text(IAX.format(port=port, far=far), "ascii")
    assert "Loaded" in pbx.cli("module load chan_iax2.so")


@pytest.fixture(scope="module")
def pbx(installation: Installation, lab_options: dict[str, Any], far: int) -> Iterator[Pbx]:
    with Pbx(installation=installation, **lab_options) as running:
        speak_iax(running, running.ports.take(), far)
        yield running


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    """One attempt at a callee in a day, and trunks of every kind."""
    with Site(pbx) as running:
        running.now()  # as Asterisk's CDRs have it
        profile = running.folder / PROFILE
        text = profile.read_text("utf-8")
        cap = 'caps = [{ per = "caller-id", limit = 60, hours = 1, action = "alarm" }]'
        assert cap in text
        profile.write_text(text.replace(cap, 'caps = [{ per = "callee", limit = 1, hours = 24 }]'), "utf-8")
        running.config.write_text(running.config.read_text("utf-8") + TRUNKS, "utf-8")
        load_samples(running)
        running.dialpact(
            *("caller-id", "add", CALL["caller_id"], "--business", "jianghan", "--licence", "L-8"),
            *(
                "--carrier",
                "China Telecom Hubei",
                "--authenticated",
                "--trunk",
                "*",
                "--purpose",
                "marketing",
            ),
            *("--valid-from", "2026-01-01"),
        )
        running.start("gate")
        running.start("listener")
        running.ready()
        yield running


def calls(site: Site, number: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return list(reversed(site.dialpact("calls", "list", "--number", number)))


def incidents(site: Site) -> list[str]:
    return [row["kind"] for row in site.dialpact("incidents", "list")]


async def ended(site: Site, number: str) -> list[dict[str, Any]]:
    """The calls to a number, once each has an end."""
    await until(
        lambda: not {"in-progress", "not-dialled"} & {call["outcome"] for call in calls(site, number)}, 10
    )
    return calls(site, number)


async def test_a_second_trunk_is_the_same_attempt(site: Site, pbx: Pbx) -> None:
    number = "13800138000"
    async with (
        SoftCarrier(pbx, FAILS) as carrier,
        SoftCarrier(pbx, Answer(talk=Media(hz=1000)), trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(f"*81{number}", Media(hz=600), **CALL)
        await call.answered()
        await call.hears(1000)
        await call.hang_up()
        first, then = await ended(site, number)
        # The cap has counted it once, and counts it.
        again = await agent.call(f"*81{number}", **CALL)
        await again.over()
        assert [[leg.number for leg in one.legs] for one in (carrier, second)] == [[number], [number]]
    assert calls(site, number)[-1]["reasons"] == ["too-many-attempts"]
    assert (first["verdict"], first["trunk"], first["outcome"]) == ("ALLOW", "carrier", "failed")
    assert (then["verdict"], then["trunk"], then["outcome"]) == ("ALLOW", "carrier2", "answered")
    assert (first["continues"], then["continues"]) == ("", first["id"])
    assert then["talk_seconds"] > 0.2
    assert incidents(site) == []
    # In the evidence, and in the leaf.
    assert site.dialpact("calls", "show", then["id"])["facts"]["continues"] == first["id"]
    with sqlite3.connect(site.database) as store:
        (version,) = store.execute("SELECT version FROM ledger WHERE key = ?", [then["id"]]).fetchone()
    assert version == 2
    site.dialpact("ledger", "verify")
    # Each leg in the CDRs is held against its own decision, and nobody gave up.
    cdrs = pbx.home / "log/cdr-csv/Master.csv"
    await until(lambda: f"PJSIP/{number}@carrier2" in cdrs.read_text("utf-8"), 5)
    found = site.dialpact("reconcile", "--cdr", str(cdrs), "--notes", "--timezone", "UTC", code=None)
    assert [one["kind"] for one in found["findings"]] == []
    assert (found["calls"], found["matched"]) == (2, 2)


async def test_the_same_trunk_again_is_another_attempt(site: Site, pbx: Pbx) -> None:
    number = "13800138333"
    async with SoftCarrier(pbx, FAILS) as carrier, Softphone(pbx) as agent:
        call = await agent.call(f"*83{number}", **CALL)
        await call.over()
        assert len(carrier.legs) == 1
    one, other = await ended(site, number)
    assert (one["outcome"], other["reasons"]) == ("failed", ["too-many-attempts"])


async def test_after_an_answer_it_is_another_attempt(site: Site, pbx: Pbx) -> None:
    number = "13800138444"
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=1000), hangup_after=1)),
        SoftCarrier(pbx, trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(f"*81{number}", **CALL)
        await call.over()
        assert second.legs == []
    # Dial goes on after the callee's hang-up with g alone; the decision of a second call is the same.
    (one,) = await ended(site, number)
    assert one["outcome"] == "answered"


async def test_a_decision_for_two_trunks(site: Site, pbx: Pbx) -> None:
    number = "13800138555"
    async with (
        SoftCarrier(pbx, FAILS) as carrier,
        SoftCarrier(pbx, Answer(talk=Media(hz=1000)), trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(f"*82{number}", Media(hz=600), **CALL)
        await call.answered()
        await call.hears(1000)
        await call.hang_up()
        assert [len(one.legs) for one in (carrier, second)] == [1, 1]
    (one,) = await ended(site, number)
    assert (one["trunk"], one["outcome"]) == ("carrier&carrier2", "answered")
    legs = site.dialpact("calls", "show", one["id"])["carrier_legs"]
    assert [leg["channel"].rpartition("-")[0] for leg in legs] == ["PJSIP/carrier", "PJSIP/carrier2"]
    assert incidents(site) == []


async def test_a_caller_id_that_one_of_two_trunks_may_not_carry(site: Site, pbx: Pbx) -> None:
    async with (
        SoftCarrier(pbx) as carrier,
        SoftCarrier(pbx, trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        call = await agent.call("*8213800138666", campaign="autumn-loans", caller_id="02788880007")
        await call.over()
        assert (carrier.legs, second.legs) == ([], [])
    (one,) = calls(site, "13800138666")
    assert (one["verdict"], one["reasons"]) == ("BLOCK", ["caller-id-unauthorised"])


@pytest.mark.parametrize(
    ("way", "number", "dialled"),
    [("*84", "13800138777", "913800138777"), ("*87", "13800138888", "*8#8613800138888")],
)
async def test_a_technical_prefix(site: Site, pbx: Pbx, way: str, number: str, dialled: str) -> None:
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=1000)), trunk="carrier2") as carrier,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", Media(hz=600), **CALL)
        await call.answered()
        await call.hears(1000)
        await call.hang_up()
        assert carrier.legs[0].number.replace("%23", "#") == dialled
    (one,) = await ended(site, number)
    assert one["outcome"] == "answered"
    assert one["number"] == f"+86{number}"
    assert incidents(site) == []


async def test_a_persons_emergency_call_has_the_prefix_too(site: Site, pbx: Pbx) -> None:
    known, told = len(site.dialpact("calls", "list")), len(incidents(site))
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=1000)), trunk="carrier2") as carrier,
        Softphone(pbx) as agent,
    ):
        call = await agent.call("110", Media(hz=600), campaign="")
        await call.answered()
        (leg,) = await carrier.called()
        await leg.hears(600, seconds=1)
        await call.hang_up()
        assert leg.number == "9110"
    assert (len(site.dialpact("calls", "list")), len(incidents(site))) == (known, told)


@pytest.mark.parametrize(
    ("way", "number", "channel"),
    [
        ("*85", "13800138999", r"Local/13800138999@to-the-world-"),
        ("*89", "02787654321", r"Local/02787654321@to-the-world-"),  # not optimised away while it is recorded
        ("*86", "13800138002", r"IAX2/far-"),
    ],
)
async def test_a_trunk_of_another_technology(
    site: Site, pbx: Pbx, way: str, number: str, channel: str
) -> None:
    before = len(site.dialpact("recordings", "list"))
    async with Softphone(pbx) as agent:
        call = await agent.call(f"{way}{number}", Media(hz=600), **CALL)
        await call.answered()
        await call.hears(1004)
        await call.hang_up()
    (one,) = await ended(site, number)
    assert one["outcome"] == "answered"
    await finished(site, before + 1)
    (kept,) = site.dialpact("recordings", "list", "--decision", one["id"])
    assert kept["state"] == "kept"
    assert kept["callee_dbfs"] > -30
    assert kept["agent_dbfs"] > -30
    (leg,) = site.dialpact("calls", "show", one["id"])["carrier_legs"]
    assert leg["channel"].startswith(channel)
    assert incidents(site) == []


@pytest.mark.parametrize("channel", ["Local/13800138003@to-the-world/n", "IAX2/far/13800138003"])
async def test_a_call_that_goes_round_the_gate_on_them(site: Site, pbx: Pbx, channel: str) -> None:
    before = len(incidents(site))
    act(pbx, "Originate", Channel=channel, Application="Milliwatt", Async="true")
    await until(lambda: len(incidents(site)) > before, 5)
    found = site.dialpact("incidents", "list", "--full")[0]
    assert found["kind"] == "no-decision"
    assert found["detail"].startswith("cut; by an Originate")
    await until(lambda: "!" not in pbx.cli("core show channels concise"), 5)


@pytest.mark.parametrize(("way", "number"), [("*81", "13800138003"), ("*88", "13800138004")])
async def test_a_carrier_that_redirects_is_told_as_what_it_is(
    site: Site, pbx: Pbx, way: str, number: str
) -> None:
    """With i the next trunk is tried; without it Dial looks for the number in the trunk's own context."""
    redirects = Answer(delay=0.2, status=302, redirect="13900139000", ring=None)
    site.dialpact("consent", "add", number, *CONSENT)
    async with (
        SoftCarrier(pbx, redirects) as carrier,
        SoftCarrier(pbx, Answer(status=486), trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        await call.over()
        assert [[leg.number for leg in one.legs] for one in (carrier, second)] == [[number], [number]]
    assert [one["outcome"] for one in await ended(site, number)] == ["redirected", "busy"]


async def test_legs_that_are_over_before_the_listener_can_ask_have_their_rows(site: Site, pbx: Pbx) -> None:
    """It stands still while a carrier redirects, the next one is busy, and both channels go."""
    number = "13800138005"
    may_be_called(site, number)
    known = incidents(site)
    async with (
        SoftCarrier(pbx, Answer(status=302, redirect="13900139000", ring=None)) as carrier,
        SoftCarrier(pbx, Answer(status=486, ring=None), trunk="carrier2") as second,
        Softphone(pbx) as agent,
    ):
        site.process("listener").send_signal(signal.SIGSTOP)
        try:
            call = await agent.call(f"*81{number}", **CALL)
            await call.over()
        finally:
            site.process("listener").send_signal(signal.SIGCONT)
        assert [[leg.number for leg in one.legs] for one in (carrier, second)] == [[number], [number]]
    found = await ended(site, number)
    assert [one["outcome"] for one in found] == ["redirected", "busy"]
    for one, trunk in zip(found, ("PJSIP/carrier-", "PJSIP/carrier2-"), strict=True):
        (leg,) = site.dialpact("calls", "show", one["id"])["carrier_legs"]
        assert leg["channel"].startswith(trunk)
    assert incidents(site) == known
