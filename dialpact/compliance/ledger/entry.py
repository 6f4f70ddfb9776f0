"""An entry of the log as people look at it: which leaf is of which record, and the proof that it is there."""

from __future__ import annotations

from typing import NamedTuple

from dialpact.compliance.ledger.erasure import Remains
from dialpact.compliance.model import Value


class Leaf(Value, frozen=True, kw_only=True):
    """``erased``: the record is gone, the leaf stays. ``hash``: the leaf."""

    leaf: int
    kind: str
    key: str
    erased: bool
    hash: bytes


class Proof(Value, frozen=True, kw_only=True):
    """One entry with its record as it was hashed, and the way from its leaf to the last signed tree head.

    ``record`` and ``salt`` are None once it was erased. ``size``: of the tree that was signed last, 0: none;
    ``steps`` and ``checkpoint`` are there when the leaf is in it.
    """

    entry: Leaf
    record: bytes | None
    salt: bytes | None
    size: int
    steps: tuple[bytes, ...]
    checkpoint: str | None


class Standing(NamedTuple):
    """A record's leaf, None when it has none, and how it fails it: ``no-leaf``, ``not-its-leaf``.
    ``remains``: of one that was erased, what is known of what stays of its row; one that has changed fails
    its leaf.
    """

    leaf: int | None
    flaw: str
    remains: Remains = ""
