"""A small identity provider: what it says of itself, its keys, and ID tokens for a test's codes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "dialpact", "the client's secret"


class Idp:
    """``claims``: of the next ID tokens, in the place of the right ones; ``broken``: paths that fail."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signs = self.key
        self.algorithm = "RS256"
        self.issuer = ""
        self.claims: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}  # what was asked for, by the code that it was given

    def authorise(self, address: str, now: datetime, **claims: Any) -> dict[str, str]:
        """Somebody signs in; what his browser is sent back with."""
        found = urlsplit(address)
        assert f"{found.scheme}://{found.netloc}{found.path}" == f"{self.issuer}/authorise"
        asked = {name: values[0] for name, values in parse_qs(found.query).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        at = int(now.timestamp())
        told = {"sub": "u-1", "auth_time": at, "amr": ["pwd", "mfa"], "iat": at, "exp": at + 300}
        self.codes[code] = asked | {"claims": json.dumps(told | claims)}
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        asked = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        assert form["redirect_uri"] == asked["redirect_uri"] and form["grant_type"] == "authorization_code"
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": asked["nonce"], **json.loads(asked["claims"])}
        told = {name: value for name, value in (claims | self.claims).items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signs.kid}
        if self.algorithm == "none":
            parts = (json.dumps(each).encode() for each in (header, told))
            packed = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts]
            return {"id_token": ".".join([*packed, ""])}
        return {"id_token": jwt.encode(header, told, self.signs), "token_type": "Bearer"}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split()[1]
        length = next(
            (int(line[15:]) for line in head.lower().split("\r\n") if line[:15] == "content-length:"), 0
        )
        body = (await reader.readexactly(length)).decode()
        self.asked.append(path)
        found: dict[str, Any] = {}
        if path == "/.well-known/openid-configuration":
            found = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorise",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            } | self.document
        elif path == "/keys":
            found = {"keys": [self.key.as_dict(private=False)]}
        elif path == "/token":
            found = self.token({name: values[0] for name, values in parse_qs(body).items()})
        content = json.dumps(found).encode()
        status = "500 No" if path in self.broken else "200 OK"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(content)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving() -> AsyncIterator[Idp]:
    found = Idp()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found
