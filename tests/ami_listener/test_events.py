"""Only what looks exactly as Asterisk writes it is taken for an event."""

from __future__ import annotations

import pytest

from ami_listener.ami import events, wire
from ami_listener.ami.events import (
    BridgeEntered,
    BridgeLeft,
    Created,
    DialBegun,
    DialEnded,
    HungUp,
    MonitorMuted,
    MonitorStarted,
    MonitorStopped,
    StateChanged,
)
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.transcripts import received

LEG = "PJSIP/carrier-00000001"


def taken(name: str) -> list[events.Event]:
    return [event for message in received(name) if (event := events.read(message))]


def of(name: str, leg: str) -> list[object]:
    return [
        event.state if isinstance(event, StateChanged) else type(event)
        for event in taken(name)
        if isinstance(event, events.ChannelEvent) and event.channel.startswith(leg)
    ]


def test_order_of_an_answered_call() -> None:
    """The hangup handler's stop comes after the leg has left the bridge and before its Hangup."""
    assert of("answered", "PJSIP/carrier-") == [
        Created,
        DialBegun,
        MonitorStarted,
        "Ringing",
        "Up",
        DialEnded,
        BridgeEntered,
        BridgeLeft,
        MonitorStopped,
        HungUp,
    ]


@pytest.mark.parametrize("name", ["busy", "cancelled"])
def test_order_of_a_call_that_is_not_answered(name: str) -> None:
    assert of(name, "PJSIP/carrier-") == [Created, DialBegun, MonitorStarted, "Ringing", DialEnded, HungUp]


def test_a_stop_by_hand_comes_inside_the_bridge() -> None:
    order = of("muted_stopped_cut", "PJSIP/carrier-")
    assert order.index(BridgeEntered) < order.index(MonitorMuted) < order.index(MonitorStopped)
    assert order.index(MonitorStopped) < order.index(BridgeLeft) < order.index(HungUp)


def test_an_originate_has_no_caller() -> None:
    begun = next(event for event in taken("originate") if isinstance(event, DialBegun))
    assert (begun.origin.caller, begun.dial) == ("", "02799999999@carrier")
    assert begun.origin.linkedid == begun.uniqueid


def test_a_supervisor_comes_and_goes() -> None:
    """An ARI snoop is told by the same events; neither says whether it whispers."""
    began = [event for event in taken("supervisor") if isinstance(event, events.SpyBegan)]
    ended = [event for event in taken("supervisor") if isinstance(event, events.SpyEnded)]
    assert [event.channel for event in began] == [
        "PJSIP/agent1002-00000002",
        f"Snoop/{began[0].spied}-00000000",
    ]
    assert {event.spied_channel for event in began} == {LEG}
    assert [event.uniqueid for event in ended] == [event.uniqueid for event in began]


def test_the_one_who_was_spied_on_may_be_gone() -> None:
    (stop, *_) = [message for message in received("supervisor") if message.name == "ChanSpyStop"]
    kept = [(key, value) for key, value in stop.headers if not key.startswith("Spyee")]
    text = "\r\n".join(f"{key}: {value}" for key, value in kept)
    assert isinstance(events.read(wire.read(text.encode())), events.SpyEnded)


def test_booting_and_shutting_down() -> None:
    assert taken("login_and_rights") == [events.Booted(uptime=0)]
    assert taken("shutdown") == [events.ShuttingDown()]


def test_mute_tells_on_from_off() -> None:
    muted = [event for event in taken("attached_probe") if isinstance(event, MonitorMuted)]
    assert {event.muted for event in muted} == {True, False}


BLOCK = [
    "Channel: PJSIP/carrier-00000001",
    "ChannelState: 6",
    "ChannelStateDesc: Up",
    "CallerIDNum: 1",
    "CallerIDName: x",
    "ConnectedLineNum: 2",
    "ConnectedLineName: y",
    "Language: en",
    "AccountCode: ",
    "Context: c",
    "Exten: s",
    "Priority: 1",
    "Uniqueid: 1.1",
    "Linkedid: 1.0",
]
HANGUP = ["Event: Hangup", "Privilege: call,all", *BLOCK, "Cause: 16", "Cause-txt: Normal Clearing"]


def read(lines: list[str]) -> events.Event | None:
    return events.read(wire.read("\r\n".join(lines).encode()))


def test_the_usual_one_is_taken() -> None:
    assert read(HANGUP) == HungUp(channel=LEG, uniqueid="1.1", cause=16)


def test_it_is_looked_at_though_one_like_it_was_taken() -> None:
    assert read(HANGUP) == HungUp(channel=LEG, uniqueid="1.1", cause=16)
    assert read([HANGUP[0], "Privilege: user,all", *HANGUP[2:]]) is None
    assert read(["Event: Newstate", *HANGUP[1:-2], "Cause: 16"]) != read(HANGUP)
    assert read(["Event: DialEnd", *HANGUP[1:]]) is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (HANGUP[:1] + HANGUP[2:], "no privilege"),
        (
            [HANGUP[0], "Privilege: user,all", *HANGUP[2:]],
            "another class: a UserEvent names itself so",
        ),
        (["Event: Hangup", "Channel: x", *HANGUP[1:]], "privilege is not second"),
        ([*HANGUP[:2], BLOCK[13], *BLOCK[:13], *HANGUP[16:]], "headers in another order"),
        ([*HANGUP[:2], "Channel: PJSIP/carrier-00000001", "Uniqueid: 1.1", "Cause: 16"], "too few headers"),
        ([*HANGUP[:5], "Foo: bar", *HANGUP[5:]], "a header that nobody sends, in the middle"),
        ([*HANGUP, "Uniqueid: 2.2"], "a header twice"),
        (["Response: Success", *HANGUP[1:]], "no event"),
        (["Event: hangup", *HANGUP[1:]], "another spelling"),
        (["Event: DBGetResponse", *HANGUP[1:]], "of no use"),
        (["Event: MixMonitorMute", *HANGUP[1:16]], "without its own headers"),
    ],
)
def test_what_does_not_look_so_is_not(lines: list[str], why: str) -> None:
    assert read(lines) is None, why


@pytest.mark.parametrize(
    "more",
    [["Timestamp: 1.2"], ["SequenceNumber: 4", "File: x.c", "Line: 3", "Func: f"], ["SystemName: pbx1"]],
)
def test_headers_that_a_site_switches_on_are_no_harm(more: list[str]) -> None:
    assert read([*HANGUP[:2], *more, *HANGUP[2:]]) == HungUp(channel=LEG, uniqueid="1.1", cause=16)
    assert read([*HANGUP[:16], "ChanVariable: A=1", *HANGUP[16:], "TechCause: 487"]) is not None


@pytest.mark.parametrize("field", ["CallerIDNum", "CallerIDName", "ConnectedLineName", "Exten"])
def test_text_from_sip_does_not_become_an_event_of_its_own(field: str) -> None:
    """The forged message is cut short by the rest of the true one, which then has no beginning."""
    forged = "\r\n".join(HANGUP[:16]).replace("carrier-00000001", "carrier-00000007")
    true = "\r\n".join(f"{line}\r\n\r\n{forged}" if line.startswith(f"{field}:") else line for line in HANGUP)
    framer = wire.Framer()
    found = framer.feed(f"Asterisk Call Manager/11.0.0\r\n{true}\r\n\r\n".encode())
    assert [event for message in found if (event := events.read(message))] == []


async def test_the_fake_sends_what_asterisk_sends() -> None:
    """Header names in order, for every event the fake knows."""

    def shape(message: wire.Message) -> list[str]:
        return [key for key, _ in message.headers if key != "TechCause"]

    real: dict[tuple[str, int], list[str]] = {}
    for name in ("login_and_rights", "answered", "originate", "muted_stopped_cut", "shutdown"):
        for message in received(name):
            if message.kind == "Event":
                real[message.name, len(shape(message))] = shape(message)
    sent: list[bytes] = []
    async with FakeAmi() as ami:
        ami.event = lambda name, privilege, headers: sent.append(  # type: ignore[method-assign]
            "".join(
                f"{key}: {value}\r\n"
                for key, value in [("Event", name), ("Privilege", f"{privilege},all"), *headers]
            ).encode()
        )
        for leg in (ami.dial("13800138000"), ami.dial("13800138000", agent=False)):
            leg.ring()
            leg.answer()
            leg.enter_bridge()
            leg.mute_monitor()
            leg.hang_up()
        ami.boot()
        ami.shut_down()
    for raw in sent:
        message = wire.read(raw.removesuffix(b"\r\n"))
        assert real[message.name, len(shape(message))] == shape(message)
