"""The authenticator: six digits that change each 30 seconds (RFC 6238). The only module that uses pyotp."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp

from dialpact.application.accounts.keys import Keys
from dialpact.compliance.registers.factor import Factor, Kind

SECONDS = 30
BEFORE = 1  # steps that a code may be late: a clock that is slow, a person that types
USE = "totp"
ISSUER = "Dialpact"
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32(32)


def factor(keys: Keys, account: str, secret: str) -> Factor:
    return Factor(kind=Kind.TOTP, data=keys.sealed(USE, account, secret))


def address(secret: str, account: str, node: str) -> str:
    """What the picture for the authenticator says."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{account}@{node}", issuer_name=ISSUER)


def spaced(secret: str) -> str:
    """For who types it: in groups of four."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def cleaned(text: str) -> str:
    """A code as it was typed, without what stands between."""
    return re.sub(r"[\s-]", "", text)


def step(secret: str, code: str, now: datetime) -> int | None:
    """Of which step of our own clock a code is: the present one, or the one before; None: of neither."""
    wanted = cleaned(code)
    if not _CODE.fullmatch(wanted):
        return None
    present, found = int(now.timestamp()) // SECONDS, None
    for each in (present, present - BEFORE):
        if pyotp.utils.strings_equal(pyotp.TOTP(secret).at(each * SECONDS), wanted):
            found = each if found is None else found
    return found


def known_step(keys: Keys, account: str, kept: Factor | None, code: str, now: datetime) -> int | None:
    """ConfigError: sealed under another secret."""
    return None if kept is None else step(keys.opened(USE, account, kept.data), code, now)
