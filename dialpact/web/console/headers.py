"""What every page tells the browser that it may do, which is little."""

from __future__ import annotations

import secrets

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
PRIVATE = "no-store"
YEAR = 31_536_000  # seconds


def nonce() -> str:
    return secrets.token_urlsafe(16)


def of_page(nonce: str, *, secure: bool) -> dict[str, str]:
    """``secure``: it was asked over TLS."""
    found = {**ALWAYS, "Content-Security-Policy": POLICY.format(nonce=nonce), "Cache-Control": PRIVATE}
    found["Vary"] = "Cookie, Accept-Language, HX-Request"
    if secure:
        found["Strict-Transport-Security"] = f"max-age={YEAR}"
    return found
