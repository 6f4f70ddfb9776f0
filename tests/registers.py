"""Registers in which a call passes, written straight into a database: for tests of something else."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from dialpact.compliance import profile
from dialpact.compliance.clock import boot_id

SINCE = "2026-01-01T00:00:00.000000Z"
ANY = '["*"]'
SCRIPT = "pitch"
BATCH = 1


def fill(
    database: Path | str,
    *,
    caller_ids: Sequence[str],
    numbers: Iterable[str],
    node: str = "pbx1",
    profiles: Sequence[str] = ("cn-hubei-2018",),
) -> None:
    """Business ``acme`` with the campaign ``spring`` for ``loans``, and a recorder that is ready for ever.

    ``numbers`` are national ones; they stand on the lead list and have agreed to be called.
    """
    sections = [profile.load(name).script for name in profiles]
    checked = json.dumps([section.digest for section in sections if section])
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.execute("INSERT INTO business VALUES ('acme', 'Acme', 'own-business', ?)", (SINCE,))
        db.execute(
            "INSERT INTO campaign VALUES ('spring', 'acme', 'loans', 'marketing', ?, ?)", (SCRIPT, SINCE)
        )
        db.execute(
            "INSERT INTO script VALUES (?, 1, 'Good day', 'x', ?, 'li', 'chen', ?, NULL, ?)",
            (SCRIPT, SINCE, SINCE, checked),
        )
        db.executemany(
            "INSERT INTO caller_id VALUES (?, 'acme', 'L-1', 'CT', 1, ?, ?, '2026-01-01', NULL, ?, '[]')",
            ((number, ANY, ANY, SINCE) for number in caller_ids),
        )
        db.execute(
            "INSERT INTO batch (id, campaign, partner, contract, basis, file, sha256, imported_at, "
            "imported_by, rows) VALUES (?, 'spring', 'partner', 'K-1', 'consent', 'a.csv', 'x', ?, 'li', 1)",
            (BATCH, SINCE),
        )
        db.execute("INSERT INTO recorder_lease VALUES (?, ?, ?, 1, '', ?)", (node, boot_id(), 2**62, SINCE))
        for number in numbers:
            agree(db, number)
            lead(db, number)


def campaign(db: sqlite3.Connection, id: str, business: str, industry: str) -> None:
    """A second one, of any business, for the same leads."""
    db.execute("INSERT OR IGNORE INTO business VALUES (?, 'B', 'own-business', ?)", (business, SINCE))
    values = (id, business, industry, SCRIPT, SINCE)
    db.execute("INSERT INTO campaign VALUES (?, ?, ?, 'marketing', ?, ?)", values)
    (batch,) = db.execute("SELECT max(id) + 1 FROM batch").fetchone()
    db.execute(
        "INSERT INTO batch SELECT ?, ?, partner, contract, basis, file, sha256, imported_at, imported_by, "
        "rows, finding, held, withdrawn_at FROM batch WHERE id = ?",
        (batch, id, BATCH),
    )
    db.execute("INSERT INTO lead SELECT number, ? FROM lead WHERE batch = ?", (batch, BATCH))


def agree(db: sqlite3.Connection, number: str, withdrawn: str | None = None) -> None:
    db.execute(
        "INSERT INTO consent VALUES (?, 'acme', 'loans', ?, NULL, 'form 1', ?, ?, '', '')",
        (int(f"86{number}"), SINCE, withdrawn, SINCE),
    )


def lead(db: sqlite3.Connection, number: str) -> None:
    db.execute("INSERT OR IGNORE INTO lead VALUES (?, ?)", (int(f"86{number}"), BATCH))


def refuse(db: sqlite3.Connection, number: str, scope: str = "all", value: str = "") -> None:
    values = (int(f"86{number}"), scope, value, SINCE, "key", SINCE)
    db.execute("INSERT INTO do_not_call VALUES (?, ?, ?, ?, ?, ?)", values)
