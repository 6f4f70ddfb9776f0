"""Whose call it is: agents behind transfers, queues and Local channels, and machines that call."""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ami_listener.scene import until
from tests.lab.bootstrap import Installation
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples, product
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

CALLER_ID = "02788880007"
CALL = {"campaign": "autumn-loans", "caller_id": CALLER_ID}
SITE = f"""
[agents](+)
exten => _*81X.,1,Goto(out,${{EXTEN:3}},1)
exten => _*82X.,1,Dial(Local/${{EXTEN:3}}@out/n,30)
exten => _*83X.,1,Set(TRANSFERERNAME=PJSIP/agent1003 and "more" (of it)-00000001)
 same => n,Goto(out,${{EXTEN:3}},1)
exten => _*85X.,1,Set(MEMBERINTERFACE=PJSIP/agent1002)
 same => n,Goto(out,${{EXTEN:3}},1)

; It does not say who calls, nor does a transferred callee's channel show the caller's number.
[out]
exten => _X.,1,Set(CALLERID(num)={CALLER_ID})
 same => n,Set(__TRANSFER_CONTEXT=out)
 same => n,Gosub(dialpact-outbound,s,1(${{EXTEN}},autumn-loans,,carrier))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,iU(dialpact-answered))
 same => n,Hangup(${{HANGUPCAUSE}})

; It forgets the gate.
[forgot]
exten => _X.,1,Dial(PJSIP/${{EXTEN}}@carrier,30)
 same => n,Hangup()
exten => _*X.,1,Dial(Local/${{EXTEN:1}}@forgot/n,30)
[agents](+)
exten => _*84X.,1,Goto(forgot,*${{EXTEN:3}},1)

[from-carrier](+)
exten => 02788889991,1,Set(__TRANSFER_CONTEXT=out)
 same => n,Answer()
 same => n,Queue(phones)
"""
MODULES = ("res_audiosocket", "chan_audiosocket", "res_rtp_multicast", "chan_rtp")


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = tmp_path_factory.mktemp("conf") / "callers.conf"
    site.write_text(SITE, "utf-8")
    options = product(DIALPACT_SOUND="beep")
    return options | {"dialplan": [*options["dialplan"], site]}


@pytest.fixture(scope="module")
def pbx(installation: Installation, lab_options: dict[str, Any]) -> Iterator[Pbx]:
    with Pbx(installation=installation, **lab_options) as running:
        for module in MODULES:
            if f"{module}.so" not in running.cli(f"module show like {module}.so"):
                assert "Loaded" in running.cli(f"module load {module}.so")
        yield running


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    with Site(pbx) as running:
        load_samples(running)
        running.start("gate")
        running.start("listener")
        running.ready()
        yield running


def decisions(site: Site) -> list[dict[str, Any]]:
    """Oldest first."""
    return list(reversed(site.dialpact("calls", "list")))


def incidents(site: Site) -> list[str]:
    return [row["kind"] for row in site.dialpact("incidents", "list")]


@pytest.fixture
def bot() -> Iterator[str]:
    """Where a voice bot waits for AudioSocket: it hears and says nothing."""
    done = threading.Event()

    def hear(server: socket.socket) -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                connection, _ = server.accept()
                with connection:
                    while connection.recv(4096):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        hearing = threading.Thread(target=hear, args=[server], daemon=True)
        hearing.start()
        host, port = server.getsockname()
        yield f"{host}:{port}"
        done.set()
        hearing.join(5)
        assert not hearing.is_alive(), "Asterisk has not hung up"


def dials(pbx: Pbx, machine: str, number: str, context: str = "out") -> None:
    """A machine's channel goes into the dialplan, as a program originates it."""
    into = {"Context": context, "Exten": number, "Priority": "1"}
    act(pbx, "Originate", Channel=machine, Async="true", CallerID=f"<{CALLER_ID}>", **into)


@pytest.mark.parametrize(
    ("dialled", "number", "agent"),
    [
        ("*8113800138000", "13800138000", "agent1001"),  # the telephone itself
        ("*8213800138333", "13800138333", "agent1001"),  # through a Local channel
        ("*8502787654321", "02787654321", "agent1002"),  # what a queue says of its member
        ("*8313800138444", "13800138444", "agent1003andmoreofit"),  # nothing breaks out of the text
    ],
)
async def test_the_agent_where_the_dialplan_does_not_say(
    site: Site, pbx: Pbx, dialled: str, number: str, agent: str
) -> None:
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier, Softphone(pbx) as phone:
        call = await phone.call(dialled, **CALL)
        await call.answered()
        await call.hears(1000)
        await call.hang_up()
        assert carrier.legs[0].number == number
    assert [decisions(site)[-1][name] for name in ("verdict", "agent")] == ["ALLOW", agent]


async def test_a_transfer_to_an_outside_number(site: Site, pbx: Pbx) -> None:
    """By REFER: the callee's channel asks, and the agent who transferred is the one who calls."""
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier, Softphone(pbx) as phone:
        call = await phone.call("*8113800138555", **CALL)
        await call.answered()
        await call.hears(1000)
        await call.refer("13800138666")
        await call.transferred()
        first, second = await carrier.called(2)
        await second.answered()
        await second.hears(1000)
        await second.hang_up()
        await first.over()
    found = decisions(site)[-1]
    assert [found[name] for name in ("verdict", "number", "agent")] == [
        "ALLOW",
        "+8613800138666",
        "agent1001",
    ]
    assert incidents(site) == []


async def test_a_transfer_from_a_queue(site: Site, pbx: Pbx) -> None:
    """A customer called in; the member who took him transfers him outside."""
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier, Softphone(pbx, "agent1002") as phone:
        customer = await carrier.call("02788889991", Media(hz=700))
        (taken,) = await phone.called()
        await taken.answered()
        await taken.hears(700)
        await taken.refer("13800138777")
        await taken.transferred()
        (leg,) = await carrier.called()
        await leg.answered()
        await leg.hears(700)
        await customer.hang_up()
    found = decisions(site)[-1]
    assert [found[name] for name in ("verdict", "number", "agent")] == [
        "ALLOW",
        "+8613800138777",
        "agent1002",
    ]


async def test_a_voice_bot_is_called_by_its_connection(site: Site, pbx: Pbx, bot: str) -> None:
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier:
        dials(pbx, f"AudioSocket/{bot}/{uuid.uuid4()}", "13800138888")
        (leg,) = await carrier.called()
        await leg.answered()
        await leg.hang_up()
    assert [decisions(site)[-1][name] for name in ("verdict", "agent")] == ["ALLOW", f"AudioSocket/{bot}"]


async def test_an_originate_of_a_local_channel_is_nobodys_yet(site: Site, pbx: Pbx) -> None:
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier:
        act(
            pbx,
            "Originate",
            Channel="Local/13800138999@out/n",
            Application="Milliwatt",
            Async="true",
            CallerID=f"<{CALLER_ID}>",
        )
        (leg,) = await carrier.called()
        await leg.answered()
        await leg.hang_up()
    assert [decisions(site)[-1][name] for name in ("verdict", "agent")] == ["ALLOW", ""]


@pytest.mark.parametrize("machine", ["AudioSocket", "UnicastRTP", "Local"])
async def test_a_machine_does_not_call_the_police(site: Site, pbx: Pbx, bot: str, machine: str) -> None:
    before = len(decisions(site))
    async with SoftCarrier(pbx) as carrier:
        channel = {
            "AudioSocket": f"AudioSocket/{bot}/{uuid.uuid4()}",
            "UnicastRTP": f"UnicastRTP/{bot}/c(ulaw)",
            "Local": "Local/110@out/n",
        }[machine]
        if machine == "Local":
            act(pbx, "Originate", Channel=channel, Application="Milliwatt", Async="true")
        else:
            dials(pbx, channel, "110")
        await until(lambda: len(decisions(site)) > before, 5)
        assert carrier.legs == []
    assert decisions(site)[-1]["reasons"][:1] == ["emergency-number"]


@pytest.mark.parametrize("machine", ["AudioSocket", "Local"])
async def test_nor_round_the_gate(site: Site, pbx: Pbx, bot: str, machine: str) -> None:
    before = len(incidents(site))
    async with SoftCarrier(pbx, Answer(status=None)) as carrier:
        if machine == "Local":
            act(pbx, "Originate", Channel="Local/110@forgot/n", Application="Milliwatt", Async="true")
        else:
            dials(pbx, f"AudioSocket/{bot}/{uuid.uuid4()}", "110", "forgot")
        (leg,) = await carrier.called()
        await leg.over()
        assert leg.ended_by == "pbx"
        await until(lambda: len(incidents(site)) > before, 5)
    found = site.dialpact("incidents", "list", "--full")[0]
    assert found["kind"] == "no-decision"
    assert found["detail"].startswith(f"cut; by {machine}/")


@pytest.mark.parametrize("way", ["*81", "*82", "*84"])
async def test_a_person_does_also_through_a_local_channel(site: Site, pbx: Pbx, way: str) -> None:
    known, told = len(decisions(site)), len(incidents(site))
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000))) as carrier, Softphone(pbx) as phone:
        call = await phone.call(f"{way}110", Media(hz=600))
        await call.answered()
        await call.hears(1000)
        await carrier.legs[0].hears(600, seconds=1)
        await call.hang_up()
    assert (len(decisions(site)), len(incidents(site))) == (known, told)
