"""A record as the ledger hashes it: canonical JSON (RFC 8785) behind a random salt.

The leaf is RFC 9162's hash of ``SHA-256(salt || record)``. The salt makes a leaf say nothing about a record
whose content and salt were erased: without it a telephone number could be found by trying them all.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from dialpact.compliance.ledger.merkle import leaf_hash
from dialpact.compliance.randomness import Randomness

SALT_BYTES = 16
_SALTS = Randomness(SALT_BYTES)
_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what records are made of: text, integers, None, flags, lists, and numbers as measured.

    ValueError for infinity and what is no number.
    """
    return _encoder.encode(_plain(value))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:  # nearly all: this is on the decision's path
        return value
    if kind is float:
        return _number(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _number(value: float) -> float | int | msgspec.Raw:
    """As ECMAScript writes it (ECMA-262, Number::toString): the same digits as Python's, other places."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no canonical form")
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    if 1e-4 <= abs(value) < 2**53:
        return value
    minus, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, place = "".join(map(str, figures)), len(figures) + int(exponent)
    if len(digits) <= place <= 21:
        text = digits.ljust(place, "0")
    elif -6 < place <= 0:
        text = f"0.{'0' * -place}{digits}"
    else:
        text = f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{place - 1:+d}"
    return msgspec.Raw(f"{'-' if minus else ''}{text}".encode())


def new_salt() -> bytes:
    return _SALTS.take()


def leaf(salt: bytes, record: bytes) -> bytes:
    """The leaf hash of a salted record."""
    return leaf_hash(hashlib.sha256(salt + record).digest())
