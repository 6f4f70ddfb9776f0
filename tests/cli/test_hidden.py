"""Whoever was called is masked, in whatever column of a call record he stands."""

from __future__ import annotations

import pytest

from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.hidden import Hidden

SHY = Hidden(["02787654321", "+862788880000"], full=False)
OPEN = Hidden([], full=True)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("02787654321", "02787654321"),  # registered
        ("+862787654321", "+862787654321"),
        ("008602787654321", "008602787654321"),
        ("02788880000", "02788880000"),
        ("1001", "1001"),  # an extension
        ("95588", "95588"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("13800138000", "138****8000"),  # the callee, as an Originate has it in src
        ("+8613800138000", "+86138****8000"),
        ("87654321", "****"),
        ("sip:13800138000@host", "sip:138****8000@host"),
    ],
)
def test_caller_ids(given: str, shown: str) -> None:
    assert SHY.caller_id(given) == shown
    assert OPEN.caller_id(given) == given


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("PJSIP/carrier-0000002a", "PJSIP/carrier-0000002a"),
        ("PJSIP/carrier-00000123", "PJSIP/carrier-00000123"),
        ("PJSIP/13800138000-0000002a", "PJSIP/138****8000-0000002a"),
        ("Local/13800138000@out-00000001;1", "Local/138****8000@out-00000001;1"),
        ("DAHDI/i1/13800138000-2a", "DAHDI/i1/138****8000-2a"),
        ("PJSIP/02787654321-00000001", "PJSIP/02787654321-00000001"),
        ("Snoop/1795624129.0-00000001", "Snoop/1795624129.0-00000001"),
        ("", ""),
    ],
)
def test_channels(given: str, shown: str) -> None:
    assert SHY.channel(given) == shown
    assert OPEN.channel(given) == given


def test_texts_and_faults() -> None:
    assert (
        SHY.text("from 02787654321 to 13800138000 on 20261124")
        == "from 02787654321 to 138****8000 on 20261124"
    )
    assert SHY.text("87654321 did", "87654321") == "**** did"
    fault = SHY.fault(Fault("cdr-time", value="'13800138000'"))
    assert (fault.key, fault.detail) == ("cdr-time", {"value": "'138****8000'"})
