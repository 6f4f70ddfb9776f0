"""The calls of a chaos run: which there are, what may become of each, and the agents who make them."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.lab.behaviour import AT_ONCE, BUSY, EARLY_MEDIA, Behaviour, scenario
from tests.lab.bootstrap import LabError
from tests.lab.call import Call
from tests.lab.carrier import SIDES
from tests.lab.carrier import TONE as CALLEE_TONE
from tests.lab.chaos_seen import SECOND_TONE, CarrierLog, Console, Leg, Tones
from tests.lab.ear import write_tone
from tests.lab.keys import Keys, event_type
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import ADDRESSES, Phone
from tests.lab.sipp import Sipp
from tests.lab.site import Site
from tests.lab.soak_crowd import CAMPAIGN, FOREVER, Pair, Sink, pairs, register

LONGEST = 9.0  # seconds of talk after which a callee hangs up, whose peer may have died
FAILS_OVER = "09"  # the first trunk cannot, the second can
# The last two digits choose what the callee does; 00 answers and talks.
SUFFIXES = ("00", "01", "02", "03", "05", "06", "07", "08", FAILS_OVER)
RULES = {
    ".*01": BUSY,
    ".*02": Behaviour(ring=20.0, final=480),  # does not answer
    ".*03": EARLY_MEDIA,
    ".*05": Behaviour(hangup_after=1.5),
    ".*06": Behaviour(ring=AT_ONCE.ring, hangup_after=LONGEST),
    ".*07": Behaviour(final=603, cause=21),  # declines
    ".*08": Behaviour(hangup_after=5.0),
}
TRUNK_FAILS = {f".*{FAILS_OVER}": Behaviour(ring=None, final=503)}
DESKS = ("agent1002", "agent1003")  # whose telephones can be called, and are always answered
DESK_TALKS = 3.0  # seconds until one who took a call over hangs up
EMERGENCY = ("110", "119", "120")
# (the last two: an Asterisk that is dead or hangs, asked by its console)
TROUBLES = (
    *(TimeoutError, OSError, RuntimeError, LookupError, ValueError),
    *(LabError, subprocess.TimeoutExpired),
)
MAY, BLOCKED, PERSON, DIALLER, BYPASS = "may", "blocked", "person", "dialler", "bypass"
HOSTILE = (
    "13800138000%0Aword",
    "13800138000%0D%0A%0D%0Aword",
    "13800138000,word",
    "13800138OOO",
)


class Callee(Sipp):
    """The other end of a trunk, with an ear of its own."""

    def __init__(self, pbx: Pbx, trunk: str) -> None:
        address = SIDES[trunk]
        self.ear = Tones(address, pbx.ports.take(2))
        pbx.on_close(self.ear.close)
        tone = write_tone(pbx.home / f"{trunk}.ulaw", CALLEE_TONE)
        rules = TRUNK_FAILS | RULES if trunk == "carrier" else RULES
        text = scenario(Behaviour(hangup_after=LONGEST), rules, self.ear.port, str(tone))
        port = pbx.ports.carrier if trunk == "carrier" else pbx.ports.carrier2
        super().__init__(pbx, trunk, text, address, port, options={"-timeout": FOREVER})
        self.log = CarrierLog(trunk, self.folder / "messages")


class Desk(Sipp):
    """The telephone of one who takes calls over, and its voice."""

    def __init__(self, pbx: Pbx, endpoint: str) -> None:
        address = ADDRESSES[endpoint]
        tone = write_tone(pbx.home / f"{endpoint}-desk.ulaw", SECOND_TONE)
        text = scenario(Behaviour(hangup_after=DESK_TALKS), {}, Sink(pbx, address).port, str(tone))
        port = pbx.ports.agents[endpoint]
        super().__init__(pbx, endpoint, text, address, port, options={"-timeout": FOREVER})


@dataclass
class Plan:
    """One call as it was meant, and what its caller saw. Epoch seconds."""

    kind: str
    may: str  # MAY, BLOCKED, PERSON, DIALLER or BYPASS
    number: str
    caller: str
    began: float
    ended: float = 0.0
    status: int | None = None
    trouble: str = ""
    again: bool = False  # an attempt after an opt-out
    trunk: str = ""  # where it must arrive, if not anywhere
    one_decision: bool = False  # one ALLOW is for both trunks


@dataclass
class Press:
    """An opt-out key, where no feature of Asterisk's hears it, and what it was answered with."""

    leg: Leg
    at: float
    taken: bool | None


@dataclass
class World:
    """Agents, carriers and what is seen of them."""

    pbx: Pbx
    site: Site
    dice: random.Random
    size: int
    kinds: Sequence[Kind]

    def __post_init__(self) -> None:
        self.callees = {trunk: Callee(self.pbx, trunk) for trunk in SIDES}
        self.desks = [Desk(self.pbx, endpoint) for endpoint in DESKS]
        self.console = Console(self.pbx.home / "log/full")
        self._looking = threading.Lock()
        self.plans: list[Plan] = []
        self.refused: dict[str, float] = {}  # number: since when its refusal is known to be taken
        self.not_taken = 0
        self.troubles: list[str] = []
        self._again: deque[tuple[float, Pair]] = deque()
        self._serial = 0
        self.presses: list[Press] = []
        self._deck: list[Kind] = []
        self._pool: dict[str, deque[Pair]] = defaultdict(deque)

    def registered(self) -> None:
        """Everybody who may be called, and some who may not."""
        dice = self.dice
        found = []
        for pair in pairs(self.size, dice.randrange(1 << 30)):
            suffix = "00" if dice.random() < 0.45 else dice.choice(SUFFIXES)
            found.append(Pair(pair.callee[:9] + suffix, pair.caller_id))
        found = list({pair.callee: pair for pair in found}.values())
        register(self.site, found, "carrier;carrier2")
        for pair in found:
            self._pool[pair.callee[-2:]].append(pair)
        refused, listed = pairs(12, 77), pairs(12, 78)
        consents = self._file("more-consents", "number,business,industry,granted_at,expires_at,evidence")
        consents.extend(f"{p.callee},jianghan,loans,2026-06-01T09:12:00+08:00,,x" for p in refused)
        leads = self._file("more-leads", "number")
        leads.extend(pair.callee for pair in (*refused, *listed))
        dnc = self._file("more-dnc", "number,scope,value,requested_at,source")
        dnc.extend(f"{pair.callee},all,,2026-08-01T10:00:00+08:00,12321" for pair in refused)
        consented = pairs(12, 79)
        consents.extend(f"{p.callee},jianghan,loans,2026-06-01T09:12:00+08:00,,x" for p in consented)
        self.site.dialpact("consent", "import", self._written("more-consents", consents))
        self.site.dialpact(
            *("leads", "import", self._written("more-leads", leads), "--campaign", CAMPAIGN),
            *("--partner", "p", "--contract", "c", "--basis", "b"),
        )
        self.site.dialpact("dnc", "import", self._written("more-dnc", dnc))
        self.blocked = {
            "do-not-call": [pair.callee for pair in refused],
            "no consent": [pair.callee for pair in listed],
            "on no lead list": [pair.callee for pair in consented],
        }

    def _file(self, name: str, header: str) -> list[str]:
        return [header]

    def _written(self, name: str, rows: list[str]) -> str:
        path = self.site.folder / f"{name}.csv"
        path.write_text("\n".join(rows) + "\n", "utf-8")
        return str(path)

    def fresh(self, suffix: str) -> Pair:
        """Somebody who may be called and never was. IndexError when there is nobody left."""
        return self._pool[suffix].popleft()

    def stranger(self) -> str:
        """A caller's number that no other call has."""
        self._serial += 1
        return f"0276{self._serial:07d}"

    def look(self, last: bool = False) -> None:
        """Takes in what is new, from whichever thread."""
        with self._looking:
            self._look(last)

    def _look(self, last: bool) -> None:
        for callee in self.callees.values():
            callee.log.look(last)
        self.console.look()

    def legs(self) -> list[Leg]:
        return [leg for callee in self.callees.values() for leg in callee.log.legs.values()]

    async def work(self, until: float) -> None:
        """One agent: a call after the other."""
        while time.time() < until or self._again:
            if self._again and (self._again[0][0] < time.time() or time.time() > until):
                await self._call_again(self._again.popleft()[1])
            else:
                if not self._deck:
                    self._deck = self.dice.sample(self.kinds, len(self.kinds))
                kind = self._deck.pop()
                try:
                    await kind(self)
                except IndexError:
                    pass  # nobody is left who may be called
                except TROUBLES as error:  # the run goes on, whatever a call met with
                    self.troubles.append(f"{type(error).__name__}: {str(error)[:200]}")
            await asyncio.sleep(self.dice.uniform(0.05, 0.4))

    async def dial(
        self,
        kind: str,
        may: str,
        number: str,
        caller: str,
        then: Callable[[Call, Plan], Awaitable[None]] | None = None,
        endpoint: str = "",
        **options: object,
    ) -> Plan:
        plan = Plan(kind, may, re.sub(r"^\*7\d(?=\d{5})", "", number), caller, time.time())
        self.plans.append(plan)
        phone = Phone(self.pbx, endpoint or self.dice.choice(("agent1001", "agent1002", "agent1003")))
        given: dict[str, object] = {"campaign": CAMPAIGN, "ring_limit": 12.0} | options
        folder = None
        try:
            async with phone.calling(number, caller_id=caller, **given) as call:  # type: ignore[arg-type]
                folder = call.folder
                try:
                    if then:
                        await then(call, plan)
                    await call.ended(22)
                finally:
                    plan.status = call.result().status
        except TROUBLES as error:
            plan.trouble = f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
        plan.ended = time.time()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        return plan

    def again(self, pair: Pair) -> None:
        """This one, who has opted out, is called once more by and by."""
        self._again.append((time.time() + self.dice.uniform(0, 8), pair))

    async def leg_of(self, caller: str, number: str, seconds: float = 3.0) -> Leg:
        """The newest leg of this call at the carrier. TimeoutError."""
        until = time.monotonic() + seconds
        while True:
            self.look()
            for leg in reversed(self.callees["carrier"].log.legs.values()):
                if (leg.caller, leg.number) == (caller, number):
                    return leg
            if time.monotonic() > until:
                raise TimeoutError("no such leg at the carrier")
            await asyncio.sleep(0.1)

    async def manager(self, action: str, **headers: str) -> bool:
        try:
            return "Success" in await asyncio.to_thread(act, self.pbx, action, **headers)
        except OSError:
            return False

    async def refuse(self, pair: Pair, by: str) -> None:
        """A call in which one of the two presses the key, and another one later."""

        async def press(call: Call, plan: Plan) -> None:
            await call.answered(8)
            leg = await self.leg_of(pair.caller_id, pair.callee)
            await asyncio.sleep(0.6)
            if by == "callee" and leg.port:
                await Keys(SIDES["carrier"], leg.port, event_type(leg.text)).press("*9")
            else:
                await call.dial("*9")
            await asyncio.sleep(3.5)
            await call.hang_up()

        await self.dial(
            f"opted out by the {by}'s key", MAY, pair.callee, pair.caller_id, press, hangup_by="test"
        )
        await asyncio.sleep(0.3)
        self.look()
        for told in self.console.allowed.get(pair.callee, []):
            if not (key := self.console.keys.get(told.decision)):
                continue
            if key[1] == "done":
                self.refused[pair.callee] = key[0]
            elif not await self._by_hand(pair, told.decision):
                return
            self.again(pair)

    async def _by_hand(self, pair: Pair, decision: str) -> bool:
        """Asterisk's log says that an opt-out was not taken: the operator does what the log says."""
        self.not_taken += 1
        words = ("dnc", "add", pair.callee, "--call", decision, "--by", "operator")
        for _ in range(40):
            try:
                await asyncio.to_thread(self.site.dialpact, *words)
            except AssertionError:
                await asyncio.sleep(1)
                continue
            self.refused[pair.callee] = time.time()
            return True
        return False

    async def _call_again(self, pair: Pair) -> None:
        plan = await self.dial(
            "called after an opt-out", MAY, pair.callee, pair.caller_id, talk_seconds=1.0, hangup_by="phone"
        )
        plan.again = True


Kind = Callable[[World], Awaitable[None]]


async def talk(world: World) -> None:
    pair = world.fresh("00")
    seconds = world.dice.choice((0.5, 1.5, 3.0, 4.5, 7.0))
    await world.dial("the agent hangs up", MAY, pair.callee, pair.caller_id, talk_seconds=seconds)


def _with(kind: str, suffix: str, **options: object) -> Callable[[World], Awaitable[None]]:
    async def call(world: World) -> None:
        pair = world.fresh(suffix)
        await world.dial(kind, MAY, pair.callee, pair.caller_id, **options)  # type: ignore[arg-type]

    return call


def _blocked(kind: str) -> Callable[[World], Awaitable[None]]:
    async def call(world: World) -> None:
        number = world.dice.choice(world.blocked[kind])
        await world.dial(kind, BLOCKED, number, "02788880007")

    return call


async def wrong_caller(world: World) -> None:
    await world.dial("wrong caller ID", BLOCKED, "13800138333", "02799990000")


async def wrong_campaign(world: World) -> None:
    await world.dial("bad campaign", BLOCKED, "13800138444", "02788880007", campaign="mystery")


async def invalid(world: World) -> None:
    await world.dial("invalid number", BLOCKED, world.dice.choice(("9521312345", "12", "0")), "02788880007")


async def hostile(world: World) -> None:
    number = world.dice.choice(HOSTILE)
    await world.dial("hostile text", BLOCKED, number, "02788880007", endpoint="raw")


async def emergency(world: World) -> None:
    number = world.dice.choice(EMERGENCY)
    caller = world.stranger()
    await world.dial("a person's emergency call", PERSON, number, caller, campaign="", talk_seconds=1.2)


async def dialler_emergency(world: World) -> None:
    caller, number = world.stranger(), world.dice.choice(EMERGENCY)
    await _originated(world, "a dialler's emergency call", DIALLER, f"Local/{number}@agents", number, caller)


async def _originated(
    world: World, kind: str, may: str, channel: str, number: str, caller: str, **headers: str
) -> None:
    plan = Plan(kind, may, number, caller, time.time())
    world.plans.append(plan)
    words = {"Channel": channel, "Application": "Milliwatt", "Async": "true", "CallerID": caller} | headers
    if not await world.manager("Originate", **words):
        plan.trouble = "Asterisk did not take it"
    await asyncio.sleep(1.5)
    plan.ended = time.time()


def _round(kind: str, suffix: str, trunk: str = "carrier") -> Callable[[World], Awaitable[None]]:
    async def call(world: World) -> None:
        number = f"027{world.dice.randrange(10**6):06d}{suffix}"
        await _originated(world, kind, BYPASS, f"PJSIP/{number}@{trunk}", number, world.stranger())

    return call


async def forgot(world: World) -> None:
    number = f"027{world.dice.randrange(10**6):06d}02"
    await world.dial("raw Dial", BYPASS, f"*70{number}", world.stranger(), ring_limit=6.0)


async def forged(world: World) -> None:
    number = f"027{world.dice.randrange(10**6):06d}02"
    variable = f"DIALPACT_ID={secrets.token_hex(16)}"
    words = (f"PJSIP/{number}@carrier", number, world.stranger())
    await _originated(world, "forged decision id", BYPASS, *words, Variable=variable)


async def reused(world: World) -> None:
    world.look()
    legs = [leg for leg in world.callees["carrier"].log.legs.values() if leg.answered and leg.ended]
    dice = world.dice.sample(legs, min(len(legs), 20))
    for leg in dice:
        if (told := world.console.allowed.get(leg.number)) and told[-1].decision:
            variable = f"DIALPACT_ID={told[-1].decision}"
            words = (f"PJSIP/{leg.number}@carrier", leg.number, world.stranger())
            await _originated(world, "reused decision id", BYPASS, *words, Variable=variable)
            return


async def hold(world: World) -> None:
    pair = world.fresh("08")

    async def holding(call: Call, plan: Plan) -> None:
        await call.answered(8)
        await asyncio.sleep(1)
        await call.hold(True)
        await asyncio.sleep(1)
        await call.hold(False)

    await world.dial("held", MAY, pair.callee, pair.caller_id, holding, hangup_by="carrier")


async def transfer(world: World) -> None:
    pair, other = world.fresh("00"), world.dice.choice(world.blocked["no consent"])

    async def sending(call: Call, plan: Plan) -> None:
        await call.answered(8)
        await asyncio.sleep(1.5)
        world.plans.append(Plan("transferred to one who may not be called", BLOCKED, other, "", time.time()))
        await call.dialog.refer(other)

    await world.dial("transferred", MAY, pair.callee, pair.caller_id, sending, talk_seconds=8.0)


async def callee_refuses(world: World) -> None:
    await world.refuse(world.fresh("00"), "callee")


async def agent_refuses(world: World) -> None:
    await world.refuse(world.fresh("00"), "agent")


SIMPLE: list[Kind] = [
    *(talk, talk, talk),
    _with("the callee hangs up", "05", hangup_by="carrier", talk_seconds=9.0),
    _with("the callee hangs up late", "08", hangup_by="carrier", talk_seconds=9.0),
    _with("answers at once", "06", talk_seconds=2.0),
    _with("early media", "03", talk_seconds=2.0),
    _with("busy", "01"),
    _with("declines", "07"),
    _with("the caller cancels", "02", ring_limit=2.0),
    *(_blocked(kind) for kind in ("do-not-call", "no consent", "on no lead list")),
    *(wrong_caller, wrong_campaign, invalid, hostile),
    *(emergency, emergency, emergency, dialler_emergency),
    *(callee_refuses, agent_refuses),
    _round("Originate on the trunk", "02"),
    _round("Originate, answered at once", "06"),
    _round("Originate on the second trunk", "02", "carrier2"),
    *(forgot, forged, reused, hold, transfer),
]
