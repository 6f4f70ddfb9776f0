"""One AMI connection and what panoramisk, TCP or a hostile caller would make of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from ami_listener.ami.connection import LinkError, LoginRefused, OutcomeUnknown, Session
from ami_listener.ami.events import Event
from ami_listener.timings import LinkTimings
from dialpact.testing.ami import FakeAmi
from tests.patience import WAIT


async def opened(port: int, secret: str = "hush", **other: float) -> Session:
    """``other``: than quick pings and little patience."""
    timings = LinkTimings(**({"ping": 0.05, "pong": 0.1, "login": 0.5} | other))  # type: ignore[arg-type]
    return await Session.open("127.0.0.1", port, "dialpact", secret, timings=timings)


@pytest.fixture
async def session(ami: FakeAmi) -> AsyncIterator[Session]:
    session = await opened(ami.port)
    yield session
    await session.close()


@pytest.fixture
async def unpinged(ami: FakeAmi) -> AsyncIterator[Session]:
    """One that sends nothing by itself."""
    session = await opened(ami.port, ping=3600)
    yield session
    await session.close()


async def lost(session: Session) -> str:
    await asyncio.wait_for(session.lost.wait(), WAIT)
    return session.why_lost


async def next_events(session: Session, count: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(WAIT):
        async for event in session.events():
            found.append(event)
            if len(found) == count:
                break
    return found


async def test_a_wrong_password_is_told(ami: FakeAmi) -> None:
    with pytest.raises(LoginRefused, match="refuses user dialpact"):
        await opened(ami.port, "wrong")
    await asyncio.sleep(0)
    assert ami.logins == 0


async def test_nobody_there_and_nobody_answering_are_told(ami: FakeAmi) -> None:
    ami.frozen = True
    with pytest.raises(LinkError, match="no answer from the manager"):
        await opened(ami.port)
    port = ami.port
    await ami.stop()
    with pytest.raises(LinkError, match="no manager at"):
        await opened(port)


async def test_another_service_on_the_port_is_told(ami: FakeAmi) -> None:
    ami.greeting = "SSH-2.0-OpenSSH_9.2"
    with pytest.raises(LinkError):
        await opened(ami.port)


async def test_an_unanswered_action_ends_and_its_late_answer_is_nobodys(
    unpinged: Session, ami: FakeAmi
) -> None:
    session = unpinged  # a ping under way is an unanswered action too
    ami.silent.add("CoreSettings")
    with pytest.raises(OutcomeUnknown, match="no answer within"):
        await session.act("CoreSettings", limit=0.1)
    late = ami.actions[-1]["ActionID"]
    assert session.unanswered == 0  # nor kept for ever
    ami.raw(f"Response: Success\r\nActionID: {late}\r\n\r\n".encode())
    assert (await session.act("Ping")).success


async def test_an_event_with_the_id_of_an_action_is_not_its_answer(unpinged: Session, ami: FakeAmi) -> None:
    ami.silent.add("Getvar")
    asked = asyncio.create_task(unpinged.act("Getvar", Channel="x", Variable="y"))
    await ami.seen("Getvar")
    ident = ami.actions[-1]["ActionID"]
    ami.raw(f"Event: UserEvent\r\nPrivilege: user,all\r\nActionID: {ident}\r\n\r\n".encode())
    ami.raw(f"Response: Success\r\nActionID: {ident}\r\nValue: a\r\n\r\n".encode())
    ami.raw(f"Response: Success\r\nActionID: {ident}\r\nValue: b\r\n\r\n".encode())
    async with asyncio.timeout(WAIT):
        assert (await asked).headers["Value"] == "a"
    assert unpinged.unanswered == 0
    assert (await unpinged.act("Ping")).success


async def test_what_was_under_way_when_the_link_broke_is_never_sent_again(
    session: Session, ami: FakeAmi
) -> None:
    """panoramisk would put it into the next session: another call's channel may have that name then."""
    leg = ami.channel("PJSIP/carrier")
    ami.dropped.add("Hangup")
    pending = asyncio.create_task(session.act("Hangup", Channel=leg.name))
    await ami.seen("Hangup")
    ami.drop()
    with pytest.raises(OutcomeUnknown):
        await pending
    await lost(session)
    ami.dropped.clear()
    again = await opened(ami.port)
    ami.boot()  # panoramisk sends what awaited on FullyBooted
    assert (await again.act("Ping")).success
    assert ami.count("Hangup") == 1
    await again.close()


async def test_a_half_open_link_is_noticed(session: Session, ami: FakeAmi) -> None:
    ami.freeze()
    assert "ping" in await lost(session)


async def test_nothing_is_sent_over_a_lost_link_and_close_is_final(session: Session, ami: FakeAmi) -> None:
    await session.close()
    with pytest.raises(LinkError, match="not sent"):
        await session.act("Ping")
    other = await opened(ami.port)  # time for a reconnect that must not be
    assert ami.logins == 2
    await other.close()


@pytest.mark.parametrize("text", ["x\r\n\r\nAction: Hangup", "x\nChannel: y", "x\r", "a\0b", "a\x7fb"])
async def test_no_control_character_gets_into_an_action(session: Session, ami: FakeAmi, text: str) -> None:
    before = len(ami.actions)
    with pytest.raises(ValueError, match="not fit for an AMI action"):
        await session.act("Setvar", Channel="PJSIP/x", Variable="V", Value=text)
    assert ami.count("Setvar") == 0
    assert len(ami.actions) <= before + 1  # a ping may have come between


async def test_action_ids_can_not_be_guessed(session: Session, ami: FakeAmi) -> None:
    for _ in range(3):
        await session.act("Ping")
    ids = [action["ActionID"] for action in ami.actions]
    assert len(set(ids)) == len(ids) > 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", ident) for ident in ids)


async def test_one_byte_at_a_time_gives_the_same_events(session: Session, ami: FakeAmi) -> None:
    ami.dribble = True
    leg = ami.dial("13800138000", "0" * 32)
    leg.ring()
    _booted, dialled = await next_events(session, 2)
    assert getattr(dialled, "channel", "") == leg.name


async def test_a_header_that_comes_twice_does_not_end_the_connection(session: Session, ami: FakeAmi) -> None:
    ami.raw(b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: a\r\nUserEvent: b\r\n\r\n")
    ami.raw(b"Event: Hangup\r\nEvent: Shutdown\r\nPrivilege: call,all\r\n\r\n")
    ami.raw("Event: Newstate\r\nPrivilege: call,all\r\nCallerIDName: 张".encode() + b"\xff\xfe\r\n\r\n")
    assert (await session.act("Ping")).success
    assert not session.lost.is_set()


async def test_a_forged_event_or_response_is_not_believed(session: Session, ami: FakeAmi) -> None:
    """What SIP text makes of one message: the rest of it stands alone, without the usual headers."""
    ami.raw(b"Event: Shutdown\r\n\r\n")
    ami.raw(b"Shutdown: Cleanly\r\nEvent: Shutdown\r\nPrivilege: system,all\r\n\r\n")
    ami.raw(b"Response: Success\r\nActionID: 1\r\nMessage: x\r\n\r\n")
    assert (await session.act("Ping")).success
    ami.boot()
    # One came after the login, one now, and nothing between them.
    assert [type(event).__name__ for event in await next_events(session, 2)] == ["Booted", "Booted"]
    session.lose("seen enough")
    assert [event async for event in session.events()] == []


async def test_too_many_waiting_events_end_the_session(
    ami: FakeAmi,
) -> None:
    session = await opened(ami.port, queue=20)
    for _ in range(30):
        ami.boot()
    assert "too many events" in await lost(session)
