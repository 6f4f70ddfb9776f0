"""Text that a SIP peer chose, tried on the real Asterisk: nothing is allowed by it, nothing is believed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, product

pytestmark = pytest.mark.lab

CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}
FORGED_EVENT = (
    "%0D%0A%0D%0AEvent:%20Shutdown%0D%0APrivilege:%20system,all%0D%0AShutdown:%20Cleanly%0D%0A%0D%0A"
)
FORGED_RESPONSE = "%0D%0A%0D%0AResponse:%20Success%0D%0AActionID:%201%0D%0A%0D%0A"
ATTACKS = {
    "another route": "%0Aagi_network_script:%20other",
    "a second number": "%0Aagi_arg_1:%2013800138000",
    "a header of its own": "%0Aagi_extra:%20x",
    "an early end": "%0A%0A",
    "a whole header": "%0Aagi_callerid:%2002788880007%0Aagi_threadid:%201%0Aagi_arg_1:%2013800138000%0A%0A",
    "a false reply": "%0A200%20result=1%20(02788880007)",
    "a bare newline": "%0A",
    "a forged event": FORGED_EVENT,
    "a forged response": FORGED_RESPONSE,
}


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


@pytest.fixture
def raw(pbx: Pbx) -> Phone:
    """In a dialplan as careless as can be: open-ended patterns, ``${EXTEN}`` passed on as it came."""
    return Phone(pbx, "raw")


async def nothing_came_of_it(site: Site, carrier: Carrier, phone: Phone, number: str, **options: str) -> str:
    """Returns what the gate logged of the call."""
    invites, said = len(carrier.invites()), len(site.log("gate"))
    listener = len(site.log("listener"))
    result = await phone.call(number, **{**CALL, **options})
    assert not result.answered
    assert len(carrier.invites()) == invites
    assert '"lost"' not in site.log("listener")[listener:]  # the link stood, no Shutdown was believed
    site.ready()
    return site.log("gate")[said:]


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
async def test_newlines_in_the_dialled_number(site: Site, carrier: Carrier, raw: Phone, text: str) -> None:
    log = await nothing_came_of_it(site, carrier, raw, f"13800138000{text}")
    assert '"attack"' in log
    call = site.last_call()
    assert call["verdict"] == "BLOCK"
    assert call["attack"]
    assert call["reasons"] == ["invalid-number"]


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
async def test_newlines_in_the_caller_number(site: Site, carrier: Carrier, raw: Phone, text: str) -> None:
    log = await nothing_came_of_it(site, carrier, raw, "13800138000", caller_id=f"02788880007{text}")
    assert '"attack"' in log
    assert site.last_call()["attack"]


async def test_digits_hidden_behind_a_newline_are_not_another_caller_id(
    site: Site, carrier: Carrier, raw: Phone
) -> None:
    """Filtered, 0278888%0A0007 is an authorised number; what goes out as From is not."""
    log = await nothing_came_of_it(site, carrier, raw, "13800138000", caller_id="0278888%0A0007")
    assert '"attack"' in log


@pytest.mark.parametrize(
    "number",
    [
        "13800138OOO",
        "13800138000;phone-context=x",
        "13800138000%20x",
        "1380013800$%7BSHELL(id)%7D",
        "$(id)",
        "13800138000%22",
        "13800138000%7C",
        "13800138000%2Cother",
        "13800138000)",
        "EXEC%20System%20id",
        "%E3%80%87%E4%BA%8C%E4%B8%8387654321",
        "1%00",
        "x" * 79,
    ],
)
async def test_numbers_that_are_none(site: Site, carrier: Carrier, raw: Phone, pbx: Pbx, number: str) -> None:
    seen = len(pbx.log())
    await nothing_came_of_it(site, carrier, raw, number)
    assert site.last_call()["reasons"] == ["invalid-number"]
    assert "uid=" not in pbx.log()[seen:]


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({"caller_name": "张三 贷款"}, True),
        ({"caller_name": "a|b,c;d (hangup)"}, True),
        ({"caller_name": "hangup"}, True),
        ({"caller_name": "O'Neil $(id) ${EXTEN}"}, True),
        ({"caller_name": "x" * 200}, True),
        ({"campaign": "秋季贷款"}, False),
        ({"campaign": 'a"b'}, False),
        ({"campaign": "a|b"}, False),
        ({"campaign": "a,b,c"}, False),
        ({"campaign": "$(id)"}, False),
    ],
    ids=str,
)
async def test_names_and_campaigns_of_any_text(
    site: Site, carrier: Carrier, raw: Phone, options: dict[str, str], passes: bool
) -> None:
    before = len(carrier.invites())
    result = await raw.call("13800138000", talk_seconds=0.3, **{**CALL, **options})
    assert result.answered == passes
    assert len(carrier.invites()) == before + passes
    call = site.last_call()
    assert call["reasons"] == ([] if passes else ["unknown-campaign"])
    if options.get("campaign") == "秋季贷款":
        assert call["campaign"] == "秋季贷款"
