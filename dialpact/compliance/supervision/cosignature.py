"""A witness's own line below a checkpoint (C2SP tlog-cosignature). Pure. Reading: ``compliance/ledger``."""

from __future__ import annotations

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.cosignature import Witness, read
from dialpact.compliance.ledger.note import Signature, Signer, Verifier


def witness_of(verifier: Verifier) -> Witness:
    """The same key as a witness's: under another byte, and so with another id."""
    return Witness(verifier.name, verifier.public)


def cosign(signer: Signer, body: str, at: int) -> str:
    """``at``: seconds since 1970."""
    # (A note signs exactly its text, so the signature of a note over this text is the one that is asked for.)
    (signed,) = note.split(signer.sign(f"cosignature/v1\ntime {at}\n{body}"))[1]
    key_id = witness_of(signer.verifier).key_id
    return note.line(Signature(signer.name, key_id, at.to_bytes(8, "big") + signed.signature))


def seen_at(text: str, verifier: Verifier) -> int | None:
    """When this witness cosigned the note; None where it did not. LedgerError for one that does not hold."""
    found = read(text, [witness_of(verifier)])
    if found.forged:
        raise LedgerError(f"the cosignature of {verifier.name} does not hold")
    return found.by[0].at if found.by else None
