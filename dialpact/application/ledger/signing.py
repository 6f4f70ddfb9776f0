"""The log is signed as it is now, and its key changed. Whose word is believed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import copies, heads, rotation
from dialpact.application.ledger.heads import Signed
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import MOST_BYTES, Signer, Verifier
from dialpact.compliance.ledger.rotation import Rotation


async def checkpoint(context: Context, config: Config) -> Signed:
    """With the signed note of the present tree: whoever has it, behind his back no one cuts or rewrites.

    LedgerForked when the log does not continue a head that is known; LedgerError: the key is not in force.
    """
    context.actor.need(Right.LEDGER)
    signer = await rotation.resume(config, context.store)
    return await heads.signed(config, context.store, signer, context.now())


async def copy(context: Context, config: Config) -> None:
    """What the folder of ``[ledger] checkpoints`` lacks. OSError; LedgerError: something else is there."""
    context.actor.need(Right.LEDGER)
    await copies.put(config, context.store)


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
