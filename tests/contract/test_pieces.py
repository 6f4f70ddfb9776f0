"""However the network cuts it, the same is understood on both sides; a character may be cut in two."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from agi.protocol import AgiSession
from ami_listener.ami import wire
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.ami import FakeAmi
from dialpact.testing.asterisk import FakeAsterisk
from tests.contract import transcript
from tests.patience import WAIT
from tests.peer import peer

NAME = "张三😀"
SOME = "PJSIP/carrier-00000000"


def cut(data: bytes, how: str) -> Sequence[bytes]:
    if how == "bytes":
        return [data[n : n + 1] for n in range(len(data))]
    if how == "characters":  # each one of several bytes is cut after every one of them
        edges = [0, *(n for n, byte in enumerate(data) if 0x80 <= byte < 0xC0), len(data)]
        return [data[begin:end] for begin, end in itertools.pairwise(edges)]
    return [data]


WAYS = ("bytes", "characters", "lump")


def test_cuts_are_what_they_say() -> None:
    data = f"x{NAME}y".encode()
    assert all(b"".join(cut(data, how)) == data for how in WAYS)
    assert sum(piece[:1] >= b"\x80" and piece[:1] < b"\xc0" for piece in cut(data, "characters")) == 7


@pytest.mark.parametrize("how", WAYS)
async def test_fake_ami_reads_pieces(how: str) -> None:
    async with FakeAmi() as ami:
        leg = ami.channel("carrier")
        text = "".join(
            "".join(f"{key}: {value}\r\n" for key, value in action.items()) + f"ActionID: {n:032x}\r\n\r\n"
            for n, action in enumerate(
                (
                    {"Action": "Login", "Username": "dialpact", "Secret": "hush"},
                    {"Action": "Setvar", "Channel": leg.name, "Variable": "A", "Value": NAME},
                    {"Action": "Getvar", "Channel": leg.name, "Variable": "A"},
                )
            )
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", ami.port)
        for piece in cut(text.encode(), how):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # the fake gets its turn between two pieces
        async with asyncio.timeout(WAIT):
            told = await reader.readuntil(f"Value: {NAME}\r\n\r\n".encode())
        writer.close()
        assert told.count(b"Response: Success") == 3
        assert leg.variables["A"] == NAME


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", ["answered", "stopped", "listener"])
def test_our_framer_reads_asterisks_words_in_pieces(name: str, how: str) -> None:
    _, said = transcript.read(transcript.TOP / "22" / f"{name}.txt")
    came = [raw.replace(b"02712345699", NAME.encode()) for way, raw in said if way == ">"]
    stream = came[0] + b"\r\n" + b"".join(raw + b"\r\n\r\n" for raw in came[1:])
    framer = wire.Framer()
    found = [message for piece in cut(stream, how) for message in framer.feed(piece)]
    assert found == [wire.read(raw) for raw in came[1:]]


@pytest.mark.parametrize("how", WAYS)
def test_our_session_reads_a_header_in_pieces(how: str) -> None:
    text = header(Ringing(caller_name=NAME, channel=SOME, uniqueid="1.1"))
    whole, session = AgiSession().receive(text), AgiSession()
    found = [event for piece in cut(text, how) for event in session.receive(piece)]
    assert found == whole != []


@pytest.mark.parametrize("how", WAYS)
async def test_fake_asterisk_reads_commands_in_pieces(how: str) -> None:
    commands = (
        b"GET FULL VARIABLE ${FILTER(0-9+,${CALLERID(num)})}\n",
        b"EXEC MSet DIALPACT_REASONS=no-consent,DIALPACT_REASON=no-consent,DIALPACT_VERDICT=BLOCK\n",
    )
    answers: list[bytes] = []

    async def gate(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        for command in commands:
            for piece in cut(command, how):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            answers.append(await reader.readline())

    async with peer(gate) as address:
        told = await FakeAsterisk(*address).dial(caller_id="027")
    assert answers == [b"200 result=1 (027)\n", b"200 result=0\n"]
    assert (told.verdict, told.reasons) == ("BLOCK", ["no-consent"])
