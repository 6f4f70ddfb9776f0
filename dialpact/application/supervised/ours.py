"""Who supervises us, and how his letters are taken: signed by him, to us, in time, once, and not too many."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, TypeVar

from dialpact.application.context import Context
from dialpact.application.ledger import signing
from dialpact.compliance.config import Config, SupervisionConfig
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import Letter
from dialpact.compliance.supervision.refusal import Refusal

REGISTER = "supervision"  # in the log
L = TypeVar("L", bound=Letter)


class Desk:
    """One letter at a time: one that comes twice at once is answered once."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


def settings(config: Config) -> SupervisionConfig:
    """Refusal where nobody supervises."""
    if config.supervision is None or not config.supervision.supervised:
        raise Refusal("not-for-us", 404)
    return config.supervision


async def opened(context: Context, config: Config, text: str, kind: type[L]) -> tuple[L, Signer]:
    """The letter, and the key that answers it. Nothing is looked up before his signature holds. Refusal."""
    ours = settings(config)
    supervisor = Verifier.parse(ours.vkey)
    found = letter.opened(text, kind, [supervisor])
    signer = await signing.key(context, config)
    if found.operator != signer.name or found.supervisor != supervisor.name:
        raise Refusal("not-for-us", 403)
    now = context.now()
    letter.check_date(found, now)
    if await context.store.changes.of(REGISTER, found.id):
        raise Refusal("replayed", 409)
    if await context.store.supervised.acts_since(now - timedelta(hours=1)) >= ours.letters_per_hour:
        raise Refusal("too-often", 429)
    return found, signer


async def act(context: Context, action: str, key: str, detail: dict[str, Any]) -> None:
    """In the log before anything is answered."""
    await context.store.changes.note(REGISTER, action, key, detail, by=context.by, at=context.now())
