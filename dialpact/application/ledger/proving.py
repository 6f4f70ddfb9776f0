"""That one signed head of the log is a beginning of another: the proof that a witness asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dialpact.application.context import Context
from dialpact.application.ledger.entries import need_reading
from dialpact.application.ledger.signing import read_note, trusted
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import Heads, SignedHead, refuse
from dialpact.compliance.model import Value
from dialpact.store.ports.checkpoints import Log

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Consistency(Value, frozen=True, kw_only=True):
    """``steps``: RFC 9162, 2.1.4.1. ``text``: the later head, signed where there is a checkpoint of it."""

    old: Checkpoint
    new: Checkpoint
    steps: tuple[bytes, ...]
    text: str
    signed: bool


async def prove(context: Context, config: Config, old: str, new: str) -> Consistency:
    """``old``, ``new``: sizes, or files with checkpoints of this log.

    LedgerError: no such size, no such checkpoint; LedgerForked: one that the log does not continue.
    """
    need_reading(context)
    log = await context.store.checkpoints.log()
    believed = trusted(config, ())
    first = await _head(context, log, Heads(log.links, believed), old, believed[0].name)
    last = await _head(context, log, Heads(log.links, believed), new, believed[0].name)
    before, after = (Checkpoint(believed[0].name, one.size, one.root) for one in (first, last))
    if before.size > after.size:
        raise LedgerError(f"a log of {before.size} entries is no beginning of one of {after.size}")
    steps: Sequence[bytes] = ()
    if 0 < before.size < after.size:
        steps = await context.store.checkpoints.consistency(before.size, after.size)
    if not merkle.verify_consistency(before.size, after.size, before.root, after.root, steps):
        raise LedgerError("the proof that was made does not hold: `dialpact ledger verify` says more")
    signed = bool(last.note)
    return Consistency(
        old=before, new=after, steps=tuple(steps), text=last.note or after.body(), signed=signed
    )


async def _head(context: Context, log: Log, ours: Heads, given: str, name: str) -> SignedHead:
    store = context.store.checkpoints
    if not _SIZE.fullmatch(given):
        text = read_note(Path(given))
        found = ours.read(text, given)
        if found is None:
            raise LedgerError(f"{given}: of a branch that the log does not continue, as it says itself")
        if not await store.continued([found]):
            refuse([found], log.size)
        return found
    size = int(given)
    root = await store.root_of(size)
    for one in await store.of_sizes([size]):
        stored = ours.read(one.note, given)
        if stored and stored.root == root:
            return stored
    return SignedHead(size, root, given)
