"""A tree head as text (C2SP tlog-checkpoint v1.0.0): which log, how many leaves, which root. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from dialpact.compliance.errors import LedgerError

ORIGIN = "dialpact/"  # before the node's name: the log's identity, and its key's name
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_MOST = 2**63 - 1  # what the store can count


@dataclass(frozen=True)
class Checkpoint:
    """``extensions``: further lines; ours have none, others' are kept as they are."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise LedgerError("no checkpoint: origin and extension lines are one line each, and not empty")
        if not 0 <= self.size <= _MOST:
            raise LedgerError("no checkpoint: the size is out of bounds")
        if len(self.root) != 32:
            raise LedgerError("no checkpoint: a root has 32 bytes")

    def body(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """LedgerError for all but the one spelling that :meth:`body` gives."""
        if not body.endswith("\n"):
            raise LedgerError("no checkpoint: its last line has no end")
        lines = body[:-1].split("\n")
        if len(lines) < 3:
            raise LedgerError("no checkpoint: it lacks origin, size or root")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise LedgerError("no checkpoint: its second line is no size")
        try:
            raw = base64.b64decode(root, validate=True)
        except (binascii.Error, ValueError) as error:
            raise LedgerError("no checkpoint: its third line is no base64") from error
        found = cls(origin, int(size), raw, tuple(extensions))
        if found.body() != body:
            raise LedgerError("no checkpoint: its root is no canonical base64")
        return found
