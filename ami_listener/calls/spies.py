"""Supervisors who listen to a call, or speak into it, without being in its bridge: ChanSpy, ExtenSpy, snoops.

What such a one says is in no recording of the call: MixMonitor on the customer's leg does not hear what is
whispered to it. So his own channel is recorded (``companions``), he is cut, or it is an incident, as the
trunk says. That he was there, and who could hear him, is written with the leg in any case.

Who listens to whom is known from events; who hears him then follows from the bridges there are. It is looked
at anew whenever one of them changes, and once a second, since a leg's decision is known by no event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.pbx import Live, NoChannel, Pbx
from ami_listener.calls import spying
from ami_listener.calls.companions import Companions
from ami_listener.calls.spying import HeardBy, Way
from ami_listener.calls.view import ListenerView
from ami_listener.legs.leg import Leg
from dialpact.compliance.clock import stamp

MOVES = events.BridgeEntered | events.BridgeLeft | events.StateChanged | events.DialEnded
log = structlog.get_logger()


class Spy:
    """``spied``: unique ids of those he may be at; more than one only when he began before we listened."""

    def __init__(
        self, channel: str, uniqueid: str, spied: frozenset[str], name: str, *, certain: bool = True
    ) -> None:
        self.channel, self.uniqueid, self.spied, self.certain = channel, uniqueid, spied, certain
        self.name = name  # of the one he is at; empty: one of several
        self.way: Way | None = None  # until it is asked
        self.cut = False


class Presence(msgspec.Struct, omit_defaults=True):
    """His being at one call: a line of what is written with its leg."""

    channel: str
    way: str
    heard_by: HeardBy
    since: str
    until: str | None = None  # left out while he is there: a null would delete it in the store


class Spies:
    def __init__(self, listener: ListenerView, companions: Companions) -> None:
        self._listener, self._companions = listener, companions
        self._spies: dict[str, Spy] = {}  # by unique id
        self._present: dict[tuple[str, str], Presence] = {}  # by spy and leg
        self._told: dict[str, dict[str, Presence]] = {}  # by leg: all that were there
        self._tasks: set[asyncio.Task[None]] = set()
        self._unknown: set[str] | None = None  # at the last comparison; None before the first
        self._before: frozenset[str] = frozenset()  # at the first
        self._pbx: Pbx | None = None
        self._due = False

    # What happens

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """An event of any channel, before its leg has it."""
        self._pbx = pbx
        match event:
            case events.SpyBegan():
                self._begin(
                    pbx, Spy(event.channel, event.uniqueid, frozenset({event.spied}), event.spied_channel)
                )
            case events.SpyEnded():
                self._end(event.uniqueid)
            case events.Renamed():
                if (spy := self._spies.get(event.uniqueid)) is not None:
                    spy.channel = event.new
            case events.HungUp():
                self._end(event.uniqueid)
                for pair in list(self._present):
                    if pair[1] == event.uniqueid:
                        self._part(*pair)
                self._told.pop(event.uniqueid, None)
            case _:
                if not isinstance(event, MOVES):
                    return
        self._soon()

    def found(self, pbx: Pbx, rows: Sequence[Live]) -> None:
        """All channels there were when Asterisk was asked: after a connect, and every half minute."""
        self._pbx = pbx
        rows = self._listener.changes.still(rows)
        up = self._listener.changes.up(rows)
        self._told = {leg: told for leg, told in self._told.items() if leg in up}
        for uniqueid in self._spies.keys() - up:
            self._end(uniqueid)
        self._suspect(pbx, rows)
        self._soon()

    def _suspect(self, pbx: Pbx, rows: Sequence[Live]) -> None:
        """Those of whose coming no event told: they were there before us, or it was not fit to be believed.

        An event may be on its way, and who waits for a call to listen to is told by none: so only one who is
        at a call for certain is taken at first sight, and at a later one who has been there from the start.
        """
        first, unknown = self._unknown is None, set[str]()
        for row in rows:
            if row.uniqueid in self._spies:
                continue
            others = [other for other in rows if other.uniqueid != row.uniqueid]
            if (found := spying.suspect(row, others)) is None:
                continue
            again = self._unknown is not None and row.uniqueid in self._unknown
            if (first and found.certain) or (again and (found.certain or row.uniqueid in self._before)):
                names = [other.channel for other in others if other.uniqueid in found.spied]
                name = names[0] if len(names) == 1 and found.certain else ""
                spy = Spy(row.channel, row.uniqueid, found.spied, name, certain=found.certain)
                self._begin(pbx, spy)
            else:
                unknown.add(row.uniqueid)
        self._unknown = unknown
        if first:
            self._before = frozenset(unknown)

    def look(self) -> None:
        """Once a second."""
        if self._spies:
            self._relate()
        for spy in self._spies.values():
            if spy.cut and self._pbx is not None:
                self._do(self._hang_up(self._pbx, spy), f"cut {spy.channel}")

    async def drop(self) -> None:
        """The link is gone; who is there is asked anew after the next login."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._spies.clear()
        self._present.clear()
        self._told.clear()
        self._pbx = self._unknown = None

    # Who is where

    def _begin(self, pbx: Pbx, spy: Spy) -> None:
        self._end(spy.uniqueid)  # he goes from one call to the next
        self._spies[spy.uniqueid] = spy
        self._do(self._ask(pbx, spy), f"ask {spy.channel}")

    async def _ask(self, pbx: Pbx, spy: Spy) -> None:
        try:
            application = await pbx.variable(spy.channel, "CHANNEL(appname)")
            data = await pbx.variable(spy.channel, "CHANNEL(appdata)")
        except NoChannel:
            return
        except LinkError as error:
            if pbx.lost:
                return
            log.warning("asterisk did not answer", leg=spy.channel, error=str(error))
            application = data = ""
        spy.way = spying.way_of(spy.channel, application, data)
        self._relate()

    def _end(self, uniqueid: str) -> None:
        if self._spies.pop(uniqueid, None) is not None:
            for spy, leg in list(self._present):
                if spy == uniqueid:
                    self._part(spy, leg)

    def _soon(self) -> None:
        """After the leg has had the event."""
        if self._spies and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._relate)

    def _relate(self) -> None:
        self._due = False
        try:
            self._compare()
        except Exception:
            log.exception("supervisors not looked after")
            self._listener.context.report("listener-error", "", "", "supervisors: see the listener's log")

    def _compare(self) -> None:
        if self._pbx is None:
            return
        legs, there = self._listener.legs, set[tuple[str, str]]()
        for spy in list(self._spies.values()):
            if spy.way is None:
                continue
            around = set[str]().union(*map(self._companions.around, spy.spied))
            heard = [leg for id in around if (leg := legs.get(id)) is not None and leg.is_up and leg.allowed]
            there |= {(spy.uniqueid, leg.uniqueid) for leg in heard}
            for leg in heard:
                if (spy.uniqueid, leg.uniqueid) not in self._present:
                    self._meet(
                        self._pbx,
                        spy,
                        spy.way,
                        leg,
                        alone=(spy.certain and len(heard) == 1) or bool(spy.name),
                    )
        for spy_id, leg_id in self._present.keys() - there:
            self._part(spy_id, leg_id)

    # What follows

    def _meet(self, pbx: Pbx, spy: Spy, way: Way, leg: Leg, *, alone: bool) -> None:
        """``alone``: it is known that he is at this call and no other."""
        context = self._listener.context
        heard = spying.heard_by(way, spy.name, carrier=spy.spied == {leg.uniqueid})
        presence = Presence(spy.channel, way.application, heard, stamp(context.clock.now()))
        self._present[spy.uniqueid, leg.uniqueid] = presence
        self._told.setdefault(leg.uniqueid, {})[f"{spy.uniqueid} {presence.since}"] = presence
        self._write(leg)
        log.info("supervisor", decision=leg.decision, leg=leg.channel, by=spy.channel, heard_by=heard)
        if heard is HeardBy.NOBODY:
            return
        rule = self._listener.supervisor_rule(leg)
        if rule == "record" and alone:
            self._companions.begin(
                pbx,
                leg,
                spy.channel,
                spy.uniqueid,
                "supervisor",
                failed=lambda why: self._unrecorded(pbx, spy, leg, why, cut=True),
            )
        elif rule == "record":
            why = "he was there before the listener, and may be at another call as well"
            self._unrecorded(pbx, spy, leg, why, cut=True)
        elif heard is HeardBy.CUSTOMER:
            cut = rule == "cut"
            self._unrecorded(pbx, spy, leg, f"by {way.application}", cut=cut, kind="supervisor-unrecorded")

    def _unrecorded(
        self, pbx: Pbx, spy: Spy, leg: Leg, why: str, *, cut: bool, kind: str = "voice-not-recorded"
    ) -> None:
        context = self._listener.context
        cut = cut and not context.shadow
        done = "cut" if cut else "let be"
        context.report(kind, leg.decision, leg.channel, f"{done}; supervisor {spy.channel}: {why}"[:300])
        if cut and not spy.cut:
            spy.cut = True
            self._do(self._hang_up(pbx, spy), f"cut {spy.channel}")

    async def _hang_up(self, pbx: Pbx, spy: Spy) -> None:
        try:
            if await pbx.is_live(spy.channel, spy.uniqueid):
                await pbx.hang_up(spy.channel)
        except LinkError as error:
            log.warning("asterisk did not answer", leg=spy.channel, error=str(error))

    def _part(self, spy: str, leg: str) -> None:
        presence = self._present.pop((spy, leg))
        presence.until = stamp(self._listener.context.clock.now())
        if (known := self._listener.legs.get(leg)) is not None:
            self._write(known)
            if self._pbx is not None:
                self._companions.end(self._pbx, spy, known)

    def _write(self, leg: Leg) -> None:
        leg.supervised(msgspec.json.encode(self._told[leg.uniqueid], order="deterministic").decode())

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(self._watched(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception:
            log.exception("supervisor not looked after", what=name)
            self._listener.context.report("listener-error", "", "", f"{name}: see the listener's log")
