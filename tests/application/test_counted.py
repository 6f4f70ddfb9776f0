"""What counts towards a suspension follows from the decisions: taken out or put in by hand, it is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dialpact.application.ledger.audit.bound import bound_registers
from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.judge import Judge
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.snapshot import opened
from tests.agi.office import STRANGER, Office
from tests.compliance.test_store_enforcement import REFUSED, ask, judge, pass_by


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)


async def three(office: Office, folder: Path, mode: str = "enforce") -> Judge:
    """Two blocked attempts of an agent whom the third one suspends."""
    strict = judge(folder, (REFUSED, "refused = { agent = 3, caller-id = 500, campaign = 1000 }"), mode=mode)
    async with await Store.open(office.database) as store:
        await store.profiles.note(strict.policy.profiles, at=office.clock.now())
    for _ in range(2):
        await ask(office, strict, STRANGER)
        pass_by(office, minutes=1)
    return strict


def found(office: Office) -> list[tuple[str, str]]:
    said = Findings()
    with opened(office.database) as snapshot:
        for _ in bound_registers(snapshot, said):
            pass
    assert "counted" in said.registers
    return [(one.code, one.key) for one in said.listed if one.kind == "counted"]


def by_hand(office: Office, sql: str) -> None:
    with closing(sqlite3.connect(office.database)) as db, db:
        db.execute(sql)


async def test_what_the_gate_itself_does_is_as_it_must_be(office: Office, tmp_path: Path) -> None:
    strict = await three(office, tmp_path)
    assert found(office) == []
    await ask(office, strict, STRANGER)  # he is suspended
    await ask(office, strict, STRANGER)  # and counted no more; caller ID and campaign are
    assert found(office) == []
    async with await Store.open(office.database) as store:
        await store.suspensions.lift("agent", "1001", reason="x", by="chen", at=office.clock.now())
    await ask(office, strict, STRANGER)
    assert found(office) == []
    pass_by(office, hours=25)
    await ask(office, strict, STRANGER)
    assert found(office) == []
    with closing(sqlite3.connect(office.database)) as db:
        assert db.execute("SELECT count(*) FROM refused WHERE kind = 'agent'").fetchone() == (1,)


async def test_in_shadow_nobody_is_counted(office: Office, tmp_path: Path) -> None:
    await three(office, tmp_path, mode="shadow")
    assert found(office) == []


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DELETE FROM refused", "row-missing"),
        ("DELETE FROM refused WHERE kind = 'agent'", "row-missing"),
        ("UPDATE refused SET at = '2020-01-01T00:00:00.000000Z' WHERE kind = 'agent'", "row-missing"),
        ("UPDATE refused SET key = '1002' WHERE kind = 'agent'", "row-missing"),
        (
            "INSERT INTO refused SELECT kind, '1002', at, decision FROM refused WHERE kind = 'agent'",
            "row-unlogged",
        ),
        ("INSERT INTO refused SELECT kind, key, at, 'x' FROM refused WHERE kind = 'agent'", "row-unlogged"),
    ],
)
async def test_what_was_done_by_hand(office: Office, tmp_path: Path, sql: str, what: str) -> None:
    await three(office, tmp_path)
    by_hand(office, sql)
    codes = {code for code, key in found(office) if key.startswith("agent ")}
    assert what in codes
