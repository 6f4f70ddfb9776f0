"""Whether one record is what its leaf was made of."""

from __future__ import annotations

from dialpact.compliance.ledger import record
from dialpact.store.ports.audits import Entry, Snapshot, Unreadable

# What a row that someone wrote by hand may raise on its way to a record, and a salt on its way to a leaf.
BROKEN = (Unreadable, ValueError, TypeError, AttributeError, LookupError, OverflowError)


def intact(snapshot: Snapshot, kind: str, key: str) -> bool:
    """Whether a record is what its leaf was made of."""
    try:
        entry = snapshot.entry_of(kind, key)
        content = entry and snapshot.content(entry.leaf_index, kind, key, entry.version)
        return bool(entry and content and fits(entry, content))
    except BROKEN:
        return False


def fits(entry: Entry, content: bytes) -> bool:
    """Whether that is what the entry's leaf was made of."""
    return entry.salt is not None and record.leaf(entry.salt, content) == entry.leaf
