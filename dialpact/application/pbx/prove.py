"""Does it hold? The running dialplan first, and only then a call through each route that must be refused.

1. The running dialplan holds what the adapter expects: the gate's contexts, the hook, the interlock.
2. Where it does: a call by each route to a number that nobody has. It is proven if the gate has stored its
   refusal for that number on that route's trunk, and nothing of the call left: the channel ended without a
   Dial, or the listener, which was awake, saw no leg.

A route that was not looked at is not proven, whatever the others are.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from dialpact.application.context import Context
from dialpact.application.doctor import dialplan
from dialpact.application.pbx import probe, running
from dialpact.application.pbx.adapter import Adapter, Expected, Found, Route, Wishes
from dialpact.application.pbx.host import Host
from dialpact.compliance.calls import CallEntry
from dialpact.compliance.config import Config
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL

Result = Literal["proven", "not-proven", "goes-round"]
PATIENCE = 20.0  # seconds for one call to be refused, its announcement heard out, and its channel gone
PAUSE = 0.05  # between two looks at the channels: Asterisk's console tells no one anything by itself
DIALLED = frozenset({"DIALEDPEERNAME", "DIALEDPEERNUMBER"})
LEFT = frozenset(
    {
        *("no-decision", "malformed-decision", "unknown-decision", "refused-decision", "reused-decision"),
        *("stale-decision", "undelivered-decision", "foreign-node", "foreign-trunk", "foreign-number"),
        *("unlisted-endpoint", "leg-not-judged", "call-unseen", "store-unavailable"),
    }
)


@dataclass(frozen=True)
class RouteProof:
    """``why`` names the text (table ``pbx-proof``), filled by ``values``; of a way round: ``pbx-round``."""

    route: Route
    result: Result
    why: str = ""
    values: Mapping[str, str] | None = None
    number: str = ""  # that was tried
    decision: str = ""  # its id

    @property
    def counts(self) -> bool:
        """Whether it is something to mend: a route for emergency calls alone is as it should be, so is one
        before which the gate has refused already.
        """
        return self.result != "proven" and self.why not in ("emergency", "behind")


@dataclass(frozen=True)
class Proof:
    """``missing``: what of the running dialplan is not as it should be, for all routes."""

    routes: tuple[RouteProof, ...]
    missing: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Every route that can be tried was tried, and refuses; one at least."""
        tried = any(one.result == "proven" for one in self.routes)
        return tried and not self.missing and not any(one.counts for one in self.routes)


async def prove(
    host: Host,
    adapter: Adapter,
    found: Found,
    wishes: Wishes,
    config: Config,
    context: Context,
    *,
    calls: bool = True,
) -> Proof:
    """``calls``: by calls as well; without, a route that has its hook is not proven, for nobody tried it."""
    files = await asyncio.to_thread(dialplan.files, host.etc)
    written = await asyncio.to_thread(adapter.routes, host, found, wishes)
    expected = await asyncio.to_thread(adapter.expected, host, found, wishes)
    try:
        plan = await asyncio.to_thread(running.dialplan, host, files)
    except Fault as fault:
        silent = {"said": fault.detail.get("said", "")}
        return Proof(tuple(_not(route, "silent", silent) for route in written), (silent["said"],))
    seen = await asyncio.to_thread(adapter.routes, replace(host, running=plan), found, wishes)
    missing = tuple(filter(None, (running.missing(plan, one) for one in expected if not one.route)))
    proofs = []
    for route in _merged(written, seen):
        proof = _looked(route, plan, expected, missing, seen)
        if proof is None and not calls:
            proof = _not(route, "no-call")
        proofs.append(proof or await _tried(host, route, plan, config, context))
    return Proof(tuple(_behind(one, proofs) for one in proofs), missing)


def _behind(one: RouteProof, proofs: Sequence[RouteProof]) -> RouteProof:
    """A fail-over: the call was refused at the trunk that comes first, and never came to this one."""
    first = (one.values or {}).get("asked", "")
    refused = any(
        other.result == "proven"
        and (other.route.context, other.number, other.route.trunk) == (one.route.context, one.number, first)
        for other in proofs
    )
    return replace(one, why="behind") if one.why == "other-trunk" and refused else one


def _merged(written: Sequence[Route], seen: Sequence[Route]) -> list[Route]:
    """Those of the files, and those that run and are in no file."""
    names = {route.name for route in written}
    return [*written, *(route for route in seen if route.name not in names)]


def _not(route: Route, why: str, values: Mapping[str, str] | None = None) -> RouteProof:
    if route.goes_round:
        return _round(route)
    return RouteProof(route, "not-proven", why, values)


def _round(route: Route) -> RouteProof:
    return RouteProof(route, "goes-round", route.goes_round)


def _looked(
    route: Route, plan: Plan, expected: Sequence[Expected], missing: Sequence[str], seen: Sequence[Route]
) -> RouteProof | None:
    """What can be said without a call; None: a call may be made."""
    if route.goes_round:
        return _round(route)
    if missing:
        return _not(route, "not-running", {"missing": missing[0]})
    own = [running.missing(plan, one) for one in expected if one.route == route.name]
    if lacking := next(filter(None, own), ""):
        return _not(route, "not-running", {"missing": lacking})
    as_it_runs = next((one for one in seen if one.name == route.name), None)
    if as_it_runs is None:
        return _not(route, "not-running", {"missing": f"[{route.context}] {route.pattern}"})
    if as_it_runs.goes_round:
        return _round(as_it_runs)
    if not route.trunk and not route.any_trunk:
        return _not(route, "no-trunk", {"endpoint": route.endpoint or "-"})
    if not route.pattern:
        return _not(route, "no-entry")
    return None


async def _tried(host: Host, route: Route, plan: Plan, config: Config, context: Context) -> RouteProof:
    trunk = config.trunks.get(route.trunk)
    area = trunk.area_code if trunk else ""
    number = probe.number_for(route, plan, tuple(context.regions()), area)
    if not number:
        return _not(route, "emergency" if probe.only_emergencies(route) else "no-number")
    asked = route.prepend + number[route.strip :]
    since = context.now() - timedelta(seconds=1)
    call = Call(host, number, route.context)
    earlier = await context.store.calls.list(number=asked, since=since, most=ALL)
    others = frozenset(one.id for one in earlier.rows)
    try:
        await asyncio.to_thread(call.begin)
        entry = await _refusal(call, context, asked, since, others)
    except Fault as fault:
        return replace(_not(route, "silent", {"said": fault.detail.get("said", "")}), number=number)
    tried = {"number": number, "asked": asked}
    if entry is None:
        return replace(_not(route, "no-decision", tried), number=number)
    said = replace(_not(route, "", tried), number=number, decision=entry.id)
    if call.dialled:
        return replace(said, result="goes-round", why="dialled")
    if entry.verdict != "BLOCK":
        return replace(said, why="allowed")
    if entry.trunk != route.trunk and not (route.any_trunk and entry.trunk in config.trunks):
        return replace(said, why="other-trunk", values={"asked": entry.trunk or "-", "wanted": route.trunk})
    if not await _nothing_left(call, context, config, entry, since):
        return replace(said, why="unwatched")
    return replace(said, result="proven", why="")


async def _refusal(
    call: Call, context: Context, asked: str, since: datetime, others: frozenset[str]
) -> CallEntry | None:
    """The decision about the call, once its channel is gone. None: none was stored. ``others``: of others."""
    clock = asyncio.get_running_loop()
    until = clock.time() + PATIENCE
    entry = None
    while clock.time() < until:
        there = await asyncio.to_thread(call.look)
        if entry is None:
            found = await context.store.calls.list(number=asked, since=since, most=ALL)
            entry = next((one for one in found.rows if one.id not in others), None)
        if not there and (entry is not None or clock.time() > until - PATIENCE / 2):
            return entry
        await asyncio.sleep(PAUSE)
    await asyncio.to_thread(call.end)
    return entry


async def _nothing_left(
    call: Call, context: Context, config: Config, entry: CallEntry, since: datetime
) -> bool:
    """The channel was seen to end refused, or the listener was awake and saw no leg of it."""
    stored = await context.store.calls.get(entry.id)
    if stored is None or stored.carrier_legs:
        return False
    told = await context.store.incidents.list(since=since, most=ALL)
    if any(one.kind in LEFT and one.decision in ("", entry.id) for one in told.rows):
        return False
    if call.refused:
        return True
    health = await context.store.installation.health(config.node.name, context.now(), context.now().date())
    return health.lease is not None and health.lease.live


class Call:
    """One call by a Local channel, watched from Asterisk's console."""

    def __init__(self, host: Host, number: str, context: str) -> None:
        self._host, self._number, self._context = host, number, context
        self._name = re.compile(rf"Local/{re.escape(number)}@{re.escape(context)}-[0-9a-f]+;2")
        self.dialled = False  # a Dial was seen
        self.refused = False  # the channel was seen with the gate's BLOCK on it, and no Dial behind it

    def begin(self) -> None:
        """Fault: nobody answers, or this Asterisk can not be told to call."""
        words = f"channel originate Local/{self._number}@{self._context} application Wait 1"
        if "No such command" in (said := self._said(words)):
            raise Fault("pbx-silent", said=f"{said.strip()[:80]} (res_clioriginate.so)")

    def look(self) -> bool:
        """Whether it is still up."""
        up = False
        for line in self._said("core show channels concise").splitlines():
            if self._name.fullmatch(line.partition("!")[0]):
                up = True
                self._variables(line.partition("!")[0])
        return up

    def end(self) -> None:
        for line in self._said("core show channels concise").splitlines():
            if self._name.fullmatch(line.partition("!")[0]):
                self._said(f"channel request hangup {line.partition('!')[0]}")

    def _variables(self, name: str) -> None:
        shown = self._said(f"core show channel {name}")
        given = dict(re.findall(r"^([A-Z_a-z]+)=(.*)$", shown, re.M))
        # Dial itself empties these before it dials; DIALSTATUS a refusal may set for the PBX's own reports.
        if DIALLED & given.keys() or re.search(r"Application: Dial\b", shown):
            self.dialled = True
        self.refused = given.get("DIALPACT_VERDICT") == "BLOCK" and not self.dialled

    def _said(self, words: str) -> str:
        ran = self._host.run(["asterisk", *running.where(self._host), "-rx", words])
        if ran.code or "Unable to connect to remote asterisk" in ran.out + ran.err:
            raise Fault("pbx-silent", said=(ran.err.strip() or ran.out.strip())[:200])
        return ran.out
