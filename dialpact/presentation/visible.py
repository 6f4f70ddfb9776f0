"""What comes from somebody who may be hostile, as it may be shown."""

from __future__ import annotations

MOST = 300  # characters


def visible(text: str, most: int = MOST) -> str:
    """Bounded, and nothing in it that moves a cursor or turns the direction of reading."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:most])
