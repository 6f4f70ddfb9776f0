"""A supervisor's configuration, key and database, opened for one command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialpact.application.supervision.desk import Desk
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import default_by
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.supervision import config as configuration
from dialpact.compliance.supervision.config import SuperviseConfig
from dialpact.store.supervision import SupervisionStore


def load(session: CommandContext) -> SuperviseConfig:
    return configuration.load(session.config_file)


def own_key(config: SuperviseConfig) -> Signer:
    """LedgerError names the setting."""
    return keys.load_file(config.key_file, config.supervisor.name, "[supervisor] key_file")


@asynccontextmanager
async def desk(session: CommandContext, by: str = "") -> AsyncIterator[Desk]:
    """``by``: who acts; else whoever is at the keyboard. ConfigError, LedgerError, StoreError."""
    config = load(session)
    signer = own_key(config)
    async with await SupervisionStore.open(config.database) as store:
        yield Desk(store, config, signer, session.clock, by or default_by())
