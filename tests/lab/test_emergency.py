"""Which numbers are a person's emergency calls is the site's to say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, product

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product(DIALPACT_EMERGENCY_NUMBERS="911|112", DIALPACT_SOUND="beep")


@pytest.mark.parametrize("number", ["911", "112"])
async def test_passes_without_the_gate(site: Site, carrier: Carrier, phone: Phone, number: str) -> None:
    decisions = len(site.dialpact("calls", "list"))
    assert (await phone.call(number, talk_seconds=0.3, campaign="")).answered
    assert carrier.invites()[-1].number == number
    assert len(site.dialpact("calls", "list")) == decisions


@pytest.mark.parametrize("number", ["110", "9110", "1911", "+86112", "911911", "91", "9%0A11", "911%20"])
async def test_all_others_are_asked_about(site: Site, carrier: Carrier, pbx: Pbx, number: str) -> None:
    before, decisions = len(carrier.invites()), len(site.dialpact("calls", "list"))
    assert not (await Phone(pbx, "raw").call(number, campaign="autumn-loans")).answered
    assert len(carrier.invites()) == before
    assert len(site.dialpact("calls", "list")) == decisions + 1
