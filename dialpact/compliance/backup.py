"""What a backup of the database says of itself, and what the log says of one that was put back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import Value

FORM = 1
MOST_BYTES = 1 << 20
REGISTER, KEY = "store", "database"  # as the log of register changes has it
RESTORE, ACKNOWLEDGE = "restore", "acknowledge"
NOT_IN_IT = ("recordings", "consent-evidence", "ledger.key", "ledger.head", "api.secret", "dialpact.toml")
"""What an installation has besides, each to be kept by itself."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger in it. ``root``: in hex. ``checkpoint``: the newest that is stored, as it was signed."""

    name: str
    verifier_key: str
    size: int
    root: str
    checkpoint: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``schema``: the database's version. ``sha256``, ``bytes``: of the file that it lies beside.

    ``recordings``: that the database names; their files are not in it. ``encrypted``: never by us, a key
    beside it would keep nobody out, and one that is lost loses the evidence.
    """

    form: int
    made_at: datetime
    made_by: str
    program: str
    schema: int
    node: str
    bytes: int
    sha256: str
    ledger: Log
    decisions: int
    last_decision: str
    last_decided_at: str
    recordings: int
    not_in_it: tuple[str, ...] = NOT_IN_IT
    encrypted: bool = False


class Lost(Value, frozen=True, kw_only=True):
    """What is known to be missing since the backup. ``entries`` of the log, by the largest head that is known
    (``where``), or by the database that was replaced; None: nothing tells. ``kinds`` of them and ``acts``
    among them (register and action): as the replaced database has them, None where it could not be read.
    ``recordings``: files on the disk that the restored database does not know.
    """

    since: datetime
    until: datetime
    entries: int | None
    where: str
    kinds: Mapping[str, int] | None
    acts: Mapping[str, int] | None
    recordings: int

    @property
    def days(self) -> float:
        return (self.until - self.since).total_seconds() / 86_400


class Restored(Value, frozen=True, kw_only=True):
    """The newest act that put a backup back. ``acknowledged_by``: empty, and no call is let through."""

    at: datetime
    by: str
    reason: str
    made_at: datetime
    entries: int | None
    days: float
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


def read(raw: bytes) -> Manifest:
    """StoreError: it is no manifest, or one of a later form."""
    try:
        found = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise StoreError(f"no manifest of a backup: {error}") from error
    if found.form != FORM:
        raise StoreError(f"a manifest of form {found.form}, this program knows only {FORM}")
    return found


def written(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
