"""A restore believes no manifest: nobody has signed it, and by it the missing is counted."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.backups import missing
from tests.attacks import restored
from tests.attacks.restored import BY, grow
from tests.cli.conftest import Home


def backed_up(home: Home) -> tuple[Path, Path]:
    made = home("store", "backup", str(home.path / "b.db"))
    return home.path / "b.db", Path(made["manifest"])


@pytest.mark.parametrize(
    "said", [{"decisions": 9}, {"recordings": 9}, {"ledger.size": 4}, {"ledger.root": "00" * 32}]
)
def test_a_manifest_that_says_more_than_is_in_it_is_refused(home: Home, said: dict[str, Any]) -> None:
    """By its size of the ledger the missing is counted: one that was raised says that nothing is."""
    grow(home, 1)
    file, manifest = backed_up(home)
    grow(home, 2)
    home.run("ledger", "checkpoint")
    changed = json.loads(manifest.read_bytes())
    for name, value in said.items():
        above, _, below = name.rpartition(".")
        (changed[above] if above else changed)[below] = value
    manifest.write_text(json.dumps(changed), "utf-8")
    assert "manifest" in home("store", "restore", str(file), *BY, code=1)["error"]
    assert not list(home.path.glob("*.replaced-*")) and not list(home.path.glob(".dialpact.db.*"))


def test_a_log_that_is_another_and_longer_is_not_said_to_lack_nothing(home: Home) -> None:
    """Put back over a shorter one, whose head it does not continue."""
    grow(home, 1)
    copied = restored.backup(home, "before.db")
    grow(home, 2, 3)
    file, _ = backed_up(home)
    restored.restore(home, copied)
    grow(home, 4)
    home.run("ledger", "checkpoint")
    lost = home("store", "restore", str(file), *BY)["lost"]
    assert lost["entries"] is None


def test_the_act_goes_with_the_database_or_nothing_does(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads the copy while it is checked keeps the act in its log, which would stay behind."""
    grow(home, 1)
    file, _ = backed_up(home)
    fresh = home.path / ".dialpact.db.restoring"
    opened: list[sqlite3.Connection] = []
    real = missing.lost

    async def looked(*given: Any) -> Any:
        reader = sqlite3.connect(fresh, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM decision").fetchone()
        opened.append(reader)
        return await real(*given)

    monkeypatch.setattr(missing, "lost", looked)
    assert home("store", "restore", str(file), *BY, code=1)["error"]
    for reader in opened:
        reader.close()
    assert opened and not list(home.path.glob("*.replaced-*"))
