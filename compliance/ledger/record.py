"""A record as the ledger hashes it: canonical JSON (RFC 8785) behind a random salt.

The leaf is RFC 9162's hash of ``SHA-256(salt || record)``. The salt makes a leaf say nothing about a record
whose content and salt were erased: without it a telephone number could be found by trying them all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any

import msgspec

from compliance.ledger.merkle import leaf_hash

SALT_BYTES = 16
VERSION = 1  # of what is in a record; a change of a kind's columns is a new version
_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what records are made of: text, integers, None, flags, lists, and numbers as measured.

    ValueError for a number that ECMAScript would write otherwise than Python.
    """
    return _encoder.encode(_plain(value))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:  # nearly all: this is on the decision's path
        return value
    if kind is float:
        if value.is_integer() and abs(value) < 2**53:
            return int(value)
        if not 1e-6 <= abs(value) < 1e21:
            raise ValueError(f"{value} has no canonical form here")
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def leaf(salt: bytes, record: bytes) -> bytes:
    """The leaf hash of a salted record."""
    return leaf_hash(hashlib.sha256(salt + record).digest())
