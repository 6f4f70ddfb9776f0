"""Legs to a trunk's carrier by an endpoint that no trunk lists: nobody decided on them, nothing records them.

1. Where a leg goes is its Request-URI, and the outbound proxy of its endpoint; where a trunk goes, its
   endpoint's contacts and proxy. Asked of Asterisk, and compared as it writes them.
2. A telephone behind the same host (an SBC) is reached by its contact, ``PJSIP/1001``, and is never cut: cut
   is only a leg for which the call chose the number, of seven digits or more, to the very host and port of a
   trunk.
3. An emergency call is let be, without an incident.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import Origin
from ami_listener.ami.pbx import Live, NoChannel, Pbx
from ami_listener.calls.view import ListenerView
from ami_listener.legs.leg_check import Suspect, originator, spare_emergency
from ami_listener.legs.leg_policy import SHORT, Kind, LegVerdict
from ami_listener.timings import USUAL, UnlistedLimits
from dialpact.compliance.hosts import Host, near, target, targets

KIND: Kind = "unlisted-endpoint"
log = structlog.get_logger()


class Elsewhere:
    """Ways (endpoint, host in the dial string) that lead to no trunk: remembered for a while, the newest of
    them.
    """

    def __init__(self, limits: UnlistedLimits = USUAL.unlisted) -> None:
        self._limits = limits
        self._until: dict[tuple[str, str], float] = {}

    def __contains__(self, way: tuple[str, str]) -> bool:
        return self._until.get(way, 0) >= time.monotonic()

    def add(self, way: tuple[str, str]) -> None:
        self._until.pop(way, None)
        while len(self._until) >= self._limits.most:
            del self._until[next(iter(self._until))]
        self._until[way] = time.monotonic() + self._limits.elsewhere


class Unlisted:
    """All of them. ``feed`` hears of every dialling, ``compare`` of calls that nobody saw begin."""

    def __init__(self, listener: ListenerView, limits: UnlistedLimits) -> None:
        self._listener, self._limits = listener, limits
        self._trunks: dict[str, frozenset[Host]] = {}  # the last that was known of each
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self.elsewhere = Elsewhere(limits)
        self._told: dict[str, None] = {}  # endpoints of which one incident is enough
        self._seen: set[str] = set()  # unique ids
        self._tasks: set[asyncio.Task[None]] = set()

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        if not isinstance(event, events.DialBegun) or not event.channel.startswith("PJSIP/"):
            return
        if trunks := self._listener.trunks_of(event.channel):
            if self._asked_at > 0 and not all(trunk in self._trunks for trunk in trunks):
                self._do(self._learn(pbx, event.channel, list(trunks)))
        elif _way(event.channel, event.dial) not in self.elsewhere:
            self._do(self._look(pbx, event.channel, event.uniqueid, event.dial, event.origin))

    async def compare(self, pbx: Pbx, live: Sequence[Live]) -> None:
        """After the listener was away: calls of which no DialBegin was seen. Raises LinkError."""
        rows = {
            row.uniqueid: row
            for row in live
            if row.channel.startswith("PJSIP/") and not self._listener.trunks_of(row.channel)
        }
        self._seen &= self._listener.changes.up(live)
        for row in rows.values():
            if row.uniqueid in self._seen or row.state in ("Ring", "Reserved"):
                continue
            try:
                if not await pbx.came_in(row.channel) and await pbx.is_dialled(row.channel):
                    origin = Origin(linkedid=row.linkedid, seen=False)
                    self._do(self._look(pbx, row.channel, row.uniqueid, "", origin))
                else:
                    self._seen.add(row.uniqueid)
            except NoChannel:
                continue

    async def drop(self) -> None:
        """The link is gone."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work), name="unlisted endpoint")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except NoChannel:
            pass
        except LinkError as error:  # what it was, the next comparison asks again
            log.warning("asterisk did not answer", error=str(error))

    # Where it goes

    async def _learn(self, pbx: Pbx, channel: str, trunks: list[str]) -> None:
        """From a leg of the trunk, where its contacts could not be asked for."""
        asked, now = target(await pbx.remote(channel)), target(await pbx.target(channel))
        if asked is not None and now is not None and asked.host.name == now.host.name:
            self._trunks |= dict.fromkeys(trunks, frozenset({now.host}))

    async def _ask_trunks(self, pbx: Pbx) -> None:
        async with self._asking:
            if time.monotonic() - self._asked_at < self._limits.contacts:
                return
            for trunk, endpoint in self._listener.endpoints.items():
                if found := await self._hosts(pbx, endpoint):
                    self._trunks[trunk] = found
            self._asked_at = time.monotonic()

    async def _hosts(self, pbx: Pbx, endpoint: str) -> frozenset[Host]:
        contacts = targets(await pbx.contacts(endpoint))
        proxy = target(await pbx.outbound_proxy(endpoint))
        return frozenset(found.host for found in contacts | ({proxy} if proxy else set()))

    # What follows

    async def _look(self, pbx: Pbx, channel: str, uniqueid: str, dial: str, origin: Origin) -> None:
        if uniqueid in self._seen:
            return
        self._seen.add(uniqueid)
        try:
            await self._judge(pbx, channel, uniqueid, dial, origin)
        except LinkError:
            self._seen.discard(uniqueid)
            raise

    async def _judge(self, pbx: Pbx, channel: str, uniqueid: str, dial: str, origin: Origin) -> None:
        await self._ask_trunks(pbx)
        endpoint = _endpoint(channel)
        # To stays; the target becomes the answering side's Contact with its first response.
        asked = target(await pbx.remote(channel))
        now, proxy = target(await pbx.target(channel)), target(await pbx.outbound_proxy(endpoint))
        hosts = {one.host for one in (now, proxy) if one is not None}
        told = hosts | {asked.host} if asked is not None else hosts
        close = {trunk for trunk, known in self._trunks.items() if any(near(host, known) for host in told)}
        if asked is None or not close:
            if asked is not None and self._listener.endpoints.keys() <= self._trunks.keys():
                self.elsewhere.add(_way(channel, dial))
            return
        contacts = {one for one in targets(await pbx.contacts(endpoint)) if one.host.name == asked.host.name}
        hosts |= {one.host for one in contacts}  # To has no port
        chosen = ("@" in dial or not dial) and all(one.user != asked.user for one in contacts)
        began = self._listener.context.clock.now()
        leg = Suspect(channel, uniqueid, self._listener.area_codes(close), began, dial, origin)
        if (await spare_emergency(self._listener.context, pbx, leg, asked.user, LegVerdict(KIND))).emergency:
            return
        number = _is_long(asked.user)
        if not (chosen and number):  # perhaps a telephone: its endpoint is told of, not each of its calls
            if not (chosen or number) or endpoint in self._told:
                return
            self._told[endpoint] = None
        exact = {trunk for trunk in close if self._trunks[trunk].intersection(hosts)}
        cut = chosen and number and bool(exact & self._listener.context.guarded)
        await self._tell(pbx, leg, sorted(exact or close), asked.user, cut=cut)

    async def _tell(self, pbx: Pbx, leg: Suspect, trunks: list[str], number: str, *, cut: bool) -> None:
        where = f"endpoint={_endpoint(leg.channel)} trunk={','.join(trunks)[:80]}"
        detail = f"{'cut' if cut else 'let be'}; {originator(leg.origin)}; {where} dialled"
        self._listener.context.report(KIND, "", leg.channel, detail, number[:40])
        if cut:
            await self._cut(pbx, leg)

    async def _cut(self, pbx: Pbx, leg: Suspect) -> None:
        for _ in range(self._limits.cuts):
            if not await pbx.is_live(leg.channel, leg.uniqueid):
                return
            if await pbx.came_in(leg.channel):
                detail = "a DialBegin event for a call that came in"
                self._listener.context.report("forged-event", "", leg.channel, detail)
                return
            log.error("call cut", leg=leg.channel)
            await pbx.hang_up(leg.channel)
            await asyncio.sleep(1.0)


def _endpoint(channel: str) -> str:
    """``carrier`` of ``PJSIP/carrier-0000002a``."""
    return channel.partition("/")[2].rpartition("-")[0]


def _way(channel: str, dial: str) -> tuple[str, str]:
    """What decides where it goes: the endpoint, and the host that stands in ``carrier/sip:138@host``."""
    return _endpoint(channel), dial.rpartition("@")[2] if "/" in dial else ""


def _is_long(number: str) -> bool:
    """As many digits as a subscriber's, whatever stands between them."""
    return sum(sign.isdigit() for sign in number) > SHORT
