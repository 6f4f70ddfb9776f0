"""Recovery codes: each stands once for the authenticator that is not at hand.

A code has 120 random bits, so a keyed hash is as good as a slow one.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import NamedTuple

from dialpact.application.accounts.keys import Keys
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.session import same

COUNT = 10
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"  # 32, none of which looks like another of them
GROUPS, GROUP = 4, 6  # 24 characters of 5 bits
USE = "recovery"
_CODE = re.compile(f"[{ALPHABET}]{{{GROUPS * GROUP}}}")


class Made(NamedTuple):
    """``codes``: nobody can be shown them again."""

    codes: tuple[str, ...]
    factor: Factor


def made(keys: Keys, account: str) -> Made:
    codes = tuple("".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP)) for _ in range(COUNT))
    factor = _factor([keys.mac(USE, account, code) for code in codes])
    return Made(tuple(_grouped(code) for code in codes), factor)


def without(keys: Keys, account: str, kept: Factor | None, code: str) -> Factor | None:
    """The codes that are left when this one is used; None: it is none of them."""
    wanted = _plain(code)
    if kept is None or not _CODE.fullmatch(wanted):
        return None
    mac, hashes = keys.mac(USE, account, wanted), _hashes(kept)
    left = [each for each in hashes if not same(each, mac)]
    return _factor(left) if len(left) < len(hashes) else None


def left(kept: Factor | None) -> int:
    return len(_hashes(kept)) if kept else 0


def looks_like_one(code: str) -> bool:
    return len(_plain(code)) == GROUPS * GROUP


def _plain(code: str) -> str:
    """As it was meant: without what stands between, in capitals, no O and no I in it."""
    return re.sub(r"[\s-]", "", code).upper().replace("O", "0").replace("I", "1").replace("L", "1")


def _grouped(code: str) -> str:
    return "-".join(code[place : place + GROUP] for place in range(0, len(code), GROUP))


def _factor(hashes: list[str]) -> Factor:
    return Factor(kind=Kind.RECOVERY, data=json.dumps(hashes))


def _hashes(kept: Factor) -> list[str]:
    return list(map(str, json.loads(kept.data)))
