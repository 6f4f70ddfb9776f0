"""Signed notes (C2SP signed-note v1.0.0) with Ed25519: a text, an empty line, one line a signature. Pure.

A verifier key is one line of text, ``name+hex8+base64``: whom it belongs to, the first four bytes of the
hash of name and key, and the key behind its algorithm's byte. Signatures by keys that are not asked about,
those of witnesses for example, are passed over, however many there are up to :data:`MOST_SIGNATURES`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dialpact.compliance.errors import LedgerError

ED25519 = b"\x01"  # the algorithm's byte; a witness's cosignature has another one, and so another key id
MOST_BYTES = 1 << 18  # of a note; the standard asks for 16 signatures at least, some kinds have 5 kB each
MOST_SIGNATURES = 100
DASH = "\N{EM DASH} "


class Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes


class Verifier:
    """A public key and the name that signs with it."""

    algorithm = ED25519

    def __init__(self, name: str, public: bytes) -> None:
        """``public``: 32 bytes. LedgerError for what is no name or no key."""
        _check_name(name)
        try:
            self._key = Ed25519PublicKey.from_public_bytes(public)
        except ValueError as error:
            raise LedgerError(f"no Ed25519 key: {error}") from error
        self.name = name
        self.public = public
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.algorithm + public).digest()[:4]
        self.vkey = f"{name}+{self.key_id.hex()}+{_text(self.algorithm + public)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """From ``name+hex8+base64``. LedgerError says what is wrong with it."""
        name, _, rest = vkey.partition("+")
        hex8, plus, key = rest.partition("+")
        if not plus:
            raise LedgerError("a verifier key has the form name+hex8+base64")
        raw = _bytes(key, "the verifier key")
        if raw[:1] != cls.algorithm:
            raise LedgerError("the verifier key is of another kind than Ed25519")
        found = cls(name, raw[1:])
        if hex8 != found.key_id.hex():
            raise LedgerError(f"the verifier key's id is {hex8[:8]!r}, its name and key give another one")
        return found

    def holds(self, body: str, signature: bytes) -> bool:
        try:
            self._key.verify(signature, body.encode())
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verifier) and other.vkey == self.vkey

    def __hash__(self) -> int:
        return hash(self.vkey)

    def __repr__(self) -> str:
        return f"Verifier({self.vkey!r})"


class Signer:
    """A private key and its name. Nothing shows the key."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes_raw())
        self.name = name

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    @property
    def key_id(self) -> bytes:
        return self.verifier.key_id

    def sign(self, body: str, most: int = MOST_BYTES) -> str:
        """The whole note. ``body`` ends with a newline and has at most so many bytes."""
        _check_text(body, most)
        if not body.endswith("\n"):
            raise LedgerError("the text of a note ends with a newline")
        signature = self.key_id + self._key.sign(body.encode())
        return f"{body}\n{DASH}{self.name} {_text(signature)}\n"


def split(text: str, most: int = MOST_BYTES) -> tuple[str, list[Signature]]:
    """The body, its newline included, and the signatures, unverified. LedgerError if malformed.

    ``most``: bytes that it may have.
    """
    _check_text(text, most)
    body, gap, rest = text.rpartition("\n\n")
    if not gap or not body or not rest:
        raise LedgerError("no signed note: it lacks the empty line before its signatures")
    if not rest.endswith("\n"):
        raise LedgerError("no signed note: its last line has no end")
    lines = rest[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise LedgerError(f"a note with more than {MOST_SIGNATURES} signatures")
    return body + "\n", [_signature(line) for line in lines]


def verify(text: str, verifiers: Iterable[Verifier], most: int = MOST_BYTES) -> str:
    """The body, once one of ``verifiers`` is found to have signed it.

    LedgerError: malformed, no signature by any of them, or one that does not hold, whatever others do.
    """
    body, signatures = split(text, most)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed = False
    for name, key_id, signature in signatures:
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.holds(body, signature):
            raise LedgerError(f"the signature of {name} ({key_id.hex()}) does not hold: the note was changed")
        signed = True
    if not signed:
        names = ", ".join(f"{name} ({key_id.hex()})" for name, key_id, _ in signatures[:5])
        raise LedgerError(f"not signed by a key that is trusted, only by {names}")
    return body


def line(one: Signature) -> str:
    """As it stands in a note, its end included."""
    return f"{DASH}{one.name} {_text(one.key_id + one.signature)}\n"


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space:
        raise LedgerError("no signed note: a signature's line has another form")
    _check_name(name)
    raw = _bytes(encoded, "a signature")
    if len(raw) < 5:
        raise LedgerError("no signed note: a signature is too short")
    return Signature(name, raw[:4], raw[4:])


def _check_text(text: str, most: int = MOST_BYTES) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise LedgerError("a note must be valid UTF-8") from error
    if size > most:
        raise LedgerError(f"a note of more than {most} bytes")
    if any(character < " " and character != "\n" for character in text):
        raise LedgerError("a note must have no control characters")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise LedgerError("a key's name must not be empty, nor have spaces or plus signs")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str, what: str) -> bytes:
    """Only the one spelling that encoding gives: else a note could be changed without breaking it."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LedgerError(f"{what} is no base64") from error
    if _text(raw) != text:
        raise LedgerError(f"{what} is no canonical base64")
    return raw
