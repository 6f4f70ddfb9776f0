"""How a receiver knows who has said it: keys, and the signatures of one sending (Standard Webhooks 1.0).

``v1a`` is Ed25519 (``whsk_`` the private key, ``whpk_`` what the receiver is given), ``v1`` is HMAC-SHA-256
(``whsec_``, known to both). What is signed is ``ID.SECONDS.BODY``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.webhooks.settings import Scheme

PRIVATE, PUBLIC, SHARED = "whsk_", "whpk_", "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a shared secret


class WebhookKey:
    """A key that signs. Nothing shows it but ``text``. ``until``: it was replaced and signs until then."""

    def __init__(self, text: str, until: datetime | None = None) -> None:
        """ValueError, without the key in it."""
        self.text, self.until = text, until
        self._private: Ed25519PrivateKey | None = None
        if text.startswith(PRIVATE):
            raw = _bytes(text.removeprefix(PRIVATE))
            if len(raw) == 64:  # the seed with the public key behind it, as some libraries keep it
                raw = raw[:32]
            if len(raw) != 32:
                raise ValueError("a whsk_ key is 32 bytes in base64")
            self.scheme: Scheme = "v1a"
            self._private = Ed25519PrivateKey.from_private_bytes(raw)
            self.public = PUBLIC + _text(self._private.public_key().public_bytes_raw())
        elif text.startswith(SHARED):
            raw = _bytes(text.removeprefix(SHARED))
            if not SHORTEST <= len(raw) <= LONGEST:
                raise ValueError(f"a whsec_ key is {SHORTEST} to {LONGEST} bytes in base64")
            self.scheme, self.public = "v1", ""
        else:
            raise ValueError("a key begins with whsk_ or whsec_")
        self._raw = raw

    def sign(self, content: bytes) -> str:
        if self._private is not None:
            signature = self._private.sign(content)
        else:
            signature = hmac.new(self._raw, content, hashlib.sha256).digest()
        return f"{self.scheme},{_text(signature)}"


def generated(scheme: Scheme) -> WebhookKey:
    """A new one."""
    prefix = PRIVATE if scheme == "v1a" else SHARED
    return WebhookKey(prefix + _text(secrets.token_bytes(32)))


def headers(keys: Iterable[WebhookKey], id: str, at: datetime, body: bytes) -> Sequence[tuple[str, str]]:
    """Of one sending at ``at``: all keys sign, so that one can be replaced while receivers still know the
    other. ``id`` has no dot in it.
    """
    seconds = int(at.timestamp())
    content = f"{id}.{seconds}.".encode() + body
    return (
        ("webhook-id", id),
        ("webhook-timestamp", str(seconds)),
        ("webhook-signature", " ".join(key.sign(content) for key in keys)),
    )


def message_id(hook: str, place: str, body: bytes) -> str:
    """The same for the same event to the same receiver, whoever makes it and however often. ``place``: where
    it happened, as two that happened may read the same: the numbers in them are masked.
    """
    digest = hashlib.sha256(f"{hook}\n{place}\n".encode() + body).digest()[:20]
    return f"msg_{base64.b32encode(digest).decode().lower()}"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a key is base64 behind its prefix") from error
