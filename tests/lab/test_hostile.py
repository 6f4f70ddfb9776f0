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
# A line break and a plain word, as they arrive; on the wire each character is percent-encoded. What text from
# a peer could do to a session or an event is tried on our own parsers: tests/agi, tests/fuzz.
BREAKS = {
    "a line feed": "\nword",
    "a line feed alone": "\n",
    "a carriage return and a line feed": "\r\nword",
    "an empty line": "\r\n\r\nword",
    "a header of no meaning": "\nword: word",
}


def encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product(DIALPACT_SOUND="beep")  # the announcement is not what is tested here


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
    assert (
        '"connection lost"' not in site.log("listener")[listener:]
    )  # the link stood, no Shutdown was believed
    site.ready()
    return site.log("gate")[said:]


@pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
async def test_newlines_in_the_dialled_number(site: Site, carrier: Carrier, raw: Phone, text: str) -> None:
    log = await nothing_came_of_it(site, carrier, raw, f"13800138000{encoded(text)}")
    assert '"attack"' in log
    call = site.last_call()
    assert call["verdict"] == "BLOCK"
    assert call["attack"]
    assert call["reasons"] == ["invalid-number"]


@pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
async def test_newlines_in_the_caller_number(site: Site, carrier: Carrier, raw: Phone, text: str) -> None:
    log = await nothing_came_of_it(site, carrier, raw, "13800138000", caller_id=f"02788880007{encoded(text)}")
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
        "1380013800$%7Bword%7D",
        "$word",
        "13800138000%22",
        "13800138000%7C",
        "13800138000%2Cother",
        "13800138000)",
        "word%20word",
        "%E3%80%87%E4%BA%8C%E4%B8%8387654321",
        "x" * 79,
    ],
)
async def test_numbers_that_are_none(site: Site, carrier: Carrier, raw: Phone, number: str) -> None:
    await nothing_came_of_it(site, carrier, raw, number)
    # (a comma or a quote that the site passes on raw shifts its other arguments)
    assert site.last_call()["reasons"][0] == "invalid-number"


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({"caller_name": "张三 贷款"}, True),
        ({"caller_name": "a|b,c;d (hangup)"}, True),
        ({"caller_name": "hangup"}, True),
        ({"caller_name": "O'Neil $5 {word}"}, True),
        ({"caller_name": "x" * 200}, True),
        ({"campaign": "秋季贷款"}, False),
        ({"campaign": 'a"b'}, False),
        ({"campaign": "a|b"}, False),
        ({"campaign": "a,b,c"}, False),
        ({"campaign": "$word"}, False),
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
    # (a comma or a quote that the site passes on raw shifts its own arguments: more is unknown then)
    assert call["reasons"][:1] == ([] if passes else ["unknown-campaign"])
    if options.get("campaign") == "秋季贷款":
        assert call["campaign"] == "秋季贷款"
