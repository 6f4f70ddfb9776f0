"""A home with every small register filled, and somebody who has its database."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home

CALLER_IDS = (
    "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    "02788880001,acme,L-2,电信,yes,carrier,marketing,2026-01-01,2026-12-31\n"
    "02788880002,acme,L-3,电信,yes,carrier,marketing,2026-01-01,\n"
)
ISSUED = ("--licence", "L-1", "--carrier", "电信", "--authenticated", "--valid-from", "2026-01-01")
SWEPT = "number\n" + "".join(f"1380013{place:04}\n" for place in range(50))
WHY = ("--reason", "as agreed")


def fill(home: Home) -> None:
    """Every small register, with entries that were changed, removed, lifted, corrected,"
    " answered, withdrawn."""
    home.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    home.run("business", "add", "other", "--name", "Other", "--actor", "own-business")
    home.run("script", "add", "pitch", "--file", home.file("pitch.txt", "您好，这里是某某公司。"))
    home.run("script", "approve", "pitch", "--by", "chen")
    home.run("script", "add", "pitch", "--file", home.file("pitch.txt", "您好，某某公司。"))
    home.run("script", "add", "short", "--file", home.file("short.txt", "您好。"))
    home.run("script", "approve", "short", "--by", "chen", "--expires-at", "2030-01-01")
    home.run("script", "revoke", "short", *WHY)
    for id in ("renewal", "spring"):
        purpose = ("--industry", "保险", "--purpose", "marketing", "--script", "pitch")
        home.run("campaign", "add", id, "--business", "acme", *purpose)
    home.run("campaign", "change", "spring", "--purpose", "service", *WHY)
    home.run("campaign", "change", "spring", "--industry", "贷款", *WHY)
    own = ("--business", "acme", *ISSUED, "--trunk", "carrier", "--purpose", "marketing")
    for number in ("02787654321", "02787654322", "02787654323"):
        home.run("caller-id", "add", number, *own)
    home.run("caller-id", "add", "02787654322", *own, "--valid-to", "2026-12-31")
    home.run("caller-id", "remove", "02787654323", *WHY)
    home.run("caller-id", "import", home.file("ids.csv", CALLER_IDS))
    home.run("caller-id", "import", home.file("ids.csv", CALLER_IDS.replace("L-2", "L-4")))
    for key in ("1001", "1002"):
        home.run("suspension", "add", "agent", key, *WHY)
    home.run("suspension", "lift", "agent", "1002", *WHY)
    for number in ("13800138000", "13800138001"):
        home.run("complaint", "add", number, "--at", "2026-03-02 10:00", "--received-at", "2026-03-02 12:00")
    home.run("complaint", "correct", "1", "--at", "2026-03-02 10:30", *WHY)
    home.run("complaint", "answer", "2", "--note", "apologised")
    home.run("complaint", "close", "2", "--closing", "founded")
    until = ("--number", "R-1", "--valid-from", "2026-01-01", "--valid-to", "2026-12-31")
    home.run("registration", "add", "business", "acme", "telemarketing", *until)
    home.run("registration", "add", "campaign", "renewal", "telemarketing", *until)
    home.run("registration", "remove", "campaign", "renewal", "telemarketing", *WHY)
    delivery = ("--campaign", "renewal", "--partner", "某某银行", "--contract", "K-1", "--basis", "art. 13")
    home.run("leads", "import", home.file("leads.csv", "number\n13900139000\n"), *delivery)
    home.run("leads", "import", home.file("swept.csv", SWEPT), *delivery, code=3)
    home.run("leads", "import", home.file("late.csv", "number\n13900139001\n"), *delivery)
    home.run("leads", "withdraw", "3", *WHY)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bound")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(folder)
        home.run("init")
        fill(home)
        home.run("ledger", "checkpoint")
    return folder


@pytest.fixture
def office(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    return Home(tmp_path)


class Thief:
    """Has the database. Every guard is away while he is at it, and is back when he has left."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self._file)) as db, db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                db.execute(f"DROP TRIGGER {name}")
            found = db.execute(sql, values).fetchall()
            for _, statement in guards:
                db.execute(statement)
            return found


@pytest.fixture
def thief(office: Home) -> Thief:
    return Thief(office.path / "dialpact.db")
