"""Answers to actions: whose they are, what they mean, and what a broken or hostile stream makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listener.ami.connection import LinkError, OutcomeUnknown, Session
from ami_listener.ami.events import HungUp
from ami_listener.ami.pbx import NoChannel, Pbx, monitor_id
from dialpact.compliance.errors import RecordingError
from dialpact.testing.ami import FakeAmi, FakeFailure


@pytest.fixture
async def session(ami: FakeAmi) -> AsyncIterator[Session]:
    session = await opened(ami)
    yield session
    await session.close()


async def opened(ami: FakeAmi) -> Session:
    return await Session.open("127.0.0.1", ami.port, "dialpact", "hush")


@pytest.mark.parametrize("header", ["ActionID", "Message", "Response"])
async def test_answer_with_a_header_twice_is_no_answer(ami: FakeAmi, session: Session, header: str) -> None:
    ami.dropped.add("Getvar")
    asked = asyncio.create_task(session.act("Getvar", Channel="x", Variable="y", limit=0.2))
    ident = (await ami.seen("Getvar"))["ActionID"]
    ami.raw(f"Response: Success\r\nActionID: {ident}\r\nMessage: a\r\n{header}: b\r\n\r\n".encode())
    with pytest.raises(OutcomeUnknown, match="no answer within"):
        await asked
    assert session.ignored == 1
    assert not session.lost.is_set()


async def test_answer_without_the_right_id_answers_nothing(ami: FakeAmi, session: Session) -> None:
    ami.dropped.add("Getvar")
    asked = asyncio.create_task(session.act("Getvar", Channel="x", Variable="y", limit=0.2))
    await ami.seen("Getvar")
    for ident in ("1", "action/1/1", ""):
        ami.raw(f"Response: Success\r\nActionID: {ident}\r\nValue: forged\r\n\r\n".encode())
    with pytest.raises(OutcomeUnknown):
        await asked


async def test_nothing_of_a_lost_session_waits_to_be_sent_again(ami: FakeAmi) -> None:
    session = await opened(ami)
    ami.dropped.add("MixMonitor")
    asked = [
        asyncio.create_task(session.act("MixMonitor", Channel="x", File="/a", Options="r(/b)t(/c)"))
        for _ in range(3)
    ]
    await ami.seen("MixMonitor")
    ami.drop()
    for task in asked:
        with pytest.raises(OutcomeUnknown, match="outcome unknown"):
            await task
    assert session.unanswered == 0


async def test_answers_do_not_wait_for_events_to_be_read(ami: FakeAmi, session: Session) -> None:
    for _ in range(200):
        ami.dial("13800138000")
    assert (await session.act("Ping")).success


async def test_connection_that_breaks_during_the_login(ami: FakeAmi) -> None:
    ami.dropped.add("Login")
    opening = asyncio.create_task(opened(ami))
    await ami.seen("Login")
    ami.drop()
    with pytest.raises(LinkError):
        await opening


async def test_garbage_and_giants_do_no_harm(ami: FakeAmi, session: Session) -> None:
    ami.raw(b"\r\n\r\n\x00\xff\r\n\r\nfoo\r\n\r\nEvent\r\n\r\n")
    ami.raw(b"Event: Hangup\r\nX: " + b"y" * 300_000 + b"\r\n\r\n")
    leg = ami.dial("13800138000")
    leg.hang_up()
    async with asyncio.timeout(2):
        async for event in session.events():
            if isinstance(event, HungUp):
                assert event.channel == leg.name
                break


async def test_list_of_channels(ami: FakeAmi, session: Session) -> None:
    pbx = Pbx(session)
    assert await pbx.channels() == []
    leg = ami.dial("13800138000", "d" * 32)
    leg.answer()
    leg.seconds = 83
    (row,) = [row for row in await pbx.channels() if row.channel == leg.name]
    assert (row.uniqueid, row.state, row.seconds, row.bridged) == (leg.uniqueid, "Up", 83, False)


async def test_rights_are_told_apart(ami: FakeAmi, session: Session) -> None:
    pbx = Pbx(session)
    assert await pbx.missing_right() == ""
    ami.write = {"call"}
    assert "write = system" in await pbx.missing_right()
    ami.write = {"system"}
    assert "write = call" in await pbx.missing_right()


async def test_a_channel_that_is_gone_is_no_refusal(ami: FakeAmi, session: Session) -> None:
    pbx = Pbx(session)
    with pytest.raises(NoChannel):
        await pbx.variable("PJSIP/carrier-00000009", "X")
    assert not await pbx.is_live("PJSIP/carrier-00000009", "1.9")
    leg = ami.dial("13800138000")
    assert await pbx.is_live(leg.name, leg.uniqueid)
    assert not await pbx.is_live(leg.name, "1.9"), "another call of the same name"


@pytest.mark.parametrize("text", ["", "0xZ", "x0x1", "0x1;2", "0x11111111111111111"])
def test_a_monitor_id_is_checked(text: str) -> None:
    assert monitor_id(text) == ""


async def test_the_fake_is_strict() -> None:
    """An action nobody knows, and an expectation nobody met, fail the test that uses the fake."""
    with pytest.raises(FakeFailure, match="unexpected action Originate"):
        async with FakeAmi() as ami:
            session = await opened(ami)
            await session.act("Originate", Channel="x")
            await session.close()
    with pytest.raises(FakeFailure, match="never came: Hangup"):
        async with FakeAmi() as ami:
            ami.expect("Hangup")
    with pytest.raises(FakeFailure, match="forbidden: Ping"):
        async with FakeAmi() as ami:
            session = await opened(ami)
            ami.forbid("Ping")
            await session.act("Ping")
            await session.close()


async def test_the_fake_tells_of_what_asterisk_would_overwrite(tmp_path: Path) -> None:
    precious = tmp_path / "precious.wav"
    precious.write_bytes(b"evidence")
    with pytest.raises(FakeFailure, match="would overwrite"):
        async with FakeAmi() as ami:
            session = await opened(ami)
            leg = ami.dial("13800138000")
            with pytest.raises(RecordingError):
                await Pbx(session).record(leg.name, str(precious), f"{tmp_path}/b.wav", f"{tmp_path}/c.wav")
            await session.close()
    assert precious.read_bytes() == b"evidence"


async def test_a_yes_to_any_id_proves_no_recording(ami: FakeAmi, session: Session, tmp_path: Path) -> None:
    """Asterisk 16 says yes whatever the id: an attachment that can not be seen is not believed."""
    leg = ami.channel("carrier")
    files = [str(tmp_path / f"{name}.wav") for name in ("main", "callee", "agent")]
    monitor = await Pbx(session).record(leg.name, *files)
    assert await Pbx(session).attached(leg.name, monitor)
    ami.heeds_monitor_id = False
    assert not await Pbx(session).attached(leg.name, monitor)
