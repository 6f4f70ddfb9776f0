"""How long a callee who says hello is heard by nobody: ``python -m tests.bench.bridge_bench [--json]``.

Real calls on the lab's Asterisk, with the product's gate and listener in processes of their own: from the
callee's 200 OK to the one that Asterisk then sends to the agent's phone, when it is about to bridge the two.
One call after the other, and forty at once; beside them the floor: the same calls through a dialplan without
gate and interlock. The machine's noise hits both, so compare the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.behaviour import Behaviour
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples, product
from tests.lab.soak_crowd import Callees, Callers, Pair, pairs, register
from tests.lab.soak_product import finished
from tests.lab.trace import Message, user

AT_ONCE = 40
ROUNDS = 5  # of as many calls as are at once
RING_SECONDS = 1.0
TALK_SECONDS = 0.5
PATIENCE = 60.0
STUB = Path(__file__).parents[1] / "lab" / "stub.conf"


def bench(calls: Sequence[Pair], at_once: int, *, gated: bool) -> list[float]:
    """Seconds from the callee's answer to the agent's, of each call. All of them must be answered."""
    with Pbx(**(product() if gated else {"dialplan": [STUB]})) as pbx, Site(pbx) as site:
        if gated:
            load_samples(site)
            register(site, calls)
            for role in ("gate", "listener"):
                site.start(role)
            site.ready()
        callees = Callees(pbx, Behaviour(ring=RING_SECONDS if at_once > 1 else 0.2))
        found: list[float] = []
        for start in range(0, len(calls), at_once):
            found += _together(pbx, callees, calls[start : start + at_once])
        if gated:
            finished(site)
            kept = [row for row in site.dialpact("recordings", "list", "--limit", "0") if row["sha256"]]
            assert len(kept) == len(calls), f"{len(kept)} of {len(calls)} calls were recorded"
    return found


def _together(pbx: Pbx, callees: Callees, calls: Sequence[Pair]) -> list[float]:
    callers = made(pbx, calls, concurrent=len(calls), rate=1000, talk_seconds=TALK_SECONDS)
    outside = answered(callees.messages(), sent=True)
    inside = answered(callers.messages(), sent=False)
    missing = [call.callee for call in calls if call.callee not in outside or call.callee not in inside]
    assert not missing, f"{len(missing)} of {len(calls)} calls were not answered"
    return [inside[call.callee] - outside[call.callee] for call in calls]


def made(pbx: Pbx, calls: Sequence[Pair], *, concurrent: int, rate: float, talk_seconds: float) -> Callers:
    """Those who have made them, once all are over. TimeoutError."""
    callers = Callers(pbx, calls, concurrent=concurrent, rate=rate, talk_seconds=talk_seconds)
    until = time.monotonic() + PATIENCE
    while callers.running:
        if time.monotonic() > until:
            raise TimeoutError(f"calls that never end\n{callers.complaints()}")
        time.sleep(0.05)
    return callers


def answered(messages: Sequence[Message], *, sent: bool) -> dict[str, float]:
    """When each call was answered, by the number that was called."""
    found: dict[str, float] = {}
    for message in messages:
        if message.status == 200 and message.sent is sent and message.method == "INVITE":
            found.setdefault(user(message.header("To")), message.time)
    return found


def measure(at_once: int = AT_ONCE, rounds: int = ROUNDS) -> dict[str, Any]:
    """p50 and p99 in milliseconds, and how many times the floor that is."""
    found: dict[str, Any] = {}
    for name, together in (("one by one", 1), (f"{at_once} at once", at_once)):
        calls = pairs(at_once * (rounds if together > 1 else 1), seed=together)
        floor, full = (_figures(bench(calls, together, gated=gated)) for gated in (False, True))
        ratio = {f"{key.removesuffix('_ms')}_to_floor": full[key] / floor[key] for key in floor}
        found[name] = {"calls": len(calls), "floor": floor, "full": full, **ratio}
    return found


def _figures(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * one for one in seconds)
    return {"p50_ms": statistics.median(ordered), "p99_ms": ordered[len(ordered) * 99 // 100]}


def table(found: dict[str, Any]) -> str:
    return "\n".join(
        f"answer to bridge, {name} ({one['calls']} calls): {_said(one, 'p50')}, {_said(one, 'p99')}"
        for name, one in found.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    found = measure(given.at_once, given.rounds)
    print(json.dumps(found, indent=2) if given.json else table(found))


def _said(one: dict[str, Any], figure: str) -> str:
    full, floor = (one[which][f"{figure}_ms"] for which in ("full", "floor"))
    return f"{figure} {full:.1f} ms ({one[f'{figure}_to_floor']:.1f} times the floor of {floor:.1f})"


if __name__ == "__main__":
    main()
