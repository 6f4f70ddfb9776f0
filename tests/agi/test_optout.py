"""Refusals in a call and on the line: by FastAGI and by the classic script, whatever the store does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest
import structlog

from agi import variables
from dialpact.compliance.errors import StoreError
from dialpact.testing.agi_process import FakeProcess
from dialpact.testing.asterisk import NOTHING, FakeAsterisk, Told
from tests.agi.office import NUMBER, STRANGER, Office, soon, until
from tests.agi.stores import Watched
from tests.patience import WAIT
from tests.peer import peer

SUBJECT = "GET VARIABLE DIALPACT_SUBJECT"
TAKEN = (SUBJECT, r"SET VARIABLE DIALPACT_OPTOUT (done|failed)")
ID = "0123456789abcdef0123456789abcdef"
Refuse = Callable[..., Any]


def call_of(office: Office, node: str = "pbx1", **columns: str) -> str:
    """A call that was put through."""
    values = {"id": ID, "business": "acme", "agent": "1001", "number": "+86" + NUMBER, "industry": "loans"}
    values |= columns
    industry = values.pop("industry")
    record = json.dumps({"facts": {"campaign": {"industry": industry} if industry else None}})
    seq = office.sql("SELECT count(*) + 1 FROM decision")[0][0]
    office.sql(
        "INSERT INTO decision (seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id,"
        " campaign, business, agent, trunk, channel, uniqueid, attack, record)"
        " VALUES (?, ?, ?, ?, 'ALLOW', '[]', ?, '', '1', '', 'spring', ?, ?, 'carrier', '', '', '', ?)",
        *(seq, values["id"], node, "2026-11-24T01:59:00.000000Z", values["number"]),
        *(values["business"], values["agent"], record),
    )
    return values["id"]


def recording_of(office: Office, decision: str, **columns: Any) -> None:
    row = {
        "id": "r1",
        "decision": decision,
        "node": "pbx1",
        "channel": "PJSIP/carrier-1",
        "uniqueid": "1.2",
        "state": "running",
        "number": "",
        "caller_id": "",
        "campaign": "",
        "started_at": "2026-11-24T01:59:30.000000Z",
        "answered_at": "2026-11-24T01:59:40.500000Z",
        "format": "wav",
        "path": "/r/1.wav",
        "callee_path": "",
        "agent_path": "",
    } | columns
    office.sql(
        f"INSERT INTO recording ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values()
    )


def opt_outs(office: Office) -> list[tuple[Any, ...]]:
    return office.sql("SELECT number, scope, value, how, by, decision FROM opt_out ORDER BY seq")


def in_force(office: Office) -> list[tuple[Any, ...]]:
    return office.sql("SELECT number, scope, value, source FROM do_not_call")


def answer(told: Told) -> str | None:
    return told.channel.variables.get("DIALPACT_OPTOUT")


@pytest.fixture(params=["fastagi", "script"])
def refuse(request: pytest.FixtureRequest, address: tuple[str, int]) -> Refuse:
    async def refused(way: str, subject: str, scope: str = "business", **knobs: Any) -> Told:
        """``told``: what the channel says of itself, if not the same."""
        about = {"subject": knobs.pop("told", subject)}
        words = {"campaign": subject, "agent": scope, "trunk": "PJSIP/x-1", "script": "optout"}
        expect = knobs.pop("expect", TAKEN)
        words |= knobs.pop("words", {})
        if request.param == "script":
            fake: Any = FakeProcess(f"{address[0]}:{address[1]}", expect=expect, about=about, **knobs)
        else:
            fake = FakeAsterisk(*address, expect=expect, about=about, **knobs)
        told: Told = await fake.dial(way, **words)
        return told

    return refused


@pytest.mark.parametrize(
    ("way", "scope", "value", "by"),
    [
        ("callee-key", "business", "acme", "+86" + NUMBER),
        ("agent-key", "business", "acme", "1001"),
        ("agent-key", "industry", "loans", "1001"),
        ("callee-key", "all", "", "+86" + NUMBER),
    ],
)
async def test_key_in_a_call(
    office: Office, refuse: Refuse, address: tuple[str, int], way: str, scope: str, value: str, by: str
) -> None:
    call_of(office)
    recording_of(office, ID)
    assert (await FakeAsterisk(*address).dial(NUMBER)).allowed
    assert answer(await refuse(way, ID, scope)) == "done"
    key = int("86" + NUMBER)
    assert opt_outs(office) == [(key, scope, value, way, by, ID)]
    assert office.sql("SELECT recording, position, node, channel, at FROM opt_out") == [
        ("r1", None, "pbx1", "PJSIP/x-1", "2026-11-24T02:00:00.000000Z")
    ]
    assert in_force(office) == [(key, scope, value, f"{way} {ID}")]
    log = office.sql("SELECT actor, action, key FROM register_change WHERE register = 'dnc' ORDER BY seq")
    assert log == [(by, "add", "+86" + NUMBER), (by, "opt-out", "+86" + NUMBER)]
    told = await FakeAsterisk(*address).dial(NUMBER)
    assert (told.verdict, told.reasons[0]) == ("BLOCK", "do-not-call")
    # Again in the same call: he is told the same, and it stays one refusal.
    office.clock.set("2026-11-24 10:00:05")
    assert answer(await refuse(way, ID, scope)) == "done"
    assert (len(opt_outs(office)), len(in_force(office))) == (1, 1)
    # But what refuses more says more.
    assert answer(await refuse(way, ID, "all")) == "done"
    assert [row[1] for row in opt_outs(office)] == [scope, "all"] or scope == "all"


async def test_line(office: Office, refuse: Refuse) -> None:
    assert answer(await refuse("line", "0" + STRANGER, "all")) == "done"  # as some carriers write it
    key = int("86" + STRANGER)
    assert opt_outs(office) == [(key, "all", "", "line", "+86" + STRANGER, "")]
    assert in_force(office) == [(key, "all", "", "line")]


@pytest.mark.parametrize("number", ["+85291234567", "14912345678"])
async def test_who_could_never_be_called_is_heard_on_the_line(
    office: Office, refuse: Refuse, number: str
) -> None:
    assert answer(await refuse("line", number, "all")) == "done"
    assert [one[4] for one in opt_outs(office)] == ["+" + number.removeprefix("+").replace("149", "86149")]


@pytest.mark.parametrize(
    ("way", "subject", "scope"),
    [
        ("callee-key", "f" * 32, "business"),
        ("agent-key", "", "business"),
        ("agent-key", ID + "0", "business"),
        ("callee-key", "x' OR '1'='1", "all"),
        ("callee-key", NUMBER, "all"),
        ("line", "", "all"),
        ("line", "anonymous", "all"),
        ("line", "110", "all"),
        ("line", "10086", "all"),
        ("line", ID, "all"),
    ],
)
async def test_what_refuses_nothing(
    office: Office, refuse: Refuse, way: str, subject: str, scope: str
) -> None:
    call_of(office)
    assert answer(await refuse(way, subject, scope)) == "failed"
    assert opt_outs(office) == in_force(office) == []


async def test_call_of_another_node(office: Office, refuse: Refuse) -> None:
    call_of(office, node="pbx2")
    assert answer(await refuse("callee-key", ID)) == "failed"
    assert opt_outs(office) == in_force(office) == []


async def test_call_of_no_known_business_is_a_refusal_of_all(office: Office, refuse: Refuse) -> None:
    call_of(office, business="", industry="")
    assert answer(await refuse("callee-key", ID, "industry")) == "done"
    assert in_force(office) == [(int("86" + NUMBER), "all", "", f"callee-key {ID}")]


async def test_channel_that_names_another_subject(office: Office, refuse: Refuse) -> None:
    """A header may be forged, what the channel says of itself not."""
    call_of(office)
    assert answer(await refuse("callee-key", ID, told="f" * 32)) == "failed"
    assert answer(await refuse("line", STRANGER, told="")) == "failed"
    assert opt_outs(office) == in_force(office) == []


@pytest.mark.parametrize("caller_name", ["x\nagi_arg_1: line", "x\n", "x\nagi_network_script: optout"])
async def test_forged_header(office: Office, refuse: Refuse, caller_name: str) -> None:
    call_of(office)
    told = await refuse("callee-key", ID, words={"caller_name": caller_name}, expect=(r"(.*VERDICT=BLOCK)?",))
    assert answer(told) is None
    assert opt_outs(office) == in_force(office) == []


async def test_one_who_hangs_up_at_once_has_refused(office: Office) -> None:
    call_of(office)
    async with office.server() as server:
        told = await office.fake(hang_up_after=1, expect=(SUBJECT,)).dial(
            "callee-key", ID, agent="business", script="optout"
        )
        await until(lambda: not server.calls)
        assert answer(told) is None
        await until(lambda: opt_outs(office))
        # On the line only the channel's own word is a number.
        await office.fake(hang_up_after=1, expect=(SUBJECT,)).dial(
            "line", STRANGER, agent="all", script="optout"
        )
        await until(lambda: not server.calls)
    assert [row[3] for row in opt_outs(office)] == ["callee-key"]


async def test_a_pbx_that_never_answers_the_question_is_told_all_the_same(office: Office) -> None:
    """Half a reply, then silence: found by `make fuzz` as a ValueError, with a traceback in the log."""
    decision = call_of(office)
    header_lines = "agi_network: yes\nagi_network_script: optout\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n"
    arguments = f"agi_threadid: 1\nagi_arg_1: callee-key\nagi_arg_2: {decision}\nagi_arg_3: all\n\n"
    with structlog.testing.capture_logs() as logs:
        async with office.server(deadline_ms=300) as server:
            reader, writer = await asyncio.open_connection(office.host, office.port)
            writer.write((header_lines + arguments).encode())
            assert await asyncio.wait_for(reader.readline(), WAIT) == SUBJECT.encode() + b"\n"
            writer.write(b"2")
            said = await asyncio.wait_for(reader.read(), WAIT)
            writer.close()
            await until(lambda: not server.calls)
    assert said.startswith(b"SET VARIABLE DIALPACT_OPTOUT ")
    assert not [one for one in logs if one["event"] == "session failed"], logs
    assert office.sql("SELECT count(*) FROM opt_out") == [(1,)]


async def test_store_that_is_locked_gets_it_later(office: Office) -> None:
    call_of(office)
    async with office.server(deadline_ms=300) as server:
        with office.locked():
            told = await optout(office, "callee-key", ID)
            assert answer(told) == "failed"
            assert answer(await optout(office, "line", STRANGER, "all")) == "failed"
            await until(lambda: not server.calls)
            office.clock.set("2026-11-24 10:10:00")
        await until(lambda: len(opt_outs(office)) == 2)
    assert office.sql("SELECT how, at FROM opt_out ORDER BY seq") == [
        ("callee-key", "2026-11-24T02:00:00.000000Z"),  # when it was said
        ("line", "2026-11-24T02:00:00.000000Z"),
    ]
    assert len(in_force(office)) == 2


async def optout(office: Office, way: str, subject: str, scope: str = "business") -> Told:
    fake = office.fake(expect=TAKEN, about={"subject": subject})
    return await fake.dial(way, subject, agent=scope, script="optout")


async def test_store_that_is_locked_until_the_end_says_so(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    call_of(office)
    async with office.opt_outs() as taking:
        with office.locked():
            assert not await taking.take("callee-key", ID, "all", "PJSIP/x-1", soon())
            assert not await taking.take("line", "+86" + STRANGER, "all", "PJSIP/x-2", soon())
            await taking.close()
    said = capsys.readouterr().out
    assert said.count("kept until the store is back") == said.count("never stored") == 2
    assert ID in said
    assert STRANGER not in said


async def test_one_that_is_at_fault_itself_blocks_no_other(office: Office, watched: Watched) -> None:
    call_of(office)
    watched.opt_outs.failures = repeat(ZeroDivisionError())
    async with office.opt_outs(watched) as taking:
        assert not await taking.take("callee-key", ID, "all", "", soon())
        assert await taking.take("line", "+86" + STRANGER, "all", "", soon())
        watched.opt_outs.failures = iter(())
        assert await taking.take("agent-key", ID, "all", "", soon())
    assert [row[3] for row in opt_outs(office)] == ["line", "callee-key", "agent-key"]


async def test_commit_that_was_reported_as_failed_is_not_written_twice(
    office: Office, watched: Watched
) -> None:
    call_of(office)
    watched.opt_outs.late_failures = iter([StoreError("the disk said no")])
    async with office.opt_outs(watched) as taking:
        assert not await taking.take("callee-key", ID, "all", "", soon())
        await until(lambda: not len(taking))
    assert len(opt_outs(office)) == len(in_force(office)) == 1


async def test_memory_is_bounded(office: Office) -> None:
    async with office.opt_outs(max_kept=3) as taking:
        with office.locked():
            for _ in range(5):
                assert not await taking.take("callee-key", ID, "all", "", soon(0.01))
            assert len(taking) == 3


async def test_gate_is_down(unused_tcp_port: int) -> None:
    fake = FakeProcess(f"127.0.0.1:{unused_tcp_port}", expect=(TAKEN[1],))
    assert answer(await fake.dial("callee-key", ID, agent="business")) == "failed"


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        (b"SET VARIABLE DIALPACT_OPTOUT done", True),
        (b"EXEC MSet DIALPACT_VERDICT=ALLOW", False),
        (b"EXEC System id", False),
        (b"SET VARIABLE DIALPACT_OPTOUT done x", False),
    ],
)
async def test_script_carries_out_only_what_belongs_to_a_refusal(command: bytes, allowed: bool) -> None:
    async def gate(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readuntil(b"\n\n")
        assert b"agi_network_script: optout\n" in header
        writer.write(command + b"\n")
        await reader.read(100)

    expect = (TAKEN[1],) if allowed else NOTHING
    async with peer(gate) as (_, port):
        process = FakeProcess(f"127.0.0.1:{port}", expect=expect)
        told = await process.dial("callee-key", ID, agent="business")
    assert answer(told) == ("done" if allowed else None)


def test_a_number_is_never_a_way() -> None:
    assert variables.route([NUMBER, "spring"]) == variables.route([]) == "outbound"
    assert {variables.route([way]) for way in ("callee-key", "agent-key", "line")} == {"optout"}


async def test_a_slip_in_the_scope_refuses_all(office: Office, refuse: Refuse) -> None:
    call_of(office)
    assert answer(await refuse("agent-key", ID, "everything")) == "done"
    assert [scope for _, scope, *_ in in_force(office)] == ["all"]
