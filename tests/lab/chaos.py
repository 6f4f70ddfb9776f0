"""``make chaos``: gate, listener and Asterisk are killed at random moments while calls are made.

Each is started again as systemd would. Afterwards the carrier's SIPp log, Asterisk's CDR and its console say
which calls there were and which decisions Asterisk was told; every answered call must be recorded in full or
be listed as an incident, no decision may be missing, and the ledger must verify. The same seed makes the same
calls and faults; the instants at which they meet are the machine's. Exit status 1 on any difference.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import soak_product as product
from tests.lab import soak_witness as witness
from tests.lab.behaviour import Behaviour
from tests.lab.chaos_faults import KILLS, Fault, Stage
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples
from tests.lab.site import product as with_product
from tests.lab.soak import Findings, prove, verify
from tests.lab.soak_crowd import Callees, Callers, pairs, register

CALLS, CONCURRENT, SEED = 200, 8, 4
TALK_SECONDS = 3.2
PAUSE = (2.0, 7.0)  # seconds between two strikes
OUTAGE = (0.1, 2.0)  # seconds until the service manager starts it again
AT_ONCE = (1, 1, 1, 1, 2, 2, 3)  # faults in one strike, as often as it stands here
SHORTEST = 0.9
LATE = 30.0  # seconds in which the listener has to have found everything
ABOUT_RECORDING = ("recording-", "call-", "bridged-")  # kinds that say what became of a call's recording
# A carrier whose peer was killed hangs up by itself.
CALLEE = Behaviour(hangup_after=8.0)


@dataclass
class Storm:
    """The strikes so far. ``begin`` them while calls go on."""

    stage: Stage
    faults: Sequence[Fault]
    dice: random.Random
    struck: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """Some of the faults at once, and each mended after an outage of its own, in any order."""
        chosen = self.dice.sample(self.faults, min(len(self.faults), self.dice.choice(AT_ONCE)))
        for fault in chosen:
            fault.strike(self.stage)
            self.struck[fault.name] += 1
        for fault in self.dice.sample(chosen, len(chosen)):
            time.sleep(self.dice.uniform(*OUTAGE))
            fault.mend(self.stage)

    def pause(self, still: Callers) -> None:
        until = time.monotonic() + self.dice.uniform(*PAUSE)
        while still.running and time.monotonic() < until:
            time.sleep(0.05)


def main() -> int:
    return prove("chaos", chaos, CALLS, CONCURRENT, SEED)


def chaos(calls: int, concurrent: int, seed: int, faults: Sequence[Fault] = KILLS) -> Findings:
    """Makes the calls on an Asterisk of their own, strikes, and accounts for every one of them."""
    planned = pairs(calls, seed)
    with Pbx(**with_product()) as pbx, Site(pbx) as site:
        load_samples(site)
        register(site, planned)
        site.start("gate")
        site.start("listener")
        site.ready()
        callees = Callees(pbx, CALLEE)
        rate = concurrent / (TALK_SECONDS + 0.8)
        callers = Callers(pbx, planned, concurrent=concurrent, rate=rate, talk_seconds=TALK_SECONDS)
        storm = Storm(Stage(pbx, site), faults, random.Random(seed))
        while callers.running:
            storm.pause(callers)
            if callers.running:
                storm.strike()
                print(f"{sum(storm.struck.values())} kills", file=sys.stderr, flush=True)
        callers.close()
        storm.stage.spare.close()
        site.ready(seconds=40)
        product.finished(site, 90)
        return _when_settled(pbx, site, callees, storm)


def _when_settled(pbx: Pbx, site: Site, callees: Callees, storm: Storm) -> Findings:
    until = time.monotonic() + LATE
    while (found := examine(pbx, site, callees, storm)).faults and time.monotonic() < until:
        time.sleep(2)
    return found


def examine(pbx: Pbx, site: Site, callees: Callees, storm: Storm) -> Findings:
    found = Findings()
    for name, count in sorted(storm.struck.items()):
        found.figure("struck", name, count)
    carrier, cdr, told = witness.carrier(callees.trace), witness.cdr(pbx), witness.told(pbx)
    decisions = product.decisions(site)
    _decisions(found, carrier, told, decisions)
    answered = set(carrier.answered) | set(cdr.answered)
    found.figure("answered", "carrier's SIPp log", len(carrier.answered))
    found.figure("answered", "Asterisk's CDR", len(cdr.answered))
    _calls(found, site, carrier, answered, decisions)
    on_disk = {str(path) for path in witness.files(pbx)}
    found.figure("files", "the disk", len(on_disk))
    named = {row[f"{side}path"] for row in product.recordings(site) for side in ("", "callee_", "agent_")}
    found.figure("files that no recording names", "the disk", len(on_disk - named), 0)
    ledger = product.ledger_anew(site)
    for kind in ("decision", "recording", "incident"):
        found.figure(f"leaves of kind {kind}", "ledger, computed anew", ledger.kinds[kind])
    found.figure("decisions without a leaf", "ledger, computed anew", _leafless(decisions, ledger.keys), 0)
    found.faults += ledger.faults
    verify(found, site)
    return found


def _decisions(
    found: Findings, carrier: witness.Seen, told: set[str], decisions: list[dict[str, Any]]
) -> None:
    found.figure("decisions", "dialpact calls list", len(decisions))
    missing = told - {row["id"] for row in decisions}
    found.figure("decisions told to Asterisk", "Asterisk's console", len(told))
    found.figure("of these not in the store", "Asterisk's console", len(missing), 0)
    allowed = {row["given"] for row in decisions if row["verdict"] == "ALLOW"}
    found.figure("INVITEs", "carrier's SIPp log", carrier.invited.total())
    found.figure("of these without an ALLOW", "carrier's SIPp log", len(set(carrier.invited) - allowed), 0)
    twice = [number for number, count in carrier.invited.items() if count > 1]
    found.figure("dialled more than once", "carrier's SIPp log", len(twice), 0)


def _calls(
    found: Findings,
    site: Site,
    carrier: witness.Seen,
    answered: set[str],
    decisions: list[dict[str, Any]],
) -> None:
    """Each answered call: recorded in full, or listed."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for row in product.recordings(site):
        if row["state"] == "kept" and row["sha256"]:
            kept.setdefault(row["decision"], []).append(row)
    incidents: dict[str, set[str]] = {}
    for row in product.incidents(site):
        if not row["kind"].startswith(ABOUT_RECORDING):
            continue
        incidents.setdefault(row["decision"], set()).add(row["kind"])
    ids: dict[str, set[str]] = {}
    for row in decisions:
        ids.setdefault(row["given"], set()).add(row["id"])
    full, listed, kinds = 0, 0, Counter[str]()
    for number in answered:
        told = set().union(*(incidents.get(decision, set()) for decision in ids.get(number, ())))
        rows = [row for decision in ids.get(number, ()) for row in kept.get(decision, ())]
        if told:
            listed += 1
            kinds.update(told)
        elif not (flaw := _not_full(rows, carrier.talk.get(number))):
            full += 1
        else:
            found.faults.append(f"call {number[:3]}*{number[-4:]} {sorted(ids.get(number, ()))}: {flaw}")
    found.figure("recorded in full", "files against the witnesses", full)
    found.figure("listed as incidents", "dialpact incidents list", listed)
    for kind, count in kinds.most_common():
        found.figure(f"  {kind}", "dialpact incidents list", count)
    found.figure("answered and neither", "all of them", len(answered) - full - listed, 0)


def _not_full(rows: list[dict[str, Any]], talk: float | None) -> str:
    """Why these recordings are not the whole of a call that the carrier saw ``talk`` seconds of."""
    if not rows:
        return "no recording"
    if talk is None:
        return "the carrier saw no end of it, and no incident says so"
    seconds = sum(row["seconds"] or 0 for row in rows)
    if seconds < SHORTEST * talk - 0.3:
        return f"{seconds:.1f} s recorded of {talk:.1f} s"
    flaws = [
        flaw
        for row in rows
        for flaw in witness.silent_sides(*(Path(row[f"{side}path"]) for side in ("", "callee_", "agent_")))
    ]
    return "; ".join(flaws[:2])


def _leafless(decisions: list[dict[str, Any]], keys: set[tuple[str, str]]) -> int:
    return sum(("decision", row["id"]) not in keys for row in decisions)


if __name__ == "__main__":
    sys.exit(main())
