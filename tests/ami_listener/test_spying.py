"""What ChanSpy's options let somebody do, and who hears whom: without Asterisk."""

from __future__ import annotations

import pytest
from msgspec import structs

from ami_listener.ami.pbx import Live
from ami_listener.calls import spying
from ami_listener.calls.spying import HeardBy, heard_by, way_of

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


@pytest.mark.parametrize(
    ("application", "data", "spied", "certain"),
    [
        ("ChanSpy", "pjsip/CARRIER,qw", "13", True),
        ("ChanSpy", "PJSIP/agent1001-00000000", "2", True),
        ("ChanSpy", ",qw", "123", True),
        ("ChanSpy", "PJSIP/nobody,qw", "", True),
        ("ChanSpy", ",qwb", "12", True),  # bridged channels only
        # A group, a list of extensions, a unique id: he may be at one of all, or wait.
        *((("ChanSpy", f"PJSIP/carrier,q{option}", "123", False)) for option in ("g(a)", "e(1:2)", "u")),
        ("ChanSpy", '"PJSIP/carrier",q', "123", False),
        ("ExtenSpy", "13800138000@agents,q", "2", True),
        ("ExtenSpy", "13800138000,q", "2", True),  # in his own context
        ("ExtenSpy", "13800138000@elsewhere,q", "", True),
        ("Wait", "5", "", True),
    ],
)
def test_whom_one_may_be_at_of_whose_coming_nobody_was_told(
    application: str, data: str, spied: str, certain: bool
) -> None:
    phone = structs.replace(live(PHONE, "2"), exten="13800138000", context="agents")
    rows = [live(LEG, "1"), phone, structs.replace(live("PJSIP/carrier2-0000000a", "3"), bridge="")]
    boss = structs.replace(live("PJSIP/b-1", "9"), application=application, data=data, context="agents")
    found = spying.suspect(boss, rows)
    assert ("".join(sorted(found.spied)), found.certain) == (spied, certain) if found else not spied


def test_a_snoop_tells_whom_it_is_at() -> None:
    found = spying.suspect(live("Snoop/1795908111.7-00000000", "9"), [])
    assert found == spying.Suspicion(frozenset({"1795908111.7"}), certain=True)
