"""``dialpact ledger list`` and ``show``: what is in the log."""

from __future__ import annotations

import base64
import sqlite3
from typing import Annotated, Any

import msgspec
import typer

from dialpact.cli.flag import Limit
from dialpact.cli.session import Session
from dialpact.compliance.errors import LedgerError
from dialpact.store.sqlite import checkpoints, ledger
from dialpact.store.sqlite.ledger import Entry


async def list_(
    session: Session,
    *,
    first: Annotated[
        int | None, typer.Option("--from", min=0, metavar="LEAF", help="From this leaf on; else the newest.")
    ] = None,
    limit: Limit = 100,
) -> None:
    """Entries of the log: which leaf is of which record."""
    most = limit or 2**31

    def work(connection: sqlite3.Connection) -> list[Entry]:
        start = max(0, ledger.size(connection) - most) if first is None else first
        return ledger.entries(connection, start, most)

    async with session.store() as store:
        found = await store.transact(work)
    rows = [[each.leaf_index, each.kind, each.key, each.salt is None, each.leaf.hex()] for each in found]
    answer = [
        {
            "leaf": each.leaf_index,
            "kind": each.kind,
            "key": each.key,
            "erased": each.salt is None,
            "hash": each.leaf.hex(),
        }
        for each in found
    ]
    session.table(("leaf", "record", "key-of-record", "erased", "leaf-hash"), rows, answer)


async def show(session: Session, leaf: Annotated[int, typer.Argument(min=0, help="Its number.")]) -> None:
    """One entry: its record as it was hashed, and the proof that it is in the log as it was last signed."""

    def work(connection: sqlite3.Connection) -> dict[str, Any]:
        found = ledger.entries(connection, leaf, 1)
        if not found or found[0].leaf_index != leaf:
            raise LedgerError(f"the log has {ledger.size(connection)} entries, numbered from 0")
        entry, row = found[0], checkpoints.SQL.last_checkpoint(connection)
        content = (
            ledger.content_of(connection, leaf, entry.kind, entry.key, entry.version) if entry.salt else None
        )
        size = row["size"] if row else 0
        return {
            "leaf": leaf,
            "kind": entry.kind,
            "key": entry.key,
            "record": content.decode() if content else None,
            "salt": _text(entry.salt) if entry.salt else None,
            "hash": _text(entry.leaf),
            "size": size,
            "proof": [
                _text(step)
                for step in (checkpoints.inclusion_in(connection, leaf, size) if leaf < size else ())
            ],
            "checkpoint": row["note"] if leaf < size else None,
        }

    async with session.store() as store:
        found = await store.transact(work)
    if session.as_json:
        session.json(found)
        return
    erased = session.text("say.ledger-erased-record") if found["salt"] is None else ""
    record = found["record"] and msgspec.json.format(found["record"].encode(), indent=1).decode()
    session.facts(
        [
            ("leaf", leaf),
            ("record", found["kind"]),
            ("key-of-record", found["key"]),
            ("leaf-hash", found["hash"]),
            ("salt", found["salt"]),
            ("proof", found["proof"]),
        ]
    )
    typer.echo(record or erased)
    if found["checkpoint"]:
        typer.echo(f"\n{found['checkpoint']}", nl=False)
    else:
        session.note(session.text("say.ledger-unsigned"))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
