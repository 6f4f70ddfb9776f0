"""Two places for one scenario: the fake, and the lab's Asterisk with SIPp as agent and carrier.

A scenario says what the people do (``busy``, ``agent_hangs_up``); a world makes it so, or waits until it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from dialpact.testing.ami import Channel, FakeAmi
from tests.contract.manager import Manager
from tests.lab.behaviour import BUSY, Behaviour
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone

ROOT = Path(__file__).parents[2]
SECRET = "hush"
CARRIER = "PJSIP/carrier-"
# Long enough for all that a scenario does while it rings, on a loaded machine too.
RINGS = Behaviour(ring=2.0)
RULES = {".*01": Behaviour(ring=2.0, final=BUSY.final, cause=BUSY.cause), ".*02": Behaviour(final=None)}
# The product's own interlock behind a gate that lets everything pass.
GATE = """
[dialpact-outbound]
exten => s,1,Set(__DIALPACT_ID=0123456789abcdef0123456789abcdef)
 same => n,Set(DIALPACT_RECORDING=)
 same => n,Set(DIALPACT_NUMBER=${ARG1})
 same => n,Return()
[dialpact-refused]
exten => s,1,Hangup(42)

"""


class Call(Protocol):
    """A call that is being placed; ``leg`` is the name of the carrier's channel."""

    leg: str

    async def rings(self) -> None: ...
    async def is_picked_up(self) -> None: ...
    async def is_answered(self) -> None: ...
    async def is_bridged(self) -> None: ...
    async def is_refused(self) -> None: ...
    async def callee_presses(self, key: str) -> None: ...
    async def callee_hangs_up(self) -> None: ...
    async def agent_hangs_up(self) -> None: ...


class World(Protocol):
    """``folder`` may be recorded into."""

    folder: Path
    host: str

    @property
    def port(self) -> int: ...
    def call(self, ami: Manager, number: str) -> contextlib.AbstractAsyncContextManager[Call]: ...


class FakeCall:
    def __init__(self, channel: Channel) -> None:
        self._channel, self.leg = channel, channel.name

    async def rings(self) -> None:
        self._channel.ring()

    async def is_picked_up(self) -> None:
        self._channel.pick_up()

    async def is_answered(self) -> None:
        self._channel.let_through()

    async def is_bridged(self) -> None:
        self._channel.enter_bridge()

    async def is_refused(self) -> None:
        self._channel.hang_up(status="BUSY")

    async def callee_presses(self, key: str) -> None:
        self._channel.press(key)

    async def callee_hangs_up(self) -> None:
        self._channel.hang_up()

    async def agent_hangs_up(self) -> None:
        self._channel.hang_up()


class FakeWorld:
    """The fake without its strictness, which is about our listener and not about Asterisk."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ami = FakeAmi(secret=SECRET)

    @property
    def port(self) -> int:
        return self.ami.port

    async def __aenter__(self) -> FakeWorld:
        await self.ami.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.ami.stop()

    @contextlib.asynccontextmanager
    async def call(self, ami: Manager, number: str) -> AsyncIterator[Call]:
        yield FakeCall(self.ami.dial(number, "0123456789abcdef0123456789abcdef"))


class LabCall:
    def __init__(self, ami: Manager, phone: Any, carrier: Carrier, leg: str) -> None:
        self._ami, self._phone, self._carrier, self.leg = ami, phone, carrier, leg

    async def rings(self) -> None:
        await self._ami.event("Newstate", Channel=self.leg, ChannelStateDesc="Ringing")

    async def is_picked_up(self) -> None:
        await self._ami.event("Newstate", Channel=self.leg, ChannelStateDesc="Up")

    async def is_answered(self) -> None:
        await self._ami.event("DialEnd", DestChannel=self.leg, DialStatus="ANSWER")

    async def is_bridged(self) -> None:
        await self._ami.event("BridgeEnter", Channel=self.leg)
        # SIPp hears nothing before it has acknowledged the answer, and hangs up in no state before that.
        await self._phone.heard(0.2)

    async def is_refused(self) -> None:
        await self._ami.event("Hangup", Channel=self.leg)

    async def callee_presses(self, key: str) -> None:
        await self._carrier.dial(self._carrier.invites()[-1], key)

    async def callee_hangs_up(self) -> None:
        self._carrier.hang_up(self._carrier.invites()[-1])

    async def agent_hangs_up(self) -> None:
        await self._phone.hang_up()


class LabWorld:
    """``pbx`` is made with :func:`options`."""

    host = "127.0.0.1"

    def __init__(self, pbx: Pbx, carrier: Carrier) -> None:
        self._pbx, self._carrier = pbx, carrier
        self.folder = pbx.recordings

    @property
    def port(self) -> int:
        return self._pbx.ports.ami

    @contextlib.asynccontextmanager
    async def call(self, ami: Manager, number: str) -> AsyncIterator[Call]:
        before = len(self._carrier.invites())
        async with Phone(self._pbx).calling(number, hangup_by="test") as phone:
            begun = await ami.event("DialBegin", DestChannel=CARRIER)
            await self._carrier.invited(before + 1)
            yield LabCall(ami, phone, self._carrier, begun.get("DestChannel") or "")


def options(folder: Path) -> dict[str, Any]:
    """What the ``Pbx`` of a :class:`LabWorld` is made with; ``folder`` is for files on the way."""
    product = (ROOT / "dialplan" / "extensions_dialpact.conf").read_text("utf-8")
    (folder / "dialplan.conf").write_text(GATE + product[product.index("[dialpact-answered]") :])
    manager = (ROOT / "dialplan" / "manager_dialpact.conf").read_text("utf-8")
    (folder / "manager.conf").write_text(manager.replace("REPLACE-ME", SECRET))
    return {"dialplan": [folder / "dialplan.conf"], "manager": [folder / "manager.conf"]}
