"""VICIdial's carriers with the hook in their entries, on a real Asterisk, and what VICIdial's AGI is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import pytest

from dialpact.application.pbx.adapter import Found
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.vicidial import KEEPALIVE, VICIDIAL
from dialpact.application.pbx.vicidial_tables import CONF
from tests.lab import hooked
from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.recipes import AGENT, CALLER_ID, CUSTOMER, OTHER, Lab, heard, talked
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone
from tests.lab.vicidial import CallLog, Tables, carrier

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

FOUND = Found("vicidial", "2.14b0.5.3884", "test")
CREDENTIALS = """\
VARserver_ip => 10.0.0.1
VARDB_server => localhost
VARDB_database => asterisk
VARDB_user => cron
VARDB_pass => 1234
"""
# VICIdial's example of a PJSIP carrier, with a prefix as sites have it; another with numbered priorities.
ENTRY = """\
exten => _9X.,1,AGI(agi://@AGI@/call_log)
exten => _9X.,n,Dial(PJSIP/${EXTEN:1}@carrier,${CAMPDTO},To)
exten => _9X.,n,Hangup()
"""
SECOND = """\
exten => _8X.,1,AGI(agi://@AGI@/call_log)
exten => _8X.,2,Set(CALLERID(num)=02788880008)
exten => _8X.,3,Dial(PJSIP/${EXTEN:1}@${SECOND},55,o)
exten => _8X.,4,Hangup
"""
CODES = {
    "predictive": "V7152252280000844707",
    "manual": "M7152249180000855319 6666",
    "session": "M7152249180000855319",
}


class Vici:
    """The lab, its tables, and the call log's port."""

    def __init__(self, lab: Lab, tables: Tables, port: int) -> None:
        self.lab, self.tables, self.port = lab, tables, port

    async def dial(self, number: str, kind: str = "predictive", way: str = "9", **more: str) -> None:
        """As VICIdial has its calls made: an Originate of a Local channel, its code is the caller's name."""
        headers = {"CallerID": f'"{CODES[kind]}" <{CALLER_ID}>', **more}
        if kind == "predictive":
            headers |= {"Context": "default", "Exten": "8368"}
            await self.lab.originate(f"Local/{way}{number}@default", **headers)
        else:
            headers |= {"Context": "default", "Exten": f"{way}{number}"}
            await self.lab.originate("Local/58600051@default", **headers)


@pytest.fixture(scope="module")
def vici(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vici]:
    tables = Tables([])
    port: list[int] = []

    def prepare(pbx: Pbx, text: str) -> str:
        port.append(pbx.ports.take())
        agi = f"127.0.0.1:{port[0]}"
        tables.carriers = [
            carrier("TELECOM", ENTRY.replace("@AGI@", agi)),
            carrier("SECOND", SECOND.replace("@AGI@", agi), globals_string="SECOND = carrier2"),
        ]
        (pbx.home / "etc" / "astguiclient.conf").write_text(CREDENTIALS, "ascii")
        return text.replace("@AGI@", agi).replace("@CARRIERS@", "#include carriers.conf")

    def host(pbx: Pbx) -> Host:
        home = pbx.home.resolve()

        def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
            if words[0] == KEEPALIVE:
                (home / "etc" / "carriers.conf").write_text(tables.generated(), "utf-8")
                return Ran(0, "", "")
            return tables.run(words, given, env)

        return Host(home, home / "etc", run)

    with hooked.lab_with(
        installation, tmp_path_factory.mktemp("vicidial"), VICIDIAL, FOUND, prepare, host
    ) as lab:
        for module in ("app_exec",):
            assert f"{module}.so" in lab.pbx.cli(f"module show like {module}.so")
        yield Vici(lab, tables, port[0])


@pytest.fixture
async def log(vici: Vici) -> AsyncIterator[CallLog]:
    async with CallLog(vici.port).serving() as log:
        yield log


@pytest.fixture
async def answers(vici: Vici) -> AsyncIterator[SoftCarrier]:
    async with SoftCarrier(vici.lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier:
        yield carrier


@pytest.fixture
async def desk(vici: Vici) -> AsyncIterator[Softphone]:
    """The agent in his session."""
    async with Softphone(vici.lab.pbx, "agent1002", Answer(talk=Media(hz=OTHER))) as phone:
        yield phone


@pytest.mark.parametrize(
    ("kind", "agent"), [("predictive", "dialler"), ("manual", "6666"), ("session", "session-8600051")]
)
async def test_a_call_that_may_not_be_made(
    vici: Vici, log: CallLog, answers: SoftCarrier, desk: Softphone, kind: str, agent: str
) -> None:
    """Nothing goes out, and VICIdial's h extension tells its database DNC and 34, of the very call."""
    await vici.dial(hooked.WITHOUT_CONSENT, kind)
    (told, *_) = [one for one in await log.ends(1) if one.status]
    assert (told.status, told.cause, told.caller_name) == ("DNC", "34", CODES[kind])
    assert told.channel.startswith("Local/")
    assert answers.legs == []
    (refused, *_) = vici.lab.calls(hooked.WITHOUT_CONSENT)[::-1]
    assert (refused["verdict"], refused["campaign"], refused["agent"]) == ("BLOCK", "autumn-loans", agent)
    assert (refused["trunk"], refused["caller_id"]) == ("carrier", CALLER_ID)


@pytest.mark.parametrize("kind", ["predictive", "manual"])
async def test_a_call_that_may(
    vici: Vici, log: CallLog, answers: SoftCarrier, desk: Softphone, kind: str
) -> None:
    number = next(vici.lab.numbers)
    await vici.dial(number, kind)
    (leg,) = await answers.called()
    (taken,) = await desk.called(timeout=10)
    await talked((taken, CUSTOMER), (leg, OTHER))
    await leg.hang_up()
    await taken.over()
    assert leg.number == number
    (row,) = await vici.lab.kept(number, "dialler" if kind == "predictive" else "6666")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", OTHER)
    assert {one.status for one in await log.ends(1) if one.status} == {"ANSWER"}


async def test_the_campaign_is_vicidials(vici: Vici, answers: SoftCarrier, desk: Softphone) -> None:
    """Set by its AGI, as its own text does: EXEC EXEC Set(_CAMPCUST=...)."""
    number = next(vici.lab.numbers)
    async with CallLog(vici.port, campaign="winter-loans").serving() as log:
        await vici.dial(number)
        await log.ends(1)
    (told,) = vici.lab.calls(number)
    assert (told["campaign"], told["verdict"]) == ("winter-loans", "BLOCK")


async def test_a_blind_transfer(vici: Vici, log: CallLog, answers: SoftCarrier) -> None:
    number = next(vici.lab.numbers)
    async with Softphone(vici.lab.pbx, answer=Answer(talk=Media(hz=AGENT))) as agent:
        call = await agent.call(f"*72{number}", **hooked.CALL)
        (leg,) = await answers.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.refer(f"9{hooked.WITHOUT_CONSENT}")
        await call.transferred()
        await call.hang_up()
        await leg.over(15)
    assert [leg.number for leg in answers.legs] == [number]
    assert vici.lab.calls(hooked.WITHOUT_CONSENT)[-1]["verdict"] == "BLOCK"


async def test_the_opt_out_key(vici: Vici, log: CallLog, answers: SoftCarrier, desk: Softphone) -> None:
    """Of a predictive call, whose agent is at the other end of a Local channel."""
    number = next(vici.lab.numbers)
    await vici.dial(number)
    (leg,) = await answers.called()
    (taken,) = await desk.called(timeout=10)
    await talked((taken, CUSTOMER), (leg, OTHER))
    await hooked.opts_out(vici.lab, leg, number)
    await leg.hang_up()
    await taken.over()


@pytest.mark.parametrize("kind", ["manual", "predictive"])
async def test_an_emergency_number(
    vici: Vici, log: CallLog, answers: SoftCarrier, desk: Softphone, kind: str
) -> None:
    """An agent dials it in VICIdial's screen, which begins by an Originate; a dialler does not."""
    await vici.dial("110", kind)
    if kind == "manual":
        (leg,) = await answers.called()
        (taken,) = await desk.called(timeout=10)
        await talked((taken, CUSTOMER), (leg, OTHER))
        await taken.hang_up()
    else:
        await log.ends(1)
        assert answers.legs == []
        assert "emergency-number" in vici.lab.calls("110")[-1]["reasons"]


async def test_whoever_hangs_up_while_the_gate_is_asked(vici: Vici, log: CallLog) -> None:
    """VICIdial learns of the end all the same: the gate's own contexts have its h extension."""
    number = next(vici.lab.numbers)
    gate = vici.lab.site.process("gate")
    gate.send_signal(19)
    try:
        async with Softphone(vici.lab.pbx) as agent:
            call = await agent.call(f"*72{number}", **hooked.CALL)
            await call.provisional(100)
            await vici.lab.pbx.logged(rf"AGI\(.*{number}")
            await call.hang_up()
            assert len(await log.ends(1)) == 1
    finally:
        gate.send_signal(18)


async def test_a_failure_of_ours_is_none_of_the_leads(vici: Vici, log: CallLog, answers: SoftCarrier) -> None:
    """Nobody answers for the gate: refused, and the lead is not marked as one that must not be called."""
    number = next(vici.lab.numbers)
    vici.lab.site.stop("gate")
    try:
        await vici.dial(number)
        (told, *_) = [one for one in await log.ends(1) if one.status]
        assert (told.status, told.cause) == ("CONGESTION", "42")
        assert answers.legs == []
    finally:
        vici.lab.site.start("gate")


async def test_without_a_recording(vici: Vici, log: CallLog) -> None:
    await hooked.not_bridged(vici.lab, "*72")


async def test_the_installations_own_proof(vici: Vici, log: CallLog) -> None:
    told = await hooked.proven(vici.lab, VICIDIAL, FOUND, hooked.wishes_for(vici.lab.pbx), vici.tables.run)
    assert told == {"SECOND _8X.": "proven", "TELECOM _9X.": "proven"}


async def test_a_carrier_that_lost_its_hook(vici: Vici, log: CallLog) -> None:
    """Somebody has written its entry anew in VICIdial's pages."""
    (there,) = (vici.lab.pbx.home / "etc").glob("carriers.conf")
    kept = there.read_text("utf-8")
    lost = re.sub(r".*Gosub\(dialpact-vicidial.*\n", "", kept)
    lost = lost.replace("${DIALPACT_NUMBER}", "${EXTEN:1}").replace("iU(dialpact-answered)", "")
    there.write_text(lost, "utf-8")
    vici.lab.pbx.cli("dialplan reload")
    try:
        await hooked.without_the_hook(vici.lab, "*72")
    finally:
        there.write_text(kept, "utf-8")
        vici.lab.pbx.cli("dialplan reload")


def test_what_it_was_told_of_the_database(vici: Vici) -> None:
    assert vici.tables.passwords == {"1234"}
    assert not any("1234" in word for words in vici.tables.words for word in words)
    assert set(vici.tables.rebuilt) == {"10.0.0.1"}
    assert CONF == "/etc/astguiclient.conf"
