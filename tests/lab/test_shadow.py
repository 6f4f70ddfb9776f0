"""Shadow mode on the real Asterisk: all is decided and recorded, nothing refused, and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.carrier import Carrier
from tests.lab.demo import finished
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, load_samples, product

pytestmark = pytest.mark.lab

CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    with Site(pbx) as running:
        running.configure(mode="shadow")
        load_samples(running)
        running.start("gate")
        running.start("listener")
        running.ready()
        yield running


@pytest.mark.parametrize(
    ("number", "options", "reasons"),
    [
        ("13800138000", {}, []),
        ("13800138111", {}, ["do-not-call", "no-consent"]),
        ("13800138333", {"caller_id": "02799990000"}, ["caller-id-unauthorised"]),
        ("13800138666", {"campaign": "mystery"}, ["unknown-campaign"]),
    ],
)
async def test_what_would_be_refused_is_put_through_recorded_and_marked(
    site: Site, carrier: Carrier, phone: Phone, number: str, options: dict[str, str], reasons: list[str]
) -> None:
    before = len(site.dialpact("recordings", "list"))
    result = await phone.call(number, talk_seconds=1, **{**CALL, **options})
    assert result.answered
    assert carrier.invites()[-1].number == number
    call = site.last_call()
    assert (call["mode"], call["reasons"]) == ("shadow", reasons)
    assert call["verdict"] == ("BLOCK" if reasons else "ALLOW")
    await finished(site, before + 1)
    kept = site.dialpact("recordings", "list")[0]
    assert (kept["decision"], kept["state"]) == (call["id"], "kept")
    assert kept["callee_dbfs"] is not None


async def test_a_call_that_is_not_recorded_is_bridged_and_said(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    site.stop("listener")
    result = await phone.call("13800138444", talk_seconds=1, **CALL)
    assert result.answered
    assert site.last_call()["reasons"] == ["recording-unavailable"]
    await pbx.logged("bridged in shadow mode")
    site.start("listener")
    site.ready()


def test_the_daemon_says_so(site: Site) -> None:
    for role in ("gate", "listener"):
        assert "shadow mode: every call is decided and recorded, none is blocked" in site.log(role)


async def test_back_in_force_a_channel_has_no_shadow(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    site.stop("gate")
    site.configure()
    site.start("gate")
    before = len(carrier.invites())
    assert (await phone.call("13800138111", **CALL)).status == 403
    assert len(carrier.invites()) == before
