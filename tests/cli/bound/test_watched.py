"""The housekeeping finds a row that was changed by hand and tells it; the gate blocks what it concerns."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from agi.service import judge_of
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger.audit.bound import PARTS, SMALL
from dialpact.application.ledger.register_look import Watch, look
from dialpact.application.policy import load_policy
from dialpact.cli import housekeeping
from dialpact.cli.command_context import CommandContext, Machine
from dialpact.compliance.clock import Uptime
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.judge import new_id
from dialpact.store.ports.decisions import WaitingAttempt
from dialpact.store.sqlite import Store
from tests.cli.bound.conftest import Thief
from tests.cli.conftest import Home


class Keeper:
    """A daemon's housekeeping; each turn is ten minutes after the one before."""

    def __init__(self, home: Home) -> None:
        self._minutes = 0
        machine = Machine(clock=self, uptime=self.uptime)
        self.session = CommandContext(home.config, False, "en", machine)
        self.watch = Watch()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=self._minutes)

    def uptime(self) -> Uptime:
        return Uptime("b1", timedelta(minutes=self._minutes))

    async def turn(self) -> None:
        self._minutes += 10
        assert await housekeeping.once(self.session, self.watch)

    async def reasons(
        self, campaign: str = "renewal", caller_id: str = "02787654321", agent: str = "7"
    ) -> list[str]:
        """Why the gate would block such a call."""
        config = self.session.config
        judge = judge_of(config, load_policy(config))
        attempt = judge.attempt("13900139000", campaign, caller_id, agent=agent, trunk="carrier")
        async with await Store.open(config.database) as store:
            waiting = WaitingAttempt(new_id(), attempt, float("inf"))
            (decided,) = await store.decisions.decide([waiting], judge, self)
        return [str(reason) for reason in decided.decision.reasons]


@pytest.fixture
def keeper(office: Home) -> Keeper:
    return Keeper(office)


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def told(home: Home) -> list[str]:
    """The details of the incidents, the oldest first."""
    with closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        rows = db.execute("SELECT detail FROM incident WHERE kind = 'register-differs' ORDER BY seq")
        return [detail for (detail,) in rows]


LIFT = "UPDATE suspension SET lifted_at = since, lifted_by = 'x', lift_reason = 'x' WHERE key = '1001'"
BACK = "UPDATE suspension SET lifted_at = NULL, lifted_by = '', lift_reason = '' WHERE key = '1001'"


async def test_nothing_is_told_where_nothing_was_done(office: Home, keeper: Keeper) -> None:
    await keeper.turn()
    await keeper.turn()
    assert told(office) == []
    assert "gate-error" not in await keeper.reasons()


async def test_a_difference_is_told_once_and_again_when_it_comes_again(
    office: Home, thief: Thief, keeper: Keeper
) -> None:
    await keeper.turn()
    thief(LIFT)
    await keeper.turn()
    (detail,) = told(office)
    assert detail.startswith("suspension agent 1001: row-changed, leaf ") and "lift_reason = x" in detail
    await keeper.turn()
    assert len(told(office)) == 1
    thief(BACK)
    await keeper.turn()
    assert "gate-error" not in await keeper.reasons(agent="1001")
    thief(LIFT)
    await keeper.turn()
    assert len(told(office)) == 2


async def test_an_act_that_was_changed_with_its_row(office: Home, thief: Thief, keeper: Keeper) -> None:
    thief("UPDATE campaign SET purpose = 'service' WHERE id = 'renewal'")
    act = "register = 'campaign' AND key = 'renewal'"
    thief(f"UPDATE register_change SET detail = replace(detail, 'marketing', 'service') WHERE {act}")
    await keeper.turn()
    assert [detail.partition(",")[0] for detail in told(office)] == ["campaign renewal: act-changed"]
    assert await keeper.reasons() == ["gate-error"]


async def test_an_act_that_was_taken_out_with_its_leaf_and_its_row(
    office: Home, thief: Thief, keeper: Keeper
) -> None:
    act = (
        "(SELECT CAST(seq AS TEXT) FROM register_change WHERE register = 'suspension' AND key = 'agent 1001')"
    )
    thief(f"DELETE FROM ledger WHERE kind = 'register-change' AND key = {act}")
    thief("DELETE FROM register_change WHERE register = 'suspension' AND key = 'agent 1001'")
    thief("DELETE FROM suspension WHERE key = '1001'")
    with contextlib.suppress(LedgerError):  # it signs nothing either
        await keeper.turn()
    assert [detail.partition(",")[0] for detail in told(office)] == ["schema register_change: act-gone"]


async def test_who_takes_it_off_the_list_is_told_of_again(office: Home, thief: Thief, keeper: Keeper) -> None:
    thief(LIFT)
    await keeper.turn()
    thief("DELETE FROM register_difference")
    await keeper.turn()
    assert len(told(office)) == 2
    assert await keeper.reasons(agent="1001") == ["gate-error"]


@pytest.mark.parametrize(
    ("sql", "concerned"),
    [
        (LIFT, {"agent": "1001"}),
        ("DELETE FROM suspension WHERE key = '1001'", {"agent": "1001"}),
        ("UPDATE campaign SET industry = 'x' WHERE id = 'renewal'", {"campaign": "renewal"}),
        ("UPDATE caller_id SET valid_to = NULL WHERE number = '02787654322'", {"caller_id": "02787654322"}),
    ],
)
async def test_the_gate_blocks_whom_it_concerns_and_nobody_else(
    office: Home, thief: Thief, keeper: Keeper, sql: str, concerned: dict[str, str]
) -> None:
    thief(sql)
    assert "gate-error" not in await keeper.reasons(**concerned)
    await keeper.turn()
    assert await keeper.reasons(**concerned) == ["gate-error"]
    others = {"campaign": "spring", "caller_id": "02788880002", "agent": "8"}
    assert "gate-error" not in await keeper.reasons(**others)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE business SET name = 'x' WHERE id = 'acme'",
        "UPDATE script SET approved_by = 'x', approved_at = added_at WHERE id = 'pitch' AND version = 2",
        "UPDATE registration SET valid_to = NULL",
        "UPDATE batch SET basis = 'x' WHERE id = 1",
    ],
)
async def test_what_a_call_is_judged_by_beside_its_own_names(
    office: Home, thief: Thief, keeper: Keeper, sql: str
) -> None:
    thief(sql)
    await keeper.turn()
    assert await keeper.reasons() == ["gate-error"]


def test_check_says_the_same(office: Home, thief: Thief, keeper: Keeper) -> None:
    thief(LIFT)
    asyncio.run(keeper.turn())
    call = ("check", "13900139000", "--campaign", "renewal", "--caller-id", "02787654321")
    assert "gate-error" not in office(*call, code=3)["reasons"]
    said = office(*call, "--agent", "1001", code=3)
    assert said["reasons"] == ["gate-error"]
    assert "suspension agent 1001" in str(said["findings"])


async def test_a_view_of_its_own_blocks_every_call(office: Home, thief: Thief, keeper: Keeper) -> None:
    ((right,),) = thief("SELECT sql FROM sqlite_master WHERE name = 'dnc_now'")
    thief("DROP VIEW dnc_now")
    thief("CREATE VIEW dnc_now AS SELECT * FROM do_not_call WHERE false")
    await keeper.turn()
    assert await keeper.reasons() == ["gate-error"]
    thief("DROP VIEW dnc_now")
    thief(right)
    await keeper.turn()
    assert "gate-error" not in await keeper.reasons()


async def test_more_than_are_named_concern_every_call(office: Home, thief: Thief, keeper: Keeper) -> None:
    values = ",".join(f"('x{number}', 'X', 'own-business', '2026')" for number in range(1100))
    thief(f"INSERT INTO business VALUES {values}")
    await keeper.turn()
    assert len(told(office)) == 51
    assert "more" in told(office)[-1]
    assert await keeper.reasons() == ["gate-error"]
    thief("DELETE FROM business WHERE id LIKE 'x%'")
    await keeper.turn()
    assert "gate-error" not in await keeper.reasons()


def test_doctor_says_it(office: Home, thief: Thief, keeper: Keeper) -> None:
    def said() -> list[tuple[str, str]]:
        found = office("asterisk", "doctor", code=3)["checks"]
        return [(one["result"], one["code"]) for one in found if one["check"] == "registers"]

    assert said() == [("warn", "registers-never")]
    keeper.watch.seconds = 0.0
    asyncio.run(keeper.turn())
    assert said() == [("warn", "registers-old")]  # it came to the end of one of them
    keeper.watch.seconds = 60.0
    asyncio.run(keeper.turn())
    assert said() == [("ok", "registers")]
    thief(LIFT)
    asyncio.run(keeper.turn())
    assert said() == [("fail", "registers-differ")]


async def test_looks_that_have_no_time_come_to_everything_all_the_same(
    office: Home, thief: Thief, keeper: Keeper
) -> None:
    thief(LIFT)
    keeper.watch.seconds = 0.0
    async with await Store.open(keeper.session.config.database) as store:
        context = Context(store, Actor(name="dialpact", door=Door.DAEMON), keeper, keeper.uptime)
        for _ in range(len(SMALL) * len(PARTS)):
            await look(context, "pbx1", keeper.watch)
    assert len(told(office)) == 1
