"""A key of the API: what a program that has it may ask, of whose data, until when. Pure.

1. The token is 256 random bits behind the key's id; whoever has it is the key. It is said once, and is
   kept nowhere.
2. What is kept is its HMAC-SHA-256 under a secret that is not in the database: who reads or writes the
   database alone can neither guess a token nor make one that is taken. A slow hash is for what people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import choice, identifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME

BYTES = 32  # of a token
_TOKEN = re.compile(r"dpk_([A-Za-z0-9_.-]{1,64})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # it goes into a header


class Scope(StrEnum):
    """What a key may ask. None of them approves or releases anything: that is a person's."""

    CHECK = "check"  # check, predial, and lists scrubbed for one's own use
    OPT_OUT = "opt-out"
    CONSENT = "consent"  # consents, their evidence, their withdrawals
    LEADS = "leads"
    CALLS = "calls"  # calls, what is known of recordings, incidents, figures
    EVIDENCE = "evidence"  # the sound of recordings, and packages
    REGISTERS = "registers"  # complaints, and scripts for approval
    NUMBERS = "numbers"  # whole numbers in answers; else they are masked


class ApiKey(Value, frozen=True, kw_only=True):
    """``expires``: its last day. ``businesses``: whose data it sees and changes; none named: everybody's.

    ``added_at``: of its token, which a rotation replaces.
    """

    id: str
    scopes: tuple[Scope, ...]
    businesses: tuple[str, ...]
    expires: date
    added_at: datetime
    added_by: str
    revoked_at: datetime | None = None
    revoked_by: str = ""
    reason: str = ""

    def may_see(self, business: str) -> bool:
        return not self.businesses or business in self.businesses

    def need_business(self, business: str) -> None:
        """Raises NotPermitted, which does not say whose: he may have asked about a campaign."""
        if not self.may_see(business):
            raise NotPermitted(f"{self.id}: of another business")

    def need_all(self) -> None:
        """For what is of no business in particular. Raises NotPermitted."""
        if self.businesses:
            raise NotPermitted(f"{self.id}: of all businesses")

    def holds(self, now: datetime) -> bool:
        """Not revoked, and its last day is not over."""
        return self.revoked_at is None and now.astimezone(HOME).date() <= self.expires


class ShownKey(Value, frozen=True, kw_only=True):
    """``used_at``: when it last asked, to the minute; None: never."""

    key: ApiKey
    used_at: datetime | None = None


def key_id(text: str) -> str:
    """ASCII alone, as it is part of a token. Fault."""
    found = identifier(text, "id")
    if not _ID.fullmatch(found):
        raise Fault("api-key-id", value=found)
    return found


def scopes(given: Sequence[str]) -> tuple[Scope, ...]:
    """In the order of their definition, each once. Fault."""
    found = {choice(name, "scopes", tuple(Scope)) for text in given for name in text.split(",")}
    if not found - {Scope.NUMBERS}:
        raise Fault("api-key-scopes", known=", ".join(scope for scope in Scope if scope != Scope.NUMBERS))
    return tuple(scope for scope in Scope if scope in found)


def businesses(given: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order of their names. Fault."""
    names = {identifier(name, "businesses") for text in given for name in text.split(",") if text.strip()}
    return tuple(sorted(names))


def new_token(id: str) -> str:
    return f"dpk_{id}_{secrets.token_urlsafe(BYTES)}"


def named(token: str) -> str:
    """The id of the key that ``token`` says to be; empty: it is no token at all."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else ""


def mac(token: str, secret: bytes) -> str:
    """What is kept of a token, in hexadecimal."""
    return hmac.digest(secret, token.encode("ascii"), hashlib.sha256).hex()


def same_mac(one: str, other: str) -> bool:
    """In a time that tells nothing of where they differ."""
    return hmac.compare_digest(one, other)


def new_secret() -> bytes:
    """What the file of the hashes' secret is made of."""
    return secrets.token_hex(BYTES).encode() + b"\n"
