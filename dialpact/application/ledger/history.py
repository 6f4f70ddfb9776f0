"""``ledger.history`` beside ``ledger.pub``: what the keys before have signed, in the present key's word.

Made when the key changes, and again where it is gone or of another key. Whoever verifies a package from
before the change with the new key needs it; so it goes into the folder of copies too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialpact.application.ledger.whole import in_thread
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import history, keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import SignedHead, stated
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.store.ports import Store
from dialpact.store.ports.checkpoints import Log, Stored

Earlier = tuple[Verifier, Checkpoint]


async def keep(config: Config, store: Store, signer: Signer) -> None:
    """``signer``: the key in force. Does nothing where the file is there and is its word. OSError."""
    file = keys.history_path(keys.public_path(keys.path_of(config)))
    if await in_thread(lambda: _holds(config, signer)):
        return
    log = await store.checkpoints.log()
    stored = await store.checkpoints.newest(history.MOST_HEADS)
    earlier = await in_thread(lambda: list(_earlier(log, stored, signer)))
    heads = [SignedHead(head.size, head.root, verifier.vkey) for verifier, head in earlier]
    sound = {(head.size, head.root) for head in await store.checkpoints.continued(heads)}
    kept = [(verifier, head) for verifier, head in earlier if (head.size, head.root) in sound]
    text = history.written(signer, kept)
    await in_thread(lambda: keys.put(file, text.encode(), 0o644))


def _holds(config: Config, signer: Signer) -> bool:
    try:
        return keys.load_history(keys.public_path(keys.path_of(config)), signer.verifier) is not None
    except LedgerError:
        return False


def _earlier(log: Log, stored: Sequence[Stored], signer: Signer) -> Iterator[Earlier]:
    """Of each key before the present one the heads that it signed while in force, the smallest first."""
    order = [link.old for _, link in log.links[:1]] + [link.new for _, link in log.links]
    ends = [leaf for leaf, _ in log.links]
    for one in reversed(stored):
        vkey = order[sum(leaf < one.size for leaf in ends)]
        if vkey == signer.vkey:
            continue
        verifier = Verifier.parse(vkey)
        try:
            note.verify(one.note, [verifier])
            head = stated(one.note)
        except LedgerError:
            continue
        if head.size == one.size and head.origin == verifier.name:
            yield verifier, head
