"""What a real Asterisk sent: the protocol understands it, and the fakes send the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agi import variables
from agi.protocol import AgiSession, HungUp, Malformed, Reply, Request
from dialpact.testing.agi_commands import PROBES, AgiChannel
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.transcripts import FOLDER, Transcript, read

DECIDED = ("allowed", "refused", "refused-two-reasons")
OPTOUTS = ("optout-key", "optout-line", "optout-unknown")
BROKEN = ("broken-number", "broken-caller")  # a line break in what a peer sent


def replay(found: Transcript) -> list[object]:
    """The session's events. Raises when our side would not have said what it said then."""
    session, events = AgiSession(), []
    for way, line in found.lines:
        if way == ">":
            events += session.receive(line + b"\n")
        elif not session.broken:
            assert session.ask(line.decode()) == line + b"\n"
    return events


def test_every_transcript_is_used() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == {
        *(*DECIDED, *BROKEN, *OPTOUTS),
        *("commands", "classic"),
    }
    assert all("Asterisk 22" in read(file.stem).about[0] for file in FOLDER.glob("*.txt"))


@pytest.mark.parametrize(
    ("name", "replies"), [("allowed", 2), ("refused", 2), ("refused-two-reasons", 3)], ids=DECIDED
)
def test_session_of_a_call(name: str, replies: int) -> None:
    request, *others = replay(read(name))
    assert isinstance(request, Request)
    number = "13800138000" if name == "allowed" else "13800138001"
    assert request.arguments == (number, "spring", "agent1001", "carrier")
    assert request.route == "outbound"
    assert [isinstance(reply, Reply) and reply.ok for reply in others] == [True] * replies


@pytest.mark.parametrize("name", OPTOUTS)
def test_session_of_a_refusal(name: str) -> None:
    found = read(name)
    request, *others = replay(found)
    assert isinstance(request, Request)
    assert (request.route, len(request.arguments)) == ("optout", 4)
    way, subject, scope, _ = request.arguments
    assert variables.route(request.arguments) == "optout"
    (asks, asked), (tells, told) = found.exchanges
    assert [isinstance(reply, Reply) and reply.ok for reply in others] == [True, True]
    assert (asks.decode(), asked) == (variables.SUBJECT, [b"200 result=1 (" + subject.encode() + b")"])
    assert (tells.decode(), told) == (variables.taken(name != "optout-unknown"), [b"200 result=1"])
    # The fakes send and answer the same.
    fake = header(Ringing(way, subject, scope, "PJSIP/x-1", caller_id="", script="optout")).splitlines()
    varying = re.compile(rb"(agi_(?:context|extension|priority|type|callingpres)): .*")
    assert [varying.sub(rb"\1", line) for line in shape(fake)] == [
        varying.sub(rb"\1", line) for line in shape(found.header)
    ]
    channel = AgiChannel(subject=subject)
    assert [channel.execute(line).splitlines() for line in (asks, tells)] == [asked, told]


@pytest.mark.parametrize("name", BROKEN)
def test_session_with_a_line_break(name: str) -> None:
    events = replay(read(name))
    assert isinstance(events[-1], Malformed) and events[-1].hostile
    assert sum(isinstance(event, Malformed) for event in events) == 1


def test_usage_errors_and_hangup_are_understood() -> None:
    found = read("commands")
    # An empty line and one that is too long are two things that our side never sends.
    session, codes = AgiSession(), []
    session.receive(b"\n".join(found.header) + b"\n")
    for command, lines in found.exchanges[:-1]:
        session.ask(command.decode() or "x")
        [event] = session.receive(b"\n".join(lines) + b"\n")
        assert isinstance(event, Reply)
        codes.append(event.code)
    assert (codes.count(520), codes.count(510)) == (5, 2)
    assert session.receive(b"HANGUP\n") == [HungUp()]
    assert found.exchanges[-1][1][-1] == b"HANGUP"


def test_header_of_the_fake_is_the_real_one() -> None:
    for name in (*DECIDED, "commands"):
        found = read(name)
        _, _, first = found.lines[2][1].partition(b": ")
        assert first.startswith(b"agi://")
        fake = header(Ringing(agent="agent1001"))
        assert [line.partition(b":")[0].decode() for line in fake.splitlines() if line] == found.names
        assert len(fake.splitlines()) == len(found.header) == 27
        assert shape(fake.splitlines()) == shape(found.header), "what never changes is the same"


def test_header_of_the_fake_process_is_the_real_one() -> None:
    found, fake = read("classic"), header(Ringing(agent="classic"), fast=False).splitlines()
    assert [line.partition(b":")[0] for line in fake] == [line.partition(b":")[0] for line in found.header]
    assert "arguments of the process: 13800138000 | spring | classic | carrier" in found.about[1]


def shape(lines: list[bytes]) -> list[bytes]:
    """The header without what belongs to one call, one installation or one edition of the dialplan."""
    varying = re.compile(
        rb"(agi_(?:request|channel|uniqueid|version|callerid\w*|dnid|priority|threadid|arg_\d)): .*"
    )
    return [varying.sub(rb"\1", line) for line in lines]


def test_line_break_of_the_fake_is_the_real_one() -> None:
    fake = header(Ringing(number="138001380%0Aword", agent="raw", dnid="138001380\nword"))
    assert shape(fake.splitlines()) == shape(read("broken-number").header)


def test_fake_answers_commands_as_the_real_one() -> None:
    channel, found = AgiChannel("02788880007"), read("commands")
    channel.set("DIALPACT_VERDICT", "")
    assert [command for command, _ in found.exchanges] == list(PROBES)
    for command, lines in found.exchanges:
        real = [line for line in lines if line != b"HANGUP"]
        fake = channel.execute(command).splitlines()
        if real[0].startswith(b"520-"):  # the usage text itself is documentation
            assert (fake[0], fake[-1]) == (real[0], real[-1])
        else:
            assert fake == real, command[:80]


def test_transcripts_hold_no_real_number() -> None:
    fictitious = re.compile(r"1380013800[01]|0278888000[78]|138001380")
    for file in Path(FOLDER).glob("*.txt"):
        for line in file.read_text("utf-8").splitlines():
            if "threadid" not in line and "ID=" not in line and ":${FILTER" not in line:
                for number in re.findall(r"(?<![\d.])\d{11}(?!\d)", line):
                    assert fictitious.fullmatch(number), line
