"""What somebody signs in by: a password, an authenticator, recovery codes, passkeys; and a one-time link.

A row of the database is what an act in the log says, by the SHA-256 of ``data``: that is salted or sealed, so
the hash tells nothing of what is behind it. Pure.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from dialpact.compliance.model import Value


class Kind(StrEnum):
    """``data`` of each: its form is that of the use case that made it, and nobody else reads it."""

    PASSWORD = "password"  # noqa: S105 - argon2id
    TOTP = "totp"  # the authenticator's secret, encrypted
    RECOVERY = "recovery"  # keyed hashes of the codes that are left
    PASSKEY = "passkey"  # a public key
    LINK = "link"  # a keyed hash of its token, and its end


class Factor(Value, frozen=True, kw_only=True):
    """``id``: of a passkey; all others there is one of."""

    kind: Kind
    id: str = ""
    data: str

    @property
    def place(self) -> tuple[Kind, str]:
        return self.kind, self.id


def digest(data: str) -> str:
    """As the log has it."""
    return hashlib.sha256(data.encode()).hexdigest()
