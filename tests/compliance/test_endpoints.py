"""Names of channels as their drivers build them, and whose leg such a channel is.

PJSIP, IAX2, Local, AudioSocket and UnicastRTP channels are as Asterisk 22.10.1 named them in the lab. For
chan_dahdi and chan_sip there is no card and no driver there: those names are built by the format strings of
their sources (chan_dahdi.c create_channel_name, "i%d/%s-%x" and "%d-%d"; chan_sip.c sip_new, "SIP/%s-%08x").
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance import endpoints
from dialpact.compliance.endpoints import (
    Destination,
    Unknown,
    destinations,
    dialled,
    endpoint,
    number_in,
    station,
)


def isdn(span: int, number: str, serial: int) -> str:
    """chan_dahdi, a call on an ISDN span."""
    return "DAHDI/" + "i%d/%s-%x" % (span, number, serial)  # noqa: UP031 - as the driver has it


def line(channel: int, call: int = 1) -> str:
    """chan_dahdi, an analogue, R2 or SS7 line."""
    return "DAHDI/" + "%d-%d" % (channel, call)  # noqa: UP031


def sip(peer: str, serial: int) -> str:
    return "SIP/%s-%08x" % (peer, serial)  # noqa: UP031


@pytest.mark.parametrize(
    ("text", "channels", "channel", "owns"),
    [
        ("carrier", "", "PJSIP/carrier-0000002a", True),
        ("pjsip/carrier", "", "PJSIP/carrier-0000002a", True),
        ("PJSIP/carrier", "", sip("carrier", 42), False),
        ("SIP/carrier", "", sip("carrier", 42), True),
        ("SIP/10.0.0.1:5080", "", sip("10.0.0.1:5080", 42), True),
        ("SIP/carrier", "", sip("carrier-2", 42), False),
        ("IAX2/far", "", "IAX2/far-12094", True),
        ("IAX2/far:4570", "", "IAX2/far-12094", True),
        ("IAX2/far", "", "IAX2/farther-12094", False),
        ("Local/to-world", "", "Local/13800138000@to-world-00000000;1", True),
        ("Local/@to-world", "", "Local/13800138000@to-world-00000000;1", True),
        ("Local/to-world", "", "Local/13800138000@to-world-00000000;2", False),
        ("Local/world", "", "Local/13800138000@to-world-00000000;1", False),
        ("DAHDI/i1", "", isdn(1, "13800138000", 2), True),
        ("DAHDI/i1", "", isdn(11, "13800138000", 2), False),
        ("DAHDI/i1-g2", "", isdn(1, "02787654321", 0x2A), True),
        ("DAHDI/g1", "i1,i2", isdn(2, "13800138000", 0xF3), True),
        ("DAHDI/g1", "i1,i2", isdn(3, "13800138000", 0xF3), False),
        ("DAHDI/g1", "1-15,17-31", line(31), True),
        ("DAHDI/r1", "1-15,17-31", line(16), False),
        ("DAHDI/G1c", "5", line(5, 2), True),
        ("DAHDI/5", "", line(5), True),
        ("DAHDI/5", "", line(55), False),
        ("DAHDI/g1", "1-31", "DAHDI/pseudo-1804289383", False),
        ("PJSIP/carrier", "", "PJSIP/carrier", False),
        ("PJSIP/carrier", "", "", False),
    ],
)
def test_whose_leg_a_channel_is(text: str, channels: str, channel: str, owns: bool) -> None:
    assert endpoint(text, channels).owns(channel) is owns


@pytest.mark.parametrize(
    ("text", "channels", "why"),
    [
        ("Dongle/0", "", "no kind of channel that is known"),
        ("AudioSocket/127.0.0.1:9092", "", "no kind of channel"),
        ("PJSIP/", "", "not the name of a peer"),
        ("", "", "not the name of a peer"),
        ("PJSIP/138@carrier", "", "not the name of a peer"),
        ("Local/x@y", "", "not the name of a context"),
        ("SIP/a&SIP/b", "", "not the name of a peer"),
        ("DAHDI/g1", "", "name its lines or, of ISDN, its spans"),
        ("DAHDI/r2", " , ", "name its lines"),
        ("DAHDI/x", "1", "no group, span or line"),
        ("DAHDI/g1", "15-1", "neither a line"),
        ("DAHDI/g1", "0", "neither a line"),
        ("DAHDI/g1", "1-9999", "neither a line"),
        ("DAHDI/g1", "i", "neither a line"),
        ("SIP/x", "1-15", "for DAHDI alone"),
    ],
)
def test_what_is_no_endpoint_and_why(text: str, channels: str, why: str) -> None:
    with pytest.raises(Unknown, match=why):
        endpoint(text, channels)


@pytest.mark.parametrize(
    ("channel", "resource", "number"),
    [
        ("PJSIP/carrier-0000002a", "13800138000@carrier", "13800138000"),
        ("PJSIP/carrier-0000002a", "*8#8613800138000@carrier", "*8#8613800138000"),
        ("PJSIP/carrier-0000002a", "carrier/sip:13800138000@10.0.0.1:5060", "13800138000"),
        ("IAX2/far-12094", "far/13800138000", "13800138000"),
        ("IAX2/far-12094", "me:secret@far:4569/13800138000@inside/a", "13800138000"),
        ("Local/13800138000@to-world-00000000;1", "13800138000@to-world/n", "13800138000"),
        (sip("carrier", 1), "carrier/13800138000", "13800138000"),
        (sip("carrier", 1), "13800138000@carrier/", "13800138000"),
        (sip("carrier", 1), "13800138000:secret@carrier", "13800138000"),
        (isdn(1, "13800138000", 2), "g1/13800138000", "13800138000"),
        (isdn(1, "13800138000", 2), "i1/13800138000/K(4)", "13800138000"),
        (line(5), "g1/913800138000", "913800138000"),
    ],
)
def test_the_number_in_a_dial_string(channel: str, resource: str, number: str) -> None:
    assert dialled(channel, resource) == number


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("IAX2/me:word@carrier:4570/138@c,30", [Destination("IAX2/carrier", "138")]),
        ("dahdi/g1/138", [Destination("DAHDI/g1", "138")]),
        (
            "SIP/138@carrier&Local/139@out/n",
            [Destination("SIP/carrier", "138"), Destination("Local/out", "139")],
        ),
    ],
)
def test_what_dial_names(data: str, expected: list[Destination]) -> None:
    assert destinations(data) == expected


@pytest.mark.parametrize(
    ("channel", "number"),
    [
        ("Local/13800138000@to-world-00000000;1", "13800138000"),
        (isdn(1, "13800138000", 2), "13800138000"),
        (line(5), ""),
        ("PJSIP/carrier-0000002a", ""),
    ],
)
def test_the_number_that_a_driver_writes_into_the_name(channel: str, number: str) -> None:
    assert number_in(channel) == number


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_read(channel: str, resource: str) -> None:
    assert isinstance(station(channel) + number_in(channel) + dialled(channel, resource), str)
    destinations(resource)
    try:
        found = endpoint(resource, channel)
    except Unknown as error:
        assert str(error)
    else:
        assert found.technology in endpoints.TECHNOLOGIES and found.stations
