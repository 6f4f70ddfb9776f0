"""Who is asked outside, beside a daemon's work: witnesses to cosign a checkpoint, an authority to stamp it.

One round at a time, after the keeper has signed, and none is waited for: not by the next signing, not by the
end of the daemon. What fails is said and tried again at the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.cli.command_context import BUSY_MS, CommandContext
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.store.sqlite import Store

log = structlog.get_logger()


class Outsiders:
    def __init__(self, session: CommandContext) -> None:
        self._session = session
        self._round: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """A round, unless one goes on or there is nobody to ask."""
        config = self._session.config
        asked = config.ledger.witnesses or config.ledger.tsa or config.supervision
        if asked and (self._round is None or self._round.done()):
            self._round = asyncio.create_task(self._ask())

    async def close(self) -> None:
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)

    async def _ask(self) -> None:
        await _tried(self._all())

    async def _all(self) -> None:
        session = self._session
        async with await Store.open(session.config.database, BUSY_MS) as store:
            actor = Actor(name="dialpact", door=Door.DAEMON)
            context = Context(store, actor, session.clock, session.machine.uptime)
            for ask in (_witnesses, _authority, _supervisor):  # one that fails keeps nobody from the next
                await _tried(ask(context, session.config))


async def _tried(asked: Awaitable[None]) -> None:
    try:
        await asked
    except (DialpactError, OSError) as error:
        log.error("no outsider's word", error=str(error))
    except Exception as error:  # a fault of ours must not end the gate either
        log.error("no outsider's word", error=str(error), exc_info=error)


async def _witnesses(context: Context, config: Config) -> None:
    from dialpact.application.ledger import witnesses

    for state in await witnesses.submit(context, config):
        if state.word != "cosigned":
            log.warning("not cosigned", witness=state.name, word=state.word, why=state.detail)


async def _authority(context: Context, config: Config) -> None:
    from dialpact.application.ledger import stamps

    await stamps.keep(context, config)


async def _supervisor(context: Context, config: Config) -> None:
    from dialpact.application.supervised import handing

    if config.supervision:
        await handing.cosigned(context, config)
