"""What the gate adds to a whole SIP call, and how many calls a second a node carries with and without it.

Asterisks of the lab, one for each way of asking, take turns: no gate, a look into AstDB, one by func_odbc
into an SQLite table of a million numbers, a FastAGI server in C that does nothing, the product. The delay is
from the phone's INVITE to the one that reaches the carrier, at 50 calls a second. What is carried is a closed
loop of as many calls as keep the machine busy, recorded with and without the product; a call that was not
answered, or left no recording, was not carried.

These Asterisks log what Asterisk's own logger.conf has logged. The lab's line for each step of the dialplan
would be charged to whoever has more of them.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench import native, odbc_list
from tests.bench.bridge_bench import answered, made
from tests.bench.process import running
from tests.lab.behaviour import Behaviour
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples, product
from tests.lab.soak_crowd import Callees, Pair, pairs, register
from tests.lab.soak_product import finished
from tests.lab.trace import Message, user

DIALPLAN = Path(__file__).with_name("dialplan")
STUB = Path(__file__).parents[1] / "lab" / "stub.conf"
RATE = 50  # calls a second
CALLS = 150  # a round
TALK_SECONDS = 0.5
CROWD = 60  # at once
CARRIED = 240  # calls
ROUNDS = 3  # at most
LOGGER = """\
[general]
[logfiles]
console => notice,warning,error
messages.log => notice,warning,error
"""


class Exchange:
    """An Asterisk with its carrier. ``kept``: how many recordings there are."""

    def __init__(self, pbx: Pbx, kept: Callable[[], int]) -> None:
        self.pbx, self.kept = pbx, kept
        self.callees = Callees(pbx, Behaviour(ring=0.1))

    def delays(self, calls: Sequence[Pair]) -> list[float]:
        """Seconds from INVITE to INVITE, of every call."""
        callers = made(self.pbx, calls, concurrent=len(calls), rate=RATE, talk_seconds=TALK_SECONDS)
        begun, come = _invites(callers.messages(), sent=True), _invites(self.callees.messages(), sent=False)
        missing = [call.callee for call in calls if call.callee not in come]
        if missing:
            raise RuntimeError(f"{len(missing)} of {len(calls)} calls never came to the carrier")
        return [come[call.callee] - begun[call.callee] for call in calls]

    def carried(self, calls: Sequence[Pair], at_once: int) -> dict[str, float]:
        """A second, of those that were answered and kept."""
        before, began = self.kept(), time.monotonic()
        callers = made(self.pbx, calls, concurrent=at_once, rate=1000, talk_seconds=TALK_SECONDS)
        seconds = time.monotonic() - began
        talked = len(answered(callers.messages(), sent=False))
        good = min(talked, self.kept() - before)
        return {"calls": len(calls), "carried": good, "per_s": good / seconds}


def _invites(messages: Sequence[Message], *, sent: bool) -> dict[str, float]:
    """When each call's first INVITE was on the wire, by the number that was called."""
    found: dict[str, float] = {}
    for message in messages:
        if message.status is None and message.method == "INVITE" and message.sent is sent:
            found.setdefault(user(message.header("To")), message.time)
    return found


def pbx_as_shipped(**options: Any) -> Pbx:
    """Not started yet."""
    pbx = Pbx(**options)
    etc = pbx.home / "etc"
    (etc / "logger.conf").write_text(LOGGER)
    settings = etc / "asterisk.conf"
    settings.write_text(settings.read_text().replace("verbose = 5", "verbose = 0"))
    return pbx


@contextlib.contextmanager
def plain(dialplan: Path, **variables: str) -> Iterator[Exchange]:
    """Without the product. A recording is there when its three files are."""
    with pbx_as_shipped(dialplan=[dialplan], variables=variables) as pbx:
        yield Exchange(pbx, lambda: len(list(pbx.recordings.glob("*-agent.wav"))))


@contextlib.contextmanager
def odbc() -> Iterator[Exchange]:
    pbx = pbx_as_shipped(dialplan=[DIALPLAN / "func_odbc.conf"])
    odbc_list.configure(pbx)
    with pbx:
        odbc_list.prove(pbx)
        yield Exchange(pbx, lambda: 0)


@contextlib.contextmanager
def nothing(folder: Path) -> Iterator[Exchange]:
    program = [str(native.program("nothing_server"))]
    with (
        running(program, folder / "nothing.log", None) as server,
        plain(DIALPLAN / "nothing.conf", BENCH_GATE=f"127.0.0.1:{int(server.ask())}") as exchange,
    ):
        yield exchange


@contextlib.contextmanager
def full(calls: Sequence[Pair]) -> Iterator[Exchange]:
    """With gate and listener, each in its process."""
    with pbx_as_shipped(**product()) as pbx, Site(pbx) as site:
        load_samples(site)
        register(site, calls)
        for role in ("gate", "listener"):
            site.start(role)
        site.ready()

        def kept() -> int:
            finished(site)
            rows = site.dialpact("recordings", "list", "--limit", "0")
            return sum(row["sha256"] is not None for row in rows)

        yield Exchange(pbx, kept)


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    rounds = min(rounds, ROUNDS)
    calls = pairs((CALLS + CARRIED) * (rounds + 1), seed=7)
    dialled, loops = batches(calls, CALLS, rounds), batches(calls[CALLS * (rounds + 1) :], CARRIED, rounds)
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        product_, lacks = enter(full(calls)), []
        ways = {"no gate": enter(plain(STUB)), "AstDB": enter(plain(DIALPLAN / "astdb.conf"))}
        for way, asked in (("func_odbc", odbc()), ("C, do-nothing", nothing(folder))):
            try:
                ways[way] = enter(asked)
            except (native.NoCompiler, odbc_list.NoDriver) as error:
                lacks.append(str(error))
        ways["full"] = product_
        recorded = enter(plain(DIALPLAN / "recorded.conf", BENCH_RECORDINGS="@home@/recordings"))
        return {
            "lacks": "\n".join(lacks),
            "delay": _delays(ways, dialled),
            "carried": _carried({"ungated": recorded, "full": product_}, loops),
        }


def batches(calls: Sequence[Pair], size: int, rounds: int) -> list[Sequence[Pair]]:
    """A smaller one that warms up, and one for each round."""
    warming = max(1, size // 3)
    return [calls[:warming], *(calls[size * n : size * (n + 1)] for n in range(1, rounds + 1))]


def _delays(ways: dict[str, Exchange], dialled: Sequence[Sequence[Pair]]) -> dict[str, Any]:
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number, calls in enumerate(dialled):
        for way, exchange in ways.items():
            one = 1000 * statistics.median(exchange.delays(calls))
            if number:  # the first one warms up
                taken[way].append(one)
    return {
        way: {
            "p50_ms": statistics.median(each),
            "above_no_gate_ms": statistics.median(
                mine - bare for mine, bare in zip(each, taken["no gate"], strict=True)
            ),
        }
        for way, each in taken.items()
    }


def _carried(ways: dict[str, Exchange], loops: Sequence[Sequence[Pair]]) -> dict[str, Any]:
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for number, calls in enumerate(loops):
        for way, exchange in ways.items():
            one = exchange.carried(calls, CROWD)
            if number:
                taken[way].append(one)
    found: dict[str, Any] = {
        way: {
            "per_s": statistics.median(one["per_s"] for one in each),
            "lost": sum(one["calls"] - one["carried"] for one in each),
            "calls": sum(one["calls"] for one in each),
        }
        for way, each in taken.items()
    }
    found["full_to_ungated"] = statistics.median(
        one["per_s"] / other["per_s"] for one, other in zip(taken["full"], taken["ungated"], strict=True)
    )
    return found


def table(found: dict[str, Any]) -> str:
    lines = [found["lacks"]] if found["lacks"] else []
    lines += [
        f"INVITE to INVITE at {RATE} calls/s, {way:14} p50 {one['p50_ms']:.2f} ms, "
        f"{one['above_no_gate_ms']:+.2f} ms to no gate"
        for way, one in found["delay"].items()
    ]
    carried = found["carried"]
    lines += [
        f"carried, {CROWD} at once, recorded, {way:8} {carried[way]['per_s']:.1f} calls/s "
        f"({carried[way]['lost']} of {carried[way]['calls']} not answered or not kept)"
        for way in ("ungated", "full")
    ]
    return "\n".join([*lines, f"full carries {carried['full_to_ungated']:.2f} x ungated"])
