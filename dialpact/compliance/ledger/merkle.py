"""Merkle tree hashing, inclusion and consistency as in RFC 9162, section 2.1. Pure.

A tree is seen through one function, ``subtree(first, end)``: the hash of the leaves ``first <= n < end``
(MTH in the RFC). A list of leaf hashes gives one (:func:`over`); the store gives one that reads only the few
stored hashes that a proof needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Subtree = Callable[[int, int], bytes]
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The leaf's hash; the prefix keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below ``size`` (2 or more): where the RFC divides a tree."""
    return 1 << (size - 1).bit_length() - 1


def over(leaves: Sequence[bytes]) -> Subtree:
    """The tree over these leaf hashes."""

    def subtree(first: int, end: int) -> bytes:
        size = end - first
        if size == 0:
            return EMPTY
        if size == 1:
            return leaves[first]
        middle = first + split(size)
        return node_hash(subtree(first, middle), subtree(middle, end))

    return subtree


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """PATH(index, D_size), from the leaf's sibling up. ValueError for an index that is not in the tree."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path = []
    first, end = 0, size
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(first, middle))
            first = middle
    return path[::-1]


def consistency_proof(subtree: Subtree, old: int, size: int) -> list[bytes]:
    """PROOF(old, D_size): that the tree of ``old`` leaves is a prefix of this one. ValueError otherwise."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {old} is no prefix of a tree of {size}")
    path = []
    first, end, whole = 0, size, True
    while old < end:
        middle = first + split(end - first)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(first, middle))
            first, whole = middle, False
    if not whole:
        path.append(subtree(first, end))
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to (RFC 9162, 2.1.3.2); None for a proof that fits no such tree."""
    if not 0 <= index < size:
        return None
    number, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if number & 1 or number == last:
            found = node_hash(step, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, step)
        number, last = number >> 1, last >> 1
    return found if last == 0 else None


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    return root_from_inclusion(leaf, index, size, proof) == root


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2. The empty tree is a prefix of every tree."""
    if not 0 <= old <= size:
        return False
    if old == 0:
        return not proof and old_root == EMPTY
    if old == size:
        return not proof and old_root == root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    number, last = old - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    before = now = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            before, now = node_hash(step, before), node_hash(step, now)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            now = node_hash(now, step)
        number, last = number >> 1, last >> 1
    return last == 0 and before == old_root and now == root


class GrowingTree:
    """A tree to which leaves are added, in memory that grows with its height (and with how many at once)."""

    def __init__(self) -> None:
        self._open: list[bytes | None] = []  # by level: the complete subtree that waits for its neighbour

    def extend(self, leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
        """The hashes of the subtrees that these leaves complete, in order: of 1 leaf, of 2, of 4, ..."""
        completed: list[Sequence[bytes]] = []
        hashed, whole = hashlib.sha256, leaves
        while whole:
            level = len(completed)
            completed.append(whole)
            if level == len(self._open):
                self._open.append(None)
            waiting = self._open[level]
            row = [*whole] if waiting is None else [waiting, *whole]
            self._open[level] = row.pop() if len(row) % 2 else None
            pairs = iter(row)
            # node_hash of each two, without a call for each
            whole = [
                hashed(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)
            ]
        return completed

    def root(self) -> bytes:
        found = None
        for left in self._open:
            if left is not None:
                found = left if found is None else node_hash(left, found)
        return EMPTY if found is None else found
