"""What is in the log: which leaf is of which record, and that one is in it as it was last signed."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.ledger import merkle, record
from dialpact.compliance.ledger.entry import Leaf, Proof
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page


async def listed(
    context: Context, first: int | None = None, *, after: str = "", most: int = ALL
) -> Page[Leaf]:
    """From leaf ``first`` on; None: the newest ``most``, in the log's order."""
    need_reading(context)
    return await context.store.ledger.list(first, after=after, most=most)


async def size(context: Context) -> int:
    """How many there are."""
    need_reading(context)
    return (await context.store.checkpoints.standing()).size


async def show(context: Context, leaf: int) -> Proof:
    """One with its record as it was hashed. LedgerError where there is none."""
    need_reading(context)
    return await context.store.ledger.prove(leaf)


async def there(context: Context, leaf: int) -> Proof:
    """The same. Fault where there is none."""
    if leaf >= await size(context):
        raise Fault("not-registered", entry=str(leaf))
    return await show(context, leaf)


async def leaf_of(context: Context, kind: str, key: str) -> int:
    """Of a record, by its kind and its id or number. Fault where it has none."""
    need_reading(context)
    found = await context.store.ledger.standing(kind, key)
    if found.leaf is None:
        raise Fault("not-registered", entry=key)
    return found.leaf


def leads(found: Proof) -> bool | None:
    """Whether the record is what its leaf was made of, and the leaf is in the tree that was signed last, both
    worked out anew. None: it can not be told, as nothing was signed with it yet.
    """
    entry = found.entry
    if found.record is not None and record.leaf(found.salt or b"", found.record) != entry.hash:
        return False
    if found.checkpoint is None:
        return None
    head = stated(found.checkpoint)
    return merkle.verify_inclusion(entry.hash, entry.leaf, head.size, found.steps, head.root)


def need_reading(context: Context) -> None:
    """Whoever keeps the log may read it, and whoever may see the calls. Raises NotPermitted."""
    if Right.LEDGER not in context.actor.rights:
        context.actor.need(Right.CALLS)
