"""Calls that may be made and did not arrive, though all was well: each is named, with its reason."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tests.lab import soak_product as product
from tests.lab.chaos_calls import MAY, Plan, World
from tests.lab.chaos_faults import Storm

BEFORE = 4.0  # seconds before a call in which nothing was wrong either
# What is an after-effect of a fault, or of the run's own calls, by the name under which it is counted.
AFTER_EFFECTS = {
    r"listener: a recording failed less than \d+ seconds": "nobody is rung for 10 s after one that failed",
    r"decided: BLOCK suspended(;|$)": "so many of his attempts were blocked that the agent is suspended",
}
NEVER_PLACED = "the telephone gave up, and no call of its came to Asterisk"


@dataclass
class Missed:
    """One such call. ``cause``: the after-effect that explains it; empty for a block without cause."""

    plan: Plan
    reason: str
    cause: str = ""

    def __str__(self) -> str:
        at = time.strftime("%H:%M:%S", time.localtime(self.plan.began))
        number = f"{self.plan.number[:3]}*{self.plan.number[-4:]}"
        return f"{at} {self.plan.kind} {number}: {self.reason}; {self.cause or 'without cause'}"


def in_calm(world: World, storm: Storm) -> list[Plan]:
    """Calls that may be made, while all was well."""
    parts = {fault.part for fault in storm.faults}
    return [
        plan
        for plan in world.plans
        if plan.may == MAY and not plan.again and not storm.disturbed(parts, plan.began - BEFORE, plan.ended)
    ]


def missed(world: World, storm: Storm, calm: list[Plan]) -> list[Missed]:
    """Those of them that are not at the carrier, or not at the trunk that takes them."""
    arrived = {(leg.number, trunk) for leg in world.legs() for trunk in ("", leg.trunk)}
    gone = [plan for plan in calm if (plan.number, plan.trunk) not in arrived]
    if not gone:
        return []
    decided, parts = product.decisions(world.site), {fault.part for fault in storm.faults}
    log, whole = world.console.refusals, world.pbx.log()
    listener = world.site.log("listener")
    found = []
    for plan in gone:
        rows = [row for row in decided if (row["number"] or row["given"] or "").endswith(plan.number)]
        reasons = ", ".join(f"{row['verdict']} {' '.join(row['reasons'])}".strip() for row in rows)
        said = [text for at, text in log if plan.began - 1 < at < plan.ended + 1] if not rows else []
        unready = [row["decided_at"] for row in rows if "recording-unavailable" in row["reasons"]]
        word = word_at(listener, datetime.fromisoformat(unready[-1])) if unready else Word()
        told = [
            f"decided: {reasons}" if reasons else "no decision",
            *(f"listener: {why}" for why in [word.why] if unready),
            *(f"Asterisk, meanwhile: {text}" for text in said),
            *(f"SIP {plan.status}" for _ in "x" if plan.status),
            *(plan.trouble for _ in "x" if plan.trouble),
        ]
        reason = "; ".join(told)
        cause = next((name for text, name in AFTER_EFFECTS.items() if re.search(text, reason)), "")
        if unready and not storm.disturbed(parts, word.since - BEFORE, word.since):
            cause = ""  # nothing had struck when the listener took its word back
        if not rows and plan.status is None and f"lab call to {plan.number}" not in whole:
            cause = NEVER_PLACED
        found.append(Missed(plan, reason, cause))
    return found


class Word(NamedTuple):
    """Why the listener could not record, empty when it could, and since when (epoch seconds)."""

    why: str = ""
    since: float = 0.0


def word_at(log: str, at: datetime) -> Word:
    """When it was decided, not when the call was over: the word may have been given again meanwhile."""
    said = Word()
    for line in log.splitlines():
        if '"recorder lease"' not in line:
            continue
        with contextlib.suppress(ValueError, KeyError):  # a line that was being written as it was killed
            entry = json.loads(line)
            told = datetime.fromisoformat(entry["timestamp"])
            if told > at:
                break
            said = Word(entry.get("why", ""), told.timestamp())
    return said
