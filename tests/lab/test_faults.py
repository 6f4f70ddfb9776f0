"""Each row of matrix/matrix.toml on a real Asterisk: no call without a decision, none without a recording."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

from tests.lab.call import CallResult
from tests.lab.carrier import Carrier
from tests.lab.matrix.faults import FAULTS
from tests.lab.matrix.row import Row, matrix
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, product
from tests.patience import WAIT

pytestmark = pytest.mark.lab

GOOD = {"number": "13800138000", "campaign": "autumn-loans", "caller_id": "02788880007"}
NEWEST = """SELECT id, verdict, reasons, undelivered.at FROM decision
    LEFT JOIN undelivered ON undelivered.decision = id ORDER BY seq DESC LIMIT 1"""


class Newest(NamedTuple):
    id: str
    verdict: str
    reasons: list[str]
    undelivered: bool


NONE = Newest("", "", [], False)


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


async def until(condition: Callable[[], object], what: str) -> None:
    limit = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError(f"waited in vain for {what}")
        await asyncio.sleep(0.05)


class Scene:
    def __init__(self, pbx: Pbx, site: Site, carrier: Carrier) -> None:
        self.pbx, self.site, self.carrier = pbx, site, carrier
        self.phone = Phone(pbx)

    def said(self, row: Row) -> int:
        """How often the row's log line is in its log."""
        if not row.log:
            return 0
        whose, pattern = row.log
        text = self.pbx.log() if whose == "asterisk" else self.site.log(whose)
        return len(re.findall(pattern, text))

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The database itself: the command line takes longer to start."""
        with contextlib.closing(sqlite3.connect(self.site.database, timeout=WAIT)) as connection:
            return connection.execute(statement, values).fetchall()

    def newest(self) -> Newest:
        """The newest decision."""
        found = self.ask(NEWEST)
        return Newest(found[0][0], found[0][1], json.loads(found[0][2]), bool(found[0][3])) if found else NONE

    async def emergency(self) -> None:
        """Of a person, while the fault lasts."""
        before = len(self.carrier.invites())
        assert (await Phone(self.pbx, "agent1002").call("110", talk_seconds=0.3, campaign="")).answered
        assert [invite.number for invite in self.carrier.invites()[before:]] == ["110"]

    async def seen(self, row: Row, before: int) -> None:
        """By an operator: the log, and the doctor."""
        if row.log:
            await until(lambda: self.said(row) > before, f"{row.log}")
        if row.doctor:
            found = self.site.dialpact("asterisk", "doctor", code=None)["checks"]
            bad = [each["code"] for each in found if each["result"] in ("warn", "fail")]
            assert row.doctor in bad

    async def refused(self, status: int, within: float) -> CallResult:
        """A call that only the fault forbids: refused, audibly, in time, and unseen by the carrier."""
        before = len(self.carrier.invites())
        result = await self.phone.call(**GOOD)
        assert not result.answered
        assert result.status == status
        assert result.first_response is not None
        assert result.first_response < within
        assert result.sound.seconds > 0.5
        assert len(self.carrier.invites()) == before
        return result

    async def passes(self) -> None:
        """Decided, and recorded."""
        before, last = len(self.carrier.invites()), self.newest()
        assert (await self.phone.call(**GOOD, talk_seconds=0.3)).answered
        assert len(self.carrier.invites()) == before + 1
        new = self.newest()
        assert new.id != last.id
        assert new.verdict == "ALLOW"
        await self.recorded(new.id)

    async def recorded(self, decision: str) -> None:
        """Its file is there and has been taken into the books."""
        statement = "SELECT path FROM recording WHERE decision = ? AND state = 'kept' AND sha256 IS NOT NULL"
        await until(lambda: self.ask(statement, decision), f"the recording of {decision}")


async def _refused(scene: Scene, row: Row) -> None:
    last, before = scene.newest(), scene.said(row)
    with FAULTS[row.id](scene.pbx, scene.site):
        if row.reason == "recording-unavailable":
            scene.site.ready(False)
        await scene.refused(row.status, row.within)
        await scene.emergency()
        await scene.seen(row, before)
        if row.where == "decision":
            assert scene.newest().reasons == [row.reason]
            assert scene.newest().id != last.id
    if row.where == "later":
        await until(lambda: scene.newest().id != last.id, "the refusal in the store")
        assert scene.newest().reasons == [row.reason]
    elif row.where == "asterisk":  # an ALLOW that came too late is none
        newest = scene.newest()
        assert newest == last or newest.verdict == "BLOCK" or newest.undelivered


async def _unbridged(scene: Scene, row: Row) -> None:
    before, rung = scene.said(row), len(scene.carrier.invites())
    with FAULTS[row.id](scene.pbx, scene.site):
        result = await scene.phone.call(**GOOD, talk_seconds=1)
        assert not result.answered
        assert result.status == row.status
        for invite in scene.carrier.invites()[rung:]:
            sound = scene.carrier.heard(invite)
            # The carrier's port may have heard earlier calls.
            assert sound.last is None or sound.last < invite.time or sound.dbfs < -60
        scene.site.ready(False)  # and nobody else is rung for a while
        await scene.refused(row.status, 4)
        assert scene.newest().reasons == ["recording-unavailable"]
        await scene.emergency()
        await scene.seen(row, before)


async def _passes(scene: Scene, row: Row) -> None:
    before = scene.said(row)
    with FAULTS[row.id](scene.pbx, scene.site):
        scene.site.ready()
        await scene.passes()
        await scene.emergency()
        await scene.seen(row, before)


async def _talking(scene: Scene, row: Row) -> None:
    before = scene.said(row)
    async with scene.phone.calling(**GOOD, hangup_by="test") as call:  # type: ignore[arg-type]
        await call.answered()
        await call.heard(0.3)
        decision = scene.newest().id
        with FAULTS[row.id](scene.pbx, scene.site):
            if row.emergency:
                await scene.emergency()
            await scene.seen(row, before)
        scene.site.ready(seconds=WAIT)
        if row.call == "lasts":
            await call.heard(call.sound.seconds + 0.5)
            assert (await call.hang_up()).hung_up_by == "phone"
    await scene.recorded(decision)


KINDS: dict[str, Callable[[Scene, Row], Coroutine[Any, Any, None]]] = {
    "refused": _refused,
    "unbridged": _unbridged,
    "passes": _passes,
    "lasts": _talking,
    "cut": _talking,
}


@pytest.mark.parametrize("row", matrix().row, ids=lambda row: row.id)
async def test_fault(row: Row, pbx: Pbx, site: Site, carrier: Carrier) -> None:
    scene = Scene(pbx, site, carrier)
    site.ready(seconds=WAIT)
    await KINDS[row.call](scene, row)
    site.ready(seconds=WAIT)
    await scene.passes()
