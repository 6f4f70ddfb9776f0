"""New rules for the daemons of a real Asterisk while somebody is talking."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance import profile
from tests.lab.carrier import Carrier
from tests.lab.demo import finished
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, product
from tests.patience import WAIT

pytestmark = pytest.mark.lab

CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}
SHIPPED = (Path(profile.__file__).parent / "profiles" / "cn-hubei-2018.toml").read_text("utf-8")
AFTERNOONS = SHIPPED.replace('version = "1"', 'version = "2"').replace('"08:00-12:00", ', "")


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


async def said(site: Site, role: str, event: str, count: int) -> None:
    await _until(lambda: site.log(role).count(event) >= count)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.05)


async def test_a_call_that_is_up_hears_nothing_of_two_reloads(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    rules = site.folder / "rules.toml"
    async with phone.calling("13800138000", hangup_by="test", **CALL) as call:
        await call.answered()
        rules.write_text(AFTERNOONS, "utf-8")
        site.configure(profile=str(rules))
        taken = site.dialpact("reload")["daemons"]
        assert [(each["role"], each["outcome"]) for each in taken] == [
            ("gate", "taken"),
            ("listener", "taken"),
        ]
        # It is a morning: the next call is refused, by the new profile.
        assert (await Phone(pbx, "agent1002").call("13800138444", **CALL)).status == 403
        assert site.last_call()["reasons"] == ["outside-hours"]
        rules.write_text(SHIPPED, "utf-8")
        site.dialpact("reload")
        rules.write_text(AFTERNOONS.replace("[hours]", "[ours]"), "utf-8")
        assert "ours" in site.dialpact("reload", code=1)["error"]
        for role in ("gate", "listener"):  # as systemd does
            site.process(role).send_signal(signal.SIGHUP)
            await said(site, role, "reload refused", 1)
            assert "ours" in site.log(role)
        await call.heard(1.0)
        result = await call.hang_up()
    assert result.answered and result.talk_seconds > 0
    await finished(site, 1)
    (kept,) = site.dialpact("recordings", "list")
    assert kept["state"] == "kept"
    assert abs(kept["seconds"] - result.talk_seconds) <= 0.1 * result.talk_seconds + 0.5
    # The bad profile left the old one in force.
    assert (await phone.call("13800138444", talk_seconds=1, **CALL)).answered
    await finished(site, 2)
    assert [row["state"] for row in site.dialpact("recordings", "list")] == ["kept", "kept"]
    assert site.dialpact("incidents", "list") == []
