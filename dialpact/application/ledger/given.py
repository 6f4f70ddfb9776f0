"""A checkpoint and a key that somebody brings, as a form sends them."""

from __future__ import annotations

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.fault import Fault


def checkpoint(text: str) -> str:
    """With its last line ended, and ends of lines as it was signed; empty: none was given. Fault."""
    if not (held := text.replace("\r\n", "\n").strip("\n ")):
        return ""
    held += "\n"
    try:
        stated(held)
    except LedgerError as error:
        raise Fault("bad-checkpoint", why=str(error)) from error
    return held


def key(text: str) -> str:
    """Empty: none was given. Fault."""
    vkey = text.strip()
    try:
        if vkey:
            Verifier.parse(vkey)
    except LedgerError as error:
        raise Fault("bad-key", why=str(error)) from error
    return vkey
