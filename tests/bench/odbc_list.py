"""A do-not-call list of a million numbers in SQLite, into which an Asterisk looks by func_odbc."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from tests.lab.pbx import Pbx

CONF = Path(__file__).with_name("odbc")
MODULES = ("res_odbc_transaction", "res_odbc", "func_odbc")
DATABASE = "numbers.db"
NUMBERS = 1_000_000
FIRST, STEP = 14_000_000_000, 1000  # mobile numbers that no call of the bench goes to (soak_crowd.MOBILE)


class NoDriver(Exception):
    """This Asterisk can not look into SQLite by ODBC."""


def configure(pbx: Pbx) -> None:
    """Before Asterisk starts: the list, and where it is."""
    etc = pbx.home / "etc"
    for conf in CONF.iterdir():
        text = conf.read_text("utf-8").replace("@database@", str(etc / DATABASE))
        (etc / conf.name).write_text(text.replace("@etc@", str(etc)), "utf-8")
    with (etc / "modules.conf").open("a") as modules:
        modules.writelines(f"load = {module}.so\n" for module in MODULES)
    with contextlib.closing(sqlite3.connect(etc / DATABASE)) as db, db:
        db.execute("CREATE TABLE do_not_call (number TEXT PRIMARY KEY) WITHOUT ROWID")
        db.executemany(
            "INSERT INTO do_not_call VALUES (?)", ((str(FIRST + n * STEP),) for n in range(NUMBERS))
        )
    for name in ("odbc.ini", DATABASE):  # unixODBC reads no file that it may not write, and says nothing
        os.chown((etc / name).resolve(), *pbx.installation.owner)


def prove(pbx: Pbx) -> None:
    """That the list answers: where it does not, every call passes, and soon. NoDriver."""
    last, said = FIRST + (NUMBERS - 1) * STEP, ""
    for number, there in ((last, "1"), (last + 1, "0")):
        said = pbx.cli(f"odbc read ODBC_DNC {number} exec")
        if f"  {there}\n" not in said:
            raise NoDriver(f"func_odbc is left out (on Debian, apt-get install libsqliteodbc): {said}")
