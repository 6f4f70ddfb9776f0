"""What witnesses hold of this log: each may show the checkpoint that it cosigned last (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dialpact.application import http_client
from dialpact.application.http_client import NoAnswer
from dialpact.compliance.config import Config, WitnessConfig
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import stated
from dialpact.store.ports import Store

SECONDS = 3.0  # for each, all at once


async def by_witnesses(config: Config, store: Store) -> Sequence[tuple[str, str]]:
    """(address, note) of each that shows one; whoever does not answer, or did not lately, gives none, and is
    named when it is asked to cosign. Nothing of it is verified.
    """
    newest = await store.checkpoints.newest(1) if config.ledger.named else ()
    if not newest:
        return ()
    origin = stated(newest[0].note).origin
    silent = {one.vkey for one in await store.witnesses.states() if one.word == "away"}
    shown = [_shown(one, origin) for one in config.ledger.named if one.vkey not in silent]
    return [head for head in await asyncio.gather(*shown) if head is not None]


async def _shown(one: WitnessConfig, origin: str) -> tuple[str, str] | None:
    url = f"{one.url.rstrip('/')}/{witnessing.monitored(origin)}"
    try:
        reply = await http_client.ask(url, seconds=SECONDS, most=note.MOST_BYTES)
        text = reply.body.decode()
        if reply.status == 200 and Checkpoint.parse(note.split(text)[0]).origin == origin:
            return one.url, text
    except (NoAnswer, LedgerError, UnicodeDecodeError):
        pass
    return None
