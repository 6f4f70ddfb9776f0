"""A mistyped list of emergency numbers opens nothing, and shuts out nobody who calls the police."""

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
    return product(DIALPACT_EMERGENCY_NUMBERS="(911|112", DIALPACT_SOUND="beep")


async def test_the_usual_numbers_pass(site: Site, carrier: Carrier, phone: Phone) -> None:
    assert (await phone.call("110", talk_seconds=0.3, campaign="")).answered
    assert carrier.invites()[-1].number == "110"


@pytest.mark.parametrize("number", ["13912345678", "911"])
async def test_all_others_are_asked_about(site: Site, carrier: Carrier, pbx: Pbx, number: str) -> None:
    before = len(carrier.invites())
    assert not (await Phone(pbx, "raw").call(number, campaign="autumn-loans")).answered
    assert len(carrier.invites()) == before
