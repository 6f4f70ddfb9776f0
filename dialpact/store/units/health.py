"""What the store says about the installation itself: for ``dialpact asterisk doctor``."""

from __future__ import annotations

import json
import time
from datetime import date, datetime

from dialpact.compliance.clock import boot_id, instant
from dialpact.compliance.health import Health, LeaseState, RegistersLooked
from dialpact.compliance.model import Campaign, Suspension
from dialpact.store.units import checkpoints, differences, ledger, restored, webhooks, witnesses
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.registers.registration import registration_of
from dialpact.store.units.statements import statements

SQL = statements("health")
LOST = "(not known: its row in ledger_log is gone)"  # instead of the head that it does not continue


async def health(store: Database, node: str, now: datetime, today: date) -> Health:
    """In one transaction that may write, so a store that can only be read fails here: StoreError."""
    return await store.transact(lambda connection: _health(store, connection, node, now, today))


def _health(store: Database, connection: Connection, node: str, now: datetime, today: date) -> Health:
    imported = SQL.opt_outs_imported(connection)[0]
    scripts = list(SQL.campaigns_and_scripts(connection))
    log = checkpoints.SQL.log(connection)
    return Health(
        version=store.version(connection),
        lease=_lease(connection, node),
        opt_outs_at=instant(imported) if imported else None,
        trunks=_trunks(connection, today),
        campaigns=tuple(row["id"] for row in scripts),
        unscripted=tuple(row["id"] for row in scripts if not _approved(row, now)),
        suspensions=tuple(
            Suspension(kind=row["kind"], key=row["key"], since=instant(row["since"]), cause=row["cause"])
            for row in SQL.in_force(connection)
        ),
        entries=ledger.size(connection),
        signed=_signed(connection),
        forked=log["forked"] if log else LOST,
        remembered=log is None or bool(log["remembered"]),
        restored=restored.restored(connection),
        sellers=tuple(Campaign(**dict(row)) for row in SQL.sellers(connection)),
        overwriting=_overwriting(connection),
        looked=_looked(connection),
        differing=tuple((row["register"], row["key"]) for row in differences.SQL.known(connection)),
        registrations=tuple(registration_of(dict(row)) for row in SQL.registered(connection)),
        witnesses=tuple(witnesses.states(connection)),
        stamped=witnesses.last_stamp(connection),
        webhooks=tuple(webhooks.states(connection)),
    )


def _signed(connection: Connection) -> datetime | None:
    newest = checkpoints.newest(connection, 1)
    return instant(newest[0]["at"]) if newest else None


def _overwriting(connection: Connection) -> datetime | None:
    row = SQL.overwriting(connection)
    return instant(row["at"]) if row else None


def _looked(connection: Connection) -> RegistersLooked | None:
    row = differences.SQL.looks(connection)
    if row["at"] is None:
        return None
    return RegistersLooked(
        at=instant(row["at"]),
        registers=row["registers"],
        rows=row["rows"],
        unbound=row["unbound"],
        whole=bool(row["whole"]),
    )


def _lease(connection: Connection, node: str) -> LeaseState | None:
    row = SQL.lease_of(connection, node=node)
    if row is None:
        return None
    live = row["boot_id"] == boot_id() and row["expires_ns"] > time.monotonic_ns()
    renewed = instant(row["renewed_at"])
    return LeaseState(ready=bool(row["ready"]), live=live, why=row["why"], renewed_at=renewed)


def _trunks(connection: Connection, today: date) -> frozenset[str]:
    return frozenset(
        trunk
        for row in SQL.holders(connection)
        if row["valid_from"] <= today.isoformat() <= (row["valid_to"] or today.isoformat())
        for trunk in json.loads(row["trunks"])
    )


def _approved(row: Row, now: datetime) -> bool:
    if not row["approved_by"]:
        return False
    return row["expires_at"] is None or instant(row["expires_at"]) > now
