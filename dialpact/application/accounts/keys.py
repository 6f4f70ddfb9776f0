"""The keys of whatever the console keeps: one for each use, all derived from the installation's secret.

The secret lies in a file beside the configuration (``[api] secret_file``), and in no backup of the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError

NONCE = 12  # bytes


class Keys:
    """Read when they are needed. Every method raises ConfigError where the secret can not be read."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _secret(self) -> bytes:
        return self._config.api.secret(self._config)

    def of(self, use: str) -> bytes:
        return hmac.digest(self._secret, f"dialpact console {use}".encode(), hashlib.sha256)

    def mac(self, use: str, *parts: str) -> str:
        """Keyed hash in hexadecimal. No part may have a line break in it but the last."""
        return hmac.digest(self.of(use), "\n".join(parts).encode(), hashlib.sha256).hex()

    def sealed(self, use: str, about: str, text: str) -> str:
        """Encrypted. It opens for the same use and the same ``about`` alone."""
        nonce = os.urandom(NONCE)
        return base64.b64encode(
            nonce + AESGCM(self.of(use)).encrypt(nonce, text.encode(), about.encode())
        ).decode()

    def opened(self, use: str, about: str, sealed: str) -> str:
        """ConfigError: it was sealed under another secret, or for another."""
        try:
            content = base64.b64decode(sealed, validate=True)
            return AESGCM(self.of(use)).decrypt(content[:NONCE], content[NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise ConfigError(f"{about}: sealed under another [api] secret_file") from error
