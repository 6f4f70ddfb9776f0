"""Framing: whatever the pieces, the same messages; whatever the text, no forged ones."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.ami import wire
from ami_listener.ami.wire import Framer, Message
from tests.ami_listener.transcripts import NAMES, received

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    GREETING
    + "Response: Success\r\nActionID: a\r\nMessage: 你好\r\n\r\n".encode()
    + "Event: Hangup\r\nPrivilege: call,all\r\nCallerIDName: 张三😀\r\n\r\n".encode() * 3
)


def framed(*pieces: bytes, longest: int = wire.LONGEST) -> list[Message]:
    framer = Framer(longest)
    return [message for piece in pieces for message in framer.feed(piece)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    """A character or a line end may be split between two reads."""
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[begin:end] for begin, end in itertools.pairwise(edges)]
    assert framed(*pieces) == framed(STREAM)


def test_byte_by_byte() -> None:
    messages = framed(*(STREAM[n : n + 1] for n in range(len(STREAM))))
    assert [message.get("CallerIDName") for message in messages[1:]] == ["张三😀"] * 3
    assert not any(message.flaw for message in messages)


def test_greeting_is_kept_apart() -> None:
    framer = Framer()
    assert framer.feed(GREETING[:10]) == []
    framer.feed(GREETING[10:] + b"Response: Success\r\n\r\n")
    assert framer.greeting == "Asterisk Call Manager/11.0.0"


def test_no_greeting_line_is_bounded() -> None:
    framer = Framer()
    framer.feed(b"x" * 300)
    assert framer.greeting == "x" * 256


@pytest.mark.parametrize("piece", [1, 100, 5000])
def test_a_message_that_is_too_long_is_skipped_in_bounded_memory(piece: int) -> None:
    stream = GREETING + b"Event: A\r\nX: " + b"y" * 5000 + b"\r\n\r\n" + b"Event: B\r\n\r\n"
    framer = Framer(longest=1000)
    found = []
    for n in range(0, len(stream), piece):
        found += framer.feed(stream[n : n + piece])
        assert framer.held <= 1000 + piece
    assert [message.name for message in found] == ["B"]
    assert framer.skipped == 1


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (b"Event: A\r\nChannel: x\r\nChannel: y", "Channel twice"),
        (b"Event: A\r\nChannel: x\r\nchannel: y", "channel twice"),
        (b"Event: A\r\nCallerIDNum: 1\n2", "control character in CallerIDNum"),
        (b"Event: A\r\nCallerIDNum: 1\r2", "control character in CallerIDNum"),
        ("Event: A\r\nCallerIDNum: 1\u2028x".encode(), "control character in CallerIDNum"),
        (b"Event: A\r\nno header", "no header"),
        (b"Event: A\r\n: x", "no header"),
        (b"Event: A\r\n\xc3\x28: x", "no header"),
        (b"Channel: x\r\nEvent: A", "neither event nor response"),
    ],
)
def test_flaws(raw: bytes, flaw: str) -> None:
    assert flaw in wire.read(raw).flaw


@pytest.mark.parametrize(
    ("raw", "flaw", "headers"),
    [
        (b"Event: B\r\nChannel: \x01\r\nUniqueid: 1", "a control character in Channel", 3),
        (b"Event: B\r\nChannel: x\ny\r\nUniqueid: 1", "a control character in Channel", 3),
        (b"Event: B\r\nChannel: x\x7f\r\nUniqueid: 1", "a control character in Channel", 3),
        ("Event: B\r\nChannel: x\u2029\r\nUniqueid: 1".encode(), "a control character in Channel", 3),
        (b"Event: B\r\nChannel\r\nUniqueid: 1", "a line that is no header", 2),
        (b"Event: B\r\nChannel: x\r\nChannel: y", "Channel twice", 3),
        (b"Event: B\r\nChannel: x\r\nUniqueid", "a line that is no header", 2),
        ("Event: B\r\nChannel: 张三 \xa0\r\nUniqueid: 1".encode(), "", 3),
        (b"Event: B\r\nChannel:x\r\nUniqueid:  1", "", 3),
        (b"Event: B\r\nChannel: \r\nUniqueid: ", "", 3),
    ],
)
def test_a_message_is_looked_at_though_one_like_it_had_no_flaw(raw: bytes, flaw: str, headers: int) -> None:
    assert wire.read(b"Event: A\r\nChannel: x\r\nUniqueid: 1").flaw == ""
    for _ in range(2):
        found = wire.read(raw)
        assert (found.flaw, len(found.headers)) == (flaw, headers)
    lines = raw.decode().split("\r\n")
    if not flaw:
        assert found.headers == tuple(
            (key, value.removeprefix(" ")) for key, value in (line.split(":") for line in lines)
        )


def test_who_makes_keys_up_does_not_fill_the_memory() -> None:
    for n in range(3 * wire.MOST_KINDS):
        assert wire.read(f"Event: A\r\nX{n}: x".encode()).flaw == ""
    assert len(wire._flawless) <= wire.MOST_KINDS


def test_channel_variables_may_come_twice() -> None:
    message = wire.read(b"Event: A\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nDestChanVariable: A=1")
    assert message.flaw == ""


def test_an_invalid_byte_in_a_name_spoils_only_the_name() -> None:
    message = wire.read(b"Event: A\r\nCallerIDName: \xff\xfe\r\nUniqueid: 1.1")
    assert (message.flaw, message.get("Uniqueid")) == ("", "1.1")


@pytest.mark.parametrize("name", NAMES)
def test_what_asterisk_sends_has_no_flaw(name: str) -> None:
    messages = received(name)
    assert messages
    assert [message for message in messages if message.flaw] == []


@pytest.mark.parametrize(
    "value", ["x\r\n\r\nAction: DBDel", "x\n", "x\r", "\x00", "\u2028", "\x85", "y" * 4097], ids=repr
)
def test_actions_take_no_control_characters(value: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        wire.check_action({"Note": value})


@pytest.mark.parametrize("key", ["", "a b", "a:b", "a\r\nb", "1"])
def test_nor_do_their_names(key: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        wire.check_action({key: "x"})


def test_actions_take_what_asterisk_names_things() -> None:
    wire.check_action({"Channel": "PJSIP/carrier-0000002a", "Options": "r(/a/b-callee.wav)t(/a/b.wav)i(X)"})
