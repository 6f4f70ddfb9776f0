"""A log goes on from a backup that was restored. That is real life; that nobody sees it is what must not be.

What was logged since the backup is lost, and heads of it were signed and given away. The log gets a new key
and a new name, so that no size of one name is ever signed twice, and an entry that names every head that it
does not continue, the present one, who, when and why. Whoever holds one of those heads, a witness above all,
finds that this log does not continue it; the entry says that it was said.
"""

from __future__ import annotations

from contextlib import suppress

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import heads, rotation
from dialpact.application.ledger.whole import in_thread
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.heads import LedgerForked, SignedHead, stated
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import Fork, Rotation, head
from dialpact.compliance.registers.fault import Fault

MOST = 10_000  # heads that are named


async def resume(context: Context, config: Config, *, reason: str, lost: bool) -> Rotation:
    """``lost``: the key of the log as it was restored is gone. LedgerError; Fault where nothing is forked."""
    context.actor.need(Right.LEDGER)
    store, now = context.store, context.now()
    if own := await store.checkpoints.newest(1):
        stored = stated(own[0].note)
        known = [SignedHead(stored.size, stored.root, "a checkpoint")]
        if not await store.checkpoints.continued(known):
            raise LedgerError(
                "the log does not even continue the checkpoint that lies beside it: it was changed, and "
                "is no backup; restore one first"
            )
    name = await rotation.name_now(config, store)
    mine = await in_thread(lambda: _mine(config, name))
    found = await heads.known(config, store, mine, now, most=MOST)
    try:
        await store.checkpoints.compare(found.heads)
    except LedgerForked as forked:
        given_up = forked.heads[-MOST:]
    else:
        raise Fault("not-forked")
    log = await store.checkpoints.log()
    fork = Fork(
        present=head(log.size, log.root),
        given_up=tuple(head(one.size, one.root) for one in given_up),
        note=given_up[-1].note,
    )
    return await rotation.go_on(config, store, fork, by=context.by, reason=reason, at=now, lost=lost)


def _mine(config: Config, name: str) -> list[Verifier]:
    """Whatever key there is: after a backup was restored it need not be the log's."""
    file, found = keys.path_of(config), []
    with suppress(LedgerError):
        found.append(keys.load_file(file, name).verifier)
    with suppress(LedgerError):
        found.append(keys.load_public(keys.public_path(file)))
    return found
