"""A PBX's own dialplan (pbx_fragments/) with its adapter's changes, in one Asterisk beside the product."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.pbx.adapter import Adapter, Found, Wishes
from dialpact.application.pbx.host import Host, Ran, Run
from dialpact.application.pbx.install import apply, look
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.prove import prove
from dialpact.compliance import config as configuration
from dialpact.store.sqlite import Store
from tests.ami_listener.scene import until
from tests.lab.bootstrap import Installation
from tests.lab.clock import FileClock
from tests.lab.leg import Leg
from tests.lab.pbx import Pbx
from tests.lab.recipes import AGENT, CALLER_ID, CUSTOMER, NUMBERS, Lab, heard, site_of, talked
from tests.lab.site import SECRET
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

FRAGMENTS = Path(__file__).with_name("pbx_fragments")
CALL = {"campaign": "", "caller_id": CALLER_ID}
FAILS = Answer(ring=None, delay=0.1, status=503)
WITHOUT_CONSENT = "13912345678"
TRUNKS = {"PJSIP/carrier": "carrier", "PJSIP/carrier2": "carrier2"}


def host_of(pbx: Pbx) -> Host:
    """The lab's folder as a machine whose Asterisk has its configuration in /etc."""
    home = pbx.home.resolve()  # it is a link
    return Host(home, home / "etc")


def wishes_for(pbx: Pbx) -> Wishes:
    gate = f"127.0.0.1:{pbx.ports.gate}"
    return Wishes(campaign="autumn-loans", trunks=TRUNKS, gate=gate, ami_secret=SECRET)


@contextlib.contextmanager
def lab_with(
    installation: Installation,
    folder: Path,
    adapter: Adapter,
    found: Found,
    prepare: Callable[[Pbx, str], str] = lambda _, text: text,
    host_of: Callable[[Pbx], Host] = host_of,
) -> Iterator[Lab]:
    """``prepare``: the fragment's text as this lab loads it."""
    fragment = folder / f"{found.name}.conf"
    fragment.write_text((FRAGMENTS / found.name / "extensions.conf").read_text("utf-8"), "utf-8")
    pbx = Pbx(installation=installation, dialplan=[fragment], variables={"DIALPACT_SOUND": "beep"})
    etc = pbx.home / "etc"
    (copy,) = etc.glob(f"*-{fragment.name}")
    copy.write_text(prepare(pbx, copy.read_text("utf-8")), "utf-8")
    host, backup = host_of(pbx), Backup(folder / "pbx-backup")
    apply(host, look(host, adapter, found, wishes_for(pbx), backup), backup)
    with pbx:
        wrong = [
            line for line in pbx.log().splitlines() if re.search(r"(ERROR|WARNING).* (pbx_)?config\.c", line)
        ]
        assert wrong == [], wrong
        with site_of(pbx) as running:
            yield Lab(pbx, running, {}, iter(NUMBERS))


# What every PBX has to stand. ``way``: what an agent dials before the number.


async def refused(lab: Lab, way: str) -> list[str]:
    """A call that may not be made: no INVITE. Returns the reasons."""
    async with SoftCarrier(lab.pbx) as carrier, Softphone(lab.pbx) as agent:
        call = await agent.call(f"{way}{WITHOUT_CONSENT}", **CALL)
        await call.over(15)
        assert call.status is not None and call.status >= 400
        assert carrier.legs == []
    told = lab.calls(WITHOUT_CONSENT)[-1]
    assert (told["verdict"], told["trunk"], told["campaign"]) == ("BLOCK", "carrier", "autumn-loans")
    return list(told["reasons"])


async def a_campaign_with_commas(lab: Lab, way: str, **options: str) -> None:
    """Whoever originates a call may choose it; the gate is asked about the trunk that is dialled."""
    lab.pbx.cli("dialplan set global DIALPACT_CAMPAIGN autumn-loans,agent1001,carrier2")
    try:
        async with SoftCarrier(lab.pbx) as carrier, Softphone(lab.pbx) as agent:
            call = await agent.call(f"{way}{WITHOUT_CONSENT}", **(options or CALL))
            await call.over(15)
            assert carrier.legs == []
    finally:
        lab.pbx.cli("dialplan set global DIALPACT_CAMPAIGN autumn-loans")
    told = lab.calls(WITHOUT_CONSENT)[-1]
    assert told["trunk"] == "carrier"
    assert "unknown-campaign" in told["reasons"]


async def allowed(lab: Lab, way: str, agent_name: str) -> None:
    """The canonical number goes out, both hear each other, and both are on the recording."""
    number = next(lab.numbers)
    async with (
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(lab.pbx, answer=Answer(talk=Media(hz=AGENT))) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert leg.number == number
    (row,) = await lab.kept(number, agent_name)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    (told,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", row["decision"])
    assert told["interlock"] == "through"
    (one,) = lab.calls(number)
    assert (one["campaign"], one["trunk"], one["caller_id"]) == ("autumn-loans", "carrier", CALLER_ID)


async def canonical(lab: Lab, way: str, number: str) -> str:
    """What the carrier is sent for a number that is written in another way."""
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier, Softphone(lab.pbx) as agent:
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        await call.hang_up()
        return leg.number


async def not_bridged(lab: Lab, way: str) -> None:
    """The listener hangs when the callee answers: nobody records, nobody is connected."""
    number = next(lab.numbers)
    listener = lab.site.process("listener")
    slowly = Answer(ring=1.0, talk=Media(hz=CUSTOMER))
    async with SoftCarrier(lab.pbx, slowly) as carrier, Softphone(lab.pbx) as agent:
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        listener.send_signal(signal.SIGSTOP)
        try:
            await leg.answered()
            await leg.over(15)
            await call.over(15)
        finally:
            listener.send_signal(signal.SIGCONT)
        assert call.status is not None and call.status >= 400
        assert leg.sound().strength(AGENT) < 0.1
    assert "not bridged" in lab.pbx.log()
    await asyncio.to_thread(lab.site.ready)


async def fails_over(lab: Lab, way: str, agent_name: str) -> None:
    """Two trunks are tried: one attempt at the callee, and the second one's call is as good as any."""
    number = next(lab.numbers)
    async with (
        SoftCarrier(lab.pbx, FAILS) as first,
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
        Softphone(lab.pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await second.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert [[leg.number for leg in one.legs] for one in (first, second)] == [[number], [number]]
        await lab.decided(number, 2)
        one, then = lab.calls(number)
        assert (one["trunk"], then["trunk"]) == ("carrier", "carrier2")
        assert then["continues"] == one["id"]
        (row,) = await lab.kept_of(then["id"])
        # The cap of the day has counted one, and counts it.
        await (await agent.call(f"{way}{number}", **CALL)).over(15)
        assert [len(one.legs) for one in (first, second)] == [1, 1]
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    assert lab.calls(number)[-1]["reasons"] == ["too-many-attempts"]
    assert agent_name in {told["agent"] for told in (one, then)}


async def transferred_outside(lab: Lab, way: str) -> None:
    """A blind transfer to whom nobody may call: the PBX's own way out asks again."""
    number = next(lab.numbers)
    async with (
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(lab.pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.refer(WITHOUT_CONSENT)
        await call.transferred()
        await call.hang_up()
        await leg.over(15)
        assert [leg.number for leg in carrier.legs] == [number]
    told = lab.calls(WITHOUT_CONSENT)[-1]
    assert told["verdict"] == "BLOCK"
    assert "no-consent" in told["reasons"]


async def emergency(lab: Lab, way: str) -> None:
    before = len(lab.site.dialpact("calls", "list"))
    async with (
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(lab.pbx) as agent,
    ):
        call = await agent.call(f"{way}110", **CALL)
        await call.hears(CUSTOMER)
        assert carrier.legs[0].number == "110"
        await call.hang_up()
    assert len(lab.site.dialpact("calls", "list")) == before


async def opts_out(lab: Lab, leg: Leg, number: str) -> None:
    """The callee presses his key in an answered call: it is stored, and his next call is refused."""
    await leg.press("*9")
    asked = "SELECT how FROM opt_out WHERE number = ?"
    await until(lambda: lab.rows(asked, str(int(f"86{number}"))), 10)
    assert [row["how"] for row in lab.rows(asked, str(int(f"86{number}")))] == ["callee-key"]


async def opted_out(lab: Lab, way: str) -> None:
    number = next(lab.numbers)
    async with (
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(lab.pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await opts_out(lab, leg, number)
        await call.hang_up()
        await (await agent.call(f"{way}{number}", **CALL)).over(15)
        assert len(carrier.legs) == 1
    assert "do-not-call" in lab.calls(number)[-1]["reasons"]


async def without_the_hook(lab: Lab, way: str) -> None:
    """The PBX goes on without a word; the listener cuts what nobody has allowed."""
    number = next(lab.numbers)
    known = len(lab.incidents())
    async with (
        SoftCarrier(lab.pbx, Answer(ring=3.0, talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(lab.pbx) as agent,
    ):
        call = await agent.call(f"{way}{number}", **CALL)
        (leg,) = await carrier.called()
        await leg.over(10)
        assert leg.ended_by == "pbx"
        assert leg.status != 200
        await call.hang_up()
        await until(lambda: len(lab.incidents()) > known, 10)


async def unasked(lab: Lab, way: str) -> None:
    """The PBX is about to dial what nobody was asked about: it is not dialled."""
    async with SoftCarrier(lab.pbx) as carrier, Softphone(lab.pbx) as agent:
        call = await agent.call(f"{way}{next(lab.numbers)}", **CALL)
        await call.over(15)
        assert call.status is not None and call.status >= 400
        assert carrier.legs == []


async def proven(
    lab: Lab, adapter: Adapter, found: Found, wishes: Wishes, run: Run | None = None
) -> dict[str, str]:
    """What the installation's own proof says of each route. ``run``: programs other than Asterisk."""
    lab.pbx.cli("module load res_clioriginate.so")  # as every Asterisk that loads what there is

    def asked(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        if words[0] != "asterisk" and run is not None:
            return run(words, given, env)
        done = subprocess.run(
            lab.pbx.installation.command(*words), capture_output=True, text=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    host = Host(lab.pbx.home, lab.pbx.home / "etc", asked)
    async with await Store.open(lab.site.database) as store:
        context = Context(store, Actor(name="chen", door=Door.SHELL), FileClock(lab.site.clock))
        told = await prove(host, adapter, found, wishes, configuration.load(lab.site.config), context)
    assert told.missing == (), told.missing
    return {one.route.name: f"{one.result} {one.why}".strip() for one in told.routes}
