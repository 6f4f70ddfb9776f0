"""Registers in which a call passes, written straight into a database: for tests of something else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dialpact.compliance import profile
from dialpact.compliance.clock import boot_id

SINCE = "2026-01-01T00:00:00.000000Z"
ANY = '["*"]'
SCRIPT = "pitch"
TEXT = "Good day"
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
        act(db, "business", "add", "acme", {"id": "acme", "name": "Acme", "actor": "own-business"})
        db.execute(
            "INSERT INTO campaign VALUES ('spring', 'acme', 'loans', 'marketing', ?, ?, 0)", (SCRIPT, SINCE)
        )
        _campaign_added(db, "spring", "acme", "loans")
        digest = hashlib.sha256(TEXT.encode()).hexdigest()
        db.execute(
            "INSERT INTO script VALUES (?, 1, ?, ?, ?, 'li', 'chen', ?, NULL, ?)",
            (SCRIPT, TEXT, digest, SINCE, SINCE, checked),
        )
        approved = {
            "approved_by": "chen",
            "approved_at": SINCE,
            "expires_at": None,
            "checked": json.loads(checked),
        }
        version = {"id": SCRIPT, "version": 1, "sha256": digest, "added_at": SINCE, "added_by": "li"}
        act(db, "script", "approve", SCRIPT, version | approved)
        for number in caller_ids:
            db.execute(
                "INSERT INTO caller_id VALUES (?, 'acme', 'L-1', 'CT', 1, ?, ?, '2026-01-01', NULL, ?, '[]')",
                (number, ANY, ANY, SINCE),
            )
            issued = {"number": number, "business": "acme", "licence": "L-1", "carrier": "CT"}
            limits = {"trunks": ["*"], "purposes": ["*"], "valid_from": "2026-01-01", "valid_to": None}
            new = issued | limits | {"authenticated": True, "sent_as": []}
            act(db, "caller-id", "add", number, {"to": new, "from": []})
        db.execute(
            "INSERT INTO batch (id, campaign, partner, contract, basis, file, sha256, imported_at, "
            "imported_by, rows) VALUES (?, 'spring', 'partner', 'K-1', 'consent', 'a.csv', 'x', ?, 'li', 1)",
            (BATCH, SINCE),
        )
        _imported(db, BATCH, "spring")
        act(db, "consent", "import", "consents.csv", {"applied": 1})  # of before there were digests
        db.execute("INSERT INTO recorder_lease VALUES (?, ?, ?, 1, '', ?)", (node, boot_id(), 2**62, SINCE))
        for number in numbers:
            agree(db, number)
            lead(db, number)


def campaign(db: sqlite3.Connection, id: str, business: str, industry: str) -> None:
    """A second one, of any business, for the same leads."""
    if db.execute("SELECT 1 FROM business WHERE id = ?", (business,)).fetchone() is None:
        db.execute("INSERT INTO business VALUES (?, 'B', 'own-business', ?)", (business, SINCE))
        act(db, "business", "add", business, {"id": business, "name": "B", "actor": "own-business"})
    values = (id, business, industry, SCRIPT, SINCE)
    db.execute("INSERT INTO campaign VALUES (?, ?, ?, 'marketing', ?, ?, 0)", values)
    _campaign_added(db, id, business, industry)
    (batch,) = db.execute("SELECT max(id) + 1 FROM batch").fetchone()
    db.execute(
        "INSERT INTO batch SELECT ?, ?, partner, contract, basis, file, sha256, imported_at, imported_by, "
        "rows, finding, held, withdrawn_at FROM batch WHERE id = ?",
        (batch, id, BATCH),
    )
    _imported(db, batch, id)
    db.execute("INSERT INTO lead SELECT number, ? FROM lead WHERE batch = ?", (batch, BATCH))


def act(
    db: sqlite3.Connection, register: str, action: str, key: str, detail: dict[str, Any], at: str = SINCE
) -> None:
    """The line of the log that binds a row."""
    db.execute(
        "INSERT INTO register_change (at, actor, register, action, key, detail) VALUES (?, 'li', ?, ?, ?, ?)",
        (at, register, action, key, json.dumps(detail)),
    )


def _campaign_added(db: sqlite3.Connection, id: str, business: str, industry: str) -> None:
    about = {"id": id, "business": business, "industry": industry, "purpose": "marketing", "script": SCRIPT}
    act(db, "campaign", "add", id, about)


def _imported(db: sqlite3.Connection, batch: int, campaign: str) -> None:
    about = {
        "campaign": campaign,
        "partner": "partner",
        "contract": "K-1",
        "basis": "consent",
        "file": "a.csv",
    }
    counted = {"sha256": "x", "applied": 1, "held": "", "finding_sha256": ""}
    act(db, "leads", "import", str(batch), about | counted)


def agree(db: sqlite3.Connection, number: str, withdrawn: str | None = None) -> None:
    """As the list of consents that :func:`fill` says was imported."""
    db.execute(
        "INSERT INTO consent VALUES (?, 'acme', 'loans', ?, NULL, 'form 1', ?, ?, '', '')",
        (int(f"86{number}"), SINCE, withdrawn, SINCE),
    )
    if withdrawn:
        said = {"business": "acme", "industry": "", "withdrawn": 1, "reason": ""}
        act(db, "consent", "withdraw", f"+86{number}", said, at=withdrawn)


def lead(db: sqlite3.Connection, number: str) -> None:
    db.execute("INSERT OR IGNORE INTO lead VALUES (?, ?)", (int(f"86{number}"), BATCH))


def refuse(db: sqlite3.Connection, number: str, scope: str = "all", value: str = "") -> None:
    values = (int(f"86{number}"), scope, value, SINCE, "key", SINCE)
    db.execute("INSERT INTO do_not_call VALUES (?, ?, ?, ?, ?, ?)", values)
    said = {"scope": scope, "value": value, "requested_at": SINCE, "source": "key"}
    act(db, "dnc", "add", f"+86{number}", {"number": f"+86{number}"} | said)
