"""A secret that is a line in a file of its own: of the AMI, of an identity provider."""

from __future__ import annotations

from pathlib import Path

from dialpact.compliance import masking
from dialpact.compliance.errors import ConfigError


def read(section: str, key: str, file: Path) -> str:
    """What a file has, and no log tells. ConfigError."""
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[{section}] {key} {file}: {getattr(error, 'strerror', None) or error}") from error
    if not secret or not secret.isprintable():
        raise ConfigError(f"[{section}] {key} {file}: empty, or with control characters")
    masking.hide(secret)
    return secret
