"""``make demo``: real calls through a real Asterisk, and what became of each.

The same answer at any hour of any day: gate and listener run with the lab's clock (``tests.lab.clock``).
Exit status 1 when any call ended otherwise than the covenant demands.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dialpact.compliance import texts
from tests.lab import console
from tests.lab.call import CallResult
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.scenes import AGAIN, MORNING, NO_GATE, NO_LISTENER, NOON, SATURDAY, WORDS, Scene, instant
from tests.lab.site import Site, load_samples, product

TALK_SECONDS = 3.0


@dataclass
class Outcome:
    scene: Scene
    call: CallResult
    invites: int
    decision: dict[str, Any] | None = None
    recording: dict[str, Any] | None = None
    faults: list[str] = field(default_factory=list)


class Demo:
    def __init__(self, language: str, console: Console) -> None:
        self.words = WORDS[language]
        self.language = language
        self.console = console
        self.outcomes: list[Outcome] = []
        self.version = ""

    async def run(self) -> None:
        progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=self.console
        )
        with progress:
            self._progress = progress
            self._task = progress.add_task(self.words["starting"], total=None)
            with Pbx(**product()) as pbx, Site(pbx) as site:
                self.version = pbx.cli("core show version").split()[1]
                with Carrier(pbx) as carrier:
                    await self._acts(site, carrier, Phone(pbx))
                console.keep(site)

    def _say(self, key: str, **values: object) -> None:
        self._progress.update(self._task, description=self.words[key].format(**values))

    async def _acts(self, site: Site, carrier: Carrier, phone: Phone) -> None:
        site.set_time(instant("2026-11-21T10:00:00"))
        self._say("registers")
        load_samples(site)
        site.start("gate")
        site.start("listener")
        site.ready()
        await self._act(site, carrier, phone, SATURDAY)
        site.set_time(instant("2026-11-24T10:00:00"))
        await self._act(site, carrier, phone, MORNING)
        await self._act(site, carrier, phone, AGAIN)
        site.set_time(instant("2026-11-24T12:30:00"))
        await self._act(site, carrier, phone, NOON)
        site.set_time(instant("2026-11-24T15:00:00"))
        site.stop("listener")
        await self._act(site, carrier, phone, NO_LISTENER)
        site.stop("gate")
        await self._act(site, carrier, phone, NO_GATE)

    async def _act(self, site: Site, carrier: Carrier, phone: Phone, scenes: list[Scene]) -> None:
        self._say("calling", what=", ".join(getattr(scene, self.language) for scene in scenes))
        before = len(carrier.invites())
        calls = await asyncio.gather(*(self._call(carrier, phone, scene) for scene in scenes))
        recorded = sum(scene.recorded and not scene.reasons for scene in scenes)
        await finished(site, recorded)
        decisions = {row["given"]: row for row in reversed(site.dialpact("calls", "list"))}
        recordings = {row["decision"]: row for row in site.dialpact("recordings", "list")}
        for scene, call in zip(scenes, calls, strict=True):
            invites = sum(invite.number == scene.number for invite in carrier.invites()[before:])
            decision = decisions.get(scene.number)
            recording = recordings.get(decision["id"]) if decision else None
            outcome = Outcome(scene, call, invites, decision, recording)
            outcome.faults = list(faults(outcome))
            self.outcomes.append(outcome)

    @staticmethod
    async def _call(carrier: Carrier, phone: Phone, scene: Scene) -> CallResult:
        call = {"campaign": scene.campaign, "caller_id": scene.caller_id}
        if not scene.keys:
            return await phone.call(scene.number, talk_seconds=TALK_SECONDS, **call)
        async with phone.calling(scene.number, hangup_by="test", **call) as talking:
            await talking.answered()
            await asyncio.sleep(TALK_SECONDS / 3)
            (invite,) = [invite for invite in carrier.invites() if invite.number == scene.number]
            await carrier.dial(invite, scene.keys)
            await asyncio.sleep(TALK_SECONDS)  # what the callee is told takes two of them
            return await talking.hang_up()

    def table(self) -> Table:
        title = self.words["title"].format(version=self.version.partition("+")[0])
        table = Table(title=title, title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for name in self.words["columns"].split("|"):
            table.add_column(name, overflow="fold")
        for outcome in self.outcomes:
            table.add_row(*self._row(outcome), style="" if not outcome.faults else "red")
        return table

    def _row(self, outcome: Outcome) -> list[str]:
        scene, call, words = outcome.scene, outcome.call, self.words
        decision, recording = outcome.decision, outcome.recording
        if decision:
            verdict, reasons = decision["verdict"], decision["reasons"]
        else:
            verdict = words["past-gate"] if call.answered else words["by-dialplan"]
            reasons = scene.reasons
        dbfs = call.sound.dbfs
        phone = (
            words["allowed"].format(talk=call.talk_seconds, dbfs=dbfs)
            if call.answered
            else words["refused"].format(status=call.status, heard=call.sound.seconds)
        )
        seen = words["invite"] if outcome.invites else words["none"]
        row = [getattr(scene, self.language), scene.number, verdict, ", ".join(reasons), phone, seen]
        if recording is None:
            return [*row, "", "", "", ""]
        levels = f"{recording['callee_dbfs']:.0f} / {recording['agent_dbfs']:.0f} dBFS"
        return [
            *row,
            f"{recording['seconds']:.1f} s",
            levels,
            recording["sha256"][:12],
            recording["keep_until"],
        ]

    def explain(self) -> str:
        codes = dict.fromkeys(reason for outcome in self.outcomes for reason in outcome.scene.reasons)
        return "\n".join(f"  {code:24} {texts.reason_text(code, self.language)}" for code in codes)


async def finished(site: Site, count: int, seconds: float = 10) -> None:
    """Waits until ``count`` more recordings than before are kept, or the time is over."""
    if not count:
        return
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kept = [row for row in site.dialpact("recordings", "list") if row["sha256"]]
        if len(kept) >= count:
            return
        await asyncio.sleep(0.2)


def faults(outcome: Outcome) -> list[str]:
    """What is not as it must be."""
    scene, call, decision, recording = outcome.scene, outcome.call, outcome.decision, outcome.recording
    found = []
    passes = not scene.reasons
    if call.answered != passes:
        found.append(f"answered: {call.answered}")
    if bool(outcome.invites) != passes:
        found.append(f"the carrier saw {outcome.invites} INVITEs")
    if bool(decision) != scene.decided:
        found.append("a decision is stored" if decision else "no decision is stored")
    if decision and tuple(decision["reasons"]) != scene.reasons:
        found.append(f"reasons {decision['reasons']}")
    if not passes and call.status != scene.status:
        found.append(f"status {call.status}")
    if call.sound.seconds < 0.5:
        found.append("the agent heard nothing")
    if bool(recording) != (passes and scene.recorded):
        found.append("a recording" if recording else "no recording")
    if recording:
        if abs(recording["seconds"] - call.talk_seconds) > 0.1 * call.talk_seconds:
            found.append(f"{recording['seconds']} s recorded of {call.talk_seconds:.1f} s")
        found += [f"{side}: no sound" for side in ("callee", "agent") if recording[f"{side}_dbfs"] is None]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("en", "zh"), default=texts.language_from_env())
    options = parser.parse_args()
    began = time.monotonic()
    demo = Demo(options.lang, Console(stderr=True))
    asyncio.run(demo.run())
    wrong = [outcome for outcome in demo.outcomes if outcome.faults]
    if options.json:
        print(json.dumps([as_json(outcome) for outcome in demo.outcomes], ensure_ascii=False, indent=2))
        return 1 if wrong else 0
    out = Console(width=None if sys.stdout.isatty() else 200)
    out.print(demo.table())
    out.print(demo.explain(), highlight=False)
    if wrong:
        out.print(demo.words["bad"].format(n=len(wrong)), style="red")
        for outcome in wrong:
            out.print(f"  {getattr(outcome.scene, options.lang)}: {'; '.join(outcome.faults)}", style="red")
        return 1
    out.print(demo.words["ok"].format(n=len(demo.outcomes), seconds=time.monotonic() - began), style="green")
    out.print(demo.words["next"])
    try:
        out.print(console.start(options.lang), highlight=False, soft_wrap=True)
    except RuntimeError as error:
        out.print(str(error), style="red", highlight=False)
        return 1
    return 0


def as_json(outcome: Outcome) -> dict[str, Any]:
    call = asdict(outcome.call)
    del call["messages"]
    return {
        "scene": outcome.scene.en,
        "number": outcome.scene.number,
        "phone": call,
        "carrier_invites": outcome.invites,
        "decision": outcome.decision,
        "recording": outcome.recording,
        "faults": outcome.faults,
    }


if __name__ == "__main__":
    sys.exit(main())
