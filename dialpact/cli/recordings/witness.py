"""How late it is, as far as the host's clocks bear it out."""

from __future__ import annotations

import sqlite3

from dialpact.cli.session import Session
from dialpact.compliance.clock import host_uptime
from dialpact.compliance.trusted_time import Reading, Witness
from dialpact.store.sqlite import Store, clocks


async def take(session: Session, store: Store, by: str) -> Witness:
    """Notes a reading and says what they bear out now."""

    def work(connection: sqlite3.Connection) -> Witness:
        clocks.take(connection, session.clock.now(), host_uptime(), by)
        found = clocks.witness(connection)
        assert found is not None
        return found

    return await store.transact(work)


async def look(session: Session, store: Store) -> Witness:
    """The same, with nothing noted."""
    reading = Reading(session.clock.now(), host_uptime())
    return await store.transact(lambda connection: clocks.foretold(connection, reading))
