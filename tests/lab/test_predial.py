"""A PBX whose dialplan asks nobody: a program asks over HTTP and originates with the decision's id.

The customer is heard at 1000 Hz, the agent at 600.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest

from tests.ami_listener.scene import until
from tests.lab.bootstrap import Installation
from tests.lab.recipes import AGENT, CALLER_ID, CUSTOMER, Lab, heard, lab_of, talked
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

OTHER_CALLER_ID = "02788880001"


class Told(NamedTuple):
    status: int
    answer: dict[str, Any]

    @property
    def variable(self) -> str:
        """As a program puts it into its Originate."""
        return f"__DIALPACT_ID={self.answer['decision']}"


class Program:
    """Asks the site's ``dialpact web``."""

    def __init__(self, lab: Lab, port: int, token: str) -> None:
        self.lab, self._port, self._token = lab, port, token

    async def ask(self, number: str, **words: str) -> Told:
        return await asyncio.to_thread(self._ask, number, words)

    def _ask(self, number: str, words: dict[str, str]) -> Told:
        asked = {"number": number, "campaign": "autumn-loans", "caller_id": CALLER_ID, "trunk": "carrier"}
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request("POST", "/v1/predial", json.dumps(asked | words), head)
            said = connection.getresponse()
            return Told(said.status, json.loads(said.read()))
        finally:
            connection.close()

    async def allowed(self, number: str) -> Told:
        told = await self.ask(number)
        assert (told.status, told.answer["dial"]) == (200, number), told
        return told


@pytest.fixture(scope="module")
def program(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with lab_of(installation, tmp_path_factory.mktemp("predial")) as lab:
        port = lab.pbx.ports.take()
        text = lab.site.config.read_text("utf-8")
        lab.site.config.write_text(f'{text}[web]\nlisten = "127.0.0.1:{port}"\n', "utf-8")
        given = lab.site.dialpact("api-key", "add", "crm", "--scopes", "check", "--expires", "2099-12-31")
        lab.site.start("web")
        yield Program(lab, port, given["token"])


@pytest.fixture
def lab(program: Program) -> Lab:
    return program.lab


@pytest.fixture
def number(lab: Lab) -> str:
    return next(lab.numbers)


@pytest.fixture
async def carrier(lab: Lab) -> AsyncIterator[SoftCarrier]:
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier:
        yield carrier


@pytest.fixture
async def agent(lab: Lab) -> AsyncIterator[Softphone]:
    async with Softphone(lab.pbx, answer=Answer(talk=Media(hz=AGENT))) as agent:
        yield agent


async def incident(lab: Lab, kind: str, before: int) -> str:
    """The new one, and that there is no other."""
    await until(lambda: len(lab.incidents()) > before, 10)
    *_, found = lab.incidents()
    assert found.startswith(f"{kind}: "), found
    assert len(lab.incidents()) == before + 1
    return found


async def recorded(lab: Lab, told: Told) -> dict[str, Any]:
    decision = told.answer["decision"]
    await until(lambda: bool(lab.rows("SELECT 1 FROM recording WHERE decision = ?", decision)), 10)
    question = "SELECT * FROM recording WHERE decision = ?"
    await until(lambda: all(row["sha256"] for row in lab.rows(question, decision)), 10)
    (row,) = lab.rows(question, decision)
    assert row["state"] == "kept"
    return row


async def test_the_customer_first(
    lab: Lab, program: Program, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    """Nothing of the dialplan is ours: the leg is originated, and connected when it has answered."""
    before = lab.incidents()
    told = await program.allowed(number)
    await lab.originate(f"PJSIP/{number}@carrier", Context="untouched", Variable=told.variable)
    (leg,) = await carrier.called()
    (call,) = await agent.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    await leg.over()
    row = await recorded(lab, told)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    assert lab.incidents() == before
    (shown,) = lab.calls(number)
    assert (shown["id"], shown["outcome"]) == (told.answer["decision"], "answered")
    assert (leg.number, shown["caller_id"]) == (number, CALLER_ID)
    package = lab.site.folder / "package.zip"
    lab.site.dialpact("evidence", "export", "--call", shown["id"], "-o", str(package), "--by", "chen")
    lab.site.dialpact("evidence", "verify", str(package))
    cdrs = lab.pbx.home / "log/cdr-csv/Master.csv"
    await until(lambda: "PJSIP/carrier-" in cdrs.read_text("utf-8"), 5)
    found = lab.site.dialpact(
        "reconcile", "--cdr", str(cdrs), "--timezone", "UTC", "--node", "lab", code=None
    )
    assert found["matched"] >= 1
    assert shown["id"] not in json.dumps(found["findings"])


async def test_the_agent_first_through_the_interlock(
    lab: Lab, program: Program, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    before = lab.incidents()
    told = await program.allowed(number)
    into = {"Context": "touched", "Exten": number, "Variable": told.variable}
    await lab.originate("PJSIP/agent1001", **into)
    (call,) = await agent.called()
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    row = await recorded(lab, told)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    assert lab.incidents() == before
    assert lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", told.answer["decision"]) == [
        {"interlock": "through"}
    ]


async def test_the_agent_first_without_it_is_recorded_and_told(
    lab: Lab, program: Program, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    before = len(lab.incidents())
    told = await program.allowed(number)
    into = {"Context": "untouched", "Exten": number, "Variable": told.variable}
    await lab.originate("PJSIP/agent1001", **into)
    (call,) = await agent.called()
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    row = await recorded(lab, told)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    await incident(lab, "interlock-missing", before)


async def test_a_decision_is_one_call(
    lab: Lab, program: Program, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    before = len(lab.incidents())
    told = await program.allowed(number)
    await lab.originate(f"PJSIP/{number}@carrier", Context="untouched", Variable=told.variable)
    (call,) = await agent.called()
    await call.hears(CUSTOMER)
    await call.hang_up()
    await recorded(lab, told)
    await lab.originate(f"PJSIP/{number}@carrier", Context="untouched", Variable=told.variable)
    await incident(lab, "reused-decision", before)
    _, second = await carrier.called(2)
    await second.over()
    assert second.ended_by == "pbx"
    again = await program.ask(number)
    assert (again.status, again.answer["reasons"]) == (409, ["too-many-attempts"]), "it was counted"


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("number", "foreign-number"),
        ("caller-id", "caller-id-altered"),
        ("id", "no-decision"),
        ("age", "stale-decision"),
    ],
)
async def test_what_does_not_fit_is_cut(
    lab: Lab, program: Program, carrier: SoftCarrier, number: str, what: str, kind: str
) -> None:
    before, dialled = len(lab.incidents()), number
    told = await program.allowed(number)
    into = {"Context": "untouched", "Variable": told.variable}
    match what:
        case "number":
            dialled = next(lab.numbers)
        case "caller-id":
            into["CallerID"] = f"<{OTHER_CALLER_ID}>"
        case "id":
            into["Variable"] = "CAMPAIGN=x"
        case "age":
            decided = told.answer["dial_by"].replace("Z", "+00:00")
            lab.site.set_time(datetime.fromisoformat(decided) + timedelta(seconds=1))
    await lab.originate(f"PJSIP/{dialled}@carrier", **into)
    (leg,) = await carrier.called()
    await leg.over()
    assert (leg.ended_by, leg.number) == ("pbx", dialled)
    assert (await incident(lab, kind, before)).startswith(f"{kind}: cut; by an Originate ")


async def test_one_that_the_carrier_refuses_at_once(lab: Lab, program: Program, number: str) -> None:
    before = lab.incidents()
    told = await program.allowed(number)
    async with SoftCarrier(lab.pbx, Answer(ring=None, delay=0, status=486)) as busy:
        await lab.originate(f"PJSIP/{number}@carrier", Context="untouched", Variable=told.variable)
        await busy.called()
        question = "SELECT hangup_cause FROM carrier_leg WHERE decision = ? AND ended_at IS NOT NULL"
        await until(lambda: bool(lab.rows(question, told.answer["decision"])), 10)
    assert lab.rows(question, told.answer["decision"]) == [{"hangup_cause": 17}]
    assert lab.incidents() == before


async def test_what_may_not_be_made_is_not(lab: Lab, program: Program) -> None:
    told = await program.ask("13912345678")
    assert (told.status, told.answer["dial"], told.answer["verdict"]) == (409, "", "BLOCK")
    assert "no-consent" in told.answer["reasons"]
