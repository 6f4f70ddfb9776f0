"""What the full decision costs beside doing nothing, and what of a crowd at one instant is decided in time.

The servers of ``stand`` take turns, round by round, at 1, 10 and 100 concurrent calls; one client plays
Asterisk. The machine's noise hits all of them, so compare the ratios: each is the median of the rounds' own
ratios. After each load everything that was told must be in the store and in the ledger, or the bench fails.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from agi.limits import LIMITS
from dialpact.compliance.config import GateConfig
from tests.bench.stand import Stand, flushes, stand

LOADS = {1: 300, 10: 1000, 100: 2000}  # concurrent: sessions a round
CROWD = 2000  # calls at one instant
CROWDS = 3  # times
SHARES = ("decided", "told_deadline", "told_late", "told_gate_error", "told_nothing")  # add up to all
LASTS = ("connected", "decided", "deadline")
DEADLINE = GateConfig().deadline_ms / 1000
Rounds = dict[str, list[dict[str, Any]]]


def p50(one: dict[str, Any]) -> float:
    return statistics.median(one["seconds"])


def p99(one: dict[str, Any]) -> float:
    return float(sorted(one["seconds"])[len(one["seconds"]) * 99 // 100])


def a_second(one: dict[str, Any]) -> float:
    return float(len(one["seconds"]) / one["total"])


def processor(one: dict[str, Any]) -> float:
    return float(one["processor"])


def figures(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Of one server at one load: milliseconds, sessions, microseconds."""
    pooled = {"seconds": [second for one in rounds for second in one["seconds"]]}
    return {
        "p50_ms": 1000 * p50(pooled),
        "p99_ms": 1000 * p99(pooled),
        "sessions_per_s": statistics.median(map(a_second, rounds)),
        "processor_us": 1e6 * statistics.median(map(processor, rounds)),
    }


def ratios(rounds: Rounds, base: str) -> dict[str, float]:
    """Of the full decision to ``base``, round by round."""
    pairs = list(zip(rounds["full"], rounds[base], strict=True))
    return {
        figure.__name__: statistics.median(figure(full) / figure(other) for full, other in pairs)
        for figure in (p50, p99, a_second, processor)
    }


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    """``lacks``, ``loads`` by how many are concurrent, and each crowd of ``instant``."""
    with stand(folder) as servers:
        loads = {str(many): load(servers, rounds, many, sessions) for many, sessions in LOADS.items()}
        crowds = [instant(servers) for _ in range(CROWDS)]
        return {"lacks": servers.lacks, "loads": loads, "instant": crowds, "proven": servers.prove()}


def instant(servers: Stand) -> dict[str, float]:
    """All at once: shares of the crowd, and when the last of them heard it, in seconds after its connect.

    In time is by the deadline after the connect: so long a caller waits. The gate, which counts from the
    header, knows nothing of the wait before: ``decided_after_header`` is what was in time by its count. For
    ``deadline`` itself there is as much time more as the gate gives the PBX to confirm.
    """
    one = servers.play("full", CROWD, CROWD)
    told = list(zip(one["outcomes"], one["heard"], one["sent"], strict=True))
    decided = [(at, sent) for outcome, at, sent in told if outcome in "AB"]
    late = [at for outcome, at, _ in told if outcome == "D"]
    in_time = sum(at <= DEADLINE for at, _ in decided)
    late_in_time = sum(at <= DEADLINE + LIMITS.confirm_seconds for at in late)
    return {
        "decided": in_time / CROWD,
        "told_deadline": late_in_time / CROWD,
        "told_late": (len(decided) - in_time + len(late) - late_in_time) / CROWD,
        "told_gate_error": one["outcomes"].count("E") / CROWD,
        "told_nothing": one["outcomes"].count("N") / CROWD,
        "decided_after_header": sum(at - sent <= DEADLINE for at, sent in decided) / CROWD,
        "last_connected_s": max(one["sent"]),
        "last_decided_s": max((at for at, _ in decided), default=0.0),
        "last_deadline_s": max(late, default=0.0),
    }


def load(servers: Stand, rounds: int, concurrent: int, sessions: int) -> dict[str, Any]:
    """Raises proof.Unproven when what was timed is not on record."""
    taken: Rounds = {kind: [] for kind in servers.kinds}
    flushed = []
    for number in range(rounds + 1):
        flush = flushes(servers.folder)
        for kind in servers.kinds:
            one = servers.play(kind, concurrent, sessions)
            if number:  # the first one warms up
                taken[kind].append(one)
        if number:
            flushed.append(flush)
    found: dict[str, Any] = {
        "servers": {kind: figures(taken[kind]) for kind in servers.kinds},
        "full_to": {kind: ratios(taken, kind) for kind in servers.kinds if kind != "full"},
        "outcomes": {code: sum(one["outcomes"].count(code) for one in taken["full"]) for code in "ABDEN"},
        "flush_ms": 1000 * statistics.median(flushed),
        "proven": servers.prove(),
    }
    if concurrent == 1:  # nobody shares the flush
        found["full_to_stub_and_flush"] = statistics.median(
            p50(full) / (p50(stub) + flush)
            for full, stub, flush in zip(taken["full"], taken["stub"], flushed, strict=True)
        )
    return found


def table(found: dict[str, Any]) -> str:
    lines = [found["lacks"]] if found["lacks"] else []
    lines.append(
        " at  server             p50 ms    p99 ms  sessions/s  processor us  full is x of its p50, p99"
    )
    for concurrent, result in found["loads"].items():
        for kind, one in result["servers"].items():
            times = f"{one['p50_ms']:9.2f} {one['p99_ms']:9.2f}"
            rate = f"{one['sessions_per_s']:11.0f} {one['processor_us']:13.0f}"
            line = f"{concurrent:>3}  {kind:17} {times} {rate}"
            if ratio := result["full_to"].get(kind):
                line += f"  {ratio['p50']:16.2f} {ratio['p99']:8.2f}"
            lines.append(line)
        base = "C" if "C" in result["full_to"] else "floor"
        lines.append(
            f"     processor of a decision: {result['full_to'][base]['processor']:.2f} x {base}'s; "
            f"a second: {result['full_to']['panoramisk']['a_second']:.2f} x panoramisk's; "
            f"an fdatasync here: {result['flush_ms']:.2f} ms"
        )
        if "full_to_stub_and_flush" in result:
            lines.append(f"     full is {result['full_to_stub_and_flush']:.2f} x (stub + one fdatasync)")
    for crowd in found["instant"]:
        shares = ", ".join(f"{crowd[share]:.1%} {share.replace('_', ' ')}" for share in SHARES)
        lasts = ", ".join(f"{last} {crowd[f'last_{last}_s']:.2f} s" for last in LASTS)
        lines.append(f"{CROWD} at one instant: {shares}")
        lines.append(f"     from the header: {crowd['decided_after_header']:.1%} decided; the last: {lasts}")
    return "\n".join(lines)
