"""The log is signed as it is now, and its key changed. Whose word is believed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import rotation
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import MOST_BYTES, Signer, Verifier
from dialpact.compliance.ledger.rotation import Rotation


async def checkpoint(context: Context, config: Config) -> str:
    """The signed note of the present tree: what no one can cut or rewrite behind the back of who has a copy.

    LedgerError when the log does not continue the last one, or the key is not the one in force.
    """
    context.actor.need(Right.LEDGER)
    signer = await rotation.resume(config, context.store)
    return await context.store.checkpoints.sign(signer, context.now())


async def key(context: Context, config: Config) -> Signer:
    """The key that signs now."""
    context.actor.need(Right.LEDGER)
    return await rotation.resume(config, context.store)


async def rotate(context: Context, config: Config, *, reason: str, lost: bool) -> Rotation:
    """Puts a new key in force. ``lost``: the old one is gone, and nothing vouches for the new one."""
    context.actor.need(Right.LEDGER)
    return await rotation.rotate(
        config, context.store, by=context.by, reason=reason, at=context.now(), lost=lost
    )


def trusted(config: Config, given: Sequence[str]) -> list[Verifier]:
    """Those given; else the public key's file, which needs no right to sign; else the key itself."""
    if given:
        return [keys.load_public(each, keys.name_of(config)) for each in given]
    public = keys.public_path(keys.path_of(config))
    return [keys.load_public(public) if public.exists() else keys.load(config).verifier]


def read_note(path: Path) -> str:
    """Bounded. LedgerError when it is no text."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise LedgerError(f"{path}: no signed note, it is not UTF-8") from error
