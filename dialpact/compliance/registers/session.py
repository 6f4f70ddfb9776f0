"""A session of somebody who has signed in, and what is kept of its token. Pure.

1. A token is ``ID.SECRET``: the row's name, and 256 random bits that are kept nowhere.
2. What is kept is a keyed hash over the token and all in the row that a thief would like to be otherwise:
   whose it is, how it was opened, when it ends. Who has the database alone can neither make a session nor
   give one that is his to another account, nor lengthen it. An ended one has no hash any more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Value
from dialpact.compliance.registers.account import Account

_TOKEN = re.compile(r"([0-9a-f]{32})\.[A-Za-z0-9_-]{43}")


class Way(StrEnum):
    """By what a session was opened."""

    PASSWORD = "password"  # noqa: S105 - with a code of the authenticator
    RECOVERY = "recovery"  # with a recovery code in the place of that
    PASSKEY = "passkey"
    PROVIDER = "provider"  # OpenID Connect


class Session(Value, frozen=True, kw_only=True):
    """``address``, ``browser``: where from, as it said; for its owner, who shall know it again."""

    id: str
    account: str
    way: Way
    opened_at: datetime
    ends_at: datetime  # whatever is done in it
    seen_at: datetime  # to the minute
    address: str = ""
    browser: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""

    def runs(self, now: datetime, idle: float) -> bool:
        """``idle``: the seconds after which one that nobody uses is over."""
        unused = (now - self.seen_at).total_seconds()
        return self.ended_at is None and self.opened_at <= now < self.ends_at and unused < idle


class SignedIn(NamedTuple):
    """Who asks, and by which session."""

    session: Session
    account: Account


def new_token(id: str) -> str:
    return f"{id}.{secrets.token_urlsafe(32)}"


def named(token: str) -> str:
    """The id of the session that ``token`` says to be; empty: it is no token at all."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else ""


def seal(session: Session, token: str, key: bytes) -> str:
    """What is kept of a token, in hexadecimal."""
    parts = (
        session.id,
        session.account,
        session.way,
        stamp(session.opened_at),
        stamp(session.ends_at),
        token,
    )
    return hmac.digest(key, "\n".join(parts).encode(), hashlib.sha256).hex()


def same(one: str, other: str) -> bool:
    """In a time that tells nothing of where they differ. What is empty is like nothing."""
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())
