"""``make soak``: a thousand answered calls in a row, and each found again in every place it must be in.

The figures come from observers that do not ask each other: the carrier's SIPp log, Asterisk's CDR and the
disk on one side, the product's commands and its ledger on the other. Exit status 1 on any difference.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import soak_product as product
from tests.lab import soak_witness as witness
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples
from tests.lab.site import product as with_product
from tests.lab.soak_crowd import Callees, Callers, Pair, pairs, register

CALLS, CONCURRENT, SEED = 1000, 14, 20261125
TALK_SECONDS = 3.2  # each side's silence counts as an incident from three seconds of talk on
SHORTEST = 0.9  # of the talk that a recording must hold
SIDES = ("", "callee_", "agent_")


@dataclass
class Findings:
    """Figures by name and observer, and what does not agree."""

    figures: list[tuple[str, str, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def figure(self, what: str, by: str, count: int, expected: int | None = None) -> None:
        self.figures.append((what, by, count))
        if expected is not None and count != expected:
            self.faults.append(f"{what} ({by}): {count}, not {expected}")

    def same(self, what: str, ours: set[str], theirs: set[str]) -> None:
        """Two observers name the same calls."""
        for missing, where in ((theirs - ours, "missing"), (ours - theirs, "too many")):
            if missing:
                self.faults.append(f"{what}: {len(missing)} {where}, such as {sorted(missing)[0]}")


def main() -> int:
    return prove("soak", soak, CALLS, CONCURRENT, SEED)


def prove(name: str, proof: Callable[[int, int, int], Findings], *numbers: int) -> int:
    """A program of it; ``numbers``: calls, how many at once, seed. 1 when anything is amiss."""
    parser = argparse.ArgumentParser(prog=f"make {name}")
    for option, default in zip(("calls", "concurrent", "seed"), numbers, strict=True):
        parser.add_argument(f"--{option}", type=int, default=default)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # everything that was started ends with it
    began = time.monotonic()
    findings = proof(options.calls, options.concurrent, options.seed)
    print(f"\n{options.calls} calls, {options.concurrent} at once, seed {options.seed}", end="")
    print(f", {time.monotonic() - began:.0f} s\n")
    show(findings)
    return 1 if findings.faults else 0


def show(findings: Findings) -> None:
    for what, by, count in findings.figures:
        print(f"{what:34} {by:32} {count:>8}")
    for fault in findings.faults:
        print(f"DIFFERENCE  {fault}")
    print("no difference" if not findings.faults else f"{len(findings.faults)} differences")


def soak(calls: int, concurrent: int, seed: int) -> Findings:
    """Makes the calls on an Asterisk of their own and looks for each of them."""
    planned = pairs(calls, seed)
    with Pbx(**with_product()) as pbx, Site(pbx) as site:
        site.now()
        load_samples(site)
        register(site, planned)
        site.start("gate")
        site.start("listener")
        site.ready()
        callees = Callees(pbx)
        make(pbx, planned, concurrent)
        product.finished(site)
        site.stop("listener")
        site.stop("gate")
        return examine(pbx, site, callees, planned)


def make(pbx: Pbx, planned: list[Pair], concurrent: int) -> None:
    rate = concurrent / (TALK_SECONDS + 0.8)
    callers = Callers(pbx, planned, concurrent=concurrent, rate=rate, talk_seconds=TALK_SECONDS)
    limit = 120 + len(planned) * (TALK_SECONDS + 1) * 3 / concurrent
    until, said = time.monotonic() + limit, time.monotonic()
    while callers.running:
        time.sleep(0.2)
        if time.monotonic() > until:
            raise TimeoutError(f"the calls have not ended within {limit:.0f} s\n{callers.complaints()}")
        if time.monotonic() - said > 15:
            said = time.monotonic()
            done = sum(1 for path in pbx.recordings.rglob("*-1.wav"))
            print(f"{done} of {len(planned)} calls", file=sys.stderr, flush=True)
    callers.close()


def examine(pbx: Pbx, site: Site, callees: Callees, planned: list[Pair]) -> Findings:
    found = Findings()
    count = len(planned)
    wanted = {pair.callee for pair in planned}
    carrier, cdr = witness.carrier(callees.trace), witness.cdr(pbx)
    found.figure("INVITEs", "carrier's SIPp log", carrier.invited.total(), count)
    found.figure("calls", "Asterisk's CDR", cdr.invited.total(), count)
    found.figure("answered", "carrier's SIPp log", carrier.answered.total(), count)
    found.figure("answered", "Asterisk's CDR", cdr.answered.total(), count)
    found.same("carrier's answered calls", set(carrier.answered), wanted)
    found.same("CDR's answered calls", set(cdr.answered), wanted)
    decisions = product.decisions(site)
    allowed = [row for row in decisions if row["verdict"] == "ALLOW"]
    found.figure("decisions", "dialpact calls list", len(decisions), count)
    found.figure("allowed", "dialpact calls list", len(allowed), count)
    found.same("allowed", {row["given"] for row in allowed}, wanted)
    kept = _recordings(found, pbx, site, decisions, wanted)
    _ledger(found, site, decisions, kept)
    for row in product.incidents(site):
        found.faults.append(f"incident {row['kind']}: {row['detail']}")
    _commands(found, pbx, site)
    return found


def _recordings(
    found: Findings, pbx: Pbx, site: Site, decisions: list[dict[str, Any]], wanted: set[str]
) -> list[dict[str, Any]]:
    recordings = product.recordings(site)
    number_of = {row["id"]: row["given"] for row in decisions}
    kept = [row for row in recordings if row["state"] == "kept"]
    found.figure("recordings", "dialpact recordings list", len(recordings), len(wanted))
    found.figure("kept", "dialpact recordings list", len(kept), len(wanted))
    found.same("recorded calls", {number_of.get(row["decision"], "?") for row in kept}, wanted)
    whole = [row for row in kept if all(row[f"{side}sha256"] for side in SIDES)]
    found.figure("with hashes of all three files", "dialpact recordings list", len(whole), len(wanted))
    long = [row for row in kept if (row["seconds"] or 0) >= SHORTEST * (row["talk_seconds"] or 99)]
    found.figure("as long as the talk", "dialpact recordings list", len(long), len(wanted))
    loud = [row for row in kept if row["callee_dbfs"] is not None and row["agent_dbfs"] is not None]
    found.figure("with a level on both sides", "dialpact recordings list", len(loud), len(wanted))
    on_disk = witness.files(pbx)
    found.figure("files", "the disk", len(on_disk), 3 * len(wanted))
    named = {Path(row[f"{side}path"]) for row in kept for side in SIDES}
    found.same("files", {path.name for path in on_disk}, {path.name for path in named})
    open_to_all = sum(path.stat().st_mode & 0o7777 != 0o640 for path in on_disk)
    found.figure("files with another mode than 0640", "the disk", open_to_all, 0)
    silent = [
        flaw for row in kept for flaw in witness.silent_sides(*(Path(row[f"{side}path"]) for side in SIDES))
    ]
    found.figure(
        "with both voices in their places", "tones in the files", len(kept) - len(silent), len(wanted)
    )
    found.faults += silent[:5]
    verified = site.dialpact("recordings", "verify")
    found.figure("hashed anew", "dialpact recordings verify", verified["checked"], len(wanted))
    found.figure("findings", "dialpact recordings verify", len(verified["findings"]), 0)
    return kept


def _ledger(found: Findings, site: Site, decisions: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    ledger = product.ledger_anew(site)
    for kind, rows in (("decision", decisions), ("recording", kept)):
        leaves = sum((kind, row["id"]) in ledger.keys for row in rows)
        found.figure(f"leaves of kind {kind}", "ledger, computed anew", ledger.kinds[kind], len(rows))
        found.figure(f"with their leaf: {kind}", "ledger, computed anew", leaves, len(rows))
    found.figure("leaves in all", "ledger, computed anew", ledger.kinds.total())
    found.faults += ledger.faults


def _commands(found: Findings, pbx: Pbx, site: Site) -> None:
    """Commands that judge the whole themselves."""
    verify(found, site)
    master = str(pbx.home / "log/cdr-csv/Master.csv")
    _finds_nothing(found, site, "reconcile", "--cdr", master, "--timezone", "UTC", "--node", "lab")


def verify(found: Findings, site: Site) -> None:
    """The product's own look at its ledger, which was signed meanwhile."""
    _finds_nothing(found, site, "ledger", "verify")


def _finds_nothing(found: Findings, site: Site, *words: str) -> None:
    by = f"dialpact {' '.join(words[:2])}"
    try:
        site.dialpact(*words)
    except AssertionError as error:
        found.faults.append(f"{by}: {error}")
        if "3" in str(error).partition("\n")[0][-2:]:
            found.faults.append(str(site.dialpact(*words, code=3))[:2000])
    else:
        found.figure("finds nothing", by, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
