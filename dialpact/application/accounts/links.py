"""A one-time link: by it somebody chooses a password and an authenticator, and it is gone.

Its token stands behind the ``#`` of the address, which no browser sends: so it is in no log and in no list of
pages that were opened.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

from dialpact.application.accounts.keys import Keys
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.session import same

LASTS = timedelta(hours=24)
USE = "link"
FIRST = "~"  # in the place of an account's id, which begins with a letter or digit


def token(account: str) -> str:
    return f"{account}.{secrets.token_urlsafe(32)}"


def whose(text: str) -> str:
    """The account that a token says to be for; empty: it is none."""
    return text.rpartition(".")[0]


def factor(keys: Keys, account: str, made: str, now: datetime) -> Factor:
    data = {"mac": keys.mac(USE, account, made), "until": stamp(now + LASTS)}
    return Factor(kind=Kind.LINK, data=json.dumps(data))


def opens(keys: Keys, account: str, kept: Factor | None, given: str, now: datetime) -> bool:
    if kept is None:
        return False
    said = json.loads(kept.data)
    return same(keys.mac(USE, account, given), said["mac"]) and now < instant(said["until"])


def address(base: str, made: str) -> str:
    """``base``: of the console, without a slash at its end."""
    return f"{base}/welcome#{made}"


class First:
    """The link for the first account of an installation: this process alone knows it, and prints it."""

    def __init__(self) -> None:
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def made(self, now: datetime) -> str:
        self._token, self._until = token(FIRST), now + LASTS
        return self._token

    def opens(self, given: str, now: datetime) -> bool:
        """Whether it is that one; that there is no account yet, the store says when one is made."""
        return bool(self._token) and same(self._token, given) and now < self._until
