"""Endpoints that no trunk lists, on the fake: what is asked, how often, and what is never cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listener.calls.unlisted import Elsewhere
from ami_listener.timings import USUAL, Timings, UnlistedLimits
from dialpact.compliance.hosts import Host, Target, near, target, targets
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import changed
from tests.ami_listener.scene import NUMBER, Scene, until

HOST = "198.51.100.4:5070"
# For the contacts of the trunks; and no comparison finds a leg that was not asked about.
ASKS_EACH_TIME = changed(USUAL, unlisted={"contacts": 0.0}, listener={"second_look": 3600.0})


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as ami:
        ami.globals["PJSIP_DIAL_CONTACTS(carrier)"] = f"PJSIP/carrier/sip:{HOST}"
        ami.globals["PJSIP_DIAL_CONTACTS(private)"] = f"PJSIP/private/sip:{HOST}"
        yield ami


@pytest.fixture
def timings() -> Timings:
    return USUAL


@pytest.fixture
async def scene(tmp_path: Path, ami: FakeAmi, timings: Timings) -> AsyncIterator[Scene]:
    (tmp_path / "recordings").mkdir()
    async with Scene(tmp_path / "home", ami.port, tmp_path / "recordings", timings=timings) as scene:
        await scene.ready()
        yield scene


def dial(ami: FakeAmi, endpoint: str, contact: str = HOST, number: str = NUMBER, text: str = "") -> Channel:
    leg = ami.dial(number, endpoint=endpoint, dial_string=text, quiet=True)
    leg.contact = contact
    leg.dial_begin()
    return leg


def busy() -> bool:
    """Whether a leg of an endpoint that no trunk lists is looked at just now."""
    return any(task.get_name() == "unlisted endpoint" for task in asyncio.all_tasks())


async def gone(ami: FakeAmi, leg: Channel) -> None:
    await until(lambda: leg.name not in ami.channels)


async def asked(ami: FakeAmi, leg: Channel, times: int = 1) -> None:
    await until(lambda: ami.count("Getvar", Channel=leg.name, Variable="CHANNEL(pjsip,target_uri)") >= times)


async def test_a_leg_to_a_trunks_contact_is_cut(scene: Scene, ami: FakeAmi) -> None:
    leg = dial(ami, "private")
    await gone(ami, leg)
    detail = (await scene.incident("unlisted-endpoint"))["detail"]
    assert detail.startswith("cut; by PJSIP/agent1001-")
    assert detail.endswith(f"endpoint=private trunk=carrier dialled {NUMBER}")


@pytest.mark.parametrize("timings", [ASKS_EACH_TIME], ids=["timed"])
async def test_another_host_is_asked_about_once_a_minute(scene: Scene, ami: FakeAmi) -> None:
    first = dial(ami, "phone", "203.0.113.9")
    await asked(ami, first)
    await until(lambda: ami.count("Getvar", Variable="PJSIP_ENDPOINT(phone,outbound_proxy)") == 1)
    await until(lambda: not busy())
    # carrier2 was not known then, so nothing could be told of the endpoint.
    ami.globals["PJSIP_DIAL_CONTACTS(carrier2)"] = "PJSIP/carrier2/sip:198.51.100.5"
    second = dial(ami, "phone", "203.0.113.9")
    await asked(ami, second)
    await until(lambda: ("phone", "") in scene.listener.unlisted.elsewhere)
    third = dial(ami, "phone", "203.0.113.9")
    fourth = dial(
        ami, "phone", "203.0.113.9", text="phone/sip:138@203.0.113.10"
    )  # another host is another way
    await asked(ami, fourth)
    assert ami.count("Getvar", Channel=third.name) == 0
    assert await scene.incidents() == []


def test_what_is_remembered_has_a_bound() -> None:
    elsewhere, ways = Elsewhere(UnlistedLimits(most=3)), [(f"phone{number}", "") for number in range(9)]
    for way in ways:
        elsewhere.add(way)
    assert [way for way in ways if way in elsewhere] == ways[6:]


async def test_a_trunk_whose_contacts_nobody_tells_is_learned_from_its_leg(
    scene: Scene, ami: FakeAmi
) -> None:
    ami.globals.clear()
    unknown = dial(ami, "private")
    await asked(ami, unknown)
    await until(lambda: ami.count("Getvar", Variable="PJSIP_ENDPOINT(private,outbound_proxy)") == 1)
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision, quiet=True)
    leg.contact = HOST
    leg.dial_begin()
    await asked(ami, leg)
    await until(lambda: not busy())
    await gone(ami, dial(ami, "private"))
    assert unknown.name in ami.channels
    await scene.incident("unlisted-endpoint")


async def test_a_telephones_own_contact_is_never_cut(scene: Scene, ami: FakeAmi) -> None:
    number = "02788881234"
    ami.globals["PJSIP_DIAL_CONTACTS(desk)"] = f"PJSIP/desk/sip:{number}@{HOST}"
    legs = [dial(ami, "desk", number=number, text=text) for text in ("desk", f"{number}@desk")]
    detail = (await scene.incident("unlisted-endpoint"))["detail"]
    assert detail.startswith("let be; ")
    for leg in legs:
        await asked(ami, leg)
    await until(lambda: not busy())
    assert all(leg.name in ami.channels for leg in legs)
    assert len((await scene.store.incidents.list()).rows) == 1


async def test_an_emergency_call_is_let_be(scene: Scene, ami: FakeAmi) -> None:
    leg = dial(ami, "private", number="110")
    await asked(ami, leg)
    await until(lambda: not busy())
    assert leg.name in ami.channels
    assert await scene.incidents() == []


async def test_a_call_that_comes_in_is_not_cut_for_a_forged_dialling(scene: Scene, ami: FakeAmi) -> None:
    incoming = ami.call_in(NUMBER, endpoint="private")
    incoming.contact = HOST
    incoming.dial_string = f"{NUMBER}@private"
    incoming.dial_begin()
    await scene.incident("forged-event")
    assert incoming.name in ami.channels


async def test_an_asterisk_that_does_not_answer_leaves_nothing_hanging(scene: Scene, ami: FakeAmi) -> None:
    dial(ami, "private")
    ami.drop()
    await until(lambda: not busy())


# Hosts


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("sip:138@10.0.0.1", Target("138", Host("10.0.0.1", 5060))),
        ("<sip:138@10.0.0.1:5070;transport=udp>", Target("138", Host("10.0.0.1", 5070))),
        ("sips:138@SBC.example", Target("138", Host("sbc.example", 5061))),
        ("sip:10.0.0.1;transport=TLS", Target("", Host("10.0.0.1", 5061))),
        (r"sip:10.0.0.1:5070\;lr", Target("", Host("10.0.0.1", 5070))),
        ("PJSIP/138@carrier/sip:[2001:db8::1]:5070", Target("", Host("[2001:db8::1]", 5070))),
        ("sip:a@b@10.0.0.1", Target("a@b", Host("10.0.0.1", 5060))),
        ("tel:138", None),
        ("", None),
    ],
)
def test_a_uri(uri: str, found: Target | None) -> None:
    assert target(uri) == found


def test_contacts() -> None:
    said = "PJSIP/two/sip:a&b@10.0.0.1&PJSIP/two/sip:10.0.0.2:5070"
    assert targets(said) == {
        Target("a&b", Host("10.0.0.1", 5060)),
        Target("", Host("10.0.0.2", 5070)),
    }
    assert targets("") == frozenset()


def test_the_same_machine_has_many_ports() -> None:
    assert near(Host("a", 1), {Host("a", 2)})
    assert not near(Host("a", 1), {Host("b", 1)})
