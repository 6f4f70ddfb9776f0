"""What ChanSpy's options let somebody do, and who hears whom: without Asterisk."""

from __future__ import annotations

import pytest

from ami_listener import spying
from ami_listener.pbx import Live
from ami_listener.spying import HeardBy, Rooms, heard_by, way_of

LEG, PHONE, LOCAL = "PJSIP/carrier-00000001", "PJSIP/agent1001-00000000", "Local/1001@inside-00000000;1"


def live(channel: str, uniqueid: str) -> Live:
    return Live(channel=channel, uniqueid=uniqueid, state="Up", application="", bridge="b", seconds=9)


@pytest.mark.parametrize(
    ("data", "on_the_leg", "on_the_phone"),
    [
        ("PJSIP/carrier", HeardBy.NOBODY, HeardBy.NOBODY),
        ("PJSIP/carrier,", HeardBy.NOBODY, HeardBy.NOBODY),
        ("PJSIP/carrier,qSE", HeardBy.NOBODY, HeardBy.NOBODY),
        (",q", HeardBy.NOBODY, HeardBy.NOBODY),
        ("PJSIP/carrier,qw", HeardBy.CUSTOMER, HeardBy.AGENT),
        ("PJSIP/carrier,W", HeardBy.CUSTOMER, HeardBy.AGENT),
        ("PJSIP/carrier,qB", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        ("PJSIP/carrier,d", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        # The group and the digit are arguments of options, not options.
        ("PJSIP/carrier,qg(wBd)c(5)", HeardBy.NOBODY, HeardBy.NOBODY),
        ("PJSIP/carrier,g(a,b)w", HeardBy.CUSTOMER, HeardBy.AGENT),
        # What Asterisk makes of these is not worth a guess.
        ("PJSIP/carrier,q,w", HeardBy.CUSTOMER, HeardBy.AGENT),
        ('"PJSIP/carrier,q"', HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        ("PJSIP/carrier\\,q", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        ("PJSIP/carrier,g(q", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        ("PJSIP/carrier,q)", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
        ("PJSIP(/carrier,q", HeardBy.CUSTOMER, HeardBy.CUSTOMER),
    ],
)
def test_options(data: str, on_the_leg: HeardBy, on_the_phone: HeardBy) -> None:
    way = way_of("PJSIP/boss-1", "ChanSpy", data)
    assert heard_by(way, LEG, carrier=True) is on_the_leg
    assert heard_by(way, PHONE, carrier=False) is on_the_phone


def test_a_local_channel_hands_on_what_is_whispered_to_it() -> None:
    assert heard_by(way_of("x", "ChanSpy", ",w"), LOCAL, carrier=False) is HeardBy.CUSTOMER
    assert heard_by(way_of("x", "ChanSpy", ",q"), LOCAL, carrier=False) is HeardBy.NOBODY


@pytest.mark.parametrize(
    ("channel", "application"), [("Snoop/1.2-00000000", "Stasis"), ("PJSIP/b-1", ""), ("PJSIP/b-1", "Wait")]
)
def test_what_does_not_tell_counts_for_the_worst(channel: str, application: str) -> None:
    assert heard_by(way_of(channel, application, "app"), PHONE, carrier=False) is HeardBy.CUSTOMER


def test_one_of_several_may_be_the_customer() -> None:
    assert heard_by(way_of("x", "ChanSpy", ",w"), "", carrier=False) is HeardBy.CUSTOMER


def test_candidates_are_those_whose_name_begins_so() -> None:
    rows = [live(LEG, "1"), live(PHONE, "2"), live("PJSIP/carrier2-0000000a", "3")]
    assert spying.candidates("ChanSpy", "pjsip/CARRIER,qw", rows) == {"1", "3"}
    assert spying.candidates("ChanSpy", "PJSIP/agent1001-00000000", rows) == {"2"}
    assert spying.candidates("ChanSpy", ",g(sales)", rows) == {"1", "2", "3"}
    assert spying.candidates("ExtenSpy", "13800138000@agents,q", rows) == {"1", "2", "3"}


def test_who_is_in_one_bridge() -> None:
    rooms = Rooms()
    rooms.enter("leg", LEG, "b1")
    rooms.enter("phone", PHONE, "b1")
    rooms.enter("other", "PJSIP/agent1002-00000007", "b2")
    assert rooms.around("phone") == {"leg", "phone"}
    assert rooms.around("nobody") == {"nobody"}
    rooms.leave("phone")
    assert rooms.around("leg") == {"leg"}
    rooms.enter("phone", PHONE, "b2")
    assert rooms.around("phone") == {"phone", "other"}
    rooms.enter("phone", PHONE, "b1")  # its leaving was not seen
    assert rooms.around("other") == {"other"}
    rooms.clear()
    assert rooms.around("leg") == {"leg"}


def test_both_halves_of_a_local_channel_are_one_room() -> None:
    rooms = Rooms()
    rooms.enter("phone", PHONE, "b1")
    rooms.enter("half", LOCAL, "b1")
    rooms.enter("other half", LOCAL.replace(";1", ";2"), "b2")
    rooms.enter("leg", LEG, "b2")
    assert rooms.around("phone") == {"phone", "half", "other half", "leg"}
    rooms.rename("half", "Local/x@y-00000002;1")
    assert rooms.around("phone") == {"phone", "half"}
