"""One session: who is asked, what is told, and that ALLOW is told last, in time, and to somebody."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from msgspec import structs

from agi import variables
from agi.call import OutboundCall, ProtocolBroken
from agi.limits import Limits
from agi.protocol import Malformed, Reply, Request
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt, Decision, Finding
from dialpact.compliance.reasons import Reason
from tests.agi.office import CALLER_ID, NUMBER, REQUEST, Office, policy

QUICK = Limits(confirm_seconds=0.05)


class FakeLine:
    """The PBX's end. ``replies``: one a command; an exception is raised, None never comes."""

    def __init__(self, *replies: Any, number: str = CALLER_ID) -> None:
        self.replies, self.number = list(replies), number
        self.told: list[str] = []
        self.last: list[str] = []
        self.hung_up = self.closed = False

    async def ask(self, command: str, until: float) -> Reply:
        self.told.append(command)
        usual = Reply(200, 1, self.number) if command == variables.CALLER_ID else Reply(200, 0)
        reply = self.replies.pop(0) if self.replies else usual
        if isinstance(reply, Exception):
            raise reply
        if reply is None:
            async with asyncio.timeout_at(until):
                await asyncio.get_running_loop().create_future()
        return usual if reply == "usual" else reply

    async def last_words(self, commands: list[str], seconds: float) -> None:
        self.last += commands

    def close(self) -> None:
        self.closed = True


class FakeGate:
    """Allows what is not attacked, after ``seconds``."""

    def __init__(self, office: Office, line: FakeLine, seconds: float = 0) -> None:
        self.office, self.line, self.seconds = office, line, seconds
        self.attempts: list[CallAttempt] = []
        self.withdrawn: list[Reason] = []
        self.hang_up = False

    async def decide(self, attempt: CallAttempt, deadline: float, judge: Judge) -> Decision:
        assert judge is self.office.judge, "the one that read the attempt"
        assert not any("VERDICT" in command for command in self.line.told), "told ahead of the decision"
        self.attempts.append(attempt)
        await asyncio.sleep(self.seconds)
        self.line.hung_up = self.hang_up
        decision = self.office.judge.block(attempt, self.office.clock.now(), Reason.INVALID_NUMBER, "attack")
        if attempt.attack:
            return decision
        passed = (Finding(rule="number", result="pass"),)
        return structs.replace(decision, findings=passed, dial=attempt.callee.national)

    def block(self, attempt: CallAttempt, code: Reason, why: str, judge: Judge) -> Decision:
        self.attempts.append(attempt)
        return self.office.judge.block(attempt, self.office.clock.now(), code, why)

    async def withdraw(self, decision: Decision, reason: Reason) -> None:
        assert decision.allowed
        self.withdrawn.append(reason)


async def answer(
    office: Office, line: FakeLine, request: Request | Malformed = REQUEST, seconds: float = 0, **knobs: Any
) -> FakeGate:
    gate = FakeGate(office, line, seconds)
    gate.hang_up = knobs.get("hang_up", False)
    call = OutboundCall(line, office.judge, gate, knobs.get("deadline", 1.0), QUICK)  # type: ignore[arg-type]
    await call.answer(request)
    assert line.closed
    return gate


def verdicts(commands: list[str]) -> list[tuple[str, str]]:
    return re.findall(r"DIALPACT_REASON=([a-z-]*),.*DIALPACT_VERDICT=(ALLOW|BLOCK)", "\n".join(commands))


async def test_allowed(office: Office) -> None:
    line = FakeLine()
    gate = await answer(office, line)
    [attempt] = gate.attempts
    assert (attempt.callee.e164, attempt.campaign, attempt.agent) == (f"+86{NUMBER}", "spring", "1001")
    assert (attempt.caller_id, attempt.trunk, attempt.node) == (CALLER_ID, "carrier", "pbx1")
    assert (attempt.channel, attempt.uniqueid, attempt.attack) == ("PJSIP/a-1", "1.1", "")
    assert len(line.told) == 2 and "DIALPACT_NUMBER=13800138000,DIALPACT_VERDICT=ALLOW" in line.told[1]
    assert gate.withdrawn == []


async def test_allow_after_the_deadline_is_withdrawn(office: Office) -> None:
    line = FakeLine()
    gate = await answer(office, line, seconds=0.1, deadline=0.05)
    assert verdicts(line.told) == [("deadline", "BLOCK")]
    assert "DIALPACT_NUMBER=," in line.told[-1]
    assert gate.withdrawn == [Reason.DEADLINE]


@pytest.mark.parametrize("reply", [Reply(200, 0), Reply(200, 1), Reply(510)], ids=repr)
async def test_mock_that_does_not_evaluate_is_taken_by_its_header(office: Office, reply: Reply) -> None:
    [attempt] = (await answer(office, FakeLine(reply))).attempts
    assert (attempt.caller_id, attempt.attack) == (REQUEST.callerid, "")


async def test_mock_without_the_header_is_taken_by_its_reply(office: Office) -> None:
    [attempt] = (await answer(office, FakeLine(number="027"), structs_replace(callerid=None))).attempts
    assert (attempt.caller_id, attempt.attack) == ("027", "")


@pytest.mark.parametrize("text", ["138%0A0", "138%7f", "%0d", "%1F"])
@pytest.mark.parametrize("place", range(4))
async def test_encoded_control_characters(office: Office, text: str, place: int) -> None:
    arguments = [*REQUEST.arguments]
    arguments[place] = text
    line = FakeLine()
    [attempt] = (await answer(office, line, structs_replace(arguments=tuple(arguments)))).attempts
    assert attempt.attack == "control characters in an argument"
    assert verdicts(line.told) == [("invalid-number", "BLOCK")]


async def test_hostile_session_is_decided_and_told_without_listening(office: Office) -> None:
    line = FakeLine()
    gate = await answer(office, line, Malformed("a header comes twice", True))
    assert [attempt.attack for attempt in gate.attempts] == ["a header comes twice"]
    assert (line.told, verdicts(line.last)) == ([], [("invalid-number", "BLOCK")])


async def test_hostile_text_in_the_place_of_the_reply(office: Office) -> None:
    line = FakeLine(ProtocolBroken(Malformed("a reply that is none", True)))
    gate = await answer(office, line)
    assert [attempt.attack for attempt in gate.attempts] == ["a reply that is none"]
    assert verdicts(line.last) == [("invalid-number", "BLOCK")]


async def test_stranger_is_not_answered(office: Office) -> None:
    line = FakeLine()
    gate = await answer(office, line, Malformed("a line is too long", False))
    assert (gate.attempts, line.told, line.last) == ([], [], [])


async def test_unknown_route(office: Office) -> None:
    line = FakeLine()
    gate = await answer(office, line, structs_replace(route="outbound?x=1"))
    assert gate.attempts == []
    assert verdicts(line.told) == [("gate-error", "BLOCK")]


@pytest.mark.parametrize(
    "given", [(), ("",), (NUMBER,), (NUMBER, "spring"), (NUMBER, "spring", "", "", "x", "y")]
)
async def test_arguments_that_are_missing_or_too_many(office: Office, given: tuple[str, ...]) -> None:
    [attempt] = (await answer(office, FakeLine(), structs_replace(arguments=given))).attempts
    assert attempt.campaign == (given[1] if len(given) > 1 else "")
    assert (attempt.agent, attempt.trunk) == ("", "")


def structs_replace(**changes: Any) -> Request:
    fields = {name: getattr(REQUEST, name) for name in REQUEST.__slots__} | changes
    return Request(**fields)


async def test_failure_of_the_judge_is_no_verdict(office: Office) -> None:
    class Broken(Judge):
        def attempt(self, *_: Any, **__: Any) -> CallAttempt:
            raise ZeroDivisionError

    office.judge = Broken(policy(), office.config.trunks, "pbx1")
    line = FakeLine()
    with pytest.raises(ZeroDivisionError):
        await answer(office, line)
    assert line.closed and verdicts(line.told) == []
