"""A witness's word (C2SP tlog-cosignature, cosignature/v1): this tree head continues all that it saw
before. Pure.

What is signed is ``cosignature/v1``, a line with the time, and the checkpoint's own text. The key is the
witness's Ed25519 key under an algorithm byte of its own, so its id is another one than that of its notes.
"""

from __future__ import annotations

import base64
import hashlib

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.note import DASH, Signer, Verifier

KIND = b"\x04"
_LATEST = (1 << 62) - 1


def vkey(verifier: Verifier) -> str:
    """What an operator configures as the witness's key: ``name+hex8+base64``."""
    public = _public(verifier)
    encoded = base64.b64encode(KIND + public).decode()
    return f"{verifier.name}+{_key_id(verifier.name, public).hex()}+{encoded}"


def cosign(signer: Signer, body: str, at: int) -> str:
    """The line to be put below the checkpoint's own signature. ``at``: seconds since 1970."""
    # (A note signs exactly its text, so the signature of a note over this text is the one that is asked for.)
    (signature,) = note.split(signer.sign(_signed(body, at)))[1]
    raw = _key_id(signer.name, _public(signer.verifier)) + at.to_bytes(8, "big") + signature.signature
    return f"{DASH}{signer.name} {base64.b64encode(raw).decode()}\n"


def seen_at(text: str, cosigner: Verifier) -> int | None:
    """When this witness cosigned the note; None where it did not. LedgerError for one that does not hold."""
    body, signatures = note.split(text)
    known = _key_id(cosigner.name, _public(cosigner))
    for name, key_id, signature in signatures:
        if (name, key_id) != (cosigner.name, known):
            continue
        at = int.from_bytes(signature[:8], "big")
        if len(signature) != 72 or at > _LATEST or not cosigner.holds(_signed(body, at), signature[8:]):
            raise LedgerError(f"the cosignature of {name} does not hold")
        return at
    return None


def _signed(body: str, at: int) -> str:
    return f"cosignature/v1\ntime {at}\n{body}"


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + KIND + public).digest()[:4]


def _public(verifier: Verifier) -> bytes:
    return base64.b64decode(verifier.vkey.split("+", 2)[2])[1:]  # a name has no plus sign
