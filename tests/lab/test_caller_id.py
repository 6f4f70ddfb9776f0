"""The number that the carrier sees is the one that was authorised: real From headers on the wire.

Each way of setting a caller ID behind the gate's back is a pattern of the phones' context. The gate was told
02788880001, the phones' own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from dialpact.compliance.config import Trunk
from dialpact.compliance.model import CallerId, Facts
from tests.ami_listener.scene import Scene, until
from tests.lab.bootstrap import Installation
from tests.lab.carrier import Carrier, Invite
from tests.lab.gated import ALL, forget, options
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.test_leg_check import cut_after

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

OURS, OTHER, ABROAD = "02788880001", "02799990001", "+862788880001"
ANSWERS = "02712345699"
AT_ONCE = "02712345606"
PJSIP = f"""
[fixed](trunk)
aors = carrier
from_user = {OTHER}
[account](trunk)
aors = carrier
from_user = line77
send_pai = yes
[whole](trunk)
aors = carrier
from_user = {ABROAD}
[own](trunk)
aors = carrier
from_user = {OURS}
"""
# Dialled before the number: what the dialplan does between the Gosub and the Dial, the trunk, Dial's options.
WAYS = {
    "*10": ("NoOp()", "carrier", ""),
    "*11": ("NoOp()", "fixed", ""),
    "*12": (f"Set(CALLERID(num)={OTHER})", "carrier", ""),
    "*13": ("Set(CALLERID(pres)=prohib)", "carrier", ""),
    "*14": ("NoOp()", "carrier", f"f({OTHER})"),
    "*15": ("NoOp()", "carrier", "b(connected^s^1)"),
    "*16": ("Set(CALLERID(pres)=prohib)", "fixed", ""),
    "*17": ("Set(CALLERID(num)=)", "carrier", ""),
    "*18": ("NoOp()", "carrier", f"f({OURS})u(prohib)"),
    "*19": ("NoOp()", "account", ""),
    "*20": (f"Set(CALLERID(num)={OTHER})", "account", ""),
    "*21": (f"Set(CALLERID(num)={ABROAD})", "carrier", ""),
    "*22": ("NoOp()", "whole", ""),
    "*23": ("Set(CALLERID(pres)=prohib)", "own", ""),
    "*24": ("Set(CALLERID(name)=wuhan loans)", "carrier", ""),
}
DIALPLAN = "[agents](+)\n" + "".join(
    f"exten => _{way}X.,1,Gosub(dialpact-outbound,s,1(${{EXTEN:3}},c,a,{trunk}))\n"
    f" same => n,{before}\n"
    f" same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@{trunk},30,{options}U(dialpact-answered))\n"
    f" same => n,Hangup()\n"
    for way, (before, trunk, options) in WAYS.items()
)
CONNECTED = f"""
exten => 110,1,Set(CALLERID(num)={OTHER})
 same => n,Dial(PJSIP/110@fixed,30)
[connected]
exten => s,1,Set(CONNECTEDLINE(num)={OTHER})
 same => n,Return()
"""


def trunks(caller_id: Literal["cut", "report"] = "cut") -> dict[str, Trunk]:
    names = ("carrier", "fixed", "account", "whole", "own")
    return {name: Trunk(endpoint=name, caller_id=caller_id) for name in names}


@pytest.fixture(scope="module")
def pbx(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    folder = tmp_path_factory.mktemp("conf")
    given = options(folder)
    file = folder / "dialplan.conf"
    product = file.read_text("utf-8")
    file.write_text(product[: product.index("[agents](+)")] + DIALPLAN + CONNECTED, "utf-8")
    with Pbx(installation=installation, pjsip=PJSIP, **given) as running:
        yield running


@pytest.fixture(scope="module")
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    with Carrier(pbx, rules=ALL) as answering:
        yield answering


@pytest.fixture
async def scene(pbx: Pbx, carrier: Carrier, tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings, trunks=trunks()) as scene:
        await scene.ready()
        yield scene
    forget(pbx)
    pbx.cli("channel request hangup all")


def registered(*sent_as: str) -> Facts:
    return Facts(
        caller_id=CallerId(
            number=OURS,
            business="b",
            licence="1",
            carrier="c",
            authenticated=True,
            trunks=("*",),
            purposes=("*",),
            valid_from=date(2026, 1, 1),
            valid_to=None,
            sent_as=sent_as,
        )
    )


async def call(
    scene: Scene, pbx: Pbx, carrier: Carrier, way: str, number: str = ANSWERS, *sent_as: str
) -> tuple[bool, Invite]:
    """Whether the phone was answered, and the INVITE that the carrier got."""
    before = len(carrier.invites())
    decision = await scene.allow(number, trunk=WAYS[way][1], facts=registered(*sent_as))
    pbx.cli(f"database put decision {number} {decision}")
    result = await Phone(pbx).call(way + number, caller_id=OURS)
    (invite,) = carrier.invites()[before:]
    return result.answered, invite


async def row(scene: Scene) -> dict[str, Any]:
    (leg,) = await scene.carrier_legs(ended=1)
    return leg


async def is_cut(scene: Scene, carrier: Carrier, invite: Invite, kind: str, sent: str) -> None:
    await until(lambda: cut_after(carrier, invite) is not None, 3)
    statuses = [
        message.status
        for message in carrier.messages()
        if message.header("Call-ID") == invite.call_id and message.method == "INVITE" and message.status
    ]
    assert 200 not in statuses, "it was answered"
    incident = await scene.incident(kind)
    assert incident["detail"].startswith("cut; by PJSIP/agent1001-")
    assert incident["detail"].endswith(f"authorised and sent {OURS} {sent}")
    leg = await row(scene)
    assert (leg["sent_from"], leg["answered_at"]) == (sent, None)
    assert await scene.recordings() == []


async def test_the_authorised_number_passes_and_is_kept(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    answered, invite = await call(scene, pbx, carrier, "*10")
    assert answered
    assert invite.from_user == OURS
    await scene.recorded("kept")
    assert (await row(scene))["sent_from"] == OURS
    assert await scene.incidents() == []


@pytest.mark.parametrize("way", ["*11", "*12", "*14", "*15"])
async def test_another_number_is_cut_before_the_answer(
    scene: Scene, pbx: Pbx, carrier: Carrier, way: str
) -> None:
    answered, invite = await call(scene, pbx, carrier, way)
    assert not answered
    assert invite.from_user == OTHER, "the lab shows nothing"
    await is_cut(scene, carrier, invite, "caller-id-altered", OTHER)


@pytest.mark.parametrize("way", ["*13", "*16", "*17", "*18", "*23"])
async def test_a_hidden_number_is_cut_before_the_answer(
    scene: Scene, pbx: Pbx, carrier: Carrier, way: str
) -> None:
    answered, invite = await call(scene, pbx, carrier, way)
    assert not answered
    sent = {"*16": OTHER, "*23": OURS}.get(way, "anonymous")
    assert invite.from_user == ("" if way == "*17" else sent)
    assert way == "*17" or "anonymous.invalid" in invite.from_header
    await is_cut(scene, carrier, invite, "caller-id-hidden", sent)


async def test_who_answers_at_once_hears_nothing_of_a_call_by_another_number(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    _, invite = await call(scene, pbx, carrier, "*12", AT_ONCE)
    await until(lambda: cut_after(carrier, invite) is not None, 3)
    assert (cut_after(carrier, invite) or 9) < 0.5
    assert carrier.heard(invite).seconds < 0.5
    await scene.incident("caller-id-altered")
    assert await scene.recordings() == []


@pytest.mark.parametrize("way", ["*21", "*22"])
async def test_a_form_that_nobody_registered_is_another_number(
    scene: Scene, pbx: Pbx, carrier: Carrier, way: str
) -> None:
    answered, invite = await call(scene, pbx, carrier, way)
    assert not answered
    assert invite.from_user == ABROAD
    await is_cut(scene, carrier, invite, "caller-id-altered", ABROAD)


@pytest.mark.parametrize("way", ["*21", "*22"])
async def test_the_form_that_is_registered_passes(scene: Scene, pbx: Pbx, carrier: Carrier, way: str) -> None:
    answered, invite = await call(scene, pbx, carrier, way, ANSWERS, "008627888880001", ABROAD)
    assert answered
    assert invite.from_user == ABROAD
    await scene.recorded("kept")
    assert (await row(scene))["sent_from"] == ABROAD
    assert await scene.incidents() == []


async def test_where_another_form_has_to_leave_the_registered_one_may_not(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    answered, invite = await call(scene, pbx, carrier, "*10", ANSWERS, ABROAD)
    assert not answered
    await is_cut(scene, carrier, invite, "caller-id-altered", OURS)


async def test_an_account_in_from_leaves_the_number_to_the_asserted_identity(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    answered, invite = await call(scene, pbx, carrier, "*19", ANSWERS, "line77")
    assert answered
    assert invite.from_user == "line77"
    assert f"P-Asserted-Identity: <sip:{OURS}@" in invite.text
    await scene.recorded("kept")
    assert await scene.incidents() == []


async def test_another_asserted_identity_is_cut_though_from_is_right(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    answered, invite = await call(scene, pbx, carrier, "*20", ANSWERS, "line77")
    assert not answered
    assert f"P-Asserted-Identity: <sip:{OTHER}@" in invite.text
    await is_cut(scene, carrier, invite, "caller-id-altered", "line77")


async def test_a_name_beside_the_authorised_number(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    answered, invite = await call(scene, pbx, carrier, "*24")
    assert answered
    assert "wuhan loans" in invite.from_header
    await scene.recorded("kept")
    assert await scene.incidents() == []


@pytest.mark.parametrize("how", ["report", "shadow"])
async def test_where_it_is_only_told_the_call_goes_on_and_is_recorded(
    scene: Scene, pbx: Pbx, carrier: Carrier, tmp_path: Path, how: str
) -> None:
    await scene.stop()
    given: dict[str, Any] = {"mode": "shadow"} if how == "shadow" else {"trunks": trunks("report")}
    given = {"trunks": trunks()} | given
    async with Scene(tmp_path / "other", pbx.ports.ami, pbx.recordings, **given) as lenient:
        await lenient.ready()
        answered, _ = await call(lenient, pbx, carrier, "*12")
        assert answered
        detail = (await lenient.incident("caller-id-altered"))["detail"]
        assert detail.startswith("let be; by PJSIP/agent1001-")
        await lenient.recorded("kept")
        assert (await row(lenient))["sent_from"] == OTHER


async def test_an_emergency_call_is_nobodys_caller_id(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    result = await Phone(pbx).call("110", caller_id=OURS)
    assert result.answered
    assert carrier.invites()[-1].from_user == OTHER
    await until(lambda: not scene.listener.legs)
    assert await scene.incidents() == []
