"""A carrier that sends the call on to another number (302), on a real Asterisk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.ami_listener.scene import Scene, until
from tests.lab.gated import allow
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

NUMBER, OTHER = "02712345607", "13900139000"
CALLER = {"caller_id": "02788880001"}
REDIRECTED = 23  # Q.850: redirection to new destination


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


@pytest.fixture
async def carrier(pbx: Pbx) -> AsyncIterator[SoftCarrier]:
    async with SoftCarrier(pbx, Answer(ring=None, status=None)) as answering:
        yield answering


async def redirected(scene: Scene, pbx: Pbx, carrier: SoftCarrier, dialled: str) -> None:
    """A call to ``dialled``, redirected as soon as the listener has prepared its recording."""
    async with Softphone(pbx) as agent:
        call = await agent.call(dialled, **CALLER)
        (leg,) = await carrier.called()
        await until(lambda: any(known.segments for known in scene.listener.legs.values()))
        leg.refuse(302, redirect=OTHER)
        await call.over()
        assert call.status is not None and call.status >= 400
    await scene.recorded("unanswered")
    assert [leg.number for leg in carrier.legs] == [NUMBER]


async def test_it_is_not_followed_with_i(scene: Scene, pbx: Pbx, carrier: SoftCarrier) -> None:
    await allow(scene, pbx, NUMBER)
    await redirected(scene, pbx, carrier, f"*75{NUMBER}")
    (leg,) = await scene.carrier_legs(ended=1)
    assert (leg["dial_status"], leg["interlock"]) == ("BUSY", "")
    assert leg["hangup_cause"] == REDIRECTED
    assert await scene.incidents() == []


@pytest.mark.parametrize(
    ("prefix", "followed"),
    [("", f"Local/{OTHER}@from-carrier"), ("*83", f"Local/{OTHER}@agents")],
    ids=["through the trunk's own context", "through FORWARD_CONTEXT"],
)
async def test_without_i_it_goes_where_the_trunk_leads(
    scene: Scene, pbx: Pbx, carrier: SoftCarrier, prefix: str, followed: str
) -> None:
    """In the lab's `from-carrier` nobody lives; in `agents` the gate is asked, and knows no such number."""
    await allow(scene, pbx, NUMBER)
    told = len(pbx.log())
    await redirected(scene, pbx, carrier, f"{prefix}{NUMBER}")
    log = pbx.log()[told:]
    assert f"to '{followed}'" in log
    asked = re.search(rf"Gosub\(\"{re.escape(followed)}-[^\n]*dialpact-outbound,s,1\({OTHER},", log)
    assert bool(asked) == bool(prefix)
    (leg,) = await scene.carrier_legs(ended=1)
    # Dial calls it CANCEL, in an event with a Forward: nobody cancelled.
    assert (leg["dial_status"], leg["hangup_cause"]) == ("", REDIRECTED)
    assert await scene.incidents() == []
