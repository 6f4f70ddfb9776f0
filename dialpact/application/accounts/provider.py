"""Signing in by the site's identity provider (OpenID Connect, authorisation code with PKCE). The only module
that uses authlib.

1. One provider, named in the configuration. What it says of itself and its keys is asked of it alone, over
   TLS, bounded in bytes and time.
2. It says who somebody is, and how and when he has shown it. What he may here, our account says: one without
   an account comes to nothing.
3. Two factors are wanted of everybody: an ID token that tells of none (``amr``, ``acr``) opens nothing, nor
   does a sign-in there that is older than a session may be.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dialpact.application import http_client
from dialpact.application.http_client import NoAnswer
from dialpact.compliance.addresses import is_loopback
from dialpact.compliance.config import Config, OidcConfig
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import same

SECONDS, MOST = 10.0, 1 << 18  # of an answer
LASTS = timedelta(minutes=10)  # from our page to the provider and back
MOST_FLOWS = 1000
KEPT = timedelta(hours=1)  # what the provider says of itself
AGAIN = timedelta(minutes=1)  # between two looks for a key that is not known
LEEWAY = 60  # seconds that its clock may differ from ours
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # of its signatures; never a shared secret's, never none
RETURN = "/sign-in/provider/back"
log = structlog.get_logger()


class Begun(NamedTuple):
    """``address``: at the provider. ``flow``: for the browser to keep until it comes back."""

    address: str
    flow: str


class Back(NamedTuple):
    """``subject``: who it is there. ``to``: the page that was wanted."""

    subject: str
    to: str


class _Flow(NamedTuple):
    flow: str
    nonce: str
    verifier: str
    to: str
    until: datetime


class _About(NamedTuple):
    authorise: str
    token: str
    keys: str
    until: datetime


class Provider:
    """``base``: of the console, as browsers reach it."""

    def __init__(self, config: Config, oidc: OidcConfig, base: str) -> None:
        self.oidc = oidc
        self._config, self._back = config, base + RETURN
        self._flows: OrderedDict[str, _Flow] = OrderedDict()
        self._about: _About | None = None
        self._keys: tuple[KeySet, datetime] | None = None
        self._asking = asyncio.Lock()

    async def begin(self, now: datetime, to: str) -> Begun:
        """Fault ``provider-away``; ConfigError."""
        about = await self._itself(now)
        state = secrets.token_urlsafe(32)
        flow = _Flow(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), to, now + LASTS
        )
        self._flows[state] = flow
        if len(self._flows) > MOST_FLOWS:
            self._flows.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self.oidc.client_id,
            "redirect_uri": self._back,
            "scope": " ".join(("openid", *self.oidc.scopes)),
            "state": state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
            "max_age": str(self._longest),
        }
        if self.oidc.acr:
            asked["acr_values"] = " ".join(self.oidc.acr)
        return Begun(
            f"{about.authorise}{'&' if '?' in about.authorise else '?'}{urlencode(asked)}", flow.flow
        )

    async def back(self, now: datetime, given: Mapping[str, str], flow: str) -> Back:
        """``given``: what the provider sent the browser back with. Fault; ConfigError."""
        begun = self._flows.pop(given.get("state", ""), None)
        if begun is None or not same(begun.flow, flow) or now >= begun.until:
            raise Fault("provider-refused")  # not from here, or a second time
        if given.get("iss") and given["iss"] != self.oidc.issuer:
            raise Fault("provider-refused")
        if not given.get("code"):
            log.warning("the identity provider sent somebody back", error=given.get("error", "")[:80])
            raise Fault("provider-refused")
        claims = await self._claims(now, given["code"], begun)
        self._strong(claims, now)
        return Back(str(claims.get(self.oidc.claim) or ""), begun.to)

    @property
    def _longest(self) -> int:
        return self._config.web.session_hours * 3600

    def _strong(self, claims: CodeIDToken, now: datetime) -> None:
        """That he has shown two factors there, and lately."""
        said = {str(each) for each in claims.get("amr") or ()}
        if not said & set(self.oidc.amr) and str(claims.get("acr") or "") not in self.oidc.acr:
            log.warning("the identity provider tells of no second factor", amr=sorted(said)[:10])
            raise Fault("provider-one-factor")
        if now.timestamp() - float(claims["auth_time"]) > self._longest + LEEWAY:
            raise Fault("provider-old")

    async def _claims(self, now: datetime, code: str, begun: _Flow) -> CodeIDToken:
        """Of an ID token that the provider has signed, for us, for this very request."""
        about = await self._itself(now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self.oidc.client_id,
            "client_secret": self.oidc.secret(self._config),
            "code_verifier": begun.verifier,
        }
        kind = "application/x-www-form-urlencoded"
        answer = await self._asked(about.token, urlencode(form).encode(), kind)
        try:
            token = str(answer["id_token"])
            decoded = await self._decoded(about, token, now)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.oidc.issuer},
                    "aud": {"essential": True, "value": self.oidc.client_id},
                },
                {"nonce": begun.nonce, "client_id": self.oidc.client_id, "max_age": self._longest},
            )
            claims.validate(int(now.timestamp()), LEEWAY)
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("an ID token was refused", error=type(error).__name__)
            raise Fault("provider-refused") from error
        return claims

    async def _decoded(self, about: _About, token: str, now: datetime) -> jwt.Token:
        """With its keys as they are known; once more with them as they are, as it may have new ones."""
        keys = await self._known_keys(about, now)
        try:
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if self._keys is None or now - self._keys[1] < AGAIN:
                raise
            self._keys = None
        return jwt.decode(token, await self._known_keys(about, now), algorithms=list(ALGORITHMS))

    async def _known_keys(self, about: _About, now: datetime) -> KeySet:
        async with self._asking:
            if self._keys is None or now - self._keys[1] >= KEPT:
                found = await self._asked(about.keys)
                try:
                    self._keys = KeySet.import_key_set(found), now  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise Fault("provider-away") from error
            return self._keys[0]

    async def _itself(self, now: datetime) -> _About:
        """What the provider says of itself (OpenID Connect Discovery)."""
        async with self._asking:
            if self._about is None or now >= self._about.until:
                said = await self._asked(get_well_known_url(self.oidc.issuer, external=True))
                if said.get("issuer") != self.oidc.issuer:
                    raise ConfigError(f"[web.oidc] issuer: it calls itself {str(said.get('issuer'))[:200]!r}")
                names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                authorise, token, keys = (_safe(str(said.get(name) or "")) for name in names)
                self._about = _About(authorise, token, keys, now + KEPT)
            return self._about

    async def _asked(self, url: str, body: bytes | None = None, kind: str = "") -> dict[str, Any]:
        try:
            reply = await http_client.ask(url, body, kind=kind, seconds=SECONDS, most=MOST)
            found = msgspec.json.decode(reply.body)
            if reply.status != 200 or not isinstance(found, dict):
                raise ValueError(f"status {reply.status}")
        except (NoAnswer, ValueError) as error:
            log.warning("the identity provider did not answer", error=str(error)[:200])
            raise Fault("provider-away") from error
        return found


def _safe(address: str) -> str:
    """Over TLS, or on this very host. ConfigError."""
    found = urlsplit(address)
    if found.scheme == "https" or (found.scheme == "http" and is_loopback(found.hostname or "")):
        return address
    raise ConfigError(f"[web.oidc] issuer: it names an address without TLS: {address[:200]!r}")
