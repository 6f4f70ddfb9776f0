"""``make chaos``: an hour of mixed calls and random faults, and an observer who counts what was promised.

Calls that may be made and calls that may not, emergency calls, opt-outs by key and calls that go round the
gate are made while things break (chaos_faults.py). Whether P1 to P7 of the design held is counted from SIPp's
logs, Asterisk's log, the sound and the files (chaos_judge.py). The same seed draws the same calls and
faults; when they meet is the machine's. Exit status 1 on a violation, or if nothing was seen of a promise.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import soak_product as product
from tests.lab.chaos_calls import World
from tests.lab.chaos_faults import FAULTS, Fault, Stage, Storm, recordings_mounted
from tests.lab.chaos_judge import PROMISES, Judge, Promise, copied, unproven
from tests.lab.chaos_refused import Missed, in_calm, missed
from tests.lab.chaos_ways import KINDS, SITE
from tests.lab.pbx import Pbx
from tests.lab.relay import Relay
from tests.lab.site import PROFILE, Site, load_samples
from tests.lab.site import product as with_product

MINUTES, CONCURRENT, SEED = 60.0, 3, 4
CALLS_A_MINUTE = 30  # that one agent can make at most
LOOK = 2.0  # seconds between two looks
SAID = 30.0  # seconds between two lines of progress


@dataclass
class Report:
    """What became of the run."""

    promises: dict[str, Promise]
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    figures: dict[str, int] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)
    spared: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    evidence: str = ""

    @property
    def violations(self) -> list[str]:
        found = [f"{name}: {what}" for name, seen in self.promises.items() for what in seen.violations]
        found += [f"{name}: nothing was seen of it" for name in unproven(self.promises)]
        found += [f"blocked without cause: {one}" for one in self.missed if not one.cause]
        return [*found, *self.troubles]

    def as_json(self) -> dict[str, Any]:
        return {
            "promises": {
                name: {"checks": p.checks, "violations": p.violations, "excused": dict(p.excused)}
                for name, p in self.promises.items()
            },
            "calls": dict(self.calls),
            "faults": dict(self.faults),
            "figures": self.figures,
            "missed": [str(one) for one in self.missed],
            "spared": self.spared,
            "troubles": self.troubles,
            "evidence": self.evidence,
        }

    def text(self) -> str:
        lines = [f"{count:>6}  {kind}" for kind, count in sorted(self.calls.items())]
        lines += ["", *(f"{count:>6}  {fault}" for fault, count in sorted(self.faults.items()))]
        lines += ["", *(f"{count:>6}  {what}" for what, count in self.figures.items()), ""]
        for name, seen in self.promises.items():
            lines.append(
                f"{name}  {PROMISES[name]:44} {seen.checks:>6} checks {len(seen.violations):>4} violations"
            )
            lines += [
                f"      {count} not judged or allowed for: {why}" for why, count in seen.excused.items()
            ]
        lines += ["", *(f"not put through while all was well: {one}" for one in self.missed)]
        lines += ["", *(f"passed by the greatest of several allowances: {one}" for one in self.spared)]
        lines += ["", *(f"VIOLATION  {what}" for what in self.violations)]
        if self.evidence:
            lines.append(f"evidence: {self.evidence}")
        return "\n".join(lines)


Meddle = Callable[[World, Stage], None]


def chaos(
    minutes: float,
    agents: int,
    seed: int,
    faults: tuple[Fault, ...] = FAULTS,
    meddle: Meddle | None = None,
    keep: bool = True,
) -> Report:
    """A run on an Asterisk of its own. ``meddle`` breaks promises on purpose, to see that it is found."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as conf, concurrent.futures.ThreadPoolExecutor(1) as thread:
        extra = Path(conf, "site.conf")
        extra.write_text(SITE)
        options = with_product()
        options["dialplan"] = [*options["dialplan"], extra]
        with Pbx(**options) as pbx, Site(pbx) as site:
            recordings_mounted(pbx)
            cable = Relay(pbx.ports.ami)
            pbx.on_close(cable.close)
            site.now()
            site.configure(ami=cable.port, profile=str(site.folder / PROFILE))
            load_samples(site)
            size = round(minutes * agents * CALLS_A_MINUTE) + 60
            world = World(pbx, site, random.Random(dice.random()), size, KINDS)
            world.registered()
            stage = Stage(pbx, site, cable, random.Random(dice.random()))
            storm = Storm(stage, faults, random.Random(dice.random()))
            for role in ("gate", "listener"):
                site.start(role)
            site.ready(seconds=20)
            judge = Judge(world, storm)
            ended = False
            # From one thread that lives to the end: Asterisk dies with the thread that started it.
            blowing = thread.submit(storm.run, time.time() + 60 * minutes, lambda: ended)
            try:
                asyncio.run(_run(world, judge, storm, time.time() + 60 * minutes, agents))
                blowing.result()
            except BaseException:  # cut short: what was found till then must not be lost with it
                if keep:
                    report = Report(judge.promises, troubles=storm.troubles, spared=judge.spared)
                    print(f"cut short; evidence: {_kept(report, world, judge)}", file=sys.stderr, flush=True)
                raise
            finally:
                ended = True
            if meddle:
                meddle(world, stage)
            return _judged(world, judge, storm, keep)


async def _run(world: World, judge: Judge, storm: Storm, until: float, agents: int) -> None:
    working = [asyncio.create_task(world.work(until)) for _ in range(agents)]
    said = time.monotonic()
    try:
        while not all(task.done() for task in working):
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(judge.look)
            if time.monotonic() - said > SAID:
                said = time.monotonic()
                _say(world, judge, storm)
                with (world.pbx.home / "console").open("r+") as console:
                    console.truncate()  # log/full has it too
    finally:
        for task in working:
            task.cancel()
    await asyncio.gather(*working)


def _say(world: World, judge: Judge, storm: Storm) -> None:
    seen = judge.promises["P2"]
    print(
        f"{time.strftime('%H:%M:%S')} {len(world.plans)} calls, {len(storm.blows)} faults, "
        f"{seen.checks} answered calls looked at, {len(judge.disk.files)} files",
        f"VIOLATIONS {[*seen.violations, *judge.disk.faults][:3]}" if seen.violations else "",
        f"TROUBLES {storm.troubles}" if storm.troubles else "",
        file=sys.stderr,
        flush=True,
    )


def _judged(world: World, judge: Judge, storm: Storm, keep: bool) -> Report:
    storm.stage.spare.close()
    try:
        product.finished(world.site, 90)
    except TimeoutError as error:
        storm.troubles.append(str(error))
    time.sleep(3)
    report = Report(judge.promises)
    judge.verdict()
    report.calls.update(plan.kind for plan in world.plans)
    report.faults.update(blow.fault.name for blow in storm.blows)
    calm = in_calm(world, storm)
    report.missed = missed(world, storm, calm)
    report.figures = {
        "calls": len(world.plans),
        "INVITEs at the carrier": len(world.legs()),
        "answered there": sum(leg.answered is not None for leg in world.legs()),
        "verdicts told to Asterisk": len(world.console.told),
        "files": len(judge.disk.files),
        "of these of calls that nobody answered": judge.unanswered_files(),
        "calls that may be made, while all was well": len(calm),
        "of these at the carrier": len(calm) - len(report.missed),
        **dict(sorted(Counter(f"not, since {one.cause}" for one in report.missed if one.cause).items())),
        "blocks without cause": sum(not one.cause for one in report.missed),
        **{f"calls with a voice that the judge heard: {who}": n for who, n in sorted(judge.heard.items())},
        "ms at most that an undisturbed recording lacks of a voice": round(judge.most_missing * 1000),
        "keys pressed where no feature hears them": len(world.presses),
        "of these taken": sum(press.taken is True for press in world.presses),
        "opt-outs taken": len(world.refused),
        "opt-outs that the operator took over": world.not_taken,
    }
    report.troubles, report.spared = storm.troubles, judge.spared
    report.figures["calls that met with trouble"] = len(world.troubles)
    if report.violations and keep:
        report.evidence = _kept(report, world, judge)
    return report


def _kept(report: Report, world: World, judge: Judge) -> str:
    """The folder that holds what it was judged by."""
    folder = Path(tempfile.mkdtemp(prefix="dialpact-chaos-"))
    copied(folder, world, judge)
    (folder / "report.json").write_text(json.dumps(report.as_json(), indent=1))
    return str(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--concurrent", type=int, default=CONCURRENT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--calm", action="store_true", help="the same calls without a fault")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # everything that was started ends with it
    report = chaos(options.minutes, options.concurrent, options.seed, () if options.calm else FAULTS)
    if options.json:
        print(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    else:
        print(f"\n{options.minutes:g} minutes, {options.concurrent} at once, seed {options.seed}\n")
        print(report.text())
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
