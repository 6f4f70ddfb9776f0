"""An endpoint to a trunk's carrier that no trunk lists: its calls are nobody's private line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.config import Trunk
from tests.ami_listener.scene import Scene, until
from tests.lab.bootstrap import Installation
from tests.lab.carrier import Carrier
from tests.lab.gated import ALL, allow, forget, options
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.test_leg_check import cut

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

RINGS, TALKS = "02712345602", "02712345699"
CALLER = {"caller_id": "02788880001"}
# carrier-private has the carrier's own contact; other-port a port of his where nobody answers; through has
# him as outbound proxy. sbc is a telephone that is reached through the carrier's host and port, as behind an
# SBC; direct is one whose contact has a number as long as a subscriber's.
PJSIP = """
[carrier-private](trunk)
aors = carrier-private
[carrier-private]
type = aor
contact = sip:127.0.4.1:@carrier_port@

[other-port](trunk)
aors = other-port
[other-port]
type = aor
contact = sip:127.0.4.1:9

[through](trunk)
aors = through
outbound_proxy = sip:127.0.4.1:@carrier_port@\\;lr
[through]
type = aor
contact = sip:198.51.100.7

[sbc](phone)
aors = sbc
[sbc]
type = aor
contact = sip:1001-x7@127.0.4.1:@carrier_port@

[direct](phone)
aors = direct
[direct]
type = aor
contact = sip:02788881234@127.0.4.1:@carrier_port@

[desk2](phone)
aors = desk2
[desk2]
type = aor
contact = sip:1002@127.0.4.2:@carrier2_port@
"""
SITE = """
[agents](+)
exten => _*60X.,1,Dial(PJSIP/${EXTEN:3}@carrier-private,30)
exten => _*61X.,1,Gosub(dialpact-outbound,s,1(${EXTEN:3},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier-private,30,U(dialpact-answered))
exten => _*62X.,1,Dial(PJSIP/carrier2/sip:${EXTEN:3}@127.0.4.1:${CARRIER},30)
exten => _*63X.,1,Dial(PJSIP/${EXTEN:3}@other-port,3)
exten => _*64X.,1,Dial(PJSIP/${EXTEN:3}@through,30)
exten => *65,1,Dial(PJSIP/sbc,30)
exten => *66,1,Dial(PJSIP/direct,30)
exten => *67,1,Dial(PJSIP/1009@sbc,30)
exten => *68,1,Dial(PJSIP/desk2,1)
exten => 110,1,Dial(PJSIP/110@carrier-private,30)
exten => 61110,1,Set(__DIALPACT_EMERGENCY=1)
 same => n,Dial(PJSIP/61110@carrier-private,30)
"""


@pytest.fixture(scope="module")
def pbx(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    folder = tmp_path_factory.mktemp("conf")
    given = options(folder)
    file = folder / "dialplan.conf"
    product = file.read_text("utf-8")
    file.write_text(product[: product.index("[agents](+)")] + SITE, "utf-8")
    with Pbx(installation=installation, pjsip=PJSIP, **given) as running:
        running.cli(f"dialplan set global CARRIER {running.ports.carrier}")
        yield running


@pytest.fixture(scope="module")
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    with Carrier(pbx, rules=ALL) as answering:
        yield answering


def only(bypass: Any = "cut") -> dict[str, Trunk]:
    return {"carrier": Trunk(endpoint="carrier", bypass=bypass)}


@pytest.fixture
async def scene(pbx: Pbx, carrier: Carrier, tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings, trunks=only()) as scene:
        await scene.ready()
        yield scene
    forget(pbx)
    pbx.cli("channel request hangup all")


async def details(scene: Scene) -> list[str]:
    return [one.detail for one in (await scene.store.incidents.list()).rows]


@pytest.mark.parametrize("way", ["*60", "*62", "*64"])
async def test_its_calls_are_cut(scene: Scene, pbx: Pbx, carrier: Carrier, way: str) -> None:
    before = len(carrier.invites())
    assert not (await Phone(pbx).call(way + RINGS, **CALLER)).answered
    await cut(carrier, before, RINGS)
    detail = (await scene.incident("unlisted-endpoint"))["detail"]
    endpoint = {"*60": "carrier-private", "*62": "carrier2", "*64": "through"}[way]
    assert detail.startswith("cut; by PJSIP/agent1001-")
    assert detail.endswith(f"endpoint={endpoint} trunk=carrier dialled {RINGS}")


async def test_a_decision_for_the_trunk_is_none_for_it(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await allow(scene, pbx, RINGS)
    before = len(carrier.invites())
    assert not (await Phone(pbx).call(f"*61{RINGS}", **CALLER)).answered
    await cut(carrier, before, RINGS)
    await scene.incident("unlisted-endpoint")


async def test_an_originate_on_it(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    before = len(carrier.invites())
    channel = {"Channel": f"PJSIP/{RINGS}@carrier-private", "Application": "Milliwatt", "Async": "true"}
    act(pbx, "Originate", **channel)
    await cut(carrier, before, RINGS)
    assert "by an Originate" in (await scene.incident("unlisted-endpoint"))["detail"]


async def test_every_call_is_told(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    for _ in range(2):
        await Phone(pbx).call(f"*60{RINGS}", **CALLER)

    async def both() -> bool:
        return await scene.incidents() == ["unlisted-endpoint"] * 2

    await until(both, 5)


async def test_another_port_of_the_carriers_host_is_told(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await Phone(pbx).call(f"*63{RINGS}", **CALLER)
    detail = (await scene.incident("unlisted-endpoint"))["detail"]
    assert detail.startswith("let be; ")
    assert "endpoint=other-port trunk=carrier" in detail


@pytest.mark.parametrize("how", ["report", "shadow"])
async def test_where_it_is_only_told(
    scene: Scene, pbx: Pbx, carrier: Carrier, tmp_path: Path, how: str
) -> None:
    await scene.stop()
    given: dict[str, Any] = {"trunks": only("report")} if how == "report" else {"mode": "shadow"}
    given = {"trunks": only()} | given
    async with Scene(tmp_path / "other", pbx.ports.ami, pbx.recordings, **given) as lenient:
        await lenient.ready()
        assert (await Phone(pbx).call(f"*60{TALKS}", **CALLER)).answered
        assert (await lenient.incident("unlisted-endpoint"))["detail"].startswith("let be; ")


async def test_one_that_began_while_nobody_listened(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    await scene.kill()
    before = len(carrier.invites())
    async with Phone(pbx).calling(f"*60{RINGS}", **CALLER) as call:
        await call.provisional(180)
        await scene.start()
        await call.ended(10)
    assert [invite.number for invite in carrier.invites()[before:]] == [RINGS]
    detail = (await scene.incident("unlisted-endpoint"))["detail"]
    assert detail.startswith("cut; dialled while nobody listened")


# What is never touched


async def test_a_telephone_behind_the_carriers_host(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    for _ in range(2):
        assert (await Phone(pbx).call("*65", **CALLER)).answered
    assert carrier.invites()[-1].number == "1001-x7"
    assert await scene.incidents() == []


async def test_one_whose_contact_is_a_long_number_is_told_once(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    for _ in range(2):
        assert (await Phone(pbx).call("*66", **CALLER)).answered
    assert carrier.invites()[-1].number == "02788881234"
    await scene.incident("unlisted-endpoint")
    assert [detail.split(";")[0] for detail in await details(scene)] == ["let be"]


async def test_an_extension_that_is_chosen_behind_it_is_told_once(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    for _ in range(2):
        assert (await Phone(pbx).call("*67", **CALLER)).answered
    assert carrier.invites()[-1].number == "1009"
    await scene.incident("unlisted-endpoint")
    assert [detail.split(";")[0] for detail in await details(scene)] == ["let be"]


async def test_a_telephone_elsewhere_is_asked_about_once(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    for _ in range(3):
        await Phone(pbx).call("*68", **CALLER)
    assert await scene.incidents() == []


@pytest.mark.parametrize("number", ["110", "61110"])
async def test_an_emergency_call_on_it(scene: Scene, pbx: Pbx, carrier: Carrier, number: str) -> None:
    result = await Phone(pbx).call(number, talk_seconds=1.5, **CALLER)
    assert result.answered
    assert result.talk_seconds == pytest.approx(1.5, abs=0.4)
    assert await scene.incidents() == []
