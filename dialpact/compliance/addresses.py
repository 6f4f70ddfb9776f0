"""Where something listens: a host and a port as they are written, and who can reach it."""

from __future__ import annotations

import ipaddress

from dialpact.compliance.errors import ConfigError


def split_address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` or ``[::1]:PORT``. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ConfigError(f"not HOST:PORT: {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this host reaches it. A name that is not ``localhost`` may be anything."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
