"""Without features_dialpact.conf no dialplan hears a key: the listener alone does, in every state."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.customers import customers, heard, said_no_more
from tests.lab.pbx import Pbx
from tests.lab.site import Site, product

pytestmark = [pytest.mark.lab, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product() | {"features": []}


@pytest.mark.parametrize("who", ["customer", "agent"])
@pytest.mark.parametrize("state", ["talk", "hold"])
async def test_listener_alone(site: Site, pbx: Pbx, who: str, state: str) -> None:
    async with customers(site, pbx) as scene, scene.talking() as (number, leg, call):
        if state == "hold":
            await (call if who == "customer" else leg).hold()
        side = leg if who == "customer" else call
        await side.press("*9")
        await heard(side, "D")
        (row,) = await said_no_more(site, number)
        by = {"customer": ("callee-key", f"+86{number}"), "agent": ("agent-key", "agent1001")}[who]
    assert (row["how"], row["by"]) == by
