"""The verdict on each promise: what was seen from outside, and only then what the product says of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import soak_product as product
from tests.lab.carrier import TONE as CALLEE_TONE
from tests.lab.chaos_calls import BLOCKED, BYPASS, DIALLER, EMERGENCY, PERSON, World
from tests.lab.chaos_faults import Storm
from tests.lab.chaos_seen import BOSS_TONE, OTHERS, SECOND_TONE, WHO, Disk, Leg, voices

PROMISES = {
    "P1": "no INVITE without an ALLOW",
    "P2": "bridged only while recorded",
    "P3": "no recording goes before its time",
    "P4": "each decision can be proven",
    "P5": "a person's emergency call gets through",
    "P6": "an opt-out counts from the next attempt on",
    "P7": "what goes round the gate is cut or found",
}
SLACK = 0.8  # seconds of talk that a recording may lack: starts and ends are not seen at one instant
LOST_IN_A_CRASH = 3.5  # seconds of sound that a killed Asterisk had not written yet
STOPPED = 3.0  # seconds in which a recording that somebody stopped goes on, with the listener well
CUT = 3.0  # seconds after the INVITE, with a listener that is well
PACKAGES = 12  # evidence packages in a run; each takes seconds
DONE = 12.0  # seconds after a call's end in which its files become complete
LISTENING = {"listener", "link", "asterisk", "store"}
RECORDING = LISTENING | {"module", "recordings"}


@dataclass
class Promise:
    """How often it was looked at, and each time it was broken."""

    checks: int = 0
    violations: list[str] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)

    def check(self, held: bool, evidence: str) -> None:
        self.checks += 1
        if not held:
            self.violations.append(evidence)


def name(leg: Leg) -> str:
    """For a report, in which no whole number stands."""
    at = time.strftime("%H:%M:%S", time.localtime(leg.invited))
    return f"{at} {leg.trunk} {leg.number[:3]}*{leg.number[-4:]} Call-ID {leg.call_id}"


class Judge:
    """Looks at a world during the run (``look``) and after it (``verdict``)."""

    def __init__(self, world: World, storm: Storm) -> None:
        self.world, self.storm = world, storm
        self.disk = Disk(world.pbx.recordings)
        self.promises = {promise: Promise() for promise in PROMISES}
        self.heard: Counter[str] = Counter()  # in how many calls the customer, or who was heard by him, spoke
        self.most_missing = 0.0  # seconds of a voice, of calls with which nothing was done
        self.suspects: list[Path] = []  # recordings of calls of which something is missing
        self.spared: list[str] = []  # what only the greatest of several allowances lets pass
        self._recorded: set[str] = set()  # Call-IDs whose recording was looked at

    def look(self, last: bool = False) -> None:
        """Takes in what is new; whose call ended a while ago is judged."""
        self.world.look(last)
        self.disk.look(last)
        for leg in self.world.legs():
            over = (leg.ended or leg.invited + 40) + DONE < time.time()
            if leg.answered and (over or last) and leg.call_id not in self._recorded:
                self._recorded.add(leg.call_id)
                if self._marketing(leg):
                    self._heard(leg)

    def verdict(self) -> None:
        self.look(last=True)
        self._dialled()
        self._files()
        self._proof()
        self._emergencies()
        self._opt_outs()
        self._bypasses()

    def _bypass(self, leg: Leg) -> bool:
        return any(plan.may == BYPASS and plan.caller == leg.caller for plan in self.world.plans)

    def _marketing(self, leg: Leg) -> bool:
        return leg.number not in EMERGENCY and not self._bypass(leg)

    def _dialled(self) -> None:
        """P1."""
        promise = self.promises["P1"]
        persons = {(p.number, p.caller) for p in self.world.plans if p.may == PERSON}
        blocked = {p.number for p in self.world.plans if p.may == BLOCKED}
        both = {p.number for p in self.world.plans if p.one_decision}
        used: Counter[tuple[str, str]] = Counter()
        for leg in sorted(self.world.legs(), key=lambda leg: leg.invited):
            if leg.number in EMERGENCY:
                promise.check((leg.number, leg.caller) in persons, f"{name(leg)}: no person dialled it")
            elif not self._bypass(leg):
                told = [
                    one for one in self.world.console.allowed.get(leg.number, []) if one.at <= leg.invited
                ]
                # One ALLOW is for one leg, or, if it names both trunks, for one on each of them.
                attempt = (leg.number, leg.trunk if leg.number in both else "")
                used[attempt] += 1
                promise.check(len(told) >= used[attempt], f"{name(leg)}: Asterisk was told no ALLOW")
                promise.check(leg.number not in blocked, f"{name(leg)}: it may not be called")
        for plan in self.world.plans:
            if plan.may in (BLOCKED, DIALLER):
                promise.check(plan.status != 200, f"{plan.kind} {plan.number[:3]}*: was answered")

    def _heard(self, leg: Leg) -> None:
        """P2, for one answered call."""
        promise, begin = self.promises["P2"], leg.answered or leg.invited
        end = leg.ended or begin + 30
        ear = self.world.callees[leg.trunk].ear
        heard = {tone: ear.seconds(leg.port, begin, end + 0.3, tone) for tone in OTHERS}
        bridged = ear.seconds(leg.port, begin, end + 0.3)
        if bridged < 0.1:
            promise.check(True, "")  # answered and never bridged
            promise.excused["answered, never bridged"] += 1
            return
        files = [
            path
            for told in self.world.console.allowed.get(leg.number, [])
            for path in self.disk.of(told.decision)
        ]
        recorded = voices(files)
        for tone, seconds in {CALLEE_TONE: bridged, **heard}.items():
            if seconds < 0.1:
                continue
            self.heard[WHO[tone]] += 1
            joined = tone in (SECOND_TONE, BOSS_TONE)
            allowances = self._allowances(begin, end, joined)
            allowance, why = max(allowances, default=(0.0, ""))  # several may have struck at once
            short, slack = seconds - recorded[tone], min(SLACK, seconds / 2)
            if why and short > slack:
                promise.excused[why] += 1
            if not why:
                self.most_missing = max(self.most_missing, short)
            said = (
                f"{name(leg)}: {seconds:.1f} s with the {WHO[tone]}'s voice; {recorded[tone]:.1f} s have it "
                f"in {[one.name for one in files]}; allowed for: {why or '-'}; {self._struck(begin, end)}"
            )
            held = short <= slack + allowance  # also of a short call not all may be missing
            promise.check(held, said)
            if not held:
                self.suspects += files
            elif allowances and short > slack + allowances[0][0]:
                self.spared.append(
                    f"{said}; by the first alone {short - slack - allowances[0][0]:.1f} s more"
                )

    def _struck(self, begin: float, end: float) -> str:
        """Every fault about a call, in seconds after its answer."""
        faults = [
            f"{blow.fault.name} {blow.began - begin:+.1f} to {blow.mended - begin:+.1f}, "
            f"well {blow.well - begin:+.1f}"
            for blow in self.storm.blows
            if blow.began < end + 2 and max(blow.mended, blow.well) > begin - 2
        ]
        return f"answered {end - begin:.1f} s; faults: {'; '.join(faults) or '-'}"

    def _allowances(self, begin: float, end: float, joined: bool = False) -> list[tuple[float, str]]:
        """Seconds that may be missing, since the run itself did something to this very recording.

        ``joined``: of one who has come to a call that is up; nothing holds him back till he is recorded.
        """
        found = []
        for blow in self.storm.blows:
            fault, overlap = blow.fault, min(end, blow.mended) - max(begin, blow.began)
            during, begun = begin - 1 < blow.began < end + 1, blow.began < end
            if fault.name in ("kill -9 of Asterisk", "core restart now") and during:
                found.append((LOST_IN_A_CRASH, fault.name))
            elif fault.name == "Asterisk hangs" and begun and overlap > 0:
                # What came meanwhile is passed on in one burst, of which a recording keeps only a part.
                found.append((overlap, fault.name))
            elif fault.part == "monitor" and during:
                # As long as the listener cannot mend it, and then at once.
                found.append((STOPPED + self._ill(blow.began, end), fault.name))
            elif fault.name == "the disk of the recordings is full" and begun and blow.well > begin:
                found.append((max(0.0, overlap) + STOPPED, fault.name))
        if joined and (ill := self._ill(begin, end)):
            found.append((STOPPED + ill, "who joined came while nobody could record him"))
        return found

    def _ill(self, begin: float, end: float) -> float:
        """For how long after ``begin`` the listener could not begin a recording."""
        return max(
            (
                min(end, blow.well) - begin
                for blow in self.storm.blows
                if blow.fault.part in RECORDING and blow.began < end and blow.well > begin - 1
            ),
            default=0.0,
        )

    def _files(self) -> None:
        """P3."""
        promise, answered = self.promises["P3"], self._answered()
        promise.checks = self.disk.settled
        for decision, what in self.disk.faults:
            if decision in answered:
                promise.violations.append(what)
            else:
                promise.excused["not of an answered call"] += 1

    def _answered(self) -> set[str]:
        return {
            told.decision
            for leg in self.world.legs()
            if leg.answered
            for told in self.world.console.allowed.get(leg.number, [])
        }

    def unanswered_files(self) -> int:
        """Recordings begin with the answer: there should be none of a call that nobody answered."""
        answered = self._answered()
        return sum(path.name.partition("-")[0] not in answered for path in self.disk.files)

    def _proof(self) -> None:
        """P4: what Asterisk was told is in the store and in the ledger, and a package of it verifies."""
        promise, site = self.promises["P4"], self.world.site
        rows = {row["id"]: row for row in product.decisions(site)}
        ledger = product.ledger_anew(site)
        for told in self.world.console.told:
            row = rows.get(told.decision)
            fits = row is not None and row["verdict"] == told.verdict
            promise.check(
                fits, f"decision {told.decision}: told {told.verdict}, stored {row and row['verdict']}"
            )
            leaf = ("decision", told.decision) in ledger.keys
            promise.check(leaf, f"decision {told.decision} has no leaf")
        promise.violations += ledger.faults
        self._accepted("the ledger", "ledger", "verify")
        answered = [leg for leg in self.world.legs() if leg.answered and self._marketing(leg)]
        for leg in self.world.dice.sample(answered, min(PACKAGES, len(answered))):
            for told in self.world.console.allowed.get(leg.number, [])[-1:]:
                self._package(told.decision)

    def _package(self, decision: str) -> None:
        promise, site = self.promises["P4"], self.world.site
        file = site.folder / f"{decision}.zip"
        try:
            made = site.dialpact("evidence", "export", "-o", str(file), "--force", "--call", decision)
        except AssertionError as error:
            promise.check(False, f"evidence of {decision}: {str(error)[:300]}")
            return
        folder = site.folder / decision
        with zipfile.ZipFile(file) as package:
            package.extractall(folder)
        words = [sys.executable, "verify.py", str(file), made["key"]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        promise.check(
            done.returncode == 0, f"verify.py on {decision}: {done.stdout[-300:]}{done.stderr[-300:]}"
        )

    def _accepted(self, what: str, *words: str) -> None:
        try:
            self.world.site.dialpact(*words)
        except AssertionError as error:
            found = str(error)
            if found.splitlines()[0].endswith(": 3"):
                found = json.dumps(self.world.site.dialpact(*words, code=3), ensure_ascii=False)[:600]
            self.promises["P4"].check(False, f"{what}: {found}")
        else:
            self.promises["P4"].check(True, "")

    def _emergencies(self) -> None:
        """P5."""
        promise = self.promises["P5"]
        legs = {leg.caller: leg for leg in self.world.legs() if leg.number in EMERGENCY}
        for plan in self.world.plans:
            if plan.may != PERSON:
                continue
            if self.storm.disturbed({"asterisk"}, plan.began - 1, plan.ended + 1):
                promise.excused["Asterisk itself was down"] += 1
                continue
            leg = legs.get(plan.caller)
            heard = 0.0
            if leg and leg.answered:
                ear = self.world.callees[leg.trunk].ear
                heard = ear.seconds(leg.port, leg.answered, leg.answered + 10)
            at = time.strftime("%H:%M:%S", time.localtime(plan.began))
            promise.check(
                plan.status == 200 and heard > 0.3,
                f"{at} {plan.number} from {plan.caller}: status {plan.status}, at the carrier: {bool(leg)}, "
                f"heard for {heard:.1f} s; {plan.trouble}",
            )

    def _opt_outs(self) -> None:
        """P6."""
        promise = self.promises["P6"]
        for plan in self.world.plans:
            since = self.world.refused.get(plan.number)
            if plan.again and since is not None:
                late = [
                    leg
                    for leg in self.world.legs()
                    if leg.number == plan.number and leg.invited > since and self._marketing(leg)
                ]
                if plan.status is None:
                    promise.excused["Asterisk gave the second attempt no answer"] += 1
                    continue
                promise.check(not late, f"{[name(leg) for leg in late]}: dialled after the opt-out")
        for press in self.world.presses:
            ended = press.leg.ended or time.time()
            if ended < press.at + 2 or self.storm.disturbed(LISTENING, press.at - 2, press.at + 4):
                promise.excused["a key while nobody listened, or at a call's end"] += 1
            else:
                promise.check(press.taken is True, f"{name(press.leg)}: a key; taken: {press.taken}")

    def _bypasses(self) -> None:
        """P7."""
        promise = self.promises["P7"]
        found = self._reconciled()
        said = self._in_cdr()
        legs = {leg.caller: leg for leg in self.world.legs() if self._bypass(leg)}
        for plan in self.world.plans:
            if plan.may != BYPASS or (leg := legs.get(plan.caller)) is None:
                continue
            lived = (leg.ended or time.time()) - leg.invited
            if not self.storm.disturbed(LISTENING, leg.invited - 1, leg.invited + CUT):
                promise.check(
                    lived < CUT and leg.by_asterisk, f"{name(leg)} ({plan.kind}): lived for {lived:.1f} s"
                )
            elif plan.caller not in said:
                promise.excused["no CDR: Asterisk died"] += 1
                continue
            if plan.caller in said:
                promise.check(plan.caller in found, f"{name(leg)} ({plan.kind}): reconcile does not find it")

    def _in_cdr(self) -> set[str]:
        master = self.world.pbx.home / "log/cdr-csv/Master.csv"
        text = master.read_text(errors="replace") if master.exists() else ""
        return {plan.caller for plan in self.world.plans if plan.may == BYPASS and f'"{plan.caller}"' in text}

    def _reconciled(self) -> set[str]:
        master = str(self.world.pbx.home / "log/cdr-csv/Master.csv")
        words = ("reconcile", "--cdr", master, "--timezone", "UTC", "--node", "lab", "--full", "--limit", "0")
        try:
            self.world.site.dialpact(*words)
        except AssertionError as error:
            if not str(error).splitlines()[0].endswith(": 3"):
                self.promises["P7"].violations.append(f"reconcile: {str(error)[:400]}")
                return set()
            found: dict[str, Any] = self.world.site.dialpact(*words, code=3)
            return {row["caller_id"] for row in found["findings"]}
        return set()


def unproven(promises: dict[str, Promise]) -> list[str]:
    """Promises that the run proved nothing about."""
    return [promise for promise, seen in promises.items() if not seen.checks]


def copied(folder: Path, world: World, judge: Judge) -> None:
    """The logs and the recordings in question, for whoever has to find out what went wrong."""
    with (folder / "calls.jsonl").open("w") as calls:
        calls.writelines(json.dumps(vars(plan)) + "\n" for plan in world.plans)
    for path in (
        world.pbx.home / "log/full",
        world.pbx.home / "log/cdr-csv/Master.csv",
        *world.site.folder.glob("*.log"),
        *world.site.folder.glob("dialpact.db*"),
        *(callee.folder / "messages" for callee in world.callees.values()),
        *judge.suspects,
    ):
        if path.exists():
            target = folder / f"{path.parent.name}-{path.name}"
            target.write_bytes(path.read_bytes())
