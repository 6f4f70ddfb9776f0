"""The server against every kind of peer: the others are answered as usual, what it keeps is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import repeat
from pathlib import Path

import pytest
import uvloop
from msgspec import structs

from agi.limits import Limits
from agi.protocol import MAX_LINE, MAX_REPLY
from agi.server import SPARE_FILES, Connection
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.asterisk import ASKS, NOTHING, REFUSED_AT_SIGHT, TELLS, UnexpectedCommand
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office, until
from tests.agi.stores import DISK_FULL, Watched
from tests.patience import WAIT

HEADER = header(Ringing())


QUICK = Limits(confirm_seconds=0.05)
PATIENT = structs.replace(QUICK, header_seconds=60)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, QUICK)


@contextlib.asynccontextmanager
async def connected(
    office: Office, count: int, sent: bytes = b""
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """Connections that the test holds open."""
    pairs = []
    try:
        for _ in range(count):
            pairs.append(await asyncio.open_connection(office.host, office.port))
            pairs[-1][1].write(sent)
        yield pairs
    finally:
        for _, writer in pairs:
            writer.close()
        for _, writer in pairs:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that the gate still says until it cuts the connection."""
    try:
        return await asyncio.wait_for(reader.read(), WAIT)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("pieces", [(1,), (len(HEADER) - 1, 1), (100, 1, 300), (7,), ()], ids=repr)
async def test_header_in_pieces(office: Office, pieces: tuple[int, ...]) -> None:
    async with office.server():
        told = await office.fake(pieces=pieces).dial(NUMBER)
        assert told.allowed and told.number == NUMBER
        assert not (await office.fake(pieces=pieces).dial(STRANGER)).allowed


@pytest.mark.alone  # each of a hundred within the gate's deadline
async def test_hundred_at_once(office: Office) -> None:
    async with office.server():
        found = await asyncio.gather(*(office.fake().dial(STRANGER if n % 3 else NUMBER) for n in range(100)))
    assert [told.allowed for told in found] == [n % 3 == 0 for n in range(100)]
    assert len({told.decision for told in found}) == len(office.decisions()) == 100


@pytest.mark.parametrize("after", [0, 1])
async def test_hang_up_before_the_verdict(office: Office, after: int) -> None:
    async with office.server() as server:
        told = await office.fake(hang_up_after=after, expect=(f"({ASKS})?",)).dial(NUMBER)
        assert told.verdict is None and told.hung_up
        await until(lambda: not server.calls)
        assert (await office.fake().dial(NUMBER)).allowed
    assert office.decisions() == [("ALLOW", "[]")]
    assert office.undelivered() == []


async def test_hang_up_while_the_verdict_is_on_its_way(office: Office) -> None:
    async with office.server() as server:
        told = await office.fake(hang_up_after=2).dial(NUMBER)
        await until(lambda: not server.calls)
        assert told.verdict is None
        await office.fake(hang_up_after=1, politely=True, expect=(ASKS,)).dial(NUMBER)
        await until(lambda: len(office.undelivered()) == 2)
    assert office.decisions() == [("ALLOW", "[]")] * 2
    assert [reason for _, reason in office.undelivered()] == ["gate-error"] * 2


async def test_hangup_line_before_the_verdict(office: Office) -> None:
    async with office.server() as server:
        told = await office.fake(announce=1, expect=(ASKS,)).dial(NUMBER)
        assert told.verdict is None
        await until(lambda: not server.calls)
    assert [reason for _, reason in office.undelivered()] == ["gate-error"]


@pytest.mark.parametrize("reply", [b"510 Invalid or unknown command\n", b"200 result=-2\n", b"garbage\n"])
async def test_allow_that_the_pbx_did_not_carry_out(office: Office, reply: bytes) -> None:
    async with office.server() as server:
        told = await office.fake(replies={2: reply}).dial(NUMBER)
        await until(lambda: not server.calls)
    assert office.undelivered() == [(told.decision, "gate-error")]


async def test_pbx_that_falls_silent_after_the_verdict(office: Office) -> None:
    async with office.server():
        told = await office.fake(deaf_after=1).dial(NUMBER)
    assert office.undelivered() == [(told.decision, "gate-error")]


async def test_pbx_that_never_replies_is_told_and_cut_off(office: Office) -> None:
    async with office.server(deadline_ms=100):
        told = await office.fake(deaf_after=0, expect=(ASKS, TELLS)).dial(NUMBER)
        assert (told.verdict, told.reasons) == ("BLOCK", ["deadline"])
    assert office.decisions() == [("BLOCK", '["deadline"]')]


async def test_store_that_is_too_slow(office: Office) -> None:
    async with office.server(deadline_ms=100):
        with office.locked():
            told = await office.fake().dial(NUMBER)
        assert (told.verdict, told.reasons, told.number) == ("BLOCK", ["deadline"], "")


FORGED = header(Ringing(caller_id=f"{CALLER_ID}\nagi_arg_1: {NUMBER}\nagi_arg_2: spring\n"))
CUT = FORGED.index(b"\n\n") + 2


async def test_forged_header_and_reply(office: Office) -> None:
    """Found by review. Asterisk writes a header line in one piece: its forged reply is there with its end."""
    async with office.server():
        for reply in (b"200 result=1 (%s)\n" % CALLER_ID.encode(), b"200 result=0\n", b"510 x\n"):
            fake = office.fake(raw=FORGED[:CUT] + reply, expect=REFUSED_AT_SIGHT)
            told = await fake.dial(STRANGER)
            assert (told.verdict, told.reasons) == ("BLOCK", ["invalid-number"])
    assert {attack for (attack,) in office.sql("SELECT attack FROM decision")} == {
        "text where none was asked for"
    }


async def test_forged_header_whose_rest_takes_the_place_of_the_reply(office: Office) -> None:
    async with office.server():
        told = await office.fake(raw=FORGED[:CUT], replies={1: FORGED[CUT:]}, expect=(ASKS, TELLS)).dial(
            STRANGER
        )
        assert (told.verdict, told.reasons) == ("BLOCK", ["invalid-number"])
        told = await office.fake(raw=FORGED, expect=REFUSED_AT_SIGHT).dial(STRANGER)
        assert (told.verdict, told.reasons) == ("BLOCK", ["invalid-number"])
    assert [attack for (attack,) in office.sql("SELECT attack FROM decision")] == [
        "a reply that is none",
        "text where none was asked for",
    ]


async def test_newline_in_the_caller_number_shows_in_the_channel(office: Office) -> None:
    """All that the header may say is a shorter number: it is compared with the channel's."""
    async with office.server():
        raw = header(Ringing())
        told = await office.fake(raw=raw).dial(NUMBER, caller_id=f"{CALLER_ID}\n9")
    assert told.reasons == ["invalid-number"]


async def test_unknown_route(office: Office) -> None:
    async with office.server():
        told = await office.fake(expect=REFUSED_AT_SIGHT).dial(NUMBER, script="inbound")
    assert (told.verdict, told.reasons) == ("BLOCK", ["gate-error"])
    assert office.decisions() == []


@pytest.mark.alone  # a thousand must be there before the first is put out
async def test_thousand_idle_connections(office: Office) -> None:
    limits = structs.replace(QUICK, header_seconds=1.5)
    async with office.server(limits) as server, connected(office, 1000) as pairs:
        await until(lambda: len(server.headless) == 1000)
        assert (await office.fake().dial(NUMBER)).allowed
        assert len(server.headless) == 1000 and not server.calls
        assert [await ended(reader) for reader, _ in pairs] == [b""] * 1000
        await until(lambda: not server.open)


async def test_connect_and_close(office: Office) -> None:
    async with office.server() as server:
        for _ in range(200):
            async with connected(office, 1):
                pass
        assert (await office.fake().dial(NUMBER)).allowed
        await until(lambda: not server.open)


@pytest.mark.parametrize("size", [0, 1, 30, len(HEADER) - 1])
async def test_half_a_header(office: Office, size: int) -> None:
    limits = structs.replace(QUICK, header_seconds=0.05)
    async with office.server(limits) as server, connected(office, 1, HEADER[:size]) as [(reader, _)]:
        assert await ended(reader) == b""
        await until(lambda: not server.open)
    assert office.decisions() == []


@pytest.mark.parametrize(
    "chunk",
    [b"x" * 65536, b"agi_x: y\n" * 7000, b"\n" * 65536, b"\0\xff" * 32768, b"agi_x: " + b"y" * 65000],
    ids=["no line", "lines", "empty lines", "binary", "one line"],
)
async def test_ten_megabytes(office: Office, chunk: bytes) -> None:
    async with office.server() as server, connected(office, 1) as [(reader, writer)]:
        await until(lambda: server.open)
        [connection] = server.open
        with contextlib.suppress(ConnectionError):
            for _ in range(10_000_000 // len(chunk)):
                writer.write(chunk)
                await writer.drain()
                assert connection.session.held <= MAX_LINE
        await ended(reader)
        assert (await office.fake().dial(NUMBER)).allowed
        await until(lambda: not server.open)
    assert len(office.decisions()) <= 2


async def test_endless_reply(office: Office) -> None:
    async with office.server(deadline_ms=300) as server:
        told = await office.fake(replies={1: b"x" * (MAX_REPLY + 1)}, expect=(ASKS,)).dial(NUMBER)
        assert told.verdict is None
        await until(lambda: not server.calls)
        told = await office.fake(replies={1: b"520-x\n" * 100_000}, expect=(ASKS, f"({TELLS})?")).dial(NUMBER)
        assert not told.allowed
    assert "ALLOW" not in str(office.decisions())


async def test_oldest_without_a_header_makes_room(office: Office) -> None:
    async with office.server(max_sessions=10) as server, connected(office, 10) as pairs:
        await until(lambda: len(server.open) == 10)
        assert (await office.fake().dial(NUMBER)).allowed
        assert await ended(pairs[0][0]) == b""
        assert len(server.open) <= 10
        assert not pairs[1][0].at_eof()
        async with connected(office, 25) as more:
            assert await ended(more[0][0]) == b""
            assert len(server.open) == len(server.headless) == 10


async def test_idle_connections_leave_descriptors_for_callers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found under load: at the last descriptor callers were closed unseen, and the idle ones stayed."""
    few = SPARE_FILES + 300  # and the host gives no more
    monkeypatch.setattr(resource, "getrlimit", lambda _: (few, few))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: None)
    async with office.server(PATIENT) as server, connected(office, 350) as pairs:
        await until(lambda: len(server.open) == 300)
        assert await ended(pairs[0][0]) == b""
        assert (await office.fake().dial(NUMBER)).allowed
        assert len(server.open) <= 300


async def test_calls_are_not_put_out_for_newcomers(office: Office) -> None:
    async with office.server(max_sessions=10) as server, connected(office, 10, HEADER) as pairs:
        await until(lambda: len(server.calls) == 10)
        async with connected(office, 3) as late:
            assert [await ended(reader) for reader, _ in late] == [b""] * 3
        assert len(server.calls) == 10
        for reader, writer in pairs:
            assert b"CALLERID(num)" in await reader.readline()
            writer.write(b"200 result=1 (%s)\n" % CALLER_ID.encode())
            assert b"DIALPACT_VERDICT=ALLOW" in await reader.readline()
            writer.write(b"200 result=0\n")


async def test_end_of_service_answers_who_waits_and_cuts_the_rest(office: Office) -> None:
    headless = connected(office, 3, b"agi_network: yes\n")
    async with office.server(PATIENT, deadline_ms=2000) as server, headless:
        await until(lambda: len(server.headless) == 3)
        with office.locked():
            waiting = asyncio.create_task(office.fake().dial(NUMBER))
            await until(lambda: server.calls)
            closing = asyncio.create_task(server.close())
            await until(lambda: not server.headless)
            assert server.calls, "nobody waited for them"
        assert (await waiting).verdict is not None
        await closing
        with pytest.raises(ConnectionError):
            await office.fake().dial(NUMBER)


async def test_who_was_being_accepted_as_the_service_ended_is_cut(office: Office) -> None:
    class Line(asyncio.Transport):
        cut = False

        def abort(self) -> None:
            self.cut = True

    async with office.server() as server:
        await server.close()
        connection, line = Connection(server), Line()
        connection.connection_made(line)
        assert line.cut
        connection.connection_lost(None)


async def test_service_stores_all_that_it_answered(office: Office) -> None:
    async with office.serving() as (office.host, office.port):
        found = await asyncio.gather(*(office.fake().dial(NUMBER) for _ in range(20)))
    assert {told.decision for told in found} == {row for (row,) in office.sql("SELECT id FROM decision")}


async def test_service_ends_when_its_calls_are_answered(office: Office) -> None:
    async with office.store(busy_ms=1000) as store:
        watched = Watched(store)
        async with office.serving(watched) as (office.host, office.port):
            with office.locked():
                waiting = asyncio.create_task(office.fake().dial(NUMBER))
                await until(watched.decisions.asked.is_set)
    told = await waiting
    assert told.verdict is not None
    assert [verdict for verdict, _ in office.decisions()] == [told.verdict]


async def test_service_stores_at_its_end_what_it_could_not_before(office: Office, watched: Watched) -> None:
    watched.decisions.failures = repeat(DISK_FULL)
    async with office.serving(watched) as (office.host, office.port):
        told = await office.fake().dial(NUMBER)
        await asyncio.sleep(0)
        watched.decisions.failures = iter(())
        assert told.reasons == ["gate-error"]
    assert office.decisions() == [("BLOCK", '["gate-error"]')]


async def test_log_says_who_attacked_and_no_number(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    async with office.server():
        await office.fake().dial(NUMBER)
        await office.fake(expect=REFUSED_AT_SIGHT).dial(NUMBER, caller_name="x\nagi_arg_1: 1")
        await office.fake().dial("13800138000%0A")
    said = capsys.readouterr().out
    assert said.count("attack") >= 2 and "PJSIP/agent1001" in said
    assert NUMBER not in said and CALLER_ID not in said


async def test_fake_is_strict(office: Office) -> None:
    async with office.server():
        for expect in (NOTHING, (ASKS,), (TELLS, ASKS), (ASKS, TELLS, TELLS)):
            with pytest.raises(UnexpectedCommand):
                await office.fake(expect=expect).dial(NUMBER)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param(test_hundred_at_once, marks=pytest.mark.alone),
        *(test_hang_up_while_the_verdict_is_on_its_way, test_unknown_route),
        *(test_hangup_line_before_the_verdict, test_pbx_that_falls_silent_after_the_verdict),
        *(test_pbx_that_never_replies_is_told_and_cut_off, test_store_that_is_too_slow, test_endless_reply),
        *(test_forged_header_and_reply, test_forged_header_whose_rest_takes_the_place_of_the_reply),
        *(test_connect_and_close, test_oldest_without_a_header_makes_room),
        *(test_calls_are_not_put_out_for_newcomers, test_service_ends_when_its_calls_are_answered),
    ],
)
def test_on_uvloop(office: Office, test: Callable[[Office], Coroutine[None, None, None]]) -> None:
    """The daemon's loop: its transports, time-outs and half-closes are of another make."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test(office))
