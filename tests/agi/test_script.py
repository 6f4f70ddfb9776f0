"""The classic script where it is alone: without a gate, with a bad one, with a PBX that goes away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agi import script, variables
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.agi_process import ROOT, FakeProcess, ToldByScript
from dialpact.testing.asterisk import ASKS, NOTHING, REFUSED_AT_SIGHT, USUAL
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office
from tests.patience import WAIT
from tests.peer import peer

Address = tuple[str, int]
PLAIN = header(Ringing(), fast=False)
ALLOW = variables.answer("ALLOW", [], decision="0af", number=NUMBER)[0].encode() + b"\n"
BLOCK = variables.answer("BLOCK", ["no-consent"], decision="0af")[0].encode() + b"\n"
ASK = variables.CALLER_ID.encode() + b"\n"


@contextlib.asynccontextmanager
async def bad_gate(*said: bytes) -> AsyncIterator[str]:
    """Says each of these after the header or a reply, then closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        for words in said:
            writer.write(words)
            await reader.readuntil(b"\n")

    async with peer(handle) as (host, port):
        yield f"{host}:{port}"


def is_own_refusal(told: ToldByScript) -> bool:
    return (told.verdict, told.reasons, told.number, told.exit) == ("BLOCK", ["gate-error"], "", 0)


def test_imports_little() -> None:
    """Its start-up is each call's delay."""
    code = "import json, sys, agi.script; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"msgspec", "asyncio", "structlog", "dialpact", "tomllib", "pathlib", "aiosqlite"}
    assert "asterisk" in loaded


async def test_gate_is_down(unused_tcp_port: int) -> None:
    told = await FakeProcess(f"127.0.0.1:{unused_tcp_port}", expect=REFUSED_AT_SIGHT).dial(NUMBER)
    assert is_own_refusal(told)
    assert "can not be asked" in told.stderr and NUMBER not in told.stderr


@pytest.mark.parametrize("gate", ["127.0.0.1:99999", "a..b:4573", "x" * 300 + ":1", "127.0.0.1:0"])
async def test_gate_address_is_none(gate: str) -> None:
    assert is_own_refusal(await FakeProcess(gate, expect=REFUSED_AT_SIGHT).dial(NUMBER))


async def test_gate_closes_without_a_word() -> None:
    async with bad_gate() as gate:
        assert is_own_refusal(await FakeProcess(gate, expect=REFUSED_AT_SIGHT).dial(NUMBER))


async def test_gate_closes_after_the_question() -> None:
    async with bad_gate(ASK) as gate:
        assert is_own_refusal(await FakeProcess(gate).dial(NUMBER))


async def test_gate_that_hangs() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with peer(silent) as (_, port):
        assert is_own_refusal(await FakeProcess(f"127.0.0.1:{port}", expect=REFUSED_AT_SIGHT).dial(NUMBER))


@pytest.mark.parametrize(
    "words",
    [
        *(b"EXEC System id\n", b"SET VARIABLE DIALPACT_VERDICT ALLOW\n", b"HANGUP\n", b"GET VARIABLE X\n"),
        *(b"\n", b"EXEC MSet DIALPACT_VERDICT=ALLOW,X=1\n", ALLOW[:-1] + b",X=a b\n"),
    ],
    ids=repr,
)
async def test_command_that_the_gate_does_not_use(words: bytes) -> None:
    async with bad_gate(words) as gate:
        told = await FakeProcess(gate, expect=NOTHING).dial(NUMBER)
    assert (told.verdict, told.exit) == (None, 1)


@pytest.mark.parametrize(
    "words", ["张三\n".encode(), b"\xff\xfe\n", b"x" * 9000 + b"\n"], ids=["zh", "ff", "long"]
)
async def test_what_is_no_text_of_ours(words: bytes) -> None:
    async with bad_gate(words) as gate:
        told = await FakeProcess(gate, expect=(f"({REFUSED_AT_SIGHT[0]})?",)).dial(NUMBER)
    assert not told.allowed


@pytest.mark.parametrize(
    ("words", "reasons"), [(ALLOW, ["gate-error"]), (BLOCK, ["no-consent"])], ids=["allow", "block"]
)
async def test_gate_that_dies_before_it_hears_of_its_verdict(words: bytes, reasons: list[str]) -> None:
    """It withdraws an ALLOW that is not confirmed; so must the script. A refusal stays what it was."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        writer.write(words)
        await reader.readuntil(b"\n")
        linger = struct.pack("ii", 1, 0)  # a reset, not an orderly end
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    again = REFUSED_AT_SIGHT if words == ALLOW else ()
    async with peer(handle) as (_, port):
        told = await FakeProcess(f"127.0.0.1:{port}", expect=(*REFUSED_AT_SIGHT, *again)).dial()
    assert (told.verdict, told.reasons, told.number) == ("BLOCK", reasons, "")


async def test_verdicts_are_handed_on() -> None:
    async with bad_gate(ASK, ALLOW) as gate:
        told = await FakeProcess(gate).dial(NUMBER)
        assert (told.allowed, told.decision, told.exit, told.stderr) == (True, "0af", 0, "")
    async with bad_gate(ASK, BLOCK) as gate:
        told = await FakeProcess(gate).dial(NUMBER)
        assert (told.allowed, told.reasons, told.exit) == (False, ["no-consent"], 0)


@pytest.mark.parametrize(
    "raw", [b"", b"agi_request: x", PLAIN[:300], PLAIN[:-1], b"x" * 9000, b"agi_a: b\n" * 9999]
)
async def test_broken_stdin(address: Address, office: Office, raw: bytes) -> None:
    process = FakeProcess("{}:{}".format(*address), raw=raw, hang_up_after=0, sighup=False, expect=NOTHING)
    told = await process.dial(NUMBER)
    assert (told.verdict, told.exit, told.stderr) == (None, 1, "dialpact-agi: EOFError\n")
    assert office.decisions() == []


@pytest.mark.parametrize("raw", [b"agi_a: b\n" * 9999, b"x" * 9000], ids=["lines", "line"])
async def test_endless_header(address: Address, raw: bytes) -> None:
    """It ends by itself, though the pipe stays open."""
    told = await FakeProcess("{}:{}".format(*address), raw=raw, expect=NOTHING).dial(NUMBER)
    assert (told.verdict, told.exit) == (None, 1)


async def test_pbx_reads_no_more(address: Address, office: Office) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agi.script"),
        stdin=asyncio.subprocess.PIPE,
        stdout=writing,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env={"DIALPACT_GATE": "{}:{}".format(*address)},
    )
    os.close(writing)
    assert process.stdin is not None
    process.stdin.write(PLAIN)
    assert await asyncio.wait_for(process.wait(), WAIT) != 0
    process.stdin.close()
    assert office.decisions() == []


async def test_caller_hangs_up_and_the_pbx_goes_on(address: Address) -> None:
    """SIGHUP is Asterisk's sign of it; what becomes of the call is Asterisk's to know."""
    told = await FakeProcess("{}:{}".format(*address), sighup_at=1).dial(NUMBER)
    assert (told.allowed, told.exit) == (True, 0)


@pytest.mark.parametrize("after", [0, 1])
async def test_caller_hangs_up(address: Address, office: Office, after: int) -> None:
    process = FakeProcess("{}:{}".format(*address), hang_up_after=after, expect=(ASKS,) * after)
    told = await process.dial(NUMBER)
    assert told.verdict is None
    assert NUMBER not in told.stderr and CALLER_ID not in told.stderr


@pytest.mark.parametrize("text", [f"{CALLER_ID}\n\nword", f"{CALLER_ID}\n\nword\nword", f"{CALLER_ID}\n\n"])
async def test_text_behind_an_early_end(address: Address, office: Office, text: str) -> None:
    """Found by review: what lies behind it in the pipe would be taken for a reply."""
    process = FakeProcess("{}:{}".format(*address), expect=REFUSED_AT_SIGHT)
    told = await process.dial(STRANGER, caller_id=text)
    assert (told.verdict, told.reasons) == ("BLOCK", ["invalid-number"])
    assert office.sql("SELECT attack FROM decision") == [("no agi_arg_1",)]


async def test_no_number_is_written_to_stderr(address: Address) -> None:
    told = await FakeProcess("{}:{}".format(*address)).dial(NUMBER)
    assert told.allowed and told.stderr == ""


async def test_address_from_the_configuration(address: Address, tmp_path: Path) -> None:
    file = tmp_path / "dialpact.toml"
    file.write_text('[gate]\nlisten = "{}:{}"\n'.format(*address))
    told = await FakeProcess("", environment={"DIALPACT_CONFIG": str(file)}).dial(NUMBER)
    assert told.allowed
    assert USUAL


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1:4574", ("10.0.0.1", 4574)),
        ("gate.example:1", ("gate.example", 1)),
        ("0.0.0.0:4574", ("127.0.0.1", 4574)),
        (":4574", ("127.0.0.1", 4574)),
        ("[::]:4574", ("::1", 4574)),
        ("[fe80::1]:4574", ("fe80::1", 4574)),
        ("4574", ("127.0.0.1", 4574)),
        ("host:", ("127.0.0.1", 4573)),
        ("host:x", ("127.0.0.1", 4573)),
        ("host:４５", ("127.0.0.1", 4573)),
    ],
)
def test_gate_address(monkeypatch: pytest.MonkeyPatch, text: str, address: Address) -> None:
    monkeypatch.setenv("DIALPACT_GATE", text)
    assert script.gate_address() == address


@pytest.mark.parametrize(
    "text", ["", "x", "[gate]", "[gate]\nlisten = 7", "gate = 1", "gate = []", "[gate]\nlisten = 'x'"]
)
def test_gate_address_of_a_broken_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "dialpact.toml"
    file.write_text(text)
    monkeypatch.delenv("DIALPACT_GATE", raising=False)
    monkeypatch.setenv("DIALPACT_CONFIG", str(file))
    assert script.gate_address() in (("127.0.0.1", 4573), ("127.0.0.1", 7))


def test_it_loads_no_more_than_a_call_can_wait_for() -> None:
    """And leaves nothing of its own in the place of what pyst2 was spared."""
    tell = "import sys, agi.script; before = sorted(sys.modules); import pprint, six; pprint.pformat(six.PY2)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"{tell}; print(*before)"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"asterisk.agi", "agi.variables"} <= loaded
    assert not loaded & {
        "asyncio",
        "dataclasses",
        "dialpact",
        "inspect",
        "pathlib",
        "pprint",
        "six",
        "typing",
    }
