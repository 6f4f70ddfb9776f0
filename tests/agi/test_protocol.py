"""The rules of agi.protocol, one table a rule, and: however the bytes are cut, the events are the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agi import protocol
from agi.protocol import AgiSession, HungUp, Malformed, Reply, Request
from dialpact.testing.agi_header import Ringing, header

HONEST = header(Ringing(channel="PJSIP/a-1", uniqueid="1.1"))
REQUEST = Request("outbound", "PJSIP/a-1", "1.1", "02788880007", ("13800138000", "spring", "1001", "carrier"))
ASKED = "GET VARIABLE X"


def events(data: bytes) -> list[protocol.Event]:
    return AgiSession().receive(data)


def why(data: bytes) -> tuple[str, bool]:
    *_, last = events(data)
    assert isinstance(last, Malformed)
    return last.why, last.hostile


def asked() -> AgiSession:
    session = AgiSession()
    assert session.receive(HONEST) == [REQUEST]
    assert session.ask(ASKED) == b"GET VARIABLE X\n"
    return session


def test_honest_header() -> None:
    assert events(HONEST) == [REQUEST]


def test_caller_name_is_free_text() -> None:
    for name in ("张三", 'O\'Brien "Bob" | x, y; z: (hangup)', "agi_arg_1: 1", "\udcff\udcfe", "", "\t\r"):
        data = header(Ringing(channel="PJSIP/a-1", uniqueid="1.1", caller_name=name))
        assert events(data) == [REQUEST], name


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Ringing(caller_name="x\nagi_network_script: other"), "a header comes twice"),
        (Ringing(caller_id="1\nagi_callerid: 02788880007"), "a header comes twice"),
        (Ringing(dnid="1\nagi_arg_1: 13800138001"), "a header comes twice"),
        (Ringing(dnid="1\nagi_arg_9: 13800138001"), "the arguments are not the last headers, in order"),
        (Ringing(caller_name="x\nagi_arg_5: y"), "the arguments are not the last headers, in order"),
        (Ringing(caller_name="x\nagi_extra: y"), "a header that Asterisk does not send"),
        (Ringing(caller_name="x\nagi_threadid: 1\nagi_extra: y"), "a header comes twice"),
        (Ringing(number="1\nagi_arg_2: y"), "a header comes twice"),
        (Ringing(trunk="carrier\nagi_arg_6: y"), "the arguments are not the last headers, in order"),
        (Ringing(trunk="carrier\nagi_arg_05: y"), "the arguments are not the last headers, in order"),
        (Ringing(caller_name="x\n"), "no agi_arg_1"),
        (Ringing(caller_name="x\n\nagi_arg_1: 1"), "no agi_arg_1"),
        (Ringing(caller_name="x\ny"), "a header line has no `agi_name: value` form"),
        (Ringing(caller_name="x\nagi_extra:y"), "a header line has no `agi_name: value` form"),
        (Ringing(caller_name="x\nAGI_EXTRA: y"), "a header line has no `agi_name: value` form"),
        (Ringing(caller_name="x\n agi_extra: y"), "a header line has no `agi_name: value` form"),
        (Ringing(caller_name="x\n200 result=1"), "a header line has no `agi_name: value` form"),
        (Ringing(caller_name="x\nHANGUP"), "a header line has no `agi_name: value` form"),
        (
            Ringing(caller_name="x\n" + "agi_" + "a" * 41 + ": y"),
            "a header line has no `agi_name: value` form",
        ),
        # What follows a whole header that was forged lands where nothing was asked for.
        (Ringing(caller_id="1\nagi_arg_1: 1\n"), "text where none was asked for"),
        (Ringing(dnid="1\nagi_arg_1: 1\n\n200 result=1 (1)"), "text where none was asked for"),
        (Ringing(trunk="carrier\n"), "text where none was asked for"),
    ],
    ids=repr,
)
def test_hostile_header(call: Ringing, reason: str) -> None:
    assert why(header(call)) == (reason, True)


def without(name: bytes) -> bytes:
    return b"".join(line for line in HONEST.splitlines(True) if not line.startswith(name + b":"))


def emptied(name: bytes) -> bytes:
    lines = (name + b": \n" if line.startswith(name + b":") else line for line in HONEST.splitlines(True))
    return b"".join(lines)


@pytest.mark.parametrize("name", [*map(bytes.decode, protocol.REQUIRED), "agi_arg_1"])
def test_required_header(name: str) -> None:
    assert why(without(name.encode())) == (f"no {name}", True)
    if name.encode() in protocol.REQUIRED:
        assert why(emptied(name.encode())) == (f"no {name}", True)


def test_empty_number_is_a_request() -> None:
    [request] = events(emptied(b"agi_arg_1"))
    assert isinstance(request, Request)
    assert request.arguments == ("", "spring", "1001", "carrier")


def test_header_of_a_stranger_is_no_attack() -> None:
    for data in (b"\n", b"GET / HTTP/1.1\r\n\r\n", b"agi_arg_1: 1\n\n", b"\0" * 9 + b"\n", b"\xff\n"):
        assert why(data)[1] is False, data


def test_unknown_header_after_threadid_is_a_later_asterisk() -> None:
    later = HONEST.replace(b"agi_arg_1:", b"agi_tenantid: 7\nagi_arg_1:")
    assert events(later) == [REQUEST]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"agi_x: " + b"y" * (protocol.MAX_LINE - 7) + b"\n" + HONEST,
            "a header that Asterisk does not send",
        ),
        (b"agi_x: " + b"y" * (protocol.MAX_LINE - 6) + b"\n", "a line is too long"),
        (b"y" * (protocol.MAX_LINE + 1), "a line is too long"),
        (b"".join(b"agi_%d: y\n" % n for n in range(97)), "the header is too long"),
        (b"".join(b"agi_%d: %s\n" % (n, b"y" * 2000) for n in range(9)), "the header is too long"),
    ],
    ids=["longest line", "longer line", "no line", "lines", "bytes"],
)
def test_header_limits(data: bytes, reason: str) -> None:
    assert why(data)[0] == reason


def test_line_of_the_longest_kind_may_still_come() -> None:
    assert events(b"y" * protocol.MAX_LINE) == []


@pytest.mark.parametrize(
    ("data", "reply", "ok"),
    [
        (b"200 result=0\n", Reply(200, 0), True),
        (b"200 result=1 (02788880007)\n", Reply(200, 1, "02788880007"), True),
        (b"200 result=1 ()\n", Reply(200, 1), True),
        (b"200 result=1 (a) (b)\n", Reply(200, 1, "a) (b"), True),
        (b"200 result=1 (hangup)\n", Reply(200, 1, "hangup"), True),
        (b"200 result=1 (\xe5\xbc\xa0\xff)\n", Reply(200, 1, "张�"), True),
        (b"200 result=0 endpos=1234\n", Reply(200, 0), True),
        (b"200 result=-1\n", Reply(200, -1), False),
        (b"200 result=-2\n", Reply(200, -2), False),
        (b"510 Invalid or unknown command\n", Reply(510), False),
        (b"511 Command Not Permitted on a dead channel or intercept routine\n", Reply(511), False),
        (b"520 Invalid command syntax.  Proper usage not available.\n", Reply(520), False),
        (b"520-Invalid\n200 result=1\n511 \n520-\n520 End of proper usage.\n", Reply(520), False),
    ],
)
def test_reply(data: bytes, reply: Reply, ok: bool) -> None:
    session = asked()
    assert session.receive(data) == [reply]
    assert reply.ok is ok
    assert session.ask("NOOP") == b"NOOP\n"


@pytest.mark.parametrize(
    "data",
    [
        *(b"\n", b"agi_rdnis: unknown\n", b"200\n", b"200 result=\n", b"200 result=x\n", b"hangup\n"),
        *(
            b" 200 result=1\n",
            b"200 result=1 (a\n",
            b"200 result=1 (a)b\n",
            b"2000 result=1\n",
            b"100 Trying\n",
        ),
    ],
)
def test_what_is_no_reply_breaks_the_session(data: bytes) -> None:
    session = asked()
    assert session.receive(data) == [Malformed("a reply that is none", True)]
    assert session.broken
    assert session.receive(HONEST) == []


def test_reply_limit() -> None:
    edge = b"200 result=1 (" + b"x" * (protocol.MAX_REPLY - 15) + b")"
    assert len(edge) == protocol.MAX_REPLY
    assert isinstance(asked().receive(edge + b"\n")[0], Reply)
    assert asked().receive(b"x" + edge) == [Malformed("a line is too long", False)]


@pytest.mark.parametrize("data", [b"200 result=1\n", b"\n", b"x\n", b"520-\n"])
def test_text_before_a_command(data: bytes) -> None:
    session = AgiSession()
    *_, last = session.receive(HONEST + data)
    assert last == Malformed("text where none was asked for", True)
    session = asked()
    assert session.receive(b"200 result=1\n" + data)[1:] == [Malformed("text where none was asked for", True)]


def test_hangup_may_come_at_any_time_after_the_header() -> None:
    session = AgiSession()
    assert session.receive(HONEST + b"HANGUP\nHANGUP\n") == [REQUEST, HungUp(), HungUp()]
    session.ask(ASKED)
    assert session.receive(b"HANGUP\n200 result=1\nHANGUP\n") == [HungUp(), Reply(200, 1), HungUp()]
    session.ask(ASKED)
    assert session.receive(b"520-x\nHANGUP\n520 End\n") == [HungUp(), Reply(520)]


@pytest.mark.parametrize("command", ["a\nb", "a\rb", "a\0b", "张", "x" * protocol.MAX_LINE, "\x7f"])
def test_command_that_is_more_than_a_plain_line(command: str) -> None:
    session = AgiSession()
    session.receive(HONEST)
    with pytest.raises(ValueError, match="printable"):
        session.ask(command)


def test_one_command_at_a_time_and_none_before_the_header() -> None:
    with pytest.raises(ValueError, match="HEADER"):
        AgiSession().ask(ASKED)
    with pytest.raises(ValueError, match="ASKED"):
        asked().ask(ASKED)


STREAMS = st.one_of(
    st.sampled_from([HONEST, HONEST + b"HANGUP\n", HONEST + b"200 result=1\n", HONEST[:-1] + b"x\n\n"]),
    st.builds(lambda name: header(Ringing(caller_name=name)), st.text(st.characters(codec="utf-8"))),
    st.lists(st.sampled_from([b"agi_a: b\n", b"\n", b"HANGUP\n", b"agi_arg_1: 1\n", b"x", b"200 result=1\n"]))
    .map(b"".join)
    .map(lambda tail: HONEST[:300] + tail),
    st.binary(),
)


@given(STREAMS, st.lists(st.integers(1, 900)))
@example(HONEST, [1] * len(HONEST))
@example(b"y" * 5000, [2048, 1])
@example(b"agi_x: " + b"y" * 2041 + b"\n", [2048])
def test_any_split_gives_the_same_events(data: bytes, sizes: list[int]) -> None:
    session, found, rest = AgiSession(), [], data
    for size in sizes:
        found += session.receive(rest[:size])
        rest = rest[size:]
    found += session.receive(rest)
    assert found == events(data)
    assert session.held <= protocol.MAX_LINE + 900


def many(lines: int, size: int) -> bytes:
    """A header with so many more lines of so many bytes each."""
    later = b"".join(b"agi_l%03d: %s\n" % (n, b"y" * (size - 12)) for n in range(lines))
    return HONEST.replace(b"agi_arg_1:", later + b"agi_arg_1:")


@given(STREAMS | st.builds(many, st.integers(60, 75), st.integers(12, 230)))
@example(many(70, 12))  # 96 lines
@example(many(71, 12))
@example(many(1, 2049))
@example(many(1, 2050))
@example(HONEST.replace(b"agi_rdnis: unknown", b"agi_rdnis:"))
def test_lines_that_come_together_are_what_each_is_alone(data: bytes) -> None:
    found = events(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AgiSession, "_header_lines", lambda _: None)
        assert events(data) == found


@given(st.text(st.characters(codec="utf-8"), max_size=79))
def test_no_text_in_a_name_changes_the_request(name: str) -> None:
    """Whatever a SIP peer writes: the honest request, or none."""
    for field in ("caller_id", "caller_name", "dnid"):
        ringing = Ringing(channel="PJSIP/a-1", uniqueid="1.1", **{field: name})
        first, *others = events(header(ringing)) or [None]
        if isinstance(first, Request) and not others:
            assert (first.route, first.channel, first.uniqueid) == ("outbound", "PJSIP/a-1", "1.1")
            assert first.arguments == REQUEST.arguments
