"""Records what a real Asterisk writes into Master.csv: ``python -m tests.lab.capture_cdr``.

Starts the lab with the product's gate and listener, makes the calls of :data:`SCENES` one after the other and
writes for each ``tests/transcripts/cdr/NAME.csv``, the lines as cdr_csv wrote them, and ``NAME.json``, the
decisions, recordings and incidents that belong to them. The product's clock stands at working hours while
Asterisk has none but the host's, so the times in the JSON are moved by that difference. All numbers are the
lab's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dialpact.compliance.clock import instant, stamp
from tests.lab.bootstrap import bootstrap
from tests.lab.carrier import Carrier
from tests.lab.clock import FileClock
from tests.lab.conftest import RULES
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, load_samples, product

FOLDER = Path(__file__).parents[1] / "transcripts" / "cdr"
CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}
GOSUB = "Gosub(dialpact-outbound,s,1({},autumn-loans,${{CHANNEL(endpoint)}},carrier))"
EXTENSIONS = f"""
[agents]
; *1: the carrier that was asked for is busy, the other one is tried.
exten => _*1X.,1,{GOSUB.format("${EXTEN:2}")}
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier2,30,U(dialpact-answered))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,U(dialpact-answered))
 same => n,Hangup()
; *2: two customers, one after the other, on one channel.
exten => _*2X.,1,{GOSUB.format("13800138555")}
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,gU(dialpact-answered)L(1500))
 same => n,{GOSUB.format("13800138666")}
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,U(dialpact-answered))
 same => n,Hangup()
; *3: the gate was forgotten.
exten => _*3X.,1,Dial(PJSIP/${{EXTEN:2}}@carrier,30)
 same => n,Hangup()
; *4: the gate is asked about one number and another one is dialled.
exten => _*4X.,1,{GOSUB.format("${EXTEN:2}")}
 same => n,Dial(PJSIP/13800138444@carrier,30)
 same => n,Hangup()
; *5: a queue whose member is a customer, by a Local channel.
exten => _*5X.,1,Answer()
 same => n,Queue(customers,,,,20)
 same => n,Hangup()
; *6: allowed, and then not dialled.
exten => _*6X.,1,{GOSUB.format("${EXTEN:2}")}
 same => n,Wait(1)
 same => n,Hangup()

; *7: what a dialler's Local channel runs.
exten => _*7X.,1,{GOSUB.format("${EXTEN:2}").replace("CHANNEL(endpoint)", "AGENT")}
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

[from-carrier]
exten => 02788880007,1,Answer()
 same => n,Milliwatt()
"""
QUEUES = """[general]
[customers]
strategy = ringall
member => Local/*713800138777@agents/n
"""


class Capture:
    """The lab, and what each scene left behind."""

    def __init__(self, pbx: Pbx, site: Site) -> None:
        self.pbx, self.site = pbx, site
        self._lines = self._decisions = self._incidents = 0

    def channels(self, prefix: str) -> list[str]:
        rows = self.pbx.cli("core show channels concise").splitlines()
        return [row.partition("!")[0] for row in rows if row.startswith(prefix)]

    async def channel(self, prefix: str) -> str:
        async with asyncio.timeout(8):
            while not (found := self.channels(prefix)):
                await asyncio.sleep(0.05)
        return found[0]

    async def quiet(self) -> None:
        """Until no channel is left and every recording is finished."""
        async with asyncio.timeout(25):
            while self.channels("") and "0 active channels" not in self.pbx.cli("core show channels"):
                await asyncio.sleep(0.1)
            while self._rows("SELECT 1 FROM recording WHERE ended_at IS NULL"):
                await asyncio.sleep(0.1)

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(self.site.database)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]

    def keep(self, name: str) -> None:
        file = self.pbx.home / "log" / "cdr-csv" / "Master.csv"
        lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
        (FOLDER / f"{name}.csv").write_bytes(b"".join(lines[self._lines :]))
        ahead = datetime.now(UTC) - FileClock(self.site.clock).now()
        decisions = self._rows(
            "SELECT decision.*, undelivered.reason AS undelivered FROM decision LEFT JOIN undelivered"
            f" ON undelivered.decision = decision.id WHERE seq > {self._decisions} ORDER BY seq"
        )
        ids = {row["id"] for row in decisions}
        recordings = [row for row in self._rows("SELECT * FROM recording") if row["decision"] in ids]
        incidents = self._rows(f"SELECT * FROM incident WHERE seq > {self._incidents} ORDER BY seq")
        self._lines = len(lines)
        self._decisions += len(decisions)
        self._incidents += len(incidents)
        found = {
            "decisions": [moved(row, ahead) for row in decisions],
            "recordings": [moved(row, ahead) for row in recordings],
            "incidents": [moved(row, ahead) for row in incidents],
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"{name}: {len(lines)} lines so far, {len(decisions)} decisions, {len(recordings)} recordings")


LEFT_OUT = ("record", "seq", "behind_us", "retry_at", "keep_until", "given")


def moved(row: dict[str, Any], ahead: timedelta) -> dict[str, Any]:
    """Times as Asterisk's clock had them, names of recordings without the lab's folder."""
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if name in LEFT_OUT:
            continue
        if name.endswith("_at") or name == "at":
            value = stamp(instant(value) + ahead) if value else value
        elif name.endswith("path"):
            value = Path(value).name
        kept[name] = value
    return kept


Scene = Callable[[Capture], Awaitable[object]]


async def answered(lab: Capture) -> None:
    await Phone(lab.pbx).call("13800138000", talk_seconds=3, **CALL)  # type: ignore[arg-type]


async def refused(lab: Capture) -> None:
    await Phone(lab.pbx).call("13800138111", **CALL)  # type: ignore[arg-type]


async def busy(lab: Capture) -> None:
    await Phone(lab.pbx).call("13800138001", **CALL)  # type: ignore[arg-type]


async def cancelled(lab: Capture) -> None:
    await Phone(lab.pbx).call("13800138002", ring_limit=2, **CALL)  # type: ignore[arg-type]


async def failover(lab: Capture) -> None:
    await Phone(lab.pbx).call("*113800138333", talk_seconds=2, **CALL)  # type: ignore[arg-type]


async def two_calls(lab: Capture) -> None:
    await Phone(lab.pbx).call("*211", hangup_by="carrier", talk_seconds=30, **CALL)  # type: ignore[arg-type]


async def ungated(lab: Capture) -> None:
    await Phone(lab.pbx).call("*313912345678", talk_seconds=2, **CALL)  # type: ignore[arg-type]


async def another_number(lab: Capture) -> None:
    await Phone(lab.pbx).call("*413800138000", talk_seconds=2, **CALL)  # type: ignore[arg-type]


async def never_dialled(lab: Capture) -> None:
    await Phone(lab.pbx).call("*613800138000", **CALL)  # type: ignore[arg-type]


async def queue(lab: Capture) -> None:
    await Phone(lab.pbx, "agent1002").call("*511", talk_seconds=6, **CALL)  # type: ignore[arg-type]


async def blind_transfer(lab: Capture) -> None:
    """The agent hands the customer on to a colleague's extension."""
    async with Phone(lab.pbx).calling("13800138000", hangup_by="test", **CALL) as call:  # type: ignore[arg-type]
        await call.answered()
        await asyncio.sleep(1.5)
        agent = await lab.channel("PJSIP/agent1001")
        act(lab.pbx, "BlindTransfer", Channel=agent, Context="lab-talker", Exten="s")
        await asyncio.sleep(1.5)
        for leg in lab.channels("PJSIP/carrier"):
            lab.pbx.cli(f"channel request hangup {leg}")
        await asyncio.sleep(0.3)


async def attended_transfer(lab: Capture) -> None:
    """The agent asks a colleague, whose telephone then talks with the customer."""
    async with Phone(lab.pbx).calling("13800138000", hangup_by="test", **CALL) as call:  # type: ignore[arg-type]
        await call.answered()
        await asyncio.sleep(1.5)
        carrier = await lab.channel("PJSIP/carrier")
        act(
            lab.pbx,
            "Originate",
            Channel="Local/s@lab-talker/n",
            Application="Wait",
            Data="60",
            Async="true",
        )
        colleague = await lab.channel("Local/s@lab-talker")
        await asyncio.sleep(0.5)
        act(lab.pbx, "Bridge", Channel1=colleague.rpartition(";")[0] + ";1", Channel2=carrier)
        await asyncio.sleep(1.5)
        for leg in lab.channels("PJSIP/carrier") + lab.channels("Local/"):
            with contextlib.suppress(Exception):
                lab.pbx.cli(f"channel request hangup {leg}")
        await asyncio.sleep(0.3)


def originate(channel: str, **headers: str) -> Scene:
    async def scene(lab: Capture) -> None:
        given = {"Timeout": "8000", "Async": "true", "CallerID": "02788880007", **headers}
        act(lab.pbx, "Originate", Channel=channel, **given)
        await asyncio.sleep(3.0)
        lab.pbx.cli("channel request hangup all")

    return scene


async def emergency(lab: Capture) -> None:
    await Phone(lab.pbx).call("110", talk_seconds=1.5, campaign="", caller_id="02788880001")


async def inbound(lab: Capture) -> None:
    phone = Phone(lab.pbx, "carrier")
    await phone.call("02788880007", talk_seconds=1.5, campaign="", caller_id="13912345678")


async def inbound_refused(lab: Capture) -> None:
    await Phone(lab.pbx, "carrier").call("02788881111", campaign="", caller_id="13912345678")


TALKER = {"Context": "lab-talker", "Exten": "s", "Priority": "1"}
TALK = {"Application": "Wait", "Data": "2"}
SCENES: dict[str, Scene] = {
    "answered": answered,
    "refused": refused,
    "busy": busy,
    "cancelled": cancelled,
    "failover": failover,
    "two-calls": two_calls,
    "ungated": ungated,
    "another-number": another_number,
    "never-dialled": never_dialled,
    "queue": queue,
    "blind-transfer": blind_transfer,
    "attended-transfer": attended_transfer,
    "originate-local": originate("Local/*713800138888@agents", **TALKER),
    "originate-local-optimised": originate("Local/*713800138999@agents", **TALK),
    "originate-trunk": originate("PJSIP/13912345678@carrier", **TALK),
    "originate-trunk-exten": originate("PJSIP/13912345677@carrier", **TALKER),
    "originate-trunk-busy": originate("PJSIP/13912345601@carrier", **TALK),
    "emergency": emergency,
    "inbound": inbound,
    "inbound-refused": inbound_refused,
}  # fmt: skip


async def run(names: list[str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write(EXTENSIONS)
        extra.flush()
        options = product()
        options["dialplan"] = [*options["dialplan"], Path(extra.name)]
        pbx = Pbx(installation=bootstrap(), **options)
    with pbx:
        (pbx.home / "etc" / "queues.conf").write_text(QUEUES)
        print(pbx.cli("core show version").strip(), pbx.cli("module load app_queue.so").strip(), sep="\n")
        busy_carrier = Carrier(pbx, rules={".*": RULES[".*01"]}, trunk="carrier2")
        with Carrier(pbx, rules=RULES), busy_carrier, Site(pbx) as site:
            load_samples(site)
            for number in ("13800138001", "13800138002"):
                site.dialpact(
                    *("consent", "add", number, "--business", "jianghan", "--industry", "loans"),
                    *("--evidence", "form", "--granted-at", "2026-06-01"),
                )
            site.start("gate")
            site.start("listener")
            site.ready()
            lab = Capture(pbx, site)
            for name in names or SCENES:
                try:
                    await SCENES[name](lab)
                    await lab.quiet()
                except Exception as error:  # the others are worth having
                    print(f"{name}: {error!r}")
                    pbx.cli("channel request hangup all")
                    await asyncio.sleep(1)
                lab.keep(name)
            if names:
                print(pbx.log()[-3000:])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1:]))
