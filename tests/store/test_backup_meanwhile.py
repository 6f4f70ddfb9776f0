"""A backup while a real gate answers calls: it holds every decision that was answered before it began, it is
whole, and nobody waits for it; put back beside a gate that runs, it is refused.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dialpact.application.backups import making, restoring
from dialpact.application.ledger.audit import Audit
from dialpact.cli.command_context import CommandContext
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.units import ledger
from tests.load import crowd
from tests.load.crowd import Told

# Alone: a crowd is what takes the whole machine, and would be the load of whoever is beside it.
pytestmark = pytest.mark.alone

CONFIG = """
[node]
name = "pbx1"
[store]
url = "sqlite:dialpact.db"
[trunks.carrier]
endpoint = "carrier"
"""


def of(folder: Path) -> tuple[CommandContext, Config]:
    file = folder / "dialpact.toml"
    file.write_text(CONFIG, "utf-8")
    return CommandContext(file, False, "en"), configuration.load(file)


def ids(told: list[Told]) -> set[str]:
    return {ident for each in told for ident in each.ids}


def decided(path: Path) -> set[str]:
    """Those that have a leaf."""
    query = "SELECT id FROM decision JOIN ledger ON kind = 'decision' AND key = id"
    with closing(sqlite3.connect(path)) as db:
        return {ident for (ident,) in db.execute(query)}


async def test_every_decision_that_was_answered_before_is_in_it(tmp_path: Path) -> None:
    session, config = of(tmp_path)
    copies: list[Path] = []
    with crowd.house(tmp_path) as house:
        before = await crowd.calls(house.port, 40)
        for round in range(3):
            copies.append(tmp_path / f"backup{round}.db")
            calls = asyncio.create_task(crowd.calls(house.port, 100))
            made = await making.make(session.looking(), config, copies[-1])
            told = await calls
            assert all(len(each.verdicts) == 1 for each in told)
            assert ids(before) <= decided(copies[-1])
            assert len(decided(copies[-1])) == made.decisions
            with closing(sqlite3.connect(copies[-1])) as db:
                assert ledger.size(db) == made.ledger.size
                assert ledger.root(db, made.ledger.size).hex() == made.ledger.root
            before += told
        with pytest.raises(Fault) as raised:
            await restoring.restore(session.looking("chen"), config, copies[0], reason="disk", trusted=[])
        assert raised.value.key == "store-held"
        assert str(house.process.pid) in raised.value.detail["who"]
        assert {verdict for told in await crowd.calls(house.port, 3) for verdict in told.verdicts}
    assert ids(before) <= set(house.stored())
    audit = Audit([], [], None, None)
    with opened(copies[-1]) as snapshot:
        for _ in audit.run(snapshot):
            pass
    assert (audit.found.count, audit.found.listed) == (0, [])


async def test_a_backup_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    session, config = of(tmp_path)
    crowd.fill(config.database)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(
        making.make(
            session.looking(),
            config,
            tmp_path / "b.db",
            lambda done, total: loop.call_soon_threadsafe(begun.set) and None,
        )
    )
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [each.name for each in tmp_path.iterdir() if "b.db" in each.name] == []
