"""What outsiders vouch for: by when a part of the log was there, and when it was not yet. Pure.

A witness says of a tree that at one second it was the largest that it had seen. Each may be wrong or lie; so
a quorum is asked for, and of ``quorum`` witnesses at least one is taken to be right:

1. A tree was there **at the latest** at the ``quorum``-th earliest of its witnesses' times.
2. What is not in a tree was **not yet seen** by them at the ``quorum``-th latest of its times. It may have
   been there, and kept back; but nobody has shown it to them.
3. A witness that has seen a larger tree earlier than a smaller one is believed about neither: that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dialpact.compliance.ledger.cosignature import Seen


class SeenTree(NamedTuple):
    """A tree of this log, where its checkpoint is, and who has cosigned it."""

    size: int
    where: str
    seen: Seen


class Vouched(NamedTuple):
    """``latest``, ``unseen``: POSIX seconds, as above. ``by``: the witnesses' names."""

    size: int
    latest: int
    unseen: int
    by: tuple[str, ...]


def vouched(trees: Iterable[SeenTree], quorum: int) -> list[Vouched]:
    """Of each tree that has its quorum; the smallest first."""
    found = []
    for tree in sorted(trees, key=lambda each: each.size):
        times = sorted(one.at for one in tree.seen.by)
        if len(times) >= quorum:
            names = tuple(sorted(one.witness.name for one in tree.seen.by))
            found.append(Vouched(tree.size, times[quorum - 1], times[-quorum], names))
    return found


def backwards(trees: Iterable[SeenTree]) -> list[tuple[str, str]]:
    """(where, witness) of each tree that a witness says to have seen before it saw a smaller one."""
    newest: dict[str, int] = {}
    found = []
    for tree in sorted(trees, key=lambda each: each.size):
        for one in tree.seen.by:
            if one.at < newest.get(one.witness.vkey, 0):
                found.append((tree.where, one.witness.name))
            newest[one.witness.vkey] = max(one.at, newest.get(one.witness.vkey, 0))
    return found


def with_leaf(trees: Sequence[Vouched], leaf: int) -> Vouched | None:
    """Of those that have this leaf, the one that was there first."""
    return min((tree for tree in trees if tree.size > leaf), key=lambda each: each.latest, default=None)


def without_leaf(trees: Sequence[Vouched], leaf: int) -> Vouched | None:
    """Of those that do not have it, the one that was seen last."""
    return max((tree for tree in trees if tree.size <= leaf), key=lambda each: each.unseen, default=None)
