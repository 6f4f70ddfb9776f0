"""A passkey's device without a browser: keys in memory, and what it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "https://calls.example"


def url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Device:
    """``count``: of its uses, which a device that keeps none says to be 0."""

    def __init__(self, *, count: int = 0) -> None:
        self.key = generate_private_key(SECP256R1())
        self.id, self.count = os.urandom(16), count

    def made(self, options: dict[str, Any], *, origin: str = ORIGIN, verified: bool = True) -> str:
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        about = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], verified=verified, attested=True) + about
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], origin)
        return self._said({"clientDataJSON": url(client), "attestationObject": url(attestation)})

    def signed(
        self, options: dict[str, Any], *, origin: str = ORIGIN, host: str = "", verified: bool = True
    ) -> str:
        self.count += bool(self.count)
        client = self._client("webauthn.get", options["challenge"], origin)
        data = self._data(host or options["rpId"], verified=verified)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._said({name: url(content) for name, content in said.items()})

    def _data(self, host: str, *, verified: bool, attested: bool = False) -> bytes:
        flags = 0x01 | (0x04 if verified else 0) | (0x40 if attested else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _said(self, response: dict[str, str]) -> str:
        named = {"id": url(self.id), "rawId": url(self.id), "type": "public-key"}
        return json.dumps({**named, "clientExtensionResults": {}, "response": response})
