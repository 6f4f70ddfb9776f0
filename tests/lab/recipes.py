"""The recipes of dialplan/recipes as an administrator fills them in, in one Asterisk, and the product."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.ami_listener.scene import until
from tests.lab.ari import MODULES as ARI
from tests.lab.bootstrap import Installation
from tests.lab.leg import Leg
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.site import PROFILE, ROOT, Site, load_samples, product
from tests.lab.track import Track

RECIPES = sorted((ROOT / "dialplan" / "recipes").glob("*.conf"))
CUSTOMER, AGENT, OTHER, BOSS = 1000, 600, 700, 300  # Hz
CALLER_ID = "02788880008"
# Far apart: leads that follow one another are range dialling.
NUMBERS = [f"139{n * 61803399 % 10**8:08d}" for n in range(1, 31)]
FILLED_IN = {
    "CAMPAIGN": "autumn-loans",
    "CALLER-ID": CALLER_ID,
    "BOT": "lab-bot",
    "PJSIP/${EXTEN": "PJSIP/agent${EXTEN",  # the lab's telephones
}
# The ways into them. What an agent dials after *7 and a digit goes to a recipe.
DESK = """
[agents](+)
exten => _*71X.,1,Goto(outbound-failover,${EXTEN:3},1)
exten => _*72X.,1,Goto(outbound-failover-asked,${EXTEN:3},1)
exten => _*73X.,1,Goto(outbound-prefix,${EXTEN:3},1)
exten => _*74X.,1,Set(__TRANSFER_CONTEXT=desk)
 same => n,Goto(click-to-call,${EXTEN:3},1)
exten => _*8[123]XXXX,1,Goto(supervisors,${EXTEN},1)
exten => _70X,1,Goto(parking,${EXTEN},1)
exten => _80XX,1,Goto(conference,${EXTEN},1)

[desk]
include => transfers
include => parking

; As a PBX has them that nobody may touch: one half of a call, and whom it is connected to.
[untouched]
exten => s,1,Dial(PJSIP/agent1001,20)
exten => _1XXXXXXXXXX,1,Dial(PJSIP/${EXTEN}@carrier,30)

[touched]
exten => _1XXXXXXXXXX,1,Dial(PJSIP/${EXTEN}@carrier,30,iU(dialpact-answered))
"""
TRUNKS = """
[trunks.nine]
endpoint = "PJSIP/carrier2"
dial_format = "9{national}"
"""
CONF = {
    "queues.conf": "\n[sales]\nmember => PJSIP/agent1002\n",
    "res_parking.conf": "\n[default]\nparkext = 700\nparkpos = 701-709\ncontext = parked-calls\n",
    "amd.conf": "[general]\n",
    "websocket_client.conf": (
        "[lab-bot]\ntype = websocket_client\nuri = ws://127.0.0.1:{websocket}/\n"
        "protocols = media\nconnection_type = per_call_config\n"
    ),
}
# Not of every lab: they would make each start longer.
MODULES = (
    *("app_amd", "res_parking", "res_audiosocket", "app_audiosocket"),
    *("res_http_websocket", "res_websocket_client", "chan_websocket"),
)


class Lab(NamedTuple):
    pbx: Pbx
    site: Site
    ports: dict[str, int]  # of the bots' programs
    numbers: Iterator[str]

    def rows(self, question: str, *values: str) -> list[dict[str, Any]]:
        """What is on disk, without a process's start."""
        with contextlib.closing(sqlite3.connect(self.site.database)) as store:
            store.row_factory = sqlite3.Row
            return [dict(row) for row in store.execute(question, values)]

    def incidents(self) -> list[str]:
        return [f"{row['kind']}: {row['detail']}" for row in self.rows("SELECT kind, detail FROM incident")]

    def calls(self, number: str) -> list[dict[str, Any]]:
        """As an administrator sees them, oldest first."""
        return list(reversed(self.site.dialpact("calls", "list", "--number", number)))

    async def decided(self, number: str, count: int = 1) -> None:
        """Waits for so many decisions, and for the end of each leg of theirs."""
        of = "SELECT id FROM decision WHERE number = ? OR given = ?"
        names = (f"+86{number}", number)
        await until(lambda: len(self.rows(of, *names)) >= count, 5)
        open_legs = f"SELECT id FROM carrier_leg WHERE decision IN ({of}) AND ended_at IS NULL"
        await until(lambda: not self.rows(open_legs, *names), 10)

    async def kept(self, number: str, agent: str, recordings: int = 1) -> list[dict[str, Any]]:
        """The recordings of the one call to a number, oldest first; it was answered, and nothing is wrong."""
        await self.decided(number)
        (call,) = self.calls(number)
        assert (call["verdict"], call["outcome"], call["agent"]) == ("ALLOW", "answered", agent)
        return await self.kept_of(call["id"], recordings)

    async def kept_of(self, decision: str, recordings: int = 1) -> list[dict[str, Any]]:
        question = "SELECT * FROM recording WHERE decision = ? AND state <> 'unanswered' ORDER BY started_at"
        await until(lambda: all(row["sha256"] for row in self.rows(question, decision)), 10)
        found = self.rows(question, decision)
        assert [row["state"] for row in found] == ["kept"] * recordings, found
        assert self.incidents() == []
        return found

    async def originate(self, channel: str, **into: str) -> None:
        """What a dialler's, a CRM's or a bot's program asks of Asterisk."""
        headers = {"Channel": channel, "CallerID": f"<{CALLER_ID}>", "Async": "true", **into}
        if "Context" in headers:
            headers = {"Exten": "s", "Priority": "1", **headers}
        answer = await asyncio.to_thread(act, self.pbx, "Originate", **headers)
        assert "successfully queued" in answer


def heard(row: dict[str, Any], side: str, *tones: float, seconds: float = 0.4) -> None:
    """So long is each of these tones on that side (callee, agent) of a recording."""
    track = Track.read(row[f"{side}_path"])
    for hz in tones:
        told = sum(span.seconds for span in track.spans(hz, share=0.2))
        assert told > seconds, f"{hz} Hz: {told:.1f} s\n{track.table(BOSS, AGENT, OTHER, CUSTOMER)}"


async def talked(*pairs: tuple[Leg, int], share: float = 0.9) -> None:
    """Each hears that tone for a while."""
    await asyncio.gather(*(leg.hears(hz, seconds=0.6, share=share) for leg, hz in pairs))


@contextlib.contextmanager
def lab_of(installation: Installation, folder: Path) -> Iterator[Lab]:
    """``folder``: for the files that are made."""
    options = product(DIALPACT_SOUND="beep")
    files = [folder / recipe.name for recipe in RECIPES]
    for file in files:  # filled in below, once the ports are known
        file.touch()
    (folder / "desk.conf").write_text(DESK, "utf-8")
    options["dialplan"] += [*files, folder / "desk.conf"]
    pbx = Pbx(installation=installation, **options)
    ports = {name: pbx.ports.take() for name in ("audiosocket", "websocket")}
    etc = pbx.home / "etc"
    for recipe in RECIPES:
        (copy,) = etc.glob(f"*-{recipe.name}")
        copy.write_text(_filled_in(recipe, ports), "utf-8")
    for name, text in CONF.items():
        with (etc / name).open("a") as conf:
            conf.write(text.format(**ports) if "{" in text else text)
    with pbx:
        for module in (*MODULES, *ARI):
            if f"{module}.so" not in pbx.cli(f"module show like {module}.so"):
                assert "Loaded" in pbx.cli(f"module load {module}.so"), module
        with site_of(pbx) as site:
            yield Lab(pbx, site, ports, iter(NUMBERS))


def _filled_in(recipe: Path, ports: dict[str, int]) -> str:
    text = recipe.read_text("utf-8")
    for word, other in FILLED_IN.items():
        text = text.replace(word, other)
    if recipe.stem == "technical-prefix":
        text = text.replace(",carrier)", ",nine)").replace("@carrier", "@carrier2")
    if recipe.stem == "bot-websocket":
        text = text.replace("_1XXXXXXXXXX", "_X.")  # a bot that may dial what it likes, 110 too
    return text.replace("127.0.0.1:9092", f"127.0.0.1:{ports['audiosocket']}")


@contextlib.contextmanager
def site_of(pbx: Pbx) -> Iterator[Site]:
    """Running, with one attempt at a callee in a day, and NUMBERS that may be called."""
    with Site(pbx) as site:
        site.now()  # as Asterisk's CDRs have it
        profile = site.folder / PROFILE
        text = profile.read_text("utf-8")
        cap = 'caps = [{ per = "caller-id", limit = 60, hours = 1, action = "alarm" }]'
        assert cap in text
        profile.write_text(text.replace(cap, 'caps = [{ per = "callee", limit = 1, hours = 24 }]'), "utf-8")
        site.config.write_text(site.config.read_text("utf-8") + TRUNKS, "utf-8")
        load_samples(site)
        site.dialpact(
            *("caller-id", "add", CALLER_ID, "--business", "jianghan", "--licence", "L-8"),
            *("--carrier", "China Telecom Hubei", "--authenticated", "--trunk", "*"),
            *("--purpose", "marketing", "--valid-from", "2026-01-01"),
        )
        rows = "".join(f"{number},jianghan,loans,2026-06-01T09:00:00+08:00,,form\n" for number in NUMBERS)
        consent, leads = site.folder / "consent.csv", site.folder / "leads.csv"
        consent.write_text(f"number,business,industry,granted_at,expires_at,evidence\n{rows}", "ascii")
        leads.write_text("number\n" + "\n".join(NUMBERS) + "\n", "ascii")
        site.dialpact("consent", "import", str(consent))
        site.dialpact(
            *("leads", "import", str(leads), "--campaign", "autumn-loans"),
            *("--partner", "p", "--contract", "c", "--basis", "b"),
        )
        site.start("gate")
        site.start("listener")
        site.ready()
        yield site
